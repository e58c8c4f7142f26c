"""Opens the desk of one process: pool, ledger, terms in force, the clock."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from desk.clock import DeskClock, SystemClock
from desk.desk import Desk
from desk.shelf import Shelf
from handbooks.shelf import read_terms, zones
from ledger.postgres import PostgresLedger
from runtime.errors import SettingsError
from runtime.postgres import open_pool
from runtime.settings import Settings


@asynccontextmanager
async def open_desk(
    settings: Settings,
    *,
    clock: DeskClock | None = None,
    on_poke: Callable[[], None] = lambda: None,
    name: str = "closeout",
) -> AsyncIterator[Desk]:
    """Open the desk on the ledger that `settings` name, with the handbooks that are in force."""
    if settings.database_url is None:
        raise SettingsError(
            "No ledger is named. Start one with `closeout up`, or set CLOSEOUT_DATABASE_URL."
        )
    pool = await open_pool(
        settings.database_url.get_secret_value(), settings.pool_size, application_name=name
    )
    ledger = PostgresLedger(pool)
    try:
        folder = settings.handbook_dir
        terms = {zone: read_terms(zone, folder) for zone in zones(folder)}
        yield Desk(
            ledger,
            Shelf(ledger, terms),
            clock or SystemClock(),
            wakeup_spread_ms=settings.wakeup_spread_ms,
            on_poke=on_poke,
        )
    finally:
        await ledger.close()
