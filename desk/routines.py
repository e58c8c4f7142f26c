"""The routines of a zone as a desk knows them: what was done, what is next, what was missed."""

from dataclasses import dataclass
from datetime import datetime

from desk.desk import Desk
from domain.canonical import canonical
from domain.days import zone_of
from domain.handbook_routines import routines_rule
from domain.model import to_millisecond
from domain.routines import (
    LATE_AFTER,
    RoutineKind,
    Run,
    RunEnd,
    local_time,
    next_run,
    runs_due,
    runs_left_out,
    runs_missed,
)
from domain.terms import Terms
from ledger.reports import RunRow

RUNS_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class RoutineStanding:
    """How a routine stands: at which local time it is due, what was done last, what is due next.
    `missed`: what was due since the first that was done, and is not done yet."""

    routine: RoutineKind
    local_time: str
    time_zone: str
    last: RunRow | None
    next: Run | None
    missed: tuple[Run, ...]


async def routines_of(desk: Desk, zone: str) -> tuple[RoutineStanding, ...]:
    """Return how each routine of a zone stands. Raises UnknownZoneError."""
    at = to_millisecond(desk.clock.now())
    terms = await desk.shelf.current(zone, at)
    rule, calendar = routines_rule(terms.handbook.routines), terms.calendar
    found = []
    for routine in RoutineKind:
        rows = await desk.ledger.routine_runs(zone, routine=routine.value, limit=RUNS_LOOKED_AT)
        done = frozenset(row.period for row in rows)
        found.append(
            RoutineStanding(
                routine=routine,
                local_time=local_time(rule, routine),
                time_zone=zone_of(calendar.time_zone).key,
                last=rows[0] if rows else None,
                next=next_run(rule, calendar, routine, at),
                missed=runs_missed(rule, calendar, routine, at, done),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Due:
    """What of a routine is due and not done, oldest first, by the terms in force. `left_out`: what
    was due as well and is not made up for. `is_first`: none was ever done."""

    terms: Terms
    runs: tuple[Run, ...]
    left_out: tuple[Run, ...]
    is_first: bool

    def end_of(self, run: Run, at: datetime) -> RunEnd:
        """Return what becomes of a run that is done at an instant."""
        is_late = not self.is_first and at - run.due_at > LATE_AFTER
        return RunEnd.CAUGHT_UP if is_late else RunEnd.ON_TIME


async def due_now(desk: Desk, zone: str, routine: RoutineKind) -> Due:
    """Return what of a routine is due now. Raises UnknownZoneError."""
    at = to_millisecond(desk.clock.now())
    terms = await desk.shelf.current(zone, at)
    rows = await desk.ledger.routine_runs(zone, routine=routine.value, limit=1)
    last = rows[0].period if rows else None
    of = routines_rule(terms.handbook.routines), terms.calendar, routine, at, last
    return Due(terms, runs_due(*of), runs_left_out(*of), is_first=last is None)


async def note_done(desk: Desk, zone: str, run: Run, result: dict[str, object]) -> bool:
    """Note that a routine was done for a period; False if it was noted before."""
    row = RunRow(
        id=f"{zone}/{run.routine.value}/{run.period}",
        zone=zone,
        routine=run.routine.value,
        period=run.period,
        due_at=run.due_at,
        at=to_millisecond(desk.clock.now()),
        result=canonical(result),
    )
    return await desk.ledger.put_run(row)
