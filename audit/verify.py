"""Whether a ledger still says what was written: chain, fold, commands, rungs and terms (I4)."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from pydantic import ValidationError

from audit.facts import Life, Tables, TermsOf, UnsoundTermsError, read_life, terms_reader
from domain.canonical import canonical, sha256
from domain.chain import GENESIS, Record, breaks
from domain.commands import SUBMISSION
from domain.events import RungFired
from domain.evolve import evolve
from domain.issue import Issue, stream_name
from domain.view import CommandResult
from ledger.port import ClockRow, CommandRow, FiringRow, IssueRow
from ledger.projections import rows_of

READS_MAX = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written. `version` names the event, where there is one.

    `kind` is one of chain, event, fold, head, command, rung, clock, terms.
    """

    kind: str
    stream: str
    version: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What a verification looked at, and what it found."""

    streams: int
    events: int
    commands: int
    found: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Return whether nothing was found."""
        return not self.found

    def plus(self, other: "Findings") -> "Findings":
        """Return both together."""
        return Findings(
            self.streams + other.streams,
            self.events + other.events,
            self.commands + other.commands,
            self.found + other.found,
        )


@dataclass(frozen=True, slots=True)
class _Projected:
    """What the ledger keeps beside the facts, read at the same moment as they. `problem` is why the
    stored issue cannot be read, if it cannot."""

    row: IssueRow | None
    problem: str | None
    firings: tuple[FiringRow, ...]
    clocks: tuple[ClockRow, ...]


async def verify_all(
    ledger: Tables,
    terms_of: TermsOf | None = None,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Findings:
    """Verify every stream; `progress` hears how many are done."""
    reader = terms_of or terms_reader(ledger)
    total, done = Findings(0, 0, 0, ()), 0
    async for stream in ledger.streams():
        total = total.plus(await verify_stream(ledger, stream, reader))
        done += 1
        progress(done)
    return total


async def verify_stream(ledger: Tables, stream: str, terms_of: TermsOf | None = None) -> Findings:
    """Verify one stream. What cannot be read is a finding too, not an error."""
    life, projected = await _read(ledger, stream)
    found = [
        *(Finding("chain", b.stream, b.version, b.problem) for b in breaks(life.records)),
        *_command_findings(life),
        *await _terms_findings(life, terms_of or terms_reader(ledger)),
        *_fold_findings(life, projected),
    ]
    return Findings(1, len(life.records), len(life.commands), tuple(found))


async def _read(ledger: Tables, stream: str) -> tuple[Life, _Projected]:
    """Read again while others write between the reads."""
    for _ in range(READS_MAX):
        row, _ = await _stored_issue(ledger, stream)
        life = await read_life(ledger, stream)
        firings = tuple(await ledger.firings(stream))
        clocks = tuple(await ledger.clocks(stream))
        again, problem = await _stored_issue(ledger, stream)
        if (row and row.hash) == (again and again.hash):
            break
    return life, _Projected(again, problem, firings, clocks)


async def _stored_issue(ledger: Tables, stream: str) -> tuple[IssueRow | None, str | None]:
    try:
        return await ledger.issue(stream), None
    except ValueError as error:
        return None, f"the stored issue cannot be read: {error}"


async def _terms_findings(life: Life, terms_of: TermsOf) -> list[Finding]:
    first_named: dict[str, int | None] = {}
    for record in life.records:
        first_named.setdefault(record.terms, record.version)
    for row in life.commands:
        first_named.setdefault(row.terms, None)
    found = []
    for hash_, version in first_named.items():
        try:
            await terms_of(hash_)
        except UnsoundTermsError as error:
            found.append(Finding("terms", life.stream, version, str(error)))
    return found


def _fold_findings(life: Life, projected: _Projected) -> Iterator[Finding]:
    issue: Issue | None = None
    cycles: dict[tuple[str, int], ClockRow] = {}
    fired: list[tuple[Record, RungFired]] = []
    numbers: dict[int, str | None] = {0: None}
    for record in life.records:
        try:
            event = record.event
            before = issue
            issue = evolve(before, event, zone=life.zone, key=life.key, terms=record.terms)
        except (ValueError, KeyError, TypeError) as error:
            yield Finding("event", life.stream, record.version, f"cannot be folded: {error}")
            return
        moved = rows_of(before, issue, [event], [record], ()).clocks
        cycles |= {(row.clock, row.cycle): row for row in moved}
        numbers[record.version] = issue.number
        if isinstance(event, RungFired):
            fired.append((record, event))
    if projected.problem is None:
        yield from _head_findings(life, issue, projected.row)
    else:
        yield Finding("fold", life.stream, len(life.records), projected.problem)
    yield from _rung_findings(life, fired, projected.firings)
    yield from _clock_findings(life, cycles, projected.clocks)
    yield from _result_findings(life, numbers)


def _head_findings(life: Life, issue: Issue | None, row: IssueRow | None) -> Iterator[Finding]:
    def finding(kind: str, message: str) -> Finding:
        return Finding(kind, life.stream, None if issue is None else issue.version, message)

    if issue is None:
        if row is not None or life.commands:
            yield finding("fold", "there is a stored issue or command, and no event")
        return
    if row is None:
        yield finding("head", "there are events, and no stored issue")
        return
    hash_ = life.records[-1].hash if life.records else GENESIS
    if row.issue.version != issue.version:
        said = f"the stored issue is at version {row.issue.version}, its events at {issue.version}"
        yield finding("head", said)
    if row.hash != hash_:
        yield finding("head", "the stored head's hash is not that of the last event")
    if row.issue.model_dump_json() != issue.model_dump_json():
        yield finding("fold", f"the stored issue is not the fold: {_differing(row.issue, issue)}")


def _differing(stored: Issue, folded: Issue) -> str:
    left, right = stored.model_dump(mode="json"), folded.model_dump(mode="json")
    return ", ".join(name for name in left if left[name] != right[name]) or "order of fields"


def _command_findings(life: Life) -> Iterator[Finding]:
    """Every event belongs to exactly one stored command, and each command to its events."""
    expected = 1
    for row in life.commands:
        first = row.first_version if row.count else None
        of_it = [record for record in life.records if record.command_id == row.id]
        for problem in _command_problems(life, row, of_it, expected):
            yield Finding("command", life.stream, first, f"command {row.id}: {problem}")
        expected += row.count
    ids = Counter(row.id for row in life.commands)
    for id_ in (id_ for id_, times in ids.items() if times > 1):
        yield Finding("command", life.stream, None, f"command {id_} is stored {ids[id_]} times")
    for record in life.records:
        if record.command_id not in ids:
            said = f"its command {record.command_id} is not stored"
            yield Finding("command", life.stream, record.version, said)


def _command_problems(
    life: Life, row: CommandRow, of_it: list[Record], expected: int
) -> Iterator[str]:
    if sha256(row.body) != row.hash:
        yield "the body is not what was hashed"
    if row.stream != life.stream:
        yield f"it is stored for {row.stream}"
    if row.count != len(of_it):
        yield f"count is {row.count}, and it caused {len(of_it)} events"
    if row.first_version != expected:
        yield f"first_version is {row.first_version}, and {expected} is next"
    for place, record in enumerate(of_it):
        if record.version != row.first_version + place:
            yield f"event {record.version} is not among those from {row.first_version} on"
        caused = {
            "hash": record.command_hash == row.hash,
            "terms": record.terms == row.terms,
            "rules": record.rules == row.rules,
            "at": record.at == row.at,
        }
        for column in (name for name, same in caused.items() if not same):
            yield f"{column} is not what event {record.version} says"
    yield from _body_problems(life, row, of_it)


def _body_problems(life: Life, row: CommandRow, of_it: list[Record]) -> Iterator[str]:
    try:
        sent = SUBMISSION.validate_json(row.body)
        is_canonical = canonical(json.loads(row.body)) == row.body
    except (ValidationError, ValueError) as error:
        yield f"the body cannot be read: {error}"
        return
    said = {
        "the body is not canonical": is_canonical,
        "id is not what the body says": sent.id == row.id,
        "kind is not what the body says": sent.command.kind == row.kind,
        "actor is not what the body says": canonical(sent.actor) == row.actor,
        "stream is not what the body says": stream_name(sent.zone, sent.key) == life.stream,
    }
    yield from (problem for problem, holds in said.items() if not holds)
    for record in of_it:
        if record.occurred_at != sent.occurred_at:
            yield f"occurred_at is not what event {record.version} says"


def _result_findings(life: Life, numbers: dict[int, str | None]) -> Iterator[Finding]:
    """The stored answer is what the events come to: a repeat is given nothing else."""
    by_version = {record.version: record for record in life.records}
    for row in life.commands:
        last = row.first_version - 1 + row.count
        caused = [by_version.get(version) for version in range(row.first_version, last + 1)]
        number = numbers.get(last)
        answer = CommandResult.model_construct(
            command_id=row.id,
            zone=life.zone,
            key=life.key,
            at=row.at,
            version=last,
            events=tuple(record.kind for record in caused if record is not None),
            number=number,
        )
        if answer.model_dump_json() != row.result:
            said = f"command {row.id}: the stored result is not what its events come to"
            yield Finding("command", life.stream, row.first_version if row.count else None, said)


def _rung_findings(
    life: Life, fired: list[tuple[Record, RungFired]], firings: tuple[FiringRow, ...]
) -> Iterator[Finding]:
    """Each (clock, cycle, rung) fired once, and the table of firings says the same (R4.2)."""
    rows = {(row.clock, row.cycle, row.rung): row for row in firings}
    rings = _rings(life)
    seen: set[tuple[str, int, str]] = set()
    for record, event in fired:
        name = (event.clock, event.cycle, event.rung)
        label = f"rung {event.rung} of {event.clock}, cycle {event.cycle}"
        if name in seen:
            yield Finding("rung", life.stream, record.version, f"{label} fired twice")
        elif name not in rows:
            yield Finding("rung", life.stream, record.version, f"{label} is not in the table")
        else:
            row = rows[name]
            said = {
                "version": row.version == record.version,
                "due_at": row.due_at == event.due_at,
                "fired_at": row.fired_at == event.at,
                "ring": row.ring == (record.command_id in rings),
                "stream": row.stream == life.stream,
            }
            for column in (column for column, same in said.items() if not same):
                yield Finding(
                    "rung", life.stream, record.version, f"{label}: {column} is not as recorded"
                )
        seen.add(name)
    counted = Counter((row.clock, row.cycle, row.rung) for row in firings)
    for name, times in counted.items():
        label = f"rung {name[2]} of {name[0]}, cycle {name[1]}"
        if name not in seen:
            problem = f"{label} is in the table and never fired"
            yield Finding("rung", life.stream, rows[name].version, problem)
        elif times > 1:
            problem = f"{label} is in the table {times} times"
            yield Finding("rung", life.stream, rows[name].version, problem)


def _rings(life: Life) -> set[str]:
    return {row.id for row in life.commands if row.kind == "ring_rung"}


def _clock_findings(
    life: Life, expected: dict[tuple[str, int], ClockRow], rows: tuple[ClockRow, ...]
) -> Iterator[Finding]:
    """Every cycle of every clock is listed as its events left it."""
    listed = {(row.clock, row.cycle): row for row in rows}
    for name in sorted(expected.keys() | listed.keys()):
        label = f"clock {name[0]}, cycle {name[1]}"
        if name not in expected:
            yield Finding("clock", life.stream, None, f"{label} is in the list and never started")
        elif name not in listed:
            yield Finding("clock", life.stream, None, f"{label} is not in the list")
        else:
            for column in fields(ClockRow):
                if getattr(expected[name], column.name) != getattr(listed[name], column.name):
                    said = f"{label}: {column.name} is not as recorded"
                    yield Finding("clock", life.stream, None, said)
