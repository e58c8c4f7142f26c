"""News for open pages: nothing that happened since a page was read goes unheard."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import builders as b
import httpx2
import pytest
from consoles import Console
from streams import served

from console import news
from console.page import PREFIX

NEWS = f"{PREFIX}/{b.ZONE}/news"
WITHIN_S = 20
QUIET_S = 1.0


class Heard:
    """The news as they come: read all the while, so that no wait for them breaks them off."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self._answer = answer

    async def read(self) -> None:
        """Take the lines until the end."""
        async for line in self._answer.aiter_lines():
            self.lines.put_nowait(line)

    async def moved(self, within_s: float = WITHIN_S) -> bool:
        """Return whether it is told in time that something moved."""
        try:
            async with asyncio.timeout(within_s):
                while await self.lines.get() != "event: moved":
                    pass
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def heard(console: Console, query: str = "", **headers: str) -> AsyncIterator[Heard]:
    """Yield the news that an officer hears."""
    told = {"Authorization": "Test officer", **headers}
    async with (
        served(console) as server,  # type: ignore[arg-type]  # it has what is asked of a face
        httpx2.AsyncClient(base_url=server.url, headers=told, trust_env=False) as client,
        client.stream("GET", NEWS + query) as answer,
    ):
        assert answer.status_code == 200
        told_so_far = Heard(answer)
        reading = asyncio.create_task(told_so_far.read())
        yield told_so_far
        reading.cancel()


async def now(console: Console) -> int:
    """Return the position up to which everything can be read."""
    return await console.counter.desk.ledger.safe_position()


@pytest.mark.parametrize("page", [f"{PREFIX}/{b.ZONE}/board", f"{PREFIX}/{b.ZONE}/issues/{b.KEY}"])
async def test_a_page_asks_for_the_news_since_it_was_read(console: Console, page: str) -> None:
    await console.counter.accepted()
    found = re.search(r'sse-connect="([^"]+)"', await console.page("supervisor", page))
    assert found is not None
    assert found[1] == f"{NEWS}?after={await now(console)}"


async def test_what_happened_before_a_page_listened_is_told(console: Console) -> None:
    await console.counter.accepted()
    place = await now(console)
    await console.counter.do(b.NOTE, id_="note-meanwhile")
    async with heard(console, f"?after={place}") as told:
        assert await told.moved()
    async with heard(console, f"?after={await now(console)}") as told:
        assert not await told.moved(QUIET_S)


async def test_a_browser_that_was_away_is_told_what_happened_meanwhile(console: Console) -> None:
    await console.counter.accepted()
    place = await now(console)
    await console.counter.do(b.NOTE, id_="note-meanwhile")
    last = await now(console)
    async with heard(console, f"?after={place}", **{"Last-Event-ID": str(place)}) as told:
        assert await told.moved()
    async with heard(console, f"?after={place}", **{"Last-Event-ID": str(last)}) as told:
        assert not await told.moved(QUIET_S)


async def test_whoever_was_away_for_long_is_told_at_once(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "BEHIND_MAX", 0)
    await console.counter.accepted()
    async with heard(console, "?after=0") as told:
        async with asyncio.timeout(WITHIN_S):
            first = [await told.lines.get() for _ in range(8)]
    assert f"id: {await now(console)}" in first
    assert "event: moved" in first


@pytest.mark.parametrize("last", ["", "-1", "x", "9" * 20, "1e3"])
async def test_a_place_that_is_none_or_not_yet_there_is_now(console: Console, last: str) -> None:
    await console.counter.accepted()
    async with heard(console, f"?after={1 << 62}", **{"Last-Event-ID": last}) as told:
        assert not await told.moved(QUIET_S)
        await console.counter.do(b.NOTE, id_="note-then")
        assert await told.moved()


@pytest.mark.parametrize("after", ["-1", "x", str(1 << 63)])
async def test_a_place_that_cannot_be_is_refused(console: Console, after: str) -> None:
    async with console.opened_as("officer") as browser:
        answer = await browser.get(f"{NEWS}?after={after}")
    assert 400 <= answer.status_code < 500
