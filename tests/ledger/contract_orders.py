"""What every ledger does with supervision orders."""

import asyncio
import dataclasses
from datetime import datetime, timedelta

import builders as b
import builders_orders as o
import pytest
from contract import LedgerContract
from lives import Life, reported, write

from desk.order_changes import order_changes_of
from domain.access import Horizon
from domain.canonical import canonical
from domain.chain import breaks
from domain.decisions.orders import decide_order
from domain.order_commands import OrderCommand, RingOrder
from domain.orders import SupervisionOrder, order_stream
from domain.people import ENGINE, Actor
from ledger.order_codec import columns_of, read_order_snapshot
from ledger.orders import OrderChanges, OrderHead
from ledger.port import Ledger, LedgerError, StreamConflictError


async def act(
    ledger: Ledger,
    at: datetime,
    command: OrderCommand,
    actor: Actor = o.SUPERVISOR,
    *,
    key: str = o.KEY,
    **sent: str,
) -> OrderChanges:
    """Decide a command on what the ledger has, and write what it comes to."""
    submission = o.submission(command, actor, key=key, **sent)
    async with ledger.order_transaction() as tx:
        head, _ = await tx.lock_order(order_stream(b.ZONE, key), submission.id)
        order = None if head is None else read_order_snapshot(head.snapshot)
        decision = decide_order(order, submission, o.context(at))
        told = isinstance(command, RingOrder)
        changes = order_changes_of(
            submission, canonical(submission), decision, o.TERMS, head, told=told
        )
        await tx.append_order(head, changes)
    return changes


async def stored(ledger: Ledger, key: str = o.KEY) -> SupervisionOrder:
    """Return an order as the ledger has it."""
    row = await ledger.order(order_stream(b.ZONE, key))
    assert row is not None
    return row.order


async def keys(ledger: Ledger, **filters: str | bool) -> list[str]:
    """Return the keys of the orders that a list has."""
    return [row.order.key for row in await ledger.find_orders(**filters)]  # type: ignore[arg-type]  # filters by name


class OrdersContract(LedgerContract):
    """Orders, their facts, their news, their rungs."""

    async def test_an_order_is_read_back_as_it_was_written(self, ledger: Ledger) -> None:
        changes = await act(ledger, b.MON_9, o.issue())
        row = await ledger.order(o.STREAM)
        assert row is not None
        assert (row.order, row.hash) == (changes.order, changes.records[-1].hash)
        assert row.notices == (f"{o.STREAM}/1/roads-desk",)
        assert await ledger.order(order_stream(b.ZONE, "other")) is None

    async def test_the_columns_of_its_row_say_what_the_order_does(self, ledger: Ledger) -> None:
        for at, command, actor in (
            (b.MON_9, o.issue(), o.SUPERVISOR),
            (b.MON_11, o.RAISE, o.LEADER),
            (b.local(0, 12), o.REPLY, o.UNIT),
            (b.MON_13, o.LIFT, o.LEADER),
        ):
            changes = await act(ledger, at, command, actor)
            expected = columns_of(changes.order, changes.records[-1].hash)
            assert await ledger.order_columns(o.STREAM) == expected
        assert await ledger.order_columns(order_stream(b.ZONE, "other")) is None

    async def test_its_events_and_commands_stand_among_all_others(self, ledger: Ledger) -> None:
        await write(ledger, Life("a").step(reported()))
        await act(ledger, b.MON_9, o.issue())
        await act(ledger, b.MON_10, o.REPLY, o.UNIT)
        records = await ledger.records(o.STREAM)
        assert [record.order_event.kind for record in records] == ["order_issued", "order_replied"]
        assert list(breaks(records)) == []
        assert [row.kind for row in await ledger.commands(o.STREAM)] == [
            *("issue_order", "reply_to_order"),
        ]
        followed = [record.stream for _, record in await ledger.follow(0, 10)]
        assert followed == ["z1/a", o.STREAM, o.STREAM]
        assert [stream async for stream in ledger.streams(batch=1)] == [o.STREAM, "z1/a"]

    async def test_it_is_nowhere_among_the_issues(self, ledger: Ledger) -> None:
        await act(ledger, b.MON_9, o.issue())
        await act(ledger, b.MON_10, o.LIFT)
        late = b.NEXT_FRI_9
        assert await ledger.issue(o.STREAM) is None
        assert await ledger.find() == []
        assert (await ledger.open_count(), await ledger.outbox_size()) == (0, 0)
        assert await ledger.overdue(late, 10) == []
        assert await ledger.untold(late, 10) == []
        assert await ledger.next_due_at() is None

    async def test_the_same_command_is_found_again(self, ledger: Ledger) -> None:
        await act(ledger, b.MON_9, o.issue(), id="once")
        async with ledger.order_transaction() as tx:
            head, found = await tx.lock_order(o.STREAM, "once")
        assert found is not None
        assert (found.kind, found.stream, found.count) == ("issue_order", o.STREAM, 1)
        assert head == OrderHead(1, (await ledger.records(o.STREAM))[0].hash, head.snapshot)  # type: ignore[union-attr]  # there is one

    async def test_an_id_stands_for_one_command_of_issues_and_orders_alike(
        self, ledger: Ledger
    ) -> None:
        await write(ledger, Life("a").step(reported(), command_id="taken"))
        with pytest.raises(StreamConflictError):
            await act(ledger, b.MON_9, o.issue(), id="taken")
        assert await ledger.order(o.STREAM) is None
        assert await ledger.records(o.STREAM) == []

    async def test_a_stream_that_moved_on_is_a_conflict_and_leaves_no_trace(
        self, ledger: Ledger
    ) -> None:
        first = await act(ledger, b.MON_9, o.issue())
        submission = o.submission(o.REPLY, o.UNIT)
        decision = decide_order(first.order, submission, o.context(b.MON_10))
        head = OrderHead(1, first.records[-1].hash, "")
        late = order_changes_of(
            submission, canonical(submission), decision, o.TERMS, head, told=False
        )
        await act(ledger, b.MON_10, o.REPLY, o.COLLEAGUE)
        with pytest.raises(StreamConflictError):
            async with ledger.order_transaction() as tx:
                await tx.append_order(head, late)
        assert (await stored(ledger)).version == 2
        assert len(await ledger.commands(o.STREAM)) == 2

    async def test_a_block_that_fails_leaves_no_trace(self, ledger: Ledger) -> None:
        changes = o.issued()
        submission, at = changes.sent[0]
        decision = decide_order(None, submission, o.context(at))
        written = order_changes_of(
            submission, canonical(submission), decision, o.TERMS, None, told=False
        )

        async def failing() -> None:
            async with ledger.order_transaction() as tx:
                await tx.append_order(None, written)
                raise RuntimeError("on purpose")

        with pytest.raises(RuntimeError, match="on purpose"):
            await failing()
        assert await ledger.order(o.STREAM) is None
        assert await ledger.records(o.STREAM) == []

    async def test_changes_of_an_order_that_do_not_hang_together_are_refused(
        self, ledger: Ledger
    ) -> None:
        submission, at = o.issued().sent[0]
        decision = decide_order(None, submission, o.context(at))
        good = order_changes_of(
            submission, canonical(submission), decision, o.TERMS, None, told=False
        )
        elsewhere = dataclasses.replace(good.command, stream="order/harbour/other")
        behind = good.order.model_copy(update={"version": 2})
        for bad in (
            dataclasses.replace(good, command=elsewhere),
            dataclasses.replace(good, order=behind),
            dataclasses.replace(good, records=()),
        ):
            with pytest.raises(LedgerError):
                async with ledger.order_transaction() as tx:
                    await tx.append_order(None, bad)

    async def test_two_issues_of_one_key_at_once_are_one(self, ledger: Ledger) -> None:
        done = await asyncio.gather(
            *(act(ledger, b.MON_9, o.issue()) for _ in range(4)), return_exceptions=True
        )
        assert sum(isinstance(each, OrderChanges) for each in done) == 1
        assert (await stored(ledger)).version == 1

    async def test_a_rung_fires_once_and_its_row_names_instrument_and_cycle(
        self, ledger: Ledger
    ) -> None:
        await act(ledger, b.MON_9, o.issue())
        await act(ledger, b.MON_11, o.ring(1, "half"), ENGINE)
        await act(ledger, b.MON_13, o.ring(1, "limit"), ENGINE)
        rows = await ledger.firings(o.STREAM)
        assert [(row.clock, row.cycle, row.rung, row.ring) for row in rows] == [
            ("reminder", 1, "half", True),
            ("reminder", 1, "limit", True),
        ]
        # Nobody is told of the limit itself, but of the silence; the reminder waits for its notice.
        assert [row.effect_done_at for row in rows] == [None, b.MON_13]
        await ledger.mark_delivered(f"{o.STREAM}/2/roads-desk", b.MON_15)
        assert (await ledger.firings(o.STREAM))[0].effect_done_at == b.MON_15

    async def test_orders_are_found_by_unit_standing_and_issue(self, ledger: Ledger) -> None:
        await act(ledger, b.MON_9, o.issue(issues=("a", "b")), key="one")
        await act(ledger, b.MON_9, o.issue(unit="power", issues=("b",)), key="two")
        await act(ledger, b.MON_10, o.LIFT, key="two")
        assert await keys(ledger) == ["one", "two"]
        assert await keys(ledger, unit="power") == ["two"]
        assert await keys(ledger, standing="lifted") == ["two"]
        assert await keys(ledger, issue="b") == ["one", "two"]
        assert await keys(ledger, issue="a", zone=b.ZONE) == ["one"]
        assert await keys(ledger, open_only=True) == ["one"]
        assert await keys(ledger, zone="elsewhere") == []
        assert [r.order.key for r in await ledger.find_orders(limit=1)] == ["one"]
        after = order_stream(b.ZONE, "one")
        assert [r.order.key for r in await ledger.find_orders(after=after)] == ["two"]

    async def test_news_stays_until_it_was_heard_and_a_ring_is_heard_at_once(
        self, ledger: Ledger
    ) -> None:
        async def news() -> list[int]:
            return [row.order.version for row in await ledger.orders_with_news(10)]

        await act(ledger, b.MON_9, o.issue())
        assert await news() == [1]
        await act(ledger, b.MON_10, o.REPLY, o.UNIT)
        await ledger.mark_order_heard(o.STREAM, 1)
        assert await news() == [2]
        await ledger.mark_order_heard(o.STREAM, 2)
        await ledger.mark_order_heard(o.STREAM, 1)
        assert await news() == []
        await act(ledger, b.MON_11, o.REFUSE)
        await ledger.mark_order_heard(o.STREAM, 3)
        await act(ledger, b.MON_13, o.ring(2, "half"), ENGINE)
        assert await news() == []
        await ledger.mark_orders_unheard([o.STREAM, "order/harbour/unknown"])
        assert await news() == [4]
        assert await ledger.orders_with_news(0) == []
        assert len(await ledger.orders_with_news(1, after="order/harbour/a")) == 1
        assert await ledger.orders_with_news(1, after=o.STREAM) == []

    async def test_what_is_due_open_and_untold_is_found(self, ledger: Ledger) -> None:
        assert await ledger.next_order_due_at() is None
        await act(ledger, b.MON_9, o.issue(), key="early")
        await act(ledger, b.MON_10, o.issue(), key="late")
        assert await ledger.next_order_due_at() == b.MON_11
        assert await ledger.open_order_count() == 2
        moment = timedelta(milliseconds=1)
        assert await ledger.orders_overdue(b.MON_11, 10) == []
        late = await ledger.orders_overdue(b.MON_15 + moment, 10)
        assert [row.order.key for row in late] == ["early", "late"]
        await act(ledger, b.MON_10, o.LIFT, key="early")
        assert await ledger.open_order_count() == 1
        assert await ledger.orders_untold(b.MON_11, 10) == [order_stream(b.ZONE, "early")]
        assert await ledger.orders_untold(b.MON_9, 10) == []
        for version in (1, 2):
            notice = f"{order_stream(b.ZONE, 'early')}/{version}/roads-desk"
            await ledger.mark_delivered(notice, b.MON_11)
        assert await ledger.orders_untold(b.NEXT_MON_9, 10) == []

    async def test_a_narrow_sight_finds_orders_by_unit_issuer_and_issue(
        self, ledger: Ledger
    ) -> None:
        await write(ledger, Life("a", zone=b.ZONE).step(reported()))
        await act(ledger, b.MON_9, o.issue(issues=("a", "gone")), key="one")
        await act(ledger, b.MON_9, o.issue(unit="power", issues=("gone",)), key="two")
        await act(ledger, b.MON_9, o.issue(unit="power", issues=("gone",)), key="three")
        seen = {
            "unit": Horizon(zone=b.ZONE, units=frozenset({"power"})),
            "issuer": Horizon(zone=b.ZONE, posts=frozenset({o.SUPERVISOR.post})),
            "owner": Horizon(zone=b.ZONE, posts=frozenset({"street"})),
            "enterprise": Horizon(zone=b.ZONE, enterprises=frozenset({"E001"})),
            "whole": Horizon(zone=b.ZONE, whole=True),
            "nothing": Horizon(zone=b.ZONE),
            "elsewhere": Horizon(zone="z9", whole=True),
        }
        found = {
            name: [row.order.key for row in await ledger.find_orders(within=horizon)]
            for name, horizon in seen.items()
        }
        assert found == {
            "unit": ["three", "two"],
            "issuer": ["one", "three", "two"],
            "owner": ["one"],
            "enterprise": ["one"],
            "whole": ["one", "three", "two"],
            "nothing": [],
            "elsewhere": [],
        }
        page = await ledger.find_orders(
            within=seen["unit"],
            after=order_stream(b.ZONE, "three"),
            standing="open",
            open_only=True,
            limit=1,
        )
        assert [row.order.key for row in page] == ["two"]
        assert await ledger.find_orders(within=seen["unit"], zone="z9") == []

    async def test_orders_that_stood_still_since_an_instant_are_left_out(
        self, ledger: Ledger
    ) -> None:
        await act(ledger, b.MON_9, o.issue(), key="old")
        await act(ledger, b.MON_9, o.issue(), key="moved")
        await act(ledger, b.MON_11, o.LIFT, key="moved")
        since = [row.order.key for row in await ledger.find_orders(moved_since=b.MON_10)]
        assert since == ["moved"]
        assert len(await ledger.find_orders(moved_since=b.MON_9)) == 2
