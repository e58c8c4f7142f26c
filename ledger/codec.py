"""Rows and arguments of PostgreSQL, to and from the values of the port."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from pydantic import ValidationError

from domain.chain import Record
from domain.issue import Issue
from ledger.board_rows import board_arguments
from ledger.port import (
    Changes,
    ClockRow,
    CommandRow,
    FiringRow,
    Head,
    HistoryRow,
    IssueRow,
    LedgerError,
    NoticeRow,
    Refusal,
    UnreadableRowError,
)
from ledger.projections import columns_of
from ledger.publications import (
    CalendarRow,
    HandbookPublicationRow,
    HandbookRow,
    OpenRow,
    PlanRow,
    ProvisionalRow,
    PublicationRow,
    TaskRow,
)

if TYPE_CHECKING:
    import asyncpg

log = structlog.get_logger()
T = TypeVar("T")

HEAD_COLUMNS: Final = 7
ISSUE_ARGUMENTS: Final = 21
CLOCK_ARGUMENTS: Final = 11
FIRING_ARGUMENTS: Final = 8
NOTICE_ARGUMENTS: Final = 5
TASK_ARGUMENTS: Final = 5
PLAIN_TEXT: Final = '{"subject":'


def snapshot_text(issue: Issue) -> str:
    """Return the issue as its row keeps it."""
    return issue.model_dump_json()


def read_snapshot(text: str, stream: str = "an issue") -> Issue:
    """Return the issue that a row keeps. Raises UnreadableRowError naming `stream`."""
    try:
        return Issue.model_validate_json(text)
    except ValidationError as error:
        raise unreadable(stream, error) from error


def unreadable(stream: str, error: ValidationError) -> UnreadableRowError:
    """Return what to raise for a row that this program cannot read."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"])) or "all of it"
    return UnreadableRowError(f"the row of {stream} cannot be read: {field}: {first['msg']}")


def readable(rows: "Sequence[asyncpg.Record]", read: "Callable[[Any], T]") -> list[T]:
    """Return the rows of a list that can be read: one that cannot hides no other."""
    found, skipped = [], []
    for row in rows:
        try:
            found.append(read(row))
        except UnreadableRowError as error:
            skipped.append(str(error))
    for why in skipped:
        log.error("row_skipped", why=why)
    return found


def record_of(row: "asyncpg.Record | Sequence[Any]") -> Record:
    """Return an event; the columns come in the order of the fields, as in every reader here.

    Raises ValueError for a moment that is none, such as "infinity".
    """
    record = Record(*row)
    require_moments(record)
    return record


def positioned_record_of(row: "asyncpg.Record") -> tuple[int, Record]:
    """Return an event that is preceded by its position. Raises ValueError as `record_of` does."""
    position, *fields = row
    return position, record_of(fields)


def require_moments(row: Record | CommandRow) -> None:
    """Raise ValueError for a moment without a zone: so the driver gives infinity."""
    occurred_at = row.occurred_at if isinstance(row, Record) else None
    if row.at.tzinfo is None or (occurred_at is not None and occurred_at.tzinfo is None):
        raise ValueError(f"a moment of {row.stream} has no time zone, or is infinity")


def head_of(row: Sequence[object]) -> tuple[Head | None, CommandRow | None]:
    """Return what `ledger_lock` found: the head's columns, then the command's."""
    head, command = row[:HEAD_COLUMNS], row[HEAD_COLUMNS:]
    return (
        None if head[0] is None else Head(*head),  # type: ignore[arg-type]  # typed by the function's OUT columns
        None if command[0] is None else CommandRow(*command),  # type: ignore[arg-type]  # as above
    )


def moment(at: datetime) -> datetime:
    """Return a moment that others can be compared with: for infinity the last that there is."""
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def command_of(row: "asyncpg.Record") -> CommandRow:
    """Return a decided command. Raises ValueError for a moment that is none."""
    command = CommandRow(*row)
    require_moments(command)
    return command


def clock_of(row: "asyncpg.Record") -> ClockRow:
    """Return one cycle of a clock."""
    return ClockRow(*row)


def firing_of(row: "asyncpg.Record") -> FiringRow:
    """Return a rung that fired."""
    return FiringRow(*row)


def notice_of(row: "asyncpg.Record") -> NoticeRow:
    """Return a notice."""
    return NoticeRow(*row)


def refusal_of(row: "asyncpg.Record") -> Refusal:
    """Return a refusal."""
    return Refusal(*row)


def history_of(row: "asyncpg.Record") -> HistoryRow:
    """Return an archived history."""
    return HistoryRow(*row)


def publication_of(row: "asyncpg.Record") -> PublicationRow:
    """Return a publication."""
    publication = PublicationRow(*row)
    return replace(publication, at=moment(publication.at))


def calendar_of(row: "asyncpg.Record") -> CalendarRow:
    """Return a published version."""
    return CalendarRow(*row)


def handbook_publication_of(row: "asyncpg.Record") -> HandbookPublicationRow:
    """Return a handbook's publication."""
    return HandbookPublicationRow(*row)


def handbook_of(row: "asyncpg.Record") -> HandbookRow:
    """Return a published handbook."""
    return HandbookRow(*row)


def open_of(row: "asyncpg.Record") -> OpenRow:
    """Return a count of open issues."""
    return OpenRow(*row)


def plan_of(row: "asyncpg.Record") -> PlanRow:
    """Return a plan."""
    sequence, zone, from_terms, *others = row
    return PlanRow(sequence, zone, tuple(from_terms), *others)


def task_of(row: "asyncpg.Record") -> TaskRow:
    """Return a task."""
    task = TaskRow(*row)
    return replace(task, raised_at=moment(task.raised_at))


def provisional_of(row: "asyncpg.Record") -> ProvisionalRow:
    """Return a count of provisional deadlines."""
    return ProvisionalRow(*row)


def issue_row_of(row: "asyncpg.Record | Sequence[Any]") -> IssueRow:
    """Return an issue of the list."""
    stream, snapshot, hash_, armed_due_at, answered, notices = row
    issue = read_snapshot(snapshot, stream)
    return IssueRow(issue, hash_, armed_due_at, answered, tuple(notices))


def checked(changes: Changes) -> Changes:
    """Return `changes`; raises LedgerError if they do not hang together, which is a bug."""
    require_of_command(changes.command, changes.records)
    if changes.records and (
        changes.issue is None or changes.issue.version != changes.records[-1].version
    ):
        raise LedgerError(f"the issue {changes.command.stream} is not at its last event")
    return changes


def checked_at_once(changes: Changes) -> Changes:
    """Return `changes` that one statement can write; raises LedgerError if it cannot."""
    if changes.links or changes.errands:
        raise LedgerError(f"{changes.command.id} has links or errands: write it in a transaction")
    return checked(changes)


def require_of_command(command: CommandRow, records: Sequence[Record]) -> None:
    """Raise LedgerError unless all the events are the command's, and no text about a person is
    plain: canonical JSON writes a `domain.personal.Personal`, and nothing else, with its subject
    first."""
    if any(PLAIN_TEXT in text for text in (command.body, *(r.text for r in records))):
        raise LedgerError(f"{command.id} carries a personal text that is not sealed")
    named = (command.stream, command.id, command.hash, command.terms, command.rules)
    for record in records:
        origin = (
            record.stream,
            record.command_id,
            record.command_hash,
            record.terms,
            record.rules,
        )
        if origin != named:
            raise LedgerError(f"event {record.stream}@{record.version} is not of its command")


def append_arguments(
    head: Head | None, changes: Changes, issue: tuple[object, ...] | None = None
) -> tuple[object, ...]:
    """Return the arguments of `ledger_append`, in its order, then those of `ledger_raise_tasks` and
    of `ledger_put_board`. `issue`: its `issue_arguments`, where they are made already."""
    return (
        *_command_arguments(0 if head is None else head.version, changes),
        *_event_arguments(changes.records),
        *(issue_arguments(changes) if issue is None else issue),
        *_clock_arguments(changes.clocks),
        *_firing_arguments(changes.firings),
        *_notice_arguments(changes.notices),
        *_task_arguments(changes.tasks),
        *board_arguments(
            changes.board, is_written=changes.issue is not None and bool(changes.records)
        ),
    )


def _command_arguments(expected_version: int, changes: Changes) -> tuple[object, ...]:
    command = changes.command
    return (
        command.stream,
        expected_version,
        command.id,
        command.kind,
        command.at,
        command.actor,
        command.body,
        command.hash,
        command.terms,
        command.rules,
        command.first_version,
        command.count,
        command.result,
        changes.armed_due_at,
        changes.answered,
        changes.poke,
    )


def _event_arguments(records: Sequence[Record]) -> tuple[object, ...]:
    if not records:
        return (None,) * 7
    return (
        records[0].occurred_at,
        *_columns(map(event_values, records)),
    )


def issue_arguments(changes: Changes) -> tuple[object, ...]:
    """Return the columns of the issue that a command leaves, the snapshot last."""
    issue = changes.issue
    if issue is None or not changes.records:
        return (None,) * ISSUE_ARGUMENTS
    columns = columns_of(issue)
    return (
        issue.zone,
        issue.key,
        issue.version,
        changes.records[-1].hash,
        issue.terms,
        columns.phase,
        columns.outcome,
        columns.number,
        columns.category,
        columns.enterprise,
        columns.owner,
        columns.handler,
        columns.tier,
        columns.priority,
        columns.title,
        columns.reported_at,
        columns.closed_at,
        columns.next_due_at,
        columns.deadline_at,
        columns.open,
        snapshot_text(issue),
    )


def event_values(record: Record) -> tuple[object, ...]:
    """Return what is an event's own, but when it occurred: all else is its command's."""
    return (record.version, record.kind, record.at, record.text, record.previous, record.hash)


def clock_values(clock: ClockRow) -> tuple[object, ...]:
    """Return a cycle's columns but the stream's."""
    return (
        clock.clock,
        clock.cycle,
        clock.rule,
        clock.standing,
        clock.budget_ms,
        clock.elapsed_ms,
        clock.anchor_at,
        clock.due_at,
        clock.provisional,
        clock.breached_at,
        clock.verdict,
    )


def notice_values(notice: NoticeRow) -> tuple[object, ...]:
    """Return a new notice's columns but the stream's."""
    return (notice.id, notice.version, notice.kind, notice.addressee, notice.created_at)


def _clock_arguments(clocks: Sequence[ClockRow]) -> tuple[object, ...]:
    return _columns(map(clock_values, clocks)) if clocks else (None,) * CLOCK_ARGUMENTS


def _firing_arguments(firings: Sequence[FiringRow]) -> tuple[object, ...]:
    if not firings:
        return (None,) * FIRING_ARGUMENTS
    return _columns(
        (
            f.clock,
            f.cycle,
            f.rung,
            f.version,
            f.due_at,
            f.fired_at,
            f.ring,
            f.effect_done_at,
        )
        for f in firings
    )


def _notice_arguments(notices: Sequence[NoticeRow]) -> tuple[object, ...]:
    return _columns(map(notice_values, notices)) if notices else (None,) * NOTICE_ARGUMENTS


def _task_arguments(tasks: Sequence[TaskRow]) -> tuple[object, ...]:
    if not tasks:
        return (None,) * TASK_ARGUMENTS
    return _columns((t.id, t.kind, t.subject, t.year, t.version) for t in tasks)


def _columns(rows: Iterable[tuple[object, ...]]) -> tuple[object, ...]:
    """Turn rows into one array a column, as unnest wants them."""
    return tuple(zip(*rows, strict=True))
