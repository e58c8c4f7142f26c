"""Ledger numbers, administrators' tasks, waiting errands: what hangs together across issues."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Protocol

from audit.checks import FOUND_MAX, Finding
from domain.chain import Record
from domain.errands import ERRAND_PREFIX
from domain.events import Event, IssueAccepted
from domain.issue import stream_name
from ledger.kin import ErrandRow
from ledger.pages import NumberRow, StrayRow
from ledger.publications import CalendarRow, PublicationRow, TaskRow

NUMBER = re.compile(r"(?P<zone>.+)-(?P<year>\d{4})-(?P<number>\d{6,})")
DIGITS_MAX = 9
STRAYS_MAX = 1000
PAGE = 500
GAPS_MAX = 100
"""Numbers that are missing, or given and too great, named one by one, of a zone and year."""
CHUNK = 1024
"""Numbers whose bits are kept together."""
WHOLE_CHUNK = (1 << CHUNK) - 1
BEYOND_TIMES = 10
"""Numbers have no gaps: one that is so many times the count of those given is no ledger number."""


class Bounded:
    """Findings of one kind: the first FOUND_MAX, and how many more."""

    def __init__(self, kind: str, found: Iterable[Finding] = (), left_out: int = 0) -> None:
        self._kind = kind
        self.found = list(found)
        self.left_out = left_out

    def add(self, finding: Finding) -> None:
        """Keep a finding, or count it."""
        if len(self.found) < FOUND_MAX:
            self.found.append(finding)
        else:
            self.left_out += 1

    def all(self) -> Iterator[Finding]:
        """Yield what was kept, and one that says how many were not."""
        yield from self.found
        if self.left_out:
            yield Finding(self._kind, "", None, f"{self.left_out} more of this kind")


class NumberTally:
    """The ledger numbers that issues were given. A number takes a bit: a million that follow one
    another take some 130 kB, and one far from all others no more than 300 bytes."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, int], dict[int, int]] = {}
        self.kept = Bounded("number")

    def saw(self, zone: str, record: Record, event: Event) -> None:
        """Take in an event."""
        if not isinstance(event, IssueAccepted):
            return
        named = NUMBER.fullmatch(event.number)
        digits = "" if named is None or named["zone"] != zone.upper() else named["number"]
        number = int(digits) if 0 < len(digits) <= DIGITS_MAX else 0
        if named is None or not number or digits != f"{number:06d}":
            said = f"{event.number} is no ledger number of {zone}"
            self.kept.add(Finding("number", record.stream, record.version, said, "number"))
            return
        place, bit = divmod(number, CHUNK)
        chunks = self._given.setdefault((zone, int(named["year"])), {})
        before = chunks.get(place, 0)
        if before >> bit & 1:
            said = f"the number {event.number} was given before"
            self.kept.add(Finding("number", record.stream, record.version, said, "number"))
        chunks[place] = before | 1 << bit

    def take_in(self, other: "NumberTally") -> None:
        """Take in what another tally saw, of other issues."""
        for finding in other.kept.found:
            self.kept.add(finding)
        self.kept.left_out += other.kept.left_out
        for name, chunks in other._given.items():
            own = self._given.setdefault(name, {})
            for place, bits in chunks.items():
                before = own.get(place, 0)
                for number in _numbers(place, before & bits):
                    said = f"the number {_label(name, number)} was given twice"
                    self.kept.add(Finding("number", name[0], None, said, "number"))
                own[place] = before | bits

    def plain(self) -> dict[str, dict[str, str]]:
        """Return the tally as text, for a state that is kept."""
        return {
            f"{zone}\n{year}": {str(place): f"{bits:x}" for place, bits in sorted(chunks.items())}
            for (zone, year), chunks in self._given.items()
        }

    @classmethod
    def of_plain(cls, plain: dict[str, dict[str, str]]) -> "NumberTally":
        """Return the tally that `plain` gave."""
        tally = cls()
        for name, chunks in plain.items():
            zone, _, year = name.partition("\n")
            given = {int(place): int(bits, 16) for place, bits in chunks.items()}
            tally._given[zone, int(year)] = given
        return tally

    def findings(self, rows: Sequence[NumberRow]) -> Iterator[Finding]:
        """Yield what the sequences say otherwise, and numbers that no issue has."""
        yield from self.kept.all()
        stored = {(row.zone, row.year): row.last for row in rows}
        for name in sorted(stored.keys() | self._given.keys()):
            zone, year = name
            chunks = self._given.get(name, {})
            count = sum(bits.bit_count() for bits in chunks.values())
            limit = BEYOND_TIMES * count
            last = _last(chunks, limit)
            for number in islice(_beyond(chunks, limit), GAPS_MAX):
                said = f"{_label(name, number)} is no ledger number of {zone}: {count} were given"
                yield Finding("number", zone, None, said, "number")
            if stored.get(name, 0) != last:
                said = f"number_sequence {zone} {year}: last is {stored.get(name)}, "
                said += f"and the greatest number given is {last}"
                yield Finding("number", zone, None, said, "last")
            for number in islice(_missing(chunks, last), GAPS_MAX):
                said = f"no issue has the number {_label(name, number)}"
                yield Finding("number", zone, None, said, "number")


def _numbers(place: int, bits: int) -> Iterator[int]:
    """Yield the numbers whose bits are set in a chunk."""
    while bits:
        lowest = bits & -bits
        yield place * CHUNK + lowest.bit_length() - 1
        bits ^= lowest


def _last(chunks: dict[int, int], limit: int) -> int:
    """Return the greatest number given that is no greater than `limit`; 0 if there is none."""
    for place in sorted(chunks, reverse=True):
        within = (1 << min(CHUNK, max(0, limit + 1 - place * CHUNK))) - 1
        if bits := chunks[place] & within:
            return place * CHUNK + bits.bit_length() - 1
    return 0


def _beyond(chunks: dict[int, int], limit: int) -> Iterator[int]:
    """Yield the numbers given that are greater than `limit`."""
    for place in sorted(place for place in chunks if (place + 1) * CHUNK > limit):
        yield from (number for number in _numbers(place, chunks[place]) if number > limit)


def _missing(chunks: dict[int, int], last: int) -> Iterator[int]:
    """Yield the numbers up to `last` that nobody was given."""
    for place in range(last // CHUNK + 1):
        left = WHOLE_CHUNK & ~chunks.get(place, 0)
        if place == 0:
            left &= ~1  # there is no number 0
        for number in _numbers(place, left):
            if number > last:
                return
            yield number


def _label(name: tuple[str, int], number: int) -> str:
    return f"{name[0].upper()}-{name[1]}-{number:06d}"


class TaskFacts(Protocol):
    """What tasks are settled by."""

    async def tasks(self, *, settled: bool = False) -> list[TaskRow]:
        """Return tasks that are open, or that are settled."""
        ...

    async def publications_after(self, sequence: int, limit: int) -> list[PublicationRow]:
        """Return the next publications of calendars, in order of sequence."""
        ...

    async def calendar_version(self, hash_: str) -> CalendarRow | None:
        """Return one published version of a calendar."""
        ...

    async def stray_rows(self, limit: int) -> list[StrayRow]:
        """Return rows of clocks, firings and notices whose stream has no event."""
        ...


async def task_findings(ledger: TaskFacts) -> list[Finding]:
    """Return the tasks that are settled otherwise than publications say."""
    settled = await ledger.tasks(settled=True)
    covering = await _covering(ledger) if settled else {}
    found = Bounded("task")
    for task in settled:
        by = next(
            (row for row, until in covering.get(task.subject, ()) if _covers(until, task.year)),
            None,
        )
        expected = (None, None) if by is None else (by.sequence, max(task.raised_at, by.at))
        said_by, said_at = task.settled_by == expected[0], task.settled_at == expected[1]
        for name in [
            n for n, same in (("settled_by", said_by), ("settled_at", said_at)) if not same
        ]:
            said = f"task {task.id}: {name} is not what publications say"
            found.add(Finding("task", task.stream, task.version, said, name))
    for task in await ledger.tasks():
        if task.settled_by is not None:
            said = f"task {task.id}: settled_by names a publication, and settled_at no moment"
            found.add(Finding("task", task.stream, task.version, said, "settled_at"))
    return list(found.all())


async def _covering(ledger: TaskFacts) -> dict[str, list[tuple[PublicationRow, date]]]:
    """Return the publications of every calendar, in order, and the last day that each covers."""
    covering: dict[str, list[tuple[PublicationRow, date]]] = {}
    after = 0
    while page := await ledger.publications_after(after, PAGE):
        after = page[-1].sequence
        for row in page:
            version = await ledger.calendar_version(row.hash)
            if version is not None:
                covering.setdefault(row.calendar, []).append((row, version.valid_until))
    return covering


def _covers(until: date, year: int) -> bool:
    """Return whether a day is the last of a year or comes after it. Any number may stand in a row
    that was written over."""
    return (until.year, until.month, until.day) >= (year, 12, 31)


class Waiting(Protocol):
    """The errands that wait."""

    async def waiting_errands(self, after: str, limit: int) -> list[ErrandRow]:
        """Return the errands that wait, due or not, in order of id, after the id `after`."""
        ...


async def errand_findings(ledger: Waiting) -> list[Finding]:
    """Return the columns of waiting errands that are not what their id and their text say."""
    found, after = Bounded("errand"), ""
    while page := await ledger.waiting_errands(after, STRAYS_MAX):
        after = page[-1].id
        for row in page:
            source, _, rest = row.id.removeprefix(ERRAND_PREFIX).rpartition("/")[0].rpartition("/")
            try:
                plain = json.loads(row.text)
                told = stream_name(plain["zone"], plain["key"])
            except (ValueError, KeyError, TypeError, RecursionError):
                told = ""
            said = {
                "stream": row.stream == told,
                "from_stream": row.from_stream == source,
                "from_version": str(row.from_version) == rest,
            }
            for name in (name for name, same in said.items() if not same):
                problem = f"errand {row.id}: {name} is not what its id and its text say"
                found.add(Finding("errand", row.stream, None, problem, name))
    return list(found.all())


async def stray_findings(ledger: TaskFacts) -> list[Finding]:
    """Return rows beside the facts whose stream has no event."""
    return [
        Finding(
            "fold", row.stream, None, f"{row.table} has rows of it, and there is no event", "stream"
        )
        for row in await ledger.stray_rows(STRAYS_MAX)
    ]
