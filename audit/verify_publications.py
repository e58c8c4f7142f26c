"""Whether what was published is still what was published: calendars and handbooks, each in turn."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from audit.checks import Finding
from domain.canonical import sha256
from ledger.publications import CalendarRow, HandbookPublicationRow, HandbookRow, PublicationRow


class Published(Protocol):
    """The part of a ledger that keeps publications."""

    async def newest_publications(self) -> list[PublicationRow]:
        """Return the newest publication of every calendar."""
        ...

    async def publication(self, sequence: int) -> PublicationRow | None:
        """Return one publication of a calendar."""
        ...

    async def calendar_version(self, hash_: str) -> CalendarRow | None:
        """Return one published version of a calendar."""
        ...

    async def newest_handbooks(self) -> list[HandbookPublicationRow]:
        """Return the newest publication of every zone's handbook."""
        ...

    async def handbook_publications(self, zone: str) -> list[HandbookPublicationRow]:
        """Return all publications of a zone, oldest first."""
        ...

    async def handbook_version(self, hash_: str) -> HandbookRow | None:
        """Return one published handbook."""
        ...


async def publication_findings(ledger: Published) -> tuple[Finding, ...]:
    """Verify every publication, and the version that it brought into force."""
    found: list[Finding] = []
    for newest in await ledger.newest_handbooks():
        books = await ledger.handbook_publications(newest.zone)
        found += _chain_findings("handbook", books)
        for book in books:
            kept = await ledger.handbook_version(book.hash)
            of = None if kept is None else (kept.zone, kept.text)
            found += _version_findings(
                f"handbook-{book.sequence}", book.hash, "zone", book.zone, of
            )
    by_calendar: dict[str, list[PublicationRow]] = {}
    last = max((row.sequence for row in await ledger.newest_publications()), default=0)
    for sequence in range(1, last + 1):
        if (row := await ledger.publication(sequence)) is not None:
            by_calendar.setdefault(row.calendar, []).append(row)
    for id_, rows in sorted(by_calendar.items()):
        found += _chain_findings("calendar", rows)
        for row in rows:
            version = await ledger.calendar_version(row.hash)
            of = None if version is None else (version.id, version.text)
            found += _version_findings(f"calendar-{row.sequence}", row.hash, "id", id_, of)
    return tuple(found)


def _chain_findings(
    what: str, rows: Sequence[HandbookPublicationRow | PublicationRow]
) -> Iterator[Finding]:
    """The first took the place of a shipped version, which the ledger does not keep, or of none."""
    for before, row in pairwise(rows):
        if row.previous != before.hash:
            said = f"previous is not {what}-{before.sequence}, the publication before"
            yield Finding("publication", f"{what}-{row.sequence}", None, said)


def _version_findings(
    name: str, hash_: str, field: str, id_: str, kept: tuple[str, str] | None
) -> Iterator[Finding]:
    """`kept`: what the version's row says that it is of, and its text."""
    if kept is None:
        yield Finding("publication", name, None, f"the version {hash_} is not kept")
        return
    said_of, text = kept
    if sha256(text) != hash_:
        yield Finding("publication", name, None, f"the text of {hash_} is not what was hashed")
        return
    if {said_of, json.loads(text).get(field)} != {id_}:
        said = f"the version {hash_} is of another {field} than {id_}"
        yield Finding("publication", name, None, said)
