"""The lists of a day in memory."""

from datetime import datetime

from domain.access import Horizon
from ledger.day_lists import KINDS, DayList, DayOf, page_of
from ledger.lists import Place
from ledger.memory_dashboards import MemoryDashboards


class MemoryDayLists(MemoryDashboards):
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
        if of is DayOf.DUE_TODAY:
            cards = self.open_cards(horizon, at)
            due = [c for c in cards if c.red_at is not None and at < c.red_at <= to_at]
            found = [(card, card.place) for card in due]
        else:
            cards = list(self.happened(horizon, KINDS[of], from_at, at))
            last = self.last_of(KINDS[of], from_at, at)
            found = [(card, Place(card.stream, last[card.stream])) for card in cards]
        places = [place for _, place in found]
        first = 0 if after is None else self._behind(places, after, is_due=of is DayOf.DUE_TODAY)
        wanted = page_of(limit)
        page = found[first : first + wanted]
        more = len(found) > first + wanted
        return DayList(len(found), tuple(card for card, _ in page), page[-1][1] if more else None)

    @staticmethod
    def _behind(places: list[Place], after: Place, *, is_due: bool) -> int:
        """Return the first of some places, which are in order, that is behind one."""
        mark = (_value(after), after.stream)
        for number, place in enumerate(places):
            here = (_value(place), place.stream)
            if here > mark if is_due else here < mark:
                return number
        return len(places)


def _value(place: Place) -> float:
    return place.value.timestamp() if isinstance(place.value, datetime) else 0.0
