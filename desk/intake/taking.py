"""A table taken in, or only tried: every row judged as the desk would judge it.

A row is decided before anything of it is sent, so that one that fails leaves no trace; each is a
command of its own, so that it stops no other. Its id is made of the file and of what the row says:
the same file sent again changes nothing.
"""

import asyncio
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from desk.desk import Desk
from desk.intake.alike import RowsAbove
from desk.intake.columns import NO_MAPPING, Columns, Field, OwnMapping, columns_of
from desk.intake.rows import Asked, RowReader
from desk.intake.tables import Table
from desk.intake.told import Finding, IntakeAnswer, LikeIssue, RowAnswer, RowOutcome, shown
from desk.likeness import LikeIssues, Told
from domain.access import Horizon, require_report
from domain.canonical import sha256
from domain.commands import SUBMISSION, Report, Submission
from domain.decisions import Context, decide
from domain.errors import IssueError
from domain.issue import stream_name
from domain.model import to_millisecond
from domain.people import Actor
from domain.phases import Phase
from domain.terms import Terms
from ledger.port import CommandRow

ID_PREFIX: Final = "intake:"
KEY_PREFIX: Final = "in-"
DIGITS_KEPT: Final = 32
AT_ONCE: Final = 4
ROWS_AT_ONCE: Final = 100
Vouch = Callable[[Submission], Submission]
Progress = Callable[[int], None]


def _as_it_is(submission: Submission) -> Submission:
    return submission


@dataclass(frozen=True, slots=True)
class Taking:
    """How a table is taken in: into which zone, by whom. `compare_max`: how many rows a dry run
    holds against open issues; `vouch` adds a face's word to what is sent; `within` is how far their
    reports reach, everywhere if not given. After `within_s` seconds a run ends with what it has,
    and a dry run compares no more."""

    desk: Desk
    terms: Terms
    actor: Actor
    dry_run: bool
    compare_max: int
    vouch: Vouch = _as_it_is
    within_s: float | None = None
    within: Horizon | None = None
    progress: Progress = lambda _: None

    @property
    def zone(self) -> str:
        """Return the zone."""
        return self.terms.handbook.zone


@dataclass(slots=True)
class _File:
    """What the rows read so far say."""

    by_hash: dict[str, int] = field(default_factory=dict)
    by_key: dict[str, int] = field(default_factory=dict)
    above: defaultdict[str, RowsAbove] = field(default_factory=lambda: defaultdict(RowsAbove))
    """By enterprise."""


@dataclass(slots=True)
class _Row:
    """A row on its way."""

    asked: Asked
    answer: RowAnswer | None = None
    like: tuple[LikeIssue, ...] = ()
    is_compared: bool = False


async def taken_in(taking: Taking, table: Table, mapping: OwnMapping = NO_MAPPING) -> IntakeAnswer:
    """Take a table in, or say what would become of it. Raises InvalidRequestError for a table that
    cannot be used at all; nothing is written then."""
    ends_s = math.inf if taking.within_s is None else time.monotonic() + taking.within_s
    columns, lines = columns_of(table, mapping)
    reader = RowReader(taking.terms, columns)
    rows = await asyncio.to_thread(
        lambda: _judged_in_file(reader, (reader.read(line) for line in lines), ends_s)
    )
    to_compare = [row for row in rows if row.answer is None] if taking.dry_run else []
    for row in to_compare[: taking.compare_max]:
        row.is_compared = True
    at_once = asyncio.Semaphore(AT_ONCE)
    for first in range(0, len(rows), ROWS_AT_ONCE):
        page = rows[first : first + ROWS_AT_ONCE]
        if time.monotonic() >= ends_s:
            _leave(taking, page)
        await asyncio.gather(*(_settle(taking, reader, table, row, at_once) for row in page))
        taking.progress(first + len(page))
    return _answer(taking, table, columns, rows)


def _leave(taking: Taking, rows: Sequence[_Row]) -> None:
    for row in rows:
        row.is_compared = False
        if row.answer is None and not taking.dry_run:
            row.answer = RowAnswer(
                row=row.asked.line.number, outcome=RowOutcome.NOT_REACHED, key=row.asked.key
            )


def _judged_in_file(reader: RowReader, asked: Iterable[Asked], ends_s: float) -> list[_Row]:
    """Return the rows; those that are wrong, or stand in the file already, with their answer. From
    `ends_s` on a row is compared with none above it."""
    file, rows = _File(), []
    for each in asked:
        row = _Row(each)
        rows.append(row)
        if each.report is None:
            row.answer = _refused(each, *each.findings)
            continue
        number = each.line.number
        if each.hash in file.by_hash:
            row.answer = RowAnswer(
                row=number,
                outcome=RowOutcome.DUPLICATE,
                key=each.key,
                same_as_row=file.by_hash[each.hash],
            )
            continue
        if each.key is not None and each.key in file.by_key:
            message = f"Row {file.by_key[each.key]} has this key and says something else."
            row.answer = _refused(each, reader.finding(Field.KEY, each.key, message))
            continue
        file.by_hash[each.hash] = number
        if each.key is not None:
            file.by_key[each.key] = number
        if time.monotonic() < ends_s:
            above, report = file.above[each.report.enterprise], each.report
            row.like = above.like(number, report.title, report.text)
    return rows


async def _settle(
    taking: Taking, reader: RowReader, table: Table, row: _Row, at_once: asyncio.Semaphore
) -> None:
    report = row.asked.report
    if row.answer is not None or report is None:
        return
    async with at_once:
        submission = _submission(taking, table, row.asked, report)
        row.answer = await _standing(taking, reader, row.asked, submission)
        if row.answer is not None:
            return
        try:
            if taking.within is not None:
                require_report(
                    taking.within, taking.terms.handbook, report.enterprise, "enterprise"
                )
            _decide(taking, submission)
            if not taking.dry_run:
                await taking.desk.carry_out(taking.vouch(submission))
        except IssueError as error:
            row.answer = _refused(row.asked, _as_finding(reader, error))
            return
        if row.is_compared:
            row.like += await _like_issues(taking, report)
    row.answer = RowAnswer(
        row=row.asked.line.number,
        outcome=RowOutcome.WOULD_REPORT if taking.dry_run else RowOutcome.REPORTED,
        key=submission.key,
        like=row.like,
    )


def _submission(taking: Taking, table: Table, asked: Asked, report: Report) -> Submission:
    file = table.sha256[:DIGITS_KEPT]
    return Submission(
        id=f"{ID_PREFIX}{file}:{asked.hash}",
        zone=taking.zone,
        key=asked.key or f"{KEY_PREFIX}{sha256(file + asked.hash)[:DIGITS_KEPT]}",
        actor=taking.actor,
        command=report,
        occurred_at=asked.occurred_at,
    )


async def _standing(
    taking: Taking, reader: RowReader, asked: Asked, submission: Submission
) -> RowAnswer | None:
    """Return what is to be said of a row whose key is taken: it is the same report, whoever sent it
    and in whichever file, or another one."""
    stream = stream_name(taking.zone, submission.key)
    first = await taking.desk.ledger.first_command(stream)
    if first is None:
        return None
    if _reported(first) == submission.command:
        return RowAnswer(row=asked.line.number, outcome=RowOutcome.REPEATED, key=submission.key)
    message = "Another issue was reported under this key."
    return _refused(asked, reader.finding(Field.KEY, submission.key, message))


def _reported(first: CommandRow) -> object:
    try:
        return SUBMISSION.validate_json(first.body).command
    except ValidationError:
        return None


def _decide(taking: Taking, submission: Submission) -> None:
    """Raise the IssueError that the desk would raise; write nothing."""
    at = to_millisecond(taking.desk.clock.now())
    decide(None, submission, Context(at=at, terms=taking.terms))


async def _like_issues(taking: Taking, report: Report) -> tuple[LikeIssue, ...]:
    told = Told(report.enterprise, report.category, report.title, report.text)
    found = await LikeIssues(taking.desk).of_report(taking.zone, told)
    return tuple(
        LikeIssue(key=each.key, score=each.score, title=each.row.title)
        for each in found
        if each.row.phase != Phase.CLOSED
    )


def _as_finding(reader: RowReader, error: IssueError) -> Finding:
    named = (error.field or "").rpartition(".")[2]
    known = Field(named) if named in list(Field) else None
    if known is None:
        return Finding(
            field=error.field or "row",
            value=shown(error.value),
            allowed=error.allowed,
            message=error.message,
        )
    return reader.finding(known, error.value, error.message, allowed=error.allowed)


def _refused(asked: Asked, *findings: Finding) -> RowAnswer:
    return RowAnswer(
        row=asked.line.number, outcome=RowOutcome.REFUSED, key=asked.key, findings=findings
    )


def _answer(taking: Taking, table: Table, columns: Columns, rows: Sequence[_Row]) -> IntakeAnswer:
    answers = tuple(row.answer for row in rows if row.answer is not None)
    counted = Counter(answer.outcome for answer in answers)
    return IntakeAnswer(
        zone=taking.zone,
        sha256=table.sha256,
        encoding=table.encoding,
        sheet=table.sheet,
        dry_run=taking.dry_run,
        columns={field_.value: name for field_, name in columns.names.items()},
        passed_over=columns.passed_over,
        counts={outcome: counted[outcome] for outcome in RowOutcome},
        compared=sum(row.is_compared for row in rows),
        rows=answers,
    )
