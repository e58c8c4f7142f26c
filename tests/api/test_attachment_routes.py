"""Attachments over HTTP: sent piece by piece, downloaded by whoever sees the issue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import builders as b
import httpx2
import pytest
from attached_files import PDF, TEXT, hash_of, room_in
from faces import Face

from desk.sealing import Sealer
from domain.access import Principal
from face.bodies import UPLOAD_BYTES_MAX
from runtime.seals import FileKeys

ONE = f"/v1/issues/{b.ZONE}/{b.KEY}"
HASH = hash_of(TEXT)
LARGE = TEXT * 200_000
"""2.8 MB, in three pieces."""
STRANGER = Principal(id="user:stranger", name="stranger", person="bakery.a", enterprise="bakery")


@dataclass
class Caller:
    """Somebody at the face."""

    client: httpx2.AsyncClient

    async def offer(self, content: bytes = TEXT, **changes: Any) -> httpx2.Response:
        told = {
            "name": "receipt.txt",
            "sha256": hash_of(content),
            "size": len(content),
            "media_type": "text/plain",
        }
        return await self.client.post(f"{ONE}/attachments", json=told | changes)

    async def send(self, at: str, piece: bytes, offset: int | str) -> httpx2.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
        return await self.client.patch(at, content=piece, headers=headers)

    async def upload(self, content: bytes = TEXT, **changes: Any) -> httpx2.Response:
        offered = await self.offer(content, **changes)
        assert offered.status_code == 201, offered.text
        at, offset = offered.headers["Location"], 0
        while offset < len(content):
            sent = await self.send(at, content[offset : offset + UPLOAD_BYTES_MAX], offset)
            assert sent.status_code == 204, sent.text
            offset = int(sent.headers["Upload-Offset"])
        return await self.client.post(f"{at}/finish")

    async def download(self, content: bytes = TEXT, **more: Any) -> httpx2.Response:
        return await self.client.get(f"{ONE}/attachments/{hash_of(content)}", **more)


@dataclass
class Hall:
    """A face with a room, and those who ask it."""

    face: Face
    officer: Caller
    stranger: Caller
    auditor: Caller
    enterprise: Caller
    head: Caller
    """Above the officer, who has the issue."""


@pytest.fixture
async def hall(face: Face, tmp_path: Path) -> AsyncIterator[Hall]:
    face.house.room = room_in(tmp_path)
    face.house.desk.sealer = Sealer(FileKeys(tmp_path / "keys"))
    face.house.identity.people["stranger"] = STRANGER  # type: ignore[attr-defined]  # a test's own
    await face.counter.accepted()
    names = ("officer", "stranger", "auditor", "enterprise", "head")
    async with AsyncExitStack() as doors:
        clients = [await doors.enter_async_context(face.asked_as(name)) for name in names]
        yield Hall(face, *(Caller(client) for client in clients))


async def test_a_file_is_uploaded_named_and_downloaded(hall: Hall) -> None:
    told = (await hall.officer.upload(LARGE)).json()
    assert (told["state"], told["personal"], told["held"]) == ("kept", False, False)

    note = {"command": {"kind": "note", "text": "Paid.", "evidence": [told["evidence"]]}}
    done = await hall.officer.client.post(f"{ONE}/commands", json=note | {"id": "n-1"})
    assert done.status_code in (200, 201), done.text
    listed = await hall.enterprise.client.get(f"{ONE}/attachments")
    assert [each["sha256"] for each in listed.json()["attachments"]] == [hash_of(LARGE)]

    answer = await hall.enterprise.download(LARGE)
    assert answer.content == LARGE
    headers = answer.headers
    assert headers["content-length"] == str(len(LARGE))
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["content-disposition"].startswith('attachment; filename="receipt.txt"')
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


async def test_an_upload_goes_on_after_a_broken_connection(hall: Hall) -> None:
    officer = hall.officer
    at = (await officer.offer(LARGE)).headers["Location"]
    await officer.send(at, LARGE[:1000], 0)

    wrong = await officer.send(at, LARGE[:1000], 0)
    assert wrong.status_code == 409
    assert wrong.json()["current"] == {"offset": "1000"}
    stands = await officer.client.head(at)
    assert (stands.headers["Upload-Offset"], stands.content) == ("1000", b"")
    assert (await officer.client.post(f"{at}/finish")).status_code == 409
    again = await officer.offer(LARGE)
    assert again.status_code == 201
    assert again.headers["Location"] == at
    assert again.json()["offset"] == 1000


async def test_what_the_issue_has_is_answered_at_once(hall: Hall) -> None:
    await hall.officer.upload()
    again = await hall.enterprise.offer()
    assert again.status_code == 200
    assert again.json()["upload"] is None
    assert again.json()["attachment"]["sha256"] == HASH


async def test_of_pieces_sent_at_once_one_is_taken(hall: Hall) -> None:
    at = (await hall.officer.offer(LARGE)).headers["Location"]
    pieces = [bytes([65 + n]) * 1000 for n in range(6)]
    answers = await asyncio.gather(*(hall.officer.send(at, each, 0) for each in pieces))
    assert sorted(each.status_code for each in answers) == [204, *[409] * 5]


async def test_a_stranger_to_the_issue_reaches_nothing_of_it(hall: Hall) -> None:
    begun = (await hall.officer.offer(PDF, media_type="application/pdf")).headers["Location"]
    await hall.officer.upload()
    stranger = hall.stranger
    asked = [
        await stranger.offer(),
        await stranger.send(begun, PDF, 0),
        await stranger.client.head(begun),
        await stranger.client.post(f"{begun}/finish"),
        await stranger.client.delete(begun),
        await stranger.client.get(f"{ONE}/attachments"),
        await stranger.download(),
    ]
    assert [each.status_code for each in asked] == [404] * 7
    assert {each.json()["code"] for each in asked if each.content} == {"unknown_issue"}


async def test_an_upload_is_nobodys_but_its_owners(hall: Hall) -> None:
    begun = (await hall.officer.offer()).headers["Location"]
    other = await hall.enterprise.send(begun, TEXT, 0)
    assert (other.status_code, other.json()["code"]) == (404, "unknown_attachment")
    assert (await hall.officer.client.delete(begun)).status_code == 204
    assert (await hall.officer.client.head(begun)).status_code == 404


async def test_whoever_only_reads_uploads_nothing(hall: Hall) -> None:
    refused = await hall.auditor.offer()
    assert refused.status_code == 403
    await hall.officer.upload()
    assert (await hall.auditor.download()).content == TEXT
    reads = await hall.face.counter.ledger.audit_reads(kind="attachment")
    assert len(reads) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"sha256": "A" * 64}, 422),
        ({"sha256": "a" * 63}, 422),
        ({"size": 0}, 422),
        ({"size": 10**9}, 422),
        ({"media_type": "text/html"}, 422),
        ({"media_type": "image/svg+xml"}, 422),
        ({"name": ""}, 422),
        ({"name": "x" * 401}, 422),
        ({"subject": "no code"}, 422),
        ({"zone": "other"}, 422),
    ],
)
async def test_what_cannot_be_is_refused_at_once(
    hall: Hall, changes: dict[str, Any], status: int
) -> None:
    refused = await hall.officer.offer(**changes)
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\r\nX: y.txt", "\u202etxt.exe", 'a"b.txt'])
async def test_a_hostile_name_is_saved_as_a_plain_one(hall: Hall, name: str) -> None:
    told = (await hall.officer.upload(name=name)).json()
    header = (await hall.officer.download()).headers["content-disposition"]
    assert told["name"].endswith(".txt")
    assert not set(told["name"]) & set('/\\"\r\n\u202e')
    assert header.isascii()


@pytest.mark.parametrize(
    ("offset", "piece", "content_type", "status"),
    [
        ("-1", TEXT, "application/octet-stream", 422),
        ("0x0", TEXT, "application/octet-stream", 422),
        ("9" * 14, TEXT, "application/octet-stream", 422),
        ("0", TEXT + b"more", "application/octet-stream", 422),
        ("0", TEXT, "text/plain", 415),
        ("0", bytes(UPLOAD_BYTES_MAX + 1), "application/octet-stream", 413),
    ],
)
async def test_a_piece_that_is_odd_is_refused_and_changes_nothing(
    hall: Hall, offset: str, piece: bytes, content_type: str, status: int
) -> None:
    at = (await hall.officer.offer()).headers["Location"]
    headers = {"Upload-Offset": offset, "Content-Type": content_type}
    refused = await hall.officer.client.patch(at, content=piece, headers=headers)
    assert refused.status_code == status
    assert (await hall.officer.client.head(at)).headers["Upload-Offset"] == "0"


async def test_large_bodies_are_taken_nowhere_else(hall: Hall) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    for path in (f"{ONE}/commands", f"{ONE}/attachments"):
        answer = await hall.officer.client.post(path, content=bytes(70_000), headers=headers)
        assert answer.status_code in (413, 415)


async def test_an_issue_that_is_called_uploads_takes_commands(hall: Hall) -> None:
    await hall.face.counter.reported("uploads")
    path = f"/v1/issues/{b.ZONE}/uploads/commands"
    done = await hall.officer.client.post(path, json={"id": "u-1", "command": {"kind": "accept"}})
    assert done.status_code in (200, 201), done.text


async def test_other_bytes_than_announced_are_told_in_chinese_too(hall: Hall) -> None:
    at = (await hall.officer.offer()).headers["Location"]
    await hall.officer.send(at, TEXT.upper(), 0)
    refused = await hall.officer.client.post(f"{at}/finish", headers={"Accept-Language": "zh"})
    assert refused.status_code == 422
    assert refused.json()["detail"] == "上传内容与所申报的不符。"
    assert (await hall.officer.client.head(at)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=5-", slice(5, None)),
        ("bytes=0-3", slice(0, 4)),
        ("bytes=2-9999", slice(2, None)),
    ],
)
async def test_a_download_that_broke_off_goes_on(hall: Hall, asked: str, part: slice) -> None:
    await hall.officer.upload()
    answer = await hall.officer.download(headers={"Range": asked})
    first, last, _ = part.indices(len(TEXT))
    assert (answer.status_code, answer.content) == (206, TEXT[part])
    assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(TEXT)}"


@pytest.mark.parametrize(
    "asked", ["bytes=99-", "bytes=5-2", "bytes=-5", "lines=1-2", "bytes=0-1,3-4"]
)
async def test_of_an_odd_range_all_is_sent(hall: Hall, asked: str) -> None:
    await hall.officer.upload()
    answer = await hall.officer.download(headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, TEXT)


async def test_what_was_destroyed_is_gone_and_its_hash_stays(hall: Hall) -> None:
    await hall.officer.upload()
    ledger, now = hall.face.counter.ledger, hall.face.house.desk.clock.now()
    assert await ledger.let_go_attachment(f"{b.ZONE}/{b.KEY}", HASH, now)
    answer = await hall.officer.download()
    assert (answer.status_code, answer.json()["code"]) == (410, "gone")
    listed = (await hall.officer.client.get(f"{ONE}/attachments")).json()["attachments"]
    assert [(each["sha256"], each["state"]) for each in listed] == [(HASH, "destroying")]


async def test_a_file_about_a_person_is_for_those_who_may_read_of_them(hall: Hall) -> None:
    told = (await hall.officer.upload(subject="p-1", name="Ms Example.txt")).json()
    assert told["personal"] is True
    assert "Example" not in str(told)

    answer = await hall.officer.download(headers={"Range": "bytes=2-"})
    assert (answer.status_code, answer.content) == (200, TEXT)
    assert "Ms%20Example.txt" in answer.headers["content-disposition"]
    reads = await hall.face.counter.ledger.audit_reads(kind="personal")
    assert [HASH in read.scope for read in reads] == [True]
    for other in (hall.enterprise, hall.auditor, hall.head):
        refused = await other.download()
        assert refused.status_code == 403, refused.text
    assert len(await hall.face.counter.ledger.audit_reads(kind="personal")) == 1


async def test_what_the_store_has_lost_is_not_begun_to_be_sent(hall: Hall, tmp_path: Path) -> None:
    await hall.officer.upload()
    for path in (tmp_path / "kept").rglob(HASH):
        path.unlink()
    answer = await hall.officer.download()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_without_a_scanners_verdict_it_waits(hall: Hall, tmp_path: Path) -> None:
    hall.face.house.room = room_in(tmp_path, scanner=("/no/such/scanner",))
    waits = await hall.officer.upload()
    assert (waits.status_code, waits.json()["code"]) == (503, "not_scanned")
    assert "Retry-After" in waits.headers
    hall.face.house.room = room_in(tmp_path)
    at = (await hall.officer.offer()).headers["Location"]
    assert (await hall.officer.client.post(f"{at}/finish")).status_code == 200


async def test_a_face_without_a_room_says_so(hall: Hall) -> None:
    hall.face.house.room = None
    answer = await hall.officer.offer()
    assert (answer.status_code, answer.json()["code"]) == (503, "not_set_up")
