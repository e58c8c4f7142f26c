"""The ledger (台账) of a zone as it stood at one position, in the order in which issues came.

Read issue by issue, sorted on disk: memory does not grow with the ledger.
"""

import asyncio
import heapq
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol, TextIO

from audit.facts import Facts, terms_reader
from audit.printed.paper import Cell, Column, Kind, Language, Paper, Table
from audit.printed.sheets import Formats, SheetRows
from audit.printed.words import word
from audit.printed.workbook import SheetNames, book, heading
from domain.access import Horizon
from domain.chain import Record
from domain.days import from_ms, to_ms
from domain.errors import InvalidRequestError
from domain.handbook import Handbook
from domain.issue import Issue
from domain.lights import Light, light_of, light_rule
from domain.model import Name, written
from domain.reading import read
from domain.sight import Sight
from domain.terms import Terms
from ledger.asof import Filters, Kept, stood
from ledger.lists import Lists, Narrowed

RUN_ROWS: Final = 5000
"""So many rows are held at once before they are put aside in order. 100,000 issues took 16 s on one
core and held 5 MB more than 1,000."""
PDF_ROWS_MAX: Final = 2000
"""So many a PDF of the ledger has; they take 0.5 GB and 2 s while they are laid out."""
MILLISECOND: Final = timedelta(milliseconds=1)

Row = tuple[Cell, ...]

COLUMNS: Final[tuple[tuple[str, Kind, float], ...]] = (
    ("place", Kind.COUNT, 5),
    ("number", Kind.TEXT, 20),
    ("enterprise", Kind.TEXT, 20),
    ("category", Kind.TEXT, 11),
    ("issue", Kind.TEXT, 30),
    ("owner", Kind.TEXT, 16),
    ("handler", Kind.TEXT, 16),
    ("unit", Kind.TEXT, 13),
    ("tier", Kind.TEXT, 9),
    ("phase", Kind.TEXT, 9),
    ("light", Kind.LIGHT, 10),
    ("reported", Kind.MOMENT, 15),
    ("due", Kind.MOMENT, 15),
    ("closed", Kind.MOMENT, 15),
    ("outcome", Kind.TEXT, 10),
    ("sign_off", Kind.TEXT, 10),
    ("over", Kind.LENGTH, 9),
    ("reopened", Kind.COUNT, 7),
)
"""The columns: their names among the words, what they hold, and how wide they are."""


class LedgerFacts(Facts, Lists, Protocol):
    """What the ledger is printed from."""

    async def records_seen(
        self, streams: Sequence[str], *, position: int, known_at: datetime | None = None
    ) -> list[Record]:
        """Return the events of some streams that are seen."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the ledger is printed: what fits the filters within a horizon, as seen from a sight.
    `name` and `time_zone` are the zone's."""

    horizon: Horizon
    filters: Narrowed
    sight: Sight
    language: Language
    name: Name
    time_zone: str


async def write_ledger(
    ledger: LedgerFacts,
    asked: Asked,
    path: Path,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the ledger as a workbook, and return how many issues it has. `progress` is told how
    many were looked at. Raises InvalidRequestError where a sheet cannot hold them."""
    with _Lines(path.parent) as lines:
        async for line in _read(ledger, asked, progress):
            lines.add(line)
        await asyncio.to_thread(_write, lines, asked, path)
    return lines.count


def _write(lines: "_Lines", asked: Asked, path: Path) -> None:
    paper = _paper(asked)
    with book(path, paper.made_at, paper.title) as made:
        formats, names = Formats(made, asked.language), SheetNames()
        name = names.name(word("ledger.title", asked.language), asked.language)
        over = heading(paper, paper.title)
        rows = SheetRows(made.add_worksheet(name), formats, over, columns(asked.language))
        for row in lines.rows():
            rows.add(row)
        rows.end()


async def ledger_paper(
    ledger: LedgerFacts,
    asked: Asked,
    *,
    rows_max: int = PDF_ROWS_MAX,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Paper, int]:
    """Return the ledger as a paper for PDF, and how many issues it has. Raises InvalidRequestError
    for more than `rows_max`."""
    lines: list[list[Any]] = []
    async for line in _read(ledger, asked, progress):
        lines.append(line)
        if len(lines) > rows_max:
            raise InvalidRequestError(
                "There are too many issues for a PDF.",
                field="rows",
                allowed=f"at most {rows_max:,}; a workbook (.xlsx) takes more, or narrow it",
            )
    rows = [
        _row(place, line) for place, line in enumerate(sorted(lines, key=lambda each: each[:2]), 1)
    ]
    return _paper(asked, Table("", columns(asked.language), rows)), len(rows)


def columns(language: Language) -> tuple[Column, ...]:
    """Return the columns of the ledger."""
    return tuple(
        Column(word(f"ledger.{name}", language), kind, wide) for name, kind, wide in COLUMNS
    )


def _paper(asked: Asked, *sections: Table) -> Paper:
    language = asked.language
    zone = asked.name.zh if language == "zh" else asked.name.en
    between = "" if language == "zh" else ": "
    return Paper(
        title=f"{zone}{between}{word('ledger.title', language)}",
        language=language,
        time_zone=asked.time_zone,
        made_at=asked.sight.at,
        position=asked.sight.position,
        facts=((word("ledger.filters", language), _narrowed(asked.filters, language)),),
        sections=sections,
        landscape=True,
    )


def _narrowed(filters: Narrowed, language: Language) -> str:
    """Return what the ledger is narrowed by, in words."""
    told = []
    for each in fields(filters):
        value = getattr(filters, each.name)
        if each.name == "zone" or value in (None, False, ()):
            continue
        name = word(f"filter.{each.name}", language)
        if value is True:
            told.append(name)
        elif each.name == "phase":
            told.append(f"{name} {word(f'phase.{value}', language)}")
        else:
            said = written(value) if isinstance(value, datetime) else value
            told.append(f"{name} {', '.join(said) if isinstance(said, tuple) else said}")
    return "; ".join(told) or word("ledger.every", language)


async def _read(
    ledger: LedgerFacts, asked: Asked, progress: Callable[[int], None]
) -> AsyncIterator[list[Any]]:
    """Yield a line for each issue: when it was reported and its stream, then its cells, plain."""
    terms_of, names = terms_reader(ledger), dict[str, _Names]()
    within = _Within(ledger, asked.horizon, asked.filters)
    async for row in stood(within, asked.sight, asked.filters, progress=progress):
        terms = await terms_of(row.issue.terms)
        if row.issue.terms not in names:
            names[row.issue.terms] = _Names(terms.handbook, asked.language)
        yield _line(row.issue, terms, names[row.issue.terms], asked)


def _line(issue: Issue, terms: Terms, names: "_Names", asked: Asked) -> list[Any]:
    at, language = max(asked.sight.at, issue.changed_at), asked.language
    due_at = None if issue.deadline is None else issue.deadline.due_at
    answer = None if issue.sign_off is None else issue.sign_off.outcome
    outcome = issue.outcome
    return [
        to_ms(issue.reported_at),
        issue.stream,
        issue.number or issue.key,
        names.of("enterprises", issue.enterprise),
        names.of("categories", issue.category),
        issue.title,
        names.of("posts", issue.owner),
        names.of("posts", issue.handler),
        "" if issue.unit is None else names.of("units", issue.unit),
        names.tier(issue.tier),
        word(f"phase.{issue.phase.value}", language),
        light_of(issue, terms, at).light.value,
        to_ms(issue.reported_at),
        None if due_at is None else to_ms(due_at),
        None if issue.closed_at is None else to_ms(issue.closed_at),
        "" if outcome is None else word(f"outcome.{outcome.value}", language),
        "" if answer is None else word(f"sign_off.{answer.value}", language),
        over_ms(issue, terms, at) or None,
        issue.reopened,
    ]


def over_ms(issue: Issue, terms: Terms, at: datetime) -> int:
    """Return by how much the clock that is over its time the most is over it, in its own basis: of
    the clocks that show lights, in their present cycles."""
    rule, longest = light_rule(terms), 0
    for clock in issue.clocks:
        if rule.clocks and clock.rule not in rule.clocks:
            continue
        kind = terms.rules_by_id.get(clock.rule)
        calendar = terms.calendar if kind is None else terms.calendar_of(kind)
        longest = max(longest, read(clock, calendar, at).over_ms)
    return longest


def _row(place: int, line: Sequence[Any]) -> Row:
    """Return the cells of a line."""
    cells = zip(line[2:], COLUMNS[1:], strict=True)
    return place, *(_cell(told, kind) for told, (_, kind, _) in cells)


def _cell(told: Any, kind: Kind) -> Cell:
    if told is None:
        return None
    if kind is Kind.MOMENT:
        return from_ms(told)
    if kind is Kind.LENGTH:
        length: timedelta = told * MILLISECOND
        return length
    if kind is Kind.LIGHT:
        return Light(told)
    cell: str | int = told
    return cell


class _Within:
    """The past of a ledger, as far as a horizon reaches."""

    def __init__(self, ledger: LedgerFacts, horizon: Horizon, filters: Narrowed) -> None:
        self._ledger, self._horizon, self._filters = ledger, horizon, filters

    async def records_seen(
        self, streams: Sequence[str], *, position: int, known_at: datetime | None = None
    ) -> list[Record]:
        return await self._ledger.records_seen(streams, position=position, known_at=known_at)

    async def kept(self, sight: Sight, _: Filters, *, after: str, limit: int) -> list[Kept]:
        return await self._ledger.kept_within(
            self._horizon, sight, self._filters, after=after, limit=limit
        )


class _Names:
    """What the things of one version of a handbook are called."""

    def __init__(self, handbook: Handbook, language: Language) -> None:
        self._language = language
        self._by_kind: dict[str, Mapping[str, Name]] = {
            kind: {each.id: each.name for each in getattr(handbook, kind)}
            for kind in ("enterprises", "categories", "posts", "units")
        }
        self._tiers = {each.level: each.name for each in handbook.tiers}

    def of(self, kind: str, id_: str) -> str:
        """Return a name; an id without one stands for itself."""
        return self._said(self._by_kind[kind].get(id_), id_)

    def tier(self, level: int) -> str:
        """Return what a tier is called."""
        return self._said(self._tiers.get(level), str(level))

    def _said(self, name: Name | None, id_: str) -> str:
        if name is None:
            return id_
        return name.zh if self._language == "zh" else name.en


class _Lines:
    """Lines on disk: taken in any order, given back sorted, a run of them held at a time."""

    def __init__(self, beside: Path) -> None:
        self._folder = TemporaryDirectory(prefix=".ledger.", dir=beside)
        self._held: list[list[Any]] = []
        self._runs: list[Path] = []
        self.count = 0

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def add(self, line: list[Any]) -> None:
        """Take a line. Lines differ in their first two values."""
        self._held.append(line)
        self.count += 1
        if len(self._held) == RUN_ROWS:
            self._put_aside()

    def rows(self) -> Iterator[Row]:
        """Yield all rows in order, numbered."""
        self._put_aside()
        files = [path.open(encoding="utf-8") for path in self._runs]
        try:
            merged = heapq.merge(*(_lines_of(file) for file in files), key=lambda each: each[:2])
            for place, line in enumerate(merged, 1):
                yield _row(place, line)
        finally:
            for file in files:
                file.close()

    def _put_aside(self) -> None:
        path = Path(self._folder.name) / f"{len(self._runs)}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for line in sorted(self._held, key=lambda each: each[:2]):
                file.write(f"{json.dumps(line)}\n")
        self._runs.append(path)
        self._held = []


def _lines_of(file: TextIO) -> Iterator[list[Any]]:
    for text in file:
        line: list[Any] = json.loads(text)
        yield line
