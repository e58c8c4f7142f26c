"""One export as a stream: what is written is handed on at once, and memory holds one life."""

import io
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

from audit.exports.choosing import Source
from audit.exports.exporting import writing
from audit.exports.forms import Counts, Form, Statement
from audit.exports.made import form_called

CHUNK_BYTES = 64 * 1024
IN_MEMORY_BYTES_MAX = 1024 * 1024


class Passing:
    """Keeps what is written until it is taken away. Nothing of it can be written over."""

    def __init__(self) -> None:
        self._pieces: deque[bytes | BinaryIO] = deque()
        self._written = self._taken = 0

    @property
    def is_full(self) -> bool:
        """Return whether there is enough to be taken."""
        return self._written - self._taken >= CHUNK_BYTES

    def write(self, text: str) -> None:
        """Write at the end, in UTF-8."""
        piece = text.encode()
        self._written += len(piece)
        self._pieces.append(piece)

    def tell(self) -> int:
        """Return where the next byte goes."""
        return self._written

    def patch(self, at: int, text: str) -> None:
        """Refuse: what is written may be gone."""
        raise io.UnsupportedOperation(f"{len(text)} characters cannot go back to {at}")

    def append(self, source: BinaryIO) -> None:
        """Write all of another file at the end; it is read when it is taken."""
        self._written += source.seek(0, io.SEEK_END)
        self._pieces.append(source)

    def taken(self) -> Iterator[bytes]:
        """Yield what is kept, and keep it no longer."""
        self._taken = self._written
        while self._pieces:
            piece = self._pieces.popleft()
            if isinstance(piece, bytes):
                yield _joined(piece, self._pieces)
            else:
                yield from _chunks(piece)


class Kept:
    """Keeps all that is written, beyond a bound on disk, until it is whole."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES_MAX)  # noqa: SIM115  # `close` ends it

    def write(self, text: str) -> None:
        """Write at the end, in UTF-8."""
        self._file.write(text.encode())

    def tell(self) -> int:
        """Return where the next byte goes."""
        return self._file.tell()

    def patch(self, at: int, text: str) -> None:
        """Write over what was left open before: as many bytes as `text` has."""
        self._file.seek(at)
        self._file.write(text.encode())
        self._file.seek(0, io.SEEK_END)

    def append(self, source: BinaryIO) -> None:
        """Write all of another file at the end."""
        for chunk in _chunks(source):
            self._file.write(chunk)

    def taken(self) -> Iterator[bytes]:
        """Yield all of it."""
        self._file.seek(0)
        while chunk := self._file.read(CHUNK_BYTES):
            yield chunk

    def close(self) -> None:
        """Leave nothing behind."""
        self._file.close()


async def streamed(
    ledger: Source,
    statement: Statement,
    *,
    goes_on: Callable[[], bool] = lambda: True,
) -> AsyncGenerator[bytes]:
    """Yield an export that is on record (`exporting.recorded`), in the form that it states.

    Whoever stops listening stops the work; nothing is left behind. Raises BrokenOffError as soon as
    `goes_on` says no: a stream that simply ended would pass for a whole one.
    """
    with (
        tempfile.TemporaryDirectory(prefix="closeout-export-") as folder,
        form_called(statement.form, Path(folder)) as form,
    ):
        made = _kept if form.looks_back else _passed
        async with aclosing(made(ledger, form, statement)) as chunks:
            async for chunk in chunks:
                if not goes_on():
                    raise BrokenOffError(statement.read)
                if chunk:
                    yield chunk


class BrokenOffError(Exception):
    """An export was broken off before it was whole."""


async def _passed(ledger: Source, form: Form, statement: Statement) -> AsyncGenerator[bytes]:
    outlet = Passing()
    async with aclosing(writing(ledger, form, outlet, statement, Counts())) as lives:
        async for _ in lives:
            if outlet.is_full:
                for chunk in outlet.taken():
                    yield chunk
            else:
                yield b""
    for chunk in outlet.taken():
        yield chunk


async def _kept(ledger: Source, form: Form, statement: Statement) -> AsyncGenerator[bytes]:
    outlet = Kept()
    try:
        async with aclosing(writing(ledger, form, outlet, statement, Counts())) as lives:
            async for _ in lives:
                yield b""
        for chunk in outlet.taken():
            yield chunk
    finally:
        outlet.close()


def _joined(piece: bytes, following: deque[bytes | BinaryIO]) -> bytes:
    """Return a piece with those that follow, up to a file: one chunk for many lines."""
    joined = [piece]
    while following and isinstance(following[0], bytes):
        joined.append(following[0])
        following.popleft()
    return b"".join(joined)


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    source.seek(0)
    while chunk := source.read(CHUNK_BYTES):
        yield chunk
