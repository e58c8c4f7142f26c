"""At the desk: attachments are judged, kept with their issue, held, swept, erased, and checked."""

import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import builders as b
import pytest
from attached_files import (
    HASH,
    TEXT,
    read,
    room_in,
    sent,
    state,
    stored,
    uploaded,
)
from desks import STREAM, Counter

from desk.attachments.checking import check
from desk.attachments.keeping import HoldAsked, hold, release, sweep
from desk.attachments.naming import named_in
from desk.attachments.problems import AttachmentGoneError
from desk.attachments.reading import find_attachment, readable
from desk.attachments.room import Room
from desk.erasing import Asked, erase
from desk.sealing import Sealer
from domain.commands import Note
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    NotPermittedError,
)
from domain.issue import Evidence
from domain.people import Officer
from ledger.attachments import AttachmentRow, AttachmentState
from runtime.attachments.store import StoreError
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


async def named(hall: Counter, row: AttachmentRow) -> None:
    """Name an attachment in a command, as the answer of its upload says it."""
    evidence = Evidence(
        reference=row.name, sha256=row.sha256, size=row.size, media_type=row.media_type
    )
    await hall.do(Note(text="See the receipt.", evidence=(evidence,)))


class TestKeeping:
    async def test_what_an_event_names_is_kept_and_what_none_names_is_destroyed(
        self, hall: Counter, room: Room
    ) -> None:
        await named(hall, await uploaded(hall, room))
        other = await uploaded(hall, room, b"never named")
        assert await named_in(hall.ledger, STREAM) == {HASH}

        hall.clock.at += MONTH - timedelta(seconds=1)
        assert (await sweep(hall.desk, room, MONTH)).destroyed == 0
        hall.clock.at += timedelta(seconds=1)
        assert (await sweep(hall.desk, room, MONTH)).destroyed == 1
        hall.clock.at += timedelta(days=3650)
        assert (await sweep(hall.desk, room, MONTH)).destroyed == 0

        assert [path.name for path in stored(room)] == [HASH]
        assert await state(hall) is AttachmentState.KEPT
        with pytest.raises(AttachmentGoneError):
            await find_attachment(hall.desk, STREAM, other.sha256)

    async def test_what_was_destroyed_may_be_uploaded_again(
        self, hall: Counter, room: Room
    ) -> None:
        await uploaded(hall, room)
        hall.clock.at += MONTH
        await sweep(hall.desk, room, MONTH)
        assert await read(hall, room, await uploaded(hall, room)) == TEXT

    async def test_a_sweep_that_failed_half_way_goes_on(
        self, hall: Counter, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = await uploaded(hall, room)
        hall.clock.at += MONTH
        delete = room.store.delete

        async def fails(_: str) -> None:
            raise StoreError("away")

        monkeypatch.setattr(room.store, "delete", fails)
        swept = await sweep(hall.desk, room, MONTH)
        assert (swept.destroyed, len(swept.failed)) == (0, 1)
        assert await state(hall) is AttachmentState.DESTROYING
        with pytest.raises(AttachmentGoneError):
            await find_attachment(hall.desk, STREAM, row.sha256)
        with pytest.raises(ConflictError):
            await uploaded(hall, room)

        monkeypatch.setattr(room.store, "delete", delete)
        assert (await sweep(hall.desk, room, MONTH)).destroyed == 1
        assert stored(room) == []

    async def test_what_was_left_while_it_was_stored_is_removed_after_a_day(
        self, hall: Counter, room: Room
    ) -> None:
        row = await uploaded(hall, room)
        await room.store.delete(row.place)
        hall.ledger._tables.attachments[STREAM, HASH] = replace(  # type: ignore[attr-defined]  # the state that a killed process leaves
            row, state=AttachmentState.STORING
        )
        assert (await sweep(hall.desk, room, MONTH)).destroyed == 0
        hall.clock.at += timedelta(days=1)
        assert (await sweep(hall.desk, room, MONTH)).destroyed == 1

    async def test_a_hold_keeps_it_until_it_is_released(self, hall: Counter, room: Room) -> None:
        row = await uploaded(hall, room)
        asked = HoldAsked(reason="A court wants it.", actor=b.COORDINATOR)
        await hold(hall.desk, b.TERMS, row, asked)
        with pytest.raises(ConflictError):
            await hold(hall.desk, b.TERMS, row, asked)

        hall.clock.at += MONTH
        swept = await sweep(hall.desk, room, MONTH)
        assert (swept.destroyed, swept.held) == (0, 1)
        assert await read(hall, room, row) == TEXT

        await release(hall.desk, b.TERMS, row, b.COORDINATOR)
        with pytest.raises(ConflictError):
            await release(hall.desk, b.TERMS, row, b.COORDINATOR)
        assert (await sweep(hall.desk, room, MONTH)).destroyed == 1

    @pytest.mark.parametrize("actor", [b.OFFICER, b.SECTION])
    async def test_not_everybody_may_hold(self, hall: Counter, room: Room, actor: Officer) -> None:
        row = await uploaded(hall, room)
        with pytest.raises(NotPermittedError):
            await hold(hall.desk, b.TERMS, row, HoldAsked(reason="x", actor=actor))
        with pytest.raises(NotPermittedError):
            await release(hall.desk, b.TERMS, row, actor)


class TestFilesAboutPersons:
    async def test_they_are_sealed_before_the_store_sees_them(
        self, hall: Counter, room: Room
    ) -> None:
        row = await uploaded(hall, room, name="Ms Example.txt", subject="p-1")

        (file,) = stored(room)
        assert TEXT not in file.read_bytes()
        assert HASH not in str(file)
        assert row.name == f"personal-{HASH[:12]}.txt"
        assert "Example" not in repr(row)
        assert (await readable(hall.desk, row)).name == "Ms Example.txt"
        assert await read(hall, room, row) == TEXT

    async def test_an_erasure_destroys_them(self, hall: Counter, room: Room) -> None:
        row = await uploaded(hall, room, subject="p-1")
        await named(hall, row)
        asked = Asked(subject="p-1", reason="Asked for it.", actor=b.COORDINATOR)
        await erase(hall.desk, asked)

        with pytest.raises(AttachmentGoneError):
            await readable(hall.desk, row)
        assert (await sweep(hall.desk, room, MONTH)).destroyed == 1
        assert stored(room) == []
        with pytest.raises(AttachmentGoneError):
            await find_attachment(hall.desk, STREAM, HASH)
        with pytest.raises(IssueError):
            await uploaded(hall, room, subject="p-1")

    async def test_a_key_that_a_backup_brings_back_opens_nothing(
        self, hall: Counter, room: Room, tmp_path: Path
    ) -> None:
        row = await uploaded(hall, room, subject="p-1")
        (key,) = (tmp_path / "keys").glob("*.key")
        kept = key.read_bytes()
        await erase(hall.desk, Asked(subject="p-1", reason="x", actor=b.COORDINATOR))
        for left in (tmp_path / "keys").glob("*.erased"):
            left.unlink()
        key.write_bytes(kept)
        with pytest.raises(AttachmentGoneError):
            await readable(hall.desk, row)

    async def test_who_was_erased_gets_no_other_key_even_if_all_keys_are_lost(
        self, hall: Counter, room: Room, tmp_path: Path
    ) -> None:
        await uploaded(hall, room, subject="p-1")
        await erase(hall.desk, Asked(subject="p-1", reason="x", actor=b.COORDINATOR))
        for key in (tmp_path / "keys").iterdir():
            key.unlink()
        with pytest.raises(InvalidRequestError, match="were erased"):
            await uploaded(hall, room, b"another", subject="p-1")

    async def test_a_hold_forbids_the_erasure(self, hall: Counter, room: Room) -> None:
        row = await uploaded(hall, room, subject="p-1")
        await hold(hall.desk, b.TERMS, row, HoldAsked(reason="x", actor=b.COORDINATOR))
        asked = Asked(subject="p-1", reason="Asked for it.", actor=b.COORDINATOR)
        with pytest.raises(InvalidRequestError, match="legal hold"):
            await erase(hall.desk, asked)
        assert await read(hall, room, row) == TEXT
        await release(hall.desk, b.TERMS, row, b.COORDINATOR)
        await erase(hall.desk, asked)

    async def test_one_that_waits_while_its_subject_is_erased_is_never_stored(
        self, hall: Counter, room: Room
    ) -> None:
        made = await sent(hall, room, TEXT, subject="p-1")
        await erase(hall.desk, Asked(subject="p-1", reason="x", actor=b.COORDINATOR))
        hall.clock.at += timedelta(hours=1)
        assert (await sweep(hall.desk, room, MONTH)).expired == 1
        assert (stored(room), room.spool.find(made.id)) == ([], None)


class TestChecking:
    async def test_a_sound_store_is_found_sound(self, hall: Counter, room: Room) -> None:
        await named(hall, await uploaded(hall, room))
        await uploaded(hall, room, b"sealed", subject="p-1")
        found = await check(hall.desk, room, sample=None)
        assert (found.kept, found.named, found.read, found.wrong) == (2, 1, 2, [])
        assert (await check(hall.desk, room, sample=1)).read == 1

    async def test_what_is_missing_cut_or_altered_is_found(self, hall: Counter, room: Room) -> None:
        contents = (b"missing", b"cut off", b"altered")
        rows = [await uploaded(hall, room, each) for each in contents]
        missing, cut, altered = (Path(room.store.where) / row.place for row in rows)
        missing.unlink()
        os.truncate(cut, 2)
        altered.write_bytes(b"ALTERED")

        found = await check(hall.desk, room, sample=None)
        assert (found.kept, found.read, len(found.wrong)) == (3, 0, 3)
        assert {row.sha256[:12] for row in rows} == {line.split()[1] for line in found.wrong}
        assert len((await check(hall.desk, room, sample=0)).wrong) == 2
        lightly = await check(hall.desk, room, sample=1, lightly=True)
        assert (lightly.kept, len(lightly.wrong)) == (3, 1)

    async def test_a_sealed_one_that_was_altered_is_found(self, hall: Counter, room: Room) -> None:
        await uploaded(hall, room, subject="p-1")
        (file,) = stored(room)
        text = bytearray(file.read_bytes())
        text[-1] ^= 1
        file.write_bytes(bytes(text))
        assert len((await check(hall.desk, room)).wrong) == 1
