"""One connection, bounded: how long it may take to say what it wants, how many may say nothing.

h11 is taken even where httptools is installed: it alone bounds what it holds of the headers.
"""

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from face.problems import STATUSES, problem
from face.words import DEFAULT

HEADERS_S_MAX: Final = 10.0
HEADERS_BYTES_MAX: Final = 32 * 1024
LINGER_S: Final = 1.0
FILES_KEPT: Final = 200
"""Open files that are for the ledger, the log and the rest."""
ROOM_KEPT: Final = 50
"""So many connections fewer than the server takes wait at most: whoever has something to say always
finds room."""


class LingeringTransport(asyncio.Transport):
    """A transport that, closed before all was read, hears the other side out for a moment: to close
    at once would tear the answer from them before they have read it."""

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._inner = inner
        self._loop = loop
        self._is_closing = False
        self.is_owed = False
        """Whether the other side may still be sending."""

    def close(self) -> None:
        """Say no more; close when the other side has had its moment."""
        if self._is_closing:
            return
        self._is_closing = True
        if self.is_owed and self._inner.can_write_eof() and not self._inner.is_closing():
            self._inner.resume_reading()
            self._inner.write_eof()
            self._loop.call_later(LINGER_S, self._inner.abort)
        else:
            self._inner.close()

    def abort(self) -> None:
        """Close at once."""
        self._is_closing = True
        self._inner.abort()

    def is_closing(self) -> bool:
        """Return whether nothing more is to be said."""
        return self._is_closing or self._inner.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Say something."""
        if not self._is_closing:
            self._inner.write(data)

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Return what is known of the connection."""
        return self._inner.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Hear nothing for now."""
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        """Hear again."""
        self._inner.resume_reading()


class BoundedProtocol(H11Protocol):
    """Closes what takes too long over its headers; when there is no more room, what has waited
    longest makes way."""

    headers_s_max: float = HEADERS_S_MAX
    _late: asyncio.TimerHandle | None = None
    _waiting_since: float = 0.0
    _has_spoken: bool = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection. (uvicorn narrows the argument in the same way.)"""
        self.lingering = LingeringTransport(transport, self.loop)
        super().connection_made(self.lingering)
        self._wait()
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it go."""
        self._come()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; what they amount to decides whether the connection is still waited for."""
        if self.transport.is_closing():
            return
        self._has_spoken = True
        self.lingering.is_owed = True
        super().data_received(data)
        if self.conn.their_state in (h11.DONE, h11.MUST_CLOSE) and not self.conn.trailing_data[0]:
            self.lingering.is_owed = False
        if not self.is_waiting:
            self._come()
        elif self._late is None and not self.transport.is_closing():
            self._wait()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._waiting_since = self.loop.time()
        self._has_spoken = False
        super().on_response_complete()

    @property
    def is_waiting(self) -> bool:
        """Return whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def send_400_response(self, msg: str) -> None:
        """Tell what was sent that is no request, in the form of every other problem."""
        held, _ = self.conn.trailing_data
        is_unfinished = b"\r\n\r\n" not in held
        self._refuse(431 if is_unfinished and len(held) > HEADERS_BYTES_MAX else 400)

    def _refuse(self, status: int) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.is_closing():
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            told = problem(STATUSES[status], DEFAULT, None, headers={"Connection": "close"})
            response = h11.Response(
                status_code=status, headers=self.server_state.default_headers + told.raw_headers
            )
            for event in (response, h11.Data(data=bytes(told.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait(self) -> None:
        self._waiting_since = self.loop.time()
        self._late = self.loop.call_later(self.headers_s_max, self._give_up)

    def _come(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if not self.is_waiting or self.transport.is_closing():
            return
        if self._has_spoken:
            self._refuse(408)
        else:
            self.transport.close()

    def _make_room(self) -> None:
        most = self.limit_concurrency
        if most is None or len(self.connections) <= max(1, most - ROOM_KEPT):
            return
        others = [
            each
            for each in self.connections
            if isinstance(each, BoundedProtocol) and each is not self
        ]
        for each in others:
            if each.transport.is_closing():
                each.transport.abort()  # nobody reads what it still has to send
        waiting = [each for each in others if each.is_waiting and not each.transport.is_closing()]
        if waiting:
            min(waiting, key=lambda each: each._waiting_since).transport.abort()


def room_for(most: int) -> int:
    """Return how many connections to take: `most`, or as many as there may be open files for."""
    try:
        from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit
    except ImportError:  # not a Unix
        return most
    files, _ = getrlimit(RLIMIT_NOFILE)
    if files == RLIM_INFINITY:
        return most
    return min(most, max(2 * ROOM_KEPT, files - FILES_KEPT))
