"""What a ledger tells of the past: issues as they stood, read page by page (I2, I20)."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import structlog

from domain.issue import Issue
from domain.sight import Sight, folded, seen_from

if TYPE_CHECKING:
    from domain.chain import Record
    from ledger.port import IssueRow

log = structlog.get_logger()

UNREADABLE = (ValueError, KeyError, TypeError)
"""What telling an issue raises if its events are not what was written."""

PAGE = 100
"""How many issues are held at once, with all their events."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list can be narrowed by. `overdue`: a deadline had passed by the instant looked at."""

    zone: str | None = None
    phase: str | None = None
    owner: str | None = None
    category: str | None = None
    report_id: str | None = None
    overdue: bool = False
    open_only: bool = False

    def named(self, at: datetime) -> dict[str, object]:
        """Return those that are set and that an issue's row is compared with, by name."""
        given: dict[str, object] = {
            "zone": self.zone,
            "phase": self.phase,
            "owner": self.owner,
            "category": self.category,
            "report_id": self.report_id,
            "overdue_at": at if self.overdue else None,
        }
        return {name: value for name, value in given.items() if value is not None}

    def fit(self, issue: Issue, at: datetime) -> bool:
        """Return whether an issue that stood so belongs on the list."""
        deadline = issue.deadline
        due_at = None if deadline is None else deadline.due_at
        return (
            self.zone in (None, issue.zone)
            and self.phase in (None, issue.phase.value)
            and self.owner in (None, issue.owner)
            and self.category in (None, issue.category)
            and self.report_id in (None, issue.report_id)
            and (not self.overdue or (due_at is not None and due_at < at))
            and (issue.is_open or not self.open_only)
        )


EVERY = Filters()


@dataclass(frozen=True, slots=True)
class Kept:
    """An issue that may have stood so. `issue`, with its `hash`, is given if all that the ledger
    has of it is seen, hence fits; else it must be told from its records."""

    stream: str
    issue: Issue | None = None
    hash: str = ""


class Pages(Protocol):
    """What the past is told from, page by page."""

    async def records_seen(
        self, streams: Sequence[str], *, position: int, known_at: datetime | None = None
    ) -> "list[Record]":
        """Return the events of some streams, none above `position` or recorded after `known_at`, by
        stream and version."""
        ...

    async def kept(self, sight: Sight, filters: Filters, *, after: str, limit: int) -> list[Kept]:
        """Return the issues that may have stood so, by stream, after stream `after`."""
        ...


class AsOf(Pages, Protocol):
    """The part of a ledger that the past is read from."""

    async def safe_position(self) -> int:
        """Return the position at and below which no event can appear any more."""
        ...

    async def positions(self, stream: str, *, from_version: int = 1) -> list[int]:
        """Return the positions of a stream's events from a version on, in order of version."""
        ...

    async def position_at(self, position: int) -> datetime | None:
        """Return when the last event at or below a position was recorded, None before the first."""
        ...

    async def undelivered_then(
        self, versions: Mapping[str, int], at: datetime
    ) -> dict[str, tuple[str, ...]]:
        """Return by stream the notices, up to a version of each, that had not been delivered by
        `at`: oldest first, at most 20 of each."""
        ...


async def stood(
    ledger: Pages,
    sight: Sight,
    filters: Filters = EVERY,
    *,
    after: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> "AsyncIterator[IssueRow]":
    """Yield the issues that fit as they stood, by stream; no more than a page of them is held.

    `progress` is told how many were looked at. One that cannot be read is logged and passed over.
    """
    looked_at = 0
    while True:
        page = await ledger.kept(sight, filters, after=after, limit=PAGE)
        for row in await stood_of(ledger, sight, filters, page):
            yield row
        looked_at += len(page)
        progress(looked_at)
        if len(page) < PAGE:
            return
        after = page[-1].stream


async def stood_of(
    ledger: Pages, sight: Sight, filters: Filters, kept: Sequence[Kept]
) -> "list[IssueRow]":
    """Return those of some issues that fit as they stood, in their order. One that cannot be read
    is logged and passed over."""
    told = await _told(ledger, sight, [each.stream for each in kept if each.issue is None])
    found = []
    for each in kept:
        row = told.get(each.stream) if each.issue is None else row_of(each.issue, each.hash)
        if row is not None and (each.issue or filters.fit(row.issue, sight.at)):
            found.append(row)
    return found


async def _told(ledger: Pages, sight: Sight, streams: Sequence[str]) -> "dict[str, IssueRow]":
    """Tell from their records those of some issues that were there."""
    by_stream: dict[str, list[Record]] = {stream: [] for stream in streams}
    if streams:
        for record in await ledger.records_seen(
            streams, position=sight.position, known_at=sight.known_at
        ):
            by_stream[record.stream].append(record)
    found: dict[str, IssueRow] = {}
    skipped: list[tuple[str, str]] = []
    for stream, records in by_stream.items():
        try:
            row = told_row(sight, records)
        except UNREADABLE as error:
            skipped.append((stream, type(error).__name__))
            continue
        if row is not None:
            found[stream] = row
    for stream, why in skipped:
        log.error("stream_skipped", stream=stream, why=why)
    return found


def told_row(sight: Sight, records: "Sequence[Record]") -> "IssueRow | None":
    """Return an issue as its records tell it from a sight, None if it was not there."""
    seen = seen_from(sight, records)
    issue = folded(seen)
    return None if issue is None else row_of(issue, seen[-1].hash)


def row_of(issue: Issue, hash_: str) -> "IssueRow":
    """Return an issue of the past as lists have it: nothing waits for it."""
    from ledger.port import IssueRow

    return IssueRow(issue, hash_, armed_due_at=None, answered=False, notices=())
