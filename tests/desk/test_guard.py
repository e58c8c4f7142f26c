"""The guard: no open issue without its workflow, no due rung that nobody rings."""

from collections.abc import AsyncIterator
from datetime import timedelta

import builders as b
import pytest
from desks import STREAM, Counter, StandingClock
from engine_fake import Count, Engine
from test_relay import WORKFLOW, relay

from desk.guard import SLACK, Guard
from domain.view import workflow_id
from ledger.subscriptions import WebhookRow

SECOND = timedelta(seconds=1)


async def kept(office: Counter, engine: Engine, *keys: str) -> None:
    """Report issues and let their workflows start and answer."""
    for key in keys:
        await office.reported(key)
    await relay(office, engine).once()
    for key in keys:
        await office.desk.look(b.ZONE, key, heard=True)


async def test_a_round_finds_nothing_where_all_is_well(
    office: Counter, clock: StandingClock
) -> None:
    engine = Engine()
    await kept(office, engine, "i1", "i2")
    clock.at += 2 * SLACK
    found = await Guard(office.desk, engine.client).round()
    assert (found.open_issues, found.without_workflow, found.overdue) == (2, 0, 0)
    assert await office.ledger.outbox_size() == 0


async def test_a_round_counts_what_could_not_be_sent(office: Counter, clock: StandingClock) -> None:
    ledger, at = office.ledger, clock.at
    await ledger.put_webhook(WebhookRow("w-1", 1, "created", "{}", at, "{}"))
    await ledger.take_events("w-1", [(1, "z/a"), (2, "z/a")], after=0, upto=2, at=at)
    await ledger.bury_events("w-1", "z/a", upto=1, reason="500", at=at, by="closeout")
    found = await Guard(office.desk, Engine().client).round()
    assert (found.dead_letters, found.held) == (2, 0)


async def test_a_round_gives_an_issue_its_workflow_back(
    office: Counter, clock: StandingClock
) -> None:
    engine = Engine()
    await kept(office, engine, "i1", "i2")
    engine.end(workflow_id(b.ZONE, "i1"))
    clock.at += SLACK + SECOND
    found = await Guard(office.desk, engine.client).round()
    assert found.without_workflow == 1
    await relay(office, engine).once()
    assert len(engine.running) == 2


async def test_a_round_leaves_to_the_relay_what_that_is_yet_to_start(
    office: Counter, clock: StandingClock
) -> None:
    engine = Engine()
    await kept(office, engine, "i1")
    await office.reported("i2")
    clock.at += SLACK + SECOND

    found = await Guard(office.desk, engine.client).round()

    assert found.without_workflow == 0
    assert await office.ledger.outbox_size() == 1
    await relay(office, engine).once()
    engine.end(workflow_id(b.ZONE, "i2"))  # before it had answered
    found = await Guard(office.desk, engine.client).round()
    assert found.without_workflow == 1
    assert await office.ledger.outbox_size() == 1


async def test_a_workflow_that_starts_while_a_round_reads_stays_one_that_has_answered(
    office: Counter, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    await kept(office, engine, "i1")
    clock.at += SLACK + SECOND

    async def as_it_was(*_: object) -> AsyncIterator[None]:
        for none in ():
            yield none

    async def as_many_as_then(*_: object) -> Count:
        return Count(0)

    monkeypatch.setattr(engine, "list_workflows", as_it_was)
    monkeypatch.setattr(engine, "count_workflows", as_many_as_then)

    found = await Guard(office.desk, engine.client).round()

    assert found.without_workflow == 0
    row = await office.ledger.issue(f"{b.ZONE}/i1")
    assert row is not None
    assert row.answered
    assert await office.ledger.outbox_size() == 0


async def test_a_round_leaves_time_to_what_has_only_just_changed(
    office: Counter, clock: StandingClock
) -> None:
    engine = Engine()
    await kept(office, engine, "i1")
    engine.end(workflow_id(b.ZONE, "i1"))
    clock.at += SLACK - SECOND
    found = await Guard(office.desk, engine.client).round()
    assert found.without_workflow == 0


async def test_a_round_pokes_a_workflow_that_let_a_rung_pass(
    office: Counter, clock: StandingClock
) -> None:
    engine = Engine()
    await kept(office, engine, b.KEY)
    rung = await office.next_rung()
    clock.at = rung.due_at + SLACK
    assert (await Guard(office.desk, engine.client).round()).overdue == 0
    clock.at += SECOND
    assert (await Guard(office.desk, engine.client).round()).overdue == 1
    await relay(office, engine).once()
    assert engine.starts == [WORKFLOW]
    assert len(engine.heard[WORKFLOW]) == 2


async def test_a_round_counts_the_live_clocks_whose_deadline_is_provisional(
    office: Counter, clock: StandingClock
) -> None:
    engine, heard = Engine(), []
    guard = Guard(office.desk, engine.client, on_round=heard.append)
    await office.reported("i1")
    last = b.CALENDAR.valid_until
    clock.at = b.local((last - b.FIRST_MONDAY).days, 15)
    await office.reported("i2")
    assert (await guard.round()).provisional == 1
    await office.do(b.TURN_AWAY, key="i2")
    assert (await guard.round()).provisional == 0
    assert [found.provisional for found in heard] == [1, 0]


async def test_recover_puts_every_workflow_back_and_says_that_histories_are_gone(
    office: Counter, clock: StandingClock
) -> None:
    engine = Engine()
    await kept(office, engine, "i1", "i2")
    engine.end(workflow_id(b.ZONE, "i1"), forgotten=True)
    engine.end(workflow_id(b.ZONE, "i2"))
    assert await Guard(office.desk, engine.client).recover() == 2
    assert await Guard(office.desk, engine.client).recover() == 2  # until the relay has been
    await relay(office, engine).once()
    assert len(engine.running) == 2
    assert await Guard(office.desk, engine.client).recover() == 0
    kinds = {
        key: [record.kind for record in await office.ledger.records(f"{b.ZONE}/{key}")]
        for key in ("i1", "i2")
    }
    assert kinds == {"i1": ["issue_reported", "history_lost"], "i2": ["issue_reported"]}


async def test_restart_ends_every_run_and_starts_it_again(
    office: Counter, clock: StandingClock
) -> None:
    engine = Engine()
    await kept(office, engine, "i1", "i2")
    await office.do(b.WITHDRAW, b.ENTERPRISE, key="i2")
    assert await Guard(office.desk, engine.client).restart("a change in the workflow") == 1
    assert engine.running == {workflow_id(b.ZONE, "i2")}
    await relay(office, engine).once()
    assert engine.starts.count(workflow_id(b.ZONE, "i1")) == 2
    row = await office.ledger.issue(STREAM)
    assert row is None
