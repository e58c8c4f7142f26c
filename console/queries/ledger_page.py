"""The ledger as a page to be printed: issues in the order in which they were reported."""

from dataclasses import dataclass, replace
from typing import Final

from console.queries.naming import Naming
from desk import travelling
from desk.desk import Desk
from domain.access import Horizon
from domain.days import from_ms
from domain.handbook import Handbook
from domain.issue import Issue
from domain.model import Name, to_millisecond
from domain.sight import Sight
from face.listing import asked_of, page_then, read_cursor, text_of
from ledger.lists import NEWEST, Narrowed

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An issue as the ledger has it."""

    issue: Issue
    enterprise: Name
    category: Name
    owner: Name
    handler: Name
    tier: Name


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """A page of the ledger as it stood at a position, the last reported first, and where the next
    page begins."""

    lines: tuple[LedgerLine, ...]
    sight: Sight
    next: str | None


async def ledger_page(
    desk: Desk, handbook: Handbook, within: Horizon, filters: Narrowed, after: str | None
) -> LedgerPage:
    """Return a page of the issues in sight that fit; one behind another as the first one stood.
    Raises InvalidRequestError."""
    asked = asked_of(filters, NEWEST, {"list": "ledger"})
    cursor = None if after is None else read_cursor(after, asked, NEWEST)
    sight = await sight_at(desk, None if cursor is None else cursor.position)
    page = await page_then(
        desk.ledger,
        [within],
        filters,
        NEWEST,
        sight,
        asked=asked,
        after=None if cursor is None else cursor.place,
        limit=SHOWN,
    )
    naming = Naming(handbook)
    return LedgerPage(
        lines=tuple(
            LedgerLine(
                issue=row.issue,
                enterprise=naming.enterprise(row.issue.enterprise),
                category=naming.category(row.issue.category),
                owner=naming.post(row.issue.owner),
                handler=naming.post(row.issue.handler),
                tier=naming.tier(row.issue.tier),
            )
            for row in page.rows
        ),
        sight=sight,
        next=None if page.next is None else text_of(page.next),
    )


async def sight_at(desk: Desk, position: int | None, moment_ms: int | None = None) -> Sight:
    """Return the ledger's sight at a position, the last one if none is named, as it was looked at
    at a moment. Raises InvalidRequestError for a position that is still to come."""
    sight = await travelling.sight_of(desk, position)
    if position is None or moment_ms is None:
        return sight
    looked_at = min(from_ms(moment_ms), to_millisecond(desk.clock.now()))
    return replace(sight, at=max(sight.at, looked_at))
