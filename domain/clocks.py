"""One clock of an issue, as a fold over the transitions that events record (R1)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.durations import Basis, Duration
from domain.model import ClockId, Code, Frozen, Moment, is_none, is_unset, unchecked

Milliseconds = Annotated[int, Field(ge=0)]


CALENDAR = "calendar"
"""The rule of a change of target by which a clock counts by another calendar."""


class Standing(StrEnum):
    """Whether a clock counts."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What an event does to a clock, in the order in which rules are tried (R1.3).

    `retarget` is no rule of the handbook's: it is what an event that changes the target itself does
    (R3), to a clock that none of the six moved.
    """

    STOP = "stop"
    CANCEL = "cancel"
    RESET = "reset"
    PAUSE = "pause"
    RESUME = "resume"
    START = "start"
    RETARGET = "retarget"


class Verdict(StrEnum):
    """How one cycle of a clock ended (R4.5). `superseded`: a new target began another cycle."""

    MET = "met"
    BREACHED_THEN_MET = "breached_then_met"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class RungDue(Frozen):
    """A threshold that has not fired, and the instant at which it is due."""

    id: Code
    due_at: Moment


class Run(Frozen):
    """A stretch in which a clock counts: what it has to spend and when each rung is due.

    `provisional`: the deadline reaches past the last day that the calendar has published (R2.2).
    `duration` is what the budget was resolved from, for a clock that starts. `carried_ms` is what
    earlier cycles have spent of it already, below zero where more time was granted than they spent
    (R10.1): that much less is left.

    Of a clock that comes from another ledger `counted_from_at` is when it began there, and
    `passed_over` are rungs whose time had passed by then: they never fire. One that `stands` begins
    within a wait; its `due_at` is what it would be if it ran at once.
    """

    basis: Basis
    budget_ms: Milliseconds
    anchor_at: Moment
    due_at: Moment
    provisional: bool = False
    rungs: tuple[RungDue, ...] = ()
    duration: Duration | None = Field(default=None, exclude_if=is_none)
    carried_ms: int = Field(default=0, exclude_if=is_unset)
    counted_from_at: Moment | None = Field(default=None, exclude_if=is_none)
    passed_over: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    stands: bool = Field(default=False, exclude_if=is_unset)


class Target(Frozen):
    """What a clock has to spend, and from where its time counts: enough to put it back (R3.4).

    `terms` are those by which the target was set.
    """

    terms: Code
    basis: Basis
    budget_ms: Milliseconds
    anchor_at: Moment
    counted_from_at: Moment | None = Field(default=None, exclude_if=is_none)
    duration: Duration | None = Field(default=None, exclude_if=is_none)
    carried_ms: int = Field(default=0, exclude_if=is_unset)


class Retargeted(Frozen):
    """A change of a clock's target: both targets, both deadlines and the rule (R3.2).

    `rule` is one of R3.1, or `extension`, `calendar`, `undo`. A deadline is None while the clock
    stands. `superseded` names the rungs that the change passed over: they never fire (R4.3).
    `born_breached`: by the new target alone the deadline lies in the past (R3.3). `breach_undone`:
    it was passed, and by the new target it is not. `breached_at`: it is passed once more, and the
    rung that would tell so has fired already.
    """

    rule: Code
    came_from: Target
    from_due_at: Moment | None
    to: Target
    to_due_at: Moment | None
    extended_ms: int = Field(default=0, exclude_if=is_unset)
    superseded: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    born_breached: bool = Field(default=False, exclude_if=is_unset)
    breach_undone: bool = Field(default=False, exclude_if=is_unset)
    breached_at: Moment | None = Field(default=None, exclude_if=is_none)


class ClockTransition(Frozen):
    """One move of one clock, recorded in the event that caused it (R1.3, R1.6).

    `elapsed_ms` is what the cycle that moved had spent, in the clock's own basis, `gross_ms` what
    passed from its anchor, pauses included. `won_over` names the rules that held as well and lost
    by the fixed order. A reset ends `cycle - 1` and starts `cycle`. A resume has a `retarget` where
    the clock runs on to another target than it stood with.
    """

    clock: ClockId
    rule: Code
    cycle: Annotated[int, Field(ge=1)]
    move: Move
    elapsed_ms: Milliseconds = 0
    won_over: tuple[Move, ...] = ()
    verdict: Verdict | None = None
    run: Run | None = None
    gross_ms: Milliseconds | None = Field(default=None, exclude_if=is_none)
    retarget: Retargeted | None = Field(default=None, exclude_if=is_none)


class Segment(Frozen):
    """A stretch of a clock's life that has ended, in one standing."""

    from_at: Moment
    to_at: Moment
    standing: Standing


class Clock(Frozen):
    """The present cycle of a clock. `due_at` and `rungs` are empty unless it runs (R1.2).

    `counted_from_at` is set by a change of target: time counts from that instant, later or earlier
    than the cycle began. `before` is the target that the last change replaced.
    """

    id: ClockId
    rule: Code
    cycle: int
    standing: Standing
    basis: Basis
    budget_ms: int
    anchor_at: Moment
    since_at: Moment
    elapsed_ms: int = 0
    due_at: Moment | None = None
    provisional: bool = False
    rungs: tuple[RungDue, ...] = ()
    fired: tuple[Code, ...] = ()
    breached_at: Moment | None = None
    segments: tuple[Segment, ...] = ()
    verdict: Verdict | None = None
    superseded: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    born_breached: bool = Field(default=False, exclude_if=is_unset)
    extended_ms: int = Field(default=0, exclude_if=is_unset)
    counted_from_at: Moment | None = Field(default=None, exclude_if=is_none)
    duration: Duration | None = Field(default=None, exclude_if=is_none)
    before: Target | None = Field(default=None, exclude_if=is_none)
    turn: int = Field(default=0, exclude_if=is_unset)
    carried_ms: int = Field(default=0, exclude_if=is_unset)

    @property
    def is_live(self) -> bool:
        """Return whether the clock runs or is paused."""
        return self.standing in (Standing.RUNNING, Standing.PAUSED)

    @property
    def next_rung(self) -> RungDue | None:
        """Return the first rung that has not fired, if the clock runs."""
        return self.rungs[0] if self.rungs else None


def moved(clock: Clock | None, change: ClockTransition, at: datetime) -> Clock:
    """Return the clock after `change`. A start or reset begins a fresh cycle; only what began in
    another ledger has spent of it, or has passed its deadline, already."""
    if change.move in (Move.START, Move.RESET):
        return _fresh(change, at)
    if clock is None:
        msg = f"clock {change.clock!r} never started"
        raise ValueError(msg)
    after = {
        "elapsed_ms": change.elapsed_ms,
        "since_at": at,
        "segments": (
            *clock.segments,
            unchecked(Segment, from_at=clock.since_at, to_at=at, standing=clock.standing),
        ),
    }
    if change.move is Move.RESUME and change.run is not None:
        run = change.run
        aimed = {} if change.retarget is None else _aimed(clock, change.retarget, run)
        return clock.model_copy(
            update=after
            | aimed
            | {
                "standing": Standing.RUNNING,
                "due_at": run.due_at,
                "provisional": run.provisional,
                "rungs": run.rungs,
            }
        )
    if change.move is Move.RETARGET and change.retarget is not None:
        return clock.model_copy(update=after | _aimed(clock, change.retarget, change.run))
    standing = {
        Move.STOP: Standing.STOPPED,
        Move.CANCEL: Standing.CANCELLED,
        Move.PAUSE: Standing.PAUSED,
    }[change.move]
    return clock.model_copy(
        update=after
        | {"standing": standing, "due_at": None, "rungs": (), "verdict": change.verdict}
    )


def rung_fired(
    clock: Clock,
    rung: str,
    *,
    breached_at: datetime | None,
    following: RungDue | None = None,
    skipped: tuple[str, ...] = (),
) -> Clock:
    """Return the clock without `rung` among those to come; `following` is its next repeat, and
    `skipped` the repeats whose time had passed as well."""
    rungs = tuple(due for due in clock.rungs if due.id != rung)
    update: dict[str, object] = {
        "rungs": rungs if following is None else in_order((*rungs, following)),
        "fired": (*clock.fired, rung),
        "breached_at": clock.breached_at or breached_at,
    }
    if skipped:
        update["superseded"] = (*clock.superseded, *skipped)
    return clock.model_copy(update=update)


def in_order(rungs: Iterable[RungDue]) -> tuple[RungDue, ...]:
    """Return rungs by the instant at which they are due; those of one instant stay as they are."""
    return tuple(sorted(rungs, key=lambda rung: rung.due_at))


def target_of(clock: Clock, terms: str) -> Target:
    """Return what the clock aims at now, by `terms`."""
    return Target(
        terms=terms,
        basis=clock.basis,
        budget_ms=clock.budget_ms,
        anchor_at=clock.anchor_at,
        counted_from_at=clock.counted_from_at,
        duration=clock.duration,
        carried_ms=clock.carried_ms,
    )


def _aimed(clock: Clock, aim: Retargeted, run: Run | None) -> dict[str, object]:
    """What a new target changes of a live clock. What told of a breach since undone has fired, and
    stays fired; the rungs of the new deadline are those of the next turn."""
    to = aim.to
    return {
        "basis": to.basis,
        "budget_ms": to.budget_ms,
        "anchor_at": to.anchor_at,
        "counted_from_at": to.counted_from_at,
        "duration": to.duration,
        "carried_ms": to.carried_ms,
        "extended_ms": aim.extended_ms,
        "due_at": None if run is None else run.due_at,
        "provisional": run is not None and run.provisional,
        "rungs": () if run is None else run.rungs,
        "superseded": aim.superseded,
        "born_breached": aim.born_breached,
        "breached_at": None if aim.breach_undone else clock.breached_at or aim.breached_at,
        "turn": clock.turn + aim.breach_undone,
        "before": _before(clock, aim),
    }


def _before(clock: Clock, aim: Retargeted) -> Target | None:
    """Return what the way back goes to. A calendar published on the way is kept to, and leaves
    the target by another handbook what it was; any other change under the same terms ends it."""
    if aim.came_from.terms == aim.to.terms:
        return None
    return clock.before or aim.came_from if aim.rule == CALENDAR else aim.came_from


def _fresh(change: ClockTransition, at: datetime) -> Clock:
    if change.run is None:
        msg = f"clock {change.clock!r} starts without a run"
        raise ValueError(msg)
    run = change.run
    over = run.counted_from_at is not None and run.due_at <= at
    return unchecked(
        Clock,
        id=change.clock,
        rule=change.rule,
        cycle=change.cycle,
        standing=Standing.PAUSED if run.stands else Standing.RUNNING,
        basis=run.basis,
        budget_ms=run.budget_ms,
        anchor_at=run.anchor_at,
        since_at=at,
        elapsed_ms=change.elapsed_ms if change.move is Move.START else 0,
        due_at=None if run.stands else run.due_at,
        provisional=run.provisional,
        rungs=run.rungs,
        breached_at=run.due_at if over else None,
        superseded=run.passed_over,
        born_breached=over,
        counted_from_at=run.counted_from_at,
        duration=run.duration,
        carried_ms=run.carried_ms,
    )
