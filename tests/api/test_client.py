"""The client in one file, against the face itself: what is safe is tried again, nothing twice."""

import asyncio
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import builders as b
import httpx2
import pytest
from faces import PEOPLE, Face, NamedIdentity
from starlette.requests import HTTPConnection
from streams import served as listening

from api.client import closeout_client
from api.client.closeout_client import (
    Closeout,
    Conflict,
    Invalid,
    Issue,
    NotPermitted,
    Refused,
    Unauthenticated,
    Unavailable,
    Unknown,
)
from domain.access import PUBLIC, Principal
from face.problems import UnauthenticatedError

REPORT = b.report().model_dump(mode="json", exclude={"kind"})
OFFICER = "officer"
ROOT = Path(__file__).parents[2]


class ByToken(NamedIdentity):
    """Takes the name in `Authorization: Bearer NAME` for who calls."""

    async def caller(self, connection: HTTPConnection) -> Principal:
        shown = connection.headers.get("authorization")
        if shown is None:
            return PUBLIC
        if (found := PEOPLE.get(shown.removeprefix("Bearer "))) is None:
            raise UnauthenticatedError("nobody of that name")
        return found


class Bridge(httpx2.BaseTransport):
    """Carries a blocking client's requests to an application on the loop of the test. `lost`
    answers never arrive; `faults` are answered before the application hears of a request."""

    def __init__(self, face: Face) -> None:
        self._asgi = httpx2.ASGITransport(app=face.app, raise_app_exceptions=False)
        self._loop = asyncio.get_running_loop()
        self.faults: list[httpx2.Response | httpx2.TransportError] = []
        self.lost = 0
        self.seen: list[tuple[str, str, dict[str, str]]] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append((request.method, request.url.path, dict(request.headers)))
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, httpx2.Response):
                return fault
            raise fault
        sent = asyncio.run_coroutine_threadsafe(self._sent(request), self._loop)
        answer = sent.result(timeout=20)
        if self.lost:
            self.lost -= 1
            raise httpx2.ReadError("the answer was lost")
        return answer

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        url, headers = str(request.url), request.headers
        async with httpx2.AsyncClient(transport=self._asgi) as client:
            answer = await client.request(
                request.method, url, headers=headers, content=request.read()
            )
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)


class Desk:
    """A client of a face, and what lies between."""

    def __init__(self, face: Face, token: str | None = OFFICER) -> None:
        self.bridge = Bridge(face)
        self.client = Closeout("http://closeout.test", token, transport=self.bridge)

    async def __call__(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Call a method of the client off the loop."""

        def called() -> Any:
            found = method(*args, **named)
            return list(found) if isinstance(found, Iterator) else found

        return await asyncio.to_thread(called)


@pytest.fixture
def served(face: Face, monkeypatch: pytest.MonkeyPatch) -> Face:
    """The face, with callers told by token; a client of it does not wait between tries."""
    face.house.identity = ByToken()
    monkeypatch.setattr(closeout_client, "_pause_s", lambda *_: 0.0)
    return face


async def test_an_issue_is_reported_acted_on_and_read(served: Face) -> None:
    theirs, ours = Desk(served, "enterprise"), Desk(served)

    issue: Issue = await theirs(theirs.client.report, b.ZONE, REPORT, key="A01", id="r-1")
    done = await ours(
        ours.client.command, b.ZONE, "A01", {"kind": "accept"}, expected_version=issue.version
    )
    found: Issue = await ours(ours.client.issue, b.ZONE, "A01", wait_for=done.position)
    entries = await ours(ours.client.timeline, b.ZONE, "A01")
    clocks = await ours(ours.client.clocks, b.ZONE, "A01")

    assert (issue.key, issue.version, issue.phase, issue.replayed) == ("A01", 1, "intake", False)
    assert (done.version, done.events, done.repeated) == (2, ("issue_accepted",), False)
    assert (found.number, found.phase, found.title) == (done.number, "handling", REPORT["title"])
    assert [each.kind for each in entries][:2] == ["issue_reported", "issue_accepted"]
    assert clocks["clocks"]
    assert found.raw["owner"] == found.owner


@pytest.mark.parametrize("lost", [1, 3])
async def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_happens_twice(
    served: Face, lost: int
) -> None:
    desk = Desk(served, "enterprise")
    desk.bridge.lost = lost

    issue: Issue = await desk(desk.client.report, b.ZONE, REPORT)

    assert issue.replayed
    assert issue.version == 1
    ids = {headers["idempotency-key"] for _, _, headers in desk.bridge.seen}
    assert (len(desk.bridge.seen), len(ids)) == (lost + 1, 1)
    assert len([each async for each in served.counter.ledger.streams()]) == 1


async def test_a_face_that_is_busy_is_asked_again_and_at_last_given_up(served: Face) -> None:
    await served.counter.reported()
    desk = Desk(served)
    desk.bridge.faults = [
        httpx2.Response(503, headers={"Retry-After": "2"}),
        httpx2.ConnectError("refused"),
        httpx2.Response(429, headers={"Retry-After": "1"}),
    ]
    assert (await desk(desk.client.issue, b.ZONE, b.KEY)).version == 1

    desk.bridge.faults = [httpx2.Response(503)] * 6
    with pytest.raises(Unavailable, match="503 after 6 tries"):
        await desk(desk.client.issue, b.ZONE, b.KEY)
    desk.bridge.faults = [httpx2.ConnectError("refused")] * 6
    with pytest.raises(Unavailable, match="refused"):
        await desk(desk.client.report, b.ZONE, REPORT)
    assert not desk.bridge.faults


async def test_what_is_refused_is_told_by_its_kind_and_not_tried_again(served: Face) -> None:
    await served.counter.reported()
    desk, nobody, wrong = Desk(served), Desk(served, None), Desk(served, "mallory")
    accept = {"kind": "accept"}
    cases: list[tuple[Desk, type[Refused], str, tuple[Any, ...], dict[str, Any]]] = [
        (desk, Unknown, "issue", (b.ZONE, "nothing"), {}),
        (desk, Unknown, "issue", ("../..", "healthz"), {}),
        (desk, Conflict, "command", (b.ZONE, b.KEY, accept), {"expected_version": 9}),
        (desk, Invalid, "command", (b.ZONE, b.KEY, {"kind": "dance"}), {}),
        (nobody, NotPermitted, "issue", (b.ZONE, b.KEY), {}),
        (wrong, Unauthenticated, "issue", (b.ZONE, b.KEY), {}),
    ]

    for who, kind, method, args, named in cases:
        before = len(who.bridge.seen)
        with pytest.raises(Refused) as refused:
            await who(getattr(who.client, method), *args, **named)
        assert type(refused.value) is kind, refused.value
        assert refused.value.code != "unknown"
        assert refused.value.request_id
        assert len(who.bridge.seen) == before + 1

    with pytest.raises(Conflict) as moved:
        await desk(desk.client.command, b.ZONE, b.KEY, accept, expected_version=9)
    assert moved.value.current["version"] == "1"


async def test_lists_go_on_from_page_to_page(served: Face) -> None:
    for number in range(5):
        await served.counter.reported(f"k{number}")
    desk = Desk(served)

    found = await desk(desk.client.issues, zone=b.ZONE, open=True, limit=2)

    assert [each.key for each in found] == [f"k{number}" for number in range(5)]
    assert len(desk.bridge.seen) == 3


async def test_whoever_waits_for_something_is_given_the_issue_once_it_holds(served: Face) -> None:
    await served.counter.reported()
    desk = Desk(served)
    waiting = asyncio.create_task(
        desk(desk.client.wait_for, b.ZONE, b.KEY, lambda each: each.phase == "handling")
    )
    await asyncio.sleep(0.05)
    await served.counter.do(b.ACCEPT)

    assert (await waiting).phase == "handling"
    with pytest.raises(TimeoutError, match="handling"):
        await desk(desk.client.wait_for, b.ZONE, b.KEY, lambda _: False, within_s=0.1)


def told(position: int) -> bytes:
    plain = {
        "id": f"harbour/k@{position}",
        "type": "closeout.note_added",
        "zone": "harbour",
        "key": "k",
        "version": position,
        "position": position,
        "time": "2026-03-02T01:00:00.000Z",
        "actor": {"kind": "engine"},
        "data": {},
        "later": "a field of a later version",
    }
    return f"id: {position}\nevent: event\ndata: {json.dumps(plain)}\n\n".encode()


class Dropping(httpx2.SyncByteStream):
    """Sends some bytes and breaks off."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts
        raise httpx2.ReadError("the connection was cut")


def test_a_stream_that_breaks_off_goes_on_where_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closeout_client, "_pause_s", lambda *_: 0.0)
    asked: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        after = int(asked[-1] or 3)
        if len(asked) % 3 == 0:
            return httpx2.Response(503, headers={"Retry-After": "1"})
        half = told(after + 3)[:40]
        stream = Dropping(b": ping\n\n", told(after + 1), told(after + 2), half)
        return httpx2.Response(200, headers={"Closeout-Position": "3"}, stream=stream)

    client = Closeout("http://closeout.test", "t", transport=httpx2.MockTransport(answer))
    events = client.follow(zone="harbour")
    positions = [next(events).position for _ in range(60)]

    assert positions == list(range(4, 64))
    assert asked[:4] == [None, "5", "7", "7"]


def test_a_stream_begins_after_the_position_that_is_asked_for() -> None:
    asked: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        return httpx2.Response(200, content=told(1))

    client = Closeout("http://closeout.test", transport=httpx2.MockTransport(answer))
    first = next(client.follow(after=0))

    assert asked == ["0"]
    assert (first.type, first.raw["later"]) == (
        "closeout.note_added",
        "a field of a later version",
    )


def test_a_stream_that_may_not_be_read_is_refused_at_once() -> None:
    problem = {"code": "not_permitted", "detail": "no"}
    client = Closeout(
        "http://closeout.test",
        transport=httpx2.MockTransport(lambda _: httpx2.Response(403, json=problem)),
    )

    with pytest.raises(NotPermitted):
        next(client.follow())


@pytest.mark.parametrize("said", ["2", "999999", "soon", ""])
def test_pauses_are_bounded_whatever_the_face_says(said: str) -> None:
    answer = httpx2.Response(503, headers={"Retry-After": said})

    for tried in range(40):
        assert 0 < closeout_client._pause_s(tried, answer) < 61


def test_the_client_needs_nothing_of_closeout(tmp_path: Path) -> None:
    file = tmp_path / "closeout_client.py"
    file.write_text(Path(closeout_client.__file__).read_text())
    code = (
        "import sys, closeout_client; "
        "ours = {'api', 'domain', 'desk', 'ledger', 'runtime', 'pydantic', 'fastapi'}; "
        "assert not ours & set(sys.modules), ours & set(sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


async def test_events_are_followed_over_a_real_connection(served: Face) -> None:
    await served.counter.reported()
    async with listening(served) as server:
        client = Closeout(server.url, OFFICER)

        def followed() -> list[tuple[str, int]]:
            events = client.follow(after=0, zone=b.ZONE)
            return [(event.type, event.version) for event in itertools.islice(events, 2)]

        following = asyncio.create_task(asyncio.to_thread(followed))
        await asyncio.sleep(0.1)
        await served.counter.do(b.ACCEPT)

        seen = await asyncio.wait_for(following, 10)
    types = [record.kind for record in await served.counter.ledger.records(f"{b.ZONE}/{b.KEY}")]
    assert seen == [(f"closeout.{kind}", at) for at, kind in enumerate(types, start=1)]


async def test_what_the_document_shows_runs(
    served: Face, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs/howto/use-the-client.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    replaced = {
        "xinghe-optics": b.ENTERPRISE.enterprise,
        "xinghe": b.ZONE,
        "UTL-1": REPORT["category"],
        '"service"': '"enterprise"',
        "ck_…": "enterprise",
        "        print(event.position, event.type, event.key)": "        break",
    }
    for word, other in replaced.items():
        assert word in code
        code = code.replace(word, other)
    async with listening(served) as server:
        code = code.replace("http://127.0.0.1:8686", server.url).replace(
            "after=issue.position", "after=0"
        )
        monkeypatch.setitem(sys.modules, "closeout_client", closeout_client)
        monkeypatch.setattr(closeout_client, "Conflict", Refused)

        await asyncio.to_thread(exec, code, {})

    assert "intake" in capsys.readouterr().out
