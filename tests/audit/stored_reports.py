"""Stored reports of a generated zone, daily, weekly and monthly, that tests print."""

import json
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from activities.reporting import make_report
from audit.printed.paper import Paper
from audit.printed.reports import paper_of_row
from demo.year import Year, generate_year
from desk.desk import Desk
from desk.shelf import Shelf
from domain.handbook_routines import routines_rule
from domain.routines import RoutineKind, run_of
from ledger.memory import MemoryLedger
from ledger.reports import ReportRow

KINDS = (RoutineKind.DAILY, RoutineKind.WEEKLY, RoutineKind.MONTHLY)
LAST = date(2026, 3, 31)


class Clock:
    """Stands after the end of what was generated."""

    offset = timedelta(0)

    def now(self) -> datetime:
        return year().until_at + timedelta(hours=4)


@cache
def year() -> Year:
    return generate_year(issues=40, from_on=date(2026, 2, 15), until_on=date(2026, 4, 10))


async def made(ledger: MemoryLedger | None = None) -> dict[RoutineKind, ReportRow]:
    """Return the reports of the last month, made in an empty ledger."""
    ledger, terms = ledger or MemoryLedger(), year().terms
    await year().lay(ledger)
    desk = Desk(ledger, Shelf(ledger, {year().zone: terms}), Clock())
    rule, found = routines_rule(terms.handbook.routines), dict[RoutineKind, ReportRow]()
    for kind in KINDS:
        ends = (LAST - timedelta(days=back) for back in range(8))
        runs = (run_of(rule, terms.calendar, kind, day) for day in ends)
        run = next(each for each in runs if each is not None)
        found[kind] = await make_report(desk, terms, run)
    return found


def printed(row: ReportRow, language: Any = "zh") -> Paper:
    return paper_of_row(row, json.loads(row.body), year().terms, language)
