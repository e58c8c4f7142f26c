"""The printed ledger of a generated year: every issue, as it stood at one position."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from printed_papers import embedded, read_pdf, told

from audit.printed import ledger as printed
from audit.printed.fonts import FontFolders
from audit.printed.ledger import COLUMNS, Asked, columns, ledger_paper, over_ms, write_ledger
from audit.printed.pages import pdf_bytes
from audit.printed.words import word
from demo.year import Year, generate_year
from domain.access import Horizon
from domain.errors import InvalidRequestError
from domain.issue import Issue
from domain.lights import Light, light_of
from domain.phases import Outcome, Phase, SignOffOutcome
from domain.reading import read
from domain.sight import Sight
from ledger.asof import Filters
from ledger.lists import Narrowed
from ledger.memory import MemoryLedger

UNTIL = date(2026, 4, 10)
HEADS = 3


@cache
def year() -> Year:
    return generate_year(issues=40, from_on=date(2026, 2, 15), until_on=UNTIL)


@pytest.fixture(scope="module")
async def ledger() -> MemoryLedger:
    found = MemoryLedger()
    await year().lay(found)
    return found


async def asked(
    ledger: MemoryLedger,
    position: int | None = None,
    horizon: Horizon | None = None,
    **narrowed: Any,
) -> Asked:
    zone, terms = year().zone, year().terms
    reached = await ledger.safe_position() if position is None else position
    return Asked(
        horizon=horizon or Horizon(zone=zone, whole=True),
        filters=Narrowed(zone=zone, **narrowed),
        sight=Sight(year().until_at, reached),
        language="zh",
        name=terms.handbook.name,
        time_zone=terms.calendar.time_zone,
    )


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    sheet = openpyxl.load_workbook(path).active
    return list(sheet.iter_rows(min_row=HEADS + 1, values_only=True))


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def local(at: Any) -> Any:
    zone = ZoneInfo(year().terms.calendar.time_zone)
    return None if at is None else at.astimezone(zone).replace(tzinfo=None)


def by_hand(place: int, issue: Issue) -> tuple[Any, ...]:
    """Return a row as whoever reads the issue itself would write it."""
    book = year().terms.handbook
    named = {
        (kind, each.id): each.name.zh
        for kind in ("enterprises", "categories", "posts", "units")
        for each in getattr(book, kind)
    }
    due_ats = [clock.due_at for clock in issue.clocks if clock.due_at is not None]
    answer = None if issue.sign_off is None else issue.sign_off.outcome
    shown = light_of(issue, year().terms, year().until_at).light
    return (
        place,
        issue.number or issue.key,
        named["enterprises", issue.enterprise],
        named["categories", issue.category],
        issue.title,
        named["posts", issue.owner],
        named["posts", issue.handler],
        named["units", issue.unit] if issue.unit else "",
        book.tiers[issue.tier - 1].name.zh,
        word(f"phase.{issue.phase}", "zh"),
        word(f"light.{shown}", "zh"),
        local(issue.reported_at),
        local(min(due_ats, default=None)),
        local(issue.closed_at),
        word(f"outcome.{issue.outcome}", "zh") if issue.outcome else "",
        word(f"sign_off.{answer}", "zh") if answer else "",
        issue.reopened,
    )


async def test_every_cell_of_the_workbook_is_what_the_issue_says(
    ledger: MemoryLedger, tmp_path: Path
) -> None:
    file, looked_at = tmp_path / "ledger.xlsx", list[int]()
    count = await write_ledger(ledger, await asked(ledger), file, progress=looked_at.append)
    issues = sorted(year().issues.values(), key=lambda each: (each.reported_at, each.stream))
    assert count == len(issues) == looked_at[-1]
    found = rows_of(file)
    assert [by_hand(place, issue) for place, issue in enumerate(issues, 1)] == [
        (*row[:16], row[17]) for row in found
    ]
    assert {row[10] for row in found} >= {word(f"light.{each}", "zh") for each in ("red", "none")}
    assert names_in(tmp_path) == ["ledger.xlsx"]


async def test_the_time_over_is_that_of_the_clock_that_is_over_it_the_most(
    ledger: MemoryLedger, tmp_path: Path
) -> None:
    await write_ledger(ledger, await asked(ledger), tmp_path / "ledger.xlsx")
    over = {row[1]: row[16] for row in rows_of(tmp_path / "ledger.xlsx")}
    terms, late = year().terms, 0
    for issue in year().issues.values():
        readings = [read(clock, terms.calendar, year().until_at) for clock in issue.clocks]
        most = over_ms(issue, terms, year().until_at)
        told_ms = over[issue.number or issue.key]
        assert most in {0, *(each.over_ms for each in readings)}
        assert (told_ms is None) == (most == 0)
        late += most > 0
        if most:
            assert abs(told_ms.total_seconds() * 1000 - most) < 1000
    assert late > 0


async def test_it_is_the_ledger_of_its_position_whatever_came_later(
    ledger: MemoryLedger, tmp_path: Path
) -> None:
    position = await ledger.safe_position() // 2
    records = ledger._tables.positions[:position]
    streams = {record.stream for record in records}
    await write_ledger(ledger, await asked(ledger, position), tmp_path / "then.xlsx")
    assert len(rows_of(tmp_path / "then.xlsx")) == len(streams) < len(year().issues)
    assert str(position) in openpyxl.load_workbook(tmp_path / "then.xlsx").active["A2"].value


@pytest.mark.parametrize(
    "narrowed",
    [
        {"open_only": True},
        {"phase": "closed"},
        {"tier": 2},
        {"title": "a"},
        {"overdue": True},
    ],
)
async def test_it_is_narrowed_as_lists_are(
    ledger: MemoryLedger, narrowed: dict[str, Any], tmp_path: Path
) -> None:
    question = await asked(ledger, **narrowed)
    await write_ledger(ledger, question, tmp_path / "some.xlsx")
    fit = [each for each in year().issues.values() if question.filters.fit(each, year().until_at)]
    assert {row[1] for row in rows_of(tmp_path / "some.xlsx")} == {e.number or e.key for e in fit}
    assert len(fit) < len(year().issues)
    (name,) = narrowed
    sheet = openpyxl.load_workbook(tmp_path / "some.xlsx").active
    assert word(f"filter.{name}", "zh") in sheet["A2"].value


async def test_nobody_prints_what_they_do_not_see(ledger: MemoryLedger, tmp_path: Path) -> None:
    some = next(iter(year().issues.values())).enterprise
    horizon = Horizon(zone=year().zone, enterprises=frozenset({some}))
    count = await write_ledger(ledger, await asked(ledger, horizon=horizon), tmp_path / "own.xlsx")
    assert count == sum(each.enterprise == some for each in year().issues.values()) > 0


async def test_runs_put_aside_on_disk_come_out_in_the_same_order(
    ledger: MemoryLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write_ledger(ledger, await asked(ledger), tmp_path / "one.xlsx")
    monkeypatch.setattr(printed, "RUN_ROWS", 3)
    await write_ledger(ledger, await asked(ledger), tmp_path / "many.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "many.xlsx").read_bytes()


async def test_every_cell_of_the_pdf_is_what_the_issue_says(ledger: MemoryLedger) -> None:
    pytest.importorskip("typst")
    paper, count = await ledger_paper(ledger, await asked(ledger))
    (table,) = paper.sections
    reader, text = read_pdf(pdf_bytes(paper, FontFolders(system=False)))
    assert count == len(year().issues)
    assert [row for row in table.rows if told(row, time_zone=paper.time_zone) not in text] == []
    heads = "".join(column.head for column in columns("zh"))
    assert text.count(heads.replace(" ", "")) == len(reader.pages)
    assert all(embedded(reader))


async def test_more_than_a_pdf_takes_is_refused(ledger: MemoryLedger) -> None:
    with pytest.raises(InvalidRequestError, match="too many issues"):
        await ledger_paper(ledger, await asked(ledger), rows_max=5)


def test_every_fixed_word_has_a_name_in_both_languages() -> None:
    families = {"phase": Phase, "outcome": Outcome, "sign_off": SignOffOutcome, "light": Light}
    names = [f"{family}.{each.value}" for family, kind in families.items() for each in kind]
    names += [f"ledger.{name}" for name, _, _ in COLUMNS]
    names += [f"filter.{name}" for name in Narrowed.__dataclass_fields__ if name != "zone"]
    for name in names:
        assert word(name, "zh") != name.partition(".")[2]
        assert word(name, "zh") != word(name, "en")
    assert set(Filters.__dataclass_fields__) <= set(Narrowed.__dataclass_fields__)
