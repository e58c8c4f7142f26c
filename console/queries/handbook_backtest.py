"""A handbook tried on what was recorded, while somebody waits: the paper of it, as tables."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from audit.backtest_run import Scope, UnderHandbook, backtest
from audit.printed.backtests import Tried, backtest_paper
from audit.printed.paper import Paragraphs, Table
from audit.printed.words import shown
from console.queries.handbook_sheet import Sheet
from desk.desk import Desk
from desk.handbook_versions import Versions
from domain.days import ONE_DAY, zone_of
from domain.errors import InvalidRequestError
from domain.terms import Terms
from face.words import Language

ROWS_SHOWN_MAX: Final = 60
"""Deadlines on the page; a workbook has all."""
FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2201, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tables:
    """What came of it: how many issues were tried, how many would differ, and every table."""

    name: str
    issues: int
    differing: int
    position: int
    sheets: tuple[Sheet, ...]


async def tried(
    desk: Desk,
    present: Terms,
    named: str,
    from_on: date | None,
    to_on: date | None,
    language: Language,
) -> Tables:
    """Try a version on every issue reported on these local days. Nothing is written. Raises
    IssueError."""
    zone, time_zone = present.handbook.zone, present.calendar.time_zone
    version = await Versions(desk).find(zone, named)
    known = await desk.shelf.known_calendars(zone) | present.calendars_by_id
    known[version.calendar.id] = version.calendar
    ledger = desk.ledger
    position, now = await ledger.safe_position(), desk.clock.now()
    scope = Scope(
        zone=zone,
        position=position,
        from_at=FIRST if from_on is None else _midnight(from_on, time_zone, "from_on"),
        to_at=LAST if to_on is None else _midnight(to_on + ONE_DAY, time_zone, "to_on"),
        until_at=now,
    )
    found = await backtest(ledger, UnderHandbook(version.handbook, tuple(known.values())), scope)
    told = Tried(
        handbook=version.handbook,
        name=version.name,
        from_on=None if from_on is None else from_on.isoformat(),
        to_on=None if to_on is None else to_on.isoformat(),
        position=position,
        at=now,
        time_zone=time_zone,
    )
    paper = backtest_paper(found, told, language, rows_max=ROWS_SHOWN_MAX)
    return Tables(
        name=version.name,
        issues=found.totals.issues,
        differing=found.totals.differing,
        position=position,
        sheets=tuple(
            _sheet(each, language, time_zone)
            for each in paper.sections
            if isinstance(each, Table | Paragraphs)
        ),
    )


def _sheet(section: Table | Paragraphs, language: Language, time_zone: str) -> Sheet:
    if isinstance(section, Paragraphs):
        return Sheet(section.title, (), tuple(((text,),) for text in section.texts))
    rows = tuple(
        tuple((text,) if (text := shown(cell, language, time_zone)) else () for cell in row)
        for row in section.rows
    )
    note = (((section.note,),),) if section.note else ()
    return Sheet(section.title, tuple(each.head for each in section.columns), rows + note)


def _midnight(day: date, time_zone: str, field: str) -> datetime:
    """Return when a local day begins. Raises InvalidRequestError at the ends of time."""
    if not FIRST.date() < day < LAST.date():
        raise InvalidRequestError("There is no such day.", field=field, value=day.isoformat())
    return datetime.combine(day, time(), tzinfo=zone_of(time_zone)).astimezone(UTC)
