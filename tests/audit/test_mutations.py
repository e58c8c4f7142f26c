"""The mutation test: whatever a superuser changes in a ledger, `verify` finds and names (I4)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import builders as b
import pytest
from attacks import (
    STREAM,
    Act,
    attacks,
    change_a_title,
    put_back_the_clock,
)
from databases import Database
from deep import FOUND, IN_CHECK, deep
from mutations import (
    LOOSEN,
    Mutation,
    row_mutations,
    shuffled,
    tables,
    unchecked_columns,
    value_mutations,
)
from whole_ledger import SIGNER, Clock, Office, ledger_within, write_ledger

from audit.checks import Finding
from audit.log_checks import Outside
from audit.verification import verify_ledger
from audit.verify import verify_stream
from ledger.postgres import PostgresLedger

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Written:
    """A ledger that was written, and what an auditor holds outside of it."""

    database: Database
    outside: Outside

    @asynccontextmanager
    async def transaction(self, *first: str) -> AsyncIterator["Connection"]:
        """Open a transaction of the superuser's; it is rolled back."""
        async with self.database.connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                for statement in first:
                    await connection.execute(statement)
                yield connection
            finally:
                await transaction.rollback()


@pytest.fixture
async def written(database: Database, tmp_path: Path) -> Written:
    """A ledger with rows in every table of facts."""
    async with database.ledger() as ledger:
        notes = await write_ledger(ledger, tmp_path)
    return Written(database, Outside((SIGNER.key,), tuple(notes)))


async def findings(ledger: PostgresLedger, outside: Outside) -> list[Finding]:
    """Verify all of it; decisions are made again only if nothing else was found."""
    for decisions in (False, True):
        found = (await verify_ledger(ledger, outside=outside, decisions=decisions)).found
        if found:
            break
    return list(found)


async def tried(
    connection: "Connection", mutation: Mutation, outside: Outside
) -> list[Finding] | Exception:
    """Return what is found of a mutation, which is undone again."""
    undone = connection.transaction()
    await undone.start()
    try:
        await mutation.do(connection)
        return await findings(ledger_within(connection), outside)
    except Exception as error:  # noqa: BLE001  # a verification that ends in an error is a failure
        return error
    finally:
        await undone.rollback()


async def test_an_untouched_ledger_is_sound_even_without_its_guards(written: Written) -> None:
    async with written.database.ledger() as ledger:
        assert await findings(ledger, written.outside) == []
        newest = await ledger.checkpoint()
        assert newest is not None
        for since, reports in ((0, 2), (newest.size, 0)):
            found = await verify_ledger(ledger, outside=written.outside, since=since)
            assert (found.is_sound, found.reports) == (True, reports)
    async with written.transaction(LOOSEN) as connection:
        assert await findings(ledger_within(connection), written.outside) == []


@IN_CHECK
@pytest.mark.timeout(1800)
async def test_every_changed_value_and_row_is_found_and_named(written: Written) -> None:
    async with written.database.connection() as connection:
        known = await tables(connection)
    assert unchecked_columns(known) == set()
    every = [m for table in known for m in (*value_mutations(table), *row_mutations(table))]
    some = shuffled(every, deep("mutations of the audit's tables", len(every)))
    missed, unnamed, broken = [], [], []
    async with written.transaction(LOOSEN) as connection:
        for mutation in some:
            found = await tried(connection, mutation, written.outside)
            if isinstance(found, Exception):
                broken.append(f"{mutation.what}: {type(found).__name__} {found}")
            elif not found:
                missed.append(mutation.what)
            elif not any(name in repr(found) for name in mutation.names):
                unnamed.append(f"{mutation.what}: {found[:3]}")
    FOUND.append(f"mutations tried {len(some)}, found {len(some) - len(missed) - len(broken)}")
    assert (missed, broken, unnamed) == ([], [], [])


@pytest.mark.parametrize(
    "deed", [change_a_title, put_back_the_clock], ids=lambda each: each.__name__
)
async def test_a_forged_life_that_is_hashed_anew_is_sound_in_itself(
    written: Written, deed: Act
) -> None:
    async with written.transaction(LOOSEN) as connection:
        await deed(connection)
        assert (await verify_stream(ledger_within(connection), STREAM)).found == ()


async def test_what_is_reported_while_the_clock_is_put_back_is_found_and_named(
    written: Written,
) -> None:
    async with written.database.ledger() as ledger:
        newest = await ledger.checkpoint()
        assert newest is not None
        await Office(ledger, Clock(newest.at - DAY)).accepted("in-the-past")
        await ledger.log_extend()
        found = await findings(ledger, written.outside)
    assert {(each.kind, each.stream, each.version) for each in found} == {
        ("time", f"{b.ZONE}/in-the-past", 1),
        ("time", f"{b.ZONE}/in-the-past", 2),
    }


@IN_CHECK
async def test_every_attack_by_somebody_without_the_key_is_found_and_named(
    written: Written,
) -> None:
    every = attacks()
    missed, unnamed, broken = [], [], []
    async with written.transaction(LOOSEN) as connection:
        for attack in every:
            found = await tried(connection, attack, written.outside)
            if isinstance(found, Exception):
                broken.append(f"{attack.what}: {type(found).__name__} {found}")
            elif not found:
                missed.append(attack.what)
            elif not any(name in repr(found) for name in attack.names):
                unnamed.append(f"{attack.what}: {found[:3]}")
    found_count = len(every) - len(missed) - len(broken)
    FOUND.append(f"attacks without the key tried {len(every)}, found {found_count}")
    assert (missed, broken, unnamed) == ([], [], [])
