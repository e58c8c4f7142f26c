"""Group commit: what many callers write at the same time goes to PostgreSQL in one statement."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncpg

from ledger import codec, queries
from ledger.append_many import Entry, arguments, entry_of
from ledger.connections import is_undone, ledger_errors
from ledger.port import Changes, Head, LedgerError

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]

GROUP_MAX = 64
GROUP_MIN = 4
"""So many at least share one flush of the disk before a second one is asked for beside it."""
GROUP_SIZE_MAX = 1_000_000
"""Characters of long texts in one statement; a single command may have more."""
GROUPS_AT_ONCE_MAX = 2
"""One is written while the next is decided; more only make the groups smaller."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """A command that waits to be written. `entry`: what it is beside others, None if it goes
    alone."""

    head: Head
    changes: Changes
    entry: Entry | None
    answer: asyncio.Future[bool] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Together:
    """Writes the commands of many callers. A group is one transaction and one wait for the disk.

    Whoever finds room sets off at once; whoever comes meanwhile waits and goes with all who wait.
    No two commands of one stream are in a group.

    A group that was certainly undone is written again one by one, so that nobody pays for another's
    mistake. Where nobody knows whether it was (the connection is lost, no answer came in time)
    everybody hears of it, and the same request may be sent again under its id.
    """

    def __init__(self, pool: "Pool", *, acquire_timeout_s: float) -> None:
        self._pool = pool
        self._acquire_timeout_s = acquire_timeout_s
        self._waiting: list[_Waiting] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_called = False

    async def append(self, head: Head, changes: Changes) -> bool:
        """Write `changes` if their stream stands exactly at `head`, and return whether it did, once
        that is committed. Raises StreamConflictError if the command's id is taken.

        A caller that gives up takes no other with it; its command may be written all the same.
        """
        waiting = _Waiting(head, changes, entry_of(head, changes))
        self._waiting.append(waiting)
        if not self._is_called:
            # Whoever else is ready in this turn of the loop comes along.
            self._is_called = True
            asyncio.get_running_loop().call_soon(self._set_off)
        return await waiting.answer

    def _set_off(self) -> None:
        self._is_called = False
        while self._waiting and len(self._under_way) < GROUPS_AT_ONCE_MAX:
            group = self._next_group()
            if not group:
                return
            task = asyncio.get_running_loop().create_task(self._carry(group))
            self._under_way.add(task)
            task.add_done_callback(self._make_room)

    def _next_group(self) -> list[_Waiting]:
        """Take those who go next: an even share, so that while some are written others decide."""
        self._waiting = [each for each in self._waiting if not each.answer.done()]
        room = GROUPS_AT_ONCE_MAX - len(self._under_way)
        share = min(GROUP_MAX, max(GROUP_MIN, -(-len(self._waiting) // room)))
        group: list[_Waiting] = []
        streams: set[str] = set()
        size = 0
        left = iter(self._waiting)
        later: list[_Waiting] = []
        for each in left:
            entry = each.entry
            if entry is None and not group:
                group.append(each)
                break
            if entry is None or (group and size + entry.size > GROUP_SIZE_MAX):
                later.append(each)
                break
            if entry.stream in streams:
                later.append(each)
                continue
            group.append(each)
            streams.add(entry.stream)
            size += entry.size
            if len(group) == share:
                break
        self._waiting = [*later, *left]
        return group

    async def _carry(self, group: list[_Waiting]) -> None:
        try:
            said = await self._asked(group)
        except LedgerError as error:
            if len(group) == 1 or not is_undone(error):
                _fail(group, error)
            else:
                for each in group:
                    await self._carry([each])
        except BaseException as error:
            _fail(group, error)
            raise
        else:
            # The next group sets off before those who were waited for go on with their work.
            self._make_room(asyncio.current_task())
            for each, is_written in zip(group, said, strict=True):
                if not each.answer.done():
                    each.answer.set_result(is_written)

    def _make_room(self, task: asyncio.Task[None] | None) -> None:
        if task in self._under_way:
            self._under_way.discard(task)
            self._set_off()

    async def _asked(self, group: Sequence[_Waiting]) -> list[bool]:
        with ledger_errors():
            async with self._pool.acquire(timeout=self._acquire_timeout_s) as connection:
                if len(group) == 1:
                    alone = _arguments_alone(group[0])
                    return [bool(await connection.fetchval(queries.APPEND_AT_ONCE, *alone))]
                entries = [each.entry for each in group if each.entry is not None]
                return list(await connection.fetchval(queries.APPEND_MANY, *arguments(entries)))


def _arguments_alone(one: _Waiting) -> tuple[object, ...]:
    head = one.head
    standing = (head.hash, head.answered, head.armed_due_at)
    issue = None if one.entry is None else one.entry.issue
    return (*codec.append_arguments(head, one.changes, issue), *standing)


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for each in group:
        if not each.answer.done():
            each.answer.set_exception(error)
