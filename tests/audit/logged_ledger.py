"""A ledger in PostgreSQL with a signed log, to be changed as only a superuser can."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import builders as b
from databases import Database
from played_ledger import LIFE

from audit.log_checks import Outside
from desk.desk import Desk
from desk.log_keeper import LogKeeper
from desk.shelf import Shelf
from domain.commands import RingRung
from domain.view import Ring
from ledger.port import Refusal
from ledger.postgres import PostgresLedger
from ledger.signing import Signer

OURS = Signer.from_bytes("closeout.example/log", b"\x01" * 32)
NEXT = Signer.from_bytes("closeout.example/log", b"\x02" * 32)
FOREIGN = Signer.from_bytes("closeout.example/log", b"\x03" * 32)
STREAM = f"{b.ZONE}/{b.KEY}"
LATER = b.NEXT_FRI_9 + timedelta(days=1)
MINUTE = timedelta(minutes=1)
TWO_WEEKS = timedelta(days=14)
REFUSED = Refusal("c", STREAM, "report_issue", LATER, "{}", "invalid", "no")


class Clock:
    """A desk's clock that stands where it is put."""

    offset = timedelta(0)

    def __init__(self) -> None:
        self.at: datetime = b.MON_9

    def now(self) -> datetime:
        return self.at


async def write(
    ledger: PostgresLedger,
    key: str,
    *steps: b.Step,
    later: timedelta = timedelta(0),
    ids: str = "",
) -> None:
    """Play a life through the desk; what is told of it is delivered. `ids`: how the names of its
    commands begin."""
    clock = Clock()
    desk = Desk(ledger, Shelf(ledger, {b.ZONE: b.TERMS}), clock)
    for number, step in enumerate(steps or LIFE):
        clock.at = step.at + later
        if isinstance(step.command, RingRung):
            named = step.command.model_dump(exclude={"kind"})
            await desk.ring(Ring(zone=b.ZONE, key=key, **named))
        else:
            id_ = f"{ids}{key}-{number}"
            await desk.carry_out(b.submission(step.command, step.actor, key=key, id_=id_))
    for notice in await ledger.notices(f"{b.ZONE}/{key}"):
        await ledger.mark_delivered(notice.id, clock.at)


@asynccontextmanager
async def logged(database: Database) -> AsyncIterator[tuple[PostgresLedger, Outside]]:
    """Open a ledger with two issues, a refusal, two checkpoints; the second is held outside."""
    async with database.ledger() as ledger:
        keeper = LogKeeper(ledger, OURS)
        await write(ledger, b.KEY)
        await keeper.carry_on(LATER)
        await write(ledger, "issue-2", LIFE[0], later=LATER - LIFE[0].at)
        await ledger.put_refusal(REFUSED)
        await keeper.carry_on(LATER + MINUTE)
        row = await ledger.checkpoint()
        assert row is not None
        yield ledger, Outside((OURS.key,), (row.note,))


@asynccontextmanager
async def changed(database: Database, sql: str) -> AsyncIterator[None]:
    """Change what only a superuser can, and put everything back as it was at the end."""
    async with database.connection() as connection:
        names = await connection.fetch(
            "SELECT relname::text FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        tables = [row[0] for row in names if re.search(rf"\b{row[0]}\b", sql)]
        for table in tables:
            await connection.execute(f"CREATE TEMP TABLE kept_{table} AS TABLE {table}")
        for table in tables:
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        await connection.execute(sql)
        yield
        await connection.execute("SET session_replication_role = replica")
        for table in tables:
            columns = await connection.fetchval(
                "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'",
                table,
            )
            await connection.execute(f"DELETE FROM {table}")
            await connection.execute(
                f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE"
                f" SELECT {columns} FROM kept_{table}"
            )
