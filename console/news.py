"""News for open pages: that something happened which their reader may see, never what.

A page that is told asks its own address again, so that what it shows always comes from one query.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from console.visit import InZone, Visit, ZoneVisit, zone_visit_of
from domain.access import Act
from domain.errors import IssueError
from domain.streams import StreamKind
from face.elsewhere import enterprise_of
from face.looked import noted
from face.matters import matter_sight
from face.problems import UnauthenticatedError
from face.sse import (
    PAGE,
    Feed,
    Heartbeat,
    Positioned,
    Sieve,
    feed_of,
    opening,
    placed,
    unavailable_is_waited,
)
from face.told_out import MattersHeard
from ledger.port import LedgerError

router = APIRouter(include_in_schema=False)

MEDIA_TYPE: Final = "text/event-stream"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
AT_MOST_EVERY_S: Final = 1.0
BEHIND_MAX: Final = 2000
"""Whoever comes back later than so many events is told at once that something moved."""

Place = Annotated[int, Query(ge=0, lt=1 << 63)]
Heard = Annotated[str, Header(alias="Last-Event-ID", max_length=20)]


@router.get("/{zone}/news")
async def news(visit: InZone, after: Place | None = None, heard: Heard = "") -> StreamingResponse:
    """Send `moved` whenever an issue or a matter within the visitor's sight moved, or its own lines
    of one, once a second at most.

    `after`: the position the page was read at; what happened between that and this request is
    told too, as is what happened while a browser was away that says what it heard last.
    """
    sieve = _sieve(visit)
    feed = feed_of(visit.request, visit.house)
    feed.require_room(visit.caller.id)
    place = min(visit.place, _asked_from(after, heard, visit.place))
    await noted(visit.house, visit.caller, "follow", {"zone": visit.zone, "of": "news"}, place)
    return StreamingResponse(
        _told(visit, feed, sieve, place), media_type=MEDIA_TYPE, headers=HEADERS
    )


def _asked_from(after: int | None, heard: str, now: int) -> int:
    if heard.isascii() and heard.isdecimal():
        return max(int(heard), after or 0)
    return now if after is None else after


async def _told(visit: ZoneVisit, feed: Feed, sieve: Sieve, place: int) -> AsyncIterator[bytes]:
    # News put a heartbeat off, but not the question whether their hearer may still have them.
    heartbeat, asking, stopping = Heartbeat(), Heartbeat(), visit.house.stopping
    async with feed.listening(visit.caller.id):
        yield opening(place)
        if visit.place - place > BEHIND_MAX:
            place = visit.place
            yield _moved(place)
        while not stopping.is_set():
            page, moved = list[Positioned](), False
            with unavailable_is_waited():
                page, place = await feed.after(place)
                for position, record in page:
                    moved = moved or await sieve.told(feed, position, record) is not None
            if moved:
                yield _moved(place)
                heartbeat.sent()
            if asking.left_s == 0:
                let_in = await _let_in_again(visit, sieve)
                if let_in is None:
                    return
                sieve = let_in
                asking.sent()
            if heartbeat.left_s == 0:
                yield placed(place, "still here")
                heartbeat.sent()
            if len(page) < PAGE:
                await feed.wait(place, min(heartbeat.left_s, AT_MOST_EVERY_S))


def _moved(place: int) -> bytes:
    return b"id: %d\nevent: moved\ndata: %d\n\n" % (place, place)


def _sieve(visit: ZoneVisit) -> Sieve:
    within, own = visit.within(Act.FOLLOW), enterprise_of(visit.caller)
    heard = MattersHeard(matter_sight(within, visit.handbook, own), visit.handbook)
    return Sieve(
        {visit.zone: within},
        enterprise=own,
        of=frozenset({StreamKind.ISSUE, StreamKind.MATTER}),
        matters={visit.zone: heard},
    )


async def _let_in_again(visit: ZoneVisit, sieve: Sieve) -> Sieve | None:
    """Return what the visitor may see by now, None once the session is over or the zone closed to
    them."""
    house = visit.house
    try:
        again = await house.identity.caller(visit.request)
        if again.id != visit.caller.id:
            return None
        anew = Visit(visit.request, house, again, visit.language, house.desk.clock.now())
        there = await zone_visit_of(anew, visit.zone)
        return _sieve(there)
    except (IssueError, UnauthenticatedError):
        return None
    except LedgerError:
        return sieve  # while nobody can be asked nothing is told either
