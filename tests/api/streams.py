"""A face served on loopback, and clients of its stream that drop and come back."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
from faces import Face

from face.serving import Server, make_server


@asynccontextmanager
async def served(face: Face) -> AsyncIterator["Served"]:
    """Serve a face until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        free.listen()
        server = make_server(face.app, face.house, "127.0.0.1", free.getsockname()[1])
        task = asyncio.create_task(server.serve(sockets=[free]))
        found = Served(server, f"http://127.0.0.1:{free.getsockname()[1]}", face, task)
        try:
            while not server.started:  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.005)
            yield found
        finally:
            await found.stop()


@dataclass
class Served:
    """A server, and how to get at it."""

    server: Server
    url: str
    face: Face
    task: "asyncio.Task[None]"

    async def stop(self) -> None:
        """Stop as a signal does."""
        self.face.house.stopping.set()
        self.server.should_exit = True
        await self.task

    @asynccontextmanager
    async def stream(
        self, name: str = "service", last: str | None = None, **asked: Any
    ) -> AsyncIterator[httpx2.Response]:
        """Open the stream as somebody."""
        headers = {"Authorization": f"Test {name}"}
        if last is not None:
            headers["Last-Event-ID"] = last
        async with (
            httpx2.AsyncClient(base_url=self.url, timeout=10, trust_env=False) as client,
            client.stream("GET", "/v1/events", headers=headers, params=asked) as answer,
        ):
            yield answer


@dataclass
class Follower:
    """What a client of the stream has seen. `last` is what it comes back with."""

    last: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    comments: int = 0

    @property
    def positions(self) -> list[int]:
        """Return the positions of the events, in the order in which they came."""
        return [each["position"] for each in self.events]

    async def read(self, answer: httpx2.Response, *, until: int) -> None:
        """Read until so many events were seen, or the stream ends."""
        async for line in answer.aiter_lines():
            name, _, said = line.partition(": ")
            if name == "id":
                self.last = said
            elif name == "data":
                self.events.append(json.loads(said))
                if len(self.events) >= until:
                    return
            elif line.startswith(":"):
                self.comments += 1

    async def read_for(self, answer: httpx2.Response, seconds: float) -> None:
        """Read for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.read(answer, until=10**9)
