"""The working calendars that are shipped, read into the domain's form."""

import tomllib
from datetime import date
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from domain.calendar import UnknownCalendarError, WorkingCalendar
from handbooks.calendars.files import SHIPPED, CalendarFile, assembled, read_calendar_file
from handbooks.calendars.published import Notice, laid_over, published_years, read_notice

CN_OFFICE = "cn-office"
NOTICES = "notices"
"""The folder of notices by the day of their publication, where the final days are not enough."""


def calendar_ids() -> tuple[str, ...]:
    """Return the ids of all shipped calendars, in order."""
    names = (entry.name for entry in SHIPPED.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@lru_cache(maxsize=16)
def read_calendar(id: str) -> WorkingCalendar:
    """Return a shipped calendar, with the tzdata version in use; raises UnknownCalendarError."""
    file = _shipped(id)
    folder = file.published_days
    return assembled(file, published_years(SHIPPED / folder, folder) if folder else ())


@lru_cache(maxsize=64)
def cn_office_as_of(on: date) -> WorkingCalendar:
    """Return China's office calendar as it was published by the end of a day.

    Raises UnknownCalendarError for a day of which no notice on the shelf tells: of the past only
    the first months of 2020 are kept, when a notice changed a year that had been published.
    """
    file = _shipped(CN_OFFICE)
    folder = file.published_days or ""
    notices = _dated_notices()
    known = list(takewhile(lambda notice: _published_on(notice) <= on, notices))
    ends_on = known[-1].superseded_on if known else None
    if ends_on is None or on >= ends_on:
        first_on, last_on = _published_on(notices[0]), notices[-1].superseded_on
        raise UnknownCalendarError(
            f"calendar {CN_OFFICE!r} as of {on} is not shipped; "
            f"allowed: from {first_on} until before {last_on}"
        )
    year = laid_over(each for each in known if each.year == known[-1].year)
    before = [each for each in published_years(SHIPPED / folder, folder) if each.year < year.year]
    calendar = assembled(file, (*before, year))
    papers = "paper" if len(year.papers) == 1 else "papers"
    told = f"{NOTICES} for {year.year} as of {year.published_on}: {len(year.papers)} {papers}"
    return calendar.model_copy(update={"sources": (*calendar.sources[:-1], told)})


def find_calendar(named: str) -> WorkingCalendar:
    """Return the calendar of a shipped id, of an id as of a day (`cn-office@2020-01-22`), or of a
    file. Raises UnknownCalendarError, CalendarFileError."""
    if named in calendar_ids():
        return read_calendar(named)
    id_, at, day = named.partition("@")
    if at and id_ == CN_OFFICE:
        try:
            on = date.fromisoformat(day)
        except ValueError as error:
            raise UnknownCalendarError(
                f"{day!r} of {named!r} is not a day; allowed: a day such as 2020-01-22"
            ) from error
        return cn_office_as_of(on)
    if Path(named).suffix in {".toml", ".json"} or Path(named).is_file():
        return read_calendar_file(Path(named))
    raise UnknownCalendarError(
        f"calendar {named!r} is neither shipped nor a file; allowed: {', '.join(calendar_ids())}, "
        f"{CN_OFFICE}@DAY, or a .toml or .json file"
    )


def english_names() -> dict[str, str]:
    """Return the names that China's notices give to days, in English."""
    return _shipped(CN_OFFICE).english


def _shipped(id_: str) -> CalendarFile:
    if id_ not in calendar_ids():
        raise UnknownCalendarError(
            f"calendar {id_!r} is not shipped; allowed: {', '.join(calendar_ids())}"
        )
    text = (SHIPPED / f"{id_}.toml").read_text(encoding="utf-8")
    return CalendarFile.model_validate(tomllib.loads(text))


def _dated_notices() -> list[Notice]:
    folder = SHIPPED / NOTICES
    notices = [read_notice(each, f"{NOTICES}/{each.name}") for each in folder.iterdir()]
    return sorted(notices, key=_published_on)


def _published_on(notice: Notice) -> date:
    if notice.published_on is None:
        raise ValueError(f"a notice for {notice.year} in {NOTICES}/ has no published_on")
    return notice.published_on
