"""What notices that are told in one moment ask of the ledger: one statement for all of them.

Each notice goes its own way, with its own patience and its own failure. Those that come to the same
step in the same turn of the loop, of whatever issue, are asked for and written down together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from domain.chain import Record
from ledger.port import Ledger, LedgerError, LedgerUnavailableError, NoticeRow
from ledger.receipts import ReceiptRow, Telling

TOGETHER_MAX: Final = 64
"""Notices in one statement: of contents as long as they may be, less than a megabyte."""

Asked = TypeVar("Asked")
Said = TypeVar("Said")
Waiting = tuple[Asked, asyncio.Future[Said]]


class AskedTogether(Generic[Asked, Said]):
    """Asks once for all who ask in the same turn of the loop. `ask` answers in the order of what it
    is asked.

    A group that the ledger refuses is asked again one by one: whoever is at fault fails alone.
    Where the ledger is out of reach everybody hears of it at once. Who gives up waiting takes the
    answer from nobody else; what he wanted written may be written all the same.
    """

    def __init__(self, ask: Callable[[Sequence[Asked]], Awaitable[Sequence[Said]]]) -> None:
        self._ask = ask
        self._waiting: list[Waiting[Asked, Said]] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def __call__(self, asked: Asked) -> Said:
        """Return what is said to one question. Raises what asking raised."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Said] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._set_off)
        self._waiting.append((asked, answer))
        return await answer

    def _set_off(self) -> None:
        waiting, self._waiting = self._waiting, []
        waiting = [each for each in waiting if not each[1].done()]
        for first in range(0, len(waiting), TOGETHER_MAX):
            group = waiting[first : first + TOGETHER_MAX]
            task = asyncio.get_running_loop().create_task(self._carry(group))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _carry(self, group: Sequence[Waiting[Asked, Said]]) -> None:
        try:
            said = await self._ask([asked for asked, _ in group])
        except LedgerError as error:
            if len(group) == 1 or isinstance(error, LedgerUnavailableError):
                _fail(group, error)
            else:
                await asyncio.gather(*(self._carry([each]) for each in group))
        except BaseException as error:
            _fail(group, error)
            raise
        else:
            for (_, answer), each in zip(group, said, strict=True):
                if not answer.done():
                    answer.set_result(each)


class ToldTogether:
    """The questions that are asked for each notice that is told.

    `notice`: the notice of an id with the event that it tells of, None if there is no such notice.
    `receipts`: those of a notice, oldest first. `put`: to keep what one attempt came to.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.notice: AskedTogether[str, tuple[NoticeRow, Record | None] | None]
        self.notice = AskedTogether(self._notices)
        self.receipts: AskedTogether[str, list[ReceiptRow]] = AskedTogether(self._receipts)
        self.put: AskedTogether[Telling, None] = AskedTogether(self._put)

    async def _notices(
        self, ids: Sequence[str]
    ) -> Sequence[tuple[NoticeRow, Record | None] | None]:
        found = await self._ledger.notices_named(ids)
        return [found.get(id_) for id_ in ids]

    async def _receipts(self, notices: Sequence[str]) -> Sequence[list[ReceiptRow]]:
        found = await self._ledger.receipts_of_each(notices)
        return [found.get(notice, []) for notice in notices]

    async def _put(self, tellings: Sequence[Telling]) -> Sequence[None]:
        await self._ledger.put_telling(*tellings)
        return [None] * len(tellings)


def _fail(group: Sequence[Waiting[Asked, Said]], error: BaseException) -> None:
    for _, answer in group:
        if not answer.done():
            answer.set_exception(error)
