"""Opens the desk of one process: pool, ledger, terms in force, the clock, the relays' bell."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from desk.clock import DeskClock, SystemClock
from desk.desk import Desk, OnFired
from desk.sealing import Sealer
from desk.shelf import Shelf
from desk.vouching import Vouching
from handbooks.shelf import read_terms, zones
from ledger.connections import OutboxBell, open_pool
from ledger.migrate import require_not_newer
from ledger.port import LedgerError
from ledger.postgres import PostgresLedger
from runtime.errors import SettingsError
from runtime.face_keys import FaceKeys
from runtime.seals import subject_keys
from runtime.settings import Settings
from runtime.tracing import HANDED

BETWEEN_RINGS_SECONDS = 0.05


class Ringer:
    """Tells the relays of other processes that there is news: after the commit, and not too often.

    A relay that misses it finds the news by polling.
    """

    def __init__(self, bell: OutboxBell) -> None:
        self._bell = bell
        self._wanted = asyncio.Event()

    def __call__(self) -> None:
        """Ask for a ring."""
        self._wanted.set()

    async def run(self) -> None:
        """Ring when asked, at most once in a while, until cancelled."""
        while True:
            await self._wanted.wait()
            await self.ring()
            await asyncio.sleep(BETWEEN_RINGS_SECONDS)

    async def ring(self) -> None:
        """Ring now if that was asked."""
        if self._wanted.is_set():
            self._wanted.clear()
            with contextlib.suppress(LedgerError):
                await self._bell.notify(HANDED.told())


@asynccontextmanager
async def open_desk(
    settings: Settings,
    *,
    clock: DeskClock | None = None,
    name: str = "closeout",
    on_fired: OnFired = lambda _zone, _rungs: None,
    on_refused: Callable[[str], None] = lambda _code: None,
    speaks_as: str | None = None,
) -> AsyncIterator[Desk]:
    """Open the desk on the ledger that `settings` name, with the handbooks that are in force.

    Its news rings the relays of other processes, until a relay of this one takes over `on_poke`.
    `speaks_as`: whom this process vouches for of itself (`Vouching`).
    A ledger that a newer program has written to is refused (`MigrationError`).
    """
    url = database_url(settings)
    pool = await open_pool(url, size=settings.pool_size, application_name=name)
    ledger, bell = PostgresLedger(pool), OutboxBell(url)
    ringer = Ringer(bell)
    ringing = asyncio.create_task(ringer.run())
    try:
        await require_not_newer(pool)
        folder = settings.handbook_dir
        terms = {zone: read_terms(zone, folder) for zone in zones(folder)}
        yield Desk(
            ledger,
            Shelf(ledger, terms),
            clock or SystemClock(),
            wakeup_spread_ms=settings.wakeup_spread_ms,
            on_poke=ringer,
            on_fired=on_fired,
            on_refused=on_refused,
            sealer=Sealer(subject_keys(settings)),
            vouching=Vouching(
                FaceKeys(settings), wanted=settings.actors == "signed", speaks_as=speaks_as
            ),
        )
    finally:
        ringing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ringing
        await ringer.ring()
        await bell.close()
        await ledger.close()


def database_url(settings: Settings) -> str:
    """Return the ledger's URL for the application's role, or say how to name one."""
    if settings.database_url is None:
        if settings.reader_database_url is not None:
            raise SettingsError(
                "This needs the writer's role, and only the reader's role is named "
                "(CLOSEOUT_READER_DATABASE_URL): set CLOSEOUT_DATABASE_URL as well."
            )
        raise SettingsError(
            "No ledger is named. Start one with `closeout up`, or set CLOSEOUT_DATABASE_URL."
        )
    return settings.database_url.get_secret_value()
