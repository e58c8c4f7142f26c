"""What every ledger does with webhooks."""

import asyncio
from datetime import UTC, datetime

import builders as b
import pytest
from contract import LedgerContract
from contract_matters import OPEN, STREAM, act
from lives import Life, note, reported, write

from desk.subscribed import Asked
from domain.streams import StreamKind, kind_of_stream
from ledger import memory_subscriptions, postgres_subscriptions
from ledger.port import Ledger
from ledger.subscriptions import Behind, Headline, WebhookRow, WebhooksFullError

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOOK = "w-1"
OLD: tuple[StreamKind, ...] = ()
BOTH = (StreamKind.ISSUE, StreamKind.MATTER)


async def put(ledger: Ledger, revision: int, kind: str, position: int = 0) -> bool:
    return await ledger.put_webhook(WebhookRow(HOOK, revision, kind, "{}", AT, "{}"), position)


async def taken(ledger: Ledger, found: list[tuple[int, str]], after: int, upto: int) -> bool:
    return await ledger.take_events(HOOK, found, after=after, upto=upto, at=AT)


async def buried(ledger: Ledger, stream: str, upto: int) -> int:
    return await ledger.bury_events(HOOK, stream, upto=upto, reason="500", at=AT, by="closeout")


async def behind(ledger: Ledger, position: int) -> list[str]:
    return [each.webhook for each in await ledger.webhooks_behind(position)]


async def heard(ledger: Ledger, position: int) -> None:
    await ledger.mark_webhooks_heard(await ledger.webhooks_behind(position), position)


class WebhooksContract(LedgerContract):
    async def test_what_changes_while_a_workflow_is_told_is_told_again(
        self, ledger: Ledger
    ) -> None:
        await put(ledger, 1, "created")
        told = await ledger.webhooks_behind(0)
        await put(ledger, 2, "rotated")
        await ledger.mark_webhooks_heard(told, 5)
        assert await behind(ledger, 5) == [HOOK]

    async def test_each_revision_of_a_subscription_is_kept_once_and_told(
        self, ledger: Ledger
    ) -> None:
        assert await put(ledger, 1, "created", 7)
        await heard(ledger, 9)
        assert await ledger.webhooks_behind(9) == []
        assert await ledger.webhooks_behind(10) == [Behind(HOOK, 9, is_busy=True)]
        assert await taken(ledger, [], 7, 9)
        assert await ledger.webhooks_behind(10) == [Behind(HOOK, 9, is_busy=False)]
        assert await put(ledger, 2, "paused")
        await heard(ledger, 10)
        assert await ledger.webhooks_behind(11) == []
        assert not await put(ledger, 2, "resumed")
        assert await put(ledger, 3, "resumed")
        assert await behind(ledger, 5) == [HOOK]
        kinds = [row.kind for row in await ledger.webhook_rows(webhook=HOOK)]
        assert kinds == ["created", "paused", "resumed"]
        assert len(await ledger.webhook_rows()) == 3

    async def test_what_was_found_waits_until_it_was_sent(self, ledger: Ledger) -> None:
        await put(ledger, 1, "created", 3)
        assert await taken(ledger, [(4, "z/a"), (6, "z/b"), (7, "z/a")], 3, 9)
        assert not await taken(ledger, [(4, "z/a")], 3, 9)
        assert await ledger.pending_events(HOOK, limit=2) == [(4, "z/a"), (6, "z/b")]
        await ledger.mark_sent(HOOK, 4)
        assert await ledger.pending_events(HOOK, stream="z/a", limit=9) == [(7, "z/a")]
        (row,) = await ledger.deliveries()
        assert (row.position, row.pending) == (9, 2)
        await ledger.forget_delivery(HOOK)
        assert await ledger.deliveries() == []
        assert await ledger.pending_events(HOOK, limit=9) == []
        assert not await taken(ledger, [], 9, 10)

    async def test_whatever_follows_a_dead_letter_of_its_issue_lies_behind_it(
        self, ledger: Ledger
    ) -> None:
        await put(ledger, 1, "created")
        await taken(ledger, [(1, "z/a"), (2, "z/b"), (3, "z/a")], 0, 3)
        assert await buried(ledger, "z/a", 1) == 2
        assert await buried(ledger, "z/a", 1) == 0
        await taken(ledger, [(4, "z/b"), (5, "z/a")], 3, 5)
        assert await ledger.pending_events(HOOK, limit=9) == [(2, "z/b"), (4, "z/b")]
        lying = await ledger.dead_letters(HOOK)
        assert [(row.position, row.revision, row.reason) for row in lying] == [
            (1, 1, "500"),
            (3, 1, "500"),
            (5, 1, "an earlier event of the issue lies here"),
        ]
        assert [row.position for row in await ledger.dead_letters(HOOK, after=1, limit=1)] == [3]
        assert await ledger.dead_letters(HOOK, stream="z/b") == []

    async def test_dead_letters_are_counted_until_they_are_sent_again_or_nobodys(
        self, ledger: Ledger
    ) -> None:
        await put(ledger, 1, "created")
        assert await ledger.dead_letter_counts() == {}
        await taken(ledger, [(1, "z/a"), (2, "z/b"), (3, "z/a")], 0, 3)
        await buried(ledger, "z/a", 1)
        await buried(ledger, "z/b", 2)
        assert await ledger.dead_letter_counts() == {HOOK: 3}
        await ledger.replay_events(HOOK, stream="z/a", at=AT, by="somebody")
        assert await ledger.dead_letter_counts() == {HOOK: 1}
        await put(ledger, 2, "removed")
        assert await ledger.dead_letter_counts() == {}

    async def test_a_replay_sends_dead_letters_in_order_and_they_may_die_again(
        self, ledger: Ledger
    ) -> None:
        await put(ledger, 1, "created")
        await taken(ledger, [(1, "z/a"), (2, "z/b"), (3, "z/a")], 0, 3)
        await buried(ledger, "z/a", 1)
        await buried(ledger, "z/b", 2)
        await heard(ledger, 3)
        replayed = await ledger.replay_events(HOOK, stream="z/a", at=AT, by="somebody")
        assert replayed == 2
        assert await behind(ledger, 3) == [HOOK]
        assert [row.position for row in await ledger.dead_letters(HOOK)] == [2]
        await taken(ledger, [(4, "z/a")], 3, 4)
        waiting = [(1, "z/a"), (3, "z/a"), (4, "z/a")]
        assert await ledger.pending_events(HOOK, limit=9) == waiting
        await ledger.mark_sent(HOOK, 1)
        assert await buried(ledger, "z/a", 3) == 2
        lying = await ledger.dead_letters(HOOK)
        assert [(row.position, row.revision) for row in lying] == [(2, 1), (3, 3), (4, 1)]
        assert await ledger.replay_events(HOOK, stream=None, at=AT, by="somebody") == 3
        assert await ledger.dead_letters(HOOK) == []

    async def test_a_replay_is_bounded_and_what_stays_is_sent_by_the_next_one(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (memory_subscriptions, postgres_subscriptions):
            monkeypatch.setattr(module, "REPLAYED_MAX", 2)
        await put(ledger, 1, "created")
        await taken(ledger, [(1, "z/a"), (2, "z/a"), (3, "z/a")], 0, 3)
        await buried(ledger, "z/a", 1)
        assert await ledger.replay_events(HOOK, stream=None, at=AT, by="somebody") == 2
        assert [row.position for row in await ledger.dead_letters(HOOK)] == [3]
        assert await ledger.replay_events(HOOK, stream=None, at=AT, by="somebody") == 1

    async def test_bounds_hold_for_one_owner_and_for_all_whoever_comes_at_the_same_moment(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (memory_subscriptions, postgres_subscriptions):
            monkeypatch.setattr(module, "OF_ONE_OWNER_MAX", 2)
            monkeypatch.setattr(module, "WEBHOOKS_MAX", 3)

        async def made(name: str, owner: str) -> bool:
            row = WebhookRow(name, 1, "created", f'{{"owner":"{owner}"}}', AT, "{}")
            try:
                return await ledger.put_webhook(row, owner=owner)
            except WebhooksFullError:
                return False

        together = await asyncio.gather(*(made(f"a-{n}", "a") for n in range(5)))
        assert sum(together) == 2
        assert await made("b-1", "b")
        assert not await made("b-2", "b")
        kept = {row.webhook for row in await ledger.webhook_rows()}
        assert len(kept) == 3
        gone = WebhookRow("b-1", 2, "removed", "{}", AT, "{}")
        assert await ledger.put_webhook(gone)
        assert {row.webhook for row in await ledger.webhook_rows()} == kept - {"b-1"}
        assert len(await ledger.webhook_rows(webhook="b-1")) == 2
        assert await made("b-3", "b")

    async def test_matters_stand_among_issues_in_one_order_and_wait_in_lanes_of_their_own(
        self, ledger: Ledger
    ) -> None:
        await put(ledger, 1, "created")
        await write(ledger, Life("a").step(reported()))
        await act(ledger, b.MON_9, OPEN)
        await write(ledger, Life("b").step(reported()))
        reached = await ledger.safe_position()
        page = await ledger.follow(0, 100)
        heads = await ledger.headlines(after=0, upto=reached)
        assert [each.position for each in heads] == [position for position, _ in page]
        assert [kind_of_stream(each.stream) for each in heads] == ["issue", "matter", "issue"]
        old, both = (Asked(url="https://a.example/", name="a", of=of) for of in (OLD, BOTH))
        wanted = [(position, r.stream) for position, r in page if both.fits(r.stream, r.kind)]
        assert len(wanted) == 3
        assert [r.stream for _, r in page if old.fits(r.stream, r.kind)] == [
            heads[0].stream,
            heads[2].stream,
        ]
        assert await taken(ledger, wanted, 0, reached)
        assert await buried(ledger, STREAM, wanted[1][0]) == 1
        assert await ledger.pending_events(HOOK, limit=9) == [wanted[0], wanted[2]]
        (lying,) = await ledger.dead_letters(HOOK, stream=STREAM)
        assert (lying.position, lying.stream) == wanted[1]

    async def test_headlines_say_what_decides_who_is_sent_an_event(self, ledger: Ledger) -> None:
        await put(ledger, 1, "created")
        await write(ledger, Life("a").step(reported(), note()))
        reached = await ledger.safe_position()
        ((first, record), *_) = await ledger.follow(0, 1)
        found = await ledger.headlines(after=0, upto=reached)
        assert found[0] == Headline(first, record.stream, record.kind)
        assert len(found) == len(await ledger.follow(0, 100))
        assert await ledger.headlines(after=found[-1].position, upto=reached) == []
        assert await ledger.headlines(after=0, upto=first) == found[:1]
