"""Whose time it was (I16): each rule by a story of its own. Its laws are in another module."""

from dataclasses import replace
from datetime import datetime, timedelta

import builders as b
import builders_ladder as bl
import pytest
from builders import Step, told
from by_hand import behind

from domain import commands as cmd
from domain import events_of_ladder as ld
from domain import events_of_modes as md
from domain.chain import Record
from domain.commands_of_time import AdoptCalendar
from domain.days import ClosedDay, Label
from domain.decisions import decide
from domain.events import Event, RungFired
from domain.issue import Issue
from domain.people import ENGINE
from domain.phases import PauseReason
from domain.responsibility import Held, Holder, HolderKind, partition, totals

TERMS_BY_HASH = {b.TERMS.hash: b.TERMS}


def parted(records: list[Record] | tuple[Record, ...], until_at: datetime) -> tuple[Held, ...]:
    return partition(records, TERMS_BY_HASH, until_at)


def held_by(held: tuple[Held, ...]) -> list[tuple[str, str, int]]:
    """Return who held how many hours, stretch by stretch, without what the office was closed."""
    return [
        (each.holder.kind.value, each.holder.id, each.counted_ms // b.HOUR_MS)
        for each in held
        if each.holder.kind is not HolderKind.CALENDAR
    ]


OUTSIDE = cmd.Pause(reason=PauseReason.WAITING_OUTSIDE, party="customs", note="At customs.")
TWO_PARTS = cmd.ConveneTeam(lead="roads", parts=(b.ROADS_PART, b.CUSTOMS_PART))
AT_ONCE = (b.REPORTED, b.ACCEPTED)
STORIES: dict[str, tuple[tuple[Step, ...], datetime, list[tuple[str, str, int]]]] = {
    "an hour of intake is the owner's": (
        (b.REPORTED,),
        b.MON_10,
        [("post", "grid-east-1", 1)],
    ),
    "what is handed over is the unit's from then on, what was before stays": (
        (*AT_ONCE, Step(b.OFFICER, b.HAND_OVER, b.MON_11)),
        b.MON_15,
        [("post", "grid-east-1", 2), ("unit", "roads", 4)],
    ),
    "waiting for papers is the enterprise's": (
        (*AT_ONCE, b.PAUSED_FOR_PAPERS, Step(b.OFFICER, b.RESUME, b.MON_13)),
        b.MON_15,
        [("post", "grid-east-1", 1), ("reporter", "mill", 3), ("post", "grid-east-1", 2)],
    ),
    "waiting for customs is theirs": (
        (*AT_ONCE, Step(b.OFFICER, OUTSIDE, b.MON_10)),
        b.MON_13,
        [("post", "grid-east-1", 1), ("external", "customs", 3)],
    ),
    "a team's time is its lead unit's, until the required parts are done": (
        (
            *AT_ONCE,
            b.ESCALATED,
            Step(b.HEAD, TWO_PARTS, b.MON_10),
            Step(b.SECTION, cmd.FinishPart(part="survey", summary="Done."), b.MON_13),
        ),
        b.MON_15,
        [("post", "head-east", 1), ("unit", "roads", 3), ("post", "head-east", 2)],
    ),
    "a sign-off is the enterprise's, then the verifier's": (
        (
            *AT_ONCE,
            Step(b.OFFICER, b.PROPOSE, b.MON_10),
            Step(b.ENTERPRISE, b.CONFIRM, b.MON_13),
            Step(b.HEAD, b.VERIFY, b.MON_15),
        ),
        b.TUE_9,
        [("post", "grid-east-1", 1), ("reporter", "mill", 3), ("post", "head-east", 2)],
    ),
    "a result short of solved is verified one tier higher": (
        (
            *AT_ONCE,
            Step(b.OFFICER, cmd.ProposeResolution(resolution=b.PARTLY), b.MON_9),
            Step(b.ENTERPRISE, b.CONFIRM, b.MON_10),
        ),
        b.MON_13,
        [("reporter", "mill", 1), ("post", "director", 3)],
    ),
    "the time that it was closed is nobody's": (
        (
            *AT_ONCE,
            Step(b.OFFICER, b.PROPOSE, b.MON_9),
            Step(b.ENTERPRISE, b.CONFIRM, b.MON_9),
            Step(b.HEAD, b.VERIFY, b.MON_10),
            Step(b.ENTERPRISE, b.REOPEN, b.MON_13),
        ),
        b.MON_15,
        [("post", "head-east", 1), ("post", "grid-east-1", 2)],
    ),
    "what rang an hour late is the platform's for that hour": (
        (*AT_ONCE, Step(ENGINE, b.ring(rung="at-50"), b.local(1, 10))),
        b.local(1, 12),
        [("post", "grid-east-1", 8), ("platform", "closeout", 1), ("post", "grid-east-1", 2)],
    ),
    "what rang half a minute late is not": (
        (*AT_ONCE, Step(ENGINE, b.ring(rung="at-50"), b.MON_17 + timedelta(seconds=30))),
        b.local(1, 12),
        [("post", "grid-east-1", 8), ("post", "grid-east-1", 3)],
    ),
    "a review is the top tier's until somebody rules": (
        (
            *(b.REPORTED, b.ACCEPTED, b.AT_THE_TOP),
            Step(ENGINE, b.ring(rung="at-50"), b.local(2, 13)),
            Step(ENGINE, b.ring(rung="at-80"), b.local(3, 17)),
            Step(ENGINE, b.ring(), b.FRI_17),
            Step(b.DIRECTOR, b.PROPOSE, b.NEXT_MON_9 + 2 * b.HOUR),
        ),
        b.NEXT_MON_9 + 3 * b.HOUR,
        [("post", "director", 40), ("arbiter", "director", 2), ("reporter", "mill", 1)],
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_each_rule_has_its_story(story: str) -> None:
    steps, until_at, expected = STORIES[story]
    merged: list[tuple[str, str, int]] = []
    for kind, id_, hours in held_by(parted(told(*steps).records, until_at)):
        if merged and merged[-1][:2] == (kind, id_) and "half a minute" not in story:
            merged[-1] = kind, id_, merged[-1][2] + hours
        else:
            merged.append((kind, id_, hours))

    assert merged == expected


def test_the_nights_of_an_emergency_count() -> None:
    records = told(b.EMERGENCY, Step(b.OFFICER, b.ACCEPT, b.MON_9)).records
    until_at = b.MON_9 + 30 * b.HOUR

    assert held_by(parted(records, until_at)) == [("post", "grid-east-1", 30)]


def test_a_limit_in_natural_days_makes_nobody_work_at_night() -> None:
    sixty_days = {"kind": "natural_days", "days": 60}
    terms = b.terms_of(clocks=b.clock_rule("resolution", budgets=[{"duration": sixty_days}]))
    records = told(*AT_ONCE, terms=terms).records

    held = partition(records, {terms.hash: terms}, b.TUE_9 + b.HOUR)

    assert held_by(held) == [("post", "grid-east-1", 8), ("post", "grid-east-1", 1)]


def test_under_the_first_rules_more_than_a_minute_late_was_the_platforms_fault() -> None:
    records: list[Record] = []
    issue: Issue | None = None
    ring = Step(ENGINE, b.ring(rung="at-50"), b.local(1, 10))
    for step in (*AT_ONCE, ring):
        sent = b.submission(step.command, step.actor)
        decision = decide(issue, sent, replace(b.context(step.at), rules=1))
        records += b.records_of(decision, sent, after=records)
        issue = decision.issue
    assert isinstance(records[-1].event, RungFired)
    assert not records[-1].event.late_by_us

    def by(rules: int) -> list[str]:
        old = [replace(record, rules=rules) for record in records]
        return [kind for kind, _, _ in held_by(parted(old, b.local(1, 12)))]

    assert by(1) == ["post", "platform", "post"]
    assert by(2) == ["post", "post"]


def test_a_calendar_that_is_adopted_later_gives_nothing_back() -> None:
    """The hours that were worked before the notice stay worked; those after it are closed."""
    closed = ClosedDay(on=b.FIRST_MONDAY, name=Label(zh="停工", en="standstill"))
    later = b.TERMS.with_calendar(b.CALENDAR.model_copy(update={"overrides": (closed,)}))
    story = told(*AT_ONCE)
    adoption = AdoptCalendar(terms=later.hash, reference="notice", reason="r", author="a")
    sent = b.submission(adoption, ENGINE)
    decision = decide(story.issue, sent, replace(b.context(b.MON_13), target=later))
    records = [*story.records, *b.records_of(decision, sent, after=list(story.records))]

    held = partition(records, TERMS_BY_HASH | {later.hash: later}, b.TUE_9 + b.HOUR)

    assert held_by(held) == [("post", "grid-east-1", 4), ("post", "grid-east-1", 1)]
    assert held[1].why.en == "closed: standstill"
    assert (held[1].from_at, held[0].to_at) == (b.MON_13, b.MON_13)


def test_a_closing_is_named_by_the_rule_of_the_calendar() -> None:
    records = told(*AT_ONCE, Step(b.OFFICER, b.NOTE, b.FRI_17 + b.HOUR)).records

    weekend = [each for each in parted(records, b.NEXT_MON_9) if each.from_at >= b.FRI_17]

    assert [each.why.en for each in weekend] == [
        "outside opening hours",
        "closed: day of the week",
        "outside opening hours",
    ]
    assert weekend[0].from_at == b.FRI_17
    assert weekend[-1].to_at == b.NEXT_MON_9


def test_a_stretch_names_the_event_that_brought_it() -> None:
    records = told(
        *AT_ONCE, Step(b.OFFICER, b.NOTE, b.MON_10), Step(b.OFFICER, b.HAND_OVER, b.MON_11)
    ).records

    held = parted(records, b.MON_13)

    assert [(each.cause_version, each.why.en) for each in held] == [
        (2, "being handled"),
        (4, "being handled"),
    ]


def test_totals_are_by_holder_the_largest_first() -> None:
    steps, until_at, _ = STORIES["waiting for papers is the enterprise's"]
    mine = Holder(kind=HolderKind.POST, id="grid-east-1")

    sums = totals(parted(told(*steps).records, until_at))

    assert [(t.holder.kind.value, t.counted_ms // b.HOUR_MS) for t in sums] == [
        ("post", 3),
        ("reporter", 3),
    ]
    assert sums[0].holder == mine


def test_before_its_report_an_issue_is_nobodys() -> None:
    assert parted(told(b.REPORTED).records, b.MON_9) == ()


# --- refused dispatches and parked issues ---

REFUSED = ld.DispatchRefused(
    at=b.MON_11, by=b.SECTION, unit="roads", hop=1, arbiter="coordination", reason="Not roads."
)
RULED = ld.DispatchRuled(
    at=b.MON_13,
    by=b.COORDINATOR,
    unit="power",
    handler="power-desk",
    overruled=False,
    binding=False,
    reason="Cables.",
)
BOUND = ld.DispatchBound(at=b.MON_13, by=ENGINE, unit="power", handler="power-desk", clock="ruling")
SENT = ld.IssueRouted(
    at=b.MON_10, by=ENGINE, row="roads", unit="roads", handler="roads-desk", refusable=True
)
PARKED = md.IssueParked(
    at=b.MON_11, by=b.DIRECTOR, number=1, reason="No land this year.", note="Agreed."
)
UNPARKED = md.IssueUnparked(at=b.MON_15, by=b.DIRECTOR, reason="There is land.")


def test_a_dispute_as_the_commands_lead_it_charges_the_arbiter() -> None:
    records = told(*bl.IN_DISPUTE, bl.OVERRULED, terms=bl.LADDER).records

    assert held_by(partition(records, {bl.LADDER.hash: bl.LADDER}, b.MON_13)) == [
        ("unit", "roads", 1),
        ("arbiter", "coordination", 1),
        ("unit", "roads", 2),
    ]


@pytest.mark.parametrize("settled", [RULED, BOUND], ids=["ruled", "bound"])
def test_from_a_refusal_to_its_end_the_time_is_the_arbiters(settled: Event) -> None:
    records = behind(b.told(*AT_ONCE).records, SENT, REFUSED, settled)

    assert held_by(parted(records, b.MON_15)) == [
        ("post", "grid-east-1", 1),
        ("unit", "roads", 1),
        ("arbiter", "coordination", 2),
        ("unit", "power", 2),
    ]


def test_a_refusal_that_goes_to_the_fallback_at_once_leaves_no_time_to_an_arbiter() -> None:
    alone = REFUSED.model_copy(update={"arbiter": None})
    bound = BOUND.model_copy(update={"at": b.MON_11, "clock": None})

    records = behind(b.told(*AT_ONCE).records, SENT, alone, bound)

    kinds = [kind for kind, _, _ in held_by(parted(records, b.MON_15))]
    assert kinds == ["post", "unit", "unit"]


def test_while_it_is_parked_an_issues_time_is_nobodys_but_the_zones() -> None:
    prolonged = md.ParkingProlonged(at=b.MON_13, by=b.DIRECTOR, number=2, reason="Still none.")

    records = behind(b.told(*AT_ONCE).records, SENT, PARKED, prolonged, UNPARKED)

    assert held_by(parted(records, b.MON_17)) == [
        ("post", "grid-east-1", 1),
        ("unit", "roads", 1),
        ("parked", b.ZONE, 4),
        ("unit", "roads", 2),
    ]
