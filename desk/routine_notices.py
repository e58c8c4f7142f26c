"""What routines tell people: each person's morning list, and who has not attested the day.

It lies in inboxes as any notice does, once: the receipt is named after zone, routine, period and
addressee. There is no issue behind it.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from desk.attesting import DayAttested
from desk.desk import Desk
from desk.inbox import own_mailbox
from desk.notifying import content_row, receipt_row
from domain.canonical import canonical
from domain.handbook import Handbook
from domain.handbook_routines import routines_rule
from domain.lights import Light
from domain.model import to_millisecond
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
from domain.routines import RoutineKind, Run, told_of_missing
from domain.terms import Terms
from ledger.port import NoticeRow
from ledger.receipts import INBOX, Telling

SHIPPED: Final = "routine_texts.toml"
SHOWN_MAX: Final = 20
STREAM: Final = "routine"

Texts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a routine tells an addressee: subject and body by language. `about`: the post that it is
    about, if it is about one. The notice stands in no table of notices: no issue has it."""

    notice: NoticeRow
    zone: str
    said: Mapping[str, tuple[str, str]]
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


async def send_digest(desk: Desk, terms: Terms, run: Run, digest: Digest) -> bool:
    """Put a person's morning list into their inbox; False if it was there already."""
    said = {language: _digest_text(digest, terms, run, language) for language in LANGUAGES}
    sent = _sent(desk, terms, run, own_mailbox(digest.person), said)
    return await _put_in_inbox(desk, sent)


async def send_missing(desk: Desk, terms: Terms, run: Run, day: DayAttested) -> list[Sent]:
    """Tell who stands above each post that has not attested the day; return what they were told,
    now or before."""
    book, told = terms.handbook, []
    rule = routines_rule(book.routines)
    for post in day.missing:
        said = {language: _missing_text(post, day, terms, language) for language in LANGUAGES}
        for addressee in told_of_missing(rule, book.posts, post):
            sent = _sent(desk, terms, run, addressee, said, about=post)
            await _put_in_inbox(desk, sent)
            told.append(sent)
    return told


def _sent(
    desk: Desk,
    terms: Terms,
    run: Run,
    addressee: str,
    said: Mapping[str, tuple[str, str]],
    *,
    about: str = "",
) -> Sent:
    """Return what is told, named after zone, routine, period, what it is about, and addressee."""
    zone = terms.handbook.zone
    stream = f"{STREAM}/{zone}/{run.routine.value}/{run.period}"
    id_ = "/".join(part for part in (stream, about, addressee) if part)
    kind = "attestation_missing" if run.routine is RoutineKind.ATTESTATION else "morning_digest"
    notice = NoticeRow(id_, stream, 0, kind, addressee, to_millisecond(desk.clock.now()))
    bounded = {
        language: (cut(subject, SUBJECT_CHARACTERS_MAX), cut(body, BODY_CHARACTERS_MAX))
        for language, (subject, body) in said.items()
    }
    return Sent(notice, zone, bounded, about)


async def _put_in_inbox(desk: Desk, sent: Sent) -> bool:
    notice, zone = sent.notice, sent.zone
    if await desk.ledger.receipts_of(notice.id):
        return False
    at = notice.created_at
    texts = {
        language: {"subject": subject, "body": body}
        for language, (subject, body) in sent.said.items()
    }
    content = content_row(canonical({"texts": texts}), at)
    receipt = receipt_row(
        notice,
        zone,
        INBOX,
        fingerprint(INBOX, f"{zone}/{notice.addressee}"),
        ReceiptKind.DELIVERED,
        at,
        content=content.hash,
        template=f"shipped {notice.kind}",
    )
    await desk.ledger.put_telling(Telling(receipts=(receipt,), contents=(content,)))
    return True


def _digest_text(digest: Digest, terms: Terms, run: Run, language: str) -> tuple[str, str]:
    texts = _texts()["digest"][language]
    subject = texts["subject"].format(
        day=run.period, overdue=len(digest.overdue), due=len(digest.due)
    )
    parts = []
    for head, label in texts["heads"].items():
        items: list[Item] = getattr(digest, head)
        if items:
            lines = [_line(item, terms, texts, language) for item in items[:SHOWN_MAX]]
            if len(items) > SHOWN_MAX:
                lines.append(texts["more"].format(more=len(items) - SHOWN_MAX))
            parts.append("\n".join((f"{label} {len(items)}", *lines)))
    return subject, "\n\n".join(parts)


def _line(item: Item, terms: Terms, texts: Texts, language: str) -> str:
    known = terms.handbook.enterprises_by_id.get(item.enterprise)
    enterprise = item.enterprise if known is None else getattr(known.name, language)
    if item.due_at is None:
        form, due_at = texts["undated"], ""
    else:
        form, due_at = texts["line"], local_text(item.due_at, terms.calendar.time_zone)
    return str(
        form.format(number=item.number, title=item.title, enterprise=enterprise, due_at=due_at)
    )


def _missing_text(post: str, day: DayAttested, terms: Terms, language: str) -> tuple[str, str]:
    texts = _texts()["missing"][language]
    held = terms.handbook.posts_by_id.get(post)
    limit = "" if day.limit_at is None else local_text(day.limit_at, terms.calendar.time_zone)
    values = {
        "post": post if held is None else getattr(held.name, language),
        "day": day.day.isoformat(),
        "limit": limit,
    }
    return texts["subject"].format(**values), texts["body"].format(**values)


@lru_cache(maxsize=1)
def _texts() -> Texts:
    return tomllib.loads(files("desk").joinpath(SHIPPED).read_text(encoding="utf-8"))
