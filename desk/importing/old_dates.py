"""Dates as an old ledger writes them."""

import re
from datetime import datetime
from typing import Final

from desk.importing.old_mapping import Dates
from desk.intake.rows import TIME_LENGTH_MAX, in_iso
from domain.calendar import CalendarError, WorkingCalendar
from domain.days import ONE_DAY, from_ms, zone_of
from domain.model import to_millisecond

USUAL: Final = "2026-03-02 09:30, 2026/3/2, 2026年3月2日 9:30"
_TELLS_TIME: Final = re.compile(r"%[HIcXT]")
_HAS_TIME: Final = re.compile(r"[:：时点]|\dT\d")


class OldDates:
    """Reads the dates of one file. What carries no offset is in its time zone."""

    def __init__(self, dates: Dates, calendar: WorkingCalendar) -> None:
        self._formats = dates.formats
        self._calendar = calendar
        self._zone = zone_of(dates.time_zone or calendar.time_zone)
        self.allowed = ", ".join(dates.formats) or USUAL

    def read(self, text: str) -> tuple[datetime, bool] | None:
        """Return the instant (UTC) that a text names, and whether it names but a day; None if it
        names neither. A day is told by its first instant."""
        if len(text) > TIME_LENGTH_MAX:
            return None
        for form in self._formats:
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007  # its zone is added below
            except ValueError:
                continue
            return self._in_utc(found, is_day=_TELLS_TIME.search(form) is None)
        if self._formats:
            return None
        try:
            found = datetime.fromisoformat(in_iso(text))
        except ValueError:
            return None
        return self._in_utc(found, is_day=_HAS_TIME.search(text) is None)

    def end_of(self, at: datetime, *, is_day: bool) -> datetime:
        """Return an instant; of a day alone the end of its last opening hour, and of one on which
        the office is closed the midnight that ends it."""
        if not is_day:
            return at
        local = at.astimezone(self._zone)
        try:
            ranges = self._calendar.ranges_on(local.date())
        except CalendarError:
            ranges = ()
        return from_ms(ranges[-1][1]) if ranges else to_millisecond(local + ONE_DAY)

    def _in_utc(self, found: datetime, *, is_day: bool) -> tuple[datetime, bool] | None:
        local = found if found.tzinfo is not None else found.replace(tzinfo=self._zone)
        try:
            return to_millisecond(local), is_day
        except ValueError:
            return None
