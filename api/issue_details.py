"""What is told of one issue beside how it stands: its history, its clocks, whose time it was."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, JsonValue

from api.notified import BreachTold, ReceiptTold, breaches_seen, receipt_told
from audit.evidence_text import told as worded
from audit.timeline import timeline
from audit.why import Evidence
from desk.desk import Desk
from domain.chain import Record
from domain.clocks import Clock
from domain.derivation import Derivation
from domain.elsewhere import ELSEWHERE, told_plainly
from domain.model import Moment, Name, to_millisecond
from domain.people import Actor
from domain.reading import Reading, read
from domain.responsibility import Held, Total, partition, totals
from domain.retold import TermsByHash, terms_named
from face.elsewhere import event_told, hidden_in
from face.looking import Look
from face.masking import told as masked_json
from face.words import Language, said
from ledger.port import Ledger, NoticeRow, Refusal
from ledger.receipts import ReceiptRow


class Worded(BaseModel):
    """A sentence in Chinese and in English."""

    zh: str
    en: str


class TimelineEntry(BaseModel):
    """One event. `occurred_at`: when it took place by the actor's word, if that differs;
    `recorded_late_ms` lies between the two where the handbook minds. `event` is all of it, texts
    about persons masked: {"sealed": true, "subject": …}."""

    version: int
    position: int
    at: Moment
    occurred_at: Moment | None
    recorded_late_ms: int | None
    kind: str = Field(examples=["issue_accepted"])
    title: Name
    told: Worded
    actor: Actor
    command_id: str
    hash: str
    event: dict[str, JsonValue]


class Timeline(BaseModel):
    """Events in order of version; `next` is the version to go on after, None at the end."""

    zone: str
    key: str
    number: str | None
    position: int
    events: list[TimelineEntry]
    next: int | None = Field(description="Ask on with `after`; absent at the end.")


class TargetSums(BaseModel):
    """What the spans of one target come to, in milliseconds of its own basis."""

    budget_ms: int
    counted_ms: int
    unspent_ms: int
    adds_up: bool


class ClockDerivation(BaseModel):
    """How one cycle of a clock came to its deadline, and that the spans make up the budget."""

    derivation: Derivation
    sums: Annotated[list[TargetSums], Field(description="Of each target, in their order.")]
    adds_up: bool


class ClockTold(BaseModel):
    """A clock: what it is, what it shows at `reading.at`, and why."""

    clock: Clock
    reading: Reading
    cycles: list[ClockDerivation]


class Clocks(BaseModel):
    """The clocks of an issue. `ended` are cycles of clocks that it has no more; `breaches` the
    deadlines that passed, each with what shows that its holder knew in time, or unnotified."""

    zone: str
    key: str
    position: int
    clocks: list[ClockTold]
    ended: list[ClockDerivation]
    breaches: list[BreachTold]


class TimeHeld(BaseModel):
    """Whose time it was: stretches without a hole, and what each held in all."""

    zone: str
    key: str
    position: int
    life_ms: int
    counted_ms: int
    totals: list[Total]
    stretches: list[Held]


class RefusalTold(BaseModel):
    """A command that was refused. `number` counts the issue's refusals from 1."""

    number: int
    command_id: str
    kind: str
    at: Moment
    actor: dict[str, JsonValue]
    code: str
    message: str


class Refusals(BaseModel):
    """Refusals, oldest first; `next` is the number to go on after, None at the end."""

    refusals: list[RefusalTold]
    next: int | None


class NoticeTold(BaseModel):
    """Something an addressee is told of an event, when that was settled, and what came of it in
    each channel."""

    id: str
    version: int
    kind: str
    addressee: str
    created_at: Moment
    delivered_at: Moment | None
    receipts: list[ReceiptTold]


class Notices(BaseModel):
    """Notices, oldest first; `next` is how many to leave out the next time, None at the end."""

    notices: list[NoticeTold]
    next: int | None


class PersonalTold(BaseModel):
    """A text about a person, opened. `text` is absent where it cannot be; `erased_at` says since
    when, if its key was destroyed."""

    version: int
    kind: str
    at: Moment
    field: str
    subject: str
    text: str | None
    erased_at: Moment | None


class PersonalTexts(BaseModel):
    """What an issue says of persons. That it was read is on record."""

    zone: str
    key: str
    texts: list[PersonalTold]


async def timeline_of(look: Look, after: int, limit: int) -> Timeline:
    """Return the events after a version, at most `limit`."""
    issue, ledger = look.row.issue, look.desk.ledger
    records = await records_seen(look)
    terms = await terms_of(look.desk, records)
    positions = await ledger.positions(issue.stream)
    ends = min(after + limit, len(records))
    hidden = await hidden_in(ledger, look.caller, issue, records[after:ends])
    told = [event_told(each, hidden) if after < each.version <= ends else each for each in records]
    shown = [known if each is None else each for known, each in zip(records, told, strict=True)]
    rows, lines = timeline(shown, terms), worded(shown)
    entries = [
        TimelineEntry(
            version=record.version,
            position=position,
            at=record.at,
            occurred_at=record.occurred_at,
            recorded_late_ms=row.recorded_late_ms,
            kind=row.kind,
            title=row.title,
            told=Worded(zh=_said(line["zh"], "zh"), en=_said(line["en"], "en")),
            actor=record.event.by,
            command_id=record.command_id,
            hash=record.hash,
            event=told_plainly(masked_json(record.event)),
        )
        for record, position, row, line in list(zip(told, positions, rows, lines, strict=False))[
            after:ends
        ]
        if record is not None
    ]
    return Timeline(
        zone=issue.zone,
        key=issue.key,
        number=issue.number,
        position=look.position,
        events=entries,
        next=ends if after < ends < len(records) else None,
    )


async def clocks_of(look: Look) -> Clocks:
    """Return what each clock shows at the instant looked at (R1.2), and how it came to it."""
    issue = look.row.issue
    records = await records_seen(look)
    terms = await terms_of(look.desk, records)
    own = await look.desk.shelf.version(issue.terms)
    calendars = {rule.id: own.calendar_of(rule) for rule in own.handbook.clocks}
    at = instant(look)
    derived = Evidence(issue.stream, tuple(records), terms).derivations()
    told = [
        ClockTold(
            clock=clock,
            reading=read(clock, calendars.get(clock.rule, own.calendar), at),
            cycles=[_derived(each) for each in derived if each.clock == clock.id],
        )
        for clock in issue.clocks
    ]
    here = {clock.id for clock in issue.clocks}
    return Clocks(
        zone=issue.zone,
        key=issue.key,
        position=look.position,
        clocks=told,
        ended=[_derived(each) for each in derived if each.clock not in here],
        breaches=await breaches_seen(look, records, terms),
    )


async def time_held(look: Look) -> TimeHeld:
    """Return who held the issue, until it closed or until the instant looked at."""
    issue = look.row.issue
    records = await records_seen(look)
    held = partition(records, await terms_of(look.desk, records), instant(look))
    sums = totals(held)
    return TimeHeld(
        zone=issue.zone,
        key=issue.key,
        position=look.position,
        life_ms=sum(each.passed_ms for each in sums),
        counted_ms=sum(each.counted_ms for each in sums),
        totals=list(sums),
        stretches=list(held),
    )


async def records_seen(look: Look) -> list[Record]:
    """Return the events up to the version that is looked at."""
    issue = look.row.issue
    return (await look.desk.ledger.records(issue.stream))[: issue.version]


async def terms_of(desk: Desk, records: list[Record]) -> TermsByHash:
    """Return the terms that events are judged by, by their hash."""
    return {hash_: await desk.shelf.version(hash_) for hash_ in terms_named(records)}


def instant(look: Look) -> datetime:
    """Return the instant at which clocks are read: never before the issue's last event."""
    return max(look.at or to_millisecond(look.desk.clock.now()), look.row.issue.changed_at)


def refusal_told(number: int, refusal: Refusal, actor: dict[str, JsonValue]) -> RefusalTold:
    """Return a refusal as it is told."""
    kept = asdict(refusal)
    return RefusalTold(
        number=number,
        actor=actor,
        **{name: kept[name] for name in ("command_id", "kind", "at", "code", "message")},
    )


async def refusals_told(ledger: Ledger, stream: str, after: int, limit: int) -> Refusals:
    """Return a page of what was refused of a stream."""
    found = await ledger.refusals(stream, after, limit + 1)
    told = [
        refusal_told(number, each, json.loads(each.actor))
        for number, each in enumerate(found[:limit], start=after + 1)
    ]
    return Refusals(refusals=told, next=after + limit if len(found) > limit else None)


def notice_told(notice: NoticeRow, receipts: Sequence[ReceiptRow]) -> NoticeTold:
    """Return a notice as it is told, with those of the receipts that are its own."""
    kept = asdict(notice)
    own = [receipt_told(each) for each in receipts if each.notice == notice.id]
    plain = {name: kept[name] for name in NoticeTold.model_fields if name != "receipts"}
    return NoticeTold(**plain, receipts=own)


def _said(line: object, language: Language) -> str:
    return str(line).replace(ELSEWHERE, said("issue.elsewhere", language))


def _derived(derivation: Derivation) -> ClockDerivation:
    return ClockDerivation(
        derivation=derivation,
        sums=[
            TargetSums(
                budget_ms=target.budget_ms,
                counted_ms=target.counted_ms,
                unspent_ms=target.unspent_ms,
                adds_up=target.adds_up,
            )
            for target in derivation.targets
        ],
        adds_up=derivation.adds_up,
    )
