"""A desk of a test's own: the zone of `builders`, a clock that stands, either ledger."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import builders as b
from databases import Database

from desk.desk import Desk
from desk.shelf import Shelf
from domain.commands import Command
from domain.people import Actor
from domain.terms import Terms
from domain.view import CommandResult, NextRung, Ring, RingAnswer
from ledger.port import Ledger

STREAM = f"{b.ZONE}/{b.KEY}"


class StandingClock:
    """Stands where a test puts it."""

    offset = timedelta(0)

    def __init__(self, at: datetime = b.MON_9) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self.at


class Counter:
    """A counter of the office: one desk, and the verbs to stand before it with."""

    def __init__(
        self,
        ledger: Ledger,
        clock: StandingClock,
        *,
        terms: Terms = b.TERMS,
        on_poke: Callable[[], None] = lambda: None,
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self.desk = Desk(ledger, Shelf(ledger, {b.ZONE: terms}), clock, on_poke=on_poke)

    async def do(
        self,
        command: Command,
        actor: Actor = b.OFFICER,
        *,
        key: str = b.KEY,
        id_: str | None = None,
    ) -> CommandResult:
        """Carry out a command that came through door 1."""
        return await self.desk.carry_out(b.submission(command, actor, key=key, id_=id_))

    async def reported(self, key: str = b.KEY) -> CommandResult:
        """Report an issue."""
        return await self.do(b.report(), b.ENTERPRISE, key=key)

    async def accepted(self, key: str = b.KEY) -> CommandResult:
        """Report an issue and accept it."""
        await self.reported(key)
        return await self.do(b.ACCEPT, key=key)

    async def closed_out(self, key: str = b.KEY) -> CommandResult:
        """Lead an issue to its close-out."""
        await self.accepted(key)
        await self.do(b.PROPOSE, key=key)
        await self.do(b.CONFIRM, b.ENTERPRISE, key=key)
        return await self.do(b.VERIFY, b.HEAD, key=key)

    async def next_rung(self, key: str = b.KEY) -> NextRung:
        """Return the rung that falls due next."""
        rung = (await self.desk.look(b.ZONE, key)).next_rung
        assert rung is not None
        return rung

    async def ring(self, rung: NextRung, key: str = b.KEY) -> RingAnswer:
        """Ring as the issue's workflow does."""
        return await self.desk.ring(
            Ring(zone=b.ZONE, key=key, clock=rung.clock, cycle=rung.cycle, rung=rung.rung)
        )


@asynccontextmanager
async def counter(
    database: Database, clock: StandingClock, *, terms: Terms = b.TERMS, size: int = 6
) -> AsyncIterator[Counter]:
    """Open a counter on a database, with a pool of its own: what one process has."""
    async with database.ledger(size=size) as ledger:
        yield Counter(ledger, clock, terms=terms)
