"""The terms in force for each zone, and every version that an open issue is pinned to."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

import structlog
from pydantic import ValidationError

from domain.calendar import WorkingCalendar
from domain.canonical import canonical
from domain.errors import UnknownZoneError
from domain.handbook import Handbook
from domain.terms import Terms
from handbooks.calendars import calendar_ids, read_calendar
from ledger.port import Ledger, LedgerError, LedgerUnavailableError
from ledger.publications import HandbookPublicationRow, PublicationRow

log = structlog.get_logger()

VERSIONS_CACHED_MAX = 64
CALENDARS_CACHED_MAX = 64
HANDBOOKS_CACHED_MAX = 64
LOOK_AGAIN_SECONDS = 3.0
"""How long a publication may stay unseen by a process that did not make it. What is reported there
meanwhile is moved by the guard."""


class UnfitZoneError(LedgerError):
    """The handbook published last for a zone cannot be put in force by this program."""


class Shelf:
    """Holds the terms in force: of each zone the newest published handbook, or else the shipped
    one, with the newest published calendars. A newer shipped revision takes nothing back.

    A version never changes, so it is read once for each process. `shipped` are the handbooks with
    the calendars that came with them, by zone.
    """

    def __init__(self, ledger: Ledger, shipped: Mapping[str, Terms]) -> None:
        self.keeps = True
        """Whether the ledger gets what is in force from here: a reader's role adds nothing."""
        self._ledger = ledger
        self._shipped = dict(shipped)
        self._current = dict(shipped)
        self._unfit: dict[str, str] = {}
        self._newest: dict[str, PublicationRow] = {}
        self._books: dict[str, HandbookPublicationRow] = {}
        self._handbooks: OrderedDict[str, Handbook] = OrderedDict()
        self._calendars: OrderedDict[str, WorkingCalendar] = OrderedDict()
        self._kept: set[str] = set()
        self._versions: OrderedDict[str, Terms] = OrderedDict()
        self._look_again_s = 0.0
        self._looking = asyncio.Lock()

    @property
    def zones(self) -> list[str]:
        """Return the zones that have a handbook in force, as the last look found them."""
        return sorted(self._current)

    def shipped(self, zone: str) -> Terms | None:
        """Return a zone's handbook as it came with the program, with the calendars beside it."""
        return self._shipped.get(zone)

    def at_hand(self, zone: str, version: str | None) -> Terms | None:
        """Return a version, or without one the terms in force, if that takes no look-up."""
        if version is None:
            terms = self._current.get(zone)
            if terms is None or time.monotonic() >= self._look_again_s:
                return None
            return terms if terms.hash in self._kept else None
        if version in self._versions:
            self._versions.move_to_end(version)
        return self._versions.get(version)

    async def current(self, zone: str, at: datetime) -> Terms:
        """Return the terms in force for `zone`; the ledger has them from the first use on, unless
        this shelf only reads."""
        await self._look()
        terms = self._current.get(zone)
        if terms is None and zone in self._unfit:
            raise UnfitZoneError(self._unfit[zone])
        if terms is None:
            raise UnknownZoneError(
                "No handbook is published for this zone.",
                field="zone",
                value=zone,
                allowed=self.zones,
            )
        await self.keep(terms, at)
        return terms

    async def in_force(self, at: datetime) -> list[Terms]:
        """Return the terms in force of every zone, by zone, all as one look found them."""
        await self._look()
        found = [self._current[zone] for zone in self.zones]
        for terms in found:
            await self.keep(terms, at)
        return found

    async def version(self, hash_: str) -> Terms:
        """Return the terms that an issue is pinned to."""
        found = self._versions.get(hash_)
        if found is not None:
            self._versions.move_to_end(hash_)
            return found
        text = await self._ledger.terms(hash_)
        if text is None:
            msg = f"terms {hash_} are named by an event but not kept"
            raise LedgerError(msg)
        try:
            terms = Terms.model_validate_json(text)
        except ValidationError as error:
            raise _unknown_form(f"terms {hash_}", error) from error
        self._remember(terms)
        return terms

    async def kept(self, zone: str) -> list[Terms]:
        """Return all terms that a zone was ever judged by and that this program can read."""
        found = []
        for hash_ in await self._ledger.terms_of_zone(zone):
            try:
                found.append(await self.version(hash_))
            except LedgerUnavailableError:
                raise
            except LedgerError as error:
                log.warning("terms_unfit", zone=zone, why=str(error))
        return found

    def parted_by(self, one: Terms, other: Terms) -> bool:
        """Return whether what sets two terms of a zone apart was published, as the last look found:
        then every process has it, and not only the programs that came with it."""
        if one.handbook.hash != other.handbook.hash and other.handbook.zone not in self._books:
            return False
        before = one.calendars_by_id
        return all(
            id_ in self._newest
            for id_, calendar in other.calendars_by_id.items()
            if id_ in before and before[id_].hash != calendar.hash
        )

    async def keep(self, terms: Terms, at: datetime) -> None:
        """Put a version where every process finds it, unless it is there."""
        if self.keeps and terms.hash not in self._kept:
            await self._ledger.put_terms(terms.hash, terms.handbook.zone, canonical(terms), at)
            self._kept.add(terms.hash)
            self._remember(terms)

    async def refresh(self) -> None:
        """Look now for what has been published. A look that began before is not enough.

        What an issue was moved to is published already: whoever reads the issue first and looks
        then knows a calendar that is no older than the issue's own.
        """
        await self._look(anew=True)

    async def publications(self) -> dict[str, PublicationRow]:
        """Return the newest publication of each calendar, as the ledger has it now."""
        await self.refresh()
        return dict(self._newest)

    async def handbook_publications(self) -> dict[str, HandbookPublicationRow]:
        """Return the newest publication of each zone's handbook, as the ledger has it now."""
        await self.refresh()
        return dict(self._books)

    async def handbook(self, hash_: str) -> Handbook:
        """Return a published handbook. Raises LedgerError, of this program's own forms too: a later
        one may have fields that it does not know."""
        found = self._handbooks.get(hash_)
        if found is None:
            row = await self._ledger.handbook_version(hash_)
            try:
                found = None if row is None else Handbook.model_validate_json(row.text)
            except ValidationError as error:
                raise _unknown_form(f"the handbook version {hash_}", error) from error
            if found is None or found.hash != hash_:
                msg = f"the handbook version {hash_} was published and is not kept as it was"
                raise LedgerError(msg)
            self._handbooks[hash_] = found
            while len(self._handbooks) > HANDBOOKS_CACHED_MAX:
                self._handbooks.popitem(last=False)
        return found

    async def known_calendars(self, zone: str) -> dict[str, WorkingCalendar]:
        """Return every calendar that a handbook of this zone can name: the newest published ones
        that can be read, and the shipped ones of other ids."""
        await self.refresh()
        known = self._shipped_calendars(zone)
        for id_, row in self._newest.items():
            known.pop(id_, None)
            try:
                known[id_] = await self.calendar(row.hash)
            except LedgerUnavailableError:
                raise
            except LedgerError as error:
                log.warning("calendar_unfit", calendar=id_, why=str(error))
        return known

    async def calendar(self, hash_: str) -> WorkingCalendar:
        """Return a published version of a calendar."""
        found = self._calendars.get(hash_)
        if found is None:
            row = await self._ledger.calendar_version(hash_)
            try:
                found = None if row is None else WorkingCalendar.model_validate_json(row.text)
            except ValidationError as error:
                raise _unknown_form(f"the calendar version {hash_}", error) from error
            if found is None or found.hash != hash_:
                msg = f"the calendar version {hash_} was published and is not kept as it was"
                raise LedgerError(msg)
            self._calendars[hash_] = found
            while len(self._calendars) > CALENDARS_CACHED_MAX:
                self._calendars.popitem(last=False)
        return found

    async def with_published(self, terms: Terms) -> Terms:
        """Return terms with the newest published version of each calendar that they name."""
        await self._look()
        return await self._laid_over(terms, self._newest)

    async def _look(self, *, anew: bool = False) -> None:
        """Look for publications unless that was done a moment ago; one look serves all who wait."""
        async with self._looking:
            if not anew and time.monotonic() < self._look_again_s:
                return
            # Handbooks first: the calendars that one of them names were published before it.
            books = {row.zone: row for row in await self._ledger.newest_handbooks()}
            newest = {row.calendar: row for row in await self._ledger.newest_publications()}
            if (books, newest) != (self._books, self._newest):
                await self._replace(books, newest)
            self._look_again_s = time.monotonic() + LOOK_AGAIN_SECONDS

    async def _replace(
        self, books: Mapping[str, HandbookPublicationRow], newest: Mapping[str, PublicationRow]
    ) -> None:
        """Put all zones at once on what is newest: none judges by a calendar or a handbook that its
        neighbour has left. A zone that cannot follow says so when it is asked for."""
        current: dict[str, Terms] = {}
        unfit: dict[str, str] = {}
        for zone in sorted({*self._shipped, *books}):
            try:
                book = books.get(zone)
                terms = self._shipped[zone] if book is None else await self._of(book, newest)
                current[zone] = await self._laid_over(terms, newest)
            except LedgerUnavailableError:
                raise
            except LedgerError as error:
                unfit[zone] = f"{zone} has no handbook in force: {error}"
                log.warning("zone_unfit", zone=zone, why=str(error))
        self._current, self._unfit = current, unfit
        self._newest, self._books = dict(newest), dict(books)

    async def published(self, book: HandbookPublicationRow) -> Terms:
        """Return a published handbook with the calendars of now. Raises LedgerError."""
        await self._look()
        return await self._laid_over(await self._of(book, self._newest), self._newest)

    async def _of(
        self, book: HandbookPublicationRow, newest: Mapping[str, PublicationRow]
    ) -> Terms:
        handbook = await self.handbook(book.hash)
        at_hand = self._shipped_calendars(book.zone)
        named = {handbook.calendar, *Terms.named_calendars(handbook)}
        if named - newest.keys() - at_hand.keys():
            at_hand |= await self._kept_with(book)
        calendars: dict[str, WorkingCalendar] = {}
        for id_ in sorted(named):
            if id_ in newest:
                calendars[id_] = await self.calendar(newest[id_].hash)
            elif id_ in at_hand:
                calendars[id_] = at_hand[id_]
            else:
                msg = f"its calendar {id_!r} is neither published nor shipped with this program"
                raise LedgerError(msg)
        return assembled(handbook, calendars)

    async def _kept_with(self, book: HandbookPublicationRow) -> dict[str, WorkingCalendar]:
        """Return the calendars that a handbook was kept with when it came into force."""
        mine = [terms for terms in await self.kept(book.zone) if terms.handbook.hash == book.hash]
        mine.sort(key=lambda terms: terms.calendar.valid_until)
        return {id_: each for terms in mine for id_, each in terms.calendars_by_id.items()}

    def _shipped_calendars(self, zone: str) -> dict[str, WorkingCalendar]:
        """Return the calendars that came with the program, by id: this zone's own before the
        shelf's, and these before those that another zone brought."""
        own = self._shipped.get(zone)
        others = (terms for _, terms in sorted(self._shipped.items(), reverse=True))
        found = {id_: each for terms in others for id_, each in terms.calendars_by_id.items()}
        found |= {id_: read_calendar(id_) for id_ in calendar_ids()}
        return found | ({} if own is None else own.calendars_by_id)

    async def _laid_over(self, terms: Terms, newest: Mapping[str, PublicationRow]) -> Terms:
        for id_, publication in newest.items():
            own = terms.calendars_by_id.get(id_)
            if own is not None and own.hash != publication.hash:
                terms = terms.with_calendar(await self.calendar(publication.hash))
        return terms

    def _remember(self, terms: Terms) -> None:
        self._versions[terms.hash] = terms
        while len(self._versions) > VERSIONS_CACHED_MAX:
            self._versions.popitem(last=False)


def _unknown_form(what: str, error: ValidationError) -> LedgerError:
    said = error.errors(include_url=False)[0]["msg"]
    return LedgerError(f"{what} is not of a form that this program knows: {said}")


def assembled(handbook: Handbook, calendars: Mapping[str, WorkingCalendar]) -> Terms:
    """Return a handbook with the calendars that it names, of those that there are."""
    named = sorted(Terms.named_calendars(handbook) - {handbook.calendar})
    return Terms(
        handbook=handbook,
        calendar=calendars[handbook.calendar],
        calendars=tuple(calendars[id_] for id_ in named),
    )
