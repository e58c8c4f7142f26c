"""Whether what was published is still what was published: calendars and handbooks, each in turn."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from audit.checks import Finding
from domain.canonical import content_hash, sha256
from ledger.publications import CalendarRow, HandbookPublicationRow, HandbookRow, PublicationRow

SEEN_WITHIN = timedelta(minutes=5)
"""Until then every process judges by what was published, whatever its clock says."""
TERMS_A_PAGE = 50
PAGE = 500


class Published(Protocol):
    """The part of a ledger that keeps publications."""

    async def publications_after(self, sequence: int, limit: int) -> list[PublicationRow]:
        """Return the next publications of all calendars, in order of sequence."""
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


class PublishedTerms(Published, Protocol):
    """Publications, and the terms by which was judged."""

    async def facts_after(
        self, kind: str, after: str | None, limit: int
    ) -> list[tuple[str, dict[str, object]]]:
        """Return the keys and rows of a table of facts in order of key, after the key `after`."""
        ...


async def unpublished_findings(ledger: PublishedTerms) -> list[Finding]:
    """Name terms that came up in a zone after its first publication with a handbook that was
    neither published nor in use before. The program puts no others in force then: a newer shipped
    one takes nothing back, and a new calendar changes no handbook."""
    first: dict[str, datetime] = {}
    allowed: dict[str, set[str]] = {}
    for newest in await ledger.newest_handbooks():
        books = await ledger.handbook_publications(newest.zone)
        first[newest.zone] = min(book.at for book in books)
        allowed[newest.zone] = {book.hash for book in books}
        allowed[newest.zone] |= {book.previous for book in books[:1] if book.previous is not None}
    later: list[tuple[str, str, str]] = []
    after: str | None = None
    while first and (page := await ledger.facts_after("terms", after, TERMS_A_PAGE)):
        after = page[-1][0]
        for hash_, row in page:
            zone = str(row["zone"])
            if zone not in first or (handbook := _handbook_of(row)) is None:
                continue
            at = row["at"]
            if not isinstance(at, datetime) or at.tzinfo is None:
                continue  # its leaf names it
            if at <= first[zone] + SEEN_WITHIN:
                allowed[zone].add(handbook)
            else:
                later.append((hash_, zone, handbook))
    said = "its handbook was neither published for {} nor in use before others were"
    return [
        Finding("publication", f"terms {hash_}", None, said.format(zone), "text")
        for hash_, zone, handbook in later
        if handbook not in allowed[zone]
    ]


def _handbook_of(row: Mapping[str, object]) -> str | None:
    """Return the hash of the handbook of a row of terms; None if it holds none, which its leaf and
    all that was judged by it name."""
    try:
        return content_hash(json.loads(str(row["text"]))["handbook"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


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
    after = 0
    while page := await ledger.publications_after(after, PAGE):
        after = page[-1].sequence
        for row in page:
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
