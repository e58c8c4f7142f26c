"""How tables of opening hours are worked out, and how many of them all calendars may keep."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.days import (
    DAY_MS,
    EPOCH_ORDINAL,
    MINUTE_MS,
    OpenTime,
    boundary_ms,
)

TABLE_INTERVALS_MAX = 150_000
"""From here on a table has no years to spare; each interval takes about 120 bytes."""
KEPT_INTERVALS_MAX = 500_000
"""What the tables of all calendars together may have, about 60 MB."""

Minutes = tuple[tuple[int, int], ...]
"""Openings and closings of a day, in minutes after the midnight that begins it."""


class KeptTables:
    """Gives up the tables that were worked out longest ago, before all of them grow too large.

    What is given up is worked out again when it is asked for: no answer depends on it.
    """

    def __init__(self, intervals_max: int) -> None:
        self._intervals_max = intervals_max
        self._cells: OrderedDict[int, list[OpenTime]] = OrderedDict()

    def keep(self, cell: list[OpenTime]) -> None:
        """Keep the table in a calendar's cell; empty older cells until there is room for it."""
        self._cells.pop(id(cell), None)
        self._cells[id(cell)] = cell
        while len(self._cells) > 1 and self.intervals > self._intervals_max:
            # Another thread may have taken the same one out meanwhile.
            self._cells.pop(next(iter(list(self._cells))), []).clear()

    @property
    def intervals(self) -> int:
        """How many intervals all kept tables have."""
        return sum(len(table.starts) for cell in list(self._cells.values()) for table in cell)


KEPT_TABLES = KeptTables(KEPT_INTERVALS_MAX)


def opened_on(
    zone: ZoneInfo, days: Iterable[date], minutes_on: Callable[[date], Minutes]
) -> Iterator[tuple[int, int]]:
    """Yield what opens on consecutive days as (start, end) in UTC milliseconds (R2.4).

    Where the clock is not changed on a day or the next, its minutes are counted through from
    midnight. No zone changes its clock twice in so short a time (tests/domain hold tzdata to it).
    """
    clocks: dict[int, int | None] = {}
    """How far local time is ahead of UTC, by the number of the day that begins."""
    for day in days:
        hours = minutes_on(day)
        if not hours:
            continue
        ordinal = day.toordinal()
        offsets = set()
        for each in (ordinal, ordinal + 1, ordinal + 2):
            if each not in clocks:
                clocks[each] = _offset_ms(zone, each)
            offsets.add(clocks[each])
        offset_ms = offsets.pop() if len(offsets) == 1 else None
        if offset_ms is None:
            spans = [tuple(boundary_ms(zone, day, minute) for minute in each) for each in hours]
            yield from ((start, end) for start, end in spans if end > start)
            continue
        midnight_ms = (ordinal - EPOCH_ORDINAL) * DAY_MS - offset_ms
        for opens, closes in hours:
            yield midnight_ms + opens * MINUTE_MS, midnight_ms + closes * MINUTE_MS


def _offset_ms(zone: ZoneInfo, ordinal: int) -> int | None:
    """Return how far local time is ahead of UTC at a midnight; None if it comes twice or never."""
    local = datetime.fromordinal(ordinal).replace(tzinfo=zone)
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    if before is None or before != after:
        return None
    return before // timedelta(milliseconds=1)
