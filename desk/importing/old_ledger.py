"""An office's old ledger taken over, or only tried: every row judged as the desk would judge it.

A row is one command, hence one transaction: it is there with all that it says, or not at all. Its
id is made of the zone and of the row as it stands: what is imported is not imported again, from
whatever file, and a run that was cut short goes on where it was.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from desk.desk import Desk
from desk.importing.old_mapping import OldField, OldMapping
from desk.importing.old_rows import OldAsked, OldColumns, OldReader, old_columns
from desk.importing.old_told import OldAnswer, OldOutcome, OldRow
from desk.intake.tables import Table
from desk.intake.told import Finding, shown
from domain.canonical import sha256
from domain.commands import SUBMISSION, Submission
from domain.commands_of_import import ImportIssue
from domain.decisions import Context, decide
from domain.errors import IssueError
from domain.issue import stream_name
from domain.model import to_millisecond
from domain.people import Actor
from domain.terms import Terms
from ledger.port import CommandRow

ID_PREFIX: Final = "import:"
DIGITS_KEPT: Final = 32
AT_ONCE: Final = 4
ROWS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Taking:
    """Into which zone a ledger is taken, and by whom. Unless it is `confirmed` nothing is
    written."""

    desk: Desk
    terms: Terms
    actor: Actor
    confirmed: bool
    progress: Callable[[int], None] = lambda _: None

    @property
    def zone(self) -> str:
        """Return the zone."""
        return self.terms.handbook.zone


@dataclass(slots=True)
class _Row:
    """A row on its way."""

    asked: OldAsked
    answer: OldRow | None = None


async def taken_over(taking: Taking, table: Table, mapping: OldMapping) -> OldAnswer:
    """Take a ledger over, or say what would become of it. Raises InvalidRequestError for a table
    whose columns are not those of the mapping; nothing is written then."""
    columns, lines = old_columns(table, mapping)
    reader = OldReader(taking.terms, mapping, columns, table)
    rows = await asyncio.to_thread(
        lambda: _judged_in_file(reader, [reader.read(line) for line in lines])
    )
    at_once = asyncio.Semaphore(AT_ONCE)
    for first in range(0, len(rows), ROWS_AT_ONCE):
        page = rows[first : first + ROWS_AT_ONCE]
        await asyncio.gather(*(_settle(taking, reader, row, at_once) for row in page))
        taking.progress(first + len(page))
    return _answer(taking, table, columns, rows)


def _judged_in_file(reader: OldReader, asked: Iterable[OldAsked]) -> list[_Row]:
    """Return the rows; those that are wrong, or at odds with others, with their answer. Of rows
    that say the same the first counts; of rows that say different things under one number none
    does, for which of them is true nobody here knows."""
    rows = [_Row(each) for each in asked]
    by_number: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        if row.asked.number is not None:
            by_number[row.asked.number].append(row)
    for number, alike in by_number.items():
        first, *others = alike
        if all(each.asked.sha256 == first.asked.sha256 for each in others):
            for each in others:
                message = f"The very same row stands above, in row {first.asked.line.number}."
                told = reader.finding(OldField.NUMBER, number, message)
                each.answer = _told(each.asked, OldOutcome.DUPLICATE, told)
            continue
        named = ", ".join(str(each.asked.line.number) for each in alike[:10])
        for each in alike:
            message = f"Several rows have this number and say different things: {named}."
            told = reader.finding(OldField.NUMBER, number, message)
            each.answer = _told(each.asked, OldOutcome.REFUSED, *each.asked.findings, told)
    for row in rows:
        if row.answer is None and row.asked.command is None:
            row.answer = _told(row.asked, OldOutcome.REFUSED, *row.asked.findings)
    return rows


async def _settle(taking: Taking, reader: OldReader, row: _Row, at_once: asyncio.Semaphore) -> None:
    asked = row.asked
    if row.answer is not None or asked.command is None or asked.key is None:
        return
    async with at_once:
        submission = Submission(
            id=f"{ID_PREFIX}{sha256(f'{taking.zone} {asked.sha256}')[:DIGITS_KEPT]}",
            zone=taking.zone,
            key=asked.key,
            actor=taking.actor,
            command=asked.command,
        )
        row.answer = await _standing(taking, reader, asked, asked.key)
        if row.answer is not None:
            return
        try:
            _decide(taking, submission)
            if taking.confirmed:
                await taking.desk.carry_out(submission)
        except IssueError as error:
            row.answer = _told(asked, OldOutcome.REFUSED, _as_finding(reader, error))
            return
    done = OldOutcome.IMPORTED if taking.confirmed else OldOutcome.WOULD_IMPORT
    row.answer = _told(asked, done)


async def _standing(taking: Taking, reader: OldReader, asked: OldAsked, key: str) -> OldRow | None:
    """Return what is to be said of a row whose number has an issue already."""
    first = await taking.desk.ledger.first_command(stream_name(taking.zone, key))
    if first is None:
        return None
    before = _imported(first)
    if before is not None and before.source.sha256 == asked.sha256:
        return _told(asked, OldOutcome.STANDS)
    if before is None:
        message = "Another issue was reported under the key that this number leads to."
    else:
        where = f"row {before.source.line} of the file {before.source.file[:12]}…"
        message = f"This number was imported with another row: {where}."
    told = reader.finding(OldField.NUMBER, asked.number, message)
    return _told(asked, OldOutcome.CONFLICT, told)


def _imported(first: CommandRow) -> ImportIssue | None:
    try:
        command = SUBMISSION.validate_json(first.body).command
    except ValidationError:
        return None
    return command if isinstance(command, ImportIssue) else None


def _decide(taking: Taking, submission: Submission) -> None:
    """Raise the IssueError that the desk would raise; write nothing."""
    at = to_millisecond(taking.desk.clock.now())
    decide(None, submission, Context(at=at, terms=taking.terms))


def _as_finding(reader: OldReader, error: IssueError) -> Finding:
    """The parts of a clock are told by the columns that they are read from."""
    what = (error.field or "row").removeprefix("command.")
    for end in ("since", "due"):
        what = what.replace(f".{end}_at", f".{end}") if what.startswith("clocks.") else what
    value = None if error.value is None else shown(error.value)
    return reader.finding(what, value, error.message, allowed=error.allowed)


def _told(asked: OldAsked, outcome: OldOutcome, *findings: Finding) -> OldRow:
    return OldRow(
        row=asked.line.number,
        outcome=outcome,
        number=asked.number,
        key=asked.key,
        sha256=asked.sha256,
        findings=findings,
    )


def _answer(taking: Taking, table: Table, columns: OldColumns, rows: Sequence[_Row]) -> OldAnswer:
    answers = tuple(row.answer for row in rows if row.answer is not None)
    counted = Counter(answer.outcome for answer in answers)
    return OldAnswer(
        zone=taking.zone,
        sha256=table.sha256,
        encoding=table.encoding,
        sheet=table.sheet,
        confirmed=taking.confirmed,
        columns=dict(columns.heads),
        passed_over=columns.passed_over,
        counts={outcome: counted[outcome] for outcome in OldOutcome},
        faults=sum(len(answer.findings) for answer in answers),
        rows=answers,
    )
