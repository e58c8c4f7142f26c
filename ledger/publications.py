"""What a ledger keeps of published calendars and handbooks, plans of adoption, and tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ledger.port import CommandRow, IssueRow

FROM_TERMS_LENGTH = 8
"""Hexadecimal digits of a hash that tell the few terms of one issue's life apart."""


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One version of a calendar, known by the hash of its canonical text."""

    hash: str
    id: str
    text: str
    valid_until: date
    at: datetime


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """That a version came into force. `previous` is the hash in force before, published or shipped.

    Of one calendar, a greater sequence was published later.
    """

    sequence: int
    calendar: str
    hash: str
    previous: str | None
    at: datetime
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlanRow:
    """An approved plan to move issues of a zone to other terms, or (`undoes`) those of an earlier
    plan back. `ended_at`: when it had been through all of them."""

    sequence: int
    zone: str
    from_terms: tuple[str, ...]
    to_terms: str | None
    undoes: int | None
    author: str
    approver: str
    reason: str
    at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskRow:
    """Something that an administrator must do: of kind `calendar`, publish `subject` for `year`.

    Raised by an event; settled by the sequence of a publication that covers the whole year.
    """

    id: str
    kind: str
    subject: str
    year: int
    raised_at: datetime
    stream: str
    version: int
    settled_at: datetime | None = None
    settled_by: int | None = None


@dataclass(frozen=True, slots=True)
class ProvisionalRow:
    """How many running clocks of one rule, under one version of terms, are provisionally due at
    one instant."""

    terms: str
    rule: str
    due_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class HandbookRow:
    """One version of a zone's handbook, known by the hash of its canonical text."""

    hash: str
    zone: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandbookPublicationRow:
    """That a handbook came into force. `previous` is the hash of the one before, published or
    shipped, None for a new zone. Of one zone, a greater sequence was published later."""

    sequence: int
    zone: str
    hash: str
    previous: str | None
    at: datetime
    author: str
    approver: str
    reason: str


@dataclass(frozen=True, slots=True)
class OpenRow:
    """How many open issues of a zone one post owns under one version of terms."""

    terms: str
    owner: str
    count: int


class Publications(Protocol):
    """The part of a ledger that adoptions need."""

    async def publish(
        self, version: CalendarRow, *, after: int, previous: str | None, author: str, reason: str
    ) -> PublicationRow:
        """Keep a version and its publication, and settle the tasks of the years that it covers, all
        at once. `after` is the newest publication of the calendar that the caller knows, 0 for
        none; raises StreamConflictError if there is a newer one."""
        ...

    async def newest_publications(self) -> list[PublicationRow]:
        """Return the newest publication of every calendar, by the calendar's id."""
        ...

    async def publication(self, sequence: int) -> PublicationRow | None:
        """Return one publication."""
        ...

    async def publications_after(self, sequence: int, limit: int) -> list[PublicationRow]:
        """Return the next publications of all calendars, in order of sequence."""
        ...

    async def calendar_version(self, hash_: str) -> CalendarRow | None:
        """Return one published version."""
        ...

    async def publish_handbook(
        self,
        version: HandbookRow,
        *,
        after: int,
        previous: str | None,
        author: str,
        approver: str,
        reason: str,
    ) -> HandbookPublicationRow:
        """Keep a handbook and its publication, both or neither. `after` is the newest publication
        of the zone that the caller knows, 0 for none; raises StreamConflictError if there is a
        newer one."""
        ...

    async def newest_handbooks(self) -> list[HandbookPublicationRow]:
        """Return the newest publication of every zone, by the zone's id."""
        ...

    async def handbook_publications(self, zone: str) -> list[HandbookPublicationRow]:
        """Return all publications of a zone, oldest first."""
        ...

    async def handbook_version(self, hash_: str) -> HandbookRow | None:
        """Return one published handbook."""
        ...

    async def terms_of_zone(self, zone: str) -> list[str]:
        """Return the hashes of all terms that the zone was ever judged by, in order."""
        ...

    async def open_by_owner(self, zone: str) -> list[OpenRow]:
        """Count the open issues of a zone, by their terms and the post that owns them."""
        ...

    async def open_terms(self, zone: str | None = None) -> list[str]:
        """Return the hashes of all terms that open issues are judged by, in order."""
        ...

    async def open_on(self, terms: Sequence[str], *, after: str, limit: int) -> list["IssueRow"]:
        """Return open issues judged by one of `terms`, by stream, after stream `after`."""
        ...

    async def adoptions(self, reference: str, *, after: str, limit: int) -> list["CommandRow"]:
        """Return the commands by which a publication or plan moved issues, by id, after the command
        `after`; those that came to nothing are left out. Commands of one stream lie together."""
        ...

    async def adoption_count(self, reference: str) -> int:
        """Return how many commands `adoptions` has."""
        ...

    async def put_plan(self, plan: PlanRow) -> PlanRow:
        """Keep a plan; it is given its sequence."""
        ...

    async def plans(self, zone: str | None = None, *, unended: bool = False) -> list[PlanRow]:
        """Return the plans, of one zone or of all, in the order in which they were made."""
        ...

    async def end_plan(self, sequence: int, at: datetime) -> None:
        """Record that a plan has been through all its issues; the first time stands."""
        ...

    async def tasks(self, *, settled: bool = False) -> list[TaskRow]:
        """Return the tasks that are open, or those that are settled, by when they were raised."""
        ...

    async def settle_tasks(self) -> int:
        """Settle the tasks whose year a publication covers; return how many that were."""
        ...

    async def provisional_clocks(self) -> list[ProvisionalRow]:
        """Return the running clocks whose deadline lies beyond the published days."""
        ...


def adoption_id(reference: str, stream: str, from_terms: str) -> str:
    """Return the one id under which a publication or plan can move an issue off these terms."""
    return f"{adoption_ids(reference)}{stream}:{from_terms[:FROM_TERMS_LENGTH]}"


def adoption_ids(reference: str) -> str:
    """Return what the ids of all commands of a publication or plan begin with."""
    return f"adopt:{reference}:"


def is_adoption_id(id_: str, reference: str, stream: str) -> bool:
    """Return whether a publication or plan has moved this issue by a command of this id. At first
    such ids ended with the stream."""
    own = f"{adoption_ids(reference)}{stream}"
    return id_ == own or id_.startswith(f"{own}:")
