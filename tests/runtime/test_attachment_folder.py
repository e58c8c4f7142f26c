"""The folder of attachments: whole or not at all, for its owner alone, and nothing outside it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.attachments.folder import FolderStore
from runtime.attachments.store import FileContent, MissingContentError, StoreError, sha256_of

PLACE = f"ab/{'c' * 30}/{'d' * 64}"


class Bytes:
    """A content in memory. `said`: how long it says it is."""

    def __init__(self, content: bytes, said: int | None = None) -> None:
        self.content = content
        self.size = len(content) if said is None else said

    def chunks(self) -> Iterator[bytes]:
        half = len(self.content) // 2
        yield self.content[:half]
        yield self.content[half:]


class Failing(Bytes):
    """A content that breaks off."""

    def chunks(self) -> Iterator[bytes]:
        yield self.content
        raise OSError(28, "No space left on device")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "kept")


async def read(store: FolderStore, first: int = 0, count: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.read(PLACE, first, count)])


def files(store: FolderStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file() or path.is_symlink()]


async def test_what_is_put_is_read_and_is_its_owners_alone(store: FolderStore) -> None:
    content = os.urandom(700_001)
    await store.put(PLACE, Bytes(content))

    assert await read(store) == content
    assert await read(store, 5, 3) == content[5:8]
    assert await store.size(PLACE) == len(content)
    (file,) = files(store)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in file.parents[:3]} == {0o700}
    assert sha256_of(FileContent(file, len(content))) == sha256_of(Bytes(content))


async def test_what_is_put_again_takes_its_place(store: FolderStore) -> None:
    await store.put(PLACE, Bytes(b"one"))
    await store.put(PLACE, Bytes(b"other"))
    assert await read(store) == b"other"
    assert len(files(store)) == 1


async def test_what_is_deleted_is_gone_and_again_is_harmless(store: FolderStore) -> None:
    await store.delete(PLACE)
    await store.put(PLACE, Bytes(b"one"))
    await store.delete(PLACE)
    await store.delete(PLACE)
    assert await store.size(PLACE) is None
    with pytest.raises(MissingContentError):
        await read(store)


@pytest.mark.parametrize("content", [Failing(b"half"), Bytes(b"short", said=6)])
async def test_what_breaks_off_leaves_nothing(store: FolderStore, content: Bytes) -> None:
    with pytest.raises(StoreError):
        await store.put(PLACE, content)
    assert files(store) == []
    assert await store.size(PLACE) is None


@pytest.mark.parametrize(
    "place",
    [
        "../../etc/passwd",
        f"ab/{'c' * 30}/../../{'d' * 64}",
        f"/ab/{'c' * 30}/{'d' * 64}",
        f"AB/{'c' * 30}/{'d' * 64}",
        f"{PLACE}/x",
        f"{PLACE}\n",
        "",
    ],
)
async def test_no_other_name_is_taken(store: FolderStore, place: str) -> None:
    for doing in (store.put(place, Bytes(b"x")), store.size(place), store.delete(place)):
        with pytest.raises(StoreError):
            await doing
    assert not store.root.exists() or files(store) == []


@pytest.mark.parametrize("step", ["ab", f"ab/{'c' * 30}", PLACE])
async def test_no_link_is_followed(store: FolderStore, tmp_path: Path, step: str) -> None:
    outside = tmp_path / "outside"
    behind = outside / PLACE.removeprefix(step).lstrip("/")
    if step == PLACE:
        outside.mkdir()
        behind = outside / "secret"
    behind.parent.mkdir(parents=True, exist_ok=True)
    behind.write_bytes(b"not ours")
    link = store.root / step
    link.parent.mkdir(parents=True)
    link.symlink_to(behind if step == PLACE else outside)

    with pytest.raises(StoreError):
        await read(store)
    if step != PLACE:
        with pytest.raises(StoreError):
            await store.put(PLACE, Bytes(b"ours"))
        with pytest.raises(StoreError):
            await store.delete(PLACE)
    else:
        await store.put(PLACE, Bytes(b"ours"))  # the link itself gives way
        assert await read(store) == b"ours"
    assert behind.read_bytes() == b"not ours"


async def test_a_pipe_is_not_waited_at(store: FolderStore) -> None:
    (store.root / PLACE).parent.mkdir(parents=True)
    os.mkfifo(store.root / PLACE)
    with pytest.raises(StoreError):
        await store.size(PLACE)


async def test_a_file_that_was_cut_is_not_read_as_if_whole(store: FolderStore) -> None:
    await store.put(PLACE, Bytes(b"12345"))
    os.truncate(store.root / PLACE, 3)
    with pytest.raises(MissingContentError):
        await read(store, 0, 5)
