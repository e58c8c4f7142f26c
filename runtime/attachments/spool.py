"""Uploads that are not finished: a folder of this machine, in which each goes on where it stopped.

Whoever has begun one may die, come back hours later, or send the same piece twice at one moment.
So the length of the file is the offset, and only one writer at a time holds its lock; the folder is
bounded in number and bytes, and what nobody finishes is removed.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError

from domain.issue import Hash, MediaType
from domain.model import Code, Frozen, Moment, Short
from runtime.attachments.store import StoreError
from runtime.lock import LOCK_NAME, PRIVATE

UPLOAD_PATTERN: Final = r"^[0-9a-f]{32}$"
PART: Final = ".part"
TOLD: Final = ".json"
_FILE: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
FOR_OWNER: Final = 0o600


class Declared(Frozen):
    """What somebody announces for an issue. `name` is as they call it; `subject` says about whom it
    is, and then it is sealed before it is stored. `by`: the principal, who alone may go on."""

    stream: Annotated[str, Field(min_length=1, max_length=200)]
    sha256: Hash
    size: Annotated[int, Field(ge=1, le=2**40)]
    media_type: MediaType
    name: Short
    subject: Code | None = None
    by: Short
    begun_at: Moment


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload, and how many of its bytes are there."""

    id: str
    declared: Declared
    offset: int
    path: Path

    @property
    def is_complete(self) -> bool:
        """Return whether all bytes are there: then it waits to be finished."""
        return self.offset == self.declared.size


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is held at most. Whoever begins an upload takes room for all that they announce."""

    count_max: int = 256
    count_of_one_max: int = 16
    bytes_max: int = 2 * 1024**3
    spared_bytes: int = 256 * 1024**2
    """What is left free on the disk."""
    partial_for: timedelta = timedelta(hours=24)
    complete_for: timedelta = timedelta(days=7)
    """What waits for its scanner is kept longer than what nobody sends on."""


class SpoolFullError(StoreError):
    """There is no room for another unfinished upload just now."""


class OffsetError(Exception):
    """The bytes do not go on where the upload stands, or another writes to it at this moment."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the upload stands at {offset}")
        self.offset = offset


class TooLongError(Exception):
    """More bytes than were announced."""


class Spool:
    """A folder with two files for each upload. Every method blocks, and raises StoreError."""

    def __init__(self, folder: Path, bounds: Bounds | None = None) -> None:
        self.folder = folder
        self.bounds = bounds or Bounds()

    def begin(self, declared: Declared) -> Unfinished:
        """Make room for an upload, or return the one that its owner had begun of the same content.
        Raises SpoolFullError."""
        with self._alone():
            there = list(self.uploads())
            for each in there:
                if _again(each.declared) == _again(declared):
                    return each
            self._require_room(declared, there)
            id_ = secrets.token_hex(16)
            self._make(id_ + PART, b"")
            self._make(id_ + TOLD, declared.model_dump_json().encode())
        return Unfinished(id_, declared, 0, self.folder / (id_ + PART))

    def find(self, id_: str) -> Unfinished | None:
        """Return an upload; None if it never was, was finished or has expired."""
        if not re.fullmatch(UPLOAD_PATTERN, id_):
            return None
        path = self.folder / (id_ + PART)
        try:
            with open(os.open(self.folder / (id_ + TOLD), _FILE), "rb") as file:
                declared = Declared.model_validate_json(file.read())
            return Unfinished(id_, declared, path.lstat().st_size, path)
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise StoreError(f"The upload {id_} cannot be read.") from error

    def uploads(self) -> Iterator[Unfinished]:
        """Yield all, in no order."""
        if not self.folder.is_dir():
            return
        with os.scandir(self.folder) as entries:
            names = [each.name for each in entries if each.name.endswith(TOLD)]
        for name in names:
            found = self.find(name.removesuffix(TOLD))
            if found is not None:
                yield found

    def append(self, upload: Unfinished, offset: int, data: bytes) -> int:
        """Write on at `offset` and return where it stands then. Raises OffsetError, TooLongError,
        and SpoolFullError when the disk is: then nothing of it is there."""
        with self._held(upload) as file:
            stands = os.fstat(file).st_size
            if offset != stands:
                raise OffsetError(stands)
            if stands + len(data) > upload.declared.size:
                raise TooLongError
            try:
                _write_all(file, stands, data)
            except OSError as error:
                os.ftruncate(file, stands)
                raise SpoolFullError(f"The disk took no more: {error.strerror}.") from error
            return stands + len(data)

    @contextmanager
    def held(self, upload: Unfinished) -> Iterator[Unfinished]:
        """Keep every writer out until the end of the block. Raises OffsetError if one is at it, or
        if the upload was finished meanwhile."""
        with self._held(upload) as file:
            stands = os.fstat(file).st_size
            yield Unfinished(upload.id, upload.declared, stands, upload.path)

    def drop(self, upload: Unfinished) -> None:
        """Remove an upload and its bytes. Again is harmless."""
        for suffix in (TOLD, PART):
            with suppress(FileNotFoundError), _told():
                (self.folder / (upload.id + suffix)).unlink()

    def expire(self, now: datetime) -> int:
        """Remove what nobody finished in time; return how many there were."""
        count = 0
        for each in list(self.uploads()):
            bounds = self.bounds
            lasts = bounds.complete_for if each.is_complete else bounds.partial_for
            if now - each.declared.begun_at < lasts:
                continue
            with suppress(OffsetError), self.held(each):
                self.drop(each)
                count += 1
        self._tidy()
        return count

    def _tidy(self) -> None:
        """Remove bytes whose announcement is gone: whoever removed the two was stopped between."""
        if not self.folder.is_dir():
            return
        with self._alone():
            for path in self.folder.glob(f"*{PART}"):
                if not path.with_suffix(TOLD).exists():
                    path.unlink(missing_ok=True)

    def _require_room(self, declared: Declared, there: list[Unfinished]) -> None:
        own = sum(each.declared.by == declared.by for each in there)
        announced = sum(each.declared.size for each in there)
        # What was announced and has not come yet will still be written.
        to_come = announced - sum(each.offset for each in there) + declared.size
        disk = os.statvfs(self.folder)
        bounds = self.bounds
        if own >= bounds.count_of_one_max:
            raise SpoolFullError("You have too many unfinished uploads: finish or abandon one.")
        if (
            len(there) >= bounds.count_max
            or announced + declared.size > bounds.bytes_max
            or disk.f_bavail * disk.f_frsize < to_come + bounds.spared_bytes
        ):
            raise SpoolFullError("There is no room for another upload now.")

    def _make(self, name: str, content: bytes) -> None:
        with _told():
            made = os.open(self.folder / name, _FILE | os.O_CREAT | os.O_EXCL, FOR_OWNER)
            with open(made, "wb") as file:
                file.write(content)

    @contextmanager
    def _held(self, upload: Unfinished) -> Iterator[int]:
        try:
            with _told():
                file = os.open(upload.path, _FILE)
        except FileNotFoundError as error:
            raise OffsetError(0) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_nlink == 0:  # it was removed between the two
                raise OffsetError(0)
            yield file
        except BlockingIOError as error:
            raise OffsetError(os.fstat(file).st_size) from error
        finally:
            os.close(file)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with _told():
            self.folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            lock = os.open(self.folder / LOCK_NAME, _FILE | os.O_CREAT, FOR_OWNER)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _again(declared: Declared) -> Declared:
    """What makes two announcements the same: when it was begun does not."""
    return declared.model_copy(update={"begun_at": None})


def _write_all(file: int, at: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        count = os.pwrite(file, left, at)
        at, left = at + count, left[count:]


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"The folder of unfinished uploads: {error.strerror}.") from error
