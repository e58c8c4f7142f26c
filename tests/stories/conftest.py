"""A folder, a shelf with the trial zone, and a stack for each story; nothing is left behind."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from story_handbook import write_handbooks
from story_stack import Servers, Up, environment
from temporalio.client import Client

from ledger.migrate import migrate
from runtime.postgres_home import remove_home
from runtime.settings import Settings
from runtime.stack import EmbeddedStack
from runtime.temporal import EmbeddedTemporal, connect


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


@pytest.fixture
async def servers(folder: Path, handbooks: Path) -> AsyncIterator[Servers]:
    """Both servers with a migrated ledger, without worker and relay."""
    async with EmbeddedStack(Settings(data_dir=folder / "data")) as stack:
        await migrate(stack.postgres.owner_url)
        running = Servers(stack, folder, handbooks)
        try:
            yield running
        finally:
            running.end()


@pytest.fixture(scope="session")
async def skipper(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of a development server whose workflows have clocks of their own."""
    folder = tmp_path_factory.mktemp("skipping")
    async with EmbeddedTemporal(folder, time_skipping=True) as server:
        yield await connect(server.address)
