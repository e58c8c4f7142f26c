"""The checks of `closeout doctor`, one function a subject."""

import asyncio
import platform
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import TypeVar

from desk.desk import Desk
from desk.errands import FAILURES_NOTED
from handbooks import shelf
from ledger.connections import CONNECT_TIMEOUT_S, connect, ledger_errors
from ledger.migrate import FOLDER, MigrationError, pending, read_migrations
from runtime.settings import Settings

CALENDAR_NOTICE = timedelta(days=60)
OVERDUE_SLACK = timedelta(seconds=30)
OVERDUE_COUNTED_MAX = 1000
RELAY_GRACE_S = 1.5
PACKAGES = ("closeout", "temporalio", "asyncpg", "pydantic", "tzdata")

T = TypeVar("T")


class Grade(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `todo` says what to do, unless all is well."""

    name: str
    grade: Grade
    found: str
    todo: str | None = None


def versions() -> Check:
    """Return what runs here."""
    told = [f"python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            told.append(f"{package} {installed(package)}")
        except PackageNotFoundError:
            told.append(f"{package} not installed")
    return Check("versions", Grade.OK, ", ".join(told))


async def handbooks(settings: Settings) -> list[Check]:
    """Look whether the handbooks can be read and their calendars reach far enough."""
    zones = shelf.zones(settings.handbook_dir)
    if not zones:
        mend = "Put a zone's organisation.toml there, or unset CLOSEOUT_HANDBOOK_DIR."
        return [Check("handbooks", Grade.FAIL, "there is not one zone", mend)]
    calendars = {
        terms.calendar.id: terms.calendar.valid_until
        for terms in (shelf.read_terms(zone, settings.handbook_dir) for zone in zones)
    }
    found = [Check("handbooks", Grade.OK, f"{len(zones)} zones: {', '.join(zones)}")]
    last = (datetime.now(UTC) + CALENDAR_NOTICE).date()
    for id_, until_on in sorted(calendars.items()):
        short = until_on < last
        reach = f"{id_} has published days until {until_on}"
        todo = "Later deadlines are provisional: publish the next year's days." if short else None
        found.append(Check("calendar", Grade.WARN if short else Grade.OK, reach, todo))
    return found


async def postgresql(settings: Settings) -> list[Check]:
    """Look at the server and its schema."""
    named = settings.database_url or settings.reader_database_url
    url = "" if named is None else named.get_secret_value()
    with ledger_errors():
        began = time.monotonic()
        connection = await connect(url)
        try:
            server = await connection.fetchval("SHOW server_version")
            took_ms = (time.monotonic() - began) * 1000
            found = [
                Check("postgresql", Grade.OK, f"version {server}, reached in {took_ms:.0f} ms")
            ]
            found.append(await _schema(url))
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)
    return found


async def _schema(url: str) -> Check:
    known = len(read_migrations(FOLDER))
    try:
        missing = await pending(url)
    except MigrationError as error:
        return Check("schema", Grade.FAIL, str(error))
    if missing:
        told = f"{len(missing)} of {known} migrations are missing: {', '.join(missing)}"
        return Check("schema", Grade.FAIL, told, "Run `closeout migrate`.")
    return Check("schema", Grade.OK, f"version {known}, as this program expects")


async def work_in_hand(desk: Desk) -> list[Check]:
    """Look for what waits longer than it should: pokes, errands, rungs, notices."""
    return [await _outbox(desk), await errands(desk), await _overdue(desk), await _notices(desk)]


async def _outbox(desk: Desk) -> Check:
    first = await desk.ledger.outbox_size()
    if first:
        await asyncio.sleep(RELAY_GRACE_S)
    left = await desk.ledger.outbox_size()
    if first and left >= first:
        todo = "No relay takes them: start `closeout up`, or `python worker.py --only relay`."
        return Check("outbox", Grade.WARN, f"{left} issues wait for the relay", todo)
    return Check("outbox", Grade.OK, f"{left} issues wait for the relay")


async def errands(desk: Desk) -> Check:
    """Look for what one issue has to tell another and cannot."""
    waiting = await desk.ledger.errand_count()
    row = await desk.ledger.failing_errand(FAILURES_NOTED)
    if row is None:
        return Check("errands", Grade.OK, f"{waiting} wait to be run")
    failed = await desk.ledger.failed_errands(FAILURES_NOTED)
    return Check(
        "errands",
        Grade.WARN,
        f"{waiting} wait to be run, and {failed} failed more than {FAILURES_NOTED} times;"
        f" the oldest, {row.id} to {row.stream}: {row.last_error}",
        "They are tried again every few minutes: mend what the error names.",
    )


async def _overdue(desk: Desk) -> Check:
    due = await desk.ledger.overdue(desk.clock.now() - OVERDUE_SLACK, OVERDUE_COUNTED_MAX)
    if not due:
        return Check("rungs", Grade.OK, "none is overdue")
    many = f"{len(due)}{' or more' if len(due) == OVERDUE_COUNTED_MAX else ''}"
    todo = "The guard mends this within a minute of a worker's start; `closeout recover` does now."
    return Check("rungs", Grade.WARN, f"{many} are due and have not fired", todo)


async def _notices(desk: Desk) -> Check:
    left = await desk.ledger.undelivered()
    return Check("notices", Grade.OK, f"{left} are still to be delivered")


async def in_time(work: Awaitable[T], seconds: float) -> T:
    """Return what `work` gives, or raise TimeoutError."""
    return await asyncio.wait_for(work, seconds)
