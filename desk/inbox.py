"""Inboxes: whose they are, what lies in them, and that it was opened."""

import json
from datetime import date

from desk.desk import Desk
from desk.receipts_made import receipt_row
from domain.access import Act, Principal, horizon, posts_stood_in
from domain.days import zone_of
from domain.handbook import Handbook
from domain.handbook_routines import OWN_MAILBOX
from domain.model import to_millisecond
from domain.notifying import ReceiptKind, fingerprint
from ledger.port import NoticeRow
from ledger.receipts import INBOX, Mailbox, ReceiptRow, Telling


async def mailboxes_of(desk: Desk, principal: Principal, zone: str | None) -> list[Mailbox]:
    """Return the inboxes that somebody may look into today: of the posts they hold or are a
    deputy in (R6.4), of the enterprise they speak for; in one zone or in all. Raises
    UnknownZoneError."""
    found: list[Mailbox] = []
    for name in desk.shelf.zones if zone is None else [zone]:
        terms = await desk.shelf.current(name, desk.clock.now())
        here = zone_of(terms.calendar.time_zone)
        day = desk.clock.now().astimezone(here).date()
        found += ((name, id_) for id_ in addressees_of(principal, terms.handbook, day))
    return found


def addressees_of(principal: Principal, handbook: Handbook, day: date) -> list[str]:
    """Return as whom somebody is told things in a zone on a local day."""
    if horizon(principal, Act.READ_INBOX, handbook, day).is_empty:
        return []
    enterprise = principal.enterprise
    if enterprise is None:
        posts = [held.id for held in posts_stood_in(principal, handbook, day)]
        own = [] if principal.person is None or not posts else [own_mailbox(principal.person)]
        return [*posts, *own]
    # What is addressed to a post of the same id is the post's.
    known = enterprise in handbook.enterprises_by_id and enterprise not in handbook.posts_by_id
    return [enterprise] if known else []


def own_mailbox(person: str) -> str:
    """Return as whom a person is told what is theirs alone: their morning list."""
    return f"{OWN_MAILBOX}{person}"


async def opened(
    desk: Desk, principal: Principal, boxes: list[Mailbox], notice_id: str
) -> ReceiptRow | None:
    """Record that somebody opened what lies in one of their inboxes; the first time stands. None if
    it does not lie there."""
    known = await desk.ledger.receipts_of(notice_id)
    lying = [each for each in known if (each.channel, each.what) == (INBOX, ReceiptKind.DELIVERED)]
    if not lying or (lying[0].zone, lying[0].addressee) not in boxes:
        return None
    notice = await desk.ledger.notice(notice_id) or _of_no_issue(lying[0])
    row = receipt_row(
        notice,
        lying[0].zone,
        INBOX,
        fingerprint("reader", principal.id),
        ReceiptKind.READ,
        to_millisecond(desk.clock.now()),
        content=lying[0].content,
        template=lying[0].template,
        by=principal.id,
    )
    await desk.ledger.put_telling(Telling(receipts=(row,)))
    return await desk.ledger.receipt(row.id)


def _of_no_issue(lying: ReceiptRow) -> NoticeRow:
    """Return as a notice what a routine put into an inbox."""
    return NoticeRow(lying.notice, lying.stream, 0, "routine", lying.addressee, lying.at)


def said_in(text: str, language: str) -> tuple[str, str]:
    """Return subject and body of what lies in an inbox, in a language."""
    try:
        texts = json.loads(text)["texts"][language]
        return str(texts["subject"]), str(texts["body"])
    except (ValueError, KeyError, TypeError):
        return "", ""
