"""What every test may ask for: a PostgreSQL server, a fresh database of its own."""

import itertools
import os
import sys
from collections.abc import AsyncIterator, Generator

import hypothesis  # noqa: F401  # imported late, its plugin can crash the end of a failed run
import pytest
from databases import Database, running_server
from deep import COUNTS, FOUND

from ledger.migrate import migrate
from runtime.postgres import EmbeddedPostgres

TEMPLATE = "migrated"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
async def postgres_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL server, started once a session (one for each xdist worker)."""
    async with running_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
async def migrated_template(postgres_server: EmbeddedPostgres) -> str:
    """The name of a migrated database that others are copied from."""
    await postgres_server.create_database(TEMPLATE)
    await migrate(Database(postgres_server, TEMPLATE).owner_url)
    return TEMPLATE


@pytest.fixture
async def empty_database(postgres_server: EmbeddedPostgres) -> AsyncIterator[Database]:
    """A database without a schema."""
    async for database in _fresh(postgres_server, None):
        yield database


@pytest.fixture
async def database(
    postgres_server: EmbeddedPostgres, migrated_template: str
) -> AsyncIterator[Database]:
    """A migrated, empty database."""
    async for database in _fresh(postgres_server, migrated_template):
        yield database


async def _fresh(server: EmbeddedPostgres, template: str | None) -> AsyncIterator[Database]:
    database = Database(server, f"test_{next(NUMBERS)}")
    await server.create_database(database.name, template)
    yield database
    await server.drop_database(database.name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how deep the deep suites went, and how deep they go in full."""
    for what, (count, in_full) in sorted(COUNTS.items()):
        terminalreporter.write_line(f"deep suites: {what}: {count} of {in_full}")
    for line in FOUND:
        terminalreporter.write_line(f"deep suites: {line}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Leave at once when all is reported: the Temporal SDK may abort while Python shuts down."""
    code = yield
    with_xdist = hasattr(config, "workerinput") or getattr(config.option, "numprocesses", None)
    if "temporalio" in sys.modules and isinstance(code, int) and not with_xdist:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(code))
    return code
