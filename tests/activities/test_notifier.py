"""Telling people: once, whoever asks how often, and one that cannot be told holds up no other."""

import asyncio

import builders as b
import pytest
from temporalio.testing import ActivityEnvironment

from activities.notifier import Notifier
from demo.virtual import VirtualClock
from desk.desk import Desk
from desk.shelf import Shelf
from domain.view import IssueView
from ledger.memory import MemoryLedger

STREAM = f"{b.ZONE}/{b.KEY}"


class Post:
    """A channel of which some addressees cannot be reached, or do not answer."""

    def __init__(self) -> None:
        self.delivered: list[str] = []
        self.fails: set[str] = set()
        self.hangs: set[str] = set()

    async def deliver(self, addressee: str, kind: str, issue: IssueView) -> None:
        """Deliver to those that can be reached."""
        if addressee in self.fails:
            raise ConnectionError(addressee)
        if addressee in self.hangs:
            await asyncio.Event().wait()
        self.delivered.append(addressee)


@pytest.fixture
async def desk() -> Desk:
    """A desk at which an issue was reported: its officer and the coordinator are to be told."""
    ledger = MemoryLedger()
    desk = Desk(ledger, Shelf(ledger, {b.ZONE: b.TERMS}), VirtualClock(b.MON_9))
    await desk.carry_out(b.submission(b.report(), b.ENTERPRISE))
    return desk


async def ids(desk: Desk) -> list[str]:
    """Return the ids of the issue's notices."""
    return [notice.id for notice in await desk.ledger.notices(STREAM)]


async def test_a_notice_is_delivered_once_and_its_instant_is_kept(desk: Desk) -> None:
    post = Post()
    tell = Notifier(desk, post).tell
    first, _ = await ids(desk)
    for _ in range(2):
        await ActivityEnvironment().run(tell, first)
    assert post.delivered == ["coordination"]
    notice = await desk.ledger.notice(first)
    assert notice is not None
    assert notice.delivered_at == b.MON_9


async def test_a_notice_that_nobody_wrote_is_nothing_to_tell(desk: Desk) -> None:
    post = Post()
    await ActivityEnvironment().run(Notifier(desk, post).tell, f"{STREAM}/9/nobody")
    assert post.delivered == []


async def test_what_a_channel_raises_reaches_whoever_tries_again(desk: Desk) -> None:
    post = Post()
    post.fails = {"coordination"}
    with pytest.raises(ConnectionError):
        await ActivityEnvironment().run(Notifier(desk, post).tell, (await ids(desk))[0])
    assert await desk.ledger.undelivered() == 2


@pytest.mark.parametrize("trouble", ["fails", "hangs"])
async def test_one_that_cannot_be_told_at_once_holds_up_no_other(desk: Desk, trouble: str) -> None:
    post = Post()
    setattr(post, trouble, {"coordination"})
    named = await ids(desk)
    answer = await ActivityEnvironment().run(Notifier(desk, post).tell_at_once, named)
    assert (answer.late, answer.told) == (tuple(named[:1]), tuple(named[1:]))
    assert post.delivered == ["grid-east-1"]
