"""Working calendars: months with what opens and why, and sums of working time with their steps."""

from typing import Annotated, Final, Literal

from fastapi import Query, Response

from console.page import Menu, Page
from console.queries import calendars as query
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from domain.access import Act
from domain.calendar import WorkingCalendar
from domain.calendar_sums import Sum
from domain.errors import InvalidRequestError
from face.asking import one_of
from face.looked import noted
from face.translated import in_language

CALENDARS: Final = Page("calendars", "/calendars", frozenset({Act.READ_RULES}), Menu.RULES)
pages: tuple[Page, ...] = (CALENDARS,)
router = page_router()

MINUTE_MS: Final = 60_000
MONTH: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
Written = Annotated[str, Query(max_length=60)]


@router.get("/{zone}/calendars")
async def show(
    visit: InZone,
    calendar: Annotated[str | None, Query(max_length=80)] = None,
    month: Annotated[str | None, Query(pattern=MONTH)] = None,
    op: Literal["add", "elapsed"] | None = None,
    from_: Annotated[str, Query(alias="from", max_length=60)] = "",
    to: Written = "",
    start: Written = "",
    duration: Written = "",
) -> Response:
    """Show a month of a calendar that the zone counts by, and a sum if one is asked for."""
    visit.within(Act.READ_RULES)
    held = visit.terms.calendars_by_id
    chosen = calendar or visit.terms.calendar.id
    one_of("calendar", chosen, held)
    scope = {"zone": visit.zone, "calendar": chosen}
    await noted(visit.house, visit.caller, "calendar", scope)
    found = held[chosen]
    first_on = visit.today.replace(day=1) if month is None else query.month_of(month)
    asked = {"from": from_, "to": to, "start": start, "duration": duration}
    total, refused = _summed(found, op, asked)
    return visit.show(
        CALENDARS,
        {
            "shown": query.month(found, first_on, visit.today),
            "options": [(each.id, visit.name(each.name)) for each in held.values()],
            "op": op or "",
            "asked": asked,
            "total": total,
            "hours": lambda ms: _hours(visit, ms),
            "spans_max": query.SPANS_SHOWN_MAX,
            "refused": None if refused is None else in_language(refused.message, visit.language),
            "refused_for": None if refused is None else refused.allowed,
        },
    )


def _hours(visit: ZoneVisit, ms: int) -> str:
    """Return working time in hours and minutes: a day of it is not 24 hours."""
    hours, minutes = divmod(ms // MINUTE_MS, 60)
    parts = [("hours", hours), ("minutes", minutes)]
    told = [visit.said(f"length.{unit}", n=n) for unit, n in parts if n]
    return " ".join(told) or visit.said("length.minutes", n=0)


def _summed(
    calendar: WorkingCalendar, op: str | None, asked: dict[str, str]
) -> tuple[Sum | None, InvalidRequestError | None]:
    """Return the sum, or why there is none: the form keeps what was written."""
    try:
        if op == "elapsed":
            return query.elapsed(calendar, asked["from"], asked["to"]), None
        if op == "add":
            return query.added(calendar, asked["start"], asked["duration"]), None
    except InvalidRequestError as error:
        return None, error
    return None, None
