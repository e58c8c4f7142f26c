"""Clocks in two views (R3.5): as they were known then, and as they are known now.

Then: as the transitions record, by the instants at which facts came into the ledger. Now: by the
instants at which they took place, where somebody has said so. Deadlines in force, breaches and
verdicts go by the first view and never change by the second; it is there to be shown beside it.
What followed from a deadline that would not have passed (an escalation, a reminder) stays as well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.calendar import WorkingCalendar
from domain.chain import Record
from domain.clocks import Clock, ClockTransition, Move, Standing, Verdict
from domain.durations import Basis, Duration, budget_of, due_at, elapsed_ms
from domain.events import IssueAccepted, IssueReported
from domain.events_of_import import IssueImported
from domain.events_of_time import FactCorrected
from domain.model import ClockId, Code, Frozen, Moment
from domain.people import Engine
from domain.retold import TermsByHash, Told, retold
from domain.timekeeping import budget_for

ENDS = (Move.STOP, Move.CANCEL, Move.RESET)
CORRECTED = "fact_corrected"


class Ground(StrEnum):
    """By whose word an event took place at another time than it was recorded."""

    CLAIMED = "claimed"
    CORRECTED = "corrected"


class ClockView(Frozen):
    """One cycle of a clock in one view, as of an instant.

    `due_at` is the deadline when the clock last ran: a pause leaves it standing here.
    """

    started_at: Moment
    ended_at: Moment | None
    elapsed_ms: int
    budget_ms: int
    due_at: Moment | None
    breached: bool


class Difference(Frozen):
    """An event that the clock goes by and that took place at another time than it was recorded.

    `counted_at` is from when it counts as known now: `took_place_at`, but never after it was
    recorded, and never before the move that precedes it.
    """

    version: int
    kind: Code
    recorded_at: Moment
    took_place_at: Moment
    counted_at: Moment
    ground: Ground


class KnownClock(Frozen):
    """One cycle of a clock in both views, and the events by which they differ."""

    clock: ClockId
    rule: Code
    cycle: int
    standing: Standing
    verdict: Verdict | None
    basis: Basis
    then: ClockView
    now: ClockView
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """When an event took place, by the last word on it."""

    at: datetime
    ground: Ground | None


@dataclass(frozen=True, slots=True)
class _Mark:
    """An event that a clock counts from: when it was recorded, and from when it counts as known
    now."""

    told: Told
    known_at: datetime

    @property
    def at(self) -> datetime:
        """Return when the event was recorded."""
        return self.told.record.at


@dataclass(frozen=True, slots=True)
class _Edge(_Mark):
    """A move of a clock."""

    move: Move


@dataclass(slots=True)
class _Cycle:
    """A cycle as it grows while the events are read. `clock` is its newest state."""

    first: Told
    clock: Clock
    last: Told
    edges: list[_Edge]
    due_at: datetime | None
    duration: Duration
    verdict: Verdict | None = None
    ended_at: datetime | None = None
    elapsed_ms: int | None = None


@dataclass(slots=True)
class _Reader:
    """Reads a stream once. `known` has for each clock the instant before which no later move of it
    counts; `anchors` are the report and the acceptance."""

    claims: Mapping[int, Claim]
    present: dict[str, _Cycle] = field(default_factory=dict)
    every: list[_Cycle] = field(default_factory=list)
    known: dict[str, datetime] = field(default_factory=dict)
    anchors: list[_Mark] = field(default_factory=list)

    def read(self, told: Told) -> None:
        if isinstance(told.event, IssueReported | IssueImported | IssueAccepted):
            self.anchors.append(_Mark(told, self._claimed_at(told)))
        for change in told.event.clocks:
            self._move(told, change)
        for id_, cycle in self.present.items():
            clock = told.after.clock(id_)
            if cycle.ended_at is None and clock is not None:
                cycle.clock, cycle.last = clock, told
                cycle.due_at = clock.due_at or cycle.due_at

    def _move(self, told: Told, change: ClockTransition) -> None:
        edge = self._edge(told, change)
        cycle = self.present.get(change.clock)
        if cycle is not None and change.move is not Move.START:
            cycle.edges.append(edge)
            if change.move in ENDS:
                cycle.ended_at, cycle.elapsed_ms = edge.at, change.elapsed_ms
                cycle.verdict = change.verdict
            ended = told.after.clock(change.clock)
            if ended is not None and change.move in (Move.STOP, Move.CANCEL):
                cycle.clock = ended
        if change.move not in (Move.START, Move.RESET):
            return
        clock = told.after.clock(change.clock)
        if clock is None or change.run is None:
            msg = f"event {told.version} starts clock {change.clock} without a run"
            raise ValueError(msg)
        rule = told.terms.rules_by_id[change.rule]
        duration = change.run.duration or budget_for(rule, told.after)
        begun = _Cycle(told, clock, told, [edge], clock.due_at, duration)
        self.present[change.clock] = begun
        self.every.append(begun)

    def _edge(self, told: Told, change: ClockTransition) -> _Edge:
        """No move counts before the one that precedes it, nor before the report."""
        earliest_at = self.known.get(change.clock, self.anchors[0].known_at)
        known_at = max(self._claimed_at(told), earliest_at)
        self.known[change.clock] = known_at
        return _Edge(told, known_at, change.move)

    def _claimed_at(self, told: Told) -> datetime:
        return min(self.claims[told.version].at, told.record.at)

    def mark(self, cycle: _Cycle, at: datetime | None) -> _Mark | None:
        """Return the event that the cycle's time counts from, given the instant: the newest change
        of its target then, its own beginning, the acceptance or the report."""
        changes = (edge for edge in reversed(cycle.edges) if edge.move is Move.RETARGET)
        candidates = (*changes, cycle.edges[0], *reversed(self.anchors))
        return next((mark for mark in candidates if mark.at == at), None)


def known_now(
    records: Sequence[Record], terms: TermsByHash, at: datetime | None = None
) -> tuple[KnownClock, ...]:
    """Return every cycle of every clock in both views as of `at`, in the order they began.

    `at` is the instant of the last event if it is not given. A correction wins over the word of
    whoever acted, that over the instant of recording; of two corrections of one event the later
    wins, and to correct a correction is to correct what it spoke of. Raises CalendarError where a
    calendar does not reach back to what is claimed.
    """
    reader = _Reader(dict(claims(records)))
    for told in retold(records, terms):
        reader.read(told)
    until_at = at or records[-1].at
    return tuple(_in_both_views(cycle, reader, until_at) for cycle in reader.every)


def claims(records: Sequence[Record]) -> Iterator[tuple[int, Claim]]:
    """Yield for each event of a stream when it took place, by the last word on it."""
    corrections = {
        record.version: event
        for record in records
        if record.kind == CORRECTED and isinstance(event := record.event, FactCorrected)
    }
    corrected: dict[int, datetime] = {}
    for event in corrections.values():
        version = event.version
        while (meant := corrections.get(version)) is not None:
            version = meant.version
        corrected[version] = event.took_place_at
    for record in records:
        claimed_at = record.occurred_at
        if record.version in corrected:
            yield record.version, Claim(corrected[record.version], Ground.CORRECTED)
        elif claimed_at is not None and not isinstance(record.event.by, Engine):
            yield record.version, Claim(claimed_at, Ground.CLAIMED)
        else:
            yield record.version, Claim(record.at, None)


def _in_both_views(cycle: _Cycle, reader: _Reader, until_at: datetime) -> KnownClock:
    clock = cycle.clock
    then = _then(cycle, until_at)
    return KnownClock(
        clock=clock.id,
        rule=clock.rule,
        cycle=clock.cycle,
        standing=Standing.STOPPED if cycle.ended_at and clock.is_live else clock.standing,
        verdict=cycle.verdict,
        basis=clock.basis,
        then=then,
        now=_now(cycle, then, reader, until_at),
        differences=tuple(_differences(cycle, reader)),
    )


def _calendar(cycle: _Cycle) -> WorkingCalendar:
    rule = cycle.last.rule(cycle.clock.rule)
    return cycle.last.terms.calendar if rule is None else cycle.last.terms.calendar_of(rule)


def _then(cycle: _Cycle, until_at: datetime) -> ClockView:
    clock = cycle.clock
    spent_ms = clock.elapsed_ms if cycle.elapsed_ms is None else cycle.elapsed_ms
    if cycle.ended_at is None and clock.standing is Standing.RUNNING:
        spent_ms += elapsed_ms(clock.basis, _calendar(cycle), clock.since_at, until_at)
    return ClockView(
        started_at=cycle.first.record.at,
        ended_at=cycle.ended_at,
        elapsed_ms=spent_ms,
        budget_ms=clock.budget_ms,
        due_at=cycle.due_at,
        breached=clock.breached_at is not None or spent_ms > clock.budget_ms,
    )


Interval = tuple[datetime, datetime]


def _ran(
    edges: Iterable[tuple[Move, datetime]], counted_from_at: datetime | None, until_at: datetime
) -> list[Interval]:
    """Return when the clock counted, `until_at` at the latest, in the order of its moves."""
    intervals: list[Interval] = []
    since_at: datetime | None = None
    for place, (move, at) in enumerate(edges):
        if place == 0 and counted_from_at is not None and counted_from_at < at:
            intervals.append((counted_from_at, at))
        if place == 0 or move is Move.RESUME:
            since_at = at
        elif since_at is not None and move is not Move.RETARGET:
            intervals.append((since_at, at))
            since_at = None
    if since_at is not None:
        intervals.append((since_at, until_at))
    if counted_from_at is None:
        return intervals
    return [(max(start, counted_from_at), max(end, counted_from_at)) for start, end in intervals]


def _now(cycle: _Cycle, then: ClockView, reader: _Reader, until_at: datetime) -> ClockView:
    """Return the cycle with its moves where they took place."""
    clock, calendar = cycle.clock, _calendar(cycle)
    anchor = reader.mark(cycle, clock.anchor_at)
    counted_from = reader.mark(cycle, clock.counted_from_at)
    marks = [*cycle.edges, *(mark for mark in (anchor, counted_from) if mark is not None)]
    if all(mark.at == mark.known_at for mark in marks):
        return then
    moves = [(edge.move, edge.known_at) for edge in cycle.edges]
    from_at = clock.counted_from_at if counted_from is None else counted_from.known_at
    ran = _ran(moves, from_at, until_at)
    lasted = [elapsed_ms(clock.basis, calendar, start, end) for start, end in ran]
    anchor_at = clock.anchor_at if anchor is None else anchor.known_at
    budget_ms = _budget_ms(cycle, anchor_at, calendar)
    ends_at, breached = _ends_at(clock.basis, calendar, ran, lasted, budget_ms)
    return ClockView(
        started_at=cycle.edges[0].known_at,
        ended_at=None if cycle.ended_at is None else cycle.edges[-1].known_at,
        elapsed_ms=sum(lasted),
        budget_ms=budget_ms,
        due_at=ends_at,
        breached=breached,
    )


def _budget_ms(cycle: _Cycle, anchor_at: datetime, calendar: WorkingCalendar) -> int:
    """Return the budget: days are resolved from where the clock is anchored, so they are anew."""
    clock = cycle.clock
    duration = clock.duration or cycle.duration
    recorded = budget_of(duration, calendar, clock.anchor_at)
    known = budget_of(duration, calendar, anchor_at)
    return clock.budget_ms + (known.ms - recorded.ms if known.basis is clock.basis else 0)


def _ends_at(
    basis: Basis,
    calendar: WorkingCalendar,
    ran: Sequence[Interval],
    lasted: Sequence[int],
    left_ms: int,
) -> tuple[datetime | None, bool]:
    """Return when what is left is used up, and whether the clock has counted as far."""
    last_at, before_ms = None, left_ms
    for (start_at, _), ms in zip(ran, lasted, strict=True):
        if ms >= left_ms:
            return due_at(basis, calendar, start_at, left_ms), True
        last_at, before_ms = start_at, left_ms
        left_ms -= ms
    if last_at is None:
        return None, False
    return due_at(basis, calendar, last_at, before_ms), False


def _differences(cycle: _Cycle, reader: _Reader) -> Iterator[Difference]:
    clock = cycle.clock
    counted = (reader.mark(cycle, at) for at in (clock.anchor_at, clock.counted_from_at))
    marks = {mark.told.version: mark for mark in (*counted, *cycle.edges) if mark is not None}
    for version, mark in sorted(marks.items()):
        claim = reader.claims[version]
        if claim.ground is not None and claim.at != mark.at:
            yield Difference(
                version=version,
                kind=mark.told.event.kind,
                recorded_at=mark.at,
                took_place_at=claim.at,
                counted_at=mark.known_at,
                ground=claim.ground,
            )
