"""Two limits with every kind of warning, and what the ledger says became of them."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import builders as b
from cities import City

from audit.clocks import RungFinding, audit_clocks
from domain.clocks import Clock, ClockTransition, Move
from domain.events import RungFired
from domain.terms import Terms

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
WALL = "handling"
"""100 minutes on any clock, 60 of them for an emergency; may be extended."""
OPEN = "resolution"
"""40 open hours: a plain week."""


def _rungs(kind: str, minutes: int) -> list[dict[str, Any]]:
    return [
        {"id": "half", "percent": 50},
        {"id": "near", "percent": 80},
        {"id": "due", "percent": 100, "effect": "record"},
        {"id": "again", "every": {"kind": kind, "minutes": minutes}, "times": 2},
    ]


def _limit(kind: str, minutes: int, **fits: Any) -> dict[str, Any]:
    return {"duration": {"kind": kind, "minutes": minutes}} | fits


CHANGES: dict[str, dict[str, Any]] = {
    WALL: {
        "budgets": [_limit("wall", 60, priority="emergency"), _limit("wall", 100)],
        "rungs": _rungs("wall", 20),
    },
    OPEN: {
        "budgets": [_limit("open_hours", 40 * 60)],
        "rungs": _rungs("open_hours", 120),
        "pause": b.PAUSED,
    },
}
LIMITS: Terms = b.terms_of(
    clocks=[rule | CHANGES.get(rule["id"], {}) for rule in b.CLOCKS],
    extensions={
        "clocks": [WALL],
        "times_max": 1,
        "at_most": {"kind": "wall", "minutes": 60},
    },
    notices=[{"on": "rung_fired", "to": ["owner"]}],
)


class Firing(NamedTuple):
    """One rung that fired. `by_workflow`: it was the workflow's ring that fired it."""

    rung: str
    due_at: datetime
    fired_at: datetime
    late_by_us: bool = False
    by_workflow: bool = True


def on_time(**rungs: datetime) -> list[Firing]:
    """Return firings at the very instants given; `again_1` stands for `again.1`."""
    return [Firing(name.replace("_", "."), at, at) for name, at in rungs.items()]


def minute(number: int, seconds: int = 0, *, since: datetime = b.MON_9) -> datetime:
    """Return the instant so many minutes and seconds after Monday nine."""
    return since + number * MINUTE + seconds * SECOND


async def begin(city: City, at: datetime = b.MON_9) -> None:
    """Report and accept an issue, so that both limits count from `at`."""
    await city.lapse.advance_to(at)
    await city.do(b.report(), b.ENTERPRISE)
    await city.do(b.ACCEPT)


async def pause(city: City, *pauses: tuple[datetime, datetime]) -> None:
    """Pause and resume the issue, letting time pass in between."""
    for from_at, to_at in pauses:
        await city.at(from_at, b.PAUSE)
        await city.at(to_at, b.RESUME)


async def firings(city: City, clock: str = WALL) -> list[Firing]:
    """Return what fired of a clock, as its events have it, in their order."""
    return [
        Firing(
            event.rung,
            event.due_at,
            event.at,
            event.late_by_us,
            record.command_id.startswith("ring:"),
        )
        for record in await city.ledger.records(f"{b.ZONE}/{city.key}")
        if isinstance(event := record.event, RungFired) and event.clock == clock
    ]


async def moves(city: City, clock: str = WALL) -> list[tuple[datetime, ClockTransition]]:
    """Return what the events did to a clock, and when."""
    return [
        (record.at, move)
        for record in await city.ledger.records(f"{b.ZONE}/{city.key}")
        for move in record.event.clocks
        if move.clock == clock
    ]


def counted(clock: str, from_at: datetime, to_at: datetime) -> timedelta:
    """Return the working time between two instants, as this clock counts it."""
    if clock == OPEN:
        return timedelta(milliseconds=b.CALENDAR.working_ms(from_at, to_at))
    return to_at - from_at


async def paused_and_moved(city: City, clock: str = WALL) -> list[tuple[timedelta, timedelta]]:
    """Return for each pause the working time that it took and that by which it moved the deadline,
    both as the clock counts it."""
    found = []
    due_at = paused_at = b.MON_9
    for at, move in await moves(city, clock):
        if move.move is Move.PAUSE:
            paused_at = at
        if move.run is not None:
            if move.move is Move.RESUME:
                took = counted(clock, paused_at, at)
                found.append((took, counted(clock, due_at, move.run.due_at)))
            due_at = move.run.due_at
    return found


async def clock(city: City, id_: str = WALL) -> Clock:
    """Return a clock as the ledger has it now."""
    found = (await city.desk.row(b.ZONE, city.key)).issue.clock(id_)
    if found is None:
        msg = f"{city.key} has no clock {id_}"
        raise LookupError(msg)
    return found


class Account(NamedTuple):
    """What `closeout clocks audit` finds at an instant, with no time of grace at all.

    `told` are the notices of a rung that reached the owner, beside the rungs that fired; `latest`
    is how long after its due instant the latest rung fired.
    """

    found: tuple[RungFinding, ...] = ()
    unaccounted: int = 0
    in_flight: int = 0
    untold: int = 0
    fired_twice: tuple[str, ...] = ()
    told_less_fired: int = 0
    latest: timedelta = timedelta(0)
    marked_late: int = 0


IN_TIME = Account()


async def account(city: City) -> Account:
    """Account for every rung of the city by its events, its table of firings and its post."""
    nothing = timedelta(0)
    audit = await audit_clocks(city.ledger, now=city.clock.at, grace=nothing, tell_within=nothing)
    rows = await city.fired()
    if audit.fired.max_ms is None or audit.fates["fired"] != len(rows):
        msg = f"{len(rows)} rungs fired, of which the audit knows {audit.fates['fired']}"
        raise LookupError(msg)
    times = Counter(f"{row.clock} {row.cycle} {row.rung}" for row in rows)
    told = [(to, kind) for to, kind, _ in city.post.delivered].count(("grid-east-1", "rung_fired"))
    return Account(
        found=audit.found,
        unaccounted=audit.fates["unaccounted"],
        in_flight=audit.fates["in_flight"],
        untold=audit.untold,
        fired_twice=tuple(rung for rung, number in times.items() if number > 1),
        told_less_fired=told - len(rows),
        latest=timedelta(milliseconds=audit.fired.max_ms),
        marked_late=audit.late_by_us,
    )


async def wake(city: City, at: datetime) -> None:
    """Let both clocks come to `at`, the workflow's a second ahead, with no command and no rung due:
    only an alarm that it still has set can wake it.

    A time-lapse steps over such an instant, and the alarm rings when ours is at the next rung.
    """
    city.clock.at = at
    await city.calm()
    skipper = city.lapse._skipper
    engine_at = at + SECOND - city.clock.offset
    gap = engine_at - await skipper.get_current_time(city.handle())
    await skipper.fast_forward(city.handle(), gap)
    await city.calm()
