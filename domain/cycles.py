"""The cycles of an issue's clocks as its events tell them: stretches, targets, rungs, ends."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain.calendar import WorkingCalendar
from domain.clock_rules import ClockRule
from domain.clocks import (
    Clock,
    ClockTransition,
    Move,
    Retargeted,
    Run,
    Standing,
    Target,
    Verdict,
)
from domain.events import RungFired
from domain.events_of_time import ClockMigrated, TermsAdopted
from domain.issue import Pause
from domain.retold import Told

STARTED = "start"
"""How a target came that no change brought: its cycle started with it."""


@dataclass(slots=True)
class Lap:
    """A part of a cycle in one standing and under one target. `to_at` is None while it lasts.

    Of a running one, `run` says when it was due, and `spent_ms` what had been spent before it.
    """

    standing: Standing
    from_at: datetime
    begun: Told
    run: Run | None = None
    spent_ms: int = 0
    wait: Pause | None = None
    to_at: datetime | None = None
    to_version: int | None = None


@dataclass(slots=True)
class Aim:
    """One target of a cycle. It held for the laps from `first_lap` to before `laps_until`, which is
    None while it holds.

    `calendars` are those that the clock counted by, each with the version of the event from which
    on. `recorded` is what events said had been spent by their instants. `adoption` is the change
    of terms that brought it.
    """

    by: str
    told: Told
    target: Target
    rule: ClockRule
    first_lap: int
    calendars: list[tuple[int, WorkingCalendar]]
    change: Retargeted | None = None
    adoption: Told | None = None
    provisional: bool = False
    due_at: datetime | None = None
    laps_until: int | None = None
    recorded: list[tuple[datetime, int]] = field(default_factory=list)

    def promised_by(self, lap: Lap) -> WorkingCalendar:
        """Return the calendar by which a lap's deadline was set: that in force as it began, or, of
        a lap from before this target, as the target came."""
        return self._at(max(lap.begun.version, self.told.version))

    def tallied_by(self, lap: Lap) -> WorkingCalendar:
        """Return the calendar by which the event that ended a lap counted it. An adoption that left
        the clock where it is may lie between."""
        if lap.to_version is None:
            return self.calendars[-1][1]
        return self._at(max(lap.to_version, self.told.version))

    def _at(self, version: int) -> WorkingCalendar:
        return [one for since, one in self.calendars if since <= version][-1]


@dataclass(slots=True)
class Cycle:
    """One cycle of a clock. `clock` is as the cycle's end found it, or as it is now.

    `fired` are its rungs' firings by their ids. `passed_over` says which event took a rung away.
    """

    begun: Told
    change: ClockTransition
    rule: ClockRule
    aims: list[Aim]
    laps: list[Lap]
    clock: Clock
    ended: tuple[Told, ClockTransition] | None = None
    fired: dict[str, Told] = field(default_factory=dict)
    passed_over: dict[str, Told] = field(default_factory=dict)

    @property
    def standing(self) -> Standing:
        """Return whether the cycle counts; one that a reset ended has stopped."""
        if self.ended is None:
            return self.laps[-1].standing
        return Standing.CANCELLED if self.ended[1].move is Move.CANCEL else Standing.STOPPED

    @property
    def verdict(self) -> Verdict | None:
        """Return how it ended, if it has."""
        return None if self.ended is None else self.ended[1].verdict


def cycles_of(life: Iterable[Told]) -> list[Cycle]:
    """Return every cycle of every clock of one issue, in the order in which they began."""
    present: dict[str, Cycle] = {}
    every: list[Cycle] = []
    adoption: Told | None = None
    for told in life:
        event = told.event
        if isinstance(event, TermsAdopted):
            adoption = told
            _recalendared(present.values(), told)
        if isinstance(event, RungFired):
            _fire(present, event, told)
        for change in event.clocks:
            cycle = present.get(change.clock)
            if change.move in (Move.START, Move.RESET):
                if cycle is not None and change.move is Move.RESET:
                    _end(cycle, change, told)
                present[change.clock] = _begun(change, told)
                every.append(present[change.clock])
            elif cycle is not None:
                _move(cycle, change, told, adoption)
        _look(present, told)
    return every


def _begun(change: ClockTransition, told: Told) -> Cycle:
    run, rule = change.run, told.terms.rules_by_id[change.rule]
    clock = told.after.clock(change.clock)
    if run is None or clock is None:
        msg = f"event {told.version} starts clock {change.clock} without a run"
        raise ValueError(msg)
    target = Target(
        terms=told.terms.hash,
        basis=run.basis,
        budget_ms=run.budget_ms,
        anchor_at=run.anchor_at,
        duration=run.duration,
        carried_ms=run.carried_ms,
        counted_from_at=run.counted_from_at,
    )
    aim = Aim(
        by=STARTED if change.retarget is None else change.retarget.rule,
        told=told,
        target=target,
        rule=rule,
        first_lap=0,
        calendars=[(told.version, told.terms.calendar_of(rule))],
        change=change.retarget,
        provisional=run.provisional,
        due_at=None if run.stands else run.due_at,
    )
    at, left_out = told.event.at, dict.fromkeys(run.passed_over, told)
    running = Lap(Standing.RUNNING, at, told, run, _brought(change))
    lap = Lap(Standing.PAUSED, at, told) if run.stands else running
    return Cycle(told, change, rule, [aim], [lap], clock, passed_over=left_out)


def _brought(change: ClockTransition) -> int:
    """Return what a clock had spent in another ledger when it began here."""
    return change.elapsed_ms if change.move is Move.START else 0


def _fire(present: dict[str, Cycle], event: RungFired, told: Told) -> None:
    cycle = present.get(event.clock)
    if cycle is not None and cycle.change.cycle == event.cycle:
        cycle.fired[event.rung] = told
        cycle.passed_over |= dict.fromkeys(event.skipped, told)


def _stop_lap(cycle: Cycle, told: Told) -> None:
    cycle.laps[-1].to_at, cycle.laps[-1].to_version = told.event.at, told.version


def _end(cycle: Cycle, change: ClockTransition, told: Told) -> None:
    _stop_lap(cycle, told)
    cycle.aims[-1].recorded.append((told.event.at, change.elapsed_ms))
    cycle.ended = told, change
    cycle.clock = told.clock_before(change.clock) or cycle.clock


def _move(cycle: Cycle, change: ClockTransition, told: Told, adoption: Told | None) -> None:
    if change.move in (Move.STOP, Move.CANCEL):
        _end(cycle, change, told)
        return
    _stop_lap(cycle, told)
    at, run = told.event.at, change.run
    if change.retarget is not None:
        _retarget(cycle, change, change.retarget, told, adoption)
    aim = cycle.aims[-1]
    aim.recorded.append((at, change.elapsed_ms))
    if run is None:
        wait = told.after.pause if change.move is Move.PAUSE else cycle.laps[-1].wait
        cycle.laps.append(Lap(Standing.PAUSED, at, told, wait=wait))
    else:
        cycle.laps.append(Lap(Standing.RUNNING, at, told, run, change.elapsed_ms))
        aim.provisional = run.provisional
    aim.due_at = None if run is None else run.due_at


def _retarget(
    cycle: Cycle,
    change: ClockTransition,
    aimed: Retargeted,
    told: Told,
    adoption: Told | None,
) -> None:
    old = cycle.aims[-1]
    old.laps_until = len(cycle.laps)
    old.due_at = aimed.from_due_at
    if adoption is not None and isinstance(told.event, ClockMigrated):
        old.calendars = [each for each in old.calendars if each[0] < adoption.version]
    cycle.rule = rule = told.terms.rules_by_id[change.rule]
    cycle.passed_over = dict.fromkeys(aimed.superseded, told)
    cycle.aims.append(
        Aim(
            by=aimed.rule,
            told=told,
            target=aimed.to,
            rule=rule,
            first_lap=len(cycle.laps),
            calendars=[(told.version, told.terms.calendar_of(rule))],
            change=aimed,
            adoption=adoption if isinstance(told.event, ClockMigrated) else None,
        )
    )


def _recalendared(cycles: Iterable[Cycle], told: Told) -> None:
    """Let the clocks that an adoption leaves where they are count on by its calendar. One whose
    kind the adopted handbook does not have ends by the calendar that it ran by."""
    for cycle in cycles:
        rule = told.rule(cycle.change.rule)
        if cycle.ended is None and rule is not None:
            cycle.aims[-1].calendars.append((told.version, told.terms.calendar_of(rule)))


def _look(present: dict[str, Cycle], told: Told) -> None:
    """Remember each clock as the last event of its cycle left it."""
    for id_, cycle in present.items():
        if cycle.ended is None:
            cycle.clock = told.after.clock(id_) or cycle.clock
