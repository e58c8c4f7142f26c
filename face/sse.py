"""The events of the ledger as they come, for any number of clients: one reader of the ledger in
each process, and for each client no more than its place."""

import asyncio
import bisect
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final, assert_never

import structlog
from starlette.requests import Request

from domain.access import Horizon
from domain.chain import Record
from domain.elsewhere import keys_in, record_told, told_plainly
from domain.events_out import OutwardEvent, is_told, outward
from domain.streams import ISSUES_ALONE, StreamKind, kind_of_stream, stream_names
from face.elsewhere import hidden_from
from face.house import House
from face.problems import TooManyRequestsError
from face.stream_rows import StreamRows
from face.told_out import MattersHeard, hears_of_matter, hears_of_order, matter_event_told
from ledger.port import Ledger, LedgerError

log = structlog.get_logger()

POLL_S: Final = 0.2
AWAY_S: Final = 1.0
KEPT_MAX: Final = 2000
"""Events that are kept for clients that are a little behind; others read for themselves."""
PAGE: Final = 200
READING_AT_ONCE_MAX: Final = 4
HEARTBEAT_S: Final = 15.0
OF_ONE_CALLER_MAX: Final = 8
IN_ALL_MAX: Final = 256
RETRY_AFTER_S: Final = 30
RECONNECT_MS: Final = 2000

Positioned = tuple[int, Record]


class Feed:
    """Follows the ledger while somebody listens. What it keeps are all events above `_from`."""

    def __init__(self, ledger: Ledger, stopping: asyncio.Event) -> None:
        self.ledger = ledger
        self._stopping = stopping
        self._kept: list[Positioned] = []
        self._from = self._to = -1
        self._news = asyncio.Event()
        self._reading = asyncio.Semaphore(READING_AT_ONCE_MAX)
        self.rows = StreamRows(ledger)
        self._listeners: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        """Return how many listen."""
        return self._listeners.total()

    def require_room(self, caller: str) -> None:
        """Raise TooManyRequestsError if so many listen already, in all or of one caller."""
        if self._listeners[caller] >= OF_ONE_CALLER_MAX or self.listeners >= IN_ALL_MAX:
            raise TooManyRequestsError(RETRY_AFTER_S)

    @asynccontextmanager
    async def listening(self, caller: str) -> AsyncIterator[None]:
        """Follow the ledger to the end of the block. Raises TooManyRequestsError."""
        self.require_room(caller)
        self._listeners[caller] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            self._listeners -= Counter({caller: 1})
            if not self._listeners and self._task is not None:
                self._task.cancel()
                self._task = None
                self._kept.clear()
                self.rows.clear()
                self._from = self._to = -1

    async def after(self, position: int, limit: int = PAGE) -> tuple[list[Positioned], int]:
        """Return the next events behind a position, and up to where that is all there is."""
        if 0 <= self._from <= position:
            at = bisect.bisect_right(self._kept, position, key=lambda each: each[0])
            found = self._kept[at : at + limit]
            whole = len(found) < limit
            return found, max(position, self._to if whole else found[-1][0])
        known = self._to
        async with self._reading:
            page = await self.ledger.follow(position, limit)
        last = page[-1][0] if page else position
        return page, max(last, known) if len(page) < limit else last

    async def wait(self, position: int, within_s: float) -> None:
        """Wait for news behind a position, or that the server stops, for so long at most."""
        if self._to > position:
            return
        try:
            async with asyncio.timeout(within_s):
                await self._news.wait()
        except TimeoutError:
            return

    async def hidden(self, record: Record, enterprise: str) -> frozenset[str]:
        """Return the keys that an event names of issues of others than an enterprise."""
        zone = record.stream.partition("/")[0]
        return await hidden_from(self.ledger, enterprise, zone, keys_in(record))

    async def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                page = await self._page()
            except LedgerError as error:
                log.warning("stream_waits", error=str(error)[:200])
                await self._pause(AWAY_S)
                continue
            if len(page) < PAGE:
                await self._pause(POLL_S)
        self._tell()

    async def _page(self) -> list[Positioned]:
        if self._to < 0:
            self._from = self._to = await self.ledger.safe_position()
            self._tell()
        page = await self.ledger.follow(self._to, PAGE)
        if page:
            self._kept += page
            self._to = page[-1][0]
            over = len(self._kept) - KEPT_MAX
            if over > 0:
                self._from = self._kept[over - 1][0]
                del self._kept[:over]
            for _, record in page:
                self.rows.forget(record.stream)
            self._tell()
        return page

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _pause(self, for_s: float) -> None:
        try:
            async with asyncio.timeout(for_s):
                await self._stopping.wait()
        except TimeoutError:
            return


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which events somebody is told: of the issues within the horizons of their zones, of the
    orders and the matters in their sight, and of those what they asked for; `of` issues alone, if
    nothing else is asked for. `enterprise`: whoever listens for one is told nothing of others."""

    horizons: Mapping[str, Horizon]
    issue: str | None = None
    kinds: frozenset[str] = frozenset()
    enterprise: str | None = None
    of: frozenset[StreamKind] = ISSUES_ALONE
    orders: Mapping[str, Horizon] = field(default_factory=dict)
    matters: Mapping[str, MattersHeard] = field(default_factory=dict)

    async def lets_through(self, feed: Feed, record: Record) -> bool:
        """Return whether an event is told."""
        if not is_told(record, self.of) or self.issue not in (None, record.stream):
            return False
        if self.kinds and record.kind not in self.kinds:
            return False
        zone, _ = stream_names(record.stream)
        kind = kind_of_stream(record.stream)
        match kind:
            case StreamKind.ISSUE:
                return await self._sees_issue(feed, zone, record)
            case StreamKind.ORDER:
                within = self.orders.get(zone)
                return await hears_of_order(feed.ledger, feed.rows, within, record)
            case StreamKind.MATTER:
                return await hears_of_matter(feed.rows, self.matters.get(zone), record)
            case _:
                assert_never(kind)

    async def _sees_issue(self, feed: Feed, zone: str, record: Record) -> bool:
        within = self.horizons.get(zone)
        if within is None or within.whole:
            return within is not None
        row = await feed.rows.issue(record)
        return row is not None and within.sees(row.issue)

    async def told(self, feed: Feed, position: int, record: Record) -> OutwardEvent | None:
        """Return an event as whoever listens is told of it; None if it is nothing for them."""
        if not await self.lets_through(feed, record):
            return None
        kind = kind_of_stream(record.stream)
        if self.enterprise is None or kind is StreamKind.ORDER:
            return told(position, record)
        if kind is StreamKind.MATTER:
            return await self._matter_told(feed, position, record, self.enterprise)
        seen = record_told(record, await feed.hidden(record, self.enterprise))
        event = None if seen is None else told(position, seen)
        if event is None or seen is record:
            return event
        return event.model_copy(update={"data": told_plainly(event.data)})

    async def _matter_told(
        self, feed: Feed, position: int, record: Record, enterprise: str
    ) -> OutwardEvent | None:
        zone, _ = stream_names(record.stream)
        event = told(position, record)
        if event is None:
            return None
        heard = self.matters[zone]
        try:
            return await matter_event_told(feed.ledger, feed.rows, heard, record, event, enterprise)
        except ValueError as error:  # whose lines it is about cannot be said
            log.warning("event_unreadable", position=position, error=str(error)[:200])
            return None


def told(position: int, record: Record) -> OutwardEvent | None:
    """Return an event as others are told of it; None if it cannot be read."""
    try:
        return outward(position, record)
    except ValueError as error:
        log.warning("event_unreadable", position=position, error=str(error)[:200])
        return None


def framed(event: OutwardEvent) -> bytes:
    """Return an event as the stream has it."""
    kind = event.type.rpartition(".")[2]
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (
        event.position,
        kind.encode(),
        event.model_dump_json().encode(),
    )


def placed(position: int, said: str) -> bytes:
    """Return what tells a client how far it has come, and no event: a comment, and the id that it
    comes back with."""
    return f": {said}\nid: {position}\n\n".encode()


def opening(position: int) -> bytes:
    """Return what a stream begins with."""
    return f"retry: {RECONNECT_MS}\n".encode() + placed(position, "from here")


class Heartbeat:
    """Says when something has to be sent, so that nobody takes a quiet stream for a dead one."""

    def __init__(self) -> None:
        self._next_s = 0.0
        self.sent()

    @property
    def left_s(self) -> float:
        """Return for how long nothing has to be sent."""
        return max(0.0, self._next_s - time.monotonic())

    def sent(self) -> None:
        """Note that something was sent."""
        self._next_s = time.monotonic() + HEARTBEAT_S


@contextmanager
def unavailable_is_waited() -> Iterator[None]:
    """Let a ledger that is away for a moment end no stream."""
    try:
        yield
    except LedgerError as error:
        log.warning("stream_waits", error=str(error)[:200])


def feed_of(request: Request, house: House) -> Feed:
    """Return what follows the ledger for all clients of this application."""
    state = request.app.state
    if getattr(state, "feed", None) is None:
        state.feed = Feed(house.desk.ledger, house.stopping)
    feed: Feed = state.feed
    return feed
