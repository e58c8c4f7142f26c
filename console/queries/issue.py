"""One issue closely, now or as it stood: all that its page tells, by one reading of its stream."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.notified import Breach, breaches_told
from audit.why import Evidence
from console.queries.issue_clocks import Clocks, clocks_of
from console.queries.issue_timeline import (
    Document,
    Fact,
    documents_of,
    earlier_than,
    fact_of,
    facts_of,
    title_of,
)
from desk.desk import Desk
from desk.seen import is_overdue
from domain.access import Principal
from domain.chain import Record
from domain.clock_rules import RungEffect
from domain.clocks import Clock, RungDue
from domain.issue import Issue
from domain.lights import Shown, light_of
from domain.model import Name, to_millisecond
from domain.responsibility import Claim, Held, Total, claim_on, partition, ruled_after, totals
from domain.retold import TermsByHash, terms_named
from domain.silence import Silence, silence_of
from domain.terms import Terms
from face.elsewhere import event_told, hidden_in
from face.looking import Look
from ledger.orders import OrderRow
from ledger.port import NoticeRow
from ledger.receipts import ReceiptRow

NOTICES_MAX: Final = 30
ORDERS_MAX: Final = 20
HELD_MAX: Final = 40
SINCE_MAX: Final = 20
STOPS_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Stop:
    """An event at which the past can be looked at: its version, and its place in the ledger."""

    version: int
    position: int
    at: datetime
    title: Name


@dataclass(frozen=True, slots=True)
class Next:
    """What happens next by itself: a rung of a clock, and what it does."""

    clock: Clock
    name: Name
    rung: RungDue
    effect: RungEffect | None


@dataclass(frozen=True, slots=True)
class Told:
    """A notice, and what is known of it in each channel."""

    notice: NoticeRow
    title: Name
    receipts: tuple[ReceiptRow, ...]


@dataclass(frozen=True, slots=True)
class Responsibility:
    """Whose time it was: in all, and the newest stretches; `counted_ms` is what all of them come
    to."""

    totals: tuple[Total, ...]
    newest: tuple[Held, ...]
    left_out: int
    counted_ms: int
    passed_ms: int


@dataclass(frozen=True, slots=True)
class IssuePage:
    """All that is told of an issue at `at`. `claim` is who has the next move, None once closed."""

    issue: Issue
    terms: Terms
    at: datetime
    position: int
    shown: Shown
    overdue: bool
    overdue_ms: int
    next: Next | None
    claim: Claim | None
    silence: Silence | None
    facts: tuple[Fact, ...]
    earlier: int | None
    events: int
    clocks: Clocks
    held: Responsibility
    documents: tuple[Document, ...]
    breaches: tuple[Breach, ...]
    notices: tuple[Told, ...]
    notices_left_out: int
    orders: tuple[OrderRow, ...]
    stops: tuple[Stop, ...]
    names_others: bool
    """Whether its events name issues that the reader is told nothing of."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What the ledger has of an issue, read once."""

    records: Sequence[Record]
    positions: Sequence[int]
    terms: TermsByHash
    notices: Sequence[NoticeRow]
    receipts: Sequence[ReceiptRow]
    orders: Sequence[OrderRow]
    hidden: frozenset[str] | None


async def issue_page(look: Look, *, before: int | None, with_orders: bool) -> IssuePage:
    """Return what is told of the issue that is looked at; `before`: of its facts those before that
    version. `with_orders`: the reader may know of supervision orders."""
    read = await _read(look, with_orders=with_orders)
    own = await look.desk.shelf.version(look.row.issue.terms)
    at = max(look.at or to_millisecond(look.desk.clock.now()), look.row.issue.changed_at)
    # What is told again of five hundred events takes a while: others are answered meanwhile.
    return await asyncio.to_thread(_told, look, read, own, at, before)


async def facts_page(
    desk: Desk, caller: Principal, issue: Issue, before: int
) -> tuple[tuple[Fact, ...], int | None]:
    """Return the facts before a version, the newest first, and from where to go on."""
    records = (await desk.ledger.records(issue.stream))[: issue.version]
    terms = await _terms_of(desk, records)
    hidden = await hidden_in(desk.ledger, caller, issue, records)
    facts = facts_of(records, terms, terms[issue.terms].handbook, before, hidden)
    return facts, earlier_than(records, before)


async def facts_since(
    desk: Desk, caller: Principal, issue: Issue, version: int
) -> tuple[Fact, ...]:
    """Return what has happened after a version, the newest first, at most SINCE_MAX facts."""
    records = (await desk.ledger.records(issue.stream, after_version=version))[-SINCE_MAX:]
    terms = await _terms_of(desk, records)
    handbook = (await desk.shelf.version(issue.terms)).handbook
    hidden = await hidden_in(desk.ledger, caller, issue, records)
    told = (event_told(each, hidden) for each in reversed(records))
    return tuple(fact_of(each, terms, handbook) for each in told if each is not None)


async def position_of_version(desk: Desk, issue: Issue, version: int) -> int | None:
    """Return the place in the ledger of one of an issue's events."""
    found = await desk.ledger.positions(issue.stream, from_version=max(1, version))
    return found[0] if found and 1 <= version <= issue.version else None


async def _read(look: Look, *, with_orders: bool) -> _Read:
    ledger, issue = look.desk.ledger, look.row.issue
    # The slider goes through all that happened: also past the point that is looked at.
    records = await ledger.records(issue.stream)
    orders: Sequence[OrderRow] = ()
    if with_orders and look.sight is None:
        orders = await ledger.find_orders(zone=issue.zone, issue=issue.key, limit=ORDERS_MAX)
    return _Read(
        records=records,
        positions=await ledger.positions(issue.stream),
        terms=await _terms_of(look.desk, records),
        notices=await ledger.notices(issue.stream),
        receipts=await ledger.receipts(issue.stream),
        orders=orders,
        hidden=await hidden_in(ledger, look.caller, issue, records),
    )


async def _terms_of(desk: Desk, records: Sequence[Record]) -> Mapping[str, Terms]:
    return {hash_: await desk.shelf.version(hash_) for hash_ in terms_named(records)}


def _told(look: Look, read: _Read, own: Terms, at: datetime, before: int | None) -> IssuePage:
    issue = look.row.issue
    records = read.records[: issue.version]
    shown = light_of(issue, own, at)
    derived = Evidence(issue.stream, tuple(records), read.terms).derivations()
    facts = facts_of(records, read.terms, own.handbook, before, read.hidden)
    clocks = clocks_of(issue, own, derived, at)
    receipts = [each for each in read.receipts if look.at is None or each.at <= look.at]
    by_then = [each for each in read.notices if each.version <= issue.version]
    over = [
        each.reading.over_ms for each in clocks.present if each.is_live and each.reading.breached
    ]
    return IssuePage(
        issue=issue,
        terms=own,
        at=at,
        position=look.position,
        shown=shown,
        overdue=is_overdue(issue, at),
        overdue_ms=max(over, default=0),
        next=_next(issue, own),
        claim=_claim(issue, records, own),
        silence=silence_of(issue),
        facts=facts,
        earlier=earlier_than(records, before),
        events=len(records),
        clocks=clocks,
        held=_held(records, read.terms, at),
        documents=documents_of(records),
        breaches=breaches_told(records, read.terms, by_then, receipts),
        notices=_notices(by_then, receipts),
        notices_left_out=max(0, len(by_then) - NOTICES_MAX),
        orders=tuple(read.orders),
        stops=_stops(read),
        names_others=bool(read.hidden),
    )


def _next(issue: Issue, terms: Terms) -> Next | None:
    due = issue.next_rung
    if due is None:
        return None
    clock, rung = due
    rule = terms.rules_by_id.get(clock.rule)
    says = None if rule is None else rule.rung(rung.id)
    name = Name(zh=clock.id, en=clock.id) if rule is None else rule.name
    return Next(clock, name, rung, None if says is None else says.effect)


def _claim(issue: Issue, records: Sequence[Record], terms: Terms) -> Claim | None:
    if not issue.is_open:
        return None
    ruled = False
    for record in records:
        ruled = ruled_after(record.event, ruled=ruled)
    return claim_on(issue, terms.handbook, ruled=ruled)


def _held(records: Sequence[Record], terms: TermsByHash, at: datetime) -> Responsibility:
    held = partition(records, terms, at)
    sums = totals(held)
    return Responsibility(
        totals=sums,
        newest=tuple(reversed(held[-HELD_MAX:])),
        left_out=max(0, len(held) - HELD_MAX),
        counted_ms=sum(each.counted_ms for each in sums),
        passed_ms=sum(each.passed_ms for each in sums),
    )


def _notices(notices: Sequence[NoticeRow], receipts: Sequence[ReceiptRow]) -> tuple[Told, ...]:
    newest = reversed(notices[-NOTICES_MAX:])
    return tuple(
        Told(
            each,
            title_of(each.kind),
            tuple(receipt for receipt in receipts if receipt.notice == each.id),
        )
        for each in newest
    )


def _stops(read: _Read) -> tuple[Stop, ...]:
    stops = [
        Stop(record.version, position, record.at, title_of(record.kind))
        for record, position in zip(read.records, read.positions, strict=False)
        if event_told(record, read.hidden) is not None
    ]
    return tuple(stops[-STOPS_MAX:])
