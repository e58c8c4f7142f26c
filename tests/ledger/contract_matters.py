"""What every ledger does with matters."""

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import builders as b
import builders_grants as g
import builders_matters as m
import builders_zone as z
import pytest
from contract import LedgerContract
from lives import Life, reported, write

from desk.matter_changes import matter_changes_of
from domain.canonical import canonical
from domain.chain import breaks
from domain.decisions.draft import Context
from domain.matters.acts import RingMatter
from domain.matters.commands import MatterCommand
from domain.matters.decide import decide_matter
from domain.matters.matter import matter_stream
from domain.matters.state import Matter
from domain.people import ENGINE, Actor
from ledger.matter_codec import matter_columns, read_matter_snapshot
from ledger.matters import MatterChanges, MatterHead, MatterSight
from ledger.port import Ledger, LedgerError, StreamConflictError

STREAM = matter_stream(z.ZONE, m.KEY)
MOMENT = timedelta(milliseconds=1)
OPEN = m.asked(kind="open_grant", procedure="supplies", title="Masks", unit="mask")
OPEN_PASSES = m.asked(kind="open_grant", procedure="passes", title="Passes")
CLOSE = m.asked(kind="close_matter", ending="All was handed out.")
TIE = m.asked(kind="tie_issue", issue="a")
PROBLEM = {"category": z.HANDBOOK.categories[0].id, "title": "Damp", "text": "Damp."}


def decided(
    at: Any, command: MatterCommand, actor: Actor, head: MatterHead | None, **sent: Any
) -> MatterChanges:
    """Return what a command comes to after `head`."""
    submission = m.sent(command, actor, **sent)
    before = None if head is None else read_matter_snapshot(head.snapshot)
    decision = decide_matter(before, submission, Context(at=at, terms=g.TERMS))
    told, body = isinstance(command, RingMatter), canonical(submission)
    return matter_changes_of(submission, body, before, decision, g.TERMS, head, told=told)


async def act(
    ledger: Ledger,
    at: Any,
    command: MatterCommand,
    actor: Actor = b.COORDINATOR,
    *,
    key: str = m.KEY,
    **sent: Any,
) -> MatterChanges:
    """Decide a command on what the ledger has, and write what it comes to."""
    async with ledger.matter_transaction() as tx:
        head, _ = await tx.lock_matter(matter_stream(z.ZONE, key), sent.get("id_") or "none")
        changes = decided(at, command, actor, head, key=key, **sent)
        await tx.append_matter(head, changes)
    return changes


async def stored(ledger: Ledger, key: str = m.KEY) -> Matter:
    """Return a matter as the ledger has it."""
    row = await ledger.matter(matter_stream(z.ZONE, key))
    assert row is not None
    return row.matter


async def keys(ledger: Ledger, **filters: Any) -> list[str]:
    """Return the keys of the matters that a list has."""
    return [row.matter.key for row in await ledger.find_matters(**filters)]


class MattersContract(LedgerContract):
    """Matters, their facts, their news, their instants."""

    async def test_a_matter_is_read_back_as_it_was_written(self, ledger: Ledger) -> None:
        changes = await act(ledger, b.MON_9, OPEN)
        row = await ledger.matter(STREAM)
        assert row is not None
        assert (row.matter, row.hash) == (changes.matter, changes.records[-1].hash)
        await act(ledger, b.MON_10, g.received(300))
        issued = await act(ledger, b.MON_10, g.issued(250))
        row = await ledger.matter(STREAM)
        assert row is not None
        assert row.notices == tuple(notice.id for notice in issued.notices)
        assert row.notices
        assert await ledger.matter(matter_stream(z.ZONE, "other")) is None

    async def test_the_columns_of_its_row_say_what_the_matter_does(self, ledger: Ledger) -> None:
        for at, command in (
            (b.MON_9, OPEN),
            (b.MON_9, g.received(300)),
            (b.MON_10, g.issued(250)),
            (b.MON_10, TIE),
            (b.MON_11, g.issued(50)),
            (b.MON_11, CLOSE),
        ):
            changes = await act(ledger, at, command)
            expected = matter_columns(changes.matter, changes.records[-1].hash)
            assert await ledger.matter_columns(STREAM) == expected
        assert (expected.enterprises, expected.issues, expected.open) == (("mill",), ("a",), False)
        assert await ledger.matter_columns(matter_stream(z.ZONE, "other")) is None

    async def test_events_and_commands_of_matters_stand_among_all_others(
        self, ledger: Ledger
    ) -> None:
        await write(ledger, Life("a").step(reported()))
        await act(ledger, b.MON_9, OPEN)
        await act(ledger, b.MON_10, g.received(300))
        records = await ledger.records(STREAM)
        kinds = [record.matter_event.kind for record in records]
        assert kinds == ["grant_opened", "stock_received"]
        assert list(breaks(records)) == []
        sent = [row.kind for row in await ledger.commands(STREAM)]
        assert sent == ["open_grant", "receive_stock"]
        followed = [record.stream for _, record in await ledger.follow(0, 10)]
        assert followed == ["z1/a", STREAM, STREAM]
        assert [stream async for stream in ledger.streams(batch=1)] == [STREAM, "z1/a"]

    async def test_a_matter_is_nowhere_among_issues_and_orders(self, ledger: Ledger) -> None:
        await act(ledger, b.MON_9, OPEN)
        await act(ledger, b.MON_10, g.received(300))
        await act(ledger, b.MON_10, g.issued(250))
        late = b.NEXT_FRI_9
        assert await ledger.issue(STREAM) is None
        assert await ledger.find() == []
        assert await ledger.find_orders() == []
        assert (await ledger.open_count(), await ledger.outbox_size()) == (0, 0)
        assert await ledger.overdue(late, 10) == []
        assert await ledger.orders_overdue(late, 10) == []
        assert await ledger.untold(late, 10) == []
        assert await ledger.next_due_at() is None

    async def test_the_same_command_to_a_matter_is_found_again(self, ledger: Ledger) -> None:
        await act(ledger, b.MON_9, OPEN, id_="once")
        async with ledger.matter_transaction() as tx:
            head, found = await tx.lock_matter(STREAM, "once")
        assert found is not None
        assert head is not None
        assert (found.kind, found.stream, found.count) == ("open_grant", STREAM, 1)
        assert (head.version, head.hash) == (1, (await ledger.records(STREAM))[0].hash)

    async def test_an_id_stands_for_one_command_of_issues_and_matters_alike(
        self, ledger: Ledger
    ) -> None:
        await write(ledger, Life("a").step(reported(), command_id="taken"))
        with pytest.raises(StreamConflictError):
            await act(ledger, b.MON_9, OPEN, id_="taken")
        assert await ledger.matter(STREAM) is None
        assert await ledger.records(STREAM) == []

    async def test_a_matter_that_moved_on_is_a_conflict_and_leaves_no_trace(
        self, ledger: Ledger
    ) -> None:
        await act(ledger, b.MON_9, OPEN)
        async with ledger.matter_transaction() as tx:
            head, _ = await tx.lock_matter(STREAM, "none")
        late = decided(b.MON_10, g.received(5), b.COORDINATOR, head)
        await act(ledger, b.MON_10, g.received(300))
        with pytest.raises(StreamConflictError):
            async with ledger.matter_transaction() as tx:
                await tx.append_matter(head, late)
        assert (await stored(ledger)).version == 2
        assert len(await ledger.commands(STREAM)) == 2

    async def test_a_block_that_fails_leaves_no_trace_of_a_matter(self, ledger: Ledger) -> None:
        written = decided(b.MON_9, OPEN, b.COORDINATOR, None)

        async def failing() -> None:
            async with ledger.matter_transaction() as tx:
                await tx.append_matter(None, written)
                raise RuntimeError("on purpose")

        with pytest.raises(RuntimeError, match="on purpose"):
            await failing()
        assert await ledger.matter(STREAM) is None
        assert await ledger.records(STREAM) == []

    async def test_changes_of_a_matter_that_do_not_hang_together_are_refused(
        self, ledger: Ledger
    ) -> None:
        good = decided(b.MON_9, OPEN, b.COORDINATOR, None)
        elsewhere = dataclasses.replace(good.command, stream="matter/harbour/other")
        behind = good.matter.model_copy(update={"version": 2})
        for bad in (
            dataclasses.replace(good, command=elsewhere),
            dataclasses.replace(good, matter=behind),
            dataclasses.replace(good, records=()),
        ):
            with pytest.raises(LedgerError):
                async with ledger.matter_transaction() as tx:
                    await tx.append_matter(None, bad)

    async def test_two_matters_of_one_key_at_once_are_one(self, ledger: Ledger) -> None:
        opened = (act(ledger, b.MON_9, OPEN) for _ in range(4))
        done = await asyncio.gather(*opened, return_exceptions=True)
        assert sum(isinstance(each, MatterChanges) for each in done) == 1
        assert (await stored(ledger)).version == 1

    async def test_an_instant_of_a_matter_passes_once_and_its_row_names_the_level(
        self, ledger: Ledger
    ) -> None:
        await act(ledger, b.MON_9, OPEN)
        await act(ledger, b.MON_9, g.received(300))
        await act(ledger, b.MON_9, g.issued(250))
        due = (await stored(ledger)).next_due
        assert due is not None
        passed = await act(ledger, due.due_at, g.ring("refill"), ENGINE)
        (row,) = await ledger.firings(STREAM)
        assert (row.clock, row.cycle, row.rung, row.ring) == ("refill", 1, "level-1", True)
        assert row.effect_done_at is None
        for notice in passed.notices:
            await ledger.mark_delivered(notice.id, b.WED_9)
        assert passed.notices
        assert (await ledger.firings(STREAM))[0].effect_done_at == b.WED_9

    async def test_the_reports_that_a_matter_calls_for_wait_to_be_made(
        self, ledger: Ledger
    ) -> None:
        await act(ledger, b.MON_9, OPEN)
        problems = [PROBLEM | {"enterprise": name} for name in ("mill", "bakery")]
        await act(ledger, b.MON_9, g.received(300, problems=problems))
        rows = await ledger.waiting_errands("", 10)
        assert [row.id for row in rows] == [f"kin:{STREAM}/2/1", f"kin:{STREAM}/2/2"]
        assert {(row.from_stream, row.from_version) for row in rows} == {(STREAM, 2)}
        assert [row.stream for row in rows] == [f"{z.ZONE}/m.{m.KEY}.2.{n}" for n in (1, 2)]
        texts = await ledger.errand_texts([row.id for row in rows])
        assert texts == {row.id: row.text for row in rows}

    async def test_matters_are_found_by_what_their_rows_say(self, ledger: Ledger) -> None:
        await act(ledger, b.MON_9, OPEN, key="one")
        await act(ledger, b.MON_9, g.received(300), key="one")
        await act(ledger, b.MON_9, g.issued(50), key="one")
        await act(ledger, b.MON_9, g.issued(50, "bakery"), key="one")
        await act(ledger, b.MON_9, OPEN, key="two")
        await act(ledger, b.MON_9, TIE, key="two")
        await act(ledger, b.MON_10, CLOSE, key="two")
        await act(ledger, b.MON_9, OPEN_PASSES, key="three")
        assert await keys(ledger) == ["one", "three", "two"]
        assert await keys(ledger, procedure="supplies") == ["one", "two"]
        assert await keys(ledger, aggregate="grant", open_only=True) == ["one", "three"]
        assert await keys(ledger, aggregate="campaign") == []
        assert await keys(ledger, enterprise="bakery") == ["one"]
        assert await keys(ledger, enterprise="nobody") == []
        assert await keys(ledger, issue="a") == ["two"]
        assert await keys(ledger, stage="held", zone=z.ZONE) == ["one"]
        assert await keys(ledger, post=(await stored(ledger, "one")).post, limit=2) == [
            *("one", "three"),
        ]
        assert await keys(ledger, zone="elsewhere") == []
        assert await keys(ledger, after=matter_stream(z.ZONE, "one")) == ["three", "two"]
        post = (await stored(ledger, "one")).post
        firm = MatterSight(
            z.ZONE, enterprises=frozenset({"bakery"}), while_open=frozenset({"passes", "supplies"})
        )
        for sight, seen in (
            (MatterSight(z.ZONE, whole=True), ["one", "three", "two"]),
            (MatterSight("elsewhere", whole=True), []),
            (MatterSight(z.ZONE), []),
            (MatterSight(z.ZONE, enterprises=frozenset({"bakery", "nobody"})), ["one"]),
            (MatterSight(z.ZONE, posts=frozenset({post})), ["one", "three", "two"]),
            (MatterSight(z.ZONE, procedures=frozenset({"supplies"})), ["one", "two"]),
            (dataclasses.replace(firm, enterprises=frozenset()), ["one", "three"]),
            (firm, ["one", "three"]),
            (dataclasses.replace(firm, while_open=frozenset({"nothing"})), ["one"]),
            (dataclasses.replace(firm, procedures=frozenset({"nothing"})), ["one", "three"]),
            (dataclasses.replace(firm, posts=frozenset({"nobody"})), ["one", "three"]),
            (dataclasses.replace(firm, zone="elsewhere"), []),
        ):
            assert await keys(ledger, within=sight) == seen
            assert await keys(ledger, zone=z.ZONE, within=sight) == seen
            assert await keys(ledger, procedure="supplies", within=sight) == [
                key for key in seen if key != "three"
            ]
        assert await keys(ledger, zone="elsewhere", within=MatterSight(z.ZONE, whole=True)) == []
        first = matter_stream(z.ZONE, "one")
        assert await keys(ledger, within=firm, limit=1) == ["one"]
        assert await keys(ledger, within=firm, limit=1, after=first) == ["three"]
        assert await keys(ledger, within=firm, stage="held") == ["one"]
        assert await keys(ledger, within=firm, enterprise="bakery", open_only=True) == ["one"]

    async def test_matters_that_are_judged_by_other_terms_are_found(self, ledger: Ledger) -> None:
        for key in ("one", "two", "over"):
            await act(ledger, b.MON_9, OPEN, key=key)
        await act(ledger, b.MON_9, CLOSE, key="over")

        async def behind(terms: str, zone: str = z.ZONE, after: str = "") -> list[str]:
            page = await ledger.matters_on_other_terms(zone, terms, after=after, limit=10)
            return [row.matter.key for row in page]

        assert await behind("newer") == ["one", "two"]
        assert await behind(g.TERMS.hash) == []
        assert await behind("newer", "elsewhere") == []
        assert await behind("newer", after=matter_stream(z.ZONE, "one")) == ["two"]

    async def test_news_of_a_matter_stays_until_it_was_heard_and_a_ring_is_heard_at_once(
        self, ledger: Ledger
    ) -> None:
        async def news() -> list[int]:
            return [row.matter.version for row in await ledger.matters_with_news(10)]

        await act(ledger, b.MON_9, OPEN)
        assert await news() == [1]
        await act(ledger, b.MON_9, g.received(300))
        await ledger.mark_matter_heard(STREAM, 1)
        assert await news() == [2]
        await act(ledger, b.MON_9, g.issued(250))
        await ledger.mark_matter_heard(STREAM, 4)
        await ledger.mark_matter_heard(STREAM, 1)
        assert await news() == []
        await act(ledger, b.MON_9 + timedelta(days=1), g.ring("refill"), ENGINE)
        assert await news() == []
        await ledger.mark_matters_unheard([STREAM, "matter/harbour/unknown"])
        assert await news() == [5]
        assert await ledger.matters_with_news(0) == []
        assert len(await ledger.matters_with_news(1, after="matter/harbour/a")) == 1
        assert await ledger.matters_with_news(1, after=STREAM) == []

    async def test_what_is_due_open_and_untold_of_matters_is_found(self, ledger: Ledger) -> None:
        assert await ledger.next_matter_due_at() is None
        for at, key in ((b.MON_9, "early"), (b.MON_10, "late")):
            await act(ledger, at, OPEN, key=key)
            await act(ledger, at, g.received(300), key=key)
            await act(ledger, at, g.issued(250), key=key)
        day = timedelta(days=1)
        assert await ledger.next_matter_due_at() == b.MON_9 + day
        assert await ledger.open_matter_count() == 2
        assert await ledger.waiting_matter_count() == 2
        assert await ledger.matters_overdue(b.MON_9 + day, 10) == []
        late = await ledger.matters_overdue(b.MON_10 + day + MOMENT, 10)
        assert [row.matter.key for row in late] == ["early", "late"]
        assert await ledger.open_matters_by_aggregate(b.MON_9 + day) == {"grant": (2, 0)}
        assert await ledger.open_matters_by_aggregate(b.MON_9 + day + MOMENT) == {"grant": (2, 1)}
        assert await ledger.matters_untold(b.NEXT_MON_9, 10) == []
        await act(ledger, b.MON_11, g.issued(50), key="early")
        await act(ledger, b.MON_11, CLOSE, key="early")
        assert await ledger.open_matter_count() == 1
        assert await ledger.open_matters_by_aggregate(b.NEXT_MON_9) == {"grant": (1, 1)}
        assert await ledger.waiting_matter_count() == 1
        assert await ledger.next_matter_due_at() == b.MON_10 + day
        early = matter_stream(z.ZONE, "early")
        assert await ledger.matters_untold(b.MON_11 + MOMENT, 10) == [early]
        assert await ledger.matters_untold(b.MON_9, 10) == []
        for notice in await ledger.notices(early):
            await ledger.mark_delivered(notice.id, b.MON_11)
        assert await ledger.matters_untold(b.NEXT_MON_9, 10) == []
