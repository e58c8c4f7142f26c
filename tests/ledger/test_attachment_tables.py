"""Attachments in memory and in PostgreSQL: one contract."""

import pytest
from contract import MakeLedger
from contract_attachments import AttachmentsContract
from databases import Database
from test_memory_ledger import memory_ledger

from ledger import postgres_attachments

STATEMENTS = {
    name: value
    for name, value in vars(postgres_attachments).items()
    if name.isupper() and isinstance(value, str) and not name.startswith("_")
}


class TestAttachmentsInMemory(AttachmentsContract):
    @pytest.fixture
    def make_ledger(self) -> MakeLedger:
        return memory_ledger


class TestAttachmentsInPostgres(AttachmentsContract):
    @pytest.fixture
    def make_ledger(self, database: Database) -> MakeLedger:
        return database.ledger


async def test_every_statement_of_attachments_can_be_prepared(database: Database) -> None:
    async with database.connection(database.app_url) as connection:
        for statement in STATEMENTS.values():
            await connection.prepare(statement)
    assert len(STATEMENTS) == 10
