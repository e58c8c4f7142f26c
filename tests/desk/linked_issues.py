"""An office of linked issues, on either ledger. Not tests."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import builders as b
import builders_kin as k
from databases import Database
from desks import Counter, StandingClock, counter

from desk.errands import ErrandRunner
from domain.commands import Command
from domain.errors import IssueError
from domain.issue import Issue
from domain.phases import LinkType
from ledger.memory import MemoryLedger

CAUSE = LinkType.CAUSED_BY
HOUR = timedelta(hours=1)


async def office(chosen: Database | None, clock: StandingClock) -> AsyncIterator[Counter]:
    """A counter of the zone that links, once on each ledger."""
    if chosen is None:
        yield Counter(MemoryLedger(), clock, terms=k.KIN)
    else:
        async with counter(chosen, clock, terms=k.KIN) as opened:
            yield opened


async def accepted(office: Counter, *keys: str) -> None:
    for key in keys:
        await office.accepted(key)


async def issue(office: Counter, key: str) -> Issue:
    return (await office.desk.row(b.ZONE, key)).issue


async def ties(office: Counter, key: str) -> list[tuple[str, str, bool]]:
    return [(tie.type, tie.other, tie.incoming) for tie in (await issue(office, key)).ties]


async def settled(office: Counter) -> int:
    """Run errands until none is due; return how many were run."""
    runner, run = ErrandRunner(office.desk), 0
    while done := await runner.once():
        run += done
    return run


async def heard(office: Counter, key: str) -> int:
    """Return how often an issue has heard news."""
    kinds = [record.kind for record in await office.ledger.records(f"{b.ZONE}/{key}")]
    return kinds.count("kin_recorded")


async def close(office: Counter, key: str, proposal: Command = b.PROPOSE) -> None:
    """Go through the three acts."""
    await office.do(proposal, key=key)
    await office.do(b.CONFIRM, b.ENTERPRISE, key=key)
    await office.do(b.VERIFY, b.HEAD, key=key)


async def until_heard(office: Counter, key: str, seconds: float) -> None:
    """Wait until an issue has heard news, and no longer than that."""
    async with asyncio.timeout(seconds):
        while not await heard(office, key):  # noqa: ASYNC110  # the ledger has no event for it
            await asyncio.sleep(0.005)


async def tried(office: Counter, command: Command, key: str) -> bool:
    """Return whether a command was accepted."""
    try:
        await office.do(command, key=key)
    except IssueError:
        return False
    return True
