"""What a ledger keeps of telling: receipts, what was said, what waits, and operators' templates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from domain.chain import Record
from domain.notifying import ReceiptKind

if TYPE_CHECKING:
    from ledger.port import NoticeRow

INBOX = "inbox"
"""The channel that everybody has: the notice's row, read through a face."""
INBOX_MAX = 200
HOLDS_MAX = 500


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One thing that is known of a notice in one channel (I17).

    `address` is a fingerprint. `content` and `template` say what was told and what made it: empty
    for what waits. `code` is the provider's answer, shortened. `bundle` names the message that told
    several notices at once. `until_at`: when what waits may go; `at` for all else. `final`: of a
    failure, that no attempt follows. `by`: who read. `tries`: of a failure, how often it was tried
    at least; not every try has a row.
    """

    id: str
    stream: str
    notice: str
    zone: str
    addressee: str
    channel: str
    address: str
    what: ReceiptKind
    at: datetime
    content: str
    template: str
    code: str
    bundle: str
    until_at: datetime
    final: bool
    by: str
    tries: int = 1


@dataclass(frozen=True, slots=True)
class ContentRow:
    """What was told, word for word; `hash` is the SHA-256 of `text` in UTF-8."""

    hash: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A notice that waits for its channel: no fact, gone when it was told.

    `attempts` counts those since it began to go out, `code` is the last answer. `bundle` names the
    message that it goes out in, once that was tried. `taken_until_at` is until when its taker keeps
    it: it grows with each taking, so that it also shows who that is.
    """

    notice: str
    channel: str
    address: str
    until_at: datetime
    attempts: int = 0
    code: str = ""
    bundle: str = ""
    taken_until_at: datetime | None = field(default=None, compare=False)

    @property
    def name(self) -> tuple[str, str, str]:
        """What no two of them have in common."""
        return self.notice, self.channel, self.address


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """An operator's template. `kind` is of an event, `bundle` or `*` for all; an empty body takes
    the operators' own back, and the shipped one counts again."""

    sequence: int
    kind: str
    channel: str
    language: str
    subject: str
    body: str
    html: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Telling:
    """What one attempt to tell writes, in one transaction. `settled`: the notices that are done
    with, at `settled_at`; `done` are the names of holds to forget. Of `holds`, what was taken is
    put back unless another has taken it meanwhile; what was not waits from now on."""

    receipts: tuple[ReceiptRow, ...] = ()
    contents: tuple[ContentRow, ...] = ()
    holds: tuple[HoldRow, ...] = ()
    done: tuple[tuple[str, str, str], ...] = ()
    settled: tuple[str, ...] = ()
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InboxRow:
    """What lies in an inbox: the receipt of its delivery, what it says, when this reader opened
    it."""

    receipt: ReceiptRow
    text: str
    read_at: datetime | None


Mailbox = tuple[str, str]
"""A zone, and an addressee in it."""


class Receipts(Protocol):
    """The part of a ledger that says how people were told."""

    async def put_telling(self, *tellings: Telling) -> None:
        """Keep all of them or nothing. A receipt or content that is there already stays as it is;
        of a notice that is settled the first time stands."""
        ...

    async def notices_named(
        self, ids: Sequence[str]
    ) -> "dict[str, tuple[NoticeRow, Record | None]]":
        """Return those of the notices that are there by id, each with the event that it tells of,
        None where that is not there."""
        ...

    async def receipts(self, stream: str) -> list[ReceiptRow]:
        """Return the receipts of a stream's notices, oldest first."""
        ...

    async def receipts_of(self, notice: str) -> list[ReceiptRow]:
        """Return the receipts of one notice, oldest first."""
        ...

    async def receipts_of_each(self, notices: Sequence[str]) -> dict[str, list[ReceiptRow]]:
        """Return the receipts of each notice that has any, oldest first."""
        ...

    async def receipt(self, id_: str) -> ReceiptRow | None:
        """Return one receipt."""
        ...

    async def notice_content(self, hash_: str) -> str | None:
        """Return what was told, by its hash."""
        ...

    async def messages_since(self, address: str, since: datetime) -> list[datetime]:
        """Return when an address was given its messages after `since`, oldest first: a bundle is
        one. The inbox does not count."""
        ...

    async def held_until(self, channel: str, address: str, at: datetime) -> datetime | None:
        """Return until when a channel already holds something back from an address, if later than
        `at`: the earliest such end."""
        ...

    async def take_holds(
        self, due_at: datetime, taken_until_at: datetime, limit: int
    ) -> list[HoldRow]:
        """Return what has waited long enough, by channel, address and bundle, and keep it from
        others until `taken_until_at`: whoever takes it and dies leaves it to the next. A bundle is
        taken whole, be it over the limit."""
        ...

    async def seal_holds(
        self, holds: Sequence[HoldRow], bundle: str, taken_until_at: datetime
    ) -> bool:
        """Keep what was taken until then, and fix the message that it goes out in. False, and
        nothing is changed, if any of it is another's or gone by now."""
        ...

    async def held_count(self) -> int:
        """Return how many notices wait for a channel."""
        ...

    async def inbox(
        self,
        mailboxes: Sequence[Mailbox],
        reader: str,
        *,
        after: tuple[datetime, str] | None = None,
        known_at: datetime | None = None,
        unread_only: bool = False,
        limit: int = 50,
    ) -> list[InboxRow]:
        """Return what lies in these inboxes, newest first, after a receipt (its instant and id).
        `reader` is whose reading counts; `known_at`: as it was then."""
        ...

    async def put_template(self, row: TemplateRow) -> TemplateRow:
        """Keep a template, the newest of its kind, channel and language from now on; return it with
        its sequence."""
        ...

    async def templates(self) -> list[TemplateRow]:
        """Return the newest template of each kind, channel and language, in that order."""
        ...

    async def template_history(
        self, kind: str, channel: str, language: str, *, limit: int = 100
    ) -> list[TemplateRow]:
        """Return what templates there were, newest first."""
        ...
