"""Lists in memory."""

from datetime import datetime

from domain.access import Horizon
from domain.sight import Sight
from ledger.asof import Kept
from ledger.lists import (
    NEWEST,
    Listed,
    Narrowed,
    Order,
    Place,
    behind,
    bounded,
    in_order,
    value_of,
)
from ledger.memory_tables import Tables


class MemoryLists:
    """The part of the ledger that lists are read from."""

    _tables: Tables

    async def listed(
        self,
        horizon: Horizon,
        filters: Narrowed,
        order: Order,
        *,
        at: datetime,
        after: Place | None = None,
        limit: int = 50,
    ) -> list[Listed]:
        """Return the issues within a horizon that fit at the instant `at`, in order."""
        last = {record.stream: place for place, record in enumerate(self._tables.positions, 1)}
        found = []
        for stream, row in self._tables.issues.items():
            if horizon.sees(row.issue) and filters.fit(row.issue, at):
                place = Place(stream, value_of(row.issue, last[stream], order))
                if after is None or behind(place, after, order):
                    found.append(Listed(self._tables.issue_row(row), place))
        return in_order(found, order)[: bounded(limit)]

    async def kept_within(
        self, horizon: Horizon, sight: Sight, filters: Narrowed, *, after: str, limit: int
    ) -> list[Kept]:
        """Return the issues within a horizon, as they stand now, that may have stood so."""
        every = self._kept(horizon, sight, filters)
        return [each for each, _ in every if each.stream > after][:limit]

    async def kept_newest(
        self,
        horizon: Horizon,
        sight: Sight,
        filters: Narrowed,
        *,
        after: Place | None,
        limit: int,
    ) -> list[tuple[Kept, Place]]:
        """Return the same issues, the last reported first, behind the place `after`."""
        every = self._kept(horizon, sight, filters)
        fitting = [each for each in every if after is None or behind(each[1], after, NEWEST)]
        fitting.sort(key=lambda each: (each[1].value, each[1].stream), reverse=True)
        return fitting[:limit]

    def _kept(self, horizon: Horizon, sight: Sight, filters: Narrowed) -> list[tuple[Kept, Place]]:
        """Return what may have stood so, by stream, each with its place among the newest."""
        last = {record.stream: (at, record) for at, record in enumerate(self._tables.positions, 1)}
        found: list[tuple[Kept, Place]] = []
        for stream, row in sorted(self._tables.issues.items()):
            if not horizon.sees(row.issue):
                continue
            if sight.known_at is not None and row.issue.reported_at > sight.known_at:
                continue
            position, record = last[stream]
            settled_at = sight.settled_at
            if position > sight.position or (settled_at is not None and record.at > settled_at):
                found.append((Kept(stream), Place(stream, row.issue.reported_at)))
            elif filters.fit(row.issue, sight.at):
                kept = Kept(stream, row.issue, row.hash)
                found.append((kept, Place(stream, row.issue.reported_at)))
        return found
