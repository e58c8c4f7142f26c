"""Two who publish a handbook at once, processes that did not publish, and those that die of it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import builders as b
import pytest
from adoptions import EXTENDED, TO_2026, Office
from databases import Database
from deep import IN_CHECK
from desks import StandingClock
from shelves import ISLAND, REPLACED, TIDES, island, publish, revised

from desk.desk import Desk
from desk.shelf import LOOK_AGAIN_SECONDS, Shelf
from domain.errors import ConflictError, UnknownZoneError
from ledger.memory import MemoryLedger
from ledger.port import Ledger, LedgerUnavailableError

pytestmark = IN_CHECK

BETWEEN = 4711
"""The advisory lock that a test holds to stop a publication half way."""


@pytest.mark.parametrize("named", ["publish_handbook", "publish"])
async def test_of_two_who_publish_at_once_one_does(
    there: Office, elsewhere: Office, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """Held back once before the handbook, once before the calendar that comes with it."""
    looked = asyncio.Barrier(2)
    done_by = getattr(there.ledger, named)

    async def when_both_have_looked(*given: Any, **fields: Any) -> object:
        await looked.wait()
        return await done_by(*given, **fields)

    monkeypatch.setattr(there.ledger, named, when_both_have_looked)
    if named == "publish_handbook":
        first, second = revised(2), revised(3)
    else:
        first, second = island(1, TIDES), island(2, TIDES)
    done = await asyncio.gather(
        publish(there, first), publish(elsewhere, second), return_exceptions=True
    )
    (refused,) = [each for each in done if isinstance(each, BaseException)]
    assert isinstance(refused, ConflictError), refused
    (row,) = await there.ledger.newest_handbooks()
    assert row.hash in (first.handbook.hash, second.handbook.hash)
    other = second if row.hash == first.handbook.hash else first
    assert await there.ledger.handbook_version(other.handbook.hash) is None


async def test_a_process_that_did_not_publish_sees_it_within_seconds(
    there: Office, elsewhere: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("desk.shelf.time.monotonic", lambda: now[0])
    await elsewhere.reported("before")
    await publish(there, REPLACED)
    await elsewhere.reported("too-soon")
    now[0] += LOOK_AGAIN_SECONDS
    await elsewhere.reported("after")
    books = [(await there.terms_of(key)).handbook for key in ("before", "too-soon", "after")]
    assert books == [b.HANDBOOK, b.HANDBOOK, REPLACED.handbook]


async def test_all_zones_of_one_look_change_at_once(ledger: Ledger, clock: StandingClock) -> None:
    """What is published while a process looks away is found together: handbooks and calendars."""
    shipped = {b.ZONE: TO_2026, ISLAND: island()}
    there, away = (Desk(ledger, Shelf(ledger, shipped), clock) for _ in range(2))
    await away.shelf.refresh()
    office = Office(ledger, clock)
    office.desk = there
    await publish(office, revised(2))
    await publish(office, island(2))
    await office.published(EXTENDED)

    async def seen() -> list[tuple[int, str]]:
        terms = await away.shelf.in_force(clock.at)
        return [(each.handbook.revision, each.calendar.hash) for each in terms]

    assert await seen() == [(1, TO_2026.calendar.hash)] * 2
    await away.shelf.refresh()
    assert await seen() == [(2, EXTENDED.hash)] * 2


async def test_issues_reported_while_a_handbook_is_published_are_judged_by_one_or_the_other(
    there: Office, elsewhere: Office
) -> None:
    async def report_many() -> None:
        for number in range(20):
            await elsewhere.reported(f"r{number}")

    reporting = asyncio.create_task(report_many())
    await publish(there, REPLACED)
    await reporting
    await elsewhere.desk.shelf.refresh()
    await elsewhere.reported("last")
    books = {row.issue.terms for row in await there.ledger.find(limit=100)}
    assert books <= {TO_2026.hash, REPLACED.hash}
    assert (await there.terms_of("last")).handbook == REPLACED.handbook
    assert await there.is_sound()


async def test_a_look_that_a_publication_falls_into_finds_a_handbook_only_with_its_calendar(
    there: Office, elsewhere: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = there.ledger.newest_publications
    under_way: list[str] = []

    async def with_news_behind_it() -> object:
        found = await newest()
        if not under_way:
            under_way.append(ISLAND)
            await publish(there, island(named=TIDES))
        return found

    monkeypatch.setattr(there.ledger, "newest_publications", with_news_behind_it)
    with pytest.raises(UnknownZoneError):
        await elsewhere.desk.shelf.current(ISLAND, b.MON_9)
    assert under_way == [ISLAND]
    await elsewhere.desk.shelf.refresh()
    assert (await elsewhere.desk.shelf.current(ISLAND, b.MON_9)).calendar == TIDES


async def test_a_handbook_is_not_asked_for_again_with_every_look() -> None:
    ledger = MemoryLedger()
    there, elsewhere = (Office(ledger, StandingClock()) for _ in range(2))
    await publish(there, REPLACED)
    asked: list[str] = []
    version = ledger.handbook_version

    async def counted(hash_: str) -> object:
        asked.append(hash_)
        return await version(hash_)

    ledger.handbook_version = counted  # type: ignore[method-assign, assignment]  # counts
    for _ in range(5):
        await elsewhere.desk.shelf.refresh()
    await there.published(EXTENDED)
    await elsewhere.desk.shelf.refresh()
    await elsewhere.reported()
    assert (await elsewhere.terms_of()) == REPLACED.with_calendar(EXTENDED)
    assert asked == [REPLACED.handbook.hash]


# Death between the version and its publication ----------------------------------------------


@asynccontextmanager
async def stopped_half_way(database: Database) -> AsyncIterator[None]:
    """Hold up every publication after its version is written and before it is itself."""
    async with database.connection(database.admin_url) as admin:
        await admin.execute(
            f"""
            CREATE FUNCTION wait_between() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock({BETWEEN}); RETURN new; END $$;
            CREATE TRIGGER wait_between BEFORE INSERT ON handbook_publication
                FOR EACH ROW EXECUTE FUNCTION wait_between();
            """
        )
        await admin.execute(f"SELECT pg_advisory_lock({BETWEEN})")
        try:
            yield
        finally:
            await admin.execute(f"SELECT pg_advisory_unlock({BETWEEN})")


WAITING = """
SELECT pid FROM pg_stat_activity
WHERE wait_event = 'advisory' AND query LIKE '%ledger_publish_handbook%'
"""


async def waiting(admin: "asyncpg.Connection[asyncpg.Record]") -> int:
    """Return the server process that stands half way, once there is one.

    It is sent by a process that first has to begin: under coverage, beside three other parts of the
    tests, that alone took longer than ten seconds.
    """
    for _ in range(2400):
        found: int | None = await admin.fetchval(WAITING)
        if found is not None:
            return found
        await asyncio.sleep(0.05)
    pytest.fail("no publication came half way")


async def gone(admin: "asyncpg.Connection[asyncpg.Record]", pid: int) -> None:
    """Wait until a server process has ended what it was at."""
    for _ in range(1200):
        if await admin.fetchval("SELECT 1 FROM pg_stat_activity WHERE pid = $1", pid) is None:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the server still works for a client that is dead")


async def kept(database: Database) -> tuple[int, int]:
    """Return how many versions and how many publications there are."""
    async with database.connection() as connection:
        return (
            await connection.fetchval("SELECT count(*) FROM handbook_version"),
            await connection.fetchval("SELECT count(*) FROM handbook_publication"),
        )


async def test_a_server_that_dies_half_way_has_kept_neither_version_nor_publication(
    database: Database, clock: StandingClock
) -> None:
    async with database.ledger(size=4) as ledger:
        office = Office(ledger, clock)
        async with (
            stopped_half_way(database),
            database.connection(database.admin_url) as admin,
        ):
            publishing = asyncio.create_task(publish(office, REPLACED))
            await admin.execute("SELECT pg_terminate_backend($1)", await waiting(admin))
            with pytest.raises(LedgerUnavailableError):
                await publishing
        assert await kept(database) == (0, 0)
        assert (await office.desk.shelf.current(b.ZONE, clock.at)).handbook == b.HANDBOOK
        await publish(office, REPLACED)
        assert await kept(database) == (1, 1)


async def test_a_publisher_killed_half_way_leaves_both_or_neither(
    database: Database, clock: StandingClock
) -> None:
    root = Path(__file__).parents[2]
    path = os.pathsep.join(str(root / each) for each in (".", "tests", "tests/domain"))
    async with (
        stopped_half_way(database),
        database.connection(database.admin_url) as admin,
    ):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(root / "tests/desk/dying_author.py"), database.app_url),
            env=os.environ | {"PYTHONPATH": path},
            stdout=asyncio.subprocess.PIPE,
        )
        held = await waiting(admin)
        process.kill()
        said, _ = await asyncio.wait_for(process.communicate(), 60)
        assert said == b""
    async with database.connection(database.admin_url) as admin:
        await gone(admin, held)
    versions, publications = await kept(database)
    assert versions == publications
    async with database.ledger(size=4) as ledger:
        office = Office(ledger, clock)
        await publish(office, revised(3))
        assert (await office.desk.shelf.current(b.ZONE, clock.at)).handbook.revision == 3
