"""Attachments in a local folder: one file each, for their owner alone, whole or not at all."""

import asyncio
import os
import secrets
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from runtime.attachments.store import (
    CHUNK_BYTES,
    Content,
    MissingContentError,
    StoreError,
    require_place,
)
from runtime.lock import PRIVATE

FOR_OWNER: Final = 0o600
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DRAFT: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderStore:
    """A folder `ab/<issue>/<name>` of files. Each step down is opened by itself and no link is
    followed, so that nothing outside is read, written or removed, whoever has put a link there.

    The folder itself may be a link: it is the operator's choice. Raises StoreError.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.root)

    async def put(self, place: str, content: Content) -> None:
        """Write beside it, make that durable, then give it its name."""
        await asyncio.to_thread(self._put, place, content)

    async def size(self, place: str) -> int | None:
        """Return how long the file is."""
        return await asyncio.to_thread(self._size, place)

    async def read(
        self, place: str, first: int = 0, count: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the file. Raises MissingContentError."""
        file = await asyncio.to_thread(self._open, place)
        try:
            left = count
            while left is None or left > 0:
                wanted = CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)
                chunk = await asyncio.to_thread(os.pread, file, wanted, first)
                if not chunk:
                    break
                first += len(chunk)
                left = None if left is None else left - len(chunk)
                yield chunk
            if left:
                raise MissingContentError(f"The attachment {place} is shorter than it was.")
        finally:
            os.close(file)

    async def delete(self, place: str) -> None:
        """Remove the file, durably."""
        await asyncio.to_thread(self._delete, place)

    def _put(self, place: str, content: Content) -> None:
        *_, name = require_place(place)
        draft = f".{name[:16]}.{secrets.token_hex(8)}"
        with _told(place, missing=True), self._folder_of(place, make=True) as folder:
            try:
                with open(os.open(draft, _DRAFT, FOR_OWNER, dir_fd=folder), "wb") as file:
                    for chunk in content.chunks():
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                    if file.tell() != content.size:
                        raise StoreError(f"The attachment {place} changed while it was stored.")
                os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(draft, dir_fd=folder)

    def _size(self, place: str) -> int | None:
        try:
            file = self._open(place)
        except MissingContentError:
            return None
        try:
            return os.fstat(file).st_size
        finally:
            os.close(file)

    def _open(self, place: str) -> int:
        *_, name = require_place(place)
        try:
            with _told(place), self._folder_of(place) as folder:
                file = os.open(
                    name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
                )
        except FileNotFoundError as error:
            raise MissingContentError(f"The attachment {place} is not in its folder.") from error
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise StoreError(f"The attachment {place} is no file.")
        return file

    def _delete(self, place: str) -> None:
        *_, name = require_place(place)
        with suppress(FileNotFoundError), _told(place), self._folder_of(place) as folder:
            os.unlink(name, dir_fd=folder)
            os.fsync(folder)

    @contextmanager
    def _folder_of(self, place: str, *, make: bool = False) -> Iterator[int]:
        """Open the folder of a name, step by step."""
        if make:
            self.root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        opened = [os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]
        try:
            for step in require_place(place)[:-1]:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(step, PRIVATE, dir_fd=opened[-1])
                        os.fsync(opened[-1])
                opened.append(os.open(step, _FOLDER, dir_fd=opened[-1]))
            yield opened[-1]
        finally:
            for each in opened:
                os.close(each)


@contextmanager
def _told(place: str, *, missing: bool = False) -> Iterator[None]:
    """Tell what the system says as an error of the store; unless `missing`, the caller tells what
    is not there."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not missing:
            raise
        raise StoreError(f"The attachment {place}: {error.strerror}.") from error
