"""What a ledger keeps of what issues tell, so that like ones are found (R10.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from domain.events import IssueReported
from domain.events_of_import import IssueImported
from domain.issue import stream_name
from domain.likeness import bigrams, plain

if TYPE_CHECKING:
    from domain.chain import Record
    from ledger.port import Changes, CommandRow


@dataclass(frozen=True, slots=True)
class TextRow:
    """An issue's text as it is compared: letters and digits, and its pairs of characters."""

    stream: str
    zone: str
    reported_at: datetime
    plain: str
    bigrams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LikeRow:
    """An issue that shares pairs of characters with a text, and what is compared of it."""

    stream: str
    shared: int
    plain: str
    title: str
    enterprise: str
    category: str
    phase: str
    outcome: str | None
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """How many suggestions by one method were accepted, or refused."""

    method: str
    same: bool
    count: int


class Texts(Protocol):
    """The part of a ledger that looking for like issues needs."""

    async def first_command(self, stream: str) -> "CommandRow | None":
        """Return the command that a stream begins with."""
        ...

    async def command(self, stream: str, id_: str) -> "CommandRow | None":
        """Return the decided command of a stream that was sent under an id."""
        ...

    async def like(
        self, zone: str, pairs: Sequence[str], *, since: datetime, limit: int
    ) -> list[LikeRow]:
        """Return the issues of a zone, reported since then, that share most of `pairs`: most
        first, then the newest."""
        ...

    async def unread_reports(self, zone: str, *, after: str, limit: int) -> "list[Record]":
        """Return the reports whose text has no row of its own yet, by stream, after `after`."""
        ...

    async def put_texts(self, rows: Sequence[TextRow]) -> None:
        """Keep the texts of reports that had none."""
        ...

    async def judged(self, zone: str) -> list[JudgedRow]:
        """Count the judged suggestions of a zone, by method and verdict: of what was said of one
        suggestion of an issue by one method, the last."""
        ...


def text_row(zone: str, key: str, reported: IssueReported | IssueImported) -> TextRow:
    """Return what is kept of a report's text, or of an imported issue's."""
    told = plain(reported.title, reported.text)
    at = reported.reported_at if isinstance(reported, IssueImported) else reported.at
    return TextRow(stream_name(zone, key), zone, at, told.whole, bigrams(told.whole))


def text_of(changes: "Changes") -> TextRow | None:
    """Return the text that a command writes: that which an issue begins with, of others none."""
    first = changes.records[0] if changes.records else None
    if first is None or first.version != 1 or changes.issue is None:
        return None
    reported = first.event
    if not isinstance(reported, IssueReported | IssueImported):
        return None
    return text_row(changes.issue.zone, changes.issue.key, reported)
