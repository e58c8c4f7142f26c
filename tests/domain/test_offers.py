"""What is offered of an issue: no more than would be let pass, and nothing of it forgotten."""

from collections.abc import Iterator
from random import Random

import builders as b
import pytest
from deep import deep
from issue_machine import kin_of
from issue_offers import BEGINS_AT, KEY, WAITS, ZONE, actors, reports, terms
from issue_offers import offers as asked_of

from domain.commands import Accept, Command, Report, Submission
from domain.commands_of_kin import RecordKin
from domain.decisions import Context, decide
from domain.errors import IssueError
from domain.issue import Issue
from domain.offer_examples import OTHER
from domain.offers import KINDS, NOBODYS, at_present, offers
from domain.people import Actor, Engine

LIVES, STEPS = deep("lives with offers", 60), 14


def sent(command: Command, actor: Actor) -> Submission:
    """Return a command as it is sent."""
    return Submission(id="x", zone=ZONE, key=KEY, actor=actor, command=command)


def lives(seed: int) -> Iterator[Issue]:
    """Yield an issue of the zone that uses every rule as it goes its way, at random."""
    chance = Random(seed)  # noqa: S311  # a story, no secret
    at, issue = BEGINS_AT, _begun(chance)
    for _ in range(STEPS):
        yield issue
        at += chance.choice(WAITS)
        onward, *rest = [family for family in asked_of(issue) if family]
        tried = [*onward, *chance.choice(rest)]
        chance.shuffle(tried)
        for command in tried:
            kin = kin_of(command, issue.enterprise)
            context = Context(at=at, terms=terms(), number="N1", kin=kin)
            moved = next(_passing(issue, command, context, chance), None)
            if moved is not None:
                issue = moved
                break


def _begun(chance: Random) -> Issue:
    report = chance.choice(reports())
    context = Context(at=BEGINS_AT, terms=terms())
    for actor in chance.sample(actors(), len(actors())):
        try:
            return decide(None, sent(report, actor), context).issue
        except IssueError:
            continue
    pytest.fail("somebody can report each of these")


def _passing(issue: Issue, command: Command, context: Context, chance: Random) -> Iterator[Issue]:
    for actor in chance.sample(actors(), len(actors())):
        try:
            yield decide(issue, sent(command, actor), context).issue
        except IssueError:
            continue


@pytest.mark.parametrize("seed", range(LIVES))
def test_what_anybody_could_do_is_offered_to_them_and_nothing_that_is_refused(seed: int) -> None:
    for issue in lives(seed):
        at = issue.changed_at
        for actor in actors()[:: 4 + seed % 3]:
            offered = offers(issue, actor, terms(), at)
            for family in asked_of(issue):
                for command in family:
                    context = Context(
                        at=at, terms=terms(), number="N1", kin=kin_of(command, issue.enterprise)
                    )
                    if isinstance(command, Report | RecordKin) or command.kind in NOBODYS:
                        continue
                    try:
                        decide(issue, sent(command, actor), context)
                    except IssueError:
                        continue
                    assert command.kind in offered, (actor, issue.phase, command)
            for command in offered.values():
                kin = kin_of(command, issue.enterprise)
                decide(
                    issue, sent(command, actor), Context(at=at, terms=terms(), number="N1", kin=kin)
                )


def test_nothing_that_is_the_engines_own_is_offered_to_anybody() -> None:
    issue = b.given(*b.IN_HANDLING)
    for actor in b.ACTORS.values():
        offered = offers(issue, actor, b.TERMS, b.MON_10)
        assert not offered.keys() & NOBODYS
        assert not isinstance(actor, Engine) or not offered


def test_what_time_has_done_by_now_counts_though_nobody_has_rung() -> None:
    issue = b.given(b.REPORTED)
    late = b.local(1, 10)
    assert issue.tier == 1
    assert at_present(issue, b.TERMS, late).tier == 2
    assert "accept" in offers(issue, b.OFFICER, b.TERMS, b.MON_10)
    assert "accept" not in offers(issue, b.OFFICER, b.TERMS, late)
    assert "accept" in offers(issue, b.HEAD, b.TERMS, late)


def test_a_closed_issue_offers_no_more_than_what_a_closed_issue_takes() -> None:
    issue = b.given(*b.CLOSED_OUT)
    assert set(offers(issue, b.ENTERPRISE, b.TERMS, b.MON_10)) == {"reopen"}
    assert set(offers(issue, b.OFFICER, b.TERMS, b.MON_10)) == {"correct"}


def test_the_kinds_of_commands_are_those_of_the_union() -> None:
    assert "accept" in KINDS
    assert Accept().kind in KINDS
    assert len(KINDS) == len(set(KINDS))
    assert OTHER not in KINDS
