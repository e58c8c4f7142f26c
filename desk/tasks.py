"""What administrators have to do, and how much hangs on it by now."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from desk.desk import Desk
from domain.days import zone_of
from domain.model import to_millisecond
from ledger.publications import TaskRow


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task, how many running clocks are provisional in its year, and to which day the calendar is
    published by now; None if no zone counts by it any more."""

    row: TaskRow
    clocks: int
    published_until: date | None


async def open_tasks(desk: Desk) -> Sequence[OpenTask]:
    """Return what is to be done, by when it was raised; what was done is settled first."""
    await desk.ledger.settle_tasks()
    rows = await desk.ledger.tasks()
    waiting = await _provisional(desk) if rows else Counter[tuple[str, int]]()
    until = await _published_until(desk) if rows else {}
    return [OpenTask(row, waiting[row.subject, row.year], until.get(row.subject)) for row in rows]


async def _provisional(desk: Desk) -> Counter[tuple[str, int]]:
    """Return how many running clocks are provisional, by calendar and local year."""
    counted: Counter[tuple[str, int]] = Counter()
    for row in await desk.ledger.provisional_clocks():
        terms = await desk.shelf.version(row.terms)
        rule = terms.rules_by_id.get(row.rule)
        if rule is not None:
            calendar = terms.calendar_of(rule)
            year = row.due_at.astimezone(zone_of(calendar.time_zone)).year
            counted[calendar.id, year] += row.count
    return counted


async def _published_until(desk: Desk) -> dict[str, date]:
    at = to_millisecond(desk.clock.now())
    held = await desk.shelf.in_force(at)
    return {
        id_: calendar.valid_until
        for terms in held
        for id_, calendar in terms.calendars_by_id.items()
    }
