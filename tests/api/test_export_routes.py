"""Exports over HTTP: the bytes of the command line's files, stopped with their listener."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import builders as b
import httpx2
import pytest
from faces import Face
from seats import face_over
from starlette.types import Message, Scope

from audit.exports import streaming
from audit.exports.choosing import Choice
from audit.exports.exporting import Asked, recorded, writing
from audit.exports.files import PartFile
from audit.exports.forms import Counts, Statement
from audit.exports.made import form_called
from audit.exports.streaming import BrokenOffError, streamed
from domain.chain import Record

FORMS = ("jsonl", "csv", "ocel", "xes")


@pytest.fixture
async def full() -> Face:
    """A ledger with five issues, one of them closed."""
    face = face_over()
    await face.counter.closed_out("closed")
    for number in range(4):
        await face.counter.accepted(f"open-{number}")
    return face


async def exported(
    face: Face, form: str, name: str | None = "auditor", **asked: str
) -> httpx2.Response:
    async with face.asked_as(name) as client:
        return await client.get(f"/v1/exports/{form}", params={"zone": b.ZONE} | asked)


async def in_a_file(face: Face, answer: httpx2.Response, form: str, folder: Path) -> bytes:
    """Return the file that the command line would have written under the same record."""
    reads = await face.counter.ledger.audit_reads(kind="export")
    read = next(each for each in reads if each.id == answer.headers["Closeout-Read"])
    statement = Statement(form, read.position, read.at, read.id, Choice(zone=b.ZONE))
    with form_called(form, folder) as writer, PartFile(folder / f"file.{form}") as file:
        async for _ in writing(face.counter.ledger, writer, file, statement, Counts()):
            pass
        return file.finish().path.read_bytes()


@pytest.mark.parametrize("chunk_bytes", [1, 64 * 1024])
async def test_a_stream_is_the_file_of_the_command_line_to_the_byte(
    full: Face, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int
) -> None:
    monkeypatch.setattr(streaming, "CHUNK_BYTES", chunk_bytes)
    for form in FORMS:
        answer = await exported(full, form)

        folder = tmp_path / form
        folder.mkdir()
        assert answer.status_code == 200
        assert answer.content == await in_a_file(full, answer, form, folder)
        assert answer.headers["Closeout-Position"] == str(await full.counter.ledger.safe_position())


async def test_filters_choose_whole_issues(full: Face) -> None:
    found = {
        name: (await exported(full, "csv", **asked)).text.count(",issue_reported,")
        for name, asked in {
            "all": {},
            "closed": {"open": "false"},
            "one": {"issue": "open-1"},
            "before": {"to": "2026-03-01T09:00"},
        }.items()
    }

    assert found == {"all": 5, "closed": 1, "one": 1, "before": 0}


async def test_what_cannot_be_exported_is_refused_and_not_on_record(full: Face) -> None:
    refused = {
        403: [await exported(full, "csv", name) for name in ("service", "supervisor", None)],
        404: [
            await exported(full, "csv", issue="nothing"),
            await exported(full, "csv", zone="nowhere"),
        ],
        422: [
            await exported(full, "parquet"),
            await exported(full, "csv", **{"from": "soon"}),
            await exported(full, "csv", **{"from": "2026-03-02T09:00", "to": "2026-03-01T09:00"}),
        ],
    }

    for status, answers in refused.items():
        assert [answer.status_code for answer in answers] == [status] * len(answers)
    assert (await exported(full, "csv", "elsewhere")).status_code == 403
    assert await full.counter.ledger.audit_reads(kind="export") == []


@pytest.fixture
def reads(full: Face, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many streams each read of events was of; one is read at a time, one chunk a write."""
    monkeypatch.setattr(streaming, "CHUNK_BYTES", 1)
    monkeypatch.setattr("audit.exports.choosing.EVENTS_A_READ", 1)
    heard: list[int] = []
    whole = full.counter.ledger.events_up_to

    async def counted(versions: Mapping[str, int]) -> list[tuple[int, Record]]:
        heard.append(len(versions))
        return await whole(versions)

    monkeypatch.setattr(full.counter.ledger, "events_up_to", counted)
    return heard


async def test_whoever_stops_listening_stops_the_work_and_nothing_stays(
    full: Face, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: list[int]
) -> None:
    monkeypatch.setattr(streaming.tempfile, "tempdir", str(tmp_path))
    ledger = full.counter.ledger
    for form in ("ocel", "csv"):
        asked = Asked(f"export-{form}", Choice(zone=b.ZONE), "{}", b.MON_9)
        statement = await recorded(ledger, ledger, form, asked)
        chunks = streamed(ledger, statement)
        await anext(chunks)
        await chunks.aclose()

        assert 0 < len(reads) < 5
        assert not os.listdir(tmp_path)
        reads.clear()


async def sent_until(face: Face, *, leaves: bool, on_body: Callable[[], None]) -> list[Message]:
    """Return what the face sends of an export: `on_body` is called at its first piece, and the
    client then leaves, or stays."""
    gone, sent = asyncio.Event(), list[Message]()
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        for message in asked:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            on_body()
            if leaves:
                gone.set()
        await asyncio.sleep(0.01)

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/exports/csv",
        "raw_path": b"/v1/exports/csv",
        "root_path": "",
        "query_string": f"zone={b.ZONE}".encode(),
        "headers": [(b"host", b"closeout.test"), (b"authorization", b"Test auditor")],
        "client": ("127.0.0.1", 1),
        "server": ("closeout.test", 80),
        "state": {},
    }
    face.app.state.house = face.house
    with suppress(BrokenOffError):
        await face.app(scope, receive, send)
    return sent


async def test_a_client_that_leaves_stops_the_work(full: Face, reads: list[int]) -> None:
    sent = await sent_until(full, leaves=True, on_body=lambda: None)

    assert sent[0]["status"] == 200
    assert 0 < len(reads) < 5
    assert all(message.get("more_body") for message in sent[1:])


async def test_the_answer_of_a_server_that_stops_has_no_end(full: Face, reads: list[int]) -> None:
    sent = await sent_until(full, leaves=False, on_body=full.house.stopping.set)

    assert sent[0]["status"] == 200
    assert 0 < len(reads) < 5
    assert all(message.get("more_body") for message in sent[1:])


async def test_a_server_that_stops_breaks_an_export_off_before_its_end(full: Face) -> None:
    ledger = full.counter.ledger
    for form in FORMS:
        asked = Asked(f"export-{form}", Choice(zone=b.ZONE), "{}", b.MON_9)
        statement = await recorded(ledger, ledger, form, asked)
        with pytest.raises(BrokenOffError):
            await _read_until(streamed(ledger, statement, goes_on=_twice()))


def _twice() -> Callable[[], bool]:
    left = iter([True, True])
    return lambda: next(left, False)


async def _read_until(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        pass
