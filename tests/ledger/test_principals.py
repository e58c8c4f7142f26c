"""Who may come to a face: both ledgers keep the same of it, and no auditor reads a hash."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from contract import LedgerContract, MakeLedger
from databases import Database
from lives import at

from domain.leaves import fact_leaf
from domain.merkle import leaf_hash
from ledger.memory import MemoryLedger
from ledger.port import Ledger
from ledger.principals import AdmissionRow, SessionRow

KEY = "key:0123456789ab"
USER = "user:wang"
HOUR = timedelta(hours=1)


def admission(principal: str, revision: int = 1, kind: str = "created") -> AdmissionRow:
    return AdmissionRow(principal, revision, kind, f'{{"r":{revision}}}', at(revision), "terminal")


def session(hash_: str, principal: str = USER, hours: float = 1) -> SessionRow:
    return SessionRow(hash_, principal, 1, at(hours), at(hours), at(hours) + 12 * HOUR)


class PrincipalsContract(LedgerContract):
    """Admissions, credentials and sessions."""

    async def test_those_who_are_named_are_told_with_their_newest_admission(
        self, ledger: Ledger
    ) -> None:
        for row in (admission(USER), admission(KEY), admission(USER, 2, "disabled")):
            assert await ledger.put_admission(row)

        named = [USER, "user:nobody", KEY, USER]

        assert await ledger.newest_admissions(named) == sorted(
            (admission(USER, 2, "disabled"), admission(KEY)), key=lambda row: row.principal
        )
        assert await ledger.newest_admissions([]) == []

    async def test_the_newest_admission_says_how_a_principal_stands(self, ledger: Ledger) -> None:
        assert await ledger.admission(USER) is None
        assert await ledger.put_admission(admission(USER), credential="first")
        assert await ledger.put_admission(admission(USER, 2, "password_changed"), credential="next")
        assert await ledger.put_admission(admission(USER, 3, "disabled"))

        found = await ledger.admission(USER)
        assert found is not None
        row, known = found
        assert row == admission(USER, 3, "disabled")
        assert known is not None
        assert (known.principal, known.hash, known.used_at) == (USER, "next", None)

    async def test_a_revision_is_written_once_and_the_second_leaves_no_trace(
        self, ledger: Ledger
    ) -> None:
        assert await ledger.put_admission(admission(KEY), credential="right")
        await ledger.put_session(session("s", KEY))

        late = replace(admission(KEY), kind="revoked", by="user:other")
        assert not await ledger.put_admission(late, credential="wrong")

        found = await ledger.admission(KEY)
        assert found is not None
        assert found[0] == admission(KEY)
        assert found[1] is not None
        assert found[1].hash == "right"
        assert await ledger.session("s") == session("s", KEY)

    async def test_of_many_who_change_a_principal_at_once_one_does(self, ledger: Ledger) -> None:
        tries = [
            ledger.put_admission(replace(admission(USER), by=f"user:{n}"), credential=str(n))
            for n in range(8)
        ]

        assert sum(await asyncio.gather(*tries)) == 1

        found = await ledger.admission(USER)
        assert found is not None
        assert found[1] is not None
        assert found[0].by == f"user:{found[1].hash}"

    async def test_what_is_revoked_loses_its_hash_and_a_change_ends_sessions(
        self, ledger: Ledger
    ) -> None:
        await ledger.put_admission(admission(KEY), credential="hash")
        await ledger.put_admission(admission(USER), credential="hash")
        await ledger.put_session(session("one"))
        await ledger.put_session(session("other", "user:else"))

        await ledger.put_admission(admission(KEY, 2, "revoked"))
        await ledger.put_admission(admission(USER, 2, "password_changed"), credential="new")

        revoked = await ledger.admission(KEY)
        assert revoked is not None
        assert revoked[1] is None
        assert await ledger.session("one") is None
        assert await ledger.session("other") == session("other", "user:else")

    async def test_principals_are_listed_by_family_newest_row_each(self, ledger: Ledger) -> None:
        for name in ("b", "a", "c"):
            await ledger.put_admission(admission(f"user:{name}"), credential="hash")
        await ledger.put_admission(admission(KEY), credential="hash")
        await ledger.put_admission(admission("user:b", 2, "disabled"))
        await ledger.note_use("user:c", at(9), at(8))

        listed = await ledger.admissions("user:", limit=2)
        assert listed == [(admission("user:a"), None), (admission("user:b", 2, "disabled"), None)]
        assert await ledger.admissions("user:", after="user:b") == [(admission("user:c"), at(9))]
        assert await ledger.admissions("key:") == [(admission(KEY), None)]

    async def test_use_is_noted_no_oftener_than_asked(self, ledger: Ledger) -> None:
        await ledger.put_admission(admission(KEY), credential="hash")

        async def used(hours: float) -> object:
            await ledger.note_use(KEY, at(hours), at(hours) - HOUR)
            found = await ledger.admission(KEY)
            assert found is not None
            assert found[1] is not None
            return found[1].used_at

        assert [await used(hours) for hours in (1, 1.5, 2, 2.5)] == [at(1), at(1), at(1), at(2.5)]

    async def test_sessions_are_seen_and_end_and_old_ones_are_forgotten(
        self, ledger: Ledger
    ) -> None:
        await ledger.put_session(session("old", hours=0))
        await ledger.put_session(session("new", hours=11))
        await ledger.see_session("new", at(11.5))
        await ledger.see_session("new", at(11.2))

        seen = await ledger.session("new")
        assert seen == replace(session("new", hours=11), seen_at=at(11.5))
        assert await ledger.session("old") is not None
        await ledger.put_session(session("newer", hours=12))
        assert await ledger.session("old") is None
        await ledger.end_session("new")
        assert await ledger.session("new") is None


@asynccontextmanager
async def memory_ledger() -> AsyncIterator[Ledger]:
    yield MemoryLedger()


class TestPrincipalsInMemory(PrincipalsContract):
    @pytest.fixture
    def make_ledger(self) -> MakeLedger:
        return memory_ledger


class TestPrincipalsInPostgres(PrincipalsContract):
    @pytest.fixture
    def make_ledger(self, database: Database) -> MakeLedger:
        return lambda: database.ledger(size=12)


async def test_an_admission_is_a_leaf_of_the_log_and_its_hash_is_not(database: Database) -> None:
    async with database.ledger() as ledger:
        await ledger.put_admission(admission(USER), credential="the-hash-of-a-password")
        while await ledger.log_extend():
            pass

        (entry,) = [each for each in await ledger.log_entries(0, 100) if each.kind == "admission"]
        row = (await ledger.fact_rows("admission", [f"{USER}#1"]))[f"{USER}#1"]

    assert entry.key == f"{USER}#1"
    assert entry.hash == leaf_hash(fact_leaf("admission", entry.key, row))
    assert "the-hash-of-a-password" not in str(row)


@pytest.mark.parametrize("change", ["UPDATE admission SET body = ''", "DELETE FROM admission"])
async def test_not_even_the_owner_changes_an_admission(database: Database, change: str) -> None:
    async with database.ledger() as ledger:
        await ledger.put_admission(admission(USER), credential="hash")

    async with database.connection(database.owner_url) as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(change)


@pytest.mark.parametrize("table", ["credential", "session"])
async def test_auditors_read_admissions_but_no_hash_and_no_session(
    database: Database, table: str
) -> None:
    async with database.connection(database.reader_url) as connection:
        assert await connection.fetch("SELECT * FROM admission") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"SELECT * FROM {table}")
