"""The versions of a zone's handbook: shipped, published, kept with issues; which was in force when.

A version is named `shipped`, `published`, `published:N`, `in-force`, or by the first digits of the
hash of a handbook or of terms.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from desk.desk import Desk
from desk.handbooks import HANDBOOK, handbook_name
from domain.calendar import WorkingCalendar
from domain.days import ONE_DAY, zone_of
from domain.errors import InvalidRequestError, UnknownZoneError
from domain.handbook import Handbook
from ledger.port import LedgerError
from ledger.publications import HandbookPublicationRow

SHIPPED = "shipped"
PUBLISHED = "published"
IN_FORCE = "in-force"
THEN, NOW = "then", "now"
"""By which version something of the past is counted: that of then, or that of now."""
FORMS = f"a folder, {SHIPPED}, {PUBLISHED}, {PUBLISHED}:N, {IN_FORCE}, or a hash's first digits"
HASH = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True, slots=True)
class Version:
    """A handbook, where it comes from, and its calendar.

    `publication` is None for one that was not published; `shipped` tells that it is the one that
    came with the program.
    """

    handbook: Handbook
    calendar: WorkingCalendar
    publication: HandbookPublicationRow | None = None
    shipped: bool = False

    @property
    def name(self) -> str:
        """Return what the version is called."""
        if self.publication is not None:
            return handbook_name(self.publication)
        return SHIPPED if self.shipped else self.handbook.hash[:12]


@dataclass(frozen=True, slots=True)
class ZoneVersions:
    """All versions of one zone, oldest publication first. `unreadable` has the publications whose
    handbook this program does not know how to read."""

    zone: str
    shipped: Version | None
    published: tuple[Version, ...] = ()
    unreadable: tuple[HandbookPublicationRow, ...] = ()

    @property
    def in_force(self) -> Version | None:
        """Return the version in force: the last published one, or else the shipped one."""
        if self.unreadable and (
            not self.published or _sequence(self.published[-1]) < self.unreadable[-1].sequence
        ):
            return None
        return self.published[-1] if self.published else self.shipped

    @property
    def shipped_waits(self) -> bool:
        """Return whether the program came with a later revision than the published one: it is not
        in force for that."""
        return (
            self.shipped is not None
            and bool(self.published)
            and self.shipped.handbook.revision > self.published[-1].handbook.revision
        )


class Versions:
    """Finds versions at a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def zones(self) -> list[str]:
        """Return every zone that has a handbook, shipped or published."""
        newest = await self._desk.shelf.handbook_publications()
        return sorted({*self._desk.shelf.zones, *newest})

    async def of_zone(self, zone: str) -> ZoneVersions:
        """Return all versions of a zone. Raises UnknownZoneError."""
        rows = await self._desk.ledger.handbook_publications(zone)
        shipped = await self._shipped(zone)
        if shipped is None and not rows:
            raise UnknownZoneError(
                "No handbook is published for this zone.",
                field="zone",
                value=zone,
                allowed=await self.zones(),
            )
        published: list[Version] = []
        unreadable: list[HandbookPublicationRow] = []
        for row in rows:
            try:
                published.append(await self._published(row))
            except LedgerError:
                unreadable.append(row)
        return ZoneVersions(zone, shipped, tuple(published), tuple(unreadable))

    async def find(self, zone: str, named: str) -> Version:
        """Return the version that is named so. Raises IssueError."""
        all_ = await self.of_zone(zone)
        found: Version | None = None
        if named == SHIPPED:
            found = all_.shipped
        elif named == IN_FORCE:
            found = all_.in_force
        elif named == PUBLISHED:
            found = all_.published[-1] if all_.published else None
        elif (number := _number(named)) is not None:
            found = next((each for each in all_.published if _sequence(each) == number), None)
        elif HASH.fullmatch(named):
            found = await self._by_hash(all_, named)
        if found is None:
            published = ", ".join(each.name for each in all_.published) or "none"
            raise InvalidRequestError(
                "No version of this zone's handbook is called so.",
                field="version",
                value=named,
                allowed=f"{FORMS}. Published: {published}",
            )
        return found

    async def in_force_at(self, zone: str, at: datetime) -> Version:
        """Return what was in force at an instant: the last that had been published by then. Before
        the first publication that was the shipped handbook, of which only the present one is
        known. Raises IssueError."""
        all_ = await self.of_zone(zone)
        rows = await self._desk.ledger.handbook_publications(zone)
        by_then = [row for row in rows if row.at <= at]
        if by_then:
            return await self._published(by_then[-1])
        if all_.shipped is None:
            raise InvalidRequestError(
                "Nothing was in force for this zone yet.",
                field="at",
                value=at.isoformat(),
                allowed=f"{rows[0].at.isoformat()} or later",
            )
        return all_.shipped

    async def counting(self, zone: str, named: str, last_on: date) -> Version:
        """Return the version by which a period up to a local day is counted: `then` is the one in
        force at its end, `now` the one in force now; or any name of a version. Raises IssueError.
        """
        if named != THEN:
            return await self.find(zone, IN_FORCE if named == NOW else named)
        now = self._desk.clock.now()
        here = zone_of((await self._desk.shelf.current(zone, now)).calendar.time_zone)
        midnight = datetime.combine(last_on + ONE_DAY, time(), tzinfo=here)
        last_at = midnight.astimezone(UTC) - timedelta(milliseconds=1)
        return await self.in_force_at(zone, min(now, last_at))

    async def _shipped(self, zone: str) -> Version | None:
        terms = self._desk.shelf.shipped(zone)
        if terms is None:
            return None
        return Version(terms.handbook, terms.calendar, shipped=True)

    async def _published(self, row: HandbookPublicationRow) -> Version:
        handbook = await self._desk.shelf.handbook(row.hash)
        known = await self._desk.shelf.known_calendars(row.zone)
        calendar = known.get(handbook.calendar)
        if calendar is None:
            msg = f"{handbook_name(row)} counts by {handbook.calendar!r}, which is not at hand"
            raise LedgerError(msg)
        return Version(handbook, calendar, publication=row)

    async def _by_hash(self, all_: ZoneVersions, digits: str) -> Version | None:
        """Return the one handbook whose hash, or whose terms' hash, begins with these digits."""
        listed = (*([all_.shipped] if all_.shipped else []), *all_.published)
        found = {each.handbook.hash: each for each in listed}
        fitting = {hash_: each for hash_, each in found.items() if hash_.startswith(digits)}
        for hash_ in await self._desk.ledger.terms_of_zone(all_.zone):
            terms = await self._desk.shelf.version(hash_)
            book = terms.handbook
            if hash_.startswith(digits) or book.hash.startswith(digits):
                kept = Version(book, terms.calendar)
                fitting.setdefault(book.hash, found.get(book.hash, kept))
        if len(fitting) > 1:
            raise InvalidRequestError(
                "More than one handbook of this zone begins so.",
                field="version",
                value=digits,
                allowed=sorted(fitting),
            )
        return next(iter(fitting.values()), None)

    async def open_issues(self, zone: str) -> dict[str, int]:
        """Count the zone's open issues by the hash of the handbook that judges them."""
        counted: dict[str, int] = {}
        for row in await self._desk.ledger.open_by_owner(zone):
            hash_ = (await self._desk.shelf.version(row.terms)).handbook.hash
            counted[hash_] = counted.get(hash_, 0) + row.count
        return counted


def _sequence(version: Version) -> int:
    return 0 if version.publication is None else version.publication.sequence


def _number(named: str) -> int | None:
    for prefix in (f"{PUBLISHED}:", HANDBOOK):
        digits = named.removeprefix(prefix)
        if digits != named and digits.isdecimal():
            return int(digits)
    return None
