"""Webhooks in memory and in PostgreSQL: one contract, and the tables' own guards."""

import asyncpg
import pytest
from contract import MakeLedger
from contract_webhooks import HOOK, WebhooksContract, buried, put, taken
from databases import Database
from test_memory_ledger import memory_ledger

from ledger import postgres_subscriptions

STATEMENTS = {
    name: value
    for name, value in vars(postgres_subscriptions).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str) and " " in value
}


class TestWebhooksInMemory(WebhooksContract):
    @pytest.fixture
    def make_ledger(self) -> MakeLedger:
        return memory_ledger


class TestWebhooksInPostgres(WebhooksContract):
    @pytest.fixture
    def make_ledger(self, database: Database) -> MakeLedger:
        return database.ledger


async def test_every_statement_of_webhooks_can_be_prepared(database: Database) -> None:
    async with database.connection(database.app_url) as connection:
        for statement in STATEMENTS.values():
            await connection.prepare(statement)
    assert len(STATEMENTS) >= 15


@pytest.mark.parametrize("table", ["webhook", "dead_letter"])
async def test_no_role_changes_what_happened_to_a_webhook(database: Database, table: str) -> None:
    async with database.ledger() as ledger:
        await put(ledger, 1, "created")
        await taken(ledger, [(1, "z/a")], 0, 1)
        await buried(ledger, "z/a", 1)
    for change in (f"UPDATE {table} SET kind = ''", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        async with database.connection(database.app_url) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)
        async with database.connection() as connection:
            await connection.execute("SET session_replication_role = replica")
            with pytest.raises(asyncpg.RestrictViolationError, match="facts are only added"):
                await connection.execute(change)
    keys = {"webhook": f"{HOOK}#1", "dead_letter": f"{HOOK}@1#1"}
    async with database.connection() as connection:
        pending = "SELECT key FROM log_pending WHERE kind = $1"
        found = await connection.fetch(pending, table)
    assert [each["key"] for each in found] == [keys[table]]
