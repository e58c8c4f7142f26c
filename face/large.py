"""Large bodies: held whole while they are judged and read, so that there is room for a few only.

Whoever sends one need not have said yet who it is. So a place is taken only once much has come, one
address has few of them, and a body that stalls gives its place up.
"""

import asyncio
from collections import Counter
from typing import Final

from starlette.types import Receive, Scope

from face.bodies import BodyRefusedError

LARGE_BYTES: Final = 256 * 1024
LARGE_AT_ONCE_MAX: Final = 8
LARGE_OF_ONE_MAX: Final = 2
STALLED_S_MAX: Final = 2.0
"""A large body of which no `MOVES_BYTES` have come for so long is not waited for."""
MOVES_BYTES: Final = 64 * 1024


class NoRoomError(Exception):
    """There are too many large bodies at once, or too many of one address."""


class LargeBodies:
    """The places for large bodies."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def take(self, peer: str) -> None:
        """Take a place. Raises NoRoomError."""
        if self._taken[peer] >= LARGE_OF_ONE_MAX or self._taken.total() >= LARGE_AT_ONCE_MAX:
            raise NoRoomError("Too many large bodies at once.")
        self._taken[peer] += 1

    def leave(self, peer: str) -> None:
        """Give a place up."""
        self._taken[peer] -= 1
        self._taken += Counter()


class Place:
    """The place of one request, taken when it turns out to need one."""

    def __init__(self, bodies: LargeBodies, scope: Scope) -> None:
        client = scope.get("client")
        self._bodies, self._peer = bodies, str(client[0]) if client else ""
        self._is_taken = False

    def take(self) -> None:
        """Take a place unless it has been. Raises NoRoomError."""
        if not self._is_taken:
            self._bodies.take(self._peer)
            self._is_taken = True

    def leave(self) -> None:
        """Give the place up if there is one."""
        if self._is_taken:
            self._bodies.leave(self._peer)
            self._is_taken = False


async def read_body(receive: Receive, bytes_max: int, place: Place) -> bytes | None:
    """Return the whole body, counted as it comes; None when the client has left. Raises
    BodyRefusedError, NoRoomError, and TimeoutError when a large one has stalled."""
    parts: list[bytes] = []
    size = moved = 0
    stalled_at_s: float | None = None
    while True:
        async with asyncio.timeout_at(stalled_at_s):
            message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > bytes_max:
            raise BodyRefusedError(413, "The body is too large.", f"at most {bytes_max} bytes")
        parts.append(part)
        if size > LARGE_BYTES:
            place.take()
        if not message.get("more_body", False):
            return b"".join(parts)
        if size > LARGE_BYTES and (stalled_at_s is None or size - moved >= MOVES_BYTES):
            stalled_at_s, moved = asyncio.get_running_loop().time() + STALLED_S_MAX, size
