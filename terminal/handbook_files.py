"""Which version of a zone's handbook a command line means: a folder, or a name that a desk knows.

Without a ledger the shipped handbook is what can be shown; the answer says so.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.session import NothingRunsError, Session

if TYPE_CHECKING:
    from desk.desk import Desk
    from desk.handbook_versions import Version
    from domain.handbook import Handbook
    from domain.terms import Terms

VERSION = (
    "A folder, shipped, published, published:N, in-force, or the first digits of a hash of a "
    "handbook or of terms."
)
Zone = Annotated[str, typer.Argument(metavar="ZONE", help="A zone of `closeout handbook list`.")]
NO_LEDGER = "No ledger is at hand: this is the shipped handbook; one may be published."


@dataclass(frozen=True, slots=True)
class Shown:
    """A handbook to be shown: what it is called, and what must be said of it."""

    version: "Version"
    name: str
    note: str | None = None


@asynccontextmanager
async def desk_if_any(session: Session) -> "AsyncIterator[Desk | None]":
    """Open the desk; None if no ledger is named and no stack runs."""
    try:
        session.place  # noqa: B018  # finds the ledger
    except NothingRunsError:
        yield None
    else:
        async with session.desk(reading=True) as desk:
            yield desk


def shelf_with(zone: str, folder: Path) -> Path:
    """Return the shelf that a folder is, or that it stands on as the zone's own folder."""
    from handbooks.shelf import ORGANISATION

    whole = folder.resolve()
    own = not (whole / zone / ORGANISATION).exists() and (whole / ORGANISATION).exists()
    return whole.parent if own and whole.name == zone else folder


def folder_named(named: str) -> Path | None:
    """Return the folder that a version is named by; what is called like a version is none."""
    from desk.handbook_versions import IN_FORCE, PUBLISHED, SHIPPED

    folder = Path(named)
    return folder if named not in (SHIPPED, PUBLISHED, IN_FORCE) and folder.is_dir() else None


def read_shipped(session: Session, zone: str) -> "Version":
    """Return a zone's handbook as the program was shipped with it. Raises UnknownZoneError."""
    from domain.errors import UnknownZoneError
    from handbooks import shelf

    folder = session.settings.handbook_dir
    known = shelf.zones(folder)
    if zone not in known:
        raise UnknownZoneError(
            "No handbook is shipped for this zone.", field="zone", value=zone, allowed=known
        )
    return version_of(shelf.read_terms(zone, folder), shipped=True)


def version_of(terms: "Terms", *, shipped: bool = False) -> "Version":
    """Return terms as a version that nobody published."""
    from desk.handbook_versions import Version

    return Version(terms.handbook, terms.calendar, shipped=shipped)


async def shown_version(session: Session, desk: "Desk | None", zone: str, named: str) -> Shown:
    """Return the version that is named, on a shelf or at the desk. Raises HandbookError,
    IssueError; NothingRunsError for one that only a ledger has."""
    from desk.handbook_versions import IN_FORCE, SHIPPED, Versions
    from handbooks import shelf

    folder = folder_named(named)
    if folder is not None:
        known = {} if desk is None else await desk.shelf.known_calendars(zone)
        return Shown(version_of(shelf.read_terms(zone, shelf_with(zone, folder), known)), named)
    if desk is None and named in (SHIPPED, IN_FORCE):
        note = NO_LEDGER if named == IN_FORCE else None
        return Shown(read_shipped(session, zone), SHIPPED, note)
    if desk is None:
        session.place  # noqa: B018  # says that nothing runs
    assert desk is not None  # noqa: S101  # the line above raised
    found = await Versions(desk).find(zone, named)
    return Shown(found, found.name)


async def compared(session: Session, desk: "Desk | None", zone: str, named: str) -> "Handbook":
    """Return a handbook to be compared; one in a folder need not be sound."""
    from handbooks import shelf

    folder = folder_named(named)
    if folder is not None:
        return shelf.read_handbook(zone, shelf_with(zone, folder))
    return (await shown_version(session, desk, zone, named)).version.handbook
