"""What has counted against whom in a period, and what is parked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from audit.warnings import read_facts
from console.queries.naming import Naming
from desk.desk import Desk
from desk.handbook_versions import THEN, Versions
from domain.access import Horizon
from domain.chain import Record
from domain.days import ONE_DAY, zone_of
from domain.handbook import Handbook
from domain.issue import Issue
from domain.model import Name, to_millisecond
from domain.orders import is_order_stream, read_order_stream
from domain.phases import Phase
from domain.supervision_rules import Card, Period
from domain.warnings import Span, Warned, count, read_span, rule_for
from face.listing import Cursor, asked_of, page_now, read_cursor, text_of
from face.supervised import hears_of
from ledger.lists import PAGE_MAX, Narrowed, Order, Place, Sort
from ledger.port import CommandRow, Ledger

STREAMS_READ_MAX: Final = 3_000
"""So many issues and orders are read while somebody waits; of more the command line counts."""
A_READ: Final = 100
PARKED_SHOWN: Final = 50


class TooMuchToReadError(Exception):
    """More happened in a period than is read while somebody waits for a page."""


@dataclass(frozen=True, slots=True)
class WarningLine:
    """One fact that counts, or counted until it was annulled: behind which issue or order."""

    warned: Warned
    key: str
    of_order: bool


@dataclass(frozen=True, slots=True)
class Warnings:
    """What one unit, or post without one, has in a period."""

    holder: Name
    points: int
    cards: tuple[Card, ...]
    lines: tuple[WarningLine, ...]


@dataclass(frozen=True, slots=True)
class WarningsShown:
    """Warnings of a period by the rule of which version."""

    span: Span
    version: str
    source: str
    units: tuple[Warnings, ...]
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """A parked issue, and when it is looked at again."""

    issue: Issue
    owner: Name
    enterprise: Name
    reason: str
    since_at: datetime
    review_at: datetime | None
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Parked:
    """A page of what is parked, the next review first."""

    lines: tuple[ParkedLine, ...]
    next: str | None


def period_now(handbook: Handbook, today: date) -> str | None:
    """Return the period that the zone's rule counts by today, as it is written; None without a
    rule."""
    rule = None if handbook.supervision is None else handbook.supervision.warnings
    if rule is None:
        return None
    match rule.period:
        case Period.MONTH:
            return f"{today:%Y-%m}"
        case Period.QUARTER:
            return f"{today.year}-Q{(today.month + 2) // 3}"
        case Period.YEAR:
            return f"{today.year}"


async def warnings(desk: Desk, within: Horizon, period: str) -> WarningsShown:
    """Return what counts in a period against whom is in sight. Raises IssueError, and
    TooMuchToReadError."""
    span = read_span(period)
    version = await Versions(desk).counting(within.zone, THEN, span.to_on)
    rule, zone = rule_for(version.handbook, version.name, span), version.calendar.time_zone
    start = datetime.combine(span.from_on - ONE_DAY, time(), tzinfo=zone_of(zone)).astimezone(UTC)
    read = await read_facts(_Moved(desk.ledger, within.zone, start), within.zone, span, zone)
    naming = Naming(version.handbook)
    return WarningsShown(
        span=span,
        version=version.name,
        source=rule.source,
        units=tuple(
            Warnings(
                holder=naming.holder(tally.charged),
                points=tally.points,
                cards=tally.cards,
                lines=tuple(_warning(each) for each in tally.warnings),
            )
            for tally in count(read.facts, rule, span, zone)
            if hears_of(tally.charged, within)
        ),
        cards=rule.cards,
    )


def _warning(warned: Warned) -> WarningLine:
    stream = warned.fact.stream
    if is_order_stream(stream):
        return WarningLine(warned, read_order_stream(stream)[1], of_order=True)
    return WarningLine(warned, stream.partition("/")[2], of_order=False)


class _Moved:
    """The streams of one zone that moved since an instant: what stood still has no fact since."""

    def __init__(self, ledger: Ledger, zone: str, since_at: datetime) -> None:
        self._ledger = ledger
        self._zone = zone
        self._since_at = since_at

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        """Return the events of a stream."""
        return await self._ledger.records(stream, after_version=after_version)

    async def commands(self, stream: str) -> list[CommandRow]:
        """Return the commands of a stream."""
        return await self._ledger.commands(stream)

    async def terms(self, hash_: str) -> str | None:
        """Return the text of some terms."""
        return await self._ledger.terms(hash_)

    async def streams(self, *, batch: int = A_READ) -> AsyncIterator[str]:
        """Yield the streams, no more than are read while somebody waits."""
        told = 0
        async for stream in self._every(batch):
            told += 1
            if told > STREAMS_READ_MAX:
                raise TooMuchToReadError
            yield stream

    async def _every(self, batch: int) -> AsyncIterator[str]:
        whole, place = Horizon(zone=self._zone, whole=True), None
        order, more = Order(Sort.CHANGED, descending=True), True
        while more:
            rows = await self._ledger.listed(
                whole,
                Narrowed(zone=self._zone),
                order,
                at=self._since_at,
                after=place,
                limit=min(batch, PAGE_MAX),
            )
            for each in rows:
                if each.row.issue.changed_at < self._since_at:
                    more = False
                    break
                yield each.row.issue.stream
            more = more and len(rows) == min(batch, PAGE_MAX)
            place = rows[-1].place if rows else None
        async for stream in self._orders(batch):
            yield stream

    async def _orders(self, batch: int) -> AsyncIterator[str]:
        last, more = "", True
        while more:
            page = await self._ledger.find_orders(
                zone=self._zone, moved_since=self._since_at, after=last, limit=batch
            )
            for row in page:
                yield row.order.stream
            more = len(page) == batch
            last = page[-1].order.stream if page else last


async def parked(desk: Desk, handbook: Handbook, within: Horizon, after: str | None) -> Parked:
    """Return a page of what is parked in sight, the next review first. Raises
    InvalidRequestError."""
    at = to_millisecond(desk.clock.now())
    filters, order = Narrowed(zone=within.zone, phase=Phase.PARKED), Order(Sort.DEADLINE_AT)
    asked = asked_of(filters, order, {"of": "parked"})
    place: Place | None = None
    if after is not None:
        cursor: Cursor = read_cursor(after, asked, order)
        place = cursor.place
    page = await page_now(
        desk.ledger,
        [within],
        filters,
        order,
        at=at,
        asked=asked,
        after=place,
        limit=PARKED_SHOWN,
    )
    naming = Naming(handbook)
    lines = []
    for row in page.rows:
        issue, parking = row.issue, row.issue.parking
        if parking is None:
            continue
        rule = (await desk.shelf.version(issue.terms)).handbook.parking
        clock = None if rule is None else issue.clock(rule.review)
        review_at = None if clock is None else clock.due_at
        lines.append(
            ParkedLine(
                issue=issue,
                owner=naming.post(issue.owner),
                enterprise=naming.enterprise(issue.enterprise),
                reason=parking.reason,
                since_at=parking.since_at,
                review_at=review_at,
                is_overdue=review_at is not None and review_at < at,
            )
        )
    return Parked(tuple(lines), None if page.next is None else text_of(page.next))
