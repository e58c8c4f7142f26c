"""What a ledger keeps of links between issues, and of what these have still to tell each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.canonical import canonical
from domain.errands import Errand
from domain.events import Event, IssueReported
from domain.events_of_kin import (
    ChildAdded,
    ChildReleased,
    IssueLinked,
    IssueUnlinked,
    IssueUnmerged,
    MergedInto,
)
from domain.issue import stream_name
from domain.matters.errands import MatterErrand
from domain.phases import LinkType

ERROR_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True)
class LinkRow:
    """`from_key` stands so to `to_key`, both of `zone`: read "from_key <type> to_key"."""

    zone: str
    type: str
    from_key: str
    to_key: str


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A link that a command made, or undid."""

    row: LinkRow
    added: bool


@dataclass(frozen=True, slots=True)
class KinRow:
    """What is known of the issue that a link names, and of what the link would lead to.

    `lineage` is what the issue leads to by links of the same type, nearest first, at most
    LINEAGE_MAX of them; of `part_of`, where the issue named is the part, what the other issue
    leads to. `has_parent`: the issue is a part of another already. `ties`: how many links name it
    or are its own.
    """

    key: str
    version: int
    enterprise: str
    open: bool
    outcome: str | None
    lineage: tuple[str, ...]
    has_parent: bool
    phase: str
    ties: int


@dataclass(frozen=True, slots=True)
class ErrandRow:
    """A command of the engine's own that is still to be carried out at `stream`, because of event
    `from_version` of `from_stream`. `text` is its canonical JSON."""

    id: str
    stream: str
    text: str
    from_stream: str
    from_version: int
    created_at: datetime
    attempts: int
    last_error: str | None
    not_before: datetime


class Kindred(Protocol):
    """The part of a ledger that links and errands need."""

    async def links(self, zone: str, key: str) -> list[LinkRow]:
        """Return the links that the stream of this issue wrote: its own, and those of its parts."""
        ...

    async def due_errands(self, at: datetime, limit: int) -> list[ErrandRow]:
        """Return errands that may be tried at `at`, oldest first. Of those from one issue to one
        other only the first: what happened later is not told before."""
        ...

    async def drop_errand(self, id_: str) -> None:
        """Forget an errand: its command is stored."""
        ...

    async def put_off_errand(self, id_: str, error: str, not_before: datetime) -> None:
        """Keep why an errand failed once more, and when to try again."""
        ...

    async def failed_errands(self, attempts_above: int) -> int:
        """Return how many errands failed more often than that."""
        ...

    async def waiting_errands(self, after: str, limit: int) -> list[ErrandRow]:
        """Return the errands that wait, due or not, in order of id, after the id `after`."""
        ...

    async def errand_count(self) -> int:
        """Return how many errands wait, due or not."""
        ...

    async def failing_errand(self, attempts_above: int) -> ErrandRow | None:
        """Return the oldest of the errands that failed more often than that."""
        ...

    async def stray_links(self, limit: int) -> list[LinkRow]:
        """Return links whose writing issue has no events."""
        ...

    async def errand_texts(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the texts of those errands that wait or have been carried out, by id."""
        ...


def link_changes(zone: str, key: str, events: Iterable[Event]) -> tuple[LinkChange, ...]:
    """Return what these events of an issue make of its links; the last word on each link counts."""
    changes: dict[LinkRow, LinkChange] = {}
    for event in events:
        change = _link_change(zone, key, event)
        if change is not None:
            changes[change.row] = change
    return tuple(changes.values())


def _link_change(zone: str, key: str, event: Event) -> LinkChange | None:
    match event:
        case IssueLinked() | IssueUnlinked():
            row = LinkRow(zone, event.type.value, key, event.target)
            return LinkChange(row, isinstance(event, IssueLinked))
        case ChildAdded() | ChildReleased():
            row = LinkRow(zone, LinkType.PART_OF.value, event.child, key)
            return LinkChange(row, isinstance(event, ChildAdded))
        case MergedInto() | IssueUnmerged():
            row = LinkRow(zone, LinkType.MERGED_INTO.value, key, event.target)
            return LinkChange(row, isinstance(event, MergedInto))
        case IssueReported(succeeds=str() as target):
            return LinkChange(LinkRow(zone, LinkType.SUCCEEDS.value, key, target), added=True)
        case _:
            return None


def errand_row(errand: Errand, at: datetime) -> ErrandRow:
    """Return the row of an errand that a command caused at `at`."""
    return ErrandRow(
        id=errand.id,
        stream=stream_name(errand.zone, errand.to),
        text=canonical(errand.submission),
        from_stream=stream_name(errand.zone, errand.key),
        from_version=errand.version,
        created_at=at,
        attempts=0,
        last_error=None,
        not_before=at,
    )


def matter_errand_row(errand: MatterErrand, at: datetime) -> ErrandRow:
    """Return the row of an errand that an event of a matter caused at `at`."""
    return ErrandRow(
        id=errand.id,
        stream=stream_name(errand.zone, errand.to),
        text=canonical(errand.submission),
        from_stream=errand.stream,
        from_version=errand.version,
        created_at=at,
        attempts=0,
        last_error=None,
        not_before=at,
    )
