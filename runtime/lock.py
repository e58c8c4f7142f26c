"""A data folder belongs to one process at a time."""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from runtime.errors import FolderTakenError, FolderUnusableError

LOCK_NAME: Final = "lock"
PRIVATE: Final = 0o700
PASSABLE: Final = 0o711
"""Others may reach what lies in the folder if that allows them; they may not list it."""

PROBE_GRACE_S: Final = 0.5
"""`holder` takes the lock for an instant; whoever starts at that moment must not fail for it."""


class DataFolder:
    """A folder and the advisory lock (`flock`) that makes it ours.

    The kernel frees the lock when the process dies, however it dies. Children do not inherit it.
    """

    def __init__(self, path: Path, *, mode: int | None = None) -> None:
        """`mode` is for a folder that does not exist yet; by default 0700, for root 0711."""
        self.path = path.expanduser().absolute()
        self._mode = mode if mode is not None else (PASSABLE if os.geteuid() == 0 else PRIVATE)
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self.hold()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    @property
    def is_held(self) -> bool:
        """Whether this object holds the folder."""
        return self._descriptor is not None

    def hold(self) -> None:
        """Make the folder if need be and take it; holding it already changes nothing."""
        if self._descriptor is not None:
            return
        self._make()
        try:
            descriptor = os.open(
                self.path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            raise FolderUnusableError(
                f"The folder {self.path} cannot be written: {error.strerror}. "
                "Use the account that made it, or name another with CLOSEOUT_DATA_DIR."
            ) from error
        try:
            self._take(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the folder back; the lock file stays, since removing it would race."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _make(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise FolderUnusableError(
                f"{self.path} is a file, but a data folder is wanted. "
                "Move it away, or name another place with CLOSEOUT_DATA_DIR."
            )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.is_dir():
                self.path.mkdir(exist_ok=True)
                self.path.chmod(self._mode)
        except OSError as error:
            raise FolderUnusableError(
                f"The folder {self.path} cannot be made: {error.strerror}. "
                "Name another place with CLOSEOUT_DATA_DIR."
            ) from error

    def _take(self, descriptor: int) -> None:
        until = time.monotonic() + PROBE_GRACE_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise FolderTakenError(_taken(self.path)) from None
                time.sleep(0.05)
            else:
                return


def holder(path: Path) -> int | None:
    """Return the pid of the process that holds the folder now, None if none does."""
    try:
        descriptor = os.open(path / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _written_pid(path)
    else:
        return None
    finally:
        os.close(descriptor)


def _written_pid(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int((path / LOCK_NAME).read_text(encoding="ascii"))
    return None


def _taken(path: Path) -> str:
    pid = _written_pid(path)
    who = "another process" if pid is None else f"process {pid}"
    return (
        f"The folder {path} is in use by {who}. "
        "Stop it first, or name another folder with CLOSEOUT_DATA_DIR."
    )
