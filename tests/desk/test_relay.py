"""The relay: what the ledger has said is heard, whatever is killed, poisoned or away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import builders as b
import pytest
from databases import Database
from desks import STREAM, Counter, StandingClock, counter
from engine_fake import Engine
from temporalio.common import TypedSearchAttributes

from desk.relay import LedgerOrEngineAwayError, Relay
from domain.view import Glimpse, workflow_id

WORKFLOW = workflow_id(b.ZONE, b.KEY)


class KilledError(Exception):
    """Stands for the end of the process."""


def relay(office: Counter, engine: Engine, *, between: Callable[[], None] = lambda: None) -> Relay:
    """Return a relay from the counter's ledger to the engine."""

    def shown(_: Glimpse) -> TypedSearchAttributes:
        return TypedSearchAttributes.empty

    return Relay(
        office.ledger,
        engine.client,
        office.desk.seer,
        task_queue="closeout",
        shown=shown,
        between=between,
    )


@asynccontextmanager
async def running(made: Relay) -> AsyncIterator[None]:
    """Let a relay run until the end of the block."""
    task = asyncio.create_task(made.run())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; the test's own time limit is the bound."""
    while not holds():  # noqa: ASYNC110  # the relay has no event for having been heard
        await asyncio.sleep(0.005)


def killed() -> None:
    """Kill the relay."""
    raise KilledError


async def test_a_relay_killed_after_the_commit_and_before_the_signal_misses_nothing(
    office: Counter,
) -> None:
    engine = Engine(away=True)
    await office.reported()
    with pytest.raises(LedgerOrEngineAwayError):
        await relay(office, engine).once()
    assert await office.ledger.outbox_size() == 1
    engine.away = False
    assert await relay(office, engine).once() == 1
    assert [glimpse.version for glimpse in engine.heard[WORKFLOW]] == [1]
    assert await office.ledger.outbox_size() == 0


async def test_a_relay_killed_after_the_signal_and_before_the_delete_starts_no_second_run(
    office: Counter,
) -> None:
    engine = Engine()
    await office.reported()
    with pytest.raises(KilledError):
        await relay(office, engine, between=killed).once()
    assert await office.ledger.outbox_size() == 1
    await relay(office, engine).once()
    assert engine.starts == [WORKFLOW]
    assert [glimpse.version for glimpse in engine.heard[WORKFLOW]] == [1, 1]
    assert await office.ledger.outbox_size() == 0


async def all_told(office: Counter) -> None:
    """Mark every notice of the issue as delivered, as its workflow does before it ends."""
    for notice in await office.ledger.notices(STREAM):
        await office.ledger.mark_delivered(notice.id, b.MON_10)


async def test_a_closing_poke_sent_twice_starts_nothing(office: Counter) -> None:
    engine = Engine()
    await office.reported()
    await relay(office, engine).once()
    await office.desk.look(b.ZONE, b.KEY, heard=True)
    await office.do(b.WITHDRAW, b.ENTERPRISE)
    with pytest.raises(KilledError):
        await relay(office, engine, between=killed).once()
    await all_told(office)
    engine.end(WORKFLOW)
    await relay(office, engine).once()
    assert engine.starts == [WORKFLOW]
    assert engine.running == set()
    assert await office.ledger.outbox_size() == 0


async def test_an_issue_reported_and_closed_before_the_relay_came_still_tells_its_notices(
    office: Counter,
) -> None:
    engine = Engine()
    await office.reported()
    await office.do(b.TURN_AWAY)
    await relay(office, engine).once()
    (glimpse,) = engine.heard[WORKFLOW]
    assert not glimpse.is_open
    assert glimpse.notices
    assert engine.starts == [WORKFLOW]


async def test_a_closed_issue_that_has_something_to_tell_gets_its_workflow_back(
    office: Counter,
) -> None:
    engine = Engine()
    await office.closed_out()
    await office.desk.look(b.ZONE, b.KEY, heard=True)
    await relay(office, engine).once()
    assert engine.starts == [WORKFLOW]


class LastWords(Engine):
    """An engine whose workflow tells all and ends while the closing poke is on its way."""

    def __init__(self, office: Counter) -> None:
        super().__init__()
        self.office = office

    async def reach(self, id: str) -> None:
        """Let the workflow end first."""
        await all_told(self.office)
        self.end(id)


async def test_a_workflow_that_ends_while_its_closing_poke_is_on_its_way_stays_ended(
    office: Counter,
) -> None:
    """The poke was made when there was something to tell; nobody is left to hear it."""
    engine = LastWords(office)
    await office.reported()
    await office.do(b.TURN_AWAY)
    engine.running.add(WORKFLOW)
    await relay(office, engine).once()
    assert engine.starts == []


async def test_an_open_issue_whose_workflow_is_gone_is_left_to_the_guard(office: Counter) -> None:
    engine = Engine()
    await office.reported()
    await office.desk.look(b.ZONE, b.KEY, heard=True)
    await office.do(b.ACCEPT)
    await relay(office, engine).once()
    assert engine.starts == []
    assert await office.ledger.outbox_size() == 0


async def test_a_poisoned_issue_does_not_hold_back_the_others(office: Counter) -> None:
    engine = Engine(poisoned={workflow_id(b.ZONE, "i3")})
    for number in range(8):
        await office.reported(f"i{number}")
    assert await relay(office, engine).once() == 8
    assert len(engine.running) == 7
    assert await office.ledger.outbox_size() == 1
    engine.poisoned.clear()
    await relay(office, engine).once()
    assert len(engine.running) == 8


async def test_of_a_temporal_that_answers_nothing_fewer_are_asked_for_at_once(
    memory: Counter,
) -> None:
    engine = Engine(away=True)
    for number in range(100):
        await memory.reported(f"i{number:03}")
    made, sizes = relay(memory, engine), []
    for _ in range(5):
        asked = engine.asked
        with pytest.raises(LedgerOrEngineAwayError):
            await made.once()
        sizes.append(engine.asked - asked)
    assert sizes == [64, 32, 16, 8, 8]
    engine.away = False
    assert [await made.once() for _ in range(5)] == [8, 16, 32, 44, 0]


async def test_one_issue_that_cannot_be_told_slows_no_other(memory: Counter) -> None:
    engine = Engine(poisoned={workflow_id(b.ZONE, "i000")})
    for number in range(150):
        await memory.reported(f"i{number:03}")
    made = relay(memory, engine)
    assert [await made.once(), await made.once()] == [64, 64]


async def test_several_pokes_of_an_issue_are_one_signal_with_the_present_view(
    office: Counter,
) -> None:
    engine = Engine()
    await office.accepted()
    await office.do(b.ESCALATE)
    await relay(office, engine).once()
    (glimpse,) = engine.heard[WORKFLOW]
    assert (glimpse.version, glimpse.tier) == (3, 2)
    assert len(glimpse.notices) == len(await office.ledger.notices(STREAM))


async def test_two_relays_at_once_leave_no_workflow_behind_the_ledger(
    database: Database, clock: StandingClock
) -> None:
    engine = Engine()
    keys = [f"i{number}" for number in range(30)]
    async with counter(database, clock) as one, counter(database, clock) as other:
        async with running(relay(one, engine)), running(relay(other, engine)):
            await asyncio.gather(
                *(office.accepted(key) for office, key in zip([one, other] * 15, keys, strict=True))
            )
            await asyncio.gather(*(other.do(b.ESCALATE, key=key) for key in keys))

            def behind() -> list[str]:
                heard = {id_: max(g.version for g in news) for id_, news in engine.heard.items()}
                return [key for key in keys if heard.get(workflow_id(b.ZONE, key)) != 3]

            await until(lambda: not behind())
        assert len(engine.starts) == 30


async def test_a_relay_outlives_the_loss_of_temporal(
    memory: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.relay.BACK_OFF_SECONDS", (0.01,))
    engine = Engine(away=True)
    made = relay(memory, engine)
    memory.desk.on_poke = made.wake
    async with running(made):
        await memory.reported()
        await asyncio.sleep(0.05)
        assert not engine.heard
        engine.away = False
        await until(lambda: len(engine.heard[WORKFLOW]) == 1)


async def test_a_relay_outlives_the_loss_of_its_database_connections(
    database: Database, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.relay.BACK_OFF_SECONDS", (0.01,))
    engine = Engine()
    async with counter(database, clock) as office:
        made = relay(office, engine)
        office.desk.on_poke = made.wake
        async with running(made):
            await office.reported()
            await until(lambda: WORKFLOW in engine.heard)
            async with database.connection() as admin:
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND usename = 'closeout_app'"
                )
            async with counter(database, clock) as other:
                await other.accepted("issue-2")
            await until(lambda: workflow_id(b.ZONE, "issue-2") in engine.heard)


async def test_a_relay_that_is_not_woken_finds_the_news_by_polling(
    memory: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.relay.POLL_SECONDS", 0.01)
    engine = Engine()
    async with running(relay(memory, engine)):
        await memory.reported()
        await until(lambda: WORKFLOW in engine.heard)
