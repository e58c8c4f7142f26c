"""Working calendars: which there are, their days, sums of working time. Publication stays with
`closeout calendar publish`."""

import asyncio
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.describing import PROBLEMS
from desk.desk import Desk
from domain import calendar_sums
from domain.access import Act, Principal
from domain.calendar import Span, UnknownCalendarError, WorkingCalendar
from domain.days import Label
from domain.errors import InvalidRequestError
from domain.model import Code, Moment, Name
from face.asking import not_there, somewhere
from face.dependencies import Caller, TheHouse, horizon_in
from face.looked import noted
from face.looking import instant_asked, stands_at
from handbooks.calendars import CN_OFFICE, calendar_ids, cn_office_as_of, read_calendar
from handbooks.calendars.cases import answered, calendars_of
from handbooks.calendars.days import CalendarDay, month_days, year_counts

router = APIRouter(prefix="/calendars", tags=["calendars"])

REACH_MAX: Final = timedelta(days=3660)
"""A derivation names every day that it counts."""
QUESTIONS_MAX: Final = 400
CALENDARS_MAX: Final = 10

AnId = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,79}$",
        description="A shipped calendar's id, cn-office@DAY as it was published by that day, or "
        "with `zone` the id of one that the zone counts by.",
        examples=["cn-office"],
    ),
]
OfZone = Annotated[
    Code | None,
    Query(description="As it is in force in this zone.", examples=["xinghe"]),
]
Instant = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        description="ISO 8601; without an offset it is the calendar's own time.",
        examples=["2026-03-02T09:00+08:00"],
    ),
]


class Overrides(BaseModel):
    """How many days are named, by what they are."""

    closed: int
    open: int
    make_up: int


class CalendarFacts(BaseModel):
    """What a calendar is, without its days."""

    id: Code
    name: Name
    hash: str
    time_zone: str
    tzdata: str
    valid_from: date
    valid_until: date = Field(description="The last day that has been published.")
    overrides: Overrides
    sources: list[str]

    @classmethod
    def of(cls, calendar: WorkingCalendar) -> "CalendarFacts":
        """Return it as it is told."""
        return cls.model_validate(_facts(calendar))


class Calendars(BaseModel):
    """The calendars that are shipped."""

    calendars: list[CalendarFacts]


class YearTold(BaseModel):
    """How many days of a year are worked, off by name, made up."""

    year: int
    worked: int
    named_off: int
    made_up: int
    provisional: bool


class DayTold(BaseModel):
    """What opens on a day, and why."""

    on: date
    ranges: list[str] = Field(examples=[["09:00-12:00", "14:00-18:00"]])
    kind: str
    name: Label | None
    provisional: bool

    @classmethod
    def of(cls, day: CalendarDay) -> "DayTold":
        """Return it as it is told."""
        return cls(
            on=day.on,
            ranges=list(day.ranges),
            kind=day.kind,
            name=day.label,
            provisional=day.provisional,
        )


class CalendarTold(CalendarFacts):
    """A calendar with its years, or with the days of the month that was asked for."""

    years: list[YearTold] = []
    days: list[DayTold] = []


class ToElapse(BaseModel):
    """Between which instants."""

    model_config = ConfigDict(extra="forbid")

    from_: Annotated[Instant, Field(alias="from")]
    to: Instant


class ToAdd(BaseModel):
    """From when, and how long."""

    model_config = ConfigDict(extra="forbid")

    start: Instant
    duration: str = Field(
        min_length=1,
        max_length=60,
        description="4h, 90m or 1h30m: opening hours; with the word wall all time; 5wd working "
        "days, 60d natural days, with end_of_day or same_time, today or next_day.",
        examples=["4h", "5wd same_time"],
    )


class SumTold(BaseModel):
    """A sum of working time with its derivation: every stretch that counted or did not, and why."""

    calendar: Code
    calendar_hash: str
    time_zone: str
    tzdata: str
    valid_until: date
    duration: str | None = None
    basis: str
    from_at: Moment
    to_at: Moment
    provisional: bool = Field(description="It hangs on days that are not yet published.")
    budget_ms: int | None
    counted_ms: int
    all_ms: int
    adds_up: bool
    spans: list[Span]


class Questions(BaseModel):
    """Questions of working time in bulk. Calendars are in their short form, by any name; a name
    that is not among them is that of a shipped one."""

    model_config = ConfigDict(extra="forbid")

    calendars: Annotated[dict[str, JsonValue], Field(max_length=CALENDARS_MAX)] = Field(
        default={},
        examples=[
            {
                "desk": {
                    "time_zone": "Asia/Shanghai",
                    "hours": {"09:00": "17:00"},
                    "weekdays": ["mon", "tue", "wed", "thu", "fri"],
                }
            }
        ],
    )
    questions: Annotated[
        list[dict[str, JsonValue]], Field(min_length=1, max_length=QUESTIONS_MAX)
    ] = Field(
        description="Of each: id, calendar, op, and for add_minutes start and minutes; for "
        "add_days start and days; for seconds_between start and end; for is_open at.",
        examples=[
            [
                {
                    "id": 1,
                    "calendar": "desk",
                    "op": "add_minutes",
                    "start": "2026-03-02T01:00:00Z",
                    "minutes": 90,
                }
            ]
        ],
    )


class Answered(BaseModel):
    """The answer to one question, or why there is none."""

    id: str | int | None
    answer: str | int | float | bool | None = None
    error: str | None = None


class Answers(BaseModel):
    """An answer to every question, in their order."""

    answers: list[Answered]


@router.get("", summary="Calendars that are shipped")
async def every(house: TheHouse, caller: Caller, response: Response) -> Calendars:
    """List the calendars that came with the program."""
    await _may(house.desk, caller, None)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "calendars", {}, reached)
    stands_at(response, reached)
    return Calendars(calendars=[CalendarFacts.of(read_calendar(each)) for each in calendar_ids()])


@router.post("/batch", summary="Many questions of working time")
async def batch(house: TheHouse, caller: Caller, body: Questions) -> Answers:
    """Answer questions of working time; what cannot be answered stops nothing."""
    await _may(house.desk, caller, None)
    return await asyncio.to_thread(_answers, body)


@router.get("/{id}", summary="One calendar", responses=PROBLEMS(404))
async def one(
    house: TheHouse,
    caller: Caller,
    id: AnId,
    response: Response,
    zone: OfZone = None,
    month: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$",
            description="One month, day by day, instead of the years.",
            examples=["2026-10"],
        ),
    ] = None,
) -> CalendarTold:
    """Show what a calendar is, with its years or the days of one month."""
    await _may(house.desk, caller, zone)
    reached = await house.desk.ledger.safe_position()
    await noted(house, caller, "calendar", {"zone": zone, "calendar": id}, reached)
    found = await _calendar(house.desk, id, zone)
    response.headers["ETag"] = f'"{found.hash}"'
    stands_at(response, reached)
    if month is None:
        years = [YearTold.model_validate(asdict(each)) for each in year_counts(found)]
        return CalendarTold.model_validate({**_facts(found), "years": years})
    first_on = _month(month)
    if first_on < found.valid_from.replace(day=1):
        raise InvalidRequestError(
            "This is before the calendar's first day.",
            field="month",
            value=month,
            allowed=f"{found.valid_from:%Y-%m} or later",
        )
    days = [DayTold.of(each) for each in month_days(found, first_on)]
    return CalendarTold.model_validate({**_facts(found), "days": days})


@router.post("/{id}/elapsed", summary="Opening hours between two instants", responses=PROBLEMS(404))
async def elapsed(
    house: TheHouse, caller: Caller, id: AnId, body: ToElapse, zone: OfZone = None
) -> SumTold:
    """Count the opening hours between two instants, with the derivation."""
    await _may(house.desk, caller, zone)
    found = await _calendar(house.desk, id, zone)
    from_at = instant_asked(found, "from", body.from_)
    to_at = instant_asked(found, "to", body.to)
    if to_at - from_at > REACH_MAX:
        raise InvalidRequestError(
            "This is too far.", field="to", value=body.to, allowed=f"within {REACH_MAX.days} days"
        )
    return SumTold.model_validate(calendar_sums.elapsed(found, body.from_, body.to).plain)


@router.post("/{id}/add", summary="When a length of time is over", responses=PROBLEMS(404))
async def add(
    house: TheHouse, caller: Caller, id: AnId, body: ToAdd, zone: OfZone = None
) -> SumTold:
    """Say when a length of time is over, with the derivation."""
    await _may(house.desk, caller, zone)
    found = await _calendar(house.desk, id, zone)
    return SumTold.model_validate(calendar_sums.added(found, body.start, body.duration).plain)


def _answers(body: Questions) -> Answers:
    """Work apart from what others wait for: a new calendar takes a moment to be laid out."""
    named = {str(each.get("calendar")) for each in body.questions}
    known = {each: read_calendar(each) for each in calendar_ids() if each in named}
    calendars = {**known, **calendars_of(body.calendars)}
    told = []
    for question in body.questions:
        id_ = _id_of(question)
        try:
            told.append(Answered(id=id_, answer=answered(calendars, dict(question))))
        except ValueError as error:
            told.append(Answered(id=id_, error=str(error)))
    return Answers(answers=told)


def _id_of(question: dict[str, JsonValue]) -> str | int | None:
    id_ = question.get("id")
    return id_ if isinstance(id_, str | int) and not isinstance(id_, bool) else None


async def _may(desk: Desk, caller: Principal, zone: str | None) -> None:
    if zone is None:
        await somewhere(desk, caller, Act.READ_RULES)
    else:
        await horizon_in(desk, caller, Act.READ_RULES, zone)


async def _calendar(desk: Desk, id_: str, zone: str | None) -> WorkingCalendar:
    """Return a calendar. No name of a file is one here."""
    if zone is not None:
        held = (await desk.shelf.current(zone, desk.clock.now())).calendars_by_id
        if id_ not in held:
            raise not_there("The zone counts by no calendar of this id.")
        return held[id_]
    if id_ in calendar_ids():
        return read_calendar(id_)
    name, at, day = id_.partition("@")
    try:
        if at and name == CN_OFFICE:
            return cn_office_as_of(date.fromisoformat(day))
    except (UnknownCalendarError, ValueError) as error:
        raise not_there(f"No such calendar: {error}") from error
    raise not_there("No calendar of this id is shipped.")


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise InvalidRequestError(
            "This is no month.", field="month", value=text, allowed="YYYY-MM"
        ) from error


def _facts(calendar: WorkingCalendar) -> dict[str, object]:
    kinds = [each.kind for each in calendar.overrides]
    return {
        "id": calendar.id,
        "name": calendar.name,
        "hash": calendar.hash,
        "time_zone": calendar.time_zone,
        "tzdata": calendar.tzdata,
        "valid_from": calendar.valid_from,
        "valid_until": calendar.valid_until,
        "overrides": {kind: kinds.count(kind) for kind in ("closed", "open", "make_up")},
        "sources": list(calendar.sources),
    }
