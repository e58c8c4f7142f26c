"""What a routine has told, as it lies in inboxes, and through whose channels a person is told."""

import json
from collections.abc import Mapping
from datetime import datetime

from desk.desk import Desk
from desk.told_apart import Values, routine_of
from domain.days import zone_of
from domain.notifying import ReceiptKind
from domain.organization import holders
from domain.terms import Terms
from ledger.port import LedgerError, NoticeRow
from ledger.receipts import INBOX
from runtime.channels import Addressee


async def told_by_routine(desk: Desk, id_: str) -> NoticeRow | None:
    """Return as a notice what a routine put into an inbox; None if it put nothing of this id."""
    for row in await desk.ledger.receipts_of(id_):
        routine = routine_of(row.stream)
        if row.channel == INBOX and row.what is ReceiptKind.DELIVERED and routine is not None:
            return NoticeRow(row.notice, row.stream, 0, routine[1], row.addressee, row.at)
    return None


async def values_told(desk: Desk, id_: str) -> Mapping[str, Values]:
    """Return by language what a routine had to tell as it put it into an inbox; nothing of what
    earlier releases put there."""
    for row in await desk.ledger.receipts_of(id_):
        if row.channel == INBOX and row.what is ReceiptKind.DELIVERED:
            try:
                told = json.loads(await desk.ledger.notice_content(row.content) or "")
                found: Mapping[str, Values] = told.get("values", {})
            except (ValueError, AttributeError) as error:
                raise LedgerError(f"{id_} does not say what it tells") from error
            return found
    return {}


def posts_of_person(terms: Terms, person: str, at: datetime) -> tuple[Addressee, ...]:
    """Return the posts that a person holds on the local day of an instant."""
    day = at.astimezone(zone_of(terms.calendar.time_zone)).date()
    book = terms.handbook
    return tuple(
        Addressee(book.zone, each.id, is_post=True, unit=each.unit)
        for each in book.posts
        if person in holders(each, day)
    )
