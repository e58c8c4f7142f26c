"""A receiver of webhooks on loopback: takes, refuses, hangs or answers late, as it is told."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HANG = -1


@dataclass
class Receiver:
    """What came, in order. `answer` says with which status a message is answered, HANG for never;
    `delay_s` how long that takes."""

    url: str = ""
    answer: Callable[[dict[str, Any]], int] = lambda _: 204
    delay_s: float = 0.0
    extra: str = ""
    came: list[dict[str, Any]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def versions(self, *, first_only: bool = True) -> dict[str, list[int]]:
        """Return by issue the versions that were taken, in order; repeats left out."""
        found: dict[str, list[int]] = defaultdict(list)
        for each in self.taken:
            if not (first_only and each["version"] in found[each["subject"]]):
                found[each["subject"]].append(each["version"])
        return dict(found)

    async def serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one message."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            named = dict(
                (line.split(": ", 1)[0].lower(), line.split(": ", 1)[1])
                for line in head.splitlines()[1:]
                if line
            )
            body = await reader.readexactly(int(named.get("content-length", "0")))
            told = json.loads(body)
            self.came.append(told)
            status = self.answer(told)
            if status == HANG:
                await reader.read()  # until the other side gives up
                return
            await asyncio.sleep(self.delay_s)
            if 200 <= status < 300:
                self.taken.append(told)
                self.heads.append(named)
                self.bodies.append(body)
            said = f"HTTP/1.1 {status} X\r\n{self.extra}Content-Length: 0\r\n\r\n"
            writer.write(said.encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver until the end of the block."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve_one, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in"
    try:
        yield receiver
    finally:
        server.close()
