"""What an enterprise is told of a matter: its own lines, and nobody else's."""

import json
from collections.abc import Callable
from typing import get_args

import builders as b
import builders_grants as g
import builders_matches as ma
import builders_matters as m
import builders_pipelines as p
import builders_registers as r
import campaigns_told as c
import pytest

from domain.access import Horizon
from domain.chain import GENESIS, Origin, Record, recorded
from domain.elsewhere import ELSEWHERE
from domain.matters.events import MatterEvent
from domain.matters.words import Aggregate
from domain.people import ENGINE
from face.matter_facts import MatterFact, facts_told, facts_told_to, issues_named
from face.matters import (
    LEFT_OUT,
    issues_in,
    matter_sight,
    next_due_told,
    plain_told,
    shown_to_enterprise,
    stage_told,
)
from face.procedures import fact_name

FIRMS = ("mill", "bakery", "foundry")


def visits() -> m.MatterStory:
    """Return visits to three, one of which found a problem."""
    problem = {"category": "road-access", "title": "Gate", "text": "It is blocked."}
    story = c.opened("visits")
    story.then(b.MON_10, c.taken("mill", "visit", problems=[problem]), b.OFFICER)
    story.then(b.MON_10, c.of_many(("mill", "foundry"), "visit"))
    total = {"kind": "count", "n": 228}
    story.then(b.MON_11, m.asked(kind="state_total", label="Visited", figures={"n": total}))
    story.then(b.MON_11, m.asked(kind="note_matter", text="Soon.", enterprise="bakery"))
    return story.then(b.MON_11, m.asked(kind="exclude_target", enterprise="bakery", reason="Far."))


def notices() -> m.MatterStory:
    """Return notices that two have not read in time."""
    story = c.opened("notices").then(b.MON_9, c.of_many(c.THREE, "delivered"))
    story.then(b.MON_10, c.taken("mill", "read"), b.ENTERPRISE)
    return c.until(story, b.NEXT_FRI_9)


def reports() -> m.MatterStory:
    """Return daily reports of which two are missing."""
    values = {"staff": {"kind": "ratio", "part": 1, "whole": 2}}
    story = c.opened("daily")
    said = c.taken("mill", "report", values=values, no_abnormality=True)
    return c.until(story.then(b.MON_10, said, b.ENTERPRISE), b.local(4))


def lent() -> m.MatterStory:
    """Return the mill's need, for which two others are proposed, nothing agreed."""
    story = ma.posted(places=30).then(b.MON_9, ma.proposed(places=5))
    story.then(b.MON_10, ma.proposed("p-2", "foundry", places=9))
    story.then(b.MON_10, ma.yes(), b.OTHER_ENTERPRISE)
    return story.then(
        b.MON_11, m.asked(kind="decline", proposal="p-2", side="counterpart", reason="too-few")
    )


def resumption() -> m.MatterStory:
    """Return a register of two enterprises that wait for each other."""
    story = r.opened().then(b.MON_10, r.linked("mill", "foundry"))
    story.then(b.MON_10, r.about("set_status", status="resumed"))
    story.then(b.MON_10, r.about("set_status", "foundry", status="resumed"))
    joins = [{"subject": "bakery", "classes": []}]
    story.then(b.MON_11, r.revised(joins=joins, leaves=["foundry"]))
    return c.until(story, b.local(4))


def projects() -> m.MatterStory:
    """Return projects of one that another builds."""
    story = r.opened("projects").then(
        b.MON_10, r.project("dam", enterprise="mill", builder="bakery")
    )
    story.then(b.MON_10, r.project("weir", enterprise="foundry"))
    return story.then(b.MON_10, r.about("set_status", "dam", status="building"), b.HOTLINE)


def stock() -> m.MatterStory:
    """Return masks that three were issued."""
    story = g.opened("supplies", unit="mask").then(b.MON_10, g.received(300))
    for firm in FIRMS:
        story.then(b.MON_10, g.issued(90, firm))
    return story.then(
        b.MON_11, m.asked(kind="return_stock", enterprise="mill", quantity=g.quantity(5))
    )


def passes() -> m.MatterStory:
    """Return passes of two, one of which is over."""
    story = g.opened("passes").then(b.MON_10, g.permit("p-1", "A-100"))
    story.then(b.MON_10, g.permit("p-2", "B-200", enterprise="bakery"))
    story.then(b.MON_11, g.about("renew_permit", "p-2"))
    return c.until(story, b.local(14))


def meetings() -> m.MatterStory:
    """Return a meeting that came to something for three."""
    return p.meetings(p.TERMS, "first").then(b.MON_10, p.met(*map(p.outcome, FIRMS)))


STORIES: tuple[Callable[[], m.MatterStory], ...] = (
    visits,
    notices,
    reports,
    lent,
    resumption,
    projects,
    stock,
    passes,
    meetings,
)


def records_of(story: m.MatterStory) -> tuple[Record, ...]:
    """Return the events of a story as a ledger has them."""
    origin = Origin(story.matter.stream, "c-1", "0" * 64, story.terms.hash, 1)
    return recorded(story.events, origin, after_version=0, previous=GENESIS)


def facts_of(story: m.MatterStory, firm: str) -> list[MatterFact]:
    """Return the facts that an enterprise is told."""
    records = records_of(story)
    hidden = hidden_of(story, firm, issues_named(records))
    return facts_told_to(records, story.matter, firm, story.terms.handbook, hidden)


def hidden_of(story: m.MatterStory, firm: str, keys: frozenset[str]) -> frozenset[str]:
    """Return the issues that are another's: of those that were found."""
    own = {each.issue for event in story.events for each in event.found if each.enterprise == firm}
    return keys - own


@pytest.mark.parametrize("told", STORIES)
def test_no_other_enterprise_occurs_in_what_one_is_told(
    told: Callable[[], m.MatterStory],
) -> None:
    story = told()
    matter = story.matter
    concerned = [firm for firm in FIRMS if firm in matter.enterprises]
    assert len(concerned) >= 2
    for firm in concerned:
        hidden = hidden_of(story, firm, issues_in(matter))
        shown = shown_to_enterprise(matter, firm, hidden)
        facts = facts_of(story, firm)
        text = json.dumps([plain_told(shown, firm), *([each.event, each.by] for each in facts)])
        for other in {*FIRMS, *matter.enterprises} - {firm}:
            assert other not in text, (firm, other)
        assert LEFT_OUT[matter.aggregate].isdisjoint(plain_told(shown, firm))
        assert {each.record.kind for each in facts} & {story.events[0].kind}
        assert [each.version for each in facts] == sorted({each.version for each in facts})
        assert type(shown) is type(matter)
        assert stage_told(matter, shown) in (matter.stage, shown.stage)
    everything = json.dumps([each.event for each in facts_told(records_of(story))])
    assert all(firm in everything for firm in concerned)


def test_every_aggregate_is_among_the_stories() -> None:
    assert {told().matter.aggregate for told in STORIES} == set(Aggregate) == LEFT_OUT.keys()


def test_one_is_told_what_concerns_it() -> None:
    kinds = [each.record.kind for each in facts_of(visits(), "mill")]
    assert kinds == ["campaign_opened", "step_recorded", "step_recorded"]
    kinds = [each.record.kind for each in facts_of(visits(), "bakery")]
    assert kinds == ["campaign_opened", "matter_noted", "target_excluded"]
    assert [each.record.kind for each in facts_of(visits(), "nobody")] == ["campaign_opened"]
    late = [each for each in facts_of(notices(), "bakery") if each.record.kind == "step_overdue"]
    assert late
    assert {row["enterprise"] for each in late for row in each.event["overdue"]} == {"bakery"}  # type: ignore[union-attr,index,call-overload]
    missing = [each for each in facts_of(reports(), "foundry")][1]
    assert (missing.record.kind, missing.event["missing"]) == ("reports_missing", ["foundry"])
    assert "permit_issued" in {each.record.kind for each in facts_of(passes(), "mill")}
    expired = [
        each for each in facts_of(passes(), "mill") if each.record.kind == "holdings_expired"
    ]
    assert [len(each.event["ended"]) for each in expired] == [1]  # type: ignore[arg-type]


def test_nothing_of_what_the_engine_needs_or_the_office_counts_is_told_to_an_enterprise() -> None:
    for told in STORIES:
        story = told()
        for fact in facts_of(story, story.matter.enterprises[0]):
            assert {"sets", "meets", "tells"}.isdisjoint(fact.event)
            assert (fact.command_id, fact.hash) == (None, None)
            assert fact.record.kind != "total_stated"


def test_the_sides_of_a_match_learn_of_each_other_once_both_have_consented() -> None:
    story = lent()
    for firm in ("mill", "bakery"):
        before = json.dumps(plain_told(shown_to_enterprise(story.matter, firm), firm))
        assert ELSEWHERE in before
    story.then(b.MON_11, ma.yes("posting"))
    mill = json.dumps(plain_told(shown_to_enterprise(story.matter, "mill"), "mill"))
    bakery = json.dumps(plain_told(shown_to_enterprise(story.matter, "bakery"), "bakery"))
    foundry = json.dumps(plain_told(shown_to_enterprise(story.matter, "foundry"), "foundry"))
    assert '"bakery"' in mill
    assert '"foundry"' not in mill
    assert '"mill"' in bakery
    assert '"foundry"' not in bakery
    assert '"mill"' not in foundry
    facts = {each.record.kind: each for each in facts_of(story, "mill")}
    assert facts["proposal_consented"].by["kind"] in ("officer", "representative")


def test_the_issues_of_others_are_left_out() -> None:
    story = visits()
    found = story.events[1].found[0].issue
    hidden = hidden_of(story, "foundry", frozenset({found}))
    assert [tie.issue for tie in shown_to_enterprise(story.matter, "mill").ties] == [found]
    assert shown_to_enterprise(story.matter, "foundry", hidden).ties == ()


def test_sight_is_by_enterprise_by_post_or_by_the_rows_of_the_procedure() -> None:
    handbook = g.TERMS.handbook
    nothing = Horizon(zone=b.ZONE)
    assert matter_sight(Horizon(zone=b.ZONE, whole=True), handbook).sees(stock().matter)
    assert not matter_sight(nothing, handbook).sees(stock().matter)
    for near, sees in (
        ({"enterprises": frozenset({"mill"})}, {"supplies", "passes"}),
        ({"posts": frozenset({"coordination"})}, {"supplies", "passes"}),
        ({"posts": frozenset({"supervision"})}, {"supplies"}),
        ({"posts": frozenset({"grid-west-1"})}, {"supplies", "passes"}),
        ({"posts": frozenset({"head-west"})}, {"supplies"}),
        ({"posts": frozenset({"roads-desk"}), "units": frozenset({"roads"})}, set()),
    ):
        sight = matter_sight(nothing.model_copy(update=near), handbook)
        seen = {each.matter.procedure for each in (stock(), passes()) if sight.sees(each.matter)}
        assert seen == sees, near


def test_what_is_due_first_is_of_the_own_lines() -> None:
    story = c.opened("notices").then(b.MON_9, c.of_many(c.THREE, "delivered"))
    story.then(b.MON_10, c.taken("mill", "read"), b.ENTERPRISE)
    for firm, waits in (("mill", False), ("bakery", True)):
        shown = shown_to_enterprise(story.matter, firm)
        assert (next_due_told(story.matter, shown) is not None) is waits
    due = story.matter.next_due
    assert due is not None
    assert next_due_told(story.matter, story.matter) == due.due_at
    held = passes().matter
    assert next_due_told(held, shown_to_enterprise(held, "mill")) is None
    fresh = g.opened("passes").then(b.MON_10, g.permit("p-1", "A-100")).matter
    assert next_due_told(fresh, shown_to_enterprise(fresh, "mill")) is not None


def test_every_fact_has_a_name_in_both_languages() -> None:
    for event in get_args(get_args(MatterEvent)[0]):
        kind = event.model_fields["kind"].default
        name = fact_name(kind)
        assert not name.zh.startswith("fact."), kind
        assert not name.en.startswith("fact."), kind
        assert not name.zh.isascii(), kind


def test_what_was_rung_is_the_engines() -> None:
    assert any(event.by == ENGINE for event in notices().events)
