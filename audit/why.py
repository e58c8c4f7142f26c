"""Why a deadline is what it is: rule, budget, each stretch, and spans that add up (I7)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from audit.facts import Facts, TermsOf, terms_reader
from domain.calendar import Span, WorkingCalendar
from domain.chain import Record
from domain.clocks import ClockTransition, Move, Run, Standing, Verdict
from domain.days import to_ms
from domain.durations import Basis, Duration
from domain.errors import InvalidRequestError, UnknownIssueError
from domain.events import Event, RungFired
from domain.evolve import evolve, part_of_clock
from domain.handbook import BudgetRule, ClockRule, RungEffect
from domain.issue import Issue
from domain.model import Name
from domain.phases import PauseReason, Priority
from domain.terms import Terms

FULL_PERCENT = 100
ROUND_THE_CLOCK = Name(zh="自然时间", en="all time counts")


@dataclass(frozen=True, slots=True)
class Choice:
    """The budget that the handbook gave, and why: the first of `of` that fitted tier and priority.

    `tier` and `priority` are what the budget asks for (None: any); `fallback` says that none fitted
    and the last was taken.
    """

    duration: Duration
    place: int
    of: int
    tier: int | None
    priority: Priority | None
    issue_tier: int
    issue_priority: Priority
    fallback: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a clock's life in one standing. `to_at` is None while it lasts.

    A running stretch has the deadline in force in it, and the spans that were counted up to its end
    or, if that came first or the clock still runs, up to the deadline. `over_ms` was counted after
    the deadline. A paused one says what the issue waited for.
    """

    standing: Standing
    from_at: datetime
    to_at: datetime | None
    version: int
    cause: str
    reason: PauseReason | None = None
    party: str | None = None
    due_at: datetime | None = None
    spans: tuple[Span, ...] = ()
    over_ms: int = 0

    @property
    def counted_ms(self) -> int:
        """Return what was counted towards the budget."""
        return sum(span.counted_ms for span in self.spans)


@dataclass(frozen=True, slots=True)
class RungDerivation:
    """One threshold: when it was due, and when it fired, if it did. `due_at` is None while the
    clock does not run; `late_ms` is from due to fired (R4.6)."""

    id: str
    percent: int
    effect: RungEffect
    threshold_ms: int
    due_at: datetime | None
    fired_at: datetime | None = None
    version: int | None = None

    @property
    def late_ms(self) -> int | None:
        """Return how long after its instant the rung fired."""
        if self.fired_at is None or self.due_at is None:
            return None
        return to_ms(self.fired_at) - to_ms(self.due_at)


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one cycle of one clock came to its deadline.

    `unspent` are the spans from the end of the last running stretch to the deadline that was then
    in force: what was left when the clock stopped or stood. `recorded_ms` is what the last event
    that moved the clock says had been spent; None before the first.
    """

    stream: str
    clock: str
    cycle: int
    part: str | None
    rule: str
    name: Name
    source: str
    choice: Choice
    basis: Basis
    budget_ms: int
    anchor_at: datetime
    version: int
    standing: Standing
    due_at: datetime | None
    provisional: bool
    calendar: str
    calendar_name: Name
    calendar_hash: str
    time_zone: str
    tzdata: str
    terms: str
    stretches: tuple[Stretch, ...]
    unspent: tuple[Span, ...]
    rungs: tuple[RungDerivation, ...]
    recorded_ms: int | None = None
    verdict: Verdict | None = None

    @property
    def counted_ms(self) -> int:
        """Return what the stretches counted towards the budget."""
        return sum(stretch.counted_ms for stretch in self.stretches)

    @property
    def unspent_ms(self) -> int:
        """Return what the clock had left when it last stopped running."""
        return sum(span.counted_ms for span in self.unspent)

    @property
    def adds_up(self) -> bool:
        """Return whether the spans make up the budget to the millisecond, and the ended stretches
        what the events recorded as spent (R2.6)."""
        ended = [stretch for stretch in self.stretches if stretch.to_at is not None]
        spent_ms = sum(stretch.counted_ms + stretch.over_ms for stretch in ended)
        recorded = self.recorded_ms is None or self.recorded_ms == spent_ms
        return recorded and self.counted_ms + self.unspent_ms == self.budget_ms


@dataclass(slots=True)
class _Cycle:
    """A cycle as it grows while the events are read."""

    first: Record
    change: ClockTransition
    run: Run
    rule: ClockRule
    terms: Terms
    choice: Choice
    standing: Standing = Standing.RUNNING
    recorded_ms: int | None = None
    verdict: Verdict | None = None
    stretches: list[Stretch] = field(default_factory=list)
    fired: dict[str, tuple[RungFired, int]] = field(default_factory=dict)


async def why(
    facts: Facts, stream: str, clock: str | None = None, *, terms_of: TermsOf | None = None
) -> tuple[Derivation, ...]:
    """Return the derivation of every cycle of one clock, or of all, in the order they started.

    Raises UnknownIssueError, and InvalidRequestError if the issue never had such a clock.
    """
    records = await facts.records(stream)
    if not records:
        raise UnknownIssueError("No issue was reported under this key.", field="key", value=stream)
    cycles = await _cycles(stream, records, terms_of or terms_reader(facts))
    names = {cycle.change.clock for cycle in cycles}
    if clock is not None and clock not in names:
        raise InvalidRequestError(
            "The issue never had such a clock.", field="clock", value=clock, allowed=names
        )
    chosen = (cycle for cycle in cycles if clock in (None, cycle.change.clock))
    return tuple(_derived(stream, cycle) for cycle in chosen)


async def _cycles(stream: str, records: list[Record], terms_of: TermsOf) -> list[_Cycle]:
    zone, _, key = stream.partition("/")
    issue: Issue | None = None
    present: dict[str, _Cycle] = {}
    every: list[_Cycle] = []
    for record in records:
        event = record.event
        issue = evolve(issue, event, zone=zone, key=key, terms=record.terms)
        if isinstance(event, RungFired) and event.clock in present:
            present[event.clock].fired[event.rung] = (event, record.version)
        for change in event.clocks:
            before = present.get(change.clock)
            if change.move in (Move.START, Move.RESET):
                if before is not None and change.move is Move.RESET:
                    _end(before, change, event)
                begun = _begun(record, change, issue, await terms_of(record.terms))
                present[change.clock] = begun
                every.append(begun)
            elif before is not None:
                _move(before, change, record, event, issue)
    return every


def _begun(record: Record, change: ClockTransition, issue: Issue, terms: Terms) -> _Cycle:
    if change.run is None:
        msg = f"event {record.version} starts clock {change.clock} without a run"
        raise ValueError(msg)
    rule = terms.rules_by_id[change.rule]
    cycle = _Cycle(record, change, change.run, rule, terms, _choice(rule, issue))
    cycle.stretches.append(_running(record, record.at, change.run, record.kind))
    return cycle


def _choice(rule: ClockRule, issue: Issue) -> Choice:
    """Name the budget that the rule gives this issue: the first that fits, else the last."""

    def fits(budget: BudgetRule) -> bool:
        return budget.tier in (None, issue.tier) and budget.priority in (None, issue.priority)

    places = [place for place, budget in enumerate(rule.budgets) if fits(budget)]
    place = places[0] if places else len(rule.budgets) - 1
    budget = rule.budgets[place]
    return Choice(
        duration=budget.duration,
        place=place + 1,
        of=len(rule.budgets),
        tier=budget.tier,
        priority=budget.priority,
        issue_tier=issue.tier,
        issue_priority=issue.priority,
        fallback=not places,
    )


def _running(record: Record, at: datetime, run: Run, cause: str) -> Stretch:
    return Stretch(Standing.RUNNING, at, None, record.version, cause, due_at=run.due_at)


def _end(cycle: _Cycle, change: ClockTransition, event: Event) -> None:
    """Close the stretch that lasts, and take what the event recorded."""
    cycle.stretches[-1] = replace(cycle.stretches[-1], to_at=event.at)
    cycle.recorded_ms = change.elapsed_ms
    cycle.verdict = change.verdict
    cycle.standing = Standing.STOPPED


def _move(
    cycle: _Cycle, change: ClockTransition, record: Record, event: Event, issue: Issue
) -> None:
    _end(cycle, change, event)
    match change.move:
        case Move.STOP:
            pass
        case Move.CANCEL:
            cycle.standing = Standing.CANCELLED
        case Move.PAUSE:
            cycle.standing = Standing.PAUSED
            waits = issue.pause
            cycle.stretches.append(
                Stretch(
                    Standing.PAUSED,
                    event.at,
                    None,
                    record.version,
                    event.kind,
                    reason=None if waits is None else waits.reason,
                    party=None if waits is None else waits.party,
                )
            )
        case Move.RESUME if change.run is not None:
            cycle.standing = Standing.RUNNING
            cycle.run = change.run
            cycle.stretches.append(_running(record, event.at, change.run, event.kind))
        case Move.RESUME | Move.START | Move.RESET:
            msg = f"event {record.version} moves clock {change.clock} as no clock can move"
            raise ValueError(msg)
        case _:
            assert_never(change.move)


def _derived(stream: str, cycle: _Cycle) -> Derivation:
    rule, run, calendar = cycle.rule, cycle.run, cycle.terms.calendar
    return Derivation(
        stream=stream,
        clock=cycle.change.clock,
        cycle=cycle.change.cycle,
        part=part_of_clock(cycle.change.clock),
        rule=rule.id,
        name=rule.name,
        source=rule.source,
        choice=cycle.choice,
        basis=run.basis,
        budget_ms=run.budget_ms,
        anchor_at=run.anchor_at,
        version=cycle.first.version,
        standing=cycle.standing,
        due_at=run.due_at if cycle.standing is Standing.RUNNING else None,
        provisional=run.provisional,
        calendar=calendar.id,
        calendar_name=calendar.name,
        calendar_hash=calendar.hash,
        time_zone=calendar.time_zone,
        tzdata=calendar.tzdata,
        terms=cycle.terms.hash,
        stretches=tuple(_counted(cycle, calendar)),
        unspent=_unspent(cycle, calendar),
        rungs=tuple(_rungs(cycle)),
        recorded_ms=cycle.recorded_ms,
        verdict=cycle.verdict,
    )


def _counted(cycle: _Cycle, calendar: WorkingCalendar) -> Iterator[Stretch]:
    """Give each running stretch its spans. What follows a reached deadline is over it."""
    basis, reached = cycle.run.basis, False
    for stretch in cycle.stretches:
        due_at, to_at = stretch.due_at, stretch.to_at
        if due_at is None:
            yield stretch
        elif reached:
            yield replace(stretch, over_ms=_over_ms(basis, calendar, stretch.from_at, to_at))
        else:
            reached = to_at is None or due_at <= to_at
            until_at = due_at if to_at is None else min(due_at, to_at)
            yield replace(
                stretch,
                spans=_spans(basis, calendar, stretch.from_at, until_at),
                over_ms=_over_ms(basis, calendar, until_at, to_at),
            )


def _over_ms(
    basis: Basis, calendar: WorkingCalendar, from_at: datetime, to_at: datetime | None
) -> int:
    if to_at is None:
        return 0
    return sum(span.counted_ms for span in _spans(basis, calendar, from_at, to_at))


def _unspent(cycle: _Cycle, calendar: WorkingCalendar) -> tuple[Span, ...]:
    """Return the way from where the clock last ran to the deadline it then had, if it had time."""
    ran = [stretch for stretch in cycle.stretches if stretch.due_at is not None]
    last = ran[-1]
    met = any(s.to_at is None or (s.due_at is not None and s.due_at <= s.to_at) for s in ran)
    if met or last.to_at is None or last.due_at is None:
        return ()
    return _spans(cycle.run.basis, calendar, last.to_at, last.due_at)


def _spans(
    basis: Basis, calendar: WorkingCalendar, from_at: datetime, to_at: datetime
) -> tuple[Span, ...]:
    match basis:
        case Basis.OPEN:
            return calendar.derivation(from_at, to_at)
        case Basis.WALL:
            ms = to_ms(to_at) - to_ms(from_at)
            if not ms:
                return ()
            return (Span(from_at=from_at, to_at=to_at, counted_ms=ms, rule=ROUND_THE_CLOCK),)
        case _:
            assert_never(basis)


def _rungs(cycle: _Cycle) -> Iterator[RungDerivation]:
    planned = {rung.id: rung.due_at for rung in cycle.run.rungs}
    runs = cycle.standing is Standing.RUNNING
    for rule in sorted(cycle.rule.rungs, key=lambda rung: rung.percent):
        event, version = cycle.fired.get(rule.id, (None, None))
        due_at = planned.get(rule.id) if runs else None
        yield RungDerivation(
            id=rule.id,
            percent=rule.percent,
            effect=rule.effect,
            threshold_ms=cycle.run.budget_ms * rule.percent // FULL_PERCENT,
            due_at=due_at if event is None else event.due_at,
            fired_at=None if event is None else event.at,
            version=version,
        )
