"""In every shipped zone that knows refusing, a dispute takes no time but its own (R5.7)."""

from datetime import UTC, datetime, timedelta

import pytest

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain.decisions import RULES, Context, Decision, decide
from domain.issue import Issue
from domain.organization import chain_posts, holders, post, posts_of_unit
from domain.people import Actor, Officer, Service
from domain.phases import Origin
from domain.terms import Terms
from handbooks.shelf import read_terms, zones

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""Ten in the morning in Chongqing."""
SHIPPED = {zone: read_terms(zone) for zone in zones()}
WITH_REFUSING = sorted(zone for zone, terms in SHIPPED.items() if terms.handbook.dispatch)


class Play:
    """One issue of a zone's first enterprise, led by whoever its handbook names."""

    def __init__(self, zone: str) -> None:
        self.terms: Terms = SHIPPED[zone]
        self.issue: Issue | None = None
        self.at = MONDAY
        book = self.terms.handbook
        self.enterprise = book.enterprises[0].id
        self.owner = chain_posts(book, self.enterprise, 1)[0].id
        report = cmd.Report(
            enterprise=self.enterprise,
            category=book.categories[0].id,
            title="-",
            text="-",
            origin=Origin.VISIT,
        )
        self.act(Service(name="hotline"), report)
        self.act(self.person_in(self.owner), cmd.Accept())

    def person_in(self, post_id: str) -> Officer:
        """Return the first holder of a post."""
        held = post(self.terms.handbook, post_id)
        assert held is not None
        return Officer(person=holders(held, self.at.date())[0], post=post_id)

    def act(self, actor: Actor, command: cmd.Command, hours: float = 0) -> Decision:
        """Let an actor do something, `hours` later."""
        self.at += timedelta(hours=hours)
        sent = cmd.Submission(
            id=f"c-{self.at.timestamp()}-{command.kind}",
            zone=self.terms.handbook.zone,
            key="k",
            actor=actor,
            command=command,
        )
        context = Context(at=self.at, terms=self.terms, rules=RULES, number="N-1")
        decision = decide(self.issue, sent, context)
        self.issue = decision.issue
        return decision

    def disputed(self) -> tuple[Issue, Decision]:
        """Send the issue to a unit that refuses it; return it as it stood, and the refusal."""
        rule = self.terms.handbook.dispatch
        assert rule is not None
        units = [
            u.id for u in self.terms.handbook.units if not u.external and u.id != rule.fallback
        ]
        unit = next(u for u in units if posts_of_unit(self.terms.handbook, u))
        self.act(self.person_in(self.owner), cmd.HandOver(unit=unit, reason="-"))
        before = self.issue
        assert before is not None
        refusing = self.person_in(before.handler)
        return before, self.act(refusing, ld.RefuseDispatch(reason="-"), hours=1)


def test_some_shipped_zone_knows_refusing() -> None:
    assert WITH_REFUSING


@pytest.mark.parametrize("zone", WITH_REFUSING)
@pytest.mark.parametrize("ruled", [True, False], ids=["ruled", "bound"])
def test_a_dispute_of_a_shipped_zone_moves_no_clock_but_its_own(zone: str, ruled: bool) -> None:
    play = Play(zone)
    rule = play.terms.handbook.dispatch
    assert rule is not None
    before, refused = play.disputed()
    sent = refused.issue.dispatch
    assert sent is not None
    assert sent.arbiter is not None
    ending = (
        play.act(
            play.person_in(sent.arbiter), ld.RuleDispatch(unit=rule.fallback, reason="-"), hours=1
        )
        if ruled
        else play.act(play.person_in(play.owner), cmd.Note(text="-"), hours=9)
    )

    events = [e for e in (*refused.events, *ending.events) if e.kind.startswith("dispatch_")]
    moved = {change.clock for event in events for change in event.clocks}
    assert [event.kind for event in events][1] == ("dispatch_ruled" if ruled else "dispatch_bound")
    assert moved <= {rule.refusal, rule.ruling}
    assert rule.ruling in moved
    assert ending.issue.owner == before.owner
