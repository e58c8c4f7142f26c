"""What routines tell people: each person's morning list, and who has not attested the day.

It lies in inboxes as any notice does, once: the receipt is named after zone, routine, period and
addressee. There is no issue behind it. Its texts are templates as those of notices are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from desk.attesting import DayAttested
from desk.desk import Desk
from desk.inbox import own_mailbox
from desk.notifying import NoticeOffice
from desk.receipts_made import content_row, receipt_row
from desk.told_apart import DIGEST, HEADS, KIND_OF, ROUTINE, Values
from domain.canonical import canonical
from domain.handbook import Handbook
from domain.handbook_routines import routines_rule
from domain.lights import Light
from domain.notice_text import (
    BODY_CHARACTERS_MAX,
    LANGUAGES,
    SUBJECT_CHARACTERS_MAX,
    cut,
    local_text,
)
from domain.notifying import ReceiptKind, fingerprint
from domain.organization import holders
from domain.phases import Phase
from domain.report_forms import Item
from domain.responsibility import HolderKind
from domain.routines import Run, told_of_missing
from domain.terms import Terms
from ledger.port import NoticeRow
from ledger.receipts import INBOX, Telling

SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """What a routine tells an addressee, and `about` which post, if it is about one. The notice
    stands in no table of notices: no issue has it."""

    notice: NoticeRow
    about: str = ""


@dataclass
class Digest:
    """What a person holds that counts this morning; an issue stands under each head it belongs
    to."""

    person: str
    overdue: list[Item] = field(default_factory=list)
    due: list[Item] = field(default_factory=list)
    waiting: list[Item] = field(default_factory=list)
    new: list[Item] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to say."""
        return not (self.overdue or self.due or self.waiting or self.new)


def digests(
    items: Sequence[Item], fresh: frozenset[str], book: Handbook, day: date, until_at: datetime
) -> list[Digest]:
    """Return the morning list of each person who holds anything, by person. `fresh` are the issues
    that came to somebody since the last; what is due before `until_at` is due today."""
    found: dict[str, Digest] = {}
    for item in sorted(items, key=lambda each: (each.due_at or until_at, each.stream)):
        for person in _people(item, book, day):
            _put(found.setdefault(person, Digest(person)), item, fresh, until_at)
    return [each for _, each in sorted(found.items()) if not each.is_empty]


def _put(digest: Digest, item: Item, fresh: frozenset[str], until_at: datetime) -> None:
    if item.light is Light.RED:
        digest.overdue.append(item)
    elif item.due_at is not None and item.due_at < until_at:
        digest.due.append(item)
    arbiter = item.holder is not None and item.holder.kind is HolderKind.ARBITER
    if arbiter or item.phase == Phase.SIGN_OFF.value:
        digest.waiting.append(item)
    if item.stream in fresh:
        digest.new.append(item)


def _people(item: Item, book: Handbook, day: date) -> tuple[str, ...]:
    """Return who is in the posts that have the next move on an issue."""
    if item.holder is None:
        return ()
    match item.holder.kind:
        case HolderKind.UNIT:
            posts = [each for each in book.posts if each.unit == item.holder.id]
        case HolderKind.POST | HolderKind.ARBITER:
            posts = [each for each in book.posts if each.id == item.holder.id]
        case _:
            return ()
    return tuple(dict.fromkeys(name for post in posts for name in holders(post, day)))


async def send_digest(office: NoticeOffice, terms: Terms, run: Run, digest: Digest) -> bool:
    """Put a person's morning list into their inbox; False if it was there already."""
    values = {language: _digest_values(digest, terms, run, language) for language in LANGUAGES}
    notice = _notice(office, terms, run, own_mailbox(digest.person))
    return await _put_in_inbox(office, terms.handbook.zone, notice, values)


async def digests_told(desk: Desk, zone: str, run: Run) -> list[NoticeRow]:
    """Return the morning lists that lie in inboxes, as they were put there."""
    return [
        NoticeRow(row.notice, row.stream, 0, DIGEST, row.addressee, row.at)
        for row in await desk.ledger.receipts(_stream(zone, run))
        if row.channel == INBOX and row.what is ReceiptKind.DELIVERED
    ]


async def send_missing(
    office: NoticeOffice, terms: Terms, run: Run, day: DayAttested
) -> list[Sent]:
    """Tell who stands above each post that has not attested the day; return what they were told,
    now or before."""
    book, told = terms.handbook, []
    rule = routines_rule(book.routines)
    for post in day.missing:
        values = {language: _missing_values(post, day, terms, language) for language in LANGUAGES}
        for addressee in told_of_missing(rule, book.posts, post):
            notice = _notice(office, terms, run, addressee, about=post)
            await _put_in_inbox(office, book.zone, notice, values)
            told.append(Sent(notice, post))
    return told


def _stream(zone: str, run: Run) -> str:
    return f"{ROUTINE}/{zone}/{run.routine.value}/{run.period}"


def _notice(
    office: NoticeOffice, terms: Terms, run: Run, addressee: str, *, about: str = ""
) -> NoticeRow:
    """Return what is told, named after zone, routine, period, what it is about, and addressee."""
    stream = _stream(terms.handbook.zone, run)
    id_ = "/".join(part for part in (stream, about, addressee) if part)
    return NoticeRow(id_, stream, 0, KIND_OF[run.routine.value], addressee, office.now())


async def _put_in_inbox(
    office: NoticeOffice, zone: str, notice: NoticeRow, values: Mapping[str, Values]
) -> bool:
    """Keep what is told: its values, so that every channel is told the same however late, and the
    texts that they make."""
    ledger = office.desk.ledger
    if await ledger.receipts_of(notice.id):
        return False
    at = notice.created_at
    said = {
        language: await office.message_apart(notice.kind, values, INBOX, language)
        for language in LANGUAGES
    }
    texts = {
        language: {
            "subject": cut(each.subject, SUBJECT_CHARACTERS_MAX),
            "body": cut(each.body, BODY_CHARACTERS_MAX),
        }
        for language, each in said.items()
    }
    content = content_row(canonical({"texts": texts, "values": values}), at)
    receipt = receipt_row(
        notice,
        zone,
        INBOX,
        fingerprint(INBOX, f"{zone}/{notice.addressee}"),
        ReceiptKind.DELIVERED,
        at,
        content=content.hash,
        template="; ".join(sorted({each.template for each in said.values()})),
    )
    await ledger.put_telling(Telling(receipts=(receipt,), contents=(content,)))
    return True


def _digest_values(digest: Digest, terms: Terms, run: Run, language: str) -> Values:
    book = terms.handbook
    values: dict[str, object] = {
        "zone": book.zone,
        "zone_name": getattr(book.name, language),
        "person": digest.person,
        "day": run.period,
    }
    for head in HEADS:
        items: list[Item] = getattr(digest, head)
        values[head] = len(items)
        values[f"{head}_items"] = [_item(each, terms, language) for each in items[:SHOWN_MAX]]
        values[f"{head}_more"] = max(0, len(items) - SHOWN_MAX)
    return values


def _item(item: Item, terms: Terms, language: str) -> Values:
    known = terms.handbook.enterprises_by_id.get(item.enterprise)
    due_at = item.due_at
    return {
        "number": item.number,
        "title": item.title,
        "enterprise": item.enterprise if known is None else getattr(known.name, language),
        "deadline": "" if due_at is None else local_text(due_at, terms.calendar.time_zone),
    }


def _missing_values(post: str, day: DayAttested, terms: Terms, language: str) -> Values:
    book = terms.handbook
    held = book.posts_by_id.get(post)
    limit_at = day.limit_at
    return {
        "zone": book.zone,
        "zone_name": getattr(book.name, language),
        "post": post,
        "post_name": post if held is None else getattr(held.name, language),
        "day": day.day.isoformat(),
        "limit": "" if limit_at is None else local_text(limit_at, terms.calendar.time_zone),
    }
