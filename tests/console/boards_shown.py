"""What the tests of today, board and people read out of pages, and the issues they are over."""

import html
import re
from datetime import datetime

import builders as b
from consoles import Console

from domain.issue import Issue
from domain.lights import Light, light_of
from domain.view import Ring

TODAY = f"/console/{b.ZONE}/today"
BOARD = f"/console/{b.ZONE}/board"
NASTY = "<script>alert(1)</script> \"'{{7*7}} &amp; </td> مرحبا 😀 " + "x" * 120
TILE = re.compile(r'<a class="tile [^"]*" href="([^"]+)"><span class="value">(\d+)</span>')
COUNT = re.compile(r'<a class="count [^"]*" href="([^"]+)" aria-label="[^"]*">(\d+)</a>')
CHOSEN = re.compile(r'name="issue" value="([^"]+)" form="remind"')
LINKED = re.compile(rf'href="/console/{b.ZONE}/issues/([^"]+)"')
CURSOR = re.compile(r'hx-get="([^"]+more=true)"')


def figures(text: str) -> dict[str, int]:
    """Return every figure of a page that leads to the board, by its address."""
    found = [pair for each in (TILE, COUNT) for pair in each.findall(text)]
    return {html.unescape(href): int(n) for href, n in found if href.startswith(BOARD)}


def keys(text: str) -> list[str]:
    """Return the issues that a page links to, in order."""
    return LINKED.findall(text)


def counted(text: str) -> int:
    """Return how many issues a board says that it has."""
    found = re.search(r'<p class="note">(\d+) issues</p>', text)
    assert found is not None
    return int(found[1])


async def busy(console: Console) -> None:
    """Report seven issues in two grids from Monday on; by Thursday noon some are late, and that day
    has seen one of each kind of news."""
    counter = console.counter
    for key in ("late", "raised", "silent", "refused"):
        await counter.accepted(key)
    await counter.do(b.PROPOSE, key="silent")
    await counter.do(b.report(enterprise="foundry", category="power-supply"), b.OFFICER, key="f-1")
    counter.clock.at = b.TUE_9
    await counter.do(b.PROPOSE, key="refused")
    counter.clock.at = b.THU_9
    await counter.do(b.NOTE, b.COORDINATOR, key="raised")  # its clock was due, and escalates it
    await counter.do(b.REJECT, b.ENTERPRISE, key="refused")
    await counter.desk.ring(Ring(zone=b.ZONE, key="silent", clock="sign_off", cycle=1, rung="due"))
    await counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="bakery-1")
    counter.clock.at = b.local(3, 12)
    await counter.do(b.report(enterprise="bakery", title=NASTY), b.OTHER_ENTERPRISE, key="nasty")
    counter.clock.at = b.local(3, 12, 45)


async def issues_of(console: Console) -> list[Issue]:
    """Return every issue, straight from the ledger."""
    rows = await console.counter.ledger.find(zone=b.ZONE, limit=1000)
    return [row.issue for row in rows]


def lit(issue: Issue, at: datetime) -> Light:
    """Return an issue's light, told by its clocks and by nothing that a board keeps."""
    return light_of(issue, b.TERMS, at).light
