"""The terms in force for each zone, and every version that an open issue is pinned to."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from domain.calendar import WorkingCalendar
from domain.canonical import canonical
from domain.errors import UnknownZoneError
from domain.terms import Terms
from ledger.port import Ledger, LedgerError
from ledger.publications import PublicationRow

VERSIONS_CACHED_MAX = 64
CALENDARS_CACHED_MAX = 64
LOOK_AGAIN_SECONDS = 3.0
"""How long a publication may stay unseen by a process that did not make it. What is reported there
meanwhile is moved by the guard."""


class Shelf:
    """Holds the terms in force: the shipped handbooks with the newest published calendars.

    A version never changes, so it is read once for each process. `shipped` are the handbooks with
    the calendars that came with them, by zone.
    """

    def __init__(self, ledger: Ledger, shipped: Mapping[str, Terms]) -> None:
        self._ledger = ledger
        self._shipped = dict(shipped)
        self._current = dict(shipped)
        self._newest: dict[str, PublicationRow] = {}
        self._calendars: OrderedDict[str, WorkingCalendar] = OrderedDict()
        self._kept: set[str] = set()
        self._versions: OrderedDict[str, Terms] = OrderedDict()
        self._look_again_s = 0.0
        self._looking = asyncio.Lock()

    @property
    def zones(self) -> list[str]:
        """Return the zones that have a handbook in force."""
        return sorted(self._current)

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
        """Return the terms in force for `zone`; the ledger has them from the first use on."""
        if zone not in self._shipped:
            raise UnknownZoneError(
                "No handbook is published for this zone.",
                field="zone",
                value=zone,
                allowed=self.zones,
            )
        await self._look()
        terms = self._current[zone]
        await self.keep(terms, at)
        return terms

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
        terms = Terms.model_validate_json(text)
        self._remember(terms)
        return terms

    async def keep(self, terms: Terms, at: datetime) -> None:
        """Put a version where every process finds it, unless it is there."""
        if terms.hash not in self._kept:
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

    async def calendar(self, hash_: str) -> WorkingCalendar:
        """Return a published version of a calendar."""
        found = self._calendars.get(hash_)
        if found is None:
            row = await self._ledger.calendar_version(hash_)
            found = None if row is None else WorkingCalendar.model_validate_json(row.text)
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
            newest = {row.calendar: row for row in await self._ledger.newest_publications()}
            if newest != self._newest:
                # All zones at once: none judges by a calendar that its neighbour has left.
                self._current = {
                    zone: await self._laid_over(terms, newest)
                    for zone, terms in self._shipped.items()
                }
                self._newest = newest
            self._look_again_s = time.monotonic() + LOOK_AGAIN_SECONDS

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
