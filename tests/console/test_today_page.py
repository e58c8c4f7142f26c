"""Today: what it counts is what the ledger says, and each figure leads to what it counts."""

import re
from collections import Counter
from datetime import date, timedelta

import builders as b
import pytest
from boards_shown import BOARD, NASTY, TODAY, busy, counted, figures, issues_of, keys, lit
from consoles import Console
from desks import StandingClock

from console.pages import today as today_page
from console.queries.today import day_of
from demo.year import generate_year
from desk.desk import Desk
from desk.shelf import Shelf
from domain.access import Horizon
from domain.chain import Record
from domain.lights import Light, light_of
from domain.retold import retold
from ledger.memory import MemoryLedger


async def test_every_figure_leads_to_a_board_of_exactly_so_many_issues(console: Console) -> None:
    await busy(console)
    found = figures(await console.page("supervisor", TODAY))
    assert len(found) > 25
    for address, n in found.items():
        board = await console.page("supervisor", address)
        assert (address, counted(board), len(keys(board))) == (address, n, n)


async def test_the_lights_are_those_of_the_issues_clocks(console: Console) -> None:
    await busy(console)
    found, at = figures(await console.page("supervisor", TODAY)), console.counter.clock.at
    issues = await issues_of(console)
    said = {light: found.get(f"{BOARD}?light={light}", 0) for light in (Light.RED, Light.YELLOW)}
    shown = Counter(lit(issue, at) for issue in issues)
    assert said == {light: shown[light] for light in said} == {Light.RED: 2, Light.YELLOW: 1}
    by_grid = Counter(b.HANDBOOK.enterprises_by_id[issue.enterprise].grid for issue in issues)
    assert {grid: found[f"{BOARD}?grid={grid}"] for grid in by_grid} == by_grid
    by_tier = Counter(issue.tier for issue in issues)
    assert {tier: found[f"{BOARD}?tier={tier}"] for tier in by_tier} == by_tier
    by_post = Counter(issue.handler for issue in issues)
    assert {post: found[f"{BOARD}?handler={post}"] for post in by_post} == by_post


@pytest.mark.parametrize("news", ["reported", "escalated", "rejected", "silent"])
async def test_what_happened_today_is_what_the_events_of_the_local_day_say(
    console: Console, news: str
) -> None:
    await busy(console)
    kinds = {
        "reported": "issue_reported",
        "escalated": "issue_escalated",
        "rejected": "resolution_rejected",
        "silent": "sign_off_lapsed",
    }
    since = b.THU_9 - timedelta(hours=9)
    records = [record for _, record in await console.counter.ledger.follow(0, 1000)]
    there = {r.stream for r in records if r.kind == kinds[news] and r.at >= since}
    found = figures(await console.page("supervisor", TODAY))
    assert found[f"{BOARD}?of={news}"] == len(there) > 0
    shown = keys(await console.page("supervisor", f"{BOARD}?of={news}"))
    assert {f"{b.ZONE}/{key}" for key in shown} == there


@pytest.mark.parametrize(("seed", "until_on"), [(3, date(2026, 4, 21)), (5, date(2026, 9, 9))])
async def test_a_generated_half_year_is_counted_as_its_raw_events_say(
    seed: int, until_on: date
) -> None:
    year = generate_year(70, seed=seed, year=2026, until_on=until_on)
    ledger, at = MemoryLedger(), year.until_at - timedelta(milliseconds=1)
    await year.lay(ledger)
    desk = Desk(ledger, Shelf(ledger, {year.zone: year.terms}), StandingClock(at))
    on = at.astimezone(b.SHANGHAI).date()
    day = await day_of(desk, Horizon(zone=year.zone, whole=True), year.terms, on, at=at)

    terms = {year.terms.hash: year.terms}
    by_stream: dict[str, list[Record]] = {}
    for record in year.records:
        by_stream.setdefault(record.stream, []).append(record)
    issues = [list(retold(each, terms))[-1].after for each in by_stream.values()]
    lights = {i.stream: light_of(i, year.terms, at).light for i in issues if i.is_open}
    shown = Counter(lights.values())
    assert {light: day.standing.lights.of(light) for light in Light} == {
        light: shown[light] for light in Light
    }
    assert (day.today.overdue.count, day.today.at_risk.count) == (
        shown[Light.RED],
        shown[Light.YELLOW],
    )
    for few, kind in (
        (day.today.reported, "issue_reported"),
        (day.today.escalated, "issue_escalated"),
        (day.today.rejected, "resolution_rejected"),
        (day.today.silent, "sign_off_lapsed"),
    ):
        since = year.until_at - timedelta(days=1)
        happened = {r.stream for r in year.records if r.kind == kind and r.at >= since}
        assert few.count == len(happened), kind
    worst = [each.card.stream for each in day.worst]
    assert all(lights[stream] in (Light.RED, Light.YELLOW) for stream in worst)
    assert len(worst) == min(8, shown[Light.RED] + shown[Light.YELLOW])
    assert all(each.clock is not None for each in day.worst)
    assert sum(lights.open for _, lights in day.by_unit) == len(lights)


async def test_what_is_due_later_today_is_told_and_what_is_due_tomorrow_is_not(
    console: Console,
) -> None:
    await busy(console)
    shown = keys(await console.page("supervisor", f"{BOARD}?of=due_today"))
    assert shown == ["bakery-1", "nasty"]


async def test_the_worst_are_told_with_the_clock_that_shows_it_and_who_holds_them(
    console: Console,
) -> None:
    await busy(console)
    english = await console.page("supervisor", TODAY)
    assert "“acceptance” is over, by 2 d 23 h" in english
    assert "“acceptance” is nearly spent, 15 min left" in english
    assert english.index("issues/f-1") < english.index("issues/late")
    chinese = await console.page("supervisor", TODAY, language="zh")
    assert "“受理”时限已过" in chinese


async def test_everybody_counts_what_they_may_see(console: Console) -> None:
    await busy(console)
    seen = {}
    for name in ("officer", "neighbour", "head", "coordinator", "auditor"):
        seen[name] = figures(await console.page(name, TODAY))[BOARD]
    assert seen == {"officer": 5, "neighbour": 2, "head": 5, "coordinator": 7, "auditor": 7}


async def test_who_works_in_no_office_of_the_zone_has_no_today(console: Console) -> None:
    for name in ("enterprise", "operator", "elsewhere"):
        async with console.opened_as(name) as browser:
            answer = await browser.get(TODAY)
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")


async def test_an_auditors_look_is_on_record(console: Console) -> None:
    await console.page("auditor", TODAY)
    (read,) = await console.counter.ledger.audit_reads()
    assert (read.kind, '"of":"today"' in read.scope) == ("board", True)
    await console.page("supervisor", TODAY)
    assert len(await console.counter.ledger.audit_reads()) == 1


async def test_a_missing_daily_report_is_told_once_its_limit_has_passed(console: Console) -> None:
    console.counter.clock.at = b.THU_9
    before = await console.page("coordinator", TODAY)
    assert "Daily reports missing" in before
    assert "Missing from" not in before
    console.counter.clock.at = b.local(3, 23)
    assert "Missing from" in await console.page("coordinator", TODAY)
    console.counter.clock.at = b.SAT_12
    assert "Daily reports missing" not in await console.page("coordinator", TODAY)


async def test_a_day_without_issues_says_so(console: Console) -> None:
    assert "No issue is open." in await console.page("supervisor", TODAY)
    await console.counter.accepted()
    assert "Nothing is late" in await console.page("supervisor", TODAY)


async def test_a_refresh_is_the_main_block_alone_and_the_page_asks_for_it(
    console: Console,
) -> None:
    await busy(console)
    whole = await console.page("supervisor", TODAY)
    assert 'hx-trigger="sse:moved' in whole
    assert f'hx-get="{TODAY}"' in whole
    async with console.opened_as("supervisor") as browser:
        answer = await browser.get(TODAY, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert figures(answer.text) == figures(whole)


async def test_the_worst_grids_come_first_and_the_rest_are_one_step_away(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    await busy(console)
    whole = figures(await console.page("supervisor", TODAY))
    grids = [address for address in whole if re.fullmatch(r".*\?grid=[^&]+", address)]
    assert len(grids) == 2
    red = [whole.get(f"{address}&light=red", 0) for address in grids]
    assert red == sorted(red, reverse=True)
    assert red[0] > red[1]

    monkeypatch.setattr(today_page, "LISTED", 1)
    page = await console.page("supervisor", TODAY)
    shown = {address for address in figures(page) if "?grid=" in address}
    assert shown == {address for address in whole if address.startswith(grids[0])}
    onward = re.search(rf'href="({re.escape(TODAY)}\?all=true)#by-grid">All grids \(2\)<', page)
    assert onward is not None
    assert figures(await console.page("supervisor", onward[1])) == whole


async def test_what_people_wrote_is_text_on_the_page(console: Console) -> None:
    await busy(console)
    console.counter.clock.at = b.local(3, 17)
    for language in ("zh", "en"):
        page = await console.page("supervisor", TODAY, language=language)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "{{7*7}}" in page
        assert NASTY[-100:] in page
