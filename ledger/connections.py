"""Connections to PostgreSQL: the pool, the words for their failures, the bell between relays."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

import asyncpg

from ledger.port import LedgerError, LedgerUnavailableError, StreamConflictError

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

CHANNEL = "closeout_outbox"
CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0
RECONNECT_AFTER_S = 0.5

PLACE = {"search_path": "public"}
"""Said by whoever connects: a default of its role could lead it to tables of the same names."""

SESSION = {
    **PLACE,
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "lock_timeout": "8s",
    "idle_in_transaction_session_timeout": "60s",
}
"""Generic plans: every statement is a look-up by key, and replanning costs more than running it."""

_OUT_OF_REACH = (
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)

_TAKEN_BY_ANOTHER = frozenset(
    {"event_pkey", "issue_pkey", "command_pkey", "rung_firing_pkey", "supervision_order_pkey"}
    | {"matter_pkey"}
)


async def open_pool(
    url: str,
    *,
    size: int = 10,
    application_name: str = "closeout",
    command_timeout_s: float = COMMAND_TIMEOUT_S,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
) -> "Pool":
    """Return a pool of 1 to `size` connections; raises LedgerUnavailableError."""
    with ledger_errors():
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            timeout=connect_timeout_s,
            command_timeout=command_timeout_s,
            server_settings=SESSION | {"application_name": application_name},
            reset=_leave_as_it_is,
        )


async def connect(url: str, *, command_timeout_s: float | None = None) -> "Connection":
    """Return a connection of one's own; raises what asyncpg does."""
    return await asyncpg.connect(
        url,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=command_timeout_s,
        server_settings=PLACE,
    )


async def _leave_as_it_is(_connection: "Connection") -> None:
    """Nothing here changes a session, so a release saves the round trip that would reset it."""


@contextmanager
def ledger_errors() -> Iterator[None]:
    """Raise what PostgreSQL says in the ledger's own words."""
    try:
        yield
    except (*_OUT_OF_REACH, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _translated(error) from error


def _translated(error: Exception) -> LedgerError:
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, asyncpg.UniqueViolationError) and (
        error.constraint_name in _TAKEN_BY_ANOTHER
    ):
        return StreamConflictError(text)
    # An InterfaceError that is a ValueError too says that an argument does not fit its column.
    lost = isinstance(error, asyncpg.InterfaceError) and not isinstance(error, ValueError)
    return (
        LedgerUnavailableError(text)
        if lost or isinstance(error, _OUT_OF_REACH)
        else LedgerError(text)
    )


def is_undone(error: LedgerError) -> bool:
    """Return whether PostgreSQL itself said, while the connection held, that the statement failed:
    then nothing of it is stored. Otherwise nobody knows, or sending it again would be of no use.
    """
    if isinstance(error.__cause__, asyncpg.StatementCompletionUnknownError):
        return False
    return not isinstance(error, LedgerUnavailableError) or isinstance(
        error.__cause__, asyncpg.TransactionRollbackError | asyncpg.LockNotAvailableError
    )


class OutboxBell:
    """Rings the relays of other processes, on a connection of its own.

    Never rung inside a command's transaction: a notifying commit holds a lock on the whole database
    until it is on disk. A lost ring does no harm, since relays poll as well.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._making = asyncio.Lock()

    @asynccontextmanager
    async def listen(
        self, callback: Callable[[], None], hear: Callable[[str], None] = lambda _: None
    ) -> AsyncIterator[None]:
        """Call `callback` at every ring of another bell, until the end of the block, and before it
        `hear` with what was rung with.

        A lost connection is made anew; `callback` is called then too, for what was missed.
        """
        hearing = asyncio.create_task(self._hear(callback, hear))
        try:
            yield
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing

    async def notify(self, said: str = "") -> None:
        """Ring, with a text of less than 8,000 bytes. Raises LedgerUnavailableError."""
        with ledger_errors():
            connection = await self._open()
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, said)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.terminate()

    async def _open(self) -> "Connection":
        async with self._making:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connect(self._url, command_timeout_s=COMMAND_TIMEOUT_S)
            return self._connection

    async def _hear(self, callback: Callable[[], None], hear: Callable[[str], None]) -> None:
        while True:
            try:
                with ledger_errors():
                    await self._hear_until_lost(callback, hear)
            except LedgerError:
                await asyncio.sleep(RECONNECT_AFTER_S)

    async def _hear_until_lost(
        self, callback: Callable[[], None], hear: Callable[[str], None]
    ) -> None:
        connection = await self._open()
        own = connection.get_server_pid()
        lost = asyncio.Event()

        def rung(_connection: object, pid: int, _channel: str, said: object) -> None:
            if pid != own:
                hear(str(said))
                callback()

        def gone(_connection: object) -> None:
            lost.set()

        connection.add_termination_listener(gone)
        await connection.add_listener(CHANNEL, rung)
        try:
            callback()
            await lost.wait()
        finally:
            connection.remove_termination_listener(gone)
            if not connection.is_closed():
                await connection.remove_listener(CHANNEL, rung)
        await asyncio.sleep(RECONNECT_AFTER_S)
