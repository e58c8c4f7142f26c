"""The terms in force for each zone, and every version that an open issue is pinned to."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from domain.canonical import canonical
from domain.errors import UnknownZoneError
from domain.terms import Terms
from ledger.port import Ledger, LedgerError

VERSIONS_CACHED_MAX = 64


class Shelf:
    """Holds the published terms. A version never changes, so it is read once for each process."""

    def __init__(self, ledger: Ledger, current: Mapping[str, Terms]) -> None:
        self._ledger = ledger
        self._current = dict(current)
        self._kept: set[str] = set()
        self._versions: OrderedDict[str, Terms] = OrderedDict()

    @property
    def zones(self) -> list[str]:
        """Return the zones that have a handbook in force."""
        return sorted(self._current)

    def at_hand(self, zone: str, version: str | None) -> Terms | None:
        """Return a version, or without one the terms in force, if that takes no look-up."""
        if version is None:
            terms = self._current.get(zone)
            return terms if terms is not None and terms.hash in self._kept else None
        if version in self._versions:
            self._versions.move_to_end(version)
        return self._versions.get(version)

    async def current(self, zone: str, at: datetime) -> Terms:
        """Return the terms in force for `zone`; the ledger has them from the first use on."""
        terms = self._current.get(zone)
        if terms is None:
            raise UnknownZoneError(
                "No handbook is published for this zone.",
                field="zone",
                value=zone,
                allowed=self.zones,
            )
        if terms.hash not in self._kept:
            await self._ledger.put_terms(terms.hash, zone, canonical(terms), at)
            self._kept.add(terms.hash)
            self._remember(terms)
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

    def _remember(self, terms: Terms) -> None:
        self._versions[terms.hash] = terms
        while len(self._versions) > VERSIONS_CACHED_MAX:
            self._versions.popitem(last=False)
