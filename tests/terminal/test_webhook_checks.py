"""What `closeout doctor` says of subscriptions, by the ledger alone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import builders as b
import pytest
from databases import Database

from desk.desk import Desk
from desk.principals import NewKey, add_key, revoke_key
from desk.shelf import Shelf
from desk.subscribed import Asked
from desk.subscriptions import SubscriptionDesk
from ledger.connections import open_pool
from ledger.memory import MemoryLedger
from ledger.port import Ledger
from ledger.postgres import PostgresLedger
from runtime.outgoing import Allowed, Outgoing
from runtime.seals import FileKeys
from terminal.checks import Grade
from terminal.checks_of_webhooks import webhooks

BY = {"kind": "test"}


class Clock:
    """Stands where a test puts it."""

    offset = timedelta(0)
    at = b.MON_9

    def now(self) -> object:
        return self.at


class Hooks:
    """A desk with subscriptions, and the verbs to make them."""

    def __init__(self, ledger: Ledger, folder: Path, outgoing: Outgoing) -> None:
        self.clock = Clock()
        self.desk = Desk(ledger, Shelf(ledger, {b.ZONE: b.TERMS}), self.clock)  # type: ignore[arg-type]  # a clock of tests
        self.subscriptions = SubscriptionDesk(self.desk, FileKeys(folder), outgoing)

    async def added(self, owner: str = "terminal") -> str:
        asked = Asked(url="http://127.0.0.1:9/in", name="hotline")
        return (await self.subscriptions.create(asked, owner=owner, by=BY))[0].id

    async def told(self) -> list[tuple[Grade, str]]:
        return [(each.grade, each.found) for each in await webhooks(self.desk)]


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    """What sends nothing here: only whether an address may be sent to is asked of it."""
    outgoing = Outgoing(Allowed.read("127.0.0.0/8"))
    yield outgoing
    await outgoing.close()


@pytest.fixture
def hooks(tmp_path: Path, outgoing: Outgoing) -> Hooks:
    return Hooks(MemoryLedger(), tmp_path, outgoing)


async def test_all_is_well_where_everything_is_sent(hooks: Hooks) -> None:
    await hooks.added()

    assert await hooks.told() == [(Grade.OK, "1 subscriptions, no dead letters")]


async def test_dead_letters_and_what_is_paused_are_named(hooks: Hooks) -> None:
    dead, paused, gone = [await hooks.added() for _ in range(3)]
    ledger = hooks.desk.ledger
    for hook in (dead, gone):
        await ledger.take_events(hook, [(1, "z/a"), (2, "z/a")], after=0, upto=2, at=b.MON_9)
        await ledger.bury_events(hook, "z/a", upto=1, reason="500", at=b.MON_9, by="closeout")
    await hooks.subscriptions.pause(paused, by=BY, reason="being rebuilt")
    await hooks.subscriptions.remove(gone, by=BY, reason="over")

    assert await hooks.told() == [
        (Grade.WARN, f"2 dead letters: 2 of {dead}"),
        (Grade.WARN, f"paused: {paused} (being rebuilt)"),
    ]


async def test_whose_key_is_no_good_any_more_is_named_before_anything_is_to_be_sent(
    hooks: Hooks,
) -> None:
    made = [
        await add_key(hooks.desk, NewKey(name="hotline", days=days), None) for days in (1, 1, 9)
    ]
    owners = [each.admitted.entry.principal.id for each in made]
    over, revoked, _ = [await hooks.added(owner) for owner in owners]
    await revoke_key(hooks.desk, made[1].admitted.name, None)
    hooks.clock.at += timedelta(days=1)

    ((grade, said),) = await hooks.told()

    assert grade is Grade.WARN
    assert f"{over} of {owners[0]}" in said
    assert f"{revoked} of {owners[1]}" in said
    assert owners[2] not in said


async def test_the_reader_who_sees_no_credential_looks_as_well(
    database: Database, tmp_path: Path, outgoing: Outgoing
) -> None:
    async with database.ledger(size=2) as ledger:
        hooks = Hooks(ledger, tmp_path, outgoing)
        key = await add_key(hooks.desk, NewKey(name="hotline", days=1), None)
        hook = await hooks.added(key.admitted.entry.principal.id)
        reader = PostgresLedger(await open_pool(database.reader_url, size=1))
        looking = Hooks(reader, tmp_path, outgoing)
        try:
            before = await looking.told()
            looking.clock.at = b.MON_9 + timedelta(days=2)
            ((_, after),) = await looking.told()
        finally:
            await reader.close()

    assert before == [(Grade.OK, "1 subscriptions, no dead letters")]
    assert after == f"nobody's any more: {hook} of {key.admitted.entry.principal.id}"
