"""No deadline without notice (I17): of each breach, whether its holder had been told in time.

A breach is notified if a notice about that duty, to whoever had the next move when time ran out,
had arrived before the due instant. About the duty is what tells of an event that moved the clock,
of a rung of it, or, while it ran, of the event by which the holder came to have the issue.
Arrived is what a channel says is delivered or read; that a mail server took a mail proves nothing.
What the inbox alone has counts, and is said so: nobody need have looked.

The rule marks; it stops no clock.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from audit.facts import Facts, terms_reader
from domain.chain import Record
from domain.clocks import Clock
from domain.events import RungFired
from domain.evolve_team import part_of_clock
from domain.handbook import Handbook
from domain.issue import Issue
from domain.notifying import ARRIVED, WAITING, ReceiptKind
from domain.organization import posts_of_unit
from domain.responsibility import Holder, HolderKind, claim_on, place_of_post, ruled_after
from domain.retold import TermsByHash, Told, retold, terms_named
from domain.streams import is_issue_stream
from ledger.port import FiringRow, NoticeRow
from ledger.receipts import INBOX, ReceiptRow

ClockName = tuple[str, int]
FOUND_MAX = 1000


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that the holder knew: the first receipt before the deadline. `inbox_only`: no
    other channel had it, and nobody had opened it."""

    notice: str
    receipt: str
    channel: str
    what: ReceiptKind
    at: datetime
    content: str
    inbox_only: bool


@dataclass(frozen=True, slots=True)
class Breach:
    """A deadline that passed, who had the next move, and what shows that they knew of it.

    `proof` None: unnotified. `notices` are those about the duty, delivered in time or not.
    """

    stream: str
    clock: str
    cycle: int
    version: int
    due_at: datetime
    holder: Holder
    notices: tuple[str, ...]
    proof: Proof | None

    @property
    def is_unnotified(self) -> bool:
        """Return whether nothing shows that the holder knew in time."""
        return self.proof is None


@dataclass(frozen=True, slots=True)
class NotifiedAudit:
    """What the breaches of many issues came to; `unnotified` lists the first of them.

    `held_back`: of the notices of rungs that fired, those that a channel beside the inbox did not
    give at once, but at the end of quiet hours or of a storm's window.
    """

    breaches: int
    by_inbox_only: int
    unnotified_count: int
    unnotified: tuple[Breach, ...]
    held_back: int = 0


def breaches_told(
    records: Sequence[Record],
    terms: TermsByHash,
    notices: Sequence[NoticeRow],
    receipts: Sequence[ReceiptRow],
) -> tuple[Breach, ...]:
    """Return every breach of one issue, with its proof or without. `terms` holds all that
    `terms_named` names."""
    life = _Life()
    found: list[Breach] = []
    for told in retold(records, terms):
        found += life.breaches(told, notices, receipts)
        life.follow(told)
    return tuple(found)


def unnotified_breaches(
    records: Sequence[Record],
    terms: TermsByHash,
    notices: Sequence[NoticeRow],
    receipts: Sequence[ReceiptRow],
) -> tuple[Breach, ...]:
    """Return the breaches of one issue of which nothing shows that the holder knew in time."""
    every = breaches_told(records, terms, notices, receipts)
    return tuple(each for each in every if each.is_unnotified)


class TellingFacts(Facts, Protocol):
    """The part of a ledger that this is audited from."""

    async def firings(self, stream: str | None = None) -> list[FiringRow]:
        """Return the rungs that fired."""
        ...

    async def notices(self, stream: str) -> list[NoticeRow]:
        """Return the notices of a stream."""
        ...

    async def receipts(self, stream: str) -> list[ReceiptRow]:
        """Return the receipts of a stream's notices."""
        ...


async def audit_notified(
    ledger: TellingFacts,
    *,
    now: datetime,
    zone: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> NotifiedAudit:
    """Look at every breach up to `now`; what was recorded later is left out."""
    terms_of = terms_reader(ledger)
    breaches = by_inbox = unnotified = streams = held_back = 0
    first: list[Breach] = []
    async for stream in ledger.streams():
        if not is_issue_stream(stream) or (zone is not None and not stream.startswith(f"{zone}/")):
            continue
        streams += 1
        progress(streams)
        fired = {each.version for each in await ledger.firings(stream)}
        if not fired:
            continue  # a deadline that passed has fired
        records = [each for each in await ledger.records(stream) if each.at <= now]
        terms = {hash_: await terms_of(hash_) for hash_ in sorted(terms_named(records))}
        receipts = [each for each in await ledger.receipts(stream) if each.at <= now]
        notices = await ledger.notices(stream)
        waited = {each.notice for each in receipts if each.what in WAITING}
        held_back += sum(each.id in waited for each in notices if each.version in fired)
        for each in breaches_told(records, terms, notices, receipts):
            breaches += 1
            by_inbox += each.proof is not None and each.proof.inbox_only
            unnotified += each.is_unnotified
            if each.is_unnotified and len(first) < FOUND_MAX:
                first.append(each)
    return NotifiedAudit(breaches, by_inbox, unnotified, tuple(first), held_back)


class _Life:
    """What is known of an issue before an event: since when each clock runs, which events moved or
    named it, and by which event whom has the next move."""

    def __init__(self) -> None:
        self._since: dict[ClockName, int] = {}
        self._naming: dict[ClockName, set[int]] = {}
        self._holder: Holder | None = None
        self._came = 0  # the event by which the holder came to have it
        self._ruled = False

    def breaches(
        self, told: Told, notices: Sequence[NoticeRow], receipts: Sequence[ReceiptRow]
    ) -> Iterator[Breach]:
        """Yield what this event made a breach."""
        if told.before is None:
            return  # what passed before an issue came here, another ledger would have to show
        before = {_name(each): each for each in told.before.clocks}
        for clock in told.after.clocks:
            was = before.get(_name(clock))
            if clock.breached_at is None or (was is not None and was.breached_at is not None):
                continue
            due_at = _due_at(told, clock)
            holder = self._holder_of(clock, told.before, told.terms.handbook)
            about = self._about(clock, holder, told, notices)
            yield Breach(
                stream=told.record.stream,
                clock=clock.id,
                cycle=clock.cycle,
                version=told.version,
                due_at=due_at,
                holder=holder,
                notices=tuple(each.id for each in sorted(about, key=_order)),
                proof=_proof({each.id for each in about}, receipts, due_at),
            )

    def follow(self, told: Told) -> None:
        """Take in an event."""
        self._ruled = ruled_after(told.event, ruled=self._ruled)
        for clock in told.after.clocks:
            self._since.setdefault(_name(clock), told.version)
        named = {(each.clock, each.cycle) for each in told.event.clocks}
        if isinstance(told.event, RungFired):
            named.add((told.event.clock, told.event.cycle))
        for name in named:
            self._naming.setdefault(name, set()).add(told.version)
        if not told.after.is_open:
            self._holder = None
            return
        holder, _ = claim_on(told.after, told.terms.handbook, ruled=self._ruled)
        if holder != self._holder:
            self._came = told.version
        self._holder = holder

    def _holder_of(self, clock: Clock, issue: Issue, handbook: Handbook) -> Holder:
        named = part_of_clock(clock.id)
        part = None if named is None or issue.team is None else issue.team.part(named)
        if part is not None and part.proxy is not None:
            return place_of_post(handbook, part.proxy)
        if part is not None:
            return Holder(kind=HolderKind.UNIT, id=part.unit)
        if self._holder is None or self._holder.kind in (HolderKind.EXTERNAL, HolderKind.PARKED):
            return place_of_post(handbook, issue.handler)
        return self._holder

    def _about(
        self, clock: Clock, holder: Holder, told: Told, notices: Sequence[NoticeRow]
    ) -> list[NoticeRow]:
        """Return the notices to the holder about the duty, up to the breach."""
        name = _name(clock)
        since = self._since.get(name, told.version)
        naming = self._naming.get(name, set())
        came = self._came if holder == self._holder else 0
        to = _addressees(holder, told.terms.handbook)
        return [
            each
            for each in notices
            if each.addressee in to
            and each.version < told.version
            and each.version >= since
            and (each.version in naming or each.version == came)
        ]


def _addressees(holder: Holder, handbook: Handbook) -> frozenset[str]:
    if holder.kind is HolderKind.UNIT:
        return frozenset(post.id for post in posts_of_unit(handbook, holder.id))
    return frozenset({holder.id})


def _proof(about: set[str], receipts: Sequence[ReceiptRow], due_at: datetime) -> Proof | None:
    arrived = sorted(
        (
            each
            for each in receipts
            if each.notice in about and each.what in ARRIVED and each.at < due_at
        ),
        key=lambda each: (each.at, each.id),
    )
    if not arrived:
        return None
    first = next((each for each in arrived if _is_seen(each)), arrived[0])
    return Proof(
        notice=first.notice,
        receipt=first.id,
        channel=first.channel,
        what=first.what,
        at=first.at,
        content=first.content,
        inbox_only=not _is_seen(first),
    )


def _order(notice: NoticeRow) -> tuple[int, str]:
    return notice.version, notice.id


def _is_seen(receipt: ReceiptRow) -> bool:
    return receipt.channel != INBOX or receipt.what is ReceiptKind.READ


def _name(clock: Clock) -> ClockName:
    return clock.id, clock.cycle


def _due_at(told: Told, clock: Clock) -> datetime:
    """Return the deadline that passed: by the rung that fired, or by the target just set."""
    event = told.event
    if isinstance(event, RungFired) and (event.clock, event.cycle) == _name(clock):
        return event.due_at
    return clock.due_at or clock.breached_at or told.record.at
