"""Group commit: what is ready at the same moment goes to PostgreSQL in one round trip."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg

from ledger.connections import ledger_errors
from ledger.port import LedgerError, LedgerUnavailableError

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]

Arguments = tuple[object, ...]
Waiting = tuple[Arguments, "asyncio.Future[bool]"]

GROUP_MAX = 32
GROUPS_AT_ONCE_MAX = 2
"""One is prepared while another is on its way to the disk; more only make the groups smaller."""


class Together:
    """Runs one statement for many callers. A group is one transaction and one wait for the disk.

    A group that fails is run again one by one, so that nobody pays for another's mistake; unless
    PostgreSQL is out of reach, when everybody hears of it and the same request may be sent again.
    """

    def __init__(self, pool: "Pool", query: str, *, acquire_timeout_s: float) -> None:
        self._pool = pool
        self._query = query
        self._acquire_timeout_s = acquire_timeout_s
        self._waiting: list[Waiting] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_called = False

    async def run(self, arguments: Arguments) -> bool:
        """Return what the statement says for `arguments`, once that is committed."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()
        self._waiting.append((arguments, answer))
        if not self._is_called:
            # Whoever else is ready in this turn of the loop comes along.
            self._is_called = True
            loop.call_soon(self._set_off)
        return await answer

    def _set_off(self) -> None:
        self._is_called = False
        while self._waiting and len(self._under_way) < GROUPS_AT_ONCE_MAX:
            group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
            task = asyncio.get_running_loop().create_task(self._carry(group))
            self._under_way.add(task)
            task.add_done_callback(self._returned)

    def _returned(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._set_off()

    async def _carry(self, group: list[Waiting]) -> None:
        try:
            said = await self._asked([arguments for arguments, _ in group])
        except LedgerError as error:
            if len(group) == 1 or isinstance(error, LedgerUnavailableError):
                _fail(group, error)
            else:
                for each in group:
                    await self._carry([each])
        except BaseException as error:
            _fail(group, error)
            raise
        else:
            for (_, answer), is_written in zip(group, said, strict=True):
                if not answer.done():
                    answer.set_result(is_written)

    async def _asked(self, group: Sequence[Arguments]) -> list[bool]:
        with ledger_errors():
            async with self._pool.acquire(timeout=self._acquire_timeout_s) as connection:
                if len(group) == 1:
                    return [bool(await connection.fetchval(self._query, *group[0]))]
                rows = await connection.fetchmany(self._query, group)
                return [bool(row[0]) for row in rows]


def _fail(group: Sequence[Waiting], error: BaseException) -> None:
    for _, answer in group:
        if not answer.done():
            answer.set_exception(error)
