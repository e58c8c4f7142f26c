"""How the ledger in PostgreSQL writes: one command's transaction, all or nothing."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

import asyncpg

from ledger import codec, queries, text_queries
from ledger.connections import ledger_errors
from ledger.port import Changes, CommandRow, Head, LedgerError, StreamConflictError
from ledger.postgres_kin import KinWriting
from ledger.postgres_matters import MatterWriting
from ledger.postgres_orders import OrderWriting
from ledger.postgres_texts import text_arguments
from ledger.texts import text_of

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy
    from asyncpg.transaction import Transaction

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = PoolConnectionProxy[asyncpg.Record]


class PostgresTransaction(
    OrderWriting, KinWriting, MatterWriting, AbstractAsyncContextManager["PostgresTransaction"]
):
    """One command's writes; use it once, as `async with`."""

    def __init__(self, pool: "Pool", acquire_timeout_s: float) -> None:
        self._pool = pool
        self._acquire_timeout_s = acquire_timeout_s
        self._held: Connection | None = None
        self._transaction: Transaction | None = None

    async def __aenter__(self) -> Self:
        with ledger_errors():
            self._held = await self._pool.acquire(timeout=self._acquire_timeout_s)
            self._transaction = self._held.transaction()
            try:
                await self._transaction.start()
            except BaseException:
                await self._pool.release(self._held)
                raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._held is None or self._transaction is None:
            return
        with ledger_errors():
            try:
                await self._transaction.__aexit__(kind, error, trace)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                # Rolling back on a lost connection adds nothing to what went wrong before.
                if error is None:
                    raise
            finally:
                await self._pool.release(self._held)

    @property
    def _connection(self) -> "Connection":
        if self._held is None:
            raise LedgerError("the transaction is not open")
        return self._held

    async def lock(
        self, stream: str, command_id: str, *, known_version: int | None = None
    ) -> tuple[Head | None, CommandRow | None]:
        """Return the stream's head, locked until the end, and the command stored under the id."""
        with ledger_errors():
            row = await self._connection.fetchrow(queries.LOCK, stream, command_id, known_version)
        if row is None:
            raise LedgerError("ledger_lock gave no row")
        return codec.head_of(tuple(row))

    async def allot_number(self, zone: str, year: int) -> int:
        """Return the next ledger number of a zone and year: no gaps, never reused."""
        with ledger_errors():
            return int(await self._connection.fetchval(queries.ALLOT_NUMBER, zone, year))

    async def append(self, head: Head | None, changes: Changes) -> None:
        """Write `changes` after `head`. Raises StreamConflictError if the stream moved on."""
        arguments = codec.append_arguments(head, codec.checked(changes))
        with ledger_errors():
            written = await self._connection.fetchval(queries.APPEND, *arguments)
        if not written:
            raise StreamConflictError(f"{changes.command.stream} is not where it was")
        if (text := text_of(changes)) is not None:
            with ledger_errors():
                await self._connection.execute(text_queries.PUT_TEXTS, *text_arguments([text]))
        await self.put_kin(changes)
