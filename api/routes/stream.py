"""Events out: as a stream that is resumed where it was left, and by the page."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.describing import PROBLEMS
from domain.access import Act, Horizon, Principal
from domain.errors import InvalidRequestError, IssueError, NotPermittedError
from domain.events_out import OutwardEvent, require_kinds, require_of_issues
from domain.model import Code
from domain.streams import ISSUES_ALONE, StreamKind
from face.dependencies import Caller, TheHouse, horizon_in, horizons, seen_row, terms_in_force
from face.elsewhere import enterprise_of
from face.house import House
from face.looked import noted
from face.looking import POSITION
from face.matters import matter_sight
from face.problems import UnauthenticatedError
from face.sse import (
    PAGE,
    Feed,
    Heartbeat,
    Positioned,
    Sieve,
    feed_of,
    framed,
    opening,
    placed,
    unavailable_is_waited,
)
from face.told_out import MattersHeard
from ledger.port import LedgerError

router = APIRouter(prefix="/events", tags=["events"])

ACCESS_CHECKED_EVERY_S: Final = 60.0
POSITION_MAX: Final = 2**53 - 1
SCANNED_MAX: Final = 2000
LIMIT_MAX: Final = 500
MEDIA_TYPE: Final = "text/event-stream"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

ZoneWanted = Annotated[Code | None, Query(description="Only of this zone.", examples=["xinghe"])]
IssueWanted = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}/[A-Za-z0-9._-]{1,64}$",
        description="Only of this issue, as zone/key.",
        examples=["xinghe/A01"],
    ),
]
KindsWanted = Annotated[
    list[Code],
    Query(max_length=100, description="Only of these kinds.", examples=[["issue_accepted"]]),
]
OfWanted = Annotated[
    list[StreamKind],
    Query(
        max_length=len(StreamKind),
        description="Of what: `issue`, `order`, `matter`, or several. Unset: of issues alone.",
        examples=[["issue", "matter"]],
    ),
]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The id of the last event that was seen: goes on behind it, whatever `after` "
        "says. Clients send it by themselves when they come back.",
        examples=["4711"],
    ),
]
_TOLD: Final[dict[str, Any]] = {
    "description": "Events as they are recorded, one JSON object in each `data:`; the id is the "
    "position. A comment comes at least every 15 s, with the position that was looked at.",
    "content": {
        MEDIA_TYPE: {
            "schema": {"type": "object", "description": "One event: `id`, `event`, `data`."},
            "example": 'id: 4711\nevent: issue_accepted\ndata: {"specversion":"1.0",…}\n\n',
        }
    },
}


class EventPage(BaseModel):
    """Some events in the order of their positions. `next` is the `after` of the next page: all up
    to there was looked at. `more`: there is more to look at now."""

    items: list[OutwardEvent]
    next: Annotated[int, Field(ge=0, examples=[4711])]
    more: bool


@router.get(
    "",
    summary="Events as they come",
    response_class=StreamingResponse,
    responses={200: _TOLD, **PROBLEMS(403, 404, 422, 429)},
)
async def stream_events(
    request: Request,
    house: TheHouse,
    caller: Caller,
    zone: ZoneWanted = None,
    issue: IssueWanted = None,
    kinds: KindsWanted = [],  # noqa: B006  # FastAPI copies it
    of: OfWanted = [],  # noqa: B006  # FastAPI copies it
    after: Annotated[
        int | None,
        Query(ge=0, le=POSITION_MAX, description="Begin behind this position; unset: from now on."),
    ] = None,
    last_event_id: LastEventId = None,
) -> StreamingResponse:
    """Follow the issues that the caller may see, the supervision orders and matters too if asked
    for (server-sent events). An enterprise hears of its own lines of a matter alone. No event is
    left out and none comes out of order, however often the connection is lost, as long as
    `Last-Event-ID` comes back."""
    sieve = await _sieve(house, caller, zone, issue, kinds, of)
    reached = await house.desk.ledger.safe_position()
    start = _resumed(last_event_id)
    if start is None:
        start = reached if after is None else after
    feed = feed_of(request, house)
    feed.require_room(caller.id)
    scope = {"zone": zone, "issue": issue, "of": sorted(of) or None, "after": start}
    await noted(house, caller, "follow", scope, reached)

    async def is_still_let_in() -> Sieve | None:
        try:
            again = await house.identity.caller(request)
            if again.id != caller.id:
                return None
            return await _sieve(house, again, zone, issue, kinds, of)
        except (IssueError, UnauthenticatedError):
            return None
        except LedgerError:
            return sieve  # while nobody can be asked nothing is told either

    answer = StreamingResponse(
        _streamed(house, feed, caller, start, sieve, is_still_let_in),
        media_type=MEDIA_TYPE,
        headers=HEADERS,
    )
    answer.headers[POSITION] = str(reached)
    return answer


@router.get("/page", summary="Events by the page", responses=PROBLEMS(403, 404, 422))
async def page_events(
    response: Response,
    house: TheHouse,
    caller: Caller,
    zone: ZoneWanted = None,
    issue: IssueWanted = None,
    kinds: KindsWanted = [],  # noqa: B006  # FastAPI copies it
    of: OfWanted = [],  # noqa: B006  # FastAPI copies it
    after: Annotated[int, Query(ge=0, le=POSITION_MAX, description="Begin behind it.")] = 0,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many at most.")] = 100,
) -> EventPage:
    """Return the next events behind a position, for clients that ask now and then. A page may be
    empty although `more` is true: so much was looked at, and nothing of it was to be told."""
    sieve = await _sieve(house, caller, zone, issue, kinds, of)
    ledger = house.desk.ledger
    reached = await ledger.safe_position()
    scope = {"zone": zone, "issue": issue, "of": sorted(of) or None, "after": after}
    await noted(house, caller, "follow", scope, reached)
    feed, found = Feed(ledger, house.stopping), list[OutwardEvent]()
    place, scanned, is_whole = after, 0, False
    while len(found) < limit and scanned < SCANNED_MAX and not is_whole:
        page = await ledger.follow(place, PAGE)
        is_whole = len(page) < PAGE
        for position, record in page:
            if len(found) == limit:
                is_whole = False
                break
            scanned, place = scanned + 1, position
            if event := await sieve.told(feed, position, record):
                found.append(event)
    if is_whole:
        place = max(place, reached)
    response.headers[POSITION] = str(reached)
    return EventPage(items=found, next=place, more=place < reached)


async def _streamed(
    house: House,
    feed: Feed,
    caller: Principal,
    place: int,
    sieve: Sieve,
    again: Callable[[], Awaitable[Sieve | None]],
) -> AsyncIterator[bytes]:
    """Yield the stream, until the server stops, the client leaves or may see nothing any more."""
    heartbeat, checked_s = Heartbeat(), time.monotonic()
    async with feed.listening(caller.id):
        yield opening(place)
        while not house.stopping.is_set():
            upto, page = place, list[Positioned]()
            with unavailable_is_waited():
                page, upto = await feed.after(place)
                for position, record in page:
                    if house.stopping.is_set():
                        return
                    if event := await sieve.told(feed, position, record):
                        yield framed(event)
                        heartbeat.sent()
                    place = position
                place = upto
            if time.monotonic() - checked_s >= ACCESS_CHECKED_EVERY_S:
                checked_s = time.monotonic()
                fresh = await again()
                if fresh is None:
                    return
                sieve = fresh
            if heartbeat.left_s == 0:
                yield placed(place, "still here")
                heartbeat.sent()
            if len(page) < PAGE:
                await feed.wait(place, min(heartbeat.left_s, 1.0))


async def _sieve(
    house: House,
    caller: Principal,
    zone: str | None,
    issue: str | None,
    kinds: list[str],
    of: list[StreamKind],
) -> Sieve:
    """Return what the caller is told of what they ask for. Raises NotPermittedError for nothing at
    all, UnknownZoneError, UnknownIssueError, InvalidRequestError."""
    told_of = frozenset(of) or ISSUES_ALONE
    require_kinds(kinds, told_of)
    require_of_issues(issue, of)
    of_issue = None if issue is None else issue.partition("/")[0]
    if zone is not None and of_issue not in (None, zone):
        raise InvalidRequestError(
            "The issue is of another zone.", field="issue", value=issue, allowed=f"{zone}/…"
        )
    if issue is not None and of_issue is not None:
        await seen_row(house.desk, caller, Act.FOLLOW, of_issue, issue.partition("/")[2])
    within = await _horizons(house, caller, Act.FOLLOW, zone or of_issue)
    orders = dict[str, Horizon]()
    if StreamKind.ORDER in told_of:
        orders = await _horizons(house, caller, Act.READ_ORDERS, zone)
    return Sieve(
        within,
        issue,
        frozenset(kinds),
        enterprise_of(caller),
        of=told_of,
        orders=orders,
        matters=await _matters(house, caller, within) if StreamKind.MATTER in told_of else {},
    )


async def _matters(
    house: House, caller: Principal, within: dict[str, Horizon]
) -> dict[str, MattersHeard]:
    found = {}
    for zone, each in within.items():
        handbook = (await terms_in_force(house.desk, zone)).handbook
        sight = matter_sight(each, handbook, enterprise_of(caller))
        found[zone] = MattersHeard(sight, handbook)
    return found


async def _horizons(
    house: House, caller: Principal, act: Act, zone: str | None
) -> dict[str, Horizon]:
    """Return how far an act reaches in a zone, or in each. Raises NotPermittedError for nowhere."""
    desk = house.desk
    if zone is not None:
        return {zone: await horizon_in(desk, caller, act, zone)}
    await desk.shelf.in_force(desk.clock.now())
    found = await horizons(desk, caller, act, desk.shelf.zones)
    if not found:
        raise NotPermittedError("You may not do this here.", field="act", value=act.value)
    return {each.zone: each for each in found}


def _resumed(last: str | None) -> int | None:
    """Return the position that a client comes back with. Raises InvalidRequestError."""
    if last is None:
        return None
    if not (last.isascii() and last.isdigit() and len(last) <= len(str(POSITION_MAX))):
        raise InvalidRequestError(
            "This is no id of an event.",
            field="Last-Event-ID",
            value=last,
            allowed="the id of an event of this stream, as it came",
        )
    return min(int(last), POSITION_MAX)
