"""A handbook is tried on the recorded past from its page: as the command line does it, in words."""

import builders as b
from consoles import Console
from supervised import ROOT, console_of, sent, status, terms

from desk.shelf import Shelf

PATH = "/handbook/backtest"


async def lived(console: Console) -> None:
    """Have an issue reported and accepted."""
    desk = console.counter.desk
    await desk.carry_out(b.submission(b.report(), b.ENTERPRISE))
    await desk.carry_out(b.submission(b.ACCEPT))


async def test_the_version_in_force_changes_nothing_and_nothing_is_written() -> None:
    console = console_of()
    await lived(console)
    ledger = console.counter.desk.ledger
    before = await ledger.safe_position()
    told = await sent(console, "supervisor", PATH, {"version": "in-force"})
    assert told.status_code == 200
    assert "1 issues tried under shipped: 0 would differ" in told.text
    assert await ledger.safe_position() == before


async def test_a_shorter_limit_is_told_deadline_by_deadline_in_both_languages() -> None:
    console = console_of()
    await lived(console)
    shorter = b.clock_rule("handling", budgets=[{"duration": {"kind": "wall", "minutes": 90}}])
    changed = terms(clocks=shorter)
    desk = console.counter.desk
    desk.shelf = Shelf(desk.ledger, {b.ZONE: changed})
    await desk.shelf.keep(terms(), desk.clock.now())
    told = await sent(console, "supervisor", PATH, {"version": "shipped", "from_on": "2026-03-02"})
    assert "1 would differ" in told.text
    assert told.text.count("2026-03-02 10:30") == 1, "ninety minutes after nine, local time"
    assert "Acts stand as they were recorded" in told.text
    async with console.opened_as("supervisor", language="zh") as browser:
        chinese = await browser.post(f"{ROOT}{PATH}", data={"version": "shipped"})
    assert "人员的行为一律按记录的时间保留" in chinese.text


async def test_a_period_narrows_it_and_one_that_ends_before_it_begins_is_refused() -> None:
    console = console_of()
    await lived(console)
    later = {"version": "in-force", "from_on": "2026-03-03"}
    assert "0 issues tried" in (await sent(console, "supervisor", PATH, later)).text
    refused = await sent(console, "supervisor", PATH, later | {"to_on": "2026-03-02"})
    assert refused.status_code == 422
    for version in ("nothing", "x" * 90, ""):
        assert (await sent(console, "supervisor", PATH, {"version": version})).status_code == 422


async def test_only_oversight_tries_a_handbook() -> None:
    console = console_of()
    assert await status(console, "supervisor", PATH) == 200
    assert await status(console, "officer", PATH) == 403
    assert (await sent(console, "enterprise", PATH, {"version": "shipped"})).status_code == 403
