"""Facts are only added, whoever asks; only a superuser who silences the guards can do more."""

import asyncpg
import pytest
from contract_publications import (
    handbook,
    plan,
    publish,
    publish_handbook,
    raise_task,
    version,
)
from databases import Database
from lives import Life, at, reported, write

from domain.canonical import sha256
from domain.chain import breaks
from ledger import queries
from ledger.port import HistoryRow

FACTS = [
    *("event", "command", "terms", "workflow_history"),
    *("calendar_version", "calendar_publication", "adoption_plan", "adoption_end"),
    *("handbook_version", "handbook_publication"),
]
CHANGES = ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"]
COLUMNS = {
    "event": "text",
    "command": "body",
    "terms": "text",
    "workflow_history": "closed_as",
    "calendar_version": "text",
    "calendar_publication": "hash",
    "adoption_plan": "approver",
    "adoption_end": "at",
    "handbook_version": "text",
    "handbook_publication": "approver",
}


@pytest.fixture
async def written(database: Database) -> Database:
    """A database with one of each fact."""
    async with database.ledger() as ledger:
        await write(ledger, Life("a").step(reported()))
        await ledger.put_terms(sha256("x"), "z1", "x", at(0))
        await ledger.put_history(HistoryRow("r", "w", "completed", 1, sha256("y"), b"", at(1)))
        await raise_task(ledger, "b")
        await publish(ledger, version("v", until=2026))
        await publish_handbook(ledger, handbook("h"))
        await ledger.end_plan((await ledger.put_plan(plan())).sequence, at(3))
    return database


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize("change", CHANGES)
async def test_no_role_changes_or_removes_a_fact(
    written: Database, table: str, change: str
) -> None:
    column = COLUMNS[table]
    statement = change.format(table, column, column)
    async with written.connection(written.app_url) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    for url in (written.owner_url, written.admin_url):
        async with written.connection(url) as connection:
            with pytest.raises(asyncpg.RestrictViolationError, match="facts are only added"):
                await connection.execute(statement)


async def test_the_guards_cannot_be_passed_by_the_side(written: Database) -> None:
    async with written.connection(written.admin_url) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(
                "INSERT INTO terms SELECT * FROM terms"
                " ON CONFLICT (hash) DO UPDATE SET text = 'other'"
            )
        await connection.execute("SET session_replication_role = replica")
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("DELETE FROM event")


async def test_the_application_owns_nothing_and_cannot_silence_the_guards(
    written: Database,
) -> None:
    async with written.connection(written.app_url) as connection:
        for statement in (
            "ALTER TABLE event DISABLE TRIGGER ALL",
            "DROP TABLE outbox",
            "CREATE TABLE mine (id integer)",
            "DELETE FROM issue",
            "DELETE FROM refusal",
            "INSERT INTO schema_migration (version, name, sha256) VALUES (9, 'x', 'x')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_what_a_superuser_changes_shows_in_the_chain(written: Database) -> None:
    await written.tamper("event", "UPDATE event SET text = replace(text, 'Lift', 'Door')")
    async with written.ledger() as ledger:
        problems = [b.problem for b in breaks(await ledger.records("z1/a"))]
    assert problems == ["the text is not what was hashed"]
    async with written.connection(written.owner_url) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("DELETE FROM event")


async def test_a_task_can_be_settled_and_nothing_else(written: Database) -> None:
    settling = "UPDATE administrative_task SET settled_at = now(), settled_by = 1"
    for url in (written.app_url, written.owner_url, written.admin_url):
        async with written.connection(url) as connection:
            for change in (
                "UPDATE administrative_task SET year = 2030",
                f"{settling}, subject = 'other'",
                "DELETE FROM administrative_task",
                "TRUNCATE administrative_task",
            ):
                with pytest.raises(
                    (asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)
                ):
                    await connection.execute(change)
    async with written.connection(written.app_url) as connection:
        await connection.execute(settling)
        with pytest.raises(asyncpg.RestrictViolationError, match="once"):
            await connection.execute("UPDATE administrative_task SET settled_by = 2")


async def test_the_adoptions_of_a_plan_are_found_by_an_index(written: Database) -> None:
    async with written.connection(written.app_url) as connection:
        await connection.execute(
            "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan"
        )
        await connection.execute(f"PREPARE found (text, text, integer) AS {queries.ADOPTIONS}")
        plans = await connection.fetch("EXPLAIN EXECUTE found ('adopt:p:', 'adopt:p;', 10)")
    assert "command_adoption_idx" in "\n".join(str(row[0]) for row in plans)
