"""A back-test as a workbook: every sum, every holder, every deadline that would be another."""

import io
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from fresh_run import lives_of_a_year

from audit.backtest import try_life
from audit.backtest_run import Backtest, UnderHandbook
from audit.printed.backtests import Tried, backtest_paper
from audit.printed.paper import Language, Paper, Table
from audit.printed.workbook import workbook_bytes
from domain.handbook import Handbook
from domain.terms import Terms

AT = datetime(2027, 1, 1, tzinfo=UTC)
HEADS = 3
ISSUES = 8


async def tried() -> tuple[Backtest, Terms]:
    """Return what some issues of a year come to with a third of the time for each limit."""
    lives, terms = lives_of_a_year()
    told = terms.handbook.model_dump(mode="json")
    for clock in told["clocks"]:
        for budget in clock["budgets"]:
            if isinstance(budget["duration"].get("minutes"), int):
                budget["duration"]["minutes"] = max(1, budget["duration"]["minutes"] // 3)
    policy = UnderHandbook(Handbook.model_validate(told), (terms.calendar, *terms.calendars))

    async def known(_: str) -> Terms:
        return terms

    found = Backtest()
    for life in lives[:ISSUES]:
        found.take(await try_life(life, known, policy, AT))
    return found, terms


async def printed(language: Language, rows_max: int = 1000) -> tuple[Backtest, Paper]:
    """Return it with its paper."""
    found, terms = await tried()
    time_zone = terms.calendar.time_zone
    asked = Tried(terms.handbook, "published:2", "2026-01-01", None, 77, AT, time_zone)
    return found, backtest_paper(found, asked, language, rows_max=rows_max)


def cells(sheet: Any) -> list[list[Any]]:
    """Return the cells below the heads of a sheet."""
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEADS + 1)]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_workbook_says_what_the_sums_say(language: Language) -> None:
    found, paper = await printed(language)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(paper)))
    totals = found.totals
    sums, load = cells(book.worksheets[1]), cells(book.worksheets[2])
    assert [totals.issues, totals.issues] in [row[1:3] for row in sums]
    assert [totals.breaches.was, totals.breaches.after] in [row[1:3] for row in sums]
    assert totals.breaches.after > totals.breaches.was
    assert len([row for row in load if row[0]]) == len(totals.load)
    each = [row for row in cells(book.worksheets[4]) if row[0]]
    moved = [row for row in each if row[5] != row[6]]
    assert len({row[0] for row in each}) == totals.differing == ISSUES
    assert len(moved) >= totals.earlier + totals.later > 0


async def test_equal_trials_are_equal_bytes() -> None:
    first, second = [workbook_bytes((await printed("zh"))[1]) for _ in range(2)]
    assert first == second


async def test_issues_that_do_not_fit_are_counted_below() -> None:
    _, paper = await printed("en", rows_max=5)
    tables = [each for each in paper.sections if isinstance(each, Table)]
    assert len(tables[-1].rows) == 5
    shown = len({row[0] for row in tables[-1].rows})
    assert 1 < shown < ISSUES
    assert "issues more are not here, or not in full" in tables[-1].note
