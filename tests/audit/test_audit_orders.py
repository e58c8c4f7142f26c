"""The auditor and supervision orders: every altered fact is named, every decision comes again."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import builders as b
import builders_orders as o
import pytest
from altered_ledger import Altered, at_place

from audit.clocks import audit_clocks
from audit.corpus import read_corpus, write_corpus
from audit.reexecute import reexecute, reexecute_all
from audit.replay import cross_check
from audit.verify import Finding, verify_all, verify_stream
from desk.order_changes import order_changes_of
from domain.canonical import canonical
from domain.chain import Record
from domain.decisions.orders import decide_order
from domain.order_commands import RingOrder
from ledger.memory import MemoryLedger
from ledger.order_codec import read_order_snapshot
from ledger.orders import OrderRow
from ledger.port import CommandRow

NOBODY = "order/harbour/nobody"


async def written(story: o.OrderStory) -> MemoryLedger:
    """Return a ledger that holds a story."""
    ledger = MemoryLedger()
    await ledger.put_terms(o.TERMS.hash, b.ZONE, canonical(o.TERMS), b.MON_9)
    for submission, at in story.sent:
        async with ledger.order_transaction() as tx:
            head, _ = await tx.lock_order(o.STREAM, submission.id)
            order = None if head is None else read_order_snapshot(head.snapshot)
            decision = decide_order(order, submission, o.context(at))
            changes = order_changes_of(
                submission,
                canonical(submission),
                decision,
                o.TERMS,
                head,
                told=isinstance(submission.command, RingOrder),
            )
            await tx.append_order(head, changes)
    return ledger


def story() -> o.OrderStory:
    """Return a life with a silence, a reply, a refusal, an appeal and a settlement."""
    return (
        o.issued()
        .until(b.MON_15)
        .then(b.MON_15, o.APPEAL, o.UNIT)
        .then(b.MON_17, o.REPLY, o.UNIT)
        .then(b.TUE_9, o.REFUSE)
        .then(b.TUE_9, o.ANNUL, o.LEADER)
        .then(b.TUE_9, o.REPLY, o.COLLEAGUE)
        .then(b.TUE_17, o.ACCEPT)
    )


async def found(ledger: MemoryLedger, **changes: Any) -> tuple[Finding, ...]:
    """Return what a verification finds in a ledger that was altered."""
    return (await verify_stream(Altered(ledger, **changes), o.STREAM)).found


async def test_an_untouched_order_is_sound_and_counted() -> None:
    told = story()
    ledger = await written(told)
    whole = await verify_all(ledger)
    assert (whole.streams, whole.events, whole.commands) == (1, len(told.events), len(told.sent))
    assert whole.found == ()
    again = await reexecute_all(ledger)
    assert (again.decisions, again.identical) == (len(told.sent), len(told.sent))


@pytest.mark.parametrize("column", [field.name for field in fields(Record)])
@pytest.mark.parametrize("place", [0, 3, -2])
async def test_every_altered_column_of_an_event_is_named(place: int, column: str) -> None:
    ledger = await written(story())
    rows = len(await ledger.records(o.STREAM))
    assert await found(ledger, records=at_place(place % rows, column))


@pytest.mark.parametrize("column", [field.name for field in fields(CommandRow)])
async def test_every_altered_column_of_a_command_is_named(column: str) -> None:
    ledger = await written(story())
    assert await found(ledger, commands=at_place(1, column))


@pytest.mark.parametrize(
    "column", ["clock", "cycle", "rung", "version", "due_at", "fired_at", "ring"]
)
async def test_every_altered_column_of_a_firing_is_named(column: str) -> None:
    ledger = await written(story())
    kinds = {each.kind for each in await found(ledger, firings=at_place(0, column))}
    assert kinds == {"rung"}


async def test_what_is_missing_or_twice_is_named() -> None:
    ledger = await written(story())
    for name in ("records", "commands", "firings", "orders"):
        for change in (lambda rows: rows[1:], lambda rows: [*rows, rows[-1]]):
            if name == "orders" and len(change([1])) > 1:
                continue  # there is one row of an order
            assert await found(ledger, **{name: change}), name


async def test_a_stored_order_that_is_not_the_fold_is_named_with_the_field() -> None:
    ledger = await written(story())

    def other_unit(rows: list[OrderRow]) -> list[OrderRow]:
        (row,) = rows
        return [replace(row, order=row.order.model_copy(update={"unit": "power"}))]

    (finding,) = await found(ledger, orders=other_unit)
    assert (finding.kind, finding.message) == ("fold", "the stored order is not the fold: unit")


async def test_an_order_row_without_events_is_found() -> None:
    ledger = await written(o.issued())
    kept = ledger._tables.orders[o.STREAM]
    smuggled = kept.order.model_copy(update={"key": "nobody"})
    ledger._tables.orders[NOBODY] = replace(kept, order=smuggled)
    whole = await verify_all(ledger)
    assert [(each.kind, each.stream) for each in whole.found] == [("fold", NOBODY)]


async def test_a_decision_that_today_comes_out_otherwise_is_named() -> None:
    ledger = await written(story())

    def a_longer_text(rows: list[CommandRow]) -> list[CommandRow]:
        return [replace(row, body=row.body.replace("On Friday.", "On Monday.")) for row in rows]

    again = await reexecute(Altered(ledger, commands=a_longer_text), o.STREAM)
    assert {each.version for each in again.differences} == {
        record.version
        for record in await ledger.records(o.STREAM)
        if record.kind == "order_replied"
    }


async def test_terms_that_are_not_kept_are_named() -> None:
    ledger = await written(o.issued())
    ledger._tables.terms.clear()
    assert {each.kind for each in (await verify_all(ledger)).found} == {"terms"}
    assert not (await reexecute_all(ledger)).is_identical


async def test_orders_in_a_corpus_are_decided_again_from_the_file(tmp_path: Path) -> None:
    ledger = await written(story())
    corpus = read_corpus(await write_corpus(ledger, tmp_path))
    assert await corpus.records(o.STREAM) == await ledger.records(o.STREAM)
    again = await reexecute_all(corpus)
    assert again.is_identical
    assert again.decisions == len(story().sent)


async def test_the_audits_of_issues_pass_orders_by() -> None:
    """Limits are no clocks of issues; a ring that no history has is found all the same."""
    ledger = await written(story())
    assert (await audit_clocks(ledger, now=b.NEXT_FRI_9)).streams == 0
    rings = [row.id for row in await ledger.commands(o.STREAM) if row.kind == "ring_order"]
    assert (await cross_check(ledger, [])).streams_without_workflow == (o.STREAM,)
    (notice, *_) = await ledger.notices(o.STREAM)
    await ledger.mark_delivered(notice.id, b.MON_15)  # only a workflow does that
    checked = await cross_check(ledger, [])
    named = {f"ring:{o.STREAM}:1:half", f"ring:{o.STREAM}:1:limit"}
    assert len(rings) == 2
    assert set(checked.only_in_ledger) == named
