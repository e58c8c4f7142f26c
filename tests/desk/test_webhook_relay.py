"""The relay of webhooks: only those hear for whom there is something, and issues never wait."""

import asyncio
from typing import Any, cast

import builders as b
import builders_grants as g
import builders_matters as m
import builders_zone as z
import pytest
from desks import Counter, StandingClock
from engine_fake import failure
from matters_bureau import MatterBureau
from temporalio.client import Client
from temporalio.common import TypedSearchAttributes
from temporalio.service import RPCStatusCode

from desk import webhook_relay
from desk.relay import Relay
from desk.subscribed import Asked
from desk.webhook_relay import WebhookRelay
from domain.canonical import canonical
from domain.matters.matter import matter_stream
from domain.streams import StreamKind
from ledger.memory import MemoryLedger
from ledger.subscriptions import PAUSED, WebhookRow


class Engine:
    """Which workflows were signalled, how often; `slow_s` is how long that takes."""

    def __init__(self) -> None:
        self.pokes: list[str] = []
        self.ensured: list[str] = []
        self.away = False
        self.slow_s = 0.0
        self.at_once = self.at_once_max = 0

    async def start_workflow(
        self, _type: str, webhook: str, *, start_signal: str | None = None, **_: Any
    ) -> None:
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        try:
            await asyncio.sleep(self.slow_s)
            if self.away:
                raise failure(RPCStatusCode.UNAVAILABLE)
        finally:
            self.at_once -= 1
        (self.pokes if start_signal else self.ensured).append(webhook)


@pytest.fixture
def office(clock: StandingClock) -> Counter:
    """A counter over a ledger in memory."""
    return Counter(MemoryLedger(), clock)


@pytest.fixture
def engine() -> Engine:
    """Temporal, as a relay of webhooks sees it."""
    return Engine()


@pytest.fixture
def relay(office: Counter, engine: Engine) -> WebhookRelay:
    """The relay from one to the other."""
    return WebhookRelay(office.ledger, cast(Client, engine), task_queue="t")


async def subscribed(office: Counter, name: str, **asked: Any) -> None:
    """Keep a subscription from the beginning."""
    wanted = Asked(url="https://hooks.example.org/", name=name, **asked)
    said = {"asked": wanted.model_dump(mode="json"), "owner": "key:a", "position": 0}
    row = WebhookRow(name, 1, "created", canonical(said), office.clock.at, "{}")
    assert await office.ledger.put_webhook(row)


async def test_only_those_hear_who_asked_for_something_of_what_happened(
    office: Counter, engine: Engine, relay: WebhookRelay
) -> None:
    await subscribed(office, "all")
    await subscribed(office, "zone", zones=(b.ZONE,))
    await subscribed(office, "kind", kinds=("issue_accepted",))
    await subscribed(office, "issue", issue=f"{b.ZONE}/{b.KEY}")
    await subscribed(office, "other-zone", zones=("upriver",))
    await subscribed(office, "other-kind", kinds=("note_added",))
    await subscribed(office, "other-issue", issue=f"{b.ZONE}/other")
    await subscribed(office, "paused")
    row = WebhookRow("paused", 2, PAUSED, "{}", office.clock.at, "{}")
    assert await office.ledger.put_webhook(row)
    assert await relay.once() == 8  # each hears once of itself
    engine.pokes.clear()
    await office.accepted()
    assert await relay.once() == 4
    assert sorted(engine.pokes) == ["all", "issue", "kind", "zone"]
    assert await relay.once() == 0


async def test_matters_are_heard_of_by_those_who_asked_for_them_alone(
    office: Counter, engine: Engine, relay: WebhookRelay
) -> None:
    bureau = MatterBureau(office.ledger, office.clock, g.TERMS)
    await subscribed(office, "old")
    await subscribed(office, "matters", of=("matter",))
    await subscribed(office, "both", of=("issue", "matter"), zones=(z.ZONE,))
    await subscribed(office, "other-zone", of=("matter",), zones=("upriver",))
    await subscribed(office, "other-kind", of=("matter",), kinds=("matter_closed",))
    await relay.once()
    engine.pokes.clear()
    opened = m.asked(kind="open_grant", procedure="supplies", title="Masks", unit="mask")
    await bureau.do(opened)
    assert await relay.once() == 2
    assert sorted(engine.pokes) == ["both", "matters"]
    address = {"url": "https://a.example/", "name": "a"}
    old, both = Asked(**address), Asked(**address, of=(StreamKind.ISSUE, StreamKind.MATTER))
    ((_, record),) = await office.ledger.follow(0, 10)
    assert record.stream == matter_stream(z.ZONE, m.KEY)
    assert not old.fits(record.stream, record.kind)
    assert both.fits(record.stream, record.kind)
    assert "of" not in old.model_dump()


async def test_who_asked_for_nothing_of_it_is_moved_on_unheard(
    office: Counter, engine: Engine, relay: WebhookRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_relay, "QUIET_MAX", 2)
    await subscribed(office, "quiet", zones=("upriver",))
    await relay.once()
    await office.accepted()
    assert await relay.once() == 0
    assert [row.heard for row in await office.ledger.deliveries()] == [2]
    await office.do(b.report(), b.ENTERPRISE, key="later")
    heard = []
    for _ in range(2):  # one event is not worth a row, until no more are coming
        assert await relay.once() == 0
        heard += [row.heard for row in await office.ledger.deliveries()]
    assert heard == [2, 3]
    assert await office.ledger.webhooks_behind(3) == []
    assert engine.pokes == ["quiet"]


async def test_a_workflow_that_is_busy_is_told_no_more_than_once_in_a_while(
    office: Counter, engine: Engine, relay: WebhookRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribed(office, "busy")
    await relay.once()
    for number in range(5):
        await office.do(b.report(), b.ENTERPRISE, key=f"issue-{number}")
        await relay.once()
    assert len(engine.pokes) == 2  # of itself, and of the first
    (row,) = await office.ledger.deliveries()
    assert await office.ledger.take_events("busy", [], after=0, upto=5, at=office.clock.at)
    assert row.heard == 1
    assert await relay.once() == 1  # it has come to what it was told of
    await office.do(b.report(), b.ENTERPRISE, key="issue-9")
    monkeypatch.setattr(webhook_relay, "BUSY_S", 0.0)
    assert await relay.once() == 1


async def test_what_could_not_be_told_is_told_later_and_few_are_told_at_once(
    office: Counter, engine: Engine, relay: WebhookRelay
) -> None:
    for number in range(30):
        await subscribed(office, f"w-{number:02}")
    engine.away = True
    assert await relay.once() == 0
    assert engine.at_once_max <= webhook_relay.AT_ONCE
    engine.away = False
    assert await relay.once() == 30
    assert await relay.once() == 0
    await relay.ensure()
    assert len(engine.ensured) == 30
    assert engine.at_once_max <= webhook_relay.AT_ONCE


async def test_issues_do_not_wait_for_webhooks(office: Counter, engine: Engine) -> None:
    relayed = asyncio.Event()
    stuck = asyncio.Event()

    async def never() -> None:
        stuck.set()
        await asyncio.Event().wait()

    relay = Relay(
        office.ledger,
        cast(Client, engine),
        office.desk.seer,
        task_queue="t",
        shown=lambda _: TypedSearchAttributes.empty,
        between=relayed.set,
        beside=never,
    )
    task = asyncio.create_task(relay.run())
    try:
        await asyncio.wait_for(stuck.wait(), 5)
        await asyncio.wait_for(relayed.wait(), 5)
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
