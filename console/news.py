"""News for open pages: that something happened which their reader may see, never what.

A page that is told asks its own address again, so that what it shows always comes from one query.
"""

from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from console.visit import InZone, Visit, ZoneVisit, zone_visit_of
from domain.access import Act
from domain.errors import IssueError
from face.looked import noted
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
from ledger.port import LedgerError

router = APIRouter(include_in_schema=False)

MEDIA_TYPE: Final = "text/event-stream"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
AT_MOST_EVERY_S: Final = 1.0


@router.get("/{zone}/news")
async def news(visit: InZone) -> StreamingResponse:
    """Send `moved` whenever an issue within the visitor's sight moved, once a second at most."""
    sieve = Sieve({visit.zone: visit.within(Act.FOLLOW)})
    feed = feed_of(visit.request, visit.house)
    feed.require_room(visit.caller.id)
    start = await visit.house.desk.ledger.safe_position()
    await noted(visit.house, visit.caller, "follow", {"zone": visit.zone, "of": "news"}, start)
    return StreamingResponse(
        _told(visit, feed, sieve, start), media_type=MEDIA_TYPE, headers=HEADERS
    )


async def _told(visit: ZoneVisit, feed: Feed, sieve: Sieve, place: int) -> AsyncIterator[bytes]:
    # News put a heartbeat off, but not the question whether their hearer may still have them.
    heartbeat, asking, stopping = Heartbeat(), Heartbeat(), visit.house.stopping
    async with feed.listening(visit.caller.id):
        yield opening(place)
        while not stopping.is_set():
            page, moved = list[Positioned](), False
            with unavailable_is_waited():
                page, place = await feed.after(place)
                for _, record in page:
                    moved = moved or await sieve.lets_through(feed, record)
            if moved:
                yield b"id: %d\nevent: moved\ndata: %d\n\n" % (place, place)
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
        return Sieve({visit.zone: there.within(Act.FOLLOW)})
    except (IssueError, UnauthenticatedError):
        return None
    except LedgerError:
        return sieve  # while nobody can be asked nothing is told either
