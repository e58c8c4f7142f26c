"""Issues that may be the same matter as another: suggested to people, never merged (R10.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pydantic import ValidationError
from rapidfuzz import fuzz

from desk.desk import Desk
from domain.chain import Record
from domain.errors import UnknownIssueError
from domain.events import IssueReported
from domain.events_of_import import IssueImported
from domain.handbook import Handbook
from domain.issue import Issue, stream_name
from domain.likeness import (
    METHOD,
    PAIRS_ASKED_MAX,
    SUGGESTED_FROM,
    Place,
    Plain,
    bigrams,
    normalised,
    plain,
    score,
)
from domain.model import to_millisecond
from domain.organization import enterprise
from ledger.texts import LikeRow, TextRow, text_row

log = structlog.get_logger()

PAGE = 500
UNREAD_MAX = 20_000
"""How many reports from before the texts were kept are read at one call."""
CANDIDATES_MAX = 200
SUGGESTIONS_MAX = 5
LOOKED_BACK = timedelta(days=730)
TITLE_CHARACTERS_MIN = 6
WITHIN_PERCENT = 90
"""What a title that stands in a longer text counts beside one that is the same."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a new report would tell, or an issue has told."""

    enterprise: str
    category: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An issue that may be the same matter: how like, from 0 to 100, and why."""

    key: str
    score: int
    text_percent: int
    same_enterprise: bool
    same_category: bool
    place: Place
    row: LikeRow
    method: str = METHOD


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of the suggestions by one method. `precision_percent` is of all that were
    judged, None while there are none."""

    method: str
    accepted: int
    refused: int

    @property
    def judged(self) -> int:
        """Return how many somebody has judged."""
        return self.accepted + self.refused

    @property
    def precision_percent(self) -> float | None:
        """Return how many of those were the same matter."""
        return round(100 * self.accepted / self.judged, 1) if self.judged else None


class LikeIssues:
    """Finds issues that tell the like."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of_issue(self, zone: str, key: str) -> list[Suggestion]:
        """Return what may be the same matter as an issue; what is linked with it or was judged
        before is left out. Raises UnknownIssueError."""
        issue = (await self._desk.row(zone, key)).issue
        records = await self._desk.ledger.records(issue.stream)
        reported = records[0].event if records else None
        if not isinstance(reported, IssueReported | IssueImported):
            raise UnknownIssueError("The issue has no report.", field="key", value=key)
        told = Told(issue.enterprise, issue.category, reported.title, reported.text)
        return await self._found(zone, told, _known(issue))

    async def of_report(self, zone: str, told: Told) -> list[Suggestion]:
        """Return what may be the same matter as a report that is about to be made."""
        return await self._found(zone, told, frozenset())

    async def judged(self, zone: str) -> list[Judged]:
        """Return how suggestions have fared, by method. Raises UnknownZoneError."""
        await self._handbook(zone)
        counts: dict[str, dict[bool, int]] = {}
        for row in await self._desk.ledger.judged(zone):
            counts.setdefault(row.method, {})[row.same] = row.count
        return [
            Judged(method, verdicts.get(True, 0), verdicts.get(False, 0))
            for method, verdicts in sorted(counts.items())
        ]

    async def fill(self, zone: str) -> int:
        """Read the reports whose text was not kept yet, at most `UNREAD_MAX`; return how many."""
        after, read = "", 0
        while read < UNREAD_MAX:
            page = await self._desk.ledger.unread_reports(zone, after=after, limit=PAGE)
            if not page:
                break
            await self._desk.ledger.put_texts([row for row in map(_text, page) if row is not None])
            after, read = page[-1].stream, read + len(page)
        return read

    async def _found(self, zone: str, told: Told, known: frozenset[str]) -> list[Suggestion]:
        handbook = await self._handbook(zone)
        await self.fill(zone)
        asked = plain(told.title, told.text)
        rows = await self._desk.ledger.like(
            zone,
            bigrams(asked.whole, PAIRS_ASKED_MAX),
            since=self._now() - LOOKED_BACK,
            limit=CANDIDATES_MAX,
        )
        suggested = [
            suggestion
            for row in rows
            if row.stream not in known
            and (suggestion := _compared(handbook, told, asked, row)).score >= SUGGESTED_FROM
        ]
        suggested.sort(key=lambda each: (-each.score, -each.text_percent, each.key))
        return suggested[:SUGGESTIONS_MAX]

    async def _handbook(self, zone: str) -> Handbook:
        return (await self._desk.shelf.current(zone, self._now())).handbook

    def _now(self) -> datetime:
        return to_millisecond(self._desk.clock.now())


def _known(issue: Issue) -> frozenset[str]:
    others = (issue.key, *issue.suggestions, *(tie.other for tie in issue.ties))
    return frozenset(stream_name(issue.zone, key) for key in others)


def _text(record: Record) -> TextRow | None:
    """Return the text of a report; one that cannot be read holds up no other."""
    zone, _, key = record.stream.partition("/")
    try:
        reported = record.event
    except (ValidationError, ValueError, KeyError) as error:
        log.warning("report_not_read", stream=record.stream, why=str(error))
        return None
    if not isinstance(reported, IssueReported | IssueImported):
        return None
    return text_row(zone, key, reported)


def _compared(handbook: Handbook, told: Told, asked: Plain, row: LikeRow) -> Suggestion:
    percent = text_percent(asked, Plain(normalised(row.title), row.plain))
    same_enterprise = row.enterprise == told.enterprise
    same_category = row.category == told.category
    place = _place(handbook, told.enterprise, row.enterprise)
    return Suggestion(
        key=row.stream.partition("/")[2],
        score=score(
            percent, same_enterprise=same_enterprise, same_category=same_category, place=place
        ),
        text_percent=percent,
        same_enterprise=same_enterprise,
        same_category=same_category,
        place=place,
        row=row,
    )


def text_percent(one: Plain, other: Plain) -> int:
    """Return how alike two texts are: their titles whole, or the whole of one where a title of the
    other stands in it, or all that both tell."""
    titles = fuzz.ratio(one.title, other.title)
    wholes = fuzz.ratio(one.whole, other.whole)
    within = max(
        _within(one.title, other.whole),
        _within(other.title, one.whole),
    )
    return int(max(titles, wholes, within))


def _within(title: str, whole: str) -> float:
    """A title that stands nearly word for word in another text; a short one stands in many."""
    if not TITLE_CHARACTERS_MIN <= len(title) <= len(whole):
        return 0
    return WITHIN_PERCENT * fuzz.partial_ratio(title, whole) / 100


def _place(handbook: Handbook, one: str, other: str) -> Place:
    """Compare by the handbook in force; an enterprise that it does not hold is elsewhere."""
    here, there = enterprise(handbook, one), enterprise(handbook, other)
    if here is None or there is None:
        return Place.ELSEWHERE
    if here.grid == there.grid:
        return Place.SAME_GRID
    areas = (handbook.grids_by_id[here.grid].area, handbook.grids_by_id[there.grid].area)
    return Place.SAME_AREA if areas[0] == areas[1] else Place.ELSEWHERE
