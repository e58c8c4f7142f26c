"""A matter in two records: what the ledger keeps of it, and what its workflow's history says."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import builders as b
import pytest
from cities import ANSWER_SECONDS, City, city_on, count
from databases import Database
from matter_offices import CLOSE, QUESTION, TERMS, MatterOffice
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.upkeep import history_row, sweep
from audit.reexecute import reexecute_all
from audit.replay import CrossCheck, cross_check, replay_ledger
from audit.verify import verify_all
from domain.chain import Record
from ledger.port import CommandRow, HistoryRow, NoticeRow
from worker import WORKFLOWS

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
async def city(ring: str, database: Database, temporal: Client) -> AsyncIterator[City]:
    """A city whose zone sends notices down."""
    async with city_on(database, temporal, ring, terms=TERMS, several=True) as city:
        yield city


class Altered:
    """A ledger of which the rows of one kind are given otherwise."""

    def __init__(self, ledger: Any, **changes: Any) -> None:
        self._ledger = ledger
        self._changes = changes

    async def commands(self, stream: str) -> list[CommandRow]:
        rows = await self._ledger.commands(stream)
        return [row for each in rows if (row := self._changed("commands", each)) is not None]

    async def notices(self, stream: str) -> list[NoticeRow]:
        rows = await self._ledger.notices(stream)
        return [row for each in rows if (row := self._changed("notices", each)) is not None]

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        rows = await self._ledger.records(stream, after_version=after_version)
        return [row for each in rows if (row := self._changed("records", each)) is not None]

    def _changed(self, kind: str, row: Any) -> Any:
        return self._changes[kind](row) if kind in self._changes else row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


async def test_the_ledger_of_a_matter_and_its_history_tell_the_same(city: City) -> None:
    office = MatterOffice(city)
    await office.delivered()
    await office.at(b.MON_9 + 3 * DAY + HOUR, QUESTION, b.ENTERPRISE)
    await office.do(CLOSE)
    await office.ended()
    history = await office.handle().fetch_history()
    archived = history_row(history, "run-1", "COMPLETED")
    stream = office.stream

    assert (await verify_all(city.ledger)).is_sound
    assert (await reexecute_all(city.ledger)).is_identical
    whole = await of_matter(city.ledger, stream, archived)
    assert whole.is_sound
    assert whole.rings_in_both == count(history, "ACTIVITY_TASK_SCHEDULED", "ring_matter") == 2
    assert whole.deliveries_in_both == len(await city.ledger.notices(stream)) > 0
    assert await replays(city, history, archived)
    await found_if_altered(city, stream, archived)


async def of_matter(ledger: Any, stream: str, archived: HistoryRow) -> CrossCheck:
    """Hold the matter alone against its history: of the issues there is no history here."""

    class Alone(Altered):
        async def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
            del batch
            yield stream

    return await cross_check(Alone(ledger), [archived])


async def replays(city: City, history: WorkflowHistory, archived: HistoryRow) -> bool:
    """Return whether today's workflow follows the archived history, asked for the same."""
    ended_at = history.events[-1].event_time.ToDatetime(tzinfo=UTC) - timedelta(seconds=1)
    async with asyncio.timeout(ANSWER_SECONDS):
        while not await city.ledger.histories(history.workflow_id):
            await sweep(city.client, city.ledger, ended_at)  # lists lag
    (swept,) = await city.ledger.histories(history.workflow_id)
    assert (swept.sha256, swept.closed_as) == (archived.sha256, archived.closed_as)
    done = await replay_ledger(
        city.ledger, WORKFLOWS, data_converter=pydantic_data_converter, only=history.workflow_id
    )
    return done.is_sound and done.histories.replayed == 1


async def found_if_altered(city: City, stream: str, archived: HistoryRow) -> None:
    """Name what is taken out of the ledger, or written over, after the fact."""
    (first, second) = [
        row.id for row in await city.ledger.commands(stream) if row.kind == "ring_matter"
    ]
    forged_id = second.replace(":2:", ":3:")
    notice = (await city.ledger.notices(stream))[-1].id

    async def found(**changes: Any) -> set[tuple[str, str, str]]:
        checked = await of_matter(Altered(city.ledger, **changes), stream, archived)
        return {(each.kind, each.about, each.field) for each in checked.found}

    gone = await found(commands=lambda row: None if row.id == first else row)
    assert ("surplus", first, "input") in gone

    def forged(row: CommandRow) -> CommandRow:
        body = row.body.replace('"cycle":2', '"cycle":3')
        return replace(row, body=body) if row.id == second else row

    assert await found(commands=forged) == {("input", forged_id, "input.cycle")}
    assert await found(notices=lambda row: None if row.id == notice else row) == {
        ("delivery", notice, "input")
    }
    late = await found(records=_moved)
    assert {kind for kind, _, field in late if "next_rung" in field} == {"result"}


def _moved(record: Record) -> Record:
    """Return an event that waits until another instant than was recorded."""
    return replace(
        record, text=record.text.replace('"due_at":"2026-03-05T', '"due_at":"2026-03-15T')
    )
