"""What waits, told alike by both ledgers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from contract import LedgerContract, MakeLedger
from databases import Database
from lives import note, told, write

from ledger.memory import MemoryLedger
from ledger.port import Ledger
from ledger.subscriptions import WebhookRow
from ledger.verifications import WHOLE, VerificationRow
from ledger.waits import Unsent

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def subscribed(ledger: Ledger, name: str, *kinds: str) -> None:
    """Keep what happened to a subscription."""
    for revision, kind in enumerate(("created", *kinds), start=1):
        await ledger.put_webhook(WebhookRow(name, revision, kind, "{}", AT, "{}"))


def verified(id_: str, hours: int, *, scope: str = WHOLE, since: int = 0) -> VerificationRow:
    """Return a verification that ended so many hours later."""
    at = AT + hours * HOUR
    return VerificationRow(id_, scope, since, 1, 1, at, at, True, 0, "{}", "{}")


class WaitsContract(LedgerContract):
    async def test_the_outbox_is_told_by_its_issues_and_its_first_and_last_row(
        self, ledger: Ledger
    ) -> None:
        empty = await ledger.outbox_span()
        busy = await told(ledger, "busy")
        await told(ledger, "calm")
        before = await ledger.outbox_span()
        await write(ledger, busy.step(note(1), poke=True))
        after = await ledger.outbox_span()
        async with ledger.take_pokes(1) as batch:
            await batch.done(["z1/busy"])
        left = await ledger.outbox_span()

        assert (empty.issues, empty.first, empty.last) == (0, 0, 0)
        assert (before.issues, after.issues, left.issues) == (2, 2, 1)
        assert before.first == after.first < left.first == left.last == before.last < after.last

    async def test_what_is_unsent_is_that_of_active_subscriptions(self, ledger: Ledger) -> None:
        assert await ledger.unsent() == Unsent(0, None)
        life = await told(ledger, "a")
        await write(ledger, life.step(note(1)))
        await write(ledger, life.step(note(2)))
        positions = [position for position, _ in await ledger.follow(0, 10)]
        last = positions[-1]
        for name, kinds in (
            ("active", ()),
            ("again", ("paused", "resumed")),
            ("paused", ("paused",)),
            ("removed", ("removed",)),
        ):
            await subscribed(ledger, name, *kinds)
            lag = positions if name in ("paused", "removed") else positions[1:]
            found = [(position, "z1/a") for position in lag]
            await ledger.take_events(name, found, after=0, upto=last, at=AT)

        unsent = await ledger.unsent()
        (_, second, _) = await ledger.records("z1/a")
        assert unsent == Unsent(4, second.at)

    async def test_the_newest_verification_may_have_looked_at_the_end_alone(
        self, ledger: Ledger
    ) -> None:
        assert await ledger.newest_verification() is None
        newest = verified("c", 3, since=4)
        of_one = verified("b", 9, scope="z1/a")
        for row in (verified("a", 1), of_one, newest, verified("d", 2)):
            await ledger.put_verification(row)

        assert await ledger.newest_verification() == newest
        assert await ledger.newest_verification("z1/a") == of_one


@asynccontextmanager
async def in_memory() -> AsyncIterator[Ledger]:
    yield MemoryLedger()


class TestWaitsInMemory(WaitsContract):
    @pytest.fixture
    def make_ledger(self) -> MakeLedger:
        return in_memory


class TestWaitsInPostgres(WaitsContract):
    @pytest.fixture
    def make_ledger(self, database: Database) -> MakeLedger:
        return lambda: database.ledger(size=4)
