"""What is checked of every stream, whatever it is of: commands, results, rungs, terms."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from audit.chain_check import chain_breaks
from audit.facts import Life, TermsOf, UnsoundTermsError
from audit.sent import sent_to
from domain.canonical import canonical, sha256
from domain.chain import Record
from domain.events import RungFired
from domain.matters.acts import DuePassed
from domain.order_events import OrderRungFired
from domain.view import CommandResult
from ledger.port import CommandRow, FiringRow

RINGS = {"ring_rung", "ring_order", "ring_matter"}


FOUND_MAX = 10_000
"""Findings that are kept; of more only the number is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written. `version` names the event, where there is one, and
    `field` the column or the part of it.

    `kind` is one of chain, event, fold, head, column, command, decision, vouch, rung, clock,
    notice, link, errand, number, task, terms, publication, report; of the log leaf, tree,
    checkpoint, key, anchor, time; `stream` is then the publication, the report, or the place in the
    log.
    """

    kind: str
    stream: str
    version: int | None
    message: str
    field: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a verification looked at, and what it found: the first FOUND_MAX, and how many more."""

    streams: int
    events: int
    commands: int
    found: tuple[Finding, ...]
    left_out: int = 0

    @property
    def is_sound(self) -> bool:
        """Return whether nothing was found."""
        return not self.found

    @property
    def count(self) -> int:
        """Return how many findings there are, kept or not."""
        return len(self.found) + self.left_out

    def plus(self, other: "Findings") -> "Findings":
        """Return both together."""
        found = self.found + other.found if other.found else self.found
        return Findings(
            self.streams + other.streams,
            self.events + other.events,
            self.commands + other.commands,
            found[:FOUND_MAX],
            self.left_out + other.left_out + max(0, len(found) - FOUND_MAX),
        )


def chain_findings(records: Sequence[Record]) -> Iterator[Finding]:
    """Yield what does not follow from the event before it, or is not what was hashed."""
    for each in chain_breaks(records):
        yield Finding("chain", each.stream, each.version, each.problem, each.field)


async def terms_findings(life: Life, terms_of: TermsOf) -> list[Finding]:
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


def command_findings(life: Life) -> Iterator[Finding]:
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
        sent = sent_to(life.stream, row.body)
        is_canonical = canonical(json.loads(row.body)) == row.body
    except (ValidationError, ValueError) as error:
        yield f"the body cannot be read: {error}"
        return
    said = {
        "the body is not canonical": is_canonical,
        "id is not what the body says": sent.id == row.id,
        "kind is not what the body says": sent.command.kind == row.kind,
        "actor is not what the body says": canonical(sent.actor) == row.actor,
        "stream is not what the body says": (sent.zone, sent.key) == (life.zone, life.key),
    }
    yield from (problem for problem, holds in said.items() if not holds)
    for record in of_it:
        if record.occurred_at != sent.occurred_at:
            yield f"occurred_at is not what event {record.version} says"


def result_findings(life: Life, numbers: dict[int, str | None]) -> Iterator[Finding]:
    """The stored answer is what the events come to: a repeat is given nothing else."""
    by_version = {record.version: record for record in life.records}
    for row in life.commands:
        last = row.first_version - 1 + row.count
        there = min(last, row.first_version - 1 + len(by_version))  # a count may say anything
        caused = [by_version.get(version) for version in range(row.first_version, there + 1)]
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


def rung_findings(
    life: Life,
    fired: Sequence[tuple[Record, RungFired | OrderRungFired | DuePassed]],
    firings: tuple[FiringRow, ...],
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
                message = f"{label}: {column} is not as recorded"
                yield Finding("rung", life.stream, record.version, message, column)
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
    return {row.id for row in life.commands if row.kind in RINGS}
