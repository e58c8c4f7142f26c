"""What a day asks for and what happened in it, a page at a time: the lists behind its counts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from domain.access import Horizon
from ledger.dashboards import Card, Dashboards
from ledger.lists import Place

PAGE_MAX: Final = 200


class DayOf(StrEnum):
    """Issues by what happened to them in a day, or will; closed ones among them."""

    DUE_TODAY = "due_today"
    REPORTED = "reported"
    ESCALATED = "escalated"
    REJECTED = "rejected"
    SILENT = "silent"


KINDS: Final[dict[DayOf, str]] = {
    DayOf.REPORTED: "issue_reported",
    DayOf.ESCALATED: "issue_escalated",
    DayOf.REJECTED: "resolution_rejected",
    DayOf.SILENT: "sign_off_lapsed",
}
"""The events that lists of what happened are of."""


@dataclass(frozen=True, slots=True)
class DayList:
    """A page of such a list, and how many issues there are in all. `next`: where to go on, None at
    the end; its value is when it turns red, or when it happened last."""

    count: int
    cards: tuple[Card, ...]
    next: Place | None


class DayLists(Dashboards, Protocol):
    """The part of a ledger that boards, dashboards and these lists are read from."""

    async def of_day(
        self,
        horizon: Horizon,
        of: DayOf,
        *,
        at: datetime,
        from_at: datetime,
        to_at: datetime,
        after: Place | None = None,
        limit: int = 50,
    ) -> DayList:
        """Return the issues that turn red after `at` and by `to_at`, the soonest first; or those to
        which it happened from `from_at` on, the last first, each once: at most `limit` (to 200),
        behind `after`."""
        ...


def page_of(limit: int) -> int:
    """Return how many issues a page has at most."""
    return max(1, min(limit, PAGE_MAX))
