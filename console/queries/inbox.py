"""What a visitor was told: the inboxes of their posts, or of the enterprise they speak for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from desk.desk import Desk
from desk.inbox import mailboxes_of, opened, said_in
from domain.access import Principal
from domain.errors import NotPermittedError
from domain.notice_text import NoticeFacts
from face.inboxes import facts_of, inbox_cursor, inbox_id, notice_named
from face.words import Language
from ledger.receipts import InboxRow, Mailbox

SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class Told:
    """What lies in an inbox. `id` names it in a form; `read_at`: when this visitor opened it."""

    id: str
    addressee: str
    told_at: datetime
    subject: str
    text: str
    read_at: datetime | None
    facts: NoticeFacts | None


@dataclass(frozen=True, slots=True)
class Lying:
    """A page of inboxes, the newest first, and the cursor of the next one."""

    items: tuple[Told, ...]
    next: str | None

    @property
    def unread(self) -> tuple[str, ...]:
        """Return those of the page that were not opened yet."""
        return tuple(each.id for each in self.items if each.read_at is None)


async def told_to(
    desk: Desk,
    caller: Principal,
    zone: str,
    language: Language,
    *,
    after: tuple[datetime, str] | None,
    unread_only: bool,
) -> Lying:
    """Return what lies in a visitor's inboxes of a zone. Raises NotPermittedError."""
    boxes = await _boxes(desk, caller, zone)
    rows = await desk.ledger.inbox(
        boxes, caller.id, after=after, unread_only=unread_only, limit=SHOWN + 1
    )
    shown = rows[:SHOWN]
    following = inbox_cursor(shown[-1]) if len(rows) > SHOWN else None
    return Lying(tuple(_told(row, language) for row in shown), following)


async def open_all(desk: Desk, caller: Principal, zone: str, ids: Sequence[str]) -> int:
    """Record that a visitor opened these; what does not lie in their inboxes is passed over. Return
    how many they were. Raises NotPermittedError."""
    boxes, count = await _boxes(desk, caller, zone), 0
    for id_ in ids:
        notice = notice_named(id_)
        row = None if notice is None else await opened(desk, caller, boxes, notice)
        count += row is not None
    return count


async def _boxes(desk: Desk, caller: Principal, zone: str) -> list[Mailbox]:
    boxes = await mailboxes_of(desk, caller, zone)
    if not boxes:
        raise NotPermittedError(
            "You have no inbox here.",
            field="act",
            value="read_inbox",
            allowed="whoever holds a post, or speaks for an enterprise",
        )
    return boxes


def _told(row: InboxRow, language: Language) -> Told:
    subject, text = said_in(row.text, language)
    return Told(
        id=inbox_id(row.receipt.notice),
        addressee=row.receipt.addressee,
        told_at=row.receipt.at,
        subject=subject,
        text=text,
        read_at=row.read_at,
        facts=facts_of(row),
    )
