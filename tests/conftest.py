"""What every test may ask for: a PostgreSQL server, a fresh database of its own."""

import gc
import itertools
import os
import sys
from collections.abc import AsyncIterator, Generator

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


UNCOUNTED = {
    "domain/test_calendar_dst.py",
    "domain/test_calendar_laws.py",
    "domain/test_clock_laws.py",
    "domain/test_errands.py",
    "domain/test_figures_by_hand.py",
    "domain/test_issue_machine.py",
    "handbooks/test_mutations_are_caught.py",
    "handbooks/test_no_code_depends_on_a_handbook.py",
    "api/test_access_matrix.py",
    "api/test_event_stream.py",
    "api/test_fuzz_of_the_document.py",
    "api/test_open311_reporting.py",
    "api/test_tokens_refused.py",
    "attack/test_forged_forms.py",
    "attack/test_injection.py",
    "attack/test_patterns.py",
    "attack/test_smuggling.py",
    "audit/test_mutations.py",
    "audit/test_promise_laws.py",
    "console/test_console_access.py",
    "console/test_console_attacks.py",
    "console/test_hostile_texts.py",
    "ledger/test_group_commit.py",
    "stories/test_ten_thousand_faults.py",
}
"""Laws over many lives, or all of a corpus. To count the lines they run takes three times as long
as to run them, and tests of single cases run the same lines."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the laws over many lives out of the coverage."""
    for item in items:
        if "/".join(item.path.parts[-2:]) in UNCOUNTED:
            item.add_marker("no_cover")


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
