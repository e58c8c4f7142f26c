"""Notices told in one moment: one statement for all of them, and each fails alone."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import builders as b
import pytest
from telling_house import BOTH_POSTS, STREAM, House
from temporalio.testing import ActivityEnvironment

from activities.notifier import Told
from desk.told_together import TOGETHER_MAX, AskedTogether
from domain.chain import Record
from ledger.memory import MemoryLedger
from ledger.port import IssueRow, LedgerError, LedgerUnavailableError, NoticeRow
from ledger.receipts import ReceiptRow, Telling

ONE_OF_EACH = {"notices_named": 1, "issue": 1, "put_telling": 1}
EVERYBODY = [*BOTH_POSTS, {"enterprise": "mill", "channel": "bot"}]


class Watched(MemoryLedger):
    """A ledger that counts what telling asks of it, cannot do what names a notice that it
    refuses, or is away."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.refuses: dict[str, str] = {}
        self.away_for = ""

    async def issue(self, stream: str) -> IssueRow | None:
        """Return an issue."""
        self._count("issue")
        return await super().issue(stream)

    async def notices_named(self, ids: Sequence[str]) -> dict[str, tuple[NoticeRow, Record | None]]:
        """Return notices."""
        self._count("notices_named", ids)
        return await super().notices_named(ids)

    async def receipts_of_each(self, notices: Sequence[str]) -> dict[str, list[ReceiptRow]]:
        """Return receipts."""
        self._count("receipts_of_each", notices)
        return await super().receipts_of_each(notices)

    async def put_telling(self, *tellings: Telling) -> None:
        """Keep tellings."""
        self._count("put_telling", [row.notice for each in tellings for row in each.receipts])
        await super().put_telling(*tellings)

    def _count(self, what: str, named: Sequence[str] = ()) -> None:
        self.asked[what] += 1
        if what == self.away_for:
            raise LedgerUnavailableError("away")
        if self.refuses.get(what) in named:
            raise LedgerError(f"{what}: {self.refuses[what]}")


async def reported(*, tell: list[dict[str, Any]]) -> tuple[House, Watched, list[str]]:
    """A house in which an issue was reported, accepted and assigned, and what is to be told."""
    ledger = Watched()
    house = House(tell=tell, ledger=ledger)
    await house.report()
    for command in (b.ACCEPT, b.ASSIGN):
        await house.desk.carry_out(b.submission(command))
    ids = [each.id for each in await ledger.notices(STREAM)]
    assert len(ids) > 3
    await house.office._own("issue_reported", "inbox", "en")  # read once in a while, not for each
    ledger.asked.clear()
    return house, ledger, ids


async def tell(house: House, ids: list[str]) -> Told:
    """Tell what can be told within a moment."""
    return await ActivityEnvironment().run(house.notifier.tell_at_once, ids)


async def test_however_many_are_told_together_the_ledger_is_asked_once_for_each_step() -> None:
    house, ledger, ids = await reported(tell=[])
    answer = await tell(house, ids)
    assert (list(answer.told), list(answer.late)) == (ids, [])
    assert ledger.asked == ONE_OF_EACH
    assert await ledger.undelivered() == 0
    assert sorted(row.notice for row in await house.receipts()) == sorted(ids)


async def test_of_those_that_have_channels_the_receipts_are_one_question_too() -> None:
    house, ledger, ids = await reported(tell=EVERYBODY)
    assert list((await tell(house, ids)).late) == ids
    assert ledger.asked == ONE_OF_EACH | {"receipts_of_each": 1}
    assert await house.what() == {("inbox", "delivered"): len(ids)}
    ledger.asked.clear()
    assert list((await tell(house, ids)).late) == ids
    assert "put_telling" not in ledger.asked  # it lies in the inboxes already


@pytest.mark.parametrize("step", ["notices_named", "put_telling"])
async def test_a_notice_that_the_ledger_refuses_holds_up_no_other(step: str) -> None:
    house, ledger, ids = await reported(tell=[])
    ledger.refuses[step] = ids[1]
    answer = await tell(house, ids)
    assert (list(answer.late), list(answer.told)) == ([ids[1]], [ids[0], *ids[2:]])
    assert {row.notice for row in await house.receipts()} == {*answer.told}
    assert ledger.asked[step] == 1 + len(ids)  # together, and then one by one
    ledger.refuses.clear()
    await house.tell(*answer.late)
    assert await ledger.undelivered() == 0


async def test_a_notice_whose_event_is_gone_holds_up_no_other() -> None:
    house, ledger, ids = await reported(tell=[])
    gone = [each.id for each in await ledger.notices(STREAM) if each.version == 1]
    ledger._tables.records[STREAM].pop(0)
    answer = await tell(house, ids)
    assert list(answer.late) == gone
    assert list(answer.told) == [each for each in ids if each not in gone]


@pytest.mark.parametrize("step", ["notices_named", "put_telling"])
async def test_a_ledger_out_of_reach_is_not_asked_again_for_each(step: str) -> None:
    house, ledger, ids = await reported(tell=[])
    ledger.away_for = step
    assert list((await tell(house, ids)).late) == ids
    assert ledger.asked[step] == 1
    ledger.away_for = ""
    assert list((await tell(house, ids)).told) == ids


async def test_the_same_notice_told_twice_at_once_has_one_receipt() -> None:
    house, _, ids = await reported(tell=[])
    both = await asyncio.gather(tell(house, ids), tell(house, ids))
    assert [list(each.told) for each in both] == [ids, ids]
    assert sorted(row.notice for row in await house.receipts()) == sorted(ids)


async def test_who_gives_up_takes_the_answer_from_nobody_and_is_not_asked_for() -> None:
    groups: list[list[int]] = []
    is_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def ask(numbers: Sequence[int]) -> Sequence[int]:
        groups.append(list(numbers))
        is_asked.set()
        await may_answer.wait()
        return [-each for each in numbers]

    together = AskedTogether(ask)
    never, soon, patient = (asyncio.create_task(together(each)) for each in (1, 2, 3))
    await asyncio.sleep(0)
    never.cancel()  # has asked, and the question has not set off
    await is_asked.wait()
    soon.cancel()
    may_answer.set()
    assert await patient == -3
    assert groups == [[2, 3]]
    assert never.cancelled()
    assert soon.cancelled()


async def test_no_statement_has_more_than_so_many() -> None:
    groups: list[int] = []

    async def ask(numbers: Sequence[int]) -> Sequence[int]:
        groups.append(len(numbers))
        return numbers

    together = AskedTogether(ask)
    asked = range(2 * TOGETHER_MAX + 1)
    assert await asyncio.gather(*map(together, asked)) == list(asked)
    assert groups == [TOGETHER_MAX, TOGETHER_MAX, 1]
