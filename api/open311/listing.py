"""Service requests of a stretch of time, newest first, a page at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.open311.faults import Open311Error
from api.open311.forms import RequestStatus
from domain.access import Horizon
from domain.issue import Issue
from domain.phases import Phase
from ledger.lists import Lists, Narrowed, Order, Place, Sort

SPAN: Final = timedelta(days=90)
RETURNED_MAX: Final = 1000
PASSED_MAX: Final = 50_000
"""How many requests may lie before a page: behind them, dates lead faster than pages."""
READ_AT_ONCE: Final = 201
LAST_STREAM: Final = "~"
"""Sorts behind every name of a stream."""
NEWEST_FIRST: Final = Order(Sort.REPORTED_AT, descending=True)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when requests were made, both included."""

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for; empty `codes` or `statuses` are all of them."""

    span: Span
    codes: Collection[str] = ()
    statuses: Collection[RequestStatus] = ()
    page: int = 1
    page_size: int = RETURNED_MAX


def span_of(begins_at: datetime | None, ends_at: datetime | None, now: datetime) -> Span:
    """Return the stretch that two dates mean: 90 days at most, and if one is left out, 90 days from
    the other; without both the last 90. Raises Open311Error."""
    if ends_at is None:
        ends_at = now if begins_at is None else _later(begins_at)
    if begins_at is None:
        begins_at = _earlier(ends_at)
    if begins_at > ends_at:
        raise Open311Error(400, "start_date comes after end_date.")
    if ends_at - begins_at > SPAN:
        raise Open311Error(400, f"start_date and end_date span more than {SPAN.days} days.")
    return Span(begins_at, ends_at)


def _later(at: datetime) -> datetime:
    return at + min(SPAN, datetime.max.replace(tzinfo=UTC) - at)


def _earlier(at: datetime) -> datetime:
    return at - min(SPAN, at - datetime.min.replace(tzinfo=UTC))


async def issues_wanted(
    ledger: Lists, within: Horizon, wanted: Wanted, now: datetime
) -> list[Issue]:
    """Return the issues of a page, newest first. Raises Open311Error for a page too far back."""
    to_pass = (wanted.page - 1) * wanted.page_size
    if to_pass > PASSED_MAX:
        raise Open311Error(
            400, f"page: at most {PASSED_MAX} requests may lie before it; narrow the dates instead."
        )
    found: list[Issue] = []
    after: Place | None = Place(LAST_STREAM, wanted.span.ends_at)
    while after is not None:
        page = await ledger.listed(
            within, _filters(within, wanted), NEWEST_FIRST, at=now, after=after, limit=READ_AT_ONCE
        )
        for each in page:
            issue = each.row.issue
            if issue.reported_at < wanted.span.begins_at:
                return found
            if wanted.codes and issue.category not in wanted.codes:
                continue
            if to_pass:
                to_pass -= 1
                continue
            found.append(issue)
            if len(found) == wanted.page_size:
                return found
        after = page[-1].place if len(page) == READ_AT_ONCE else None
    return found


def _filters(within: Horizon, wanted: Wanted) -> Narrowed:
    one = next(iter(wanted.codes)) if len(wanted.codes) == 1 else None
    only = next(iter(wanted.statuses)) if len(set(wanted.statuses)) == 1 else None
    return Narrowed(
        zone=within.zone,
        category=one,
        open_only=only is RequestStatus.OPEN,
        phase=Phase.CLOSED.value if only is RequestStatus.CLOSED else None,
    )
