"""What the events of one issue promise of its rungs, and what became of each promise (R4, I6).

Read from the events alone, by code that shares nothing with the fold that decides: whether the
events promise what the handbook says is what `replay` finds out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from audit.effects import ON_THE_WAY, is_effect
from domain.chain import Record
from domain.clocks import ClockTransition, Move, Run, RungDue
from domain.events import RungFired
from domain.matters.acts import DuePassed
from domain.model import written
from domain.order_events import OrderRungFired

MOVES_NOTHING = '"clocks":[]'
FIRES = '"kind":"rung_fired"'
ENDED = {
    Move.STOP: "stopped",
    Move.CANCEL: "cancelled",
    Move.RESET: "reset",
    Move.START: "started anew",
}


class Fate(StrEnum):
    """What became of a promised rung: exactly one of these."""

    FIRED = "fired"
    WITHDRAWN = "withdrawn"
    """Its clock was stopped, cancelled or reset before it was due."""
    SUPERSEDED = "superseded"
    """A change of target passed over it, or one firing stood for it and others."""
    PAUSED = "paused"
    """Its clock stands; it is promised anew when the clock runs on."""
    TO_COME = "to_come"
    IN_FLIGHT = "in_flight"
    """It is due, and so short a while that its ring may be on its way."""
    UNACCOUNTED = "unaccounted"


@dataclass(frozen=True, slots=True)
class Account:
    """One rung of one cycle of a clock. `version` is the event that settled its fate, `promised_in`
    the last that promised it; `due_at` is None for a repeat that was passed over before that."""

    clock: str
    cycle: int
    rung: str
    fate: Fate
    due_at: datetime | None
    promised_in: int | None = None
    version: int | None = None
    fired_at: datetime | None = None
    late_by_us: bool = False


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something about a rung that does not add up.

    `kind` is one of unaccounted, passed_over, lost, doubled, unpromised, after_end, while_paused,
    superseded, again, gap, early, due, unreadable; of the audit of the table also row, untold.
    """

    kind: str
    clock: str | None
    cycle: int | None
    rung: str | None
    version: int | None
    message: str


@dataclass(frozen=True, slots=True)
class _Promise:
    due_at: datetime
    made_at: datetime
    version: int
    command_id: str

    @property
    def stands_due_at(self) -> datetime:
        """The instant from which it could fire: one may be promised when its time has passed."""
        return max(self.due_at, self.made_at)


@dataclass(slots=True)
class _Cycle:
    clock: str
    number: int
    standing: dict[str, _Promise] = field(default_factory=dict)
    held: dict[str, _Promise] = field(default_factory=dict)
    behind: set[str] = field(default_factory=set)
    """Repeats that stand no more because an earlier one does: each comes again after it."""
    accounts: dict[str, Account] = field(default_factory=dict)


Firing = RungFired | OrderRungFired | DuePassed


class PromiseBook:
    """Keeps account of every rung of one issue while its events are read in order."""

    def __init__(self) -> None:
        self._cycles: dict[tuple[str, int], _Cycle] = {}
        self._present: dict[str, _Cycle] = {}
        self._last: tuple[str, RungFired] | None = None
        self.found: list[Discrepancy] = []

    @property
    def cycles(self) -> int:
        """Return how many cycles of clocks have begun."""
        return len(self._cycles)

    def accounts(self) -> Iterator[Account]:
        """Yield every rung that was ever promised, once."""
        for cycle in self._cycles.values():
            yield from cycle.accounts.values()

    def read(self, record: Record) -> None:
        """Take in the next event."""
        last = self._last
        self._last = last if record.kind in ON_THE_WAY else None
        if MOVES_NOTHING in record.text and FIRES not in record.text:
            return
        try:
            event = record.event
        except (ValueError, KeyError, TypeError) as error:
            self._unreadable(record, error)
            return
        cause = None
        if isinstance(event, RungFired):
            self._fire(record, event)
            self._last, cause = (record.command_id, event), event
        elif last is not None and last[0] == record.command_id and is_effect(event, last[1]):
            cause = last[1]
        for change in event.clocks:
            self._move(record, cause, change)

    def close(self, now: datetime, grace: timedelta) -> None:
        """Settle what still stands as of `now`; what was due within `grace` may be on its way."""
        for cycle in self._cycles.values():
            for rung, promise in cycle.standing.items():
                if promise.stands_due_at > now:
                    self._settle(cycle, rung, Fate.TO_COME, None)
                elif promise.stands_due_at > now - grace:
                    self._settle(cycle, rung, Fate.IN_FLIGHT, None)
                else:
                    self._settle(cycle, rung, Fate.UNACCOUNTED, None)
                    said = f"was due at {written(promise.due_at)}, and nothing has come of it"
                    self._find("unaccounted", cycle, rung, promise.version, said)

    def _unreadable(self, record: Record, error: Exception) -> None:
        said = f"the event cannot be read: {str(error)[:200]}"
        self.found.append(Discrepancy("unreadable", None, None, None, record.version, said))

    def _fire(self, record: Record, event: Firing) -> None:
        cycle = self._cycles.get((event.clock, event.cycle))
        if cycle is None:
            cycle = self._cycles[event.clock, event.cycle] = _Cycle(event.clock, event.cycle)
        before = cycle.accounts.get(event.rung)
        promise = cycle.standing.pop(event.rung, None)
        due_at = event.due_at if promise is None else promise.due_at
        if promise is None:
            kind, said = _unexpected(before)
            self._find(kind, cycle, event.rung, record.version, said)
        elif promise.due_at != event.due_at:
            said = f"fired as due at {written(event.due_at)}; event {promise.version} promised it "
            self._find("due", cycle, event.rung, record.version, said + f"for {written(due_at)}")
        if event.at < due_at:
            said = f"fired at {written(event.at)}, before it was due at {written(due_at)}"
            self._find("early", cycle, event.rung, record.version, said)
        if before is None or before.fate is not Fate.FIRED:
            cycle.held.pop(event.rung, None)
            cycle.accounts[event.rung] = Account(
                clock=event.clock,
                cycle=event.cycle,
                rung=event.rung,
                fate=Fate.FIRED,
                due_at=due_at,
                promised_in=None if promise is None else promise.version,
                version=record.version,
                fired_at=event.at,
                late_by_us=event.late_by_us,
            )
        self._repeat(record, event, cycle)

    def _repeat(self, record: Record, event: Firing, cycle: _Cycle) -> None:
        """A rung that repeats promises its next; those between are named, for they never fire."""
        if isinstance(event, DuePassed):
            return  # what is waited for next stands in `sets`
        for rung in event.skipped:
            cycle.standing.pop(rung, None)
            self._supersede(cycle, rung, record.version)
        if event.next is None:
            missed = [rung for rung in cycle.behind if _comes_after(rung, (event.rung,))]
        else:
            between = _between(event.rung, event.next.id)
            missed = [r for r in between if r not in cycle.accounts or r in cycle.behind]
            self._promise(cycle, event.next, record)
        for rung in sorted(missed):
            self._find(
                "gap", cycle, rung, record.version, f"{event.rung} fired, and this is left out"
            )

    def _move(self, record: Record, cause: Firing | None, change: ClockTransition) -> None:
        cycle = self._present.get(change.clock)
        run = change.run
        match change.move:
            case Move.START | Move.RESET:
                if cycle is not None:
                    self._end(cycle, record, cause, change)
                begun = self._present[change.clock] = _Cycle(change.clock, change.cycle)
                self._cycles[change.clock, change.cycle] = begun
                for rung in () if run is None else run.rungs:
                    self._promise(begun, rung, record)
                for missed in () if run is None else run.passed_over:
                    self._supersede(begun, missed, record.version)
            case Move.STOP | Move.CANCEL:
                if cycle is not None:
                    self._end(cycle, record, cause, change)
            case Move.PAUSE:
                if cycle is not None:
                    self._pause(cycle, record, cause)
            case Move.RESUME | Move.RETARGET:
                if cycle is not None:
                    passed_over = () if change.retarget is None else change.retarget.superseded
                    self._run_on(cycle, record, cause, change.run, passed_over)
            case _:
                assert_never(change.move)

    def _end(
        self, cycle: _Cycle, record: Record, cause: Firing | None, change: ClockTransition
    ) -> None:
        for rung in (*cycle.standing, *cycle.held):
            promise = cycle.standing.get(rung)
            if promise is not None and _was_passed_over(promise, record, cause):
                said = f"was due at {written(promise.due_at)} and had not fired when its clock was "
                self._passed_over(cycle, rung, record, said + ENDED[change.move])
            elif change.retarget is not None:
                self._supersede(cycle, rung, record.version)
            else:
                self._settle(cycle, rung, Fate.WITHDRAWN, record.version)
        cycle.standing.clear()
        cycle.held.clear()

    def _pause(self, cycle: _Cycle, record: Record, cause: Firing | None) -> None:
        for rung, promise in cycle.standing.items():
            if _was_passed_over(promise, record, cause):
                said = f"was due at {written(promise.due_at)} and had not fired at the pause"
                self._passed_over(cycle, rung, record, said)
            else:
                self._settle(cycle, rung, Fate.PAUSED, record.version)
                cycle.held[rung] = promise
        cycle.standing.clear()

    def _run_on(
        self,
        cycle: _Cycle,
        record: Record,
        cause: Firing | None,
        run: Run | None,
        superseded: Iterable[str],
    ) -> None:
        """A clock that resumes, or is given another target, promises all that is left anew."""
        for rung, promise in cycle.standing.items():
            if _was_passed_over(promise, record, cause):
                said = f"was due at {written(promise.due_at)} and had not fired when its target "
                self._passed_over(cycle, rung, record, said + "changed")
        for rung in superseded:
            cycle.standing.pop(rung, None)
            cycle.held.pop(rung, None)
            self._supersede(cycle, rung, record.version)
        if run is None:
            return
        left = {**cycle.standing, **cycle.held}
        cycle.standing.clear()
        cycle.held.clear()
        for due in run.rungs:
            left.pop(due.id, None)
            self._promise(cycle, due, record)
        for rung in left:
            if _comes_after(rung, cycle.standing):
                self._supersede(cycle, rung, record.version)
                cycle.behind.add(rung)
            elif cycle.accounts[rung].fate is not Fate.UNACCOUNTED:
                self._settle(cycle, rung, Fate.UNACCOUNTED, record.version)
                said = "the clock runs on without it, and nothing says why"
                self._find("lost", cycle, rung, record.version, said)

    def _in_cycle(self, clock: str, number: int) -> _Cycle:
        """Return a cycle of a clock, which is in it from now on."""
        cycle = self._cycles.setdefault((clock, number), _Cycle(clock, number))
        self._present[clock] = cycle
        return cycle

    def _promise(self, cycle: _Cycle, due: RungDue, record: Record) -> None:
        before = cycle.accounts.get(due.id)
        if before is not None and before.fate is Fate.FIRED:
            said = f"is promised again; it fired in event {before.version}"
            self._find("again", cycle, due.id, record.version, said)
            return
        cycle.behind.discard(due.id)
        cycle.standing[due.id] = _Promise(due.due_at, record.at, record.version, record.command_id)
        cycle.accounts[due.id] = Account(
            clock=cycle.clock,
            cycle=cycle.number,
            rung=due.id,
            fate=Fate.TO_COME,
            due_at=due.due_at,
            promised_in=record.version,
        )

    def _passed_over(self, cycle: _Cycle, rung: str, record: Record, said: str) -> None:
        self._settle(cycle, rung, Fate.UNACCOUNTED, record.version)
        self._find("passed_over", cycle, rung, record.version, said)

    def _supersede(self, cycle: _Cycle, rung: str, version: int) -> None:
        """The first event that passed over a rung is the cause, and what fired stays fired."""
        before = cycle.accounts.get(rung)
        cycle.behind.discard(rung)
        if before is None:
            cycle.accounts[rung] = Account(
                cycle.clock, cycle.number, rung, Fate.SUPERSEDED, None, None, version
            )
        elif before.fate not in (Fate.FIRED, Fate.SUPERSEDED, Fate.UNACCOUNTED):
            self._settle(cycle, rung, Fate.SUPERSEDED, version)

    def _settle(self, cycle: _Cycle, rung: str, fate: Fate, version: int | None) -> None:
        cycle.accounts[rung] = replace(cycle.accounts[rung], fate=fate, version=version)

    def _find(self, kind: str, cycle: _Cycle, rung: str, version: int | None, message: str) -> None:
        self.found.append(Discrepancy(kind, cycle.clock, cycle.number, rung, version, message))


def _was_passed_over(promise: _Promise, record: Record, cause: Firing | None) -> bool:
    """Tell whether the rung was due when `record` took it away.

    What is due fires before any act, hence an act takes away only what is still to come. But a
    firing may itself end a clock: rungs due no earlier than the one that was the cause never stood.
    """
    if promise.stands_due_at > record.at or promise.command_id == record.command_id:
        return False
    return cause is None or cause.due_at > promise.due_at


def _unexpected(before: Account | None) -> tuple[str, str]:
    """Say what is wrong with the firing of a rung that no promise stands for."""
    if before is None:
        return "unpromised", "fired, and no event promised it"
    cause = f"event {before.version}"
    match before.fate:
        case Fate.FIRED:
            return "doubled", f"fired again; it fired in {cause}"
        case Fate.PAUSED:
            return "while_paused", f"fired while its clock stood, since {cause}"
        case Fate.SUPERSEDED:
            return "superseded", f"fired, though {cause} superseded it"
        case Fate.WITHDRAWN | Fate.UNACCOUNTED:
            return "after_end", f"fired after {cause} had ended its clock or taken it away"
        case Fate.TO_COME | Fate.IN_FLIGHT:
            return "unpromised", "fired, and no promise of it stands"
        case _:
            assert_never(before.fate)


def _repeat(rung: str) -> tuple[str, int] | None:
    """Return the rung and the number of a repeat: `again.3` is the third of `again`."""
    stem, dot, number = rung.rpartition(".")
    return (stem, int(number)) if dot and number.isascii() and number.isdigit() else None


def _comes_after(rung: str, standing: Iterable[str]) -> bool:
    """Tell whether an earlier repeat of the same rung stands: that one promises this one again."""
    own = _repeat(rung)
    others = (_repeat(other) for other in standing)
    return own is not None and any(
        other is not None and other[0] == own[0] and other[1] < own[1] for other in others
    )


def _between(fired: str, following: str) -> Iterator[str]:
    """Yield the repeats between two of one rung: `again.1` and `again.4` have the other two."""
    first, last = _repeat(fired), _repeat(following)
    if first is not None and last is not None and first[0] == last[0]:
        yield from (f"{first[0]}.{number}" for number in range(first[1] + 1, last[1]))


def read_promises(records: Iterable[Record], *, now: datetime, grace: timedelta) -> PromiseBook:
    """Return the account of one issue's rungs as of `now`. `records` are in order of version."""
    book = PromiseBook()
    for record in records:
        book.read(record)
    book.close(now, grace)
    return book
