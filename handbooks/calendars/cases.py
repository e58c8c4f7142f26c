"""Questions about working time in bulk: a JSON line in, a JSON line out, whatever the line is."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from domain.calendar import CalendarError, WorkingCalendar
from domain.calendar_forms import instant_in, short_calendar
from domain.days import MINUTE_MS
from domain.durations import same_time_after
from handbooks.operator_files import FileReadError, json_of, read_bytes

FILE_BYTES_MAX = 16 * 2**20
CALENDARS_MAX = 1000
LINE_BYTES_MAX = 2**16
SECOND_MS = 1000
SHOWN_CHARACTERS_MAX = 80
OPS = "add_minutes, add_days, seconds_between, is_open"

Calendars = Mapping[str, WorkingCalendar | CalendarError]
"""By name: the calendar, or why it cannot be used."""


class CalendarsFileError(ValueError):
    """The file of calendars cannot be read at all."""


class CaseError(ValueError):
    """A line that asks nothing that could be answered."""


def read_calendars(path: Path) -> Calendars:
    """Return the calendars of a file in their short form; raises CalendarsFileError.

    One that breaks a rule spoils the answers that need it, and no others.
    """
    try:
        forms = json_of(read_bytes(path, FILE_BYTES_MAX))
    except FileReadError as error:
        raise CalendarsFileError(f"the file is no JSON of calendars: {error}") from error
    if not isinstance(forms, dict) or not forms:
        raise CalendarsFileError("the file is no JSON object of calendars by name")
    if len(forms) > CALENDARS_MAX:
        raise CalendarsFileError(f"{len(forms)} calendars; allowed are {CALENDARS_MAX}")
    return calendars_of(forms)


def calendars_of(forms: Mapping[str, object]) -> Calendars:
    """Return calendars by their names, from their short forms. One that breaks a rule spoils the
    answers that need it, and no others."""
    tzdata = version("tzdata")
    return {name: _calendar(name, form, tzdata) for name, form in forms.items()}


def answered(calendars: Calendars, case: dict[str, object]) -> str | int | float | bool:
    """Return the answer to one question. Raises ValueError, which says why there is none."""
    return _answered(_calendar_of(calendars, case), case)


def answers(calendars: Calendars, lines: BinaryIO) -> Iterator[str]:
    """Yield the answer to every line, as soon as it is read; empty lines have none."""
    for number, line in enumerate(_bounded(lines), start=1):
        if line is None:
            yield _refusal(None, f"line {number}: longer than {LINE_BYTES_MAX} bytes")
        elif line.strip():
            yield _answer_to(calendars, number, line)


def _answer_to(calendars: Calendars, number: int, line: bytes) -> str:
    id_: str | int | None = None
    try:
        case = json.loads(line)
        if not isinstance(case, dict):
            raise CaseError("no JSON object")
        id_ = _id_of(case)
        answer = answered(calendars, case)
    except json.JSONDecodeError as error:
        return _refusal(id_, f"line {number}: no JSON: {error}")
    except RecursionError:
        return _refusal(id_, f"line {number}: nested too deeply")
    except ValueError as error:
        return _refusal(id_, f"line {number}: {error}" if id_ is None else str(error))
    return json.dumps({"id": id_, "answer": answer})


def _refusal(id_: str | int | None, error: str) -> str:
    return json.dumps({"id": id_, "error": error})


def _answered(calendar: WorkingCalendar, case: dict[str, object]) -> str | int | float | bool:
    match case.get("op"):
        case "add_minutes":
            at, ms = _instant(calendar, case, "start"), _minutes_ms(case)
            return _written(calendar.add_ms(at, ms))
        case "add_days":
            return _written(
                same_time_after(calendar, _instant(calendar, case, "start"), _days(case))
            )
        case "seconds_between":
            from_at, to_at = _instant(calendar, case, "start"), _instant(calendar, case, "end")
            seconds, rest = divmod(calendar.working_ms(from_at, to_at), SECOND_MS)
            return seconds + rest / SECOND_MS if rest else seconds
        case "is_open":
            return calendar.is_open(_instant(calendar, case, "at"))
        case _:
            raise _unfit(case, "op", OPS)


def _calendar_of(calendars: Calendars, case: dict[str, object]) -> WorkingCalendar:
    name = case.get("calendar")
    found = calendars.get(name) if isinstance(name, str) else None
    if found is None:
        raise _unfit(case, "calendar", f"a name of the file's {len(calendars)} calendars")
    if isinstance(found, CalendarError):
        raise found
    return found


def _instant(calendar: WorkingCalendar, case: dict[str, object], field: str) -> datetime:
    text = case.get(field)
    if not isinstance(text, str):
        raise _unfit(case, field, "an instant, such as 2026-03-02T01:00:00Z")
    return instant_in(calendar, text)


def _minutes_ms(case: dict[str, object]) -> int:
    minutes = case.get("minutes")
    if isinstance(minutes, int) and not isinstance(minutes, bool):
        return minutes * MINUTE_MS
    if isinstance(minutes, float) and (minutes * MINUTE_MS).is_integer():
        return int(minutes * MINUTE_MS)
    raise _unfit(case, "minutes", "a number of minutes in whole milliseconds")


def _days(case: dict[str, object]) -> int:
    days = case.get("days")
    if isinstance(days, bool) or not isinstance(days, int):
        raise _unfit(case, "days", "a whole number of days")
    return days


def _id_of(case: dict[str, object]) -> str | int | None:
    id_ = case.get("id")
    return id_ if isinstance(id_, str | int) and not isinstance(id_, bool) else None


def _unfit(case: dict[str, object], field: str, allowed: str) -> CaseError:
    given = repr(case[field])[:SHOWN_CHARACTERS_MAX] if field in case else "missing"
    return CaseError(f"{field} is {given}; allowed: {allowed}")


def _written(at: datetime) -> str:
    return f"{at.isoformat(timespec='milliseconds' if at.microsecond else 'seconds')[:-6]}Z"


def _calendar(name: str, form: object, tzdata: str) -> WorkingCalendar | CalendarError:
    try:
        return short_calendar(name, form, tzdata)
    except CalendarError as error:
        return CalendarError(f"calendar {name[:SHOWN_CHARACTERS_MAX]!r} cannot be used: {error}")


def _bounded(lines: BinaryIO) -> Iterator[bytes | None]:
    """Yield each line, None for one that is too long; no more than a line is ever held."""
    while line := lines.readline(LINE_BYTES_MAX + 1):
        if len(line) <= LINE_BYTES_MAX:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = lines.readline(LINE_BYTES_MAX)
        yield None
