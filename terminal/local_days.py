"""Local days, as they are typed."""

import re
from datetime import date

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEARS = range(1970, 2201)
"""What lies outside is a slip: and at the ends of the calendar no instant stands for a day."""
ALLOWED = f"YYYY-MM-DD, in the years {YEARS[0]} to {YEARS[-1]}"


def read_day(field: str, text: str | None) -> date | None:
    """Return the day that a text means, None for no text. Raises InvalidRequestError."""
    from domain.errors import InvalidRequestError

    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise InvalidRequestError("This is no day.", field=field, value=text, allowed=ALLOWED)
    return day


def read_days(from_: str | None, to: str | None) -> tuple[date | None, date | None]:
    """Return the first and the last day of a period. Raises InvalidRequestError."""
    from domain.errors import InvalidRequestError

    from_on, to_on = read_day("from", from_), read_day("to", to)
    if from_on and to_on and to_on < from_on:
        raise InvalidRequestError(
            "The last day comes before the first.",
            field="to",
            value=to,
            allowed=f"{from_on} or later",
        )
    return from_on, to_on
