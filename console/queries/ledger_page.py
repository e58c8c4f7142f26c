"""The ledger as a page to be printed: issues in the order in which they were reported."""

from dataclasses import dataclass
from typing import Final

from console.queries.naming import Naming
from desk.desk import Desk
from domain.access import Horizon
from domain.handbook import Handbook
from domain.issue import Issue
from domain.model import Name, to_millisecond
from face.listing import asked_of, page_now, read_cursor, text_of
from ledger.lists import Narrowed, Order, Sort

SHOWN: Final = 100
NEWEST: Final = Order(Sort.REPORTED_AT, descending=True)


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
    """A page of the ledger, the last reported first, and where the next one begins."""

    lines: tuple[LedgerLine, ...]
    next: str | None


async def ledger_page(
    desk: Desk, handbook: Handbook, within: Horizon, filters: Narrowed, after: str | None
) -> LedgerPage:
    """Return a page of the issues in sight that fit. Raises InvalidRequestError."""
    asked = asked_of(filters, NEWEST, {"list": "ledger"})
    page = await page_now(
        desk.ledger,
        [within],
        filters,
        NEWEST,
        at=to_millisecond(desk.clock.now()),
        asked=asked,
        after=None if after is None else read_cursor(after, asked, NEWEST).place,
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
        next=None if page.next is None else text_of(page.next),
    )
