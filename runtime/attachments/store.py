"""What a store of attachments does, whether it is a folder or a bucket."""

import hashlib
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, Protocol

from runtime.errors import StackError

CHUNK_BYTES: Final = 256 * 1024
PLACE: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}/[0-9a-f]{64}")
"""The names that a store takes: two folders and a file, none of which anybody chooses."""


class StoreError(StackError):
    """The store could not do what it was asked: out of reach, full, not ours. Trying again later
    may help."""


class MissingContentError(StoreError):
    """The store has nothing of this name, or something shorter."""


class Content(Protocol):
    """Bytes on their way into a store."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield them from the beginning, each time anew."""
        ...


class AttachmentStore(Protocol):
    """Keeps contents under names. All methods raise StoreError."""

    @property
    def where(self) -> str:
        """Where it is, for whoever has to back it up. It holds no secret."""
        ...

    async def put(self, place: str, content: Content) -> None:
        """Keep a content, whole or not at all, durable when this returns. One that is there under
        this name is replaced."""
        ...

    async def size(self, place: str) -> int | None:
        """Return how many bytes there are under a name; None if there is nothing."""
        ...

    def read(self, place: str, first: int = 0, count: int | None = None) -> AsyncIterator[bytes]:
        """Yield what is under a name, from byte `first`, `count` of them or all. Raises
        MissingContentError."""
        ...

    async def delete(self, place: str) -> None:
        """Remove what is under a name. Again is harmless."""
        ...


class FileContent:
    """A file as it lies, which nobody writes to any more. A link is not followed."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self._size = size

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return self._size

    def chunks(self) -> Iterator[bytes]:
        """Yield the file's bytes. Raises OSError."""
        with open(os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


def sha256_of(content: Content) -> str:
    """Return the SHA-256 of a content, in hexadecimal."""
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def require_place(place: str) -> tuple[str, str, str]:
    """Return the parts of a name. Raises StoreError for one that no program of ours made."""
    if not PLACE.fullmatch(place):
        raise StoreError("This is no name of an attachment.")
    folder, issue, name = place.split("/")
    return folder, issue, name
