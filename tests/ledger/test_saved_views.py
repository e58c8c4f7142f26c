"""Saved views in memory and in PostgreSQL: one contract."""

import pytest
from contract import MakeLedger
from contract_saved_views import SavedViewsContract
from databases import Database
from test_memory_ledger import memory_ledger

from ledger import postgres_saved_views

STATEMENTS = {
    name: value
    for name, value in vars(postgres_saved_views).items()
    if name.isupper() and isinstance(value, str)
}


class TestSavedViewsInMemory(SavedViewsContract):
    @pytest.fixture
    def make_ledger(self) -> MakeLedger:
        return memory_ledger


class TestSavedViewsInPostgres(SavedViewsContract):
    @pytest.fixture
    def make_ledger(self, database: Database) -> MakeLedger:
        return database.ledger


async def test_every_statement_of_saved_views_can_be_prepared(database: Database) -> None:
    async with database.connection(database.app_url) as connection:
        for statement in STATEMENTS.values():
            await connection.prepare(statement)
    assert len(STATEMENTS) == 5
