"""What one issue's life costs in Temporal's history: 14 commands, every one of them by door 1."""

import asyncio

import builders as b
import pytest
from cities import City, city_on
from databases import Database
from temporalio.client import Client

from domain import commands as cmd
from domain.commands import Command
from domain.people import Actor
from worker import BURST

LIFE: list[tuple[Command, Actor]] = [
    (b.report(), b.ENTERPRISE),
    (b.NOTE, b.OFFICER),
    (b.ACCEPT, b.OFFICER),
    (b.ASSIGN, b.OFFICER),
    (b.NOTE, b.OFFICER),
    (b.PAUSE, b.OFFICER),
    (b.RESUME, b.OFFICER),
    (b.ESCALATE, b.OFFICER),
    (b.HAND_OVER, b.HEAD),
    (b.PROPOSE, b.HEAD),
    (b.REJECT, b.ENTERPRISE),
    (b.PROPOSE, b.HEAD),
    (b.CONFIRM, b.ENTERPRISE),
    (cmd.Verify(note="Struck off."), b.DIRECTOR),
]
APART = (80, 15_000)
IN_A_BURST = (40, 5_000)


async def cost(city: City) -> tuple[int, int]:
    """Return events and bytes of the history, as the server counts them."""
    await city.ended()
    described = await city.handle().describe()
    info = described.raw_description.workflow_execution_info
    return info.history_length, info.history_size_bytes


def told(name: str, measured: tuple[int, int], most: tuple[int, int]) -> None:
    """Print what was measured beside what is allowed."""
    events, size = measured
    print(f"\nhistory, {name}: {events} events, {size} bytes (at most {most[0]}, {most[1]})")


async def test_a_life_of_fourteen_commands_minutes_apart_stays_within_its_budget(
    database: Database, temporal: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    async with city_on(database, temporal) as city:
        for command, actor in LIFE:
            await city.do(command, actor)
            await city.calm()
        measured = await cost(city)
    with capsys.disabled():
        told("14 commands apart", measured, APART)
    assert measured[0] <= APART[0]
    assert measured[1] <= APART[1]


async def test_a_life_of_fourteen_commands_in_a_burst_stays_within_its_budget(
    database: Database, temporal: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    async with city_on(database, temporal, relay=False) as city, city.relaying(BURST):
        await asyncio.sleep(BURST.total_seconds())  # the relay has nothing to do when it begins
        for command, actor in LIFE:
            await city.desk.carry_out(b.submission(command, actor, key=city.key))
        await city.lapse.settle()
        measured = await cost(city)
    with capsys.disabled():
        told("14 commands in a burst", measured, IN_A_BURST)
    assert measured[0] <= IN_A_BURST[0]
    assert measured[1] <= IN_A_BURST[1]
