"""The outbox under several relays, and the bell that wakes them."""

import asyncio
from collections import Counter

import pytest
from databases import Database
from lives import Life, note, reported, told, write

from ledger.connections import OutboxBell
from ledger.port import Ledger, LedgerUnavailableError


async def drain(ledger: Ledger, heard: Counter[str], *, fails_at: int = 0) -> None:
    """A relay that signals until the outbox is empty for it; every `fails_at`th signal fails."""
    turn = 0
    while True:
        async with ledger.take_pokes(7) as batch:
            if not batch.pokes:
                return
            succeeded = []
            for poke in batch.pokes:
                turn += 1
                await asyncio.sleep(0)
                if not fails_at or turn % fails_at:
                    heard[poke.row.issue.stream] += 1
                    succeeded.append(poke.row.issue.stream)
            await batch.done(succeeded)


async def test_two_relays_empty_the_outbox_and_tell_no_row_twice(database: Database) -> None:
    async with database.ledger(size=4) as ledger:
        for number in range(40):
            life = await told(ledger, f"i{number}")
            await write(ledger, life.step(note(), poke=True))
        heard: Counter[str] = Counter()
        await asyncio.gather(drain(ledger, heard), drain(ledger, heard))
        assert await ledger.outbox_size() == 0
        # An issue has two rows: taken at one instant, each relay may have one of them.
        assert set(heard.values()) <= {1, 2}
        assert len(heard) == 40


async def test_signals_that_fail_are_tried_again(database: Database) -> None:
    async with database.ledger(size=4) as ledger:
        for number in range(20):
            await told(ledger, f"i{number}")
        heard: Counter[str] = Counter()
        await drain(ledger, heard, fails_at=3)
        assert await ledger.outbox_size() == 0
        assert set(heard.values()) == {1}


async def test_a_slow_relay_holds_its_issues_and_no_others(database: Database) -> None:
    async with database.ledger(size=4) as ledger:
        for number in range(10):
            life = await told(ledger, f"i{number}")
            await write(ledger, life.step(note(), poke=True))
        async with ledger.take_pokes(4) as slow:
            held = {poke.row.issue.stream for poke in slow.pokes}
            heard: Counter[str] = Counter()
            await drain(ledger, heard)
            assert len(heard) == 6
            assert not held & set(heard)
        await drain(ledger, heard)
        assert len(heard) == 10


async def test_a_poke_shows_the_issue_as_it_is_when_taken(database: Database) -> None:
    async with database.ledger() as ledger:
        life = Life("a")
        await write(ledger, life.step(reported(), poke=True))
        await write(ledger, life.step(note()))
        async with ledger.take_pokes(5) as batch:
            assert [poke.row.issue.version for poke in batch.pokes] == [2]


async def test_a_relay_that_loses_its_connection_loses_no_row(database: Database) -> None:
    async with database.ledger() as ledger:
        await told(ledger, "a")

        async def relay() -> None:
            async with ledger.take_pokes(5) as batch:
                async with database.connection() as admin:
                    await admin.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND usename = 'closeout_app'"
                    )
                await batch.done([poke.row.issue.stream for poke in batch.pokes])

        with pytest.raises(LedgerUnavailableError):
            await relay()
        async with ledger.take_pokes(5) as batch:
            assert [poke.row.issue.key for poke in batch.pokes] == ["a"]


async def until(heard: list[str], count: int) -> None:
    """Wait until `count` calls were heard; the test's own time limit is the bound."""
    while len(heard) < count:  # noqa: ASYNC110  # the bell calls back, it has no event to wait for
        await asyncio.sleep(0.005)


async def test_a_bell_is_heard_by_others_and_not_by_itself(database: Database) -> None:
    one, other = OutboxBell(database.app_url), OutboxBell(database.app_url)
    heard_by_one: list[str] = []
    heard_by_other: list[str] = []
    async with (
        one.listen(lambda: heard_by_one.append("x")),
        other.listen(lambda: heard_by_other.append("x")),
    ):
        await until(heard_by_one, 1)
        await until(heard_by_other, 1)
        await one.notify()
        await until(heard_by_other, 2)
        await other.notify()
        await until(heard_by_one, 2)
    assert (len(heard_by_one), len(heard_by_other)) == (2, 2)
    await one.close()
    await other.close()


async def test_a_bell_whose_connection_was_cut_listens_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.connections.RECONNECT_AFTER_S", 0.01)
    bell, other = OutboxBell(database.app_url), OutboxBell(database.app_url)
    heard: list[str] = []
    async with bell.listen(lambda: heard.append("x")):
        await until(heard, 1)
        async with database.connection() as admin:
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = 'closeout_app'"
            )
        await until(heard, 2)
        await other.notify()
        await until(heard, 3)
    await bell.close()
    await other.close()
