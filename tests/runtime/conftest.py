"""Folders that the server's account can reach, and nothing left behind."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.processes import server_account

MEMORY = "/dev/shm"  # noqa: S108 - only where to make a private folder; unlinking there is quick


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder's path, within a folder that others may pass through (pytest's are closed)."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    outer = Path(tempfile.mkdtemp(prefix="closeout-test-", dir=memory))
    outer.chmod(0o711)
    yield outer / "data"
    shutil.rmtree(outer)


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A living process of the server's account that has nothing to do with us."""
    account = server_account()
    process = subprocess.Popen(["sleep", "60"], user=account.uid if account else None)
    yield process
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith(("CLOSEOUT_", "TEMPORAL_", "PG")):
            monkeypatch.delenv(name)
