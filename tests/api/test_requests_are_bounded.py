"""What a request may be: bounds on bodies, addresses, headers and time, told as problems."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import builders as b
import pytest
import structlog
from desks import Counter, StandingClock
from faces import Face, face_of
from fastapi import FastAPI
from pydantic import BaseModel
from sampling import with_its_own
from starlette.types import ASGIApp, Message, Scope

from face.addresses import Addresses
from face.limits import HEADER_BYTES_MAX, HEADERS_MAX, Door
from face.observing import request_name
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack

ONE = f"/v1/issues/{b.ZONE}/{b.KEY}"
TAKEN = "/v1/taken"
JSON = {"Content-Type": "application/json"}


class Taken(BaseModel):
    """What the tests' own route takes."""

    text: str = ""


class Given(BaseModel):
    """What it answers."""

    characters: int


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """An application with routes of these tests' own: one that takes a body, whoever sends it, one
    that takes its time, one that fails."""
    app = with_its_own(face_of(Counter(MemoryLedger(), StandingClock())))

    @app.post(TAKEN)
    async def take(taken: Taken, sort: str = "") -> Given:
        return Given(characters=len(taken.text))

    @app.get("/v1/slow")
    async def slow() -> Given:
        await asyncio.sleep(60)
        return Given(characters=0)

    @app.get("/v1/fails")
    async def fail() -> Given:
        raise ZeroDivisionError

    @app.post("/v1/intake/taken")
    async def take_file() -> Given:
        return Given(characters=0)

    return app


@pytest.fixture
def face(clock: StandingClock, app: FastAPI) -> Face:
    """A face over that application."""
    face = face_of(Counter(MemoryLedger(), clock))
    with_its_own(face, app)
    return face


async def told(face: Face, method: str, path: str, **sent: Any) -> tuple[int, dict[str, Any]]:
    """Return the status and the problem of a request."""
    async with face.asked_as("officer") as client:
        answer = await client.request(method, path, **sent)
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()


def nested(depth: int) -> bytes:
    """Return JSON of that depth."""
    return b'{"text":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": "' + b"x" * 70_000 + b'"}', 413),
        (nested(33), 400),
        (b"[" * 60_000, 400),
        (b'"' + b'\\"' * 30_000, 400),
        (json.dumps({str(n): n for n in range(5_001)}).encode(), 413),
        (b"[" + b"0," * 30_000 + b"0]", 422),
        (b'{"text": "a", "text": "b"}', 400),
        (b'{"text": NaN}', 400),
        (b'{"text": ' + b"9" * 5_000 + b"}", 400),
        (b'{"text": "\\ud800"}', 400),
        (b'{"text": "\xff\xfe"}', 400),
        (b"\xff\xfe{\x00}\x00", 400),
        ("\ufeff{}".encode(), 400),
        (b"{", 400),
        (b"nothing", 400),
        (b"[]", 422),
        (b'{"text": 1}', 422),
    ],
    ids=lambda value: value if isinstance(value, int) else ascii(value[:24]),
)
async def test_a_body_that_is_too_much_or_no_json_is_told_so(
    face: Face, body: bytes, status: int
) -> None:
    assert (await told(face, "POST", TAKEN, content=body, headers=JSON))[0] == status


async def test_a_body_within_bounds_is_taken(face: Face) -> None:
    async with face.asked_as("officer") as client:
        whole = await client.post(TAKEN, json={"text": "路" * 20_000})
        none = await client.post("/v1/intake/taken")

    assert whole.json() == {"characters": 20_000}
    assert none.status_code == 200


async def test_a_body_in_chunks_is_counted_as_it_comes(face: Face) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 10_000
            yield b"x" * 10_000

    message: dict[str, Any] = {}
    parts = chunks()

    async def receive() -> Message:
        return {"type": "http.request", "body": await anext(parts), "more_body": True}

    async def send(given: Message) -> None:
        message.setdefault(given["type"], given)

    await face.app(asked("POST", TAKEN, chunked=True), receive, send)

    assert message["http.response.start"]["status"] == 413
    assert sent <= 80_000
    assert (b"connection", b"close") in message["http.response.start"]["headers"]


async def test_a_body_that_trickles_is_not_waited_for(face: Face) -> None:
    app = behind_a_door(face.app, body_s_max=0.05)
    message: dict[str, Any] = {}

    async def receive() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(given: Message) -> None:
        message.setdefault(given["type"], given)

    await app(asked("POST", TAKEN, chunked=True), receive, send)

    assert message["http.response.start"]["status"] == 408


async def test_a_request_that_takes_too_long_is_told_to_come_again(face: Face) -> None:
    app = behind_a_door(face.app, request_s_max=0.05)
    message: dict[str, Any] = {}

    async def receive() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(given: Message) -> None:
        message.setdefault(given["type"], given)

    await app(asked("GET", "/v1/slow"), receive, send)

    assert message["http.response.start"]["status"] == 503
    assert dict(message["http.response.start"]["headers"])[b"retry-after"] == b"5"


async def test_a_client_that_leaves_in_the_middle_of_a_body_is_no_failure(face: Face) -> None:
    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive() -> Message:
        return next(parts, {"type": "http.disconnect"})

    async def send(given: Message) -> None:
        raise AssertionError(given)

    with structlog.testing.capture_logs() as lines:
        await face.app(asked("POST", TAKEN, chunked=True), receive, send)

    assert [line["status"] for line in lines] == [499]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json; charset=gb18030"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
        ({}, 415),
        ({"Content-Type": "application/json; charset=UTF-8"}, 200),
        ({"Content-Type": "application/merge-patch+json"}, 200),
    ],
)
async def test_only_json_is_taken_where_json_is_wanted(
    face: Face, headers: dict[str, str], status: int
) -> None:
    body = zlib.compress(b"{}") if "Content-Encoding" in headers else b"{}"
    async with face.asked_as("officer") as client:
        answer = await client.post(TAKEN, content=body, headers=headers)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/v1/issues/{b.ZONE}/a%00b", 400),
        (f"/v1/issues/{b.ZONE}/a%0d%0ab", 400),
        (f"/v1/issues/{b.ZONE}/%ff%fe", 400),
        (f"/v1/issues/{b.ZONE}/%E2%80%AE", 400),
        (f"{ONE}?wait_for=%00", 400),
        (f"{ONE}?wait_for=%C3%28", 400),
        (f"{ONE}?wait_for=1&position=2", 422),
        (f"{ONE}?wait_fro=1", 422),
        (f"{ONE}?wait_for=" + "1" * 5_000, 414),
        (f"{ONE}?wait_for=" + "1" * 50, 422),
        (f"{ONE}?wait_for=-1", 422),
        (f"/v1/issues/{b.ZONE}/{'x' * 65}", 422),
        ("/v1/nothing", 404),
        ("//v1/issues", 404),
        ("/v1/issues/../../etc/passwd", 404),
    ],
)
async def test_an_address_that_is_no_address_is_told_so(face: Face, path: str, status: int) -> None:
    assert (await told(face, "GET", path))[0] == status


async def test_a_parameter_that_is_not_known_is_named_with_those_that_are(face: Face) -> None:
    _, problem = await told(face, "GET", f"{ONE}?wait_fro=1")

    assert problem["field"] == "wait_fro"
    assert "wait_for" in problem["allowed"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(f"x-{n}", "1") for n in range(HEADERS_MAX)], 431),
        ([("x-large", "1" * HEADER_BYTES_MAX)], 431),
        ([("authorization", "Test officer"), ("authorization", "Test operator")], 400),
    ],
)
async def test_headers_that_are_too_many_or_too_large_or_ambiguous_are_refused(
    face: Face, headers: list[tuple[str, str]], status: int
) -> None:
    assert (await told(face, "GET", ONE, headers=headers))[0] == status


async def test_a_method_that_is_not_taken_is_told_with_those_that_are(face: Face) -> None:
    async with face.asked_as("officer") as client:
        for method in ("DELETE", "PATCH", "TRACE", "BREW"):
            answer = await client.request(method, ONE)
            assert answer.status_code == 405
            assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
        options = await client.options(TAKEN)

    assert (options.status_code, options.headers["Allow"]) == (204, "OPTIONS, POST")


async def test_head_answers_as_get_does_without_a_body(face: Face) -> None:
    await face.counter.accepted()
    async with face.asked_as("officer") as client:
        whole = await client.get(ONE)
        head = await client.head(ONE)
        nothing = await client.head("/v1/nothing")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == whole.headers["ETag"]
    assert (nothing.status_code, nothing.content) == (404, b"")


async def test_every_answer_is_marked_and_named(face: Face) -> None:
    async with face.asked_as("officer") as client:
        answers = [
            await client.get("/healthz", headers={"X-Request-Id": "mine-1"}),
            await client.get("/v1/nothing", headers={"X-Request-Id": "mine-1"}),
            await client.get(f"{ONE}?wait_for=%00", headers={"X-Request-Id": "mine-1"}),
        ]

    for answer in answers:
        assert answer.headers["X-Request-Id"] == "mine-1"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 65, "a\nb", "a\n", "<script>"])
def test_a_name_that_is_none_is_replaced(given: str | None) -> None:
    assert request_name(given) != given
    assert request_name(request_name(given))


async def test_the_log_names_the_route_and_the_principal_and_nothing_that_was_sent(
    face: Face,
) -> None:
    with structlog.testing.capture_logs() as lines:
        async with face.asked_as("officer") as client:
            await client.get(f"{ONE}?wait_for=999999999999999999999")

    assert len(lines) == 1
    line = lines[0]
    assert (line["event"], line["route"]) == ("request", "/v1/issues/{zone}/{key}")
    assert (line["status"], line["code"]) == (422, "invalid")
    assert line["principal"] == "user:officer"
    assert "Test officer" not in str(line)
    assert "9999" not in str(line)


async def test_what_fails_inside_is_a_problem_too(face: Face) -> None:
    async with face.asked_as("officer") as client:
        answer = await client.get("/v1/fails")

    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert "ZeroDivision" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_figures_are_for_operators(face: Face) -> None:
    with_its_own(face)  # where nothing has been counted yet
    async with face.asked_as("officer") as client:
        refused = await client.get("/metrics")
        await client.get("/v1/nothing")
        await client.get("/v1/made/up")
    async with face.asked_as("operator") as client:
        page = await client.get("/metrics")

    assert refused.status_code == 403
    assert 'closeout_http_refused_total{code="not_found"} 2.0' in page.text
    assert 'closeout_http_requests_total{method="GET",route="(none)",status="404"} 2.0' in page.text
    assert "made" not in page.text


def asked(method: str, path: str, *, chunked: bool = False) -> Scope:
    """Return what a server makes of a request."""
    headers = [(b"host", b"closeout.test"), (b"authorization", b"Test officer")]
    if chunked:
        headers += [(b"transfer-encoding", b"chunked"), (b"content-type", b"application/json")]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("closeout.test", 80),
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "method": method,
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
    }


def behind_a_door(app: FastAPI, **bounds: float) -> ASGIApp:
    """Return the application behind a door with bounds of a test's own."""
    return Door(app, Addresses(app), **bounds)
