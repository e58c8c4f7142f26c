"""Room for large bodies: for a few at once, for fewer of one address, for none that stalls."""

import asyncio

import pytest
from fastapi import FastAPI
from starlette.types import Message, Scope

from face.addresses import Addresses
from face.large import LARGE_BYTES
from face.limits import Door

pytestmark = pytest.mark.attack

PATH = "/v1/intake/taken"
SCOPE: Scope = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "server": ("closeout.test", 80),
    "scheme": "http",
    "method": "POST",
    "root_path": "",
    "path": PATH,
    "raw_path": PATH.encode(),
    "query_string": b"",
    "headers": [
        (b"host", b"closeout.test"),
        (b"transfer-encoding", b"chunked"),
        (b"content-type", b"application/json"),
    ],
}


class Senders:
    """Bodies on their way to a route that takes large ones, each held up after its first part."""

    def __init__(self) -> None:
        app = FastAPI()
        app.add_api_route(PATH, lambda: {}, methods=["POST"])
        self.door = Door(app, Addresses(app))
        self.gate = asyncio.Event()
        self.statuses: list[int] = []

    def begin(self, count: int, size: int, address: str) -> list[asyncio.Task[None]]:
        """Begin to send bodies of which so much comes at once."""
        return [asyncio.create_task(self._send(size, address)) for _ in range(count)]

    async def _send(self, size: int, address: str) -> None:
        parts = [b" " * size, b"{}"]

        async def receive() -> Message:
            if len(parts) == 1:
                await self.gate.wait()
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

        async def send(given: Message) -> None:
            if given["type"] == "http.response.start":
                self.statuses.append(given["status"])

        scope = {**SCOPE, "client": (address, 1)}
        await self.door(scope, receive, send)


async def test_too_many_large_bodies_at_once_are_told_to_come_again() -> None:
    senders = Senders()
    running = [each for n in range(6) for each in senders.begin(2, LARGE_BYTES + 1, f"192.0.2.{n}")]
    await asyncio.sleep(0.05)
    refused = list(senders.statuses)
    senders.gate.set()
    await asyncio.gather(*running)

    assert refused == [503] * 4
    assert sorted(senders.statuses) == [200] * 8 + [503] * 4


async def test_one_address_cannot_take_all_the_room_and_what_trickles_takes_none() -> None:
    senders = Senders()
    running = senders.begin(20, 1, "192.0.2.1")
    running += senders.begin(10, LARGE_BYTES + 1, "192.0.2.1")
    running += senders.begin(1, LARGE_BYTES + 1, "192.0.2.2")
    await asyncio.sleep(0.05)
    refused = list(senders.statuses)
    senders.gate.set()
    await asyncio.gather(*running)

    assert refused == [503] * 8
    assert senders.statuses.count(200) == 23


async def test_a_large_body_that_stalls_gives_its_place_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("face.large.STALLED_S_MAX", 0.05)
    senders = Senders()
    await asyncio.gather(*senders.begin(2, LARGE_BYTES + 1, "192.0.2.1"))
    (again,) = senders.begin(1, LARGE_BYTES + 1, "192.0.2.1")
    await asyncio.sleep(0.01)
    senders.gate.set()
    await again

    assert senders.statuses == [408, 408, 200]
