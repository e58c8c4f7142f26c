"""One clock of an issue, as a fold over the transitions that events record (R1)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.durations import Basis
from domain.model import ClockId, Code, Frozen, Moment

Milliseconds = Annotated[int, Field(ge=0)]


class Standing(StrEnum):
    """Whether a clock counts."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What an event does to a clock, in the order in which rules are tried (R1.3)."""

    STOP = "stop"
    CANCEL = "cancel"
    RESET = "reset"
    PAUSE = "pause"
    RESUME = "resume"
    START = "start"


class Verdict(StrEnum):
    """How one cycle of a clock ended (R4.5)."""

    MET = "met"
    BREACHED_THEN_MET = "breached_then_met"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"


class RungDue(Frozen):
    """A threshold that has not fired, and the instant at which it is due."""

    id: Code
    due_at: Moment


class Run(Frozen):
    """A stretch in which a clock counts: what it has to spend and when each rung is due.

    `provisional`: the deadline reaches past the last day that the calendar has published (R2.2).
    """

    basis: Basis
    budget_ms: Milliseconds
    anchor_at: Moment
    due_at: Moment
    provisional: bool = False
    rungs: tuple[RungDue, ...] = ()


class ClockTransition(Frozen):
    """One move of one clock, recorded in the event that caused it (R1.3, R1.6).

    `elapsed_ms` is what the cycle that moved had spent, in the clock's own basis. `won_over` names
    the rules that held as well and lost by the fixed order. A reset ends `cycle - 1` and starts
    `cycle`.
    """

    clock: ClockId
    rule: Code
    cycle: Annotated[int, Field(ge=1)]
    move: Move
    elapsed_ms: Milliseconds = 0
    won_over: tuple[Move, ...] = ()
    verdict: Verdict | None = None
    run: Run | None = None


class Segment(Frozen):
    """A stretch of a clock's life that has ended, in one standing."""

    from_at: Moment
    to_at: Moment
    standing: Standing


class Clock(Frozen):
    """The present cycle of a clock. `due_at` and `rungs` are empty unless it runs (R1.2)."""

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

    @property
    def is_live(self) -> bool:
        """Return whether the clock runs or is paused."""
        return self.standing in (Standing.RUNNING, Standing.PAUSED)

    @property
    def next_rung(self) -> RungDue | None:
        """Return the first rung that has not fired, if the clock runs."""
        return self.rungs[0] if self.rungs else None


def moved(clock: Clock | None, change: ClockTransition, at: datetime) -> Clock:
    """Return the clock after `change`. A start or reset begins a fresh cycle."""
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
            Segment(from_at=clock.since_at, to_at=at, standing=clock.standing),
        ),
    }
    if change.move is Move.RESUME and change.run is not None:
        run = change.run
        return clock.model_copy(
            update=after
            | {
                "standing": Standing.RUNNING,
                "due_at": run.due_at,
                "provisional": run.provisional,
                "rungs": run.rungs,
            }
        )
    standing = {
        Move.STOP: Standing.STOPPED,
        Move.CANCEL: Standing.CANCELLED,
        Move.PAUSE: Standing.PAUSED,
    }[change.move]
    return clock.model_copy(
        update=after
        | {"standing": standing, "due_at": None, "rungs": (), "verdict": change.verdict}
    )


def rung_fired(clock: Clock, rung: str, *, breached_at: datetime | None) -> Clock:
    """Return the clock without `rung` among those to come."""
    return clock.model_copy(
        update={
            "rungs": tuple(due for due in clock.rungs if due.id != rung),
            "fired": (*clock.fired, rung),
            "breached_at": clock.breached_at or breached_at,
        }
    )


def _fresh(change: ClockTransition, at: datetime) -> Clock:
    if change.run is None:
        msg = f"clock {change.clock!r} starts without a run"
        raise ValueError(msg)
    run = change.run
    return Clock(
        id=change.clock,
        rule=change.rule,
        cycle=change.cycle,
        standing=Standing.RUNNING,
        basis=run.basis,
        budget_ms=run.budget_ms,
        anchor_at=run.anchor_at,
        since_at=at,
        due_at=run.due_at,
        provisional=run.provisional,
        rungs=run.rungs,
    )
