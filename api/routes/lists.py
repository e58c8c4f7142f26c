"""Lists: issues by any filter, an issue by its number, a unit's parts, issues that are alike."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.describing import PROBLEMS
from api.issue_examples import ISSUE, PAGE, shown
from api.list_bodies import (
    IssueBrief,
    IssuePage,
    IssueQuery,
    LikePage,
    LikeQuery,
    LikeTold,
    PartClock,
    PartsPage,
    PartsQuery,
    PartTold,
)
from desk import travelling
from desk.desk import Desk
from desk.likeness import LikeIssues, Suggestion, Told
from domain.access import Act, Horizon, Principal, posts_stood_in
from domain.errors import InvalidRequestError, NotPermittedError, UnknownIssueError
from domain.evolve import part_of_clock
from domain.model import to_millisecond
from domain.phases import Outcome, Phase
from domain.reading import read
from domain.team import Part, Team, unmet
from domain.view import IssueView
from face.dependencies import (
    Caller,
    TheHouse,
    horizon_in,
    horizons,
    terms_in_force,
    today_in,
)
from face.elsewhere import row_told
from face.listing import Cursor, Page, asked_of, page_now, page_then, read_cursor, text_of
from face.looked import noted
from face.looking import POSITION, Travel, arrived, reader_for, sight_of
from face.preconditions import etag
from ledger.lists import Narrowed, Order, Sort
from ledger.port import IssueRow

router = APIRouter(tags=["issues"])


@router.get(
    "/issues",
    summary="List issues",
    responses={**PROBLEMS(404, 412, 422), 200: shown(PAGE)},
)
async def list_issues(
    house: TheHouse,
    caller: Caller,
    asked: Annotated[IssueQuery, Query()],
    response: Response,
) -> IssuePage:
    """List issues within the caller's sight, a page at a time, as they stand or as they stood. Ask
    on with `next` as `cursor` until it is null; nothing is told twice or passed over that stayed
    where it was."""
    desk = reader_for(house, caller)
    reached = await arrived(desk, asked.wait_for)
    seen = await _horizons(desk, caller, asked.zone)
    order, filters = asked.order, asked.narrowed
    question = asked_of(filters, order, {"as_of": asked.as_of, "known_at": asked.known_at})
    cursor = None if asked.cursor is None else read_cursor(asked.cursor, question, order)
    await noted(house, caller, "issues", _scope(asked), reached, zones=[each.zone for each in seen])
    sight = await sight_of(desk, _as_before(asked, cursor), asked.zone)
    after = None if cursor is None else cursor.place
    if sight is None:
        at = to_millisecond(desk.clock.now())
        page = await page_now(
            desk.ledger,
            seen,
            filters,
            order,
            at=at,
            asked=question,
            after=after,
            limit=asked.limit,
        )
        position = reached
    else:
        if order.by is Sort.CHANGED:
            raise InvalidRequestError(
                "The past is not sorted by changes.",
                field="sort",
                value=asked.sort,
                allowed=[each for each in Sort if each is not Sort.CHANGED],
            )
        at, position = sight.at, sight.position
        page = await page_then(
            desk.ledger,
            seen,
            filters,
            order,
            sight,
            asked=question,
            after=after,
            limit=asked.limit,
        )
        rows = await travelling.with_notices(desk, list(page.rows), sight)
        page = replace(page, rows=tuple(rows))
    response.headers[POSITION] = str(position)
    return IssuePage(
        issues=[_brief(desk, row, at) for row in page.rows],
        next=None if page.next is None else text_of(page.next),
        position=position,
    )


@router.get(
    "/numbers/{number}",
    response_model=IssueView,
    summary="The issue of a ledger number",
    responses={**PROBLEMS(404, 422), 200: shown(ISSUE)},
)
async def read_number(
    house: TheHouse,
    caller: Caller,
    number: Annotated[
        str,
        Path(
            pattern=r"^[A-Za-z0-9._-]{1,100}$",
            description="The ledger number.",
            examples=["XINGHE-2026-000017"],
        ),
    ],
    response: Response,
) -> IssueView:
    """Return the issue that has a number, if it lies within the caller's sight."""
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    seen = await _horizons(desk, caller, None)
    await noted(house, caller, "number", {"number": number}, reached)
    at = to_millisecond(desk.clock.now())
    for each in seen:
        found = await desk.ledger.listed(each, Narrowed(number=number), Order(), at=at, limit=1)
        if found:
            row = found[0].row
            response.headers["ETag"] = etag(row.issue.version)
            response.headers[POSITION] = str(
                await travelling.position_of(desk.ledger, row, reached)
            )
            return desk.seer.view(await row_told(desk.ledger, caller, row))
    hidden = await desk.ledger.find(number=number, limit=1)
    raise UnknownIssueError(
        "No issue has this ledger number.",
        field="number",
        value=number,
        stream=hidden[0].issue.stream if hidden else None,
    )


@router.get("/issues/similar", summary="Issues that may be alike", responses=PROBLEMS(404, 422))
async def list_similar(
    house: TheHouse, caller: Caller, asked: Annotated[LikeQuery, Query()], response: Response
) -> LikePage:
    """Suggest issues that may be the same matter as one that is there (`key`), or as a report that
    is about to be made (`enterprise`, `category`, `title`, `text`)."""
    desk = house.desk
    within = await horizon_in(desk, caller, Act.READ_ISSUES, asked.zone)
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "similar", {"zone": asked.zone, "key": asked.key}, reached)
    found = await _like(desk, asked, within)
    told = []
    for each in found:
        row = await desk.ledger.issue(each.row.stream)
        if row is not None and within.sees(row.issue):
            told.append(_like_told(each))
    response.headers[POSITION] = str(reached)
    return LikePage(similar=told, position=reached)


@router.get("/parts", summary="A unit's parts in joint teams", responses=PROBLEMS(404, 412, 422))
async def list_parts(
    house: TheHouse, caller: Caller, asked: Annotated[PartsQuery, Query()], response: Response
) -> PartsPage:
    """List the parts that units have in joint teams, with what their clocks show now. A page counts
    issues: one may have several parts of a unit."""
    desk = reader_for(house, caller)
    reached = await arrived(desk, asked.wait_for)
    within = await horizon_in(desk, caller, Act.READ_ISSUES, asked.zone)
    units = [asked.unit] if asked.unit is not None else await _own_units(desk, caller, asked.zone)
    filters = Narrowed(zone=asked.zone, open_only=asked.open, parts_of=tuple(units))
    question = asked_of(filters, Order(), {"list": "parts"})
    cursor = None if asked.cursor is None else read_cursor(asked.cursor, question, Order())
    await noted(house, caller, "parts", {"zone": asked.zone, "units": units}, reached)
    at = to_millisecond(desk.clock.now())
    page = await page_now(
        desk.ledger,
        [within],
        filters,
        Order(),
        at=at,
        asked=question,
        after=None if cursor is None else cursor.place,
        limit=asked.limit,
    )
    response.headers[POSITION] = str(reached)
    return PartsPage(
        parts=await _parts(desk, page, units, at),
        next=None if page.next is None else text_of(page.next),
        position=reached,
    )


async def _horizons(desk: Desk, caller: Principal, zone: str | None) -> list[Horizon]:
    """Return what the caller may see of a zone, or of all. Raises NotPermittedError if nothing."""
    if zone is not None:
        return [await horizon_in(desk, caller, Act.READ_ISSUES, zone)]
    found = await horizons(desk, caller, Act.READ_ISSUES, desk.shelf.zones)
    if not found:
        raise NotPermittedError(
            "You may see no issues in any zone.", field="act", value=Act.READ_ISSUES.value
        )
    return found


def _as_before(asked: IssueQuery, cursor: Cursor | None) -> Travel:
    """Return from where to look: a page behind another by what was known for that one."""
    of_instant = asked.as_of is not None and not asked.as_of.isdigit()
    if cursor is None or cursor.position is None or asked.known_at is not None or not of_instant:
        return Travel(asked.as_of, asked.known_at)
    return Travel(asked.as_of, str(cursor.position))


def _scope(asked: IssueQuery) -> dict[str, object]:
    return asked.model_dump(mode="json", exclude_defaults=True, exclude={"wait_for"})


def _brief(desk: Desk, row: IssueRow, at: datetime) -> IssueBrief:
    view = desk.seer.view(row, at)
    return IssueBrief(**{name: getattr(view, name) for name in IssueBrief.model_fields})


async def _like(desk: Desk, asked: LikeQuery, within: Horizon) -> list[Suggestion]:
    like = LikeIssues(desk)
    told = (asked.enterprise, asked.category, asked.title, asked.text)
    if asked.key is not None:
        if any(each is not None for each in told):
            raise InvalidRequestError(
                "Name an issue or what a report tells, not both.", field="key", value=asked.key
            )
        row = await desk.row(asked.zone, asked.key)
        if not within.sees(row.issue):
            raise UnknownIssueError(
                "No issue was reported under this key.",
                field="key",
                value=asked.key,
                stream=row.issue.stream,
            )
        return await like.of_issue(asked.zone, asked.key)
    if asked.title is None and asked.text is None:
        raise InvalidRequestError(
            "Nothing is told that others could be like.",
            field="title",
            allowed="a key, or a title or a text",
        )
    return await like.of_report(asked.zone, Told(*(each or "" for each in told)))


def _like_told(each: Suggestion) -> LikeTold:
    row = each.row
    return LikeTold(
        key=each.key,
        score=each.score,
        text_percent=each.text_percent,
        same_enterprise=each.same_enterprise,
        same_category=each.same_category,
        place=each.place.name.lower(),
        title=row.title,
        enterprise=row.enterprise,
        category=row.category,
        phase=Phase(row.phase),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        reported_at=row.reported_at,
        method=each.method,
    )


async def _own_units(desk: Desk, caller: Principal, zone: str) -> list[str]:
    terms = await terms_in_force(desk, zone)
    held = posts_stood_in(caller, terms.handbook, today_in(desk, terms))
    units = sorted({each.unit for each in held if each.unit is not None})
    if not units:
        raise InvalidRequestError(
            "You hold no post in a unit of this zone.", field="unit", allowed="a unit"
        )
    return units


async def _parts(desk: Desk, page: Page, units: Sequence[str], at: datetime) -> list[PartTold]:
    found = []
    for row in page.rows:
        team = row.issue.team
        if team is not None:
            found += [
                await _part_told(desk, row, team, part, at)
                for part in team.parts
                if part.unit in units
            ]
    return found


async def _part_told(desk: Desk, row: IssueRow, team: Team, part: Part, at: datetime) -> PartTold:
    issue = row.issue
    terms = await desk.shelf.version(issue.terms)
    calendars = {rule.id: terms.calendar_of(rule) for rule in terms.handbook.clocks}
    at = max(at, issue.changed_at)
    own = [
        clock
        for clock in issue.clocks
        if part_of_clock(clock.id) == part.id and clock.id.split(".")[1] == str(team.number)
    ]
    return PartTold(
        zone=issue.zone,
        key=issue.key,
        number=issue.number,
        title=issue.title,
        phase=issue.phase,
        priority=issue.priority,
        enterprise=issue.enterprise,
        team=team.number,
        lead=team.lead,
        part=part,
        waits_for=list(unmet(part, team.parts)),
        clocks=[
            PartClock(
                clock=clock,
                reading=read(clock, calendars.get(clock.rule, terms.calendar), at),
            )
            for clock in own
        ],
    )
