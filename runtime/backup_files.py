"""The files of a backup: written under another name first, listed with their hashes, checked before
anything is done with them. Keys never lie in it: they have a folder of their own."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from domain.backups import (
    MANIFEST_BYTES_MAX,
    MANIFEST_NAME,
    BackupFile,
    KeysManifest,
    Manifest,
    ManifestError,
    read_keys_manifest,
    read_manifest,
)
from runtime.errors import StackError

CHUNK_BYTES: Final = 2**20
PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600
LOCK: Final = "lock"

Moved = Callable[[int], None]
"""Hears how many bytes more are done."""


class BackupError(StackError):
    """A backup cannot be written, or is not what was written."""


@contextmanager
def draft_of(folder: Path) -> Iterator[Path]:
    """Give a folder to write to, and have it take its name when the block ends; a block that fails
    leaves nothing. Raises BackupError if there is something of this name, or no room."""
    folder = folder.absolute()
    require_free(folder)
    draft: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(
            tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent)
        )
        yield draft
        _sync_tree(draft)
        if folder.exists():
            folder.rmdir()  # empty, or it fails
        draft.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        raise BackupError(f"{folder} cannot be written: {error.strerror or error}.") from error
    finally:
        if draft is not None and draft.exists():
            shutil.rmtree(draft, ignore_errors=True)


def require_free(folder: Path) -> None:
    """Refuse a name that is taken. Raises BackupError."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise BackupError(f"{folder} is there already. Every backup has a folder of its own.")


def require_apart(folder: Path, keys: Path) -> None:
    """Keys beside what they open protect nothing. Raises BackupError."""
    one, other = folder.resolve(), keys.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise BackupError(
            f"The keys may lie neither in {folder} nor around it: whoever has both reads all. "
            "Name a folder elsewhere, best on another disk."
        )


def copy_tree(source: Path, target: Path, *, suffixes: frozenset[str] | None = None) -> int:
    """Copy the plain files below `source`, those with one of `suffixes` if any are named, readable
    by their owner alone; return how many. Drafts, locks and links are left out, and so is what
    somebody removes meanwhile."""
    copied = 0
    for path in sorted(source.rglob("*")):
        if path.name == LOCK or path.name.startswith(".") or path.is_symlink():
            continue
        if not path.is_file() or (suffixes is not None and path.suffix not in suffixes):
            continue
        with contextlib.suppress(FileNotFoundError):
            copy_file(path, target / path.relative_to(source))
            copied += 1
    return copied


def copy_file(source: Path, target: Path) -> None:
    """Copy one file, readable by its owner alone. Raises OSError."""
    with source.open("rb") as read:
        target.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with open(descriptor, "wb") as written:
            shutil.copyfileobj(read, written, CHUNK_BYTES)


def listed(folder: Path, moved: Moved = lambda _: None) -> tuple[BackupFile, ...]:
    """Return every file below a folder with its bytes and SHA-256, by path; a chunk at a time."""
    return tuple(
        _entry(folder, path, moved)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST_NAME
    )


def write_manifest(folder: Path, manifest: Manifest | KeysManifest) -> None:
    """Write the list, last of all: a folder without it is no backup. Raises OSError."""
    path = folder / MANIFEST_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{manifest.model_dump_json(indent=1)}\n")
        file.flush()
        os.fsync(file.fileno())


def manifest_of(folder: Path) -> Manifest:
    """Return the list of a backup. Raises BackupError."""
    try:
        return read_manifest(_text_of(folder))
    except ManifestError as error:
        raise BackupError(f"{folder}: {error}.") from error


def keys_manifest_of(folder: Path) -> KeysManifest:
    """Return the list of a folder of keys. Raises BackupError."""
    try:
        return read_keys_manifest(_text_of(folder))
    except ManifestError as error:
        raise BackupError(f"{folder}: {error}.") from error


def check_files(folder: Path, files: Iterable[BackupFile], moved: Moved = lambda _: None) -> None:
    """Hold every file against the list. Raises BackupError naming all that differ: missing, of
    another size or content, or there and not listed."""
    wanted = {file.path: file for file in files}
    problems = []
    for path, file in wanted.items():
        place = folder / path
        if place.is_symlink() or not place.is_file():
            problems.append(f"{path} is missing")
        elif place.stat().st_size != file.bytes:
            problems.append(f"{path} has {place.stat().st_size} bytes, and {file.bytes} are listed")
        elif _entry(folder, place, moved).sha256 != file.sha256:
            problems.append(f"{path} has another content")
    there = {
        str(PurePosixPath(path.relative_to(folder)))
        for path in folder.rglob("*")
        if not path.is_dir() and path != folder / MANIFEST_NAME
    }
    problems += [f"{path} is not listed" for path in sorted(there - wanted.keys())]
    if problems:
        raise BackupError(
            f"{folder} is not what was written: {'; '.join(problems[:20])}. Nothing was touched; "
            "take another backup."
        )


async def aside(work: Callable[[], object]) -> None:
    """Do slow work with files beside the event loop; it is waited for even if cancelled."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait({working})
        raise


def _text_of(folder: Path) -> str:
    path = folder / MANIFEST_NAME
    try:
        if path.stat().st_size > MANIFEST_BYTES_MAX:
            raise BackupError(f"{path} is too large for a list of files.")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BackupError(
            f"{folder} is no backup: there is no {MANIFEST_NAME}, which is written last of all."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"{path} cannot be read: {error}") from error


def _entry(folder: Path, path: Path, moved: Moved) -> BackupFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            moved(len(chunk))
    relative = str(PurePosixPath(path.relative_to(folder)))
    return BackupFile(path=relative, bytes=size, sha256=digest.hexdigest())


def _sync_tree(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        if stat.S_ISREG(path.lstat().st_mode) or path.is_dir():
            _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
