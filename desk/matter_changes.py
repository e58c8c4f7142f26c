"""What a decided command to a matter writes: records, rows, notices, errands, the result."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from desk.changes import CALENDAR_TASK
from desk.stream_rows import command_row_of
from domain.canonical import sha256
from domain.chain import GENESIS, Origin, Record, recorded
from domain.days import zone_of
from domain.decisions.draft import RULES
from domain.matters.acts import DuePassed, RingMatter
from domain.matters.commands import MatterSubmission
from domain.matters.draft import MatterDecision
from domain.matters.errands import errands_of_matter
from domain.matters.events import MatterEvent
from domain.matters.evolve import evolve_matter
from domain.matters.notices import matter_notices_of
from domain.matters.state import Matter
from domain.terms import Terms
from ledger.kin import ErrandRow, matter_errand_row
from ledger.matters import MatterChanges, MatterHead
from ledger.port import FiringRow, NoticeRow
from ledger.publications import TaskRow

Step = tuple[MatterEvent, Record, Matter]
"""An event, its record, and the matter right after it."""


def matter_changes_of(
    submission: MatterSubmission,
    body: str,
    before: Matter | None,
    decision: MatterDecision,
    terms: Terms,
    head: MatterHead | None,
    *,
    told: bool,
    target: Terms | None = None,
) -> MatterChanges:
    """Return all that the command writes. `told`: the matter's workflow is given the answer.
    `target`: the terms that it adopts, if it adopts any."""
    matter, events = decision.matter, decision.events
    hash_ = sha256(body)
    first = 0 if head is None else head.version
    origin = Origin(
        stream=matter.stream,
        command_id=submission.id,
        command_hash=hash_,
        terms=terms.hash,
        rules=RULES,
        occurred_at=submission.occurred_at,
    )
    previous = GENESIS if head is None else head.hash
    records = recorded(events, origin, after_version=first, previous=previous)
    steps = tuple(_steps(submission, before, events, records, terms))
    notices = tuple(notice for step in steps for notice in _notices(step))
    told_of = {notice.version for notice in notices}
    return MatterChanges(
        command=command_row_of(submission, body, hash_, terms, first, matter, records),
        records=records,
        matter=matter,
        told=told,
        firings=matter_firings(
            matter.stream,
            events,
            records,
            told_of,
            ring=isinstance(submission.command, RingMatter),
        ),
        notices=notices,
        tasks=_tasks(matter, events, records, target or terms),
        errands=tuple(row for step in steps for row in _errands(step)),
    )


def matter_firings(
    stream: str,
    events: Sequence[MatterEvent],
    records: Sequence[Record],
    told_of: set[int],
    *,
    ring: bool,
) -> tuple[FiringRow, ...]:
    """Return the rows of the instants that passed. `told_of` are the versions that somebody is told
    of; other effects are done at once."""
    return tuple(
        FiringRow(
            stream=stream,
            clock=event.clock,
            cycle=event.cycle,
            rung=event.rung,
            version=record.version,
            due_at=event.due_at,
            fired_at=event.at,
            ring=ring,
            effect_done_at=None if record.version in told_of else event.at,
        )
        for event, record in zip(events, records, strict=True)
        if isinstance(event, DuePassed)
    )


def has_passed(events: Sequence[object], ring: RingMatter) -> bool:
    """Return whether the very instant that was named passed."""
    named = (ring.clock, ring.cycle, ring.rung)
    return any(
        isinstance(event, DuePassed) and (event.clock, event.cycle, event.rung) == named
        for event in events
    )


def _steps(
    submission: MatterSubmission,
    before: Matter | None,
    events: Sequence[MatterEvent],
    records: Sequence[Record],
    terms: Terms,
) -> Iterator[Step]:
    matter = before
    for event, record in zip(events, records, strict=True):
        matter = evolve_matter(
            matter, event, zone=submission.zone, key=submission.key, terms=terms.hash
        )
        yield event, record, matter


def _notices(step: Step) -> Iterator[NoticeRow]:
    event, record, matter = step
    for notice in matter_notices_of(event, matter):
        yield NoticeRow(
            id=notice.id,
            stream=notice.stream,
            version=notice.version,
            kind=notice.kind,
            addressee=notice.addressee,
            created_at=record.at,
        )


def _errands(step: Step) -> Iterator[ErrandRow]:
    event, record, matter = step
    for errand in errands_of_matter(event, matter):
        yield matter_errand_row(errand, record.at)


def _tasks(
    matter: Matter, events: Sequence[MatterEvent], records: Sequence[Record], terms: Terms
) -> tuple[TaskRow, ...]:
    """Return what an administrator must do about instants beyond the last published day (R2.2)."""
    tasks: dict[str, TaskRow] = {}
    for event, record in zip(events, records, strict=True):
        for due in event.sets:
            if due.provisional:
                row = _task(matter, due.due_at, record, terms)
                tasks.setdefault(row.id, row)
    return tuple(tasks.values())


def _task(matter: Matter, due_at: datetime, record: Record, terms: Terms) -> TaskRow:
    calendar = terms.calendar
    year = due_at.astimezone(zone_of(calendar.time_zone)).year
    id_ = f"{CALENDAR_TASK}:{calendar.id}:{year}"
    return TaskRow(id_, CALENDAR_TASK, calendar.id, year, record.at, matter.stream, record.version)
