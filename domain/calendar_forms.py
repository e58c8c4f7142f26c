"""The short form of a working calendar: one set of hours, the weekdays that have them, odd days.

It is what `closeout calendar batch` reads, and what other engines of working time are asked with.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationError

from domain.calendar import (
    FIRST_DAY,
    LAST_DAY,
    OVERRIDES_MAX,
    CalendarError,
    WorkingCalendar,
)
from domain.calendar_check import (
    UnfitCalendarError,
    checked_calendar,
    contradictions,
    form_problems,
)
from domain.days import ONE_DAY, WEEKDAYS, from_ms, to_ms
from domain.model import Frozen, Short

TIME_CHARACTERS = len("09:00")

ShortDay = Annotated[str, StringConstraints(pattern="^(mon|tue|wed|thu|fri|sat|sun)$")]

DAY_FORM = "a day is written 2026-01-31"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def written_day(value: object) -> object:
    """Hold a day to its one way of writing; raises ValueError for a number and for an instant.

    A day that a file's own form has already made out, and None, are left alone.
    """
    if value is None or type(value) is date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError(DAY_FORM)


Days = Annotated[
    tuple[Annotated[date, BeforeValidator(written_day)], ...], Field(max_length=OVERRIDES_MAX // 2)
]
Clock = Annotated[str, StringConstraints(max_length=TIME_CHARACTERS)]

HOLIDAY = {"zh": "放假", "en": "off"}
MADE_UP = {"zh": "调休上班", "en": "make-up workday"}


INSTANT_CHARACTERS_MAX = 40
INSTANT_FORMS = (
    "ISO 8601, such as 2026-03-02T09:00+08:00, or 2026-03-02T09:00 in the calendar's zone"
)


class InstantTextError(CalendarError):
    """A text that is no instant."""


class ShortCalendar(Frozen):
    """Hours by opening, for every worked day alike. What closes no later than it opens ends on the
    next day: this form, unlike the calendar's own, has no other way to say so."""

    time_zone: Short
    hours: Annotated[dict[Clock, Clock], Field(max_length=24)]
    weekdays: tuple[ShortDay, ...] = ()
    off: Days = ()
    make_up_workdays: Days = ()


_READ = TypeAdapter(ShortCalendar)


def short_calendar(name: str, form: object, tzdata: str) -> WorkingCalendar:
    """Return the calendar that the short form describes; raises UnfitCalendarError.

    `tzdata` is the version of the IANA data in use. The form has no validity of its own: the week
    goes on as it is, from 1970 to 2199.
    """
    try:
        short = _READ.validate_python(form)
    except ValidationError as error:
        raise UnfitCalendarError(form_problems(error)) from error
    return checked_calendar(_long_form(name, short, tzdata), contradictions)


def _long_form(name: str, short: ShortCalendar, tzdata: str) -> Mapping[str, object]:
    ranges = sorted(_range(opens, closes) for opens, closes in short.hours.items())
    worked = [day for day in WEEKDAYS if day[:3] in short.weekdays]
    made_up_as = worked[0] if worked else WEEKDAYS[0]
    return {
        "id": _code(name),
        "name": {"zh": _code(name), "en": _code(name)},
        "time_zone": short.time_zone,
        "tzdata": tzdata,
        "weekly": dict.fromkeys(worked, ranges),
        "overrides": [
            *({"kind": "closed", "on": on, "name": HOLIDAY} for on in short.off),
            *(
                {"kind": "make_up", "on": on, "works_as": made_up_as, "name": MADE_UP}
                for on in short.make_up_workdays
            ),
        ],
        "valid_from": FIRST_DAY,
        "valid_until": LAST_DAY,
    }


def _range(opens: str, closes: str) -> str:
    """Return the range as the calendar's own form has it; what is no time is left to be refused."""
    opens, closes = opens.zfill(TIME_CHARACTERS), closes.zfill(TIME_CHARACTERS)
    if closes == "00:00":
        closes = "24:00"
    return f"{opens}-{closes}{'+1' if closes <= opens else ''}"


def _code(name: str) -> str:
    """Return a code close to the name that a file gives the calendar."""
    kept = "".join(
        each if each.isascii() and (each.isalnum() or each in "._-") else "-" for each in name[:60]
    )
    return kept if kept[:1].isalnum() else f"c{kept}"


def instant_in(calendar: WorkingCalendar, text: str) -> datetime:
    """Return the instant that an ISO 8601 text names; without a zone it is the calendar's own time.

    Local time follows R2.4: one that does not exist is the end of the gap, one that comes twice is
    meant the first time. Raises InstantTextError, and OutsideCalendarError.
    """
    if len(text) > INSTANT_CHARACTERS_MAX:
        text = f"{text[:INSTANT_CHARACTERS_MAX]}…"
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InstantTextError(f"{text!r} is no instant; allowed: {INSTANT_FORMS}") from error
    if at.tzinfo is None:
        day = min(max(at.date(), FIRST_DAY - ONE_DAY), LAST_DAY + ONE_DAY)
        minute = at.hour * 60 + at.minute
        within_ms = at.second * 1000 + at.microsecond // 1000
        ms = min(calendar.at_minute(day, minute) + within_ms, calendar.at_minute(day, minute + 1))
        at = from_ms(ms)
    calendar.day_of(at)
    return from_ms(to_ms(at))
