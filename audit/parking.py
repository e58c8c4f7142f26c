"""Parked issues (R11): in no rate of success, and always in a published count."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nsmallest
from typing import Protocol

from audit.facts import Facts, terms_reader
from domain.issue import Issue, Parking
from domain.phases import Phase
from domain.terms import Terms
from ledger.port import IssueRow
from ledger.publications import OpenRow

PAGE = 500
NEVER = datetime.max.replace(tzinfo=UTC)


class ParkingFacts(Facts, Protocol):
    """The part of a ledger that parked issues are read from."""

    async def find(
        self,
        *,
        zone: str | None = None,
        phase: str | None = None,
        open_only: bool = False,
        after: str = "",
        limit: int = 100,
    ) -> list[IssueRow]:
        """Return issues ordered by stream, after stream `after`."""
        ...

    async def open_by_owner(self, zone: str) -> list[OpenRow]:
        """Count the open issues of a zone, by their terms and the post that owns them."""
        ...


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked issue. `review_at` is its next review, None if no clock of the kind runs."""

    issue: Issue
    parking: Parking
    terms: Terms
    review_at: datetime | None

    @property
    def rank(self) -> tuple[datetime, str]:
        """Return its place among others, the next review first."""
        return self.review_at or NEVER, self.issue.stream


@dataclass(frozen=True, slots=True)
class ParkingLot:
    """How many issues are parked and how many are open at all, parked ones among them, by zone.

    `issues` are the first by their next review. `overdue` counts those whose review should have
    been before `at`.
    """

    at: datetime
    parked: dict[str, int]
    open: dict[str, int]
    overdue: int
    issues: tuple[Parked, ...]


async def parking_lot(
    ledger: ParkingFacts,
    *,
    zones: Sequence[str],
    at: datetime,
    limit: int = 100,
    fits: Callable[[Issue], bool] | None = None,
) -> ParkingLot:
    """Return what is parked in `zones`, read a page at a time; at most `limit` issues by name.
    With `fits`, of those issues alone."""
    terms_of = terms_reader(ledger)
    counts: Counter[str] = Counter()
    overdue, kept = 0, list[Parked]()
    for zone in zones:
        after, more = "", True
        while more:
            rows = await ledger.find(zone=zone, phase=Phase.PARKED, after=after, limit=PAGE)
            found = [
                _parked(row.issue, await terms_of(row.issue.terms))
                for row in rows
                if fits is None or fits(row.issue)
            ]
            counts[zone] += len(found)
            overdue += sum(p.review_at is not None and p.review_at < at for p in found)
            kept = nsmallest(limit, [*kept, *found], key=lambda each: each.rank)
            more = len(rows) == PAGE
            after = rows[-1].issue.stream if rows else ""
    return ParkingLot(
        at=at,
        parked={zone: counts[zone] for zone in zones},
        open={zone: await _open(ledger, zone, fits) for zone in zones},
        overdue=overdue,
        issues=tuple(kept),
    )


async def _open(ledger: ParkingFacts, zone: str, fits: Callable[[Issue], bool] | None) -> int:
    if fits is None:
        return sum(row.count for row in await ledger.open_by_owner(zone))
    count, after, more = 0, "", True
    while more:
        rows = await ledger.find(zone=zone, open_only=True, after=after, limit=PAGE)
        count += sum(fits(row.issue) for row in rows)
        more = len(rows) == PAGE
        after = rows[-1].issue.stream if rows else ""
    return count


def _parked(issue: Issue, terms: Terms) -> Parked:
    if issue.parking is None:
        msg = f"{issue.stream} is parked and does not say since when"
        raise ValueError(msg)
    rule = terms.handbook.parking
    clock = None if rule is None else issue.clock(rule.review)
    return Parked(issue, issue.parking, terms, None if clock is None else clock.due_at)
