"""What every test may ask for: a PostgreSQL server, a fresh database of its own."""

import gc
import itertools
import os
import sys
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import hypothesis  # imported late, its plugin can crash the end of a failed run
import pytest
from databases import Database, Databases, running_server
from deep import COUNTS, FOUND

from ledger.migrate import migrate
from runtime.postgres import EmbeddedPostgres

hypothesis.settings.register_profile(
    "starved", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("starved")
"""A machine that is busy with the other parts fails no law for being slow."""

gc.set_threshold(200_000, 20, 50)
"""Tests make many objects that live long: to look through them as often as by default cost a fourth
of their time."""

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


@pytest.fixture(scope="session")
async def databases(postgres_server: EmbeddedPostgres, migrated_template: str) -> Databases:
    """Migrated databases, used again where a test has left nothing but rows."""
    return Databases(postgres_server, migrated_template)


@pytest.fixture
async def empty_database(postgres_server: EmbeddedPostgres) -> AsyncIterator[Database]:
    """A database without a schema."""
    database = Database(postgres_server, f"empty_{next(NUMBERS)}")
    await postgres_server.create_database(database.name)
    yield database
    await postgres_server.drop_database(database.name)


@pytest.fixture
async def untouched_database(databases: Databases) -> AsyncIterator[Database]:
    """A migrated database that no test had before: nothing is known of how full its tables are."""
    taken = await databases.make()
    yield taken
    await databases.give_back(taken)


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """A migrated, empty database."""
    taken = await databases.take()
    yield taken
    await databases.give_back(taken)


UNCOUNTED = frozenset((Path(__file__).parent / "uncounted.txt").read_text().split())
"""Modules of tests that run hardly a line that no other runs, by a measurement of the lines and the
processor time of each: counting the lines takes as long again as running them."""


def _is_counted(item: pytest.Item) -> bool:
    return "/".join(item.path.parts[-2:]) not in UNCOUNTED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Count the lines that a module's tests run, or none of them: to begin and to end it with every
    test costs as much as some tests."""
    counting = item.config.pluginmanager.getplugin("_cov")
    controller = getattr(counting, "cov_controller", None)
    if controller is not None and controller.started and not _is_counted(item):
        controller.pause()
    result = yield
    # At the end it has to run: the plugin ends it.
    ahead = nextitem is None or _is_counted(nextitem)
    if controller is not None and ahead and not controller.started:
        controller.resume()
    return result


def pytest_collection_finish() -> None:
    """Never look again through what was imported."""
    gc.collect()
    gc.freeze()


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
