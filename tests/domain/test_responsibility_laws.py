"""Every millisecond of an issue's life belongs to one holder (I16): held against a slow oracle.

CLOSEOUT_DEEP=1 parts ten times as many lives.
"""

from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import pairwise

import builders as b
import pytest
from by_hand import behind
from deep import deep
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from laws import MILLISECOND, Life, lives, working_ms
from moving_lives import MovingLife, moving_lives

from domain import events_of_ladder as ld
from domain import events_of_modes as md
from domain.chain import Record
from domain.clocks import Basis, Standing
from domain.events import Event, NoteAdded, RungFired
from domain.evolve import evolve
from domain.issue import Issue
from domain.phases import PauseReason, Priority
from domain.responsibility import Held, HolderKind, partition, totals
from domain.retold import retold

HELD_LIVES = deep("lives parted among their holders", 1_200)
TERMS_BY_HASH = {b.TERMS.hash: b.TERMS}
DAY_MINUTES = 1440


def parted(records: list[Record], until_at: datetime) -> tuple[Held, ...]:
    return partition(records, TERMS_BY_HASH, until_at)


def ms(length: timedelta) -> int:
    return length // MILLISECOND


# --- the oracle: asked of one instant, it goes through the table of the rules from the top ---


class Oracle:
    """Who has an issue at an instant, by the events alone."""

    def __init__(self, records: list[Record]) -> None:
        self.events = [record.event for record in records]
        self.times = [event.at for event in self.events]
        self.late = [
            (event.due_at, event.at)
            for event in self.events
            if isinstance(event, RungFired) and event.at - event.due_at > timedelta(seconds=60)
        ]
        self.states: list[Issue] = []
        issue: Issue | None = None
        for event in self.events:
            issue = evolve(issue, event, zone=b.ZONE, key=b.KEY, terms=b.TERMS.hash)
            self.states.append(issue)

    def at(self, at: datetime) -> tuple[str, str] | None:
        place = bisect_right(self.times, at) - 1
        if place < 0 or self.states[place].closed_at is not None:
            return None
        issue = self.states[place]
        there = at.astimezone(b.SHANGHAI)
        if not (there.weekday() < 5 and 9 <= there.hour < 17) and not self.day_and_night(issue):
            return "calendar", "plain"
        if any(due_at <= at < fired_at for due_at, fired_at in self.late):
            return "platform", "closeout"
        return self.of_people(issue, place)

    @staticmethod
    def day_and_night(issue: Issue) -> bool:
        running = [clock for clock in issue.clocks if clock.standing is Standing.RUNNING]
        return any(clock.basis is Basis.WALL for clock in running)

    def of_people(self, issue: Issue, place: int) -> tuple[str, str]:
        if issue.pause is not None:
            outside = issue.pause.reason is PauseReason.WAITING_OUTSIDE
            return ("external", str(issue.pause.party)) if outside else ("reporter", "mill")
        if issue.under_review and self.unruled(place):
            return "arbiter", "director"
        chain = {1: "grid-east-1", 2: "head-east", 3: "director"}
        if issue.phase == "sign_off":
            if issue.sign_off.outcome is None:
                return "reporter", "mill"
            plain = issue.sign_off.resolution.result in ("solved", "withdrawn")
            return "post", chain[min(3, issue.sign_off.proposed_tier + (1 if plain else 2))]
        if issue.phase == "handling":
            parts = () if issue.team is None else issue.team.parts
            if any(p.required and p.standing not in ("finished", "waived") for p in parts):
                return "unit", issue.team.lead
            units = {"roads-desk": "roads", "power-desk": "power"}
            if issue.handler in units:
                return "unit", units[issue.handler]
            return "post", issue.handler
        return "post", chain[issue.tier]

    def unruled(self, place: int) -> bool:
        for event in reversed(self.events[: place + 1]):
            if event.kind == "issue_put_to_review":
                return True
            if event.kind in ("resolution_rejected", "resolution_sent_back", "issue_withdrawn"):
                return False
        return False


# --- the laws ---


@pytest.mark.deep
@settings(
    max_examples=HELD_LIVES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@for_all(lives(), st.data())
def test_every_millisecond_of_a_life_belongs_to_one_holder(life: Life, data: st.DataObject) -> None:
    until_at = life.at + data.draw(st.integers(0, 9 * 86_400_000)) * MILLISECOND
    held = parted(life.records, until_at)
    check_exact(life, held, until_at)
    check_notes(life, held, until_at)
    check_cut(life, held, data, until_at)
    check_oracle(life, held, data, until_at)


def open_lives(life: Life, until_at: datetime) -> list[tuple[datetime, datetime]]:
    """Return from when until when the issue was open, of no length left out."""
    opened = [e.at for e in life.events if e.kind in ("issue_reported", "issue_reopened")]
    ends = ("issue_turned_away", "issue_closed_out", "issue_withdrawn")
    closed = [
        event.at
        for event in life.events
        if event.kind in ends and (event.kind != "issue_withdrawn" or event.closes)
    ]
    closed += [until_at] * (len(opened) - len(closed))
    return [(start, end) for start, end in zip(opened, closed, strict=True) if start < end]


def check_exact(life: Life, held: tuple[Held, ...], until_at: datetime) -> None:
    """In order, disjoint, without a hole in what was open; no stretch is empty or of two parts."""
    joined: list[tuple[datetime, datetime]] = []
    for each in held:
        assert each.from_at < each.to_at
        if joined and joined[-1][1] == each.from_at:
            joined[-1] = joined[-1][0], each.to_at
        else:
            joined.append((each.from_at, each.to_at))
    lifetimes: list[tuple[datetime, datetime]] = []
    for start, end in open_lives(life, until_at):
        if lifetimes and lifetimes[-1][1] == start:
            lifetimes[-1] = lifetimes[-1][0], end
        else:
            lifetimes.append((start, end))
    assert joined == lifetimes
    for each, after in pairwise(held):
        same = (each.holder, each.why) == (after.holder, after.why)
        assert not (same and each.to_at == after.from_at)
    for each in held:
        closed = each.holder.kind is HolderKind.CALENDAR
        assert each.counted_ms == (0 if closed else ms(each.to_at - each.from_at))
        assert working_ms(each.from_at, each.to_at) == 0 or not closed
        assert life.records[each.cause_version - 1].version == each.cause_version
    assert sum(t.passed_ms for t in totals(held)) == sum(ms(e - s) for s, e in lifetimes)
    assert sum(t.counted_ms for t in totals(held)) == sum(each.counted_ms for each in held)
    if life.issue.priority is Priority.ORDINARY:
        counted = sum(working_ms(start, end) for start, end in lifetimes)
        assert sum(t.counted_ms for t in totals(held)) == counted


def check_notes(life: Life, held: tuple[Held, ...], until_at: datetime) -> None:
    """What moves nothing changes nothing: without the notes the partition is the same."""
    silent = [record for record in life.records if record.kind != "note_added"]
    assert parted(silent, until_at) == held


def clipped(held: tuple[Held, ...], at: datetime) -> tuple[Held, ...]:
    """Return what lies before `at`."""
    return tuple(
        each
        if each.to_at <= at
        else each.model_copy(
            update={"to_at": at, "counted_ms": ms(at - each.from_at) if each.counted_ms else 0}
        )
        for each in held
        if each.from_at < at
    )


def check_cut(life: Life, held: tuple[Held, ...], data: st.DataObject, until_at: datetime) -> None:
    """Cut at any instant, it is the beginning of the whole: what follows adds to it."""
    ends = [each.to_at for each in held] or [until_at]
    at = data.draw(
        st.sampled_from([*ends, life.events[0].at])
        | st.integers(0, ms(until_at - life.events[0].at)).map(
            lambda after: life.events[0].at + after * MILLISECOND
        )
    )
    assert parted(life.records, at) == clipped(held, at)


def check_oracle(
    life: Life, held: tuple[Held, ...], data: st.DataObject, until_at: datetime
) -> None:
    """At every end of a stretch, and at each minute of a day by chance, the oracle agrees."""
    oracle = Oracle(life.records)
    first_at = life.events[0].at
    minutes = ms(until_at - first_at) // 60_000
    begin = data.draw(st.integers(0, max(0, minutes - DAY_MINUTES)))
    asked = {
        first_at + timedelta(minutes=minute)
        for minute in range(begin, min(begin + DAY_MINUTES, minutes))
    }
    asked |= {at for each in held for at in (each.from_at, each.to_at - MILLISECOND)}
    starts = [each.from_at for each in held]
    for at in asked:
        place = bisect_right(starts, at) - 1
        found = held[place] if place >= 0 and at < held[place].to_at else None
        mine = None if found is None else (found.holder.kind.value, found.holder.id)
        assert mine == oracle.at(at), at


@pytest.mark.deep
@settings(max_examples=HELD_LIVES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@for_all(moving_lives(), st.data())
def test_under_other_calendars_and_handbooks_the_partition_is_exact_and_cut_anywhere(
    life: MovingLife, data: st.DataObject
) -> None:
    """The hours of each moment are those of the calendar that was in force then."""
    held = partition(life.records, life.by_hash, life.at)
    first_at = life.records[0].at
    at = first_at + data.draw(st.integers(0, ms(life.at - first_at))) * MILLISECOND

    assert partition(life.records, life.by_hash, at) == clipped(held, at)
    tellings = list(retold(life.records, life.by_hash))
    ends = [*(told.record.at for told in tellings[1:]), life.at]
    for telling, end in zip(tellings, ends, strict=True):
        start = telling.record.at
        mine = [
            (max(each.from_at, start), min(each.to_at, end), each.holder.kind)
            for each in held
            if max(each.from_at, start) < min(each.to_at, end)
        ]
        if not telling.after.is_open or start == end:
            assert mine == []
            continue
        assert (mine[0][0], mine[-1][1]) == (start, end)
        assert all(one[1] == other[0] for one, other in pairwise(mine))
        closed = sum(ms(b - a) for a, b, kind in mine if kind is HolderKind.CALENDAR)
        open_ms = telling.terms.calendar.working_ms(start, end)
        day_and_night = Oracle.day_and_night(telling.after)
        assert closed == (0 if day_and_night else ms(end - start) - open_ms)


SENT = ld.IssueRouted(
    at=b.MON_9, by=b.OFFICER, row="roads", unit="roads", handler="roads-desk", refusable=True
)
REFUSED = ld.DispatchRefused(
    at=b.MON_9, by=b.SECTION, unit="roads", hop=1, arbiter="coordination", reason="Not roads."
)
RULED = ld.DispatchRuled(
    at=b.MON_9,
    by=b.COORDINATOR,
    unit="roads",
    handler="roads-desk",
    overruled=True,
    binding=False,
    reason="Roads.",
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["refuse", "rule", "park", "unpark", "note"]), st.integers(0, 3000)),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@for_all(STEPS, st.integers(0, 3000))
def test_disputes_and_parkings_leave_no_hole_and_belong_to_arbiter_and_zone(
    steps: list[tuple[str, int]], rest: int
) -> None:
    """Each stretch, by an oracle that remembers no more than the last event of either kind."""
    at = b.MON_9
    events: list[Event] = [SENT]
    expected: list[tuple[datetime, str]] = [(at, "unit")]
    kind = "unit"
    for step, minutes in steps:
        at += timedelta(minutes=minutes)
        by = {"at": at, "by": b.DIRECTOR}
        match step, kind:
            case "refuse", "unit":
                kind = "arbiter"
                events.append(REFUSED.model_copy(update={"at": at}))
            case "rule", "arbiter":
                kind = "unit"
                events.append(RULED.model_copy(update={"at": at}))
            case "park", "unit":
                kind = "parked"
                events.append(md.IssueParked(**by, number=1, reason="-", note="-"))
            case "unpark", "parked":
                kind = "unit"
                events.append(md.IssueUnparked(**by, reason="-"))
            case _:
                events.append(NoteAdded(**by, text="-"))
        expected.append((at, kind))
    until_at = at + timedelta(minutes=rest)
    records = behind(b.told(b.REPORTED, b.ACCEPTED).records, *events)

    held = parted(records, until_at)

    check_joined(held, until_at)
    starts = [start for start, _ in expected]
    for each in held:
        begun = bisect_right(starts, each.from_at) - 1
        assert each.holder.kind.value in ("calendar", expected[begun][1])
    whole = b.CALENDAR.working_ms(b.MON_9, until_at)
    assert sum(each.counted_ms for each in held) == whole


def check_joined(held: tuple[Held, ...], until_at: datetime) -> None:
    if held:
        assert (held[0].from_at, held[-1].to_at) == (b.MON_9, until_at)
    assert all(one.to_at == other.from_at for one, other in pairwise(held))
