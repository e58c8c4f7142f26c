"""The server on a real socket: what is slow, huge, broken or idle does not keep it from others."""

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter

import pytest
from faces import Face
from fastapi.responses import StreamingResponse
from sampling import with_its_own

from face.connections import BoundedProtocol
from face.serving import Server, make_server

pytestmark = pytest.mark.attack

ALIVE = b"GET /healthz HTTP/1.1\r\nHost: closeout.test\r\nConnection: close\r\n\r\n"
IDLE = 2000
FILES = 6000


@asynccontextmanager
async def served(face: Face, *, at_once: int | None = None) -> AsyncIterator[tuple[Server, int]]:
    """Serve a face on a free port of the loopback; yields the server and the port."""
    face.app.state = face.state
    server = make_server(face.app, face.house, "127.0.0.1", 0)
    if at_once is not None:
        server.config.limit_concurrency = at_once
    running = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110  # nothing announces it
        await asyncio.sleep(0.005)
    try:
        yield server, server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        face.house.stopping.set()
        await running


async def said(port: int, *parts: bytes, pause_s: float = 0.0, half_close: bool = False) -> bytes:
    """Return all that the server says to these bytes until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)
        if half_close:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def status_of(answer: bytes) -> int:
    """Return the status of the first answer."""
    return int(answer.split(b" ", 2)[1])


async def test_headers_that_trickle_are_not_waited_for(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "headers_s_max", 0.2)
    async with served(face) as (_, port):
        begun = perf_counter()
        slow = said(port, b"GET /healthz HTTP/1.1\r\n", *[b"x-a: 1\r\n"] * 9, pause_s=0.05)
        mute = said(port)
        answers = await asyncio.gather(slow, mute, said(port, ALIVE))

    assert status_of(answers[0]) == 408
    assert b"application/problem+json" in answers[0]
    assert answers[1] == b""
    assert status_of(answers[2]) == 200
    assert perf_counter() - begun < 3


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nx: " + b"1" * 200_000 + b"\r\n\r\n", 431),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"x: 1\r\n" * 40_000 + b"\r\n", 431),
        (
            b"GET /healthz HTTP/1.1\r\nHost: a\r\nx: "
            + b"1" * 20_000
            + b"\r\nConnection: close\r\n\r\n",
            431,
        ),
        (b"GET /" + b"a" * 6_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 414),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET  /  HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        (
            b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
            b"Content-Length: 4\r\n\r\nabcd",
            400,
        ),
        (b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (b"GET /healthz\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nx: a\x00b\r\n\r\n", 400),
    ],
    ids=lambda value: value if isinstance(value, int) else ascii(value[:36]),
)
async def test_what_is_no_request_is_refused_and_others_are_answered(
    face: Face, sent: bytes, status: int
) -> None:
    async with served(face) as (server, port):
        answer = await said(port, sent)
        other = await said(port, ALIVE)
        await settled(lambda: not server.server_state.connections)

    assert status_of(answer) == status
    assert status_of(other) == 200


async def test_a_body_of_broken_chunks_ends_its_connection_alone(face: Face) -> None:
    begun = (
        b"POST /v1/issues HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/json\r\n\r\n2\r\n{}\r\n"
    )
    async with served(face) as (server, port):
        broken = await said(port, begun, b"zz\r\nwhat\r\n", pause_s=0.05)
        left = await said(port, begun, half_close=True)
        alive = await said(port, ALIVE)
        await settled(lambda: not server.server_state.tasks)

    assert status_of(broken) in (400, 404, 405)
    assert left == b"" or status_of(left) >= 400
    assert status_of(alive) == 200


async def test_pipelined_requests_are_answered_in_turn_and_garbage_after_them_refused(
    face: Face,
) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    async with served(face) as (_, port):
        answer = await said(port, one * 3 + b"\x00\x01garbage\r\n\r\n" + one * 1000)
        alive = await said(port, ALIVE)

    assert answer.count(b"HTTP/1.1 200") == 3
    assert answer.count(b"HTTP/1.1 400") == 1
    assert status_of(alive) == 200


async def test_two_thousand_idle_connections_leave_room_for_who_speaks(face: Face) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.skip(f"only {hard} files may be open, {FILES} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    writers = []
    try:
        async with served(face) as (server, port):
            for _ in range(20):
                opened = [asyncio.open_connection("127.0.0.1", port) for _ in range(IDLE // 20)]
                writers += [writer for _, writer in await asyncio.gather(*opened)]
            begun = perf_counter()
            answers = [await said(port, ALIVE) for _ in range(20)]
            took = perf_counter() - begun
            held = len(server.server_state.connections)
    finally:
        for writer in writers:
            writer.transport.abort()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert [status_of(each) for each in answers] == [200] * 20
    assert held <= IDLE
    assert took < 2


async def test_who_is_being_answered_is_not_sent_away_for_who_waits(face: Face) -> None:
    gate = asyncio.Event()
    with_its_own(face)

    @face.app.get("/v1/gated")
    async def gated() -> dict[str, str]:
        await gate.wait()
        return {"status": "ok"}

    asks = b"GET /v1/gated HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with served(face, at_once=60) as (_, port):
        busy = [asyncio.ensure_future(said(port, asks)) for _ in range(5)]
        await asyncio.sleep(0.1)
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        gate.set()
        answers = await asyncio.gather(*busy)
        for _, writer in idle:
            writer.close()

    assert [status_of(each) for each in answers] == [200] * 5


async def test_a_signal_stops_the_server_in_under_a_second_with_a_stream_open(face: Face) -> None:
    stopping = face.house.stopping
    with_its_own(face)

    @face.app.get("/v1/streaming")
    async def streaming() -> StreamingResponse:
        async def events() -> AsyncIterator[bytes]:
            yield b": open\n\n"
            await stopping.wait()
            yield b": end\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    asks = b"GET /v1/streaming HTTP/1.1\r\nHost: a\r\n\r\n"
    held = signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the server sends it on when it is done
    try:
        async with served(face) as (_, port):
            stream = asyncio.ensure_future(said(port, asks))
            idle = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.sleep(0.1)
            begun = perf_counter()
            os.kill(os.getpid(), signal.SIGTERM)
            heard = await stream
        took = perf_counter() - begun
        idle[1].close()
    finally:
        signal.signal(signal.SIGTERM, held)

    assert b": open" in heard
    assert b": end" in heard
    assert took < 1


async def settled(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110  # nothing announces it
            await asyncio.sleep(0.01)
