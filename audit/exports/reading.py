"""Whether an exported file is still what was written, and whether what was written holds.

Of every form the digest is compared; JSON lines are verified stream by stream, with no ledger.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from audit.checks import Finding, Findings, command_findings, terms_findings
from audit.corpus import Corpus
from audit.exports.exporting import read_manifest
from audit.exports.files import manifest_path
from audit.facts import Life, TermsOf, UnsoundTermsError, terms_reader
from audit.reexecute import SPOILT, in_words, reexecute_life
from domain.chain import Record, breaks
from domain.errors import InvalidRequestError
from domain.streams import StreamKind, kind_of_stream
from ledger.codec import require_moments
from ledger.port import CommandRow

FILE = "file"
"""The kind of a finding that is of no stream; its stream is the file's name."""

LINE_BYTES_MAX = 1 << 24
HALF = re.compile(rb"\\u[dD][89a-fA-F]")
FOUND_MAX = 1000
"""After so many findings no further stream is read."""

_RECORD: TypeAdapter[Record] = TypeAdapter(Record)
_COMMAND: TypeAdapter[CommandRow] = TypeAdapter(CommandRow)


@dataclass(slots=True)
class _Reading:
    """What has been read of a file so far. `last` are the streams read last, one of each
    kind, `at` the stream and the position of the event read last."""

    name: str
    statement: dict[str, Any] = field(default_factory=dict)
    corpus: Corpus = field(default_factory=lambda: Corpus("export"))
    terms: int = 0
    end: dict[str, Any] | None = None
    found: Findings = field(default_factory=lambda: Findings(0, 0, 0, ()))
    last: dict[StreamKind, str] = field(default_factory=dict)
    at: tuple[str, int] = ("", 0)

    def file(self, message: str) -> Finding:
        return Finding(FILE, self.name, None, message)

    def add(self, *findings: Finding) -> None:
        self.found = self.found.plus(Findings(0, 0, 0, findings))


async def check_export(
    path: Path, *, reexecute: bool = False, progress: Callable[[int], None] = lambda _: None
) -> Findings:
    """Check a file against its manifest and, if it is JSON lines, against itself. Whatever it says
    is a finding at most.

    `reexecute`: decide every command again as well. `progress` hears how many streams are done.
    Raises InvalidRequestError if there is nothing to check by.
    """
    manifest = read_manifest(path)
    if manifest is None and not _is_jsonl(path):
        raise InvalidRequestError(
            "There is nothing to check this by.",
            field="FILE",
            value=str(path),
            allowed=f"an exported file with {manifest_path(path).name} beside it, or JSON lines",
        )
    reading = _Reading(path.name)
    if manifest is None:
        reading.add(reading.file("there is no manifest beside it"))
    else:
        reading.add(*(reading.file(said) for said in _digest_problems(path, manifest)))
    if _is_jsonl(path):
        await _verify(path, reading, reexecute=reexecute, progress=progress)
        try:
            problems = list(_count_problems(reading, manifest))
        except SPOILT as error:
            problems = [f"its last line cannot be read: {in_words(error)}"]
        reading.add(*map(reading.file, problems))
    return reading.found


def _is_jsonl(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(10) == b'{"export":'
    except OSError:
        return False


def _digest_problems(path: Path, manifest: dict[str, object]) -> Iterator[str]:
    if not path.is_file():
        yield "it is not there, only its manifest"
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if manifest.get("sha256") != digest:
        yield "it is not the file that its manifest is of: SHA-256 differs"


async def _verify(
    path: Path, reading: _Reading, *, reexecute: bool, progress: Callable[[int], None]
) -> None:
    terms_of = terms_reader(reading.corpus)
    for life in _lives(path, reading):
        reading.found = reading.found.plus(Findings(1, len(life.records), len(life.commands), ()))
        try:
            await _verify_life(life, reading, terms_of, reexecute=reexecute)
        except SPOILT as error:
            told = f"it cannot be read: {in_words(error)}"
            reading.add(Finding("event", life.stream, None, told))
        kind = kind_of_stream(life.stream)
        if life.stream <= reading.last.get(kind, ""):
            reading.add(reading.file(f"stream {life.stream} is not in its place, or twice"))
        reading.last[kind] = life.stream
        progress(reading.found.streams)
        if len(reading.found.found) >= FOUND_MAX:
            reading.add(reading.file(f"more than {FOUND_MAX} findings: the rest was not read"))
            return


async def _verify_life(
    life: Life, reading: _Reading, terms_of: TermsOf, *, reexecute: bool
) -> None:
    reading.add(
        *(Finding("chain", b.stream, b.version, b.problem, b.field) for b in breaks(life.records))
    )
    reading.add(*command_findings(life), *await terms_findings(life, terms_of))
    if reexecute:
        reading.add(*await _decided(life, terms_of))


async def _decided(life: Life, terms_of: TermsOf) -> Iterable[Finding]:
    try:
        again = await reexecute_life(life, terms_of)
    except UnsoundTermsError as error:
        return [Finding("terms", life.stream, None, str(error))]
    return [
        Finding(
            "decision",
            each.stream,
            each.version,
            f"command {each.command_id}: {each.message}",
            each.field,
        )
        for each in again.differences
    ]


def _lives(path: Path, reading: _Reading) -> Iterator[Life]:
    """Yield the streams of a file; what is no line of one is a finding."""
    stream: str | None = None
    records: list[Record] = []
    commands: list[CommandRow] = []
    with path.open("rb") as lines:
        number = 0
        while line := lines.readline(LINE_BYTES_MAX):
            number += 1
            taken = _taken(line, number, reading)
            if taken is None:
                continue
            if taken.stream != stream:
                if stream is not None:
                    yield Life(stream, tuple(records), tuple(commands))
                stream, records, commands = taken.stream, [], []
            if isinstance(taken, Record):
                records.append(taken)
            else:
                commands.append(taken)
    if stream is not None:
        yield Life(stream, tuple(records), tuple(commands))


def _taken(line: bytes, number: int, reading: _Reading) -> Record | CommandRow | None:
    try:
        match _read(line):
            case {"export": dict(plain)} if number == 1:
                reading.statement = plain
            case {"terms": {"hash": str(hash_), "text": str() | None as text}}:
                reading.terms += 1
                if text is not None:
                    reading.corpus.texts[hash_] = text
            case {"event": dict(plain)}:
                position = int(plain.pop("position"))
                record = _RECORD.validate_python(_of_columns(plain, Record))
                require_moments(record)
                return _placed(record, position, reading)
            case {"command": dict(plain)}:
                command = _COMMAND.validate_python(_of_columns(plain, CommandRow))
                require_moments(command)
                return command
            case {"end": dict(plain)} if reading.end is None:
                reading.end = plain
            case _:
                reading.add(reading.file(f"line {number} is of no known kind"))
    except SPOILT as error:
        told = in_words(error).partition("\n")[0]
        reading.add(reading.file(f"line {number} cannot be read: {told}"))
    return None


def _read(line: bytes) -> object:
    """Return what a line says. Raises ValueError, RecursionError; half a character is no text."""
    plain = json.loads(line)
    if HALF.search(line):
        json.dumps(plain, ensure_ascii=False).encode()
    return plain


def _of_columns(plain: dict[str, Any], kind: type[Record] | type[CommandRow]) -> dict[str, Any]:
    """Return a row as it is read. Raises ValueError for other columns than the ledger has."""
    if differing := plain.keys() ^ {column.name for column in fields(kind)}:
        raise ValueError(f"columns missing or added: {', '.join(sorted(differing))}")
    return plain


def _placed(record: Record, position: int, reading: _Reading) -> Record:
    stream, before = reading.at
    after = before if stream == record.stream else 0
    if not after < position <= reading.statement.get("position", 0):
        reading.add(
            Finding("event", record.stream, record.version, f"its position is not {position}")
        )
    reading.at = (record.stream, position)
    return record


def _count_problems(reading: _Reading, manifest: dict[str, object] | None) -> Iterator[str]:
    end = reading.end
    if end is None:
        yield "it breaks off: there is no last line"
        return
    counts = ("issues", "orders", "matters", "events", "commands", "terms")
    said_of = {"matters": 0} | end  # a file of before there were any does not count them
    issues, orders, matters, events, commands, terms = (_count(said_of.get(n)) for n in counts)
    if min(issues, orders, matters, events, commands, terms) < 0:
        yield f"its last line lacks a whole number for each of {', '.join(counts)}"
        return
    found = {
        "streams": (issues + orders + matters, reading.found.streams),
        "events": (events, reading.found.events),
        "commands": (commands, reading.found.commands),
        "terms": (terms, reading.terms),
    }
    for what, (said, there) in found.items():
        if said != there:
            yield f"its last line says {said} {what}, and there are {there}"
    if manifest is None:
        return
    if manifest.get("counts") != end:
        yield "its last line and its manifest count differently"
    for name, value in reading.statement.items():
        if manifest.get(name) != value:
            yield f"its first line and its manifest differ in {name}"


def _count(value: object) -> int:
    return value if type(value) is int else -1
