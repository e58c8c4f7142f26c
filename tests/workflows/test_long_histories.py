"""Continue-as-new: a long life goes on in a fresh run, and nothing is lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import builders as b
import pytest
from cities import City, city_on
from databases import Database
from deep import IN_CHECK
from temporalio.client import Client

from runtime.temporal import DYNAMIC_CONFIG, EmbeddedTemporal, connect

EVENTS_SUGGESTED = 40


@pytest.fixture(scope="session")
async def short_memory(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of a server that suggests to continue as new after a few dozen events."""
    with pytest.MonkeyPatch.context() as patch:
        limit = {"limit.historyCount.suggestContinueAsNew": str(EVENTS_SUGGESTED)}
        patch.setattr("runtime.temporal.DYNAMIC_CONFIG", DYNAMIC_CONFIG | limit)
        folder = tmp_path_factory.mktemp("short-memory")
        async with EmbeddedTemporal(folder, time_skipping=True) as server:
            yield await connect(server.address)


async def note(city: City, number: int) -> int:
    """Send a note through door 2."""
    sent = b.submission(b.NOTE, key=city.key, id_=f"{city.key}-note-{number}")
    return (await city.update(sent, update_id=sent.id)).version


@IN_CHECK
async def test_updates_and_deliveries_in_flight_survive_every_new_run(
    ring: str, database: Database, short_memory: Client
) -> None:
    terms = b.terms_of(notices=[{"on": "note_added", "to": ["owner"]}])
    async with city_on(database, short_memory, ring, terms=terms) as city:
        await city.do(b.report(), b.ENTERPRISE)
        versions: list[int] = []

        async def sender(first: int) -> None:
            versions.extend([await note(city, number) for number in range(first, first + 10)])

        await asyncio.gather(*(sender(10 * turn) for turn in range(4)))
        assert sorted(versions) == list(range(2, 42))
        await city.lapse.settle()
        # A starved worker gives a try up whose notice was told: twice, but never less than once.
        assert len(city.post.delivered) >= 40
        notices = await city.ledger.notices(f"{b.ZONE}/{city.key}")
        assert all(each.delivered_at for each in notices)
        await city.lapse.advance_to(b.MON_13)
        fired = await city.fired()
        assert [each.rung for each in fired] == ["at-50", "at-80", "due"]
        assert {each.fired_at - each.due_at for each in fired} == {timedelta(0)}
        await city.runs(at_least=3)


async def test_a_silent_issue_that_climbs_for_months_starts_afresh_and_keeps_every_rung(
    ring: str, database: Database, short_memory: Client
) -> None:
    async with city_on(database, short_memory, ring) as city:
        await city.do(b.report(), b.ENTERPRISE)
        await city.lapse.advance_to(b.MON_9 + timedelta(days=45))
        fired = await city.fired()
        assert len(fired) >= 10
        assert {each.fired_at - each.due_at for each in fired} == {timedelta(0)}
        assert await city.ledger.undelivered() == 0
        await city.runs(at_least=2)
        assert (await city.glimpse()).version == len(await city.kinds())
