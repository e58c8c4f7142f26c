"""A folder, a shelf with the trial zone, and a stack for each story; nothing is left behind."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from story_handbook import write_handbooks
from story_stack import Up, environment

from runtime.postgres_home import remove_home


@pytest.fixture
def folder() -> Iterator[Path]:
    """A fresh folder that other accounts may pass through, as the database's must."""
    outer = Path(tempfile.mkdtemp(prefix="closeout-story-"))
    outer.chmod(0o711)
    yield outer
    if outer.joinpath("data").exists():
        remove_home(outer / "data")
    shutil.rmtree(outer)


@pytest.fixture
def handbooks(folder: Path) -> Path:
    """The shelf with the trial zone."""
    return write_handbooks(folder / "handbooks")


@pytest.fixture
async def up(folder: Path, handbooks: Path) -> AsyncIterator[Up]:
    """`closeout up`, running."""
    running = Up(folder / "data", environment(CLOSEOUT_HANDBOOK_DIR=str(handbooks)))
    try:
        await running.start()
        yield running
    finally:
        running.stop()
