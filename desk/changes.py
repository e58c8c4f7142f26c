"""What a decided command writes: records, projections, the stored result, a poke or none."""

from datetime import datetime
from functools import lru_cache

from desk.seen import stands
from domain.canonical import canonical, sha256
from domain.chain import GENESIS, Origin, recorded
from domain.commands import RingRung, Submission
from domain.days import zone_of
from domain.decisions import RULES, Decision
from domain.errands import errands_of
from domain.events import Event, IssueReopened, IssueReported, RungFired
from domain.events_of_import import IssueImported
from domain.events_of_kin import IssueUnmerged
from domain.events_of_time import TermsAdopted
from domain.issue import Issue
from domain.notices import Notice, notices_of
from domain.people import Actor
from domain.terms import Terms
from domain.view import CommandResult
from ledger.board_rows import board_row
from ledger.kin import errand_row, link_changes
from ledger.port import Changes, CommandRow, Head, IssueRow
from ledger.projections import rows_of
from ledger.publications import TaskRow

CALENDAR_TASK = "calendar"
"""The kind of a task to publish a calendar."""
BEGINNINGS = IssueReported | IssueImported | IssueReopened | IssueUnmerged
"""What an issue is open after that had no workflow before, or one that has ended."""
_SHOWN = ("phase", "tier", "owner", "unit", "category")


def changes_of(
    submission: Submission,
    body: str,
    before: Issue | None,
    decision: Decision,
    terms: Terms,
    head: Head | None,
    *,
    heard: bool,
    target: Terms | None = None,
) -> Changes:
    """Return all that the command writes. `heard`: the issue's workflow is given the answer.
    `target`: the terms that it adopts, if it adopts any."""
    after, events = decision.issue, decision.events
    hash_ = sha256(body)
    first = 0 if head is None else head.version
    previous = GENESIS if head is None else head.hash
    origin = Origin(
        stream=after.stream,
        command_id=submission.id,
        command_hash=hash_,
        terms=terms.hash,
        rules=RULES,
        occurred_at=submission.occurred_at,
    )
    records = recorded(events, origin, after_version=first, previous=previous)
    ring = isinstance(submission.command, RingRung)
    notices = _notices(before, events, after, terms)
    rows = rows_of(before, after, events, records, notices, ring=ring)
    poke, armed = _poke(before, after, events, head, heard=heard, to_tell=bool(rows.notices))
    at = events[0].at if events else after.changed_at
    return Changes(
        command=command_row(submission, body, hash_, terms, first, events, after, at),
        records=records,
        issue=after,
        armed_due_at=armed,
        answered=heard or _is_answered(head, events),
        clocks=rows.clocks,
        firings=rows.firings,
        notices=rows.notices,
        poke=poke,
        tasks=tasks_of(events, after.stream, first, terms, target, at),
        links=link_changes(after.zone, after.key, events),
        errands=tuple(errand_row(errand, at) for errand in errands_of(before, events, after)),
        board=board_row(after, _judged_by(after, terms, target)),
    )


def _judged_by(after: Issue, terms: Terms, target: Terms | None) -> Terms:
    """Return the terms that the issue is judged by from now on."""
    return target if target is not None and after.terms == target.hash else terms


def _notices(
    before: Issue | None, events: tuple[Event, ...], after: Issue, terms: Terms
) -> tuple[Notice, ...]:
    """Tell of each event to those in place when the whole command was carried out."""
    first = 0 if before is None else before.version
    return tuple(
        notice
        for offset, event in enumerate(events, start=1)
        for notice in notices_of(event, _as_of(after, first + offset), terms.handbook)
    )


def _as_of(after: Issue, version: int) -> Issue:
    """Return `after` under the version of one of the command's events; mostly it is its own."""
    return after if after.version == version else after.model_copy(update={"version": version})


def tasks_of(
    events: tuple[Event, ...],
    stream: str,
    first: int,
    terms: Terms,
    target: Terms | None,
    at: datetime,
) -> tuple[TaskRow, ...]:
    """Return what an administrator must do about the deadlines that the events set beyond the last
    published day: publish the calendar for the year of each (R2.2)."""
    tasks: dict[str, TaskRow] = {}
    for version, event in enumerate(events, start=first + 1):
        if isinstance(event, TermsAdopted) and target is not None:
            terms = target
        for change in event.clocks:
            rule = terms.rules_by_id.get(change.rule)
            if rule is None or change.run is None or not change.run.provisional:
                continue
            calendar = terms.calendar_of(rule)
            year = change.run.due_at.astimezone(zone_of(calendar.time_zone)).year
            id_ = f"{CALENDAR_TASK}:{calendar.id}:{year}"
            row = TaskRow(id_, CALENDAR_TASK, calendar.id, year, at, stream, version)
            tasks.setdefault(id_, row)
    return tuple(tasks[id_] for id_ in sorted(tasks))


def _poke(
    before: Issue | None,
    after: Issue,
    events: tuple[Event, ...],
    head: Head | None,
    *,
    heard: bool,
    to_tell: bool,
) -> tuple[bool, datetime | None]:
    """Whether the workflow must hear, and what it then waits for (the armed rule)."""
    due = after.next_rung
    next_at = None if due is None else due[1].due_at
    if heard:
        return False, next_at
    armed = None if head is None else head.armed_due_at
    if armed is not None and armed <= after.changed_at:
        armed = None  # that alarm has gone off; whatever comes next, the workflow must hear of it
    earlier = next_at is not None and (armed is None or next_at < armed)
    was = None if before is None else before.next_rung
    # The alarm may be for less than the workflow knows of: then it sleeps on to what it knows.
    sooner = next_at is not None and (was is None or next_at < was[1].due_at)
    shown = before is None or any(getattr(before, n) != getattr(after, n) for n in _SHOWN)
    poke = bool(events) and (to_tell or earlier or sooner or shown)
    return poke, next_at if earlier else armed


def _is_answered(head: Head | None, events: tuple[Event, ...]) -> bool:
    """A report, an import, a reopening and the undoing of a merge need a workflow that has not
    spoken yet."""
    if head is None or any(isinstance(e, BEGINNINGS) for e in events):
        return False
    return head.answered


def command_row(
    submission: Submission,
    body: str,
    hash_: str,
    terms: Terms,
    first: int,
    events: tuple[Event, ...],
    after: Issue,
    at: datetime,
) -> CommandRow:
    """Return the row of a decided command, whose first event comes after version `first`."""
    result = CommandResult(
        command_id=submission.id,
        zone=submission.zone,
        key=submission.key,
        at=at,
        version=after.version,
        events=tuple(event.kind for event in events),
        number=after.number,
    )
    return CommandRow(
        id=submission.id,
        stream=after.stream,
        kind=submission.command.kind,
        at=at,
        actor=actor_text(submission.actor),
        body=body,
        hash=hash_,
        terms=terms.hash,
        rules=RULES,
        first_version=first + 1,
        count=len(events),
        result=result.model_dump_json(),
    )


@lru_cache(maxsize=4096)
def actor_text(actor: Actor) -> str:
    """Return the canonical text of an actor; the same few act again and again."""
    return canonical(actor)


def fired(decision: Decision, ring: RingRung) -> bool:
    """Return whether the very rung that was named fired.

    What others fell due meanwhile fires under ids of their own: this one is still to be rung.
    """
    return any(
        isinstance(event, RungFired)
        and (event.clock, event.cycle, event.rung) == (ring.clock, ring.cycle, ring.rung)
        for event in decision.events
    )


def overtaken(decision: Decision, ring: RingRung, before: Issue) -> bool:
    """Return whether the rung that was named was due, and what fired before it at the same ring has
    taken it away: it never fires, and its id is spent."""
    named = (ring.clock, ring.cycle, ring.rung)
    rung = stands(before, *named)
    if rung is None or not decision.events or rung.due_at > decision.events[0].at:
        return False
    return stands(decision.issue, *named) is None


def rungs_fired(changes: Changes) -> tuple[RungFired, ...]:
    """Return the rungs that the command fired."""
    events = (record.event for record in changes.records)
    return tuple(event for event in events if isinstance(event, RungFired))


def result_of(command: CommandRow) -> CommandResult:
    """Return the result that is stored with a command."""
    return CommandResult.model_validate_json(command.result)


def row_after(changes: Changes, issue: Issue, head: Head | None) -> IssueRow:
    """Return the issue's row as the command leaves it, with the notices that it added."""
    previous = GENESIS if head is None else head.hash
    return IssueRow(
        issue=issue,
        hash=changes.records[-1].hash if changes.records else previous,
        armed_due_at=changes.armed_due_at,
        answered=changes.answered,
        notices=tuple(row.id for row in changes.notices),
    )


def head_after(changes: Changes, issue: Issue) -> Head:
    """Return where the stream stands after the command's events; the snapshot stays behind."""
    return Head(
        version=issue.version,
        hash=changes.records[-1].hash,
        snapshot="",
        terms=issue.terms,
        armed_due_at=changes.armed_due_at,
        answered=changes.answered,
        notices_open=0,
    )
