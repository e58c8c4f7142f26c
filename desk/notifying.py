"""What the desk does for notices: what they tell, in whose words, by which ways, on record."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

import structlog
from jinja2 import TemplateError

from desk.desk import Desk
from desk.notice_templates import (
    BUNDLE,
    Name,
    Texts,
    candidates,
    check_template,
    filled,
    rendered,
    shipped_for,
)
from desk.receipts_made import content_row, receipt_row
from desk.told_apart import DIGEST, MANNERS, ROUTINE, Values, routine_of
from desk.told_by_routines import posts_of_person, told_by_routine, values_told
from desk.told_together import ToldTogether
from domain.canonical import canonical
from domain.chain import Record
from domain.events import RungFired
from domain.handbook import Handbook
from domain.handbook_routines import OWN_MAILBOX
from domain.issue import Issue
from domain.matters.matter import is_matter_stream, read_matter_stream
from domain.model import to_millisecond
from domain.notice_text import LANGUAGES, Message, NoticeFacts
from domain.notifying import Manner, ReceiptKind, fingerprint, manner_of, quiet_until, storm_until
from domain.orders import is_order_stream, read_order_stream
from domain.policies import TellingRule
from domain.terms import Terms
from ledger.port import IssueRow, LedgerError, NoticeRow
from ledger.receipts import INBOX, ContentRow, ReceiptRow, TemplateRow
from runtime.channels import NO_CHANNELS, Addressee, ChannelBook, Route
from runtime.marks import OF_THIS_PROCESS, Marks

log = structlog.get_logger()

TEMPLATES_KEPT_S: Final = 15.0
SHOWN_ERROR_MAX: Final = 120
SHIPPED: Final = "shipped"
NO_RULE: Final = TellingRule()

TITLES_KEPT_MAX = 1000
Look = Callable[[str, str], Awaitable[IssueRow]]
"""Reads an issue by zone and key."""


@dataclass(frozen=True, slots=True)
class Tellable:
    """A notice and what is to be known to tell it."""

    notice: NoticeRow
    facts: NoticeFacts
    manner: Manner
    rule: TellingRule
    to: Addressee
    through: tuple[Addressee, ...] = ()
    """Whose channels tell it where the addressee has none: the posts of a person."""
    row: IssueRow | None = None
    """The issue that it tells of, as it was looked at; None of all else."""

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
        self.together = ToldTogether(desk.ledger)
        self._templates: Mapping[Name, Texts] = {}
        self._read_at_s: float | None = None
        self._titles: dict[str, str] = {}
        self._under_way: dict[str, int] = {}
        self._counting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def now(self) -> datetime:
        """Return the desk's instant."""
        return to_millisecond(self.desk.clock.now())

    async def tellable(
        self, notice: NoticeRow, look: Look | None = None, record: Record | None = None
    ) -> Tellable:
        """Return what a notice tells: what happened, and the issue or order as it stands now.
        `look` reads the issue where several share one; `record` is the event where it was read."""
        if is_order_stream(notice.stream):
            return await self._of_order(notice)
        if is_matter_stream(notice.stream):
            return await self._of_matter(notice)
        if (routine := routine_of(notice.stream)) is not None:
            return await self._of_routine(notice, *routine)
        zone, _, key = notice.stream.partition("/")
        row = await (look or self.desk.row)(zone, key)
        issue = row.issue
        if record is None:
            _, record = await self.together.notice(notice.id) or (notice, None)
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
        return replace(_tellable(notice, facts, manner, terms.handbook), row=row)

    def routes(self, tellable: Tellable) -> tuple[Route, ...]:
        """Return the ways beside the inbox that a notice takes to its addressee, each once."""
        found: dict[tuple[str, str], Route] = {}
        own = self.channels.routes(tellable.to, tellable.manner, self.marks)
        for each in () if own else tellable.through:
            for route in self.channels.routes(each, tellable.manner, self.marks):
                found.setdefault((route.name, route.address), route)
        return own or tuple(found.values())

    async def notice(self, id_: str) -> NoticeRow | None:
        """Return what is told: of an issue or an order, or what a routine put into an inbox."""
        found = await self.desk.ledger.notice(id_)
        return found or await told_by_routine(self.desk, id_)

    async def message(self, told: Sequence[NoticeFacts], channel: str, language: str) -> Message:
        """Return the message about one notice, or about several as a bundle. An operator's template
        that fails is passed over for the shipped one, and the message says so."""
        is_bundle = len(told) > 1
        if not is_bundle and told[0].about == ROUTINE:
            return await self.message_apart(
                told[0].what, await values_told(self.desk, told[0].notice), channel, language
            )
        kind = BUNDLE if is_bundle else told[0].what
        return await self._made(
            (kind, channel, language),
            lambda texts: rendered(texts, language, channel, told, is_bundle=is_bundle),
        )

    async def message_apart(
        self, kind: str, told: Mapping[str, Values], channel: str, language: str
    ) -> Message:
        """Return the message of what is told of no issue, of its values by language."""
        name = kind, channel, language
        made = await self._made(name, lambda texts: filled(texts, channel, told[language]))
        shown = made.template.replace(SHIPPED, f"{SHIPPED} {kind}", 1)
        return made.model_copy(update={"template": shown})

    async def _made(self, name: Name, make: Callable[[Texts], Message]) -> Message:
        failed, own = "", await self._own(*name)
        if own is not None:
            try:
                return make(own)
            except (TemplateError, TypeError, ValueError, LookupError) as error:
                failed = f" ({own.name} failed: {repr(error)[:SHOWN_ERROR_MAX]})"
                log.warning("notice_template_failed", template=own.name, error=repr(error)[:200])
        made = make(shipped_for(*name))
        return made.model_copy(update={"template": made.template + failed})

    async def inbox_row(self, tellable: Tellable, at: datetime) -> tuple[ReceiptRow, ContentRow]:
        """Return the receipt of the inbox, and what lies there: the message in each language."""
        said = {
            language: await self.message([tellable.facts], INBOX, language)
            for language in LANGUAGES
        }
        texts = {name: {"subject": m.subject, "body": m.body} for name, m in said.items()}
        content = content_row(
            canonical({"facts": tellable.facts.model_dump(mode="json"), "texts": texts}), at
        )
        templates = sorted({m.template for m in said.values()})
        address = fingerprint(INBOX, f"{tellable.zone}/{tellable.notice.addressee}")
        row = receipt_row(
            tellable.notice,
            tellable.zone,
            INBOX,
            address,
            ReceiptKind.DELIVERED,
            at,
            content=content.hash,
            template="; ".join(templates),
        )
        return row, content

    async def wait(self, tellable: Tellable, route: Route, at: datetime) -> Wait | None:
        """Return why a message to an address waits, None if it goes out now: then it counts among
        those under way until `arrived`."""
        quiet = self.quiet_until(tellable, at)
        if quiet is not None:
            return Wait(ReceiptKind.HELD, quiet)
        counting = self._counting.setdefault(route.address, asyncio.Lock())
        async with counting:
            stormy = None if tellable.manner.urgent else await self._storm(tellable.rule, route, at)
            if stormy is not None:
                return Wait(ReceiptKind.BUNDLED, stormy)
            self._under_way[route.address] = self._under_way.get(route.address, 0) + 1
        return None

    def quiet_until(self, tellable: Tellable, at: datetime) -> datetime | None:
        """Return until when nobody is disturbed with a notice; None if it may go."""
        if tellable.manner.urgent:
            return None
        return quiet_until(tellable.rule.quiet, tellable.facts.time_zone, at)

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

    async def _of_order(self, notice: NoticeRow) -> Tellable:
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
        return _tellable(notice, facts, Manner(urgent=False, channels=None), terms.handbook)

    async def _of_matter(self, notice: NoticeRow) -> Tellable:
        zone, key = read_matter_stream(notice.stream)
        said = await self.desk.ledger.matter_columns(notice.stream)
        if said is None:
            raise LedgerError(f"{notice.id} tells of a matter that is not there")
        terms: Terms = await self.desk.shelf.version(said.terms)
        facts = NoticeFacts(
            notice=notice.id,
            what=notice.kind,
            about="matter",
            zone=zone,
            key=key,
            version=notice.version,
            title=await self._title(notice),
            addressee=notice.addressee,
            happened_at=notice.created_at,
            deadline_at=said.next_due_at,
            time_zone=terms.calendar.time_zone,
        )
        return _tellable(notice, facts, Manner(urgent=False, channels=None), terms.handbook)

    async def _title(self, notice: NoticeRow) -> str:
        """Return what a matter is called. That never changes, and a matter of 2,000 enterprises is
        much to read for each notice of one event."""
        known = self._titles.get(notice.stream)
        if known is None:
            row = await self.desk.ledger.matter(notice.stream)
            if row is None:
                raise LedgerError(f"{notice.id} tells of a matter that is not there")
            if len(self._titles) >= TITLES_KEPT_MAX:
                self._titles.clear()
            known = self._titles[notice.stream] = row.matter.title
        return known

    async def _of_routine(self, notice: NoticeRow, zone: str, kind: str, period: str) -> Tellable:
        """Of a post's notice the post is told, of a person's that person: by channels of their own,
        or else by those of the posts that they hold today."""
        desk, at = self.desk, self.now()
        terms: Terms = await desk.shelf.current(zone, at)
        book = terms.handbook
        told = await values_told(desk, notice.id)
        if not told:
            raise LedgerError(f"{notice.id} does not say what it tells")
        said = told[self.channels.language]
        facts = NoticeFacts(
            notice=notice.id,
            what=kind,
            about=ROUTINE,
            zone=zone,
            key=period,
            version=0,
            title=filled(shipped_for(kind, INBOX, self.channels.language), INBOX, said).subject,
            addressee=notice.addressee,
            happened_at=notice.created_at,
            urgent=MANNERS[kind].urgent,
            time_zone=terms.calendar.time_zone,
        )
        tellable = _tellable(notice, facts, MANNERS[kind], book)
        if kind != DIGEST:
            return tellable
        person = notice.addressee.removeprefix(OWN_MAILBOX)
        to = Addressee(zone, notice.addressee, is_post=False, person=person)
        return replace(tellable, to=to, through=posts_of_person(terms, person, at))

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


def texts_of(row: TemplateRow) -> Texts:
    """Return the texts of an operator's template, named by its sequence."""
    return Texts(row.subject, row.body, row.html, f"own {row.sequence}")


def _tellable(notice: NoticeRow, facts: NoticeFacts, manner: Manner, book: Handbook) -> Tellable:
    held = book.posts_by_id.get(notice.addressee)
    unit = None if held is None else held.unit
    to = Addressee(facts.zone, notice.addressee, held is not None, unit)
    return Tellable(notice, facts, manner, book.telling or NO_RULE, to)


def _deadline(issue: Issue, clock: str | None) -> datetime | None:
    """Return when the clock that is told of ends, or else the clock that ends first."""
    if clock is not None:
        found = issue.clock(clock)
        return None if found is None else found.due_at
    due = (each.due_at for each in issue.clocks if each.due_at is not None)
    return min(due, default=None)
