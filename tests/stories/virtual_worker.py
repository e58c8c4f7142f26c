"""A worker in a process of its own, by a clock that another process keeps in a file."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from demo.virtual import VirtualClock
from desk.desk import Desk
from desk.shelf import Shelf
from ledger.connections import open_pool
from ledger.postgres import PostgresLedger
from runtime.temporal import connect
from worker import make_worker


class KeptClock(VirtualClock):
    """A virtual clock that writes down where it stands."""

    def __init__(self, start_at: datetime, file: Path) -> None:
        self._file = file
        self.offset = start_at - datetime.now(UTC)
        self.at = start_at

    @property
    def at(self) -> datetime:
        """Where it stands."""
        return self._at

    @at.setter
    def at(self, at: datetime) -> None:
        self._at = at
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{at.isoformat()} {self.offset / timedelta(microseconds=1):.0f}")
        os.replace(fresh, self._file)


class ReadClock:
    """The same clock, read by another process."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def _read(self) -> tuple[str, str]:
        at, offset = self._file.read_text().split()
        return at, offset

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return datetime.fromisoformat(self._read()[0])

    @property
    def offset(self) -> timedelta:
        """How far it is from the engine's."""
        return timedelta(microseconds=int(self._read()[1]))


async def main(database: str, temporal: str, task_queue: str, clock: str) -> None:
    """Serve until killed. No zone is in force here: an issue's terms are in the ledger."""
    client = await connect(temporal)
    ledger = PostgresLedger(await open_pool(database, size=4))
    desk = Desk(ledger, Shelf(ledger, {}), ReadClock(Path(clock)))
    async with make_worker(client, desk, task_queue=task_queue):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
