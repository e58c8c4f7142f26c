"""Territory: counts that add up, what is not covered, contact boards for everybody in the zone."""

import re

import builders as b
from consoles import Console
from supervised import ROOT, console_of, part_of, status, terms

from audit.lights import board_now
from domain.organization import chain_posts, holders


async def test_grids_show_the_lights_of_what_is_open_in_them(console: Console) -> None:
    for key in ("m-1", "m-2"):
        await console.counter.accepted(key)
    await console.counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="k-1")
    text = await console.page("supervisor", f"{ROOT}/territory")
    board = await board_now(console.counter.ledger, at=console.counter.clock.now(), zone=b.ZONE)
    counts = re.findall(r'board\?grid=([\w-]+)&amp;light=\w+" aria-label="[^"]*: (\d+)"', text)
    by_grid = {grid: sum(int(n) for each, n in counts if each == grid) for grid, _ in counts}
    assert by_grid == {"east-1": 2, "west-1": 1}
    assert sum(by_grid.values()) == board.issues


async def test_who_is_not_covered_is_named_tier_by_tier() -> None:
    posts = [each.model_dump(mode="json") for each in terms().handbook.posts]
    for each in posts:
        if each["id"] == "head-east":
            each["people"] = []
    console = console_of(posts=posts)
    text = await console.page("supervisor", f"{ROOT}/territory", language="zh")
    book = console.counter.desk.shelf.shipped(b.ZONE).handbook
    gaps = [
        (enterprise.id, tier.level)
        for enterprise in book.enterprises
        for tier in book.tiers
        if not (chain := chain_posts(book, enterprise.id, tier.level))
        or not holders(chain[0], b.FIRST_MONDAY)
    ]
    assert gaps == [("mill", 2), ("foundry", 2)]
    rows = text.partition('id="coverage"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    assert rows.count("<tr>") == len(gaps)
    assert '>2</span><span class="label">有缺岗的企业' in text


async def test_a_zone_that_is_covered_says_so(console: Console) -> None:
    text = await console.page("officer", f"{ROOT}/territory")
    assert "Somebody is there for every enterprise" in text


async def test_a_contact_board_is_for_everybody_of_the_zone(console: Console) -> None:
    for name in ("enterprise", "officer", "operator", "auditor"):
        for language in ("zh", "en"):
            text = await console.page(name, f"{ROOT}/contact-board/mill", language=language)
            for person in ("grid-east-1.a", "head-east.a", "director.a", "coordination.a"):
                assert person in text
    assert await status(console, "officer", "/contact-board/nobody") == 404
    async with console.opened_as(None) as browser:
        answer = await browser.get(f"{ROOT}/contact-board/mill")
    assert answer.headers["location"].startswith("/console/sign-in")


async def test_a_grid_has_a_board_of_its_own(console: Console) -> None:
    text = await console.page("officer", f"{ROOT}/territory/grids/east-1")
    assert re.findall(r"contact-board/(\w+)", text) == ["mill", "foundry"]
    assert "grid-east-1.a" in text
    assert await status(console, "officer", "/territory/grids/none") == 404
    assert await status(console, "enterprise", "/territory") == 403
    assert await status(console, "enterprise", "/territory/grids/east-1") == 403


async def test_a_refresh_has_the_page_alone(console: Console) -> None:
    for path in ("/territory", "/territory/grids/east-1", "/contact-board/mill"):
        assert "<table" in await part_of(console, "officer", path)
