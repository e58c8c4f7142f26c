"""A file that appears whole or not at all, and the manifest that lies beside it."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from domain.errors import InvalidRequestError

BUFFER = 1 << 20
MINE_ALONE = 0o600
STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Written:
    """What a finished file is."""

    path: Path
    sha256: str
    size: int


class Outlet(Protocol):
    """Where a form is written to."""

    def write(self, text: str) -> None:
        """Write at the end, in UTF-8."""
        ...

    def tell(self) -> int:
        """Return where the next byte goes."""
        ...

    def patch(self, at: int, text: str) -> None:
        """Write over what was left open before: as many bytes as `text` has."""
        ...

    def append(self, source: BinaryIO) -> None:
        """Write all of another file at the end."""
        ...


class PartFile:
    """A file on its way: `NAME.part` until it is finished, gone if it is not.

    Raises InvalidRequestError if there is one already, unless it is to be replaced.
    """

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        self.path = path
        self.part = path.with_name(f"{path.name}.part")
        if path.name == STDOUT:
            raise _refused(path, "This goes to a file, not to standard output.", "a file's name")
        if path.is_dir() or not path.parent.is_dir():
            raise _refused(path, "This cannot be written to.", "a file in a folder that exists")
        if path.exists() and not replace:
            raise _refused(path, "There is a file already.", "a new name, or --force")
        if replace:
            self.part.unlink(missing_ok=True)
        try:
            handle = os.open(self.part, os.O_CREAT | os.O_EXCL | os.O_RDWR, MINE_ALONE)
        except FileExistsError:
            said = f"{self.part.name} is there: another export writes it, or one was killed."
            raise _refused(path, said, "a new name, or --force") from None
        except OSError as error:
            said = f"This cannot be written: {error.strerror}."
            raise _refused(path, said, "a place that you may write to") from error
        self._file: BufferedRandom = os.fdopen(handle, "w+b")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing behind of what was not finished. A full disk is told as a refusal."""
        if not self._file.closed:
            with suppress(OSError):
                self._file.close()
            self.part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            said = f"This cannot be written: {error.strerror}."
            raise _refused(self.path, said, "a place with room for it") from error

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
        self._file.seek(0, os.SEEK_END)

    def append(self, source: BinaryIO) -> None:
        """Write all of another file at the end."""
        source.seek(0)
        shutil.copyfileobj(source, self._file, BUFFER)

    def finish(self) -> Written:
        """Put the file in its place, on disk, and return what it is."""
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.seek(0)
        sha256 = hashlib.file_digest(self._file, "sha256").hexdigest()
        self._file.close()
        self.part.replace(self.path)
        return Written(self.path, sha256, size)


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Lend a folder on the same disk, for what does not belong in memory."""
    with tempfile.TemporaryDirectory(prefix=f".{beside.name}.", dir=beside.parent) as folder:
        yield Path(folder)


def manifest_path(path: Path) -> Path:
    """Return where the manifest of a file lies."""
    return path.with_name(f"{path.name}.manifest.json")


def write_manifest(path: Path, plain: dict[str, object]) -> None:
    """Put a manifest beside its file, in place of the one before."""
    with PartFile(manifest_path(path), replace=True) as file:
        file.write(json.dumps(plain, ensure_ascii=False, indent=2) + "\n")
        file.finish()


def _refused(path: Path, message: str, allowed: str) -> InvalidRequestError:
    return InvalidRequestError(message, field="FILE", value=str(path), allowed=allowed)
