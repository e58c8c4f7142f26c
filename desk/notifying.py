"""What the desk does for notices: what they tell, in whose words, by which ways, on record."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

import structlog
from jinja2 import TemplateError

from desk.desk import Desk
from desk.notice_templates import (
    BUNDLE,
    CHANNELS,
    Name,
    Texts,
    candidates,
    check_template,
    rendered,
    shipped_for,
)
from domain.canonical import canonical, sha256
from domain.events import RungFired
from domain.handbook import Handbook
from domain.issue import Issue
from domain.model import to_millisecond
from domain.notice_text import LANGUAGES, Message, NoticeFacts
from domain.notifying import Manner, ReceiptKind, fingerprint, manner_of, quiet_until, storm_until
from domain.orders import is_order_stream, read_order_stream
from domain.policies import TellingRule
from domain.terms import Terms
from ledger.port import LedgerError, NoticeRow
from ledger.receipts import INBOX, ContentRow, HoldRow, ReceiptRow, TemplateRow
from runtime.channels import NO_CHANNELS, Addressee, ChannelBook, Route
from runtime.marks import OF_THIS_PROCESS, Marks

log = structlog.get_logger()

TEMPLATES_KEPT_S: Final = 15.0
SHOWN_ERROR_MAX: Final = 120
NO_RULE: Final = TellingRule()


@dataclass(frozen=True, slots=True)
class Matter:
    """A notice and what is to be known to tell it."""

    notice: NoticeRow
    facts: NoticeFacts
    manner: Manner
    rule: TellingRule
    to: Addressee

    @property
    def zone(self) -> str:
        """The zone that the addressee belongs to."""
        return self.facts.zone


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a message does not go out now, and until when."""

    what: ReceiptKind
    until_at: datetime


class NoticeOffice:
    """Reads what is told, makes messages, and says which way they go. Sends nothing itself."""

    def __init__(
        self,
        desk: Desk,
        channels: ChannelBook = NO_CHANNELS,
        marks: Marks = OF_THIS_PROCESS,
    ) -> None:
        self.desk = desk
        self.channels = channels
        self.marks = marks
        self._templates: Mapping[Name, Texts] = {}
        self._read_at_s: float | None = None
        self._under_way: dict[str, int] = {}
        self._counting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def now(self) -> datetime:
        """Return the desk's instant."""
        return to_millisecond(self.desk.clock.now())

    async def matter(self, notice: NoticeRow) -> Matter:
        """Return what a notice tells: what happened, and the issue or order as it stands now."""
        if is_order_stream(notice.stream):
            return await self._of_order(notice)
        zone, _, key = notice.stream.partition("/")
        issue = (await self.desk.row(zone, key)).issue
        records = await self.desk.ledger.records(notice.stream, after_version=notice.version - 1)
        record = next((each for each in records if each.version == notice.version), None)
        if record is None:
            raise LedgerError(f"{notice.id} tells of an event that is not there")
        terms = await self.desk.shelf.version(record.terms)
        manner = manner_of(record.event, issue.priority, terms.handbook)
        event = record.event
        clock = event.clock if isinstance(event, RungFired) else None
        facts = NoticeFacts(
            notice=notice.id,
            what=notice.kind,
            zone=zone,
            key=key,
            version=notice.version,
            number=issue.number,
            title=issue.title,
            enterprise=issue.enterprise,
            category=issue.category,
            phase=issue.phase.value,
            tier=issue.tier,
            addressee=notice.addressee,
            happened_at=record.at,
            deadline_at=_deadline(issue, clock),
            clock=clock,
            rung=event.rung if isinstance(event, RungFired) else None,
            urgent=manner.urgent,
            time_zone=terms.calendar.time_zone,
        )
        return _matter(notice, facts, manner, terms.handbook)

    def routes(self, matter: Matter) -> tuple[Route, ...]:
        """Return the ways beside the inbox that a notice takes to its addressee."""
        return self.channels.routes(matter.to, matter.manner, self.marks)

    async def message(self, told: Sequence[NoticeFacts], channel: str, language: str) -> Message:
        """Return the message about one notice, or about several as a bundle. An operator's template
        that fails is passed over for the shipped one, and the message says so."""
        is_bundle = len(told) > 1
        kind = BUNDLE if is_bundle else told[0].what
        failed = ""
        own = await self._own(kind, channel, language)
        if own is not None:
            try:
                return rendered(own, language, channel, told, is_bundle=is_bundle)
            except (TemplateError, TypeError, ValueError, LookupError) as error:
                failed = f" ({own.name} failed: {repr(error)[:SHOWN_ERROR_MAX]})"
                log.warning("notice_template_failed", template=own.name, error=repr(error)[:200])
        texts = shipped_for(kind, channel, language)
        made = rendered(texts, language, channel, told, is_bundle=is_bundle)
        return made.model_copy(update={"template": made.template + failed})

    async def inbox_row(self, matter: Matter, at: datetime) -> tuple[ReceiptRow, ContentRow]:
        """Return the receipt of the inbox, and what lies there: the message in each language."""
        said = {
            language: await self.message([matter.facts], INBOX, language) for language in LANGUAGES
        }
        texts = {name: {"subject": m.subject, "body": m.body} for name, m in said.items()}
        content = content_row(
            canonical({"facts": matter.facts.model_dump(mode="json"), "texts": texts}), at
        )
        templates = sorted({m.template for m in said.values()})
        address = fingerprint(INBOX, f"{matter.zone}/{matter.notice.addressee}")
        row = receipt_row(
            matter.notice,
            matter.zone,
            INBOX,
            address,
            ReceiptKind.DELIVERED,
            at,
            content=content.hash,
            template="; ".join(templates),
        )
        return row, content

    async def wait(self, matter: Matter, route: Route, at: datetime) -> Wait | None:
        """Return why a message to an address waits, None if it goes out now: then it counts among
        those under way until `arrived`."""
        quiet = self.quiet_until(matter, at)
        if quiet is not None:
            return Wait(ReceiptKind.HELD, quiet)
        counting = self._counting.setdefault(route.address, asyncio.Lock())
        async with counting:
            stormy = None if matter.manner.urgent else await self._storm(matter.rule, route, at)
            if stormy is not None:
                return Wait(ReceiptKind.BUNDLED, stormy)
            self._under_way[route.address] = self._under_way.get(route.address, 0) + 1
        return None

    def quiet_until(self, matter: Matter, at: datetime) -> datetime | None:
        """Return until when nobody is disturbed with a notice; None if it may go."""
        if matter.manner.urgent:
            return None
        return quiet_until(matter.rule.quiet, matter.facts.time_zone, at)

    def arrived(self, route: Route) -> None:
        """Note that a message is not under way any more."""
        left = self._under_way.get(route.address, 0) - 1
        if left > 0:
            self._under_way[route.address] = left
        else:
            self._under_way.pop(route.address, None)

    async def _storm(self, rule: TellingRule, route: Route, at: datetime) -> datetime | None:
        if rule.storm is None:
            return None
        held = await self.desk.ledger.held_until(route.name, route.address, at)
        if held is not None:
            return held  # what comes while something waits waits with it: order is kept
        since = at - timedelta(minutes=rule.storm.window_minutes)
        sent = await self.desk.ledger.messages_since(route.address, since)
        under_way = [at] * self._under_way.get(route.address, 0)
        return storm_until(rule.storm, [*sent, *under_way], at)

    async def _of_order(self, notice: NoticeRow) -> Matter:
        zone, key = read_order_stream(notice.stream)
        row = await self.desk.ledger.order(notice.stream)
        if row is None:
            raise LedgerError(f"{notice.id} tells of an order that is not there")
        terms: Terms = await self.desk.shelf.version(row.order.terms)
        facts = NoticeFacts(
            notice=notice.id,
            what=notice.kind,
            about="order",
            zone=zone,
            key=key,
            version=notice.version,
            title=row.order.instrument,
            addressee=notice.addressee,
            happened_at=notice.created_at,
            deadline_at=None if row.order.run is None else row.order.run.due_at,
            time_zone=terms.calendar.time_zone,
        )
        return _matter(notice, facts, Manner(urgent=False, channels=None), terms.handbook)

    async def _own(self, kind: str, channel: str, language: str) -> Texts | None:
        """Return the operators' template that counts, as it was a moment ago at the earliest."""
        now_s = time.monotonic()
        if self._read_at_s is None or now_s - self._read_at_s > TEMPLATES_KEPT_S:
            self._templates = {
                (row.kind, row.channel, row.language): texts_of(row)
                for row in await self.desk.ledger.templates()
                if row.body
            }
            self._read_at_s = now_s
        found = (self._templates.get(name) for name in candidates(kind, channel, language))
        return next((texts for texts in found if texts is not None), None)


async def set_template(desk: Desk, name: Name, texts: Texts, author: str) -> TemplateRow:
    """Check a template and keep it as the operators' own. Raises InvalidRequestError."""
    check_template(name, texts)
    row = TemplateRow(
        0, *name, texts.subject, texts.body, texts.html, author, to_millisecond(desk.clock.now())
    )
    return await desk.ledger.put_template(row)


async def drop_template(desk: Desk, name: Name, author: str) -> TemplateRow:
    """Take the operators' own template back: the shipped one counts again."""
    row = TemplateRow(0, *name, "", "", "", author, to_millisecond(desk.clock.now()))
    return await desk.ledger.put_template(row)


def previewed(name: Name, texts: Texts, told: Sequence[NoticeFacts]) -> Message:
    """Check a template and return what it makes of facts. Raises InvalidRequestError."""
    kind, channel, language = name
    check_template(name, texts)
    shown = channel if channel in CHANNELS else INBOX
    return rendered(texts, language, shown, told, is_bundle=kind == BUNDLE)


def texts_of(row: TemplateRow) -> Texts:
    """Return the texts of an operator's template, named by its sequence."""
    return Texts(row.subject, row.body, row.html, f"own {row.sequence}")


def content_row(text: str, at: datetime) -> ContentRow:
    """Return what was told, named by its hash."""
    return ContentRow(sha256(text), text, at)


def message_content(message: Message, at: datetime) -> ContentRow:
    """Return what a channel was given, word for word."""
    said = message.model_dump(mode="json", exclude={"template"})
    return content_row(canonical(said), at)


def receipt_row(
    notice: NoticeRow,
    zone: str,
    channel: str,
    address: str,
    what: ReceiptKind,
    at: datetime,
    *,
    content: str = "",
    template: str = "",
    code: str = "",
    bundle: str = "",
    until_at: datetime | None = None,
    final: bool = True,
    by: str = "",
    tries: int = 1,
) -> ReceiptRow:
    """Return a receipt. All but a failure and a reading are there once for each address."""
    mark = {ReceiptKind.FAILED: f"#{at:%Y%m%dT%H%M%S.%f}", ReceiptKind.READ: f"#{by}"}.get(what, "")
    return ReceiptRow(
        id=f"{notice.id}#{channel}@{address}#{what.value}{mark}",
        stream=notice.stream,
        notice=notice.id,
        zone=zone,
        addressee=notice.addressee,
        channel=channel,
        address=address,
        what=what,
        at=at,
        content=content,
        template=template,
        code=code,
        bundle=bundle,
        until_at=until_at or at,
        final=final,
        by=by,
        tries=tries,
    )


def hold_row(notice: NoticeRow, route: Route, until_at: datetime, attempts: int = 0) -> HoldRow:
    """Return what waits for a channel."""
    return HoldRow(notice.id, route.name, route.address, until_at, attempts)


def _matter(notice: NoticeRow, facts: NoticeFacts, manner: Manner, book: Handbook) -> Matter:
    held = book.posts_by_id.get(notice.addressee)
    unit = None if held is None else held.unit
    to = Addressee(facts.zone, notice.addressee, held is not None, unit)
    return Matter(notice, facts, manner, book.telling or NO_RULE, to)


def _deadline(issue: Issue, clock: str | None) -> datetime | None:
    """Return when the clock that is told of ends, or else the clock that ends first."""
    if clock is not None:
        found = issue.clock(clock)
        return None if found is None else found.due_at
    due = (each.due_at for each in issue.clocks if each.due_at is not None)
    return min(due, default=None)
