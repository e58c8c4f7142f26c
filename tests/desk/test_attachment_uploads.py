"""At the desk: uploads are judged and scanned, and only what was announced is kept."""

import sys
from datetime import timedelta
from pathlib import Path

import builders as b
import pytest
from attached_files import (
    BY,
    HASH,
    PDF,
    TEXT,
    begun,
    hash_of,
    offered,
    read,
    room_in,
    sent,
    state,
    stored,
    unfinished,
    uploaded,
)
from desks import STREAM, Counter

from desk.attachments.keeping import sweep
from desk.attachments.problems import UnknownAttachmentError
from desk.attachments.reading import find_attachment, require_there
from desk.attachments.room import Room
from desk.attachments.uploading import abandon, append, begin, find, finish
from desk.sealing import Sealer
from domain.errors import (
    ConflictError,
    InvalidRequestError,
)
from ledger.attachments import AttachmentState
from runtime.attachments.scanning import ScanFailedError
from runtime.attachments.spool import Unfinished
from runtime.attachments.store import MissingContentError, StoreError
from runtime.seals import FileKeys

MONTH = timedelta(days=30)
SCANS = "import sys; sys.exit(1 if b'EICAR' in sys.stdin.buffer.read() else 0)"
SCANNER = (sys.executable, "-S", "-c", SCANS)


@pytest.fixture
async def hall(memory: Counter, tmp_path: Path) -> Counter:
    """A counter with an issue and keys."""
    memory.desk.sealer = Sealer(FileKeys(tmp_path / "keys"))
    await memory.accepted()
    return memory


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return room_in(tmp_path)


async def test_what_was_uploaded_is_kept_as_it_was(hall: Counter, room: Room) -> None:
    row = await uploaded(hall, room)

    assert (row.state, row.name, row.size) == (AttachmentState.KEPT, "receipt.txt", len(TEXT))
    assert await find_attachment(hall.desk, STREAM, HASH) == row
    assert await read(hall, room, row) == TEXT
    assert [path.name for path in stored(room)] == [HASH]
    assert unfinished(room) == []


async def test_what_the_issue_has_is_not_sent_again(hall: Counter, room: Room) -> None:
    row = await uploaded(hall, room)
    assert await begin(hall.desk, room, STREAM, offered(TEXT), "user:other") == row


async def test_two_who_send_the_same_at_once_get_the_one_attachment(
    hall: Counter, room: Room
) -> None:
    mine = await sent(hall, room, TEXT)
    theirs = await begin(hall.desk, room, STREAM, offered(TEXT), "user:other")
    assert isinstance(theirs, Unfinished)
    assert theirs.id != mine.id
    await append(room, theirs, 0, TEXT)
    assert await finish(hall.desk, room, mine) == await finish(hall.desk, room, theirs)
    assert unfinished(room) == []


async def test_to_know_a_hash_gives_nothing_of_another_issue(hall: Counter, room: Room) -> None:
    await uploaded(hall, room)
    await hall.reported("other")
    other = f"{b.ZONE}/other"

    with pytest.raises(UnknownAttachmentError):
        await find_attachment(hall.desk, other, HASH)
    again = await begin(hall.desk, room, other, offered(TEXT), BY)
    assert isinstance(again, Unfinished)
    assert again.offset == 0


async def test_an_upload_is_its_owners_alone(hall: Counter, room: Room) -> None:
    made = await begun(hall, room, TEXT)
    assert (await find(room, STREAM, made.id, BY)).id == made.id
    for stream, by in ((STREAM, "user:other"), (f"{b.ZONE}/other", BY)):
        with pytest.raises(UnknownAttachmentError):
            await find(room, stream, made.id, by)


async def test_other_bytes_than_announced_are_refused_and_removed(
    hall: Counter, room: Room
) -> None:
    made = await begun(hall, room, TEXT)
    await append(room, made, 0, TEXT.upper())
    with pytest.raises(InvalidRequestError, match="not the bytes"):
        await finish(hall.desk, room, made)
    assert (stored(room), unfinished(room), await state(hall)) == ([], [], None)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PDF, "text/plain"), (TEXT, "application/pdf"), (b"MZ\0", "image/png")],
)
async def test_another_kind_than_announced_is_refused_and_removed(
    hall: Counter, room: Room, content: bytes, media_type: str
) -> None:
    made = await sent(hall, room, content, media_type=media_type)
    with pytest.raises(InvalidRequestError, match="not of the type"):
        await finish(hall.desk, room, made)
    assert (stored(room), unfinished(room)) == ([], [])


async def test_what_is_not_taken_is_refused_before_a_byte_is_sent(
    hall: Counter, room: Room
) -> None:
    for refused in (
        offered(TEXT, media_type="text/html"),
        offered(TEXT, size=room.bytes_max + 1),
    ):
        with pytest.raises(InvalidRequestError):
            await begin(hall.desk, room, STREAM, refused, BY)
    assert unfinished(room) == []


async def test_an_issue_has_so_many(hall: Counter, room: Room) -> None:
    waiting = await sent(hall, room, b"one too many")
    for at in range(room.count_max):
        await uploaded(hall, room, f"receipt {at}".encode())
    with pytest.raises(InvalidRequestError, match="as many attachments"):
        await begin(hall.desk, room, STREAM, offered(TEXT), BY)
    with pytest.raises(InvalidRequestError, match="as many attachments"):
        await finish(hall.desk, room, waiting)
    assert len(stored(room)) == room.count_max


async def test_an_upload_that_is_not_complete_is_told_where_it_stands(
    hall: Counter, room: Room
) -> None:
    made = await begun(hall, room, TEXT)
    await append(room, made, 0, TEXT[:4])
    with pytest.raises(ConflictError) as refused:
        await finish(hall.desk, room, made)
    assert refused.value.current == {"offset": "4"}
    with pytest.raises(ConflictError) as refused:
        await append(room, made, 2, TEXT[2:])
    assert refused.value.current == {"offset": "4"}
    with pytest.raises(InvalidRequestError, match="more than was announced"):
        await append(room, made, 4, TEXT)
    await abandon(room, made)
    assert unfinished(room) == []


async def test_an_upload_that_was_stopped_while_it_was_stored_goes_on(
    hall: Counter, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await sent(hall, room, TEXT)
    keep = hall.ledger.keep_attachment

    async def stopped(*_: object) -> bool:
        raise StoreError("stopped")

    monkeypatch.setattr(hall.ledger, "keep_attachment", stopped)
    with pytest.raises(StoreError):
        await finish(hall.desk, room, made)
    assert await state(hall) is AttachmentState.STORING
    with pytest.raises(UnknownAttachmentError):
        await find_attachment(hall.desk, STREAM, HASH)

    monkeypatch.setattr(hall.ledger, "keep_attachment", keep)
    assert await read(hall, room, await finish(hall.desk, room, made)) == TEXT
    assert len(stored(room)) == 1


async def test_what_is_altered_in_the_store_does_not_come_out_whole(
    hall: Counter, room: Room
) -> None:
    row = await uploaded(hall, room)
    (file,) = stored(room)
    file.write_bytes(TEXT.upper())
    with pytest.raises(StoreError, match="altered"):
        await read(hall, room, row)
    file.write_bytes(TEXT[:3])
    with pytest.raises(MissingContentError):
        await require_there(room, row)


class TestTheScanner:
    async def test_what_is_infected_is_destroyed_and_noted(
        self, hall: Counter, tmp_path: Path
    ) -> None:
        room = room_in(tmp_path, scanner=SCANNER)
        bad = b"X5O EICAR"
        made = await sent(hall, room, bad)
        with pytest.raises(InvalidRequestError, match="infected"):
            await finish(hall.desk, room, made)

        assert (stored(room), unfinished(room)) == ([], [])
        assert await state(hall, hash_of(bad)) is AttachmentState.INFECTED
        with pytest.raises(UnknownAttachmentError):
            await find_attachment(hall.desk, STREAM, hash_of(bad))
        assert (await uploaded(hall, room)).state is AttachmentState.KEPT

    async def test_without_a_verdict_it_waits_and_a_sweep_tries_again(
        self, hall: Counter, tmp_path: Path
    ) -> None:
        away = room_in(tmp_path, scanner=("/no/such/scanner",))
        made = await sent(hall, away, TEXT)
        for _ in range(2):
            with pytest.raises(ScanFailedError):
                await finish(hall.desk, away, made)
        assert (stored(away), unfinished(away), await state(hall)) == ([], [made.id], None)

        hall.clock.at += timedelta(hours=1)
        swept = await sweep(hall.desk, away, MONTH)
        assert (swept.waiting, swept.finished, len(swept.failed)) == (1, 0, 1)
        back = room_in(tmp_path, scanner=SCANNER)
        assert (await sweep(hall.desk, back, MONTH)).finished == 1
        assert await read(hall, back, await find_attachment(hall.desk, STREAM, HASH)) == TEXT
