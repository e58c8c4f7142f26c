"""Reports: stored ones cell by cell, versions, attesting a day, the ledger to be printed."""

import html
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import builders as b
import openpyxl
import pytest
from consoles import Console
from desks import StandingClock
from supervised import NASTY, NASTY_SHOWN, ROOT, console_of, part_of, sent, status

from activities.reporting import make_report_of
from console.queries.reports import UnknownSectionError, sections
from desk.attesting import attestations_of
from desk.reports import stored_report

DAY = date(2026, 3, 4)


@pytest.fixture
async def busy() -> Console:
    """A console over a zone with issues, a week later."""
    clock = StandingClock()
    console = console_of(clock)
    await console.counter.closed_out("m-1")
    await console.counter.do(b.report(title=NASTY), b.ENTERPRISE, key="m-2")
    clock.at += timedelta(days=9)
    return console


def cells(body: dict[str, Any]) -> int:
    """Return how many cells a report's tables and figures have."""
    tables = [each for each in body["sections"] if each["kind"] == "table"]
    lines = [each for each in body["sections"] if each["kind"] == "figures"]
    charts = [each for each in body["sections"] if each["kind"] == "chart"]
    return (
        sum(len(row) for each in tables for row in each["rows"])
        + sum(4 * len(each["lines"]) for each in lines)
        + sum(len(each["labels"]) * (1 + len(each["series"])) for each in charts)
    )


@pytest.mark.parametrize(
    ("kind", "to_on"),
    [("daily", DAY), ("weekly", date(2026, 3, 8)), ("monthly", date(2026, 2, 28))],
)
async def test_a_stored_report_is_shown_whole_in_both_languages(
    busy: Console, kind: str, to_on: date
) -> None:
    desk = busy.counter.desk
    row = await make_report_of(desk, b.ZONE, kind, to_on, b.SUPERVISOR)
    stored = await stored_report(desk, row.number)
    for language in ("zh", "en"):
        text = await busy.page("auditor", f"{ROOT}/reports/{row.number}", language=language)
        above = text.partition("</main>")[0]
        versions = above.rpartition("<tbody>")[2]
        assert above.count("<td") - versions.count("<td") == cells(dict(stored.body))
        for section in stored.body["sections"]:
            title = section["title"]
            assert html.escape(title[language] if isinstance(title, dict) else title) in text
        assert "<script>alert" not in text
    assert row.number in await busy.page("coordinator", f"{ROOT}/reports?kind={kind}")


async def test_a_hostile_title_stays_a_text_in_a_report(busy: Console) -> None:
    row = await make_report_of(busy.counter.desk, b.ZONE, "weekly", date(2026, 3, 8), b.SUPERVISOR)
    assert NASTY_SHOWN in await busy.page("auditor", f"{ROOT}/reports/{row.number}")


async def test_a_correction_is_a_version_beside_the_one_before(busy: Console) -> None:
    desk = busy.counter.desk
    row = await make_report_of(desk, b.ZONE, "daily", DAY, b.SUPERVISOR)
    again = replace(row, id=f"{row.number}/2", version=2, reason="A number was <wrong>.")
    await desk.ledger.put_report(again)
    newest = await busy.page("auditor", f"{ROOT}/reports/{row.number}")
    first = await busy.page("auditor", f"{ROOT}/reports/{row.number}?version=1")
    assert "A number was &lt;wrong&gt;." in newest
    assert "There is a newer version, 2." in first
    assert "There is a newer version" not in newest
    assert await status(busy, "auditor", f"/reports/{row.number}?version=9") == 422
    assert await status(busy, "officer", f"/reports/{row.number}") == 403


async def test_what_a_later_program_wrote_is_never_shown_in_part(busy: Console) -> None:
    text = {"kind": "text", "title": "Known", "texts": ["This can be read."]}
    body = {"title": "Later", "sections": [text, {"kind": "poem", "title": "x"}]}
    with pytest.raises(UnknownSectionError):
        list(sections(body, "en", "Asia/Shanghai"))
    desk = busy.counter.desk
    row = await make_report_of(desk, b.ZONE, "daily", DAY, b.SUPERVISOR)
    later = replace(row, id=f"{row.number}/2", version=2, body=json.dumps(body))
    await desk.ledger.put_report(later)
    shown = await busy.page("auditor", f"{ROOT}/reports/{row.number}")
    assert "A later program made this report" in shown
    assert "This can be read." not in shown


def test_a_ratio_of_nothing_is_none_and_lengths_are_in_words() -> None:
    columns = [{"head": "a", "kind": "ratio"}, {"head": "b", "kind": "length"}]
    row = [{"numerator": 0, "denominator": 0}, {"numerator": 7_200_000, "denominator": 1}]
    body = {"sections": [{"kind": "table", "title": "t", "columns": columns, "rows": [row]}]}
    (table,) = sections(body, "en", "Asia/Shanghai")
    assert [cell.text for cell in table.rows[0]] == ["— (0/0)", "2 h"]


async def test_a_day_is_attested_by_form_and_whoever_has_not_is_named(busy: Console) -> None:
    today = busy.counter.clock.now().astimezone(b.SHANGHAI).date()
    path = f"{ROOT}/reports?day={today}"
    wanted = (await attestations_of(busy.counter.desk, b.ZONE, today)).wanted
    before = await busy.page("coordinator", path)
    assert before.count(">missing<") == len(wanted) > 0
    form = {"day": today.isoformat(), "post": "coordination", "text": NASTY}
    told = await sent(busy, "coordinator", "/reports/attest", form)
    assert told.status_code == 303
    after = await busy.page("coordinator", told.headers["location"])
    assert after.count(">missing<") == len(wanted) - 1
    assert NASTY_SHOWN in after
    given = (await attestations_of(busy.counter.desk, b.ZONE, today)).given
    assert [row.text for row in given] == [NASTY]


async def test_nothing_found_has_to_be_said_and_not_everybody_attests(busy: Console) -> None:
    today = busy.counter.clock.now().astimezone(b.SHANGHAI).date().isoformat()
    silent = {"day": today, "post": "coordination", "text": ""}
    assert (await sent(busy, "coordinator", "/reports/attest", silent)).status_code == 422
    nothing = silent | {"nothing_found": "true"}
    assert (await sent(busy, "coordinator", "/reports/attest", nothing)).status_code == 303
    assert (await sent(busy, "officer", "/reports/attest", nothing)).status_code == 403
    assert (await sent(busy, "enterprise", "/reports/attest", nothing)).status_code == 403
    officer = await busy.page("officer", f"{ROOT}/reports")
    assert 'name="nothing_found"' not in officer


async def test_the_ledger_has_each_issue_in_sight_once(busy: Console) -> None:
    text = await busy.page("supervisor", f"{ROOT}/reports/ledger", language="zh")
    assert re.findall(rf"{ROOT}/issues/([\w-]+)", text) == ["m-2", "m-1"]
    assert NASTY_SHOWN in text
    open_only = await busy.page("supervisor", f"{ROOT}/reports/ledger?open=true&phase=&owner=")
    assert re.findall(rf"{ROOT}/issues/([\w-]+)", open_only) == ["m-2"]
    assert f"{ROOT}/issues/" not in await busy.page("neighbour", f"{ROOT}/reports/ledger")
    assert await status(busy, "enterprise", "/reports/ledger") == 403


async def test_a_refresh_has_the_page_alone(busy: Console) -> None:
    for path in ("/reports", "/reports/ledger"):
        assert "<h1>" in await part_of(busy, "supervisor", path)


async def test_the_ledger_as_a_file_has_the_same_issues_and_no_formula(busy: Console) -> None:
    await busy.counter.do(b.report(title="=1+1"), b.ENTERPRISE, key="m-3")
    async with busy.opened_as("supervisor") as browser:
        answer = await browser.get(f"{ROOT}/reports/ledger/file?form=xlsx&open=true&phase=")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{b.ZONE}-ledger.xlsx"'
    sheets = openpyxl.load_workbook(BytesIO(answer.content)).worksheets
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
    values = [cell.value for cell in cells]
    assert "m-2" in values
    assert "=1+1" in values
    assert (await busy.counter.desk.row(b.ZONE, "m-1")).issue.number not in values
    assert {cell.data_type for cell in cells if cell.value == "=1+1"} == {"s"}
    assert await status(busy, "enterprise", "/reports/ledger/file?form=xlsx") == 403
    assert await status(busy, "supervisor", "/reports/ledger/file?form=exe") == 422


async def test_a_stored_report_is_a_file_with_its_tables(busy: Console) -> None:
    desk = busy.counter.desk
    row = await make_report_of(desk, b.ZONE, "weekly", date(2026, 3, 8), b.SUPERVISOR)
    page = await busy.page("auditor", f"{ROOT}/reports/{row.number}")
    links = re.findall(r'href="([^"]+/file[^"]+)"', page)
    async with busy.opened_as("auditor") as browser:
        pdf, xlsx = [await browser.get(html.unescape(link)) for link in links]
    assert pdf.content.startswith(b"%PDF")
    book = openpyxl.load_workbook(BytesIO(xlsx.content))
    values = {cell.value for sheet in book for line in sheet.iter_rows() for cell in line}
    assert NASTY in values
    assert await status(busy, "officer", f"/reports/{row.number}/file?form=xlsx") == 403
    assert await status(busy, "auditor", "/reports/none/file?form=xlsx") == 422
