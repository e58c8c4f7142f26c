"""The lists of a day in PostgreSQL."""

from datetime import datetime

from domain.access import Horizon
from ledger import dashboard_queries as queries
from ledger.day_lists import KINDS, DayList, DayOf, page_of
from ledger.lists import Place
from ledger.postgres_dashboards import card_of
from ledger.postgres_publications import Pooled


class PostgresDayLists(Pooled):
    """The part of the ledger that the lists of a day are read from."""

    async def of_day(
        self,
        horizon: Horizon,
        of: DayOf,
        *,
        at: datetime,
        from_at: datetime,
        to_at: datetime,
        after: Place | None = None,
        limit: int = 50,
    ) -> DayList:
        """Return a page of the issues of a day."""
        wanted = page_of(limit)
        if of is DayOf.DUE_TODAY:
            return await self._due(horizon, at, to_at, after, wanted)
        if of is DayOf.REPORTED:
            text, given = queries.reported(horizon, from_at, at, wanted + 1, after)
        else:
            text, given = queries.happened(KINDS[of], horizon, from_at, at, wanted + 1, after)
        rows = [tuple(row) for row in await self._fetch(text, *given)]
        found = [row for row in rows if row[0] is not None]
        cards = tuple(card_of(row[:-2], at) for row in found[:wanted])
        more = len(found) > wanted
        place = Place(found[wanted - 1][0], found[wanted - 1][-2]) if more else None
        return DayList(rows[0][-1], cards, place)

    async def _due(
        self, horizon: Horizon, at: datetime, to_at: datetime, after: Place | None, wanted: int
    ) -> DayList:
        text, given = queries.day_counts(horizon, at, to_at)
        counts = await self._fetch(text, *given)
        text, given = queries.due(horizon, at, to_at, wanted + 1, after)
        rows = [tuple(row) for row in await self._fetch(text, *given)]
        cards = tuple(card_of(row, at) for row in rows[:wanted])
        more = len(rows) > wanted
        return DayList(counts[0][2], cards, cards[-1].place if more else None)
