"""Unfinished uploads: they go on where they stopped, one writer at a time, within bounds."""

import fcntl
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime.attachments.spool import (
    Bounds,
    Declared,
    OffsetError,
    Spool,
    SpoolFullError,
    TooLongError,
    Unfinished,
)
from runtime.attachments.store import StoreError

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
SMALL = Bounds(count_max=4, count_of_one_max=2, bytes_max=100, spared_bytes=0)


def declared(sign: str = "a", **changes: object) -> Declared:
    told = {
        "stream": "z/k",
        "sha256": sign * 64,
        "size": 10,
        "media_type": "text/plain",
        "name": "a.txt",
        "by": "user:a",
        "begun_at": AT,
    }
    return Declared.model_validate(told | changes)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "unfinished", SMALL)


def test_an_upload_goes_on_where_it_stopped(spool: Spool) -> None:
    begun = spool.begin(declared())
    assert spool.append(begun, 0, b"01234") == 5

    again = Spool(spool.folder, SMALL).begin(declared(begun_at=AT + timedelta(hours=1)))
    assert (again.id, again.offset, again.is_complete) == (begun.id, 5, False)
    assert spool.append(again, 5, b"56789") == 10
    found = spool.find(begun.id)
    assert found is not None
    assert found.is_complete
    assert found.path.read_bytes() == b"0123456789"
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("offset", [0, 4, 6])
def test_a_piece_at_another_offset_changes_nothing(spool: Spool, offset: int) -> None:
    begun = spool.begin(declared())
    spool.append(begun, 0, b"01234")
    with pytest.raises(OffsetError) as refused:
        spool.append(begun, offset, b"xx")
    assert refused.value.offset == 5
    assert begun.path.read_bytes() == b"01234"


def test_more_than_was_announced_is_not_taken(spool: Spool) -> None:
    begun = spool.begin(declared())
    spool.append(begun, 0, b"01234")
    with pytest.raises(TooLongError):
        spool.append(begun, 5, b"567890")
    assert begun.path.read_bytes() == b"01234"


def test_of_two_pieces_at_one_moment_one_is_taken(spool: Spool) -> None:
    begun = spool.begin(declared(size=100))
    taken: list[bytes] = []

    def send(piece: bytes) -> None:
        with suppress(OffsetError):
            spool.append(begun, 0, piece)
            taken.append(piece)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, [bytes([65 + at]) * 50 for at in range(16)]))

    assert len(taken) == 1
    assert begun.path.read_bytes() == taken[0]


def test_nobody_writes_to_what_is_being_finished(spool: Spool) -> None:
    begun = spool.begin(declared())
    with spool.held(begun), pytest.raises(OffsetError):
        spool.append(begun, 0, b"01")
    assert spool.append(begun, 0, b"01") == 2


def test_what_was_finished_is_not_written_to(spool: Spool) -> None:
    begun = spool.begin(declared())
    with spool.held(begun) as held:
        spool.drop(held)
    with pytest.raises(OffsetError):
        spool.append(begun, 0, b"01")
    assert spool.find(begun.id) is None
    spool.drop(begun)


def test_what_is_finished_between_two_steps_is_not_written_to(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = spool.begin(declared())
    flock = fcntl.flock

    def slow(file: int, how: int) -> None:
        spool.drop(begun)
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    with pytest.raises(OffsetError):
        spool.append(begun, 0, b"01")


def test_there_is_room_for_so_many_and_so_much(spool: Spool) -> None:
    spool.begin(declared("a"))
    spool.begin(declared("b"))
    with pytest.raises(SpoolFullError):
        spool.begin(declared("c"))  # a third of one caller
    spool.begin(declared("c", by="user:b", size=75))
    with pytest.raises(SpoolFullError):
        spool.begin(declared("d", by="user:c", size=6))  # more bytes than there may be
    spool.begin(declared("d", by="user:c", size=5))
    with pytest.raises(SpoolFullError):
        spool.begin(declared("e", by="user:d", size=1))  # one too many
    assert len(list(spool.uploads())) == 4


def test_a_disk_that_is_nearly_full_takes_no_upload(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Bounds(spared_bytes=2**60))
    with pytest.raises(SpoolFullError):
        spool.begin(declared())


def test_a_full_disk_leaves_the_upload_as_it_was(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = spool.begin(declared())
    spool.append(begun, 0, b"01234")
    really = os.pwrite
    room = 3

    def pwrite(file: int, data: memoryview, at: int) -> int:
        nonlocal room
        if not room:
            raise OSError(28, "No space left on device")
        count = really(file, data[:room], at)
        room -= count
        return count

    monkeypatch.setattr(os, "pwrite", pwrite)
    with pytest.raises(SpoolFullError):
        spool.append(begun, 5, b"56789")
    monkeypatch.undo()
    assert begun.path.read_bytes() == b"01234"
    assert spool.append(begun, 5, b"56789") == 10


def test_what_nobody_finishes_expires_and_what_waits_for_its_scanner_later(spool: Spool) -> None:
    partial, complete = spool.begin(declared("a")), spool.begin(declared("b"))
    spool.append(complete, 0, b"0123456789")
    (spool.folder / f"{'0' * 32}.part").write_bytes(b"left behind")

    assert spool.expire(AT + timedelta(hours=23)) == 0
    assert not (spool.folder / f"{'0' * 32}.part").exists()
    with spool.held(partial):
        assert spool.expire(AT + timedelta(hours=24)) == 0  # somebody is at it
    assert spool.expire(AT + timedelta(hours=24)) == 1
    assert [each.id for each in spool.uploads()] == [complete.id]
    assert spool.expire(AT + timedelta(days=7)) == 1
    assert [path.name for path in spool.folder.iterdir()] == ["lock"]


@pytest.mark.parametrize("id_", ["../../etc/passwd", "A" * 32, "0" * 31, f"{'0' * 32}\n", ""])
def test_no_other_name_is_looked_for(spool: Spool, id_: str) -> None:
    (spool.folder.parent / "etc").mkdir()
    assert spool.find(id_) is None


def test_a_link_in_its_place_is_not_followed(spool: Spool, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"")
    begun = spool.begin(declared())
    begun.path.unlink()
    begun.path.symlink_to(outside)
    with pytest.raises(StoreError):
        spool.append(Unfinished(begun.id, begun.declared, 0, begun.path), 0, b"01")
    assert outside.read_bytes() == b""
