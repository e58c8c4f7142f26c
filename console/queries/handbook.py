"""The handbook of a zone: its versions, what one says, in what two differ, and its proof."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from console.queries.handbook_sheet import Sheet
from console.queries.handbook_sheets import sheets_of
from console.queries.handbook_words import Speaker
from desk.desk import Desk
from desk.handbook_versions import Version, Versions, ZoneVersions
from domain.days import zone_of
from domain.durations import Duration
from domain.handbook import Handbook
from domain.handbook_diff import Difference, differences
from domain.model import Name
from domain.problem import Problem
from domain.proof import Proof, proved
from domain.soundness import problems
from domain.supervision_rules import DEFAULT_SOURCE
from domain.terms import Terms
from face.words import Language
from handbooks.shelf import proved_before

DIFFERENCES_SHOWN_MAX: Final = 500
VALUE_CHARACTERS_MAX: Final = 300
_DURATION: Final[TypeAdapter[Duration]] = TypeAdapter(Duration)


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of the handbook. `open_issues`: how many it judges, None where that is not the
    reader's to know."""

    name: str
    revision: int
    hash: str
    in_force: bool
    shipped: bool
    at: datetime | None
    author: str | None
    approver: str | None
    reason: str | None
    open_issues: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A handbook as it is shown: one part of it in tables, and what stands at its head."""

    version: VersionLine
    calendar: str
    published_until: str
    people_at: datetime
    counts: dict[str, int]
    sourced: int
    by_default: tuple[str, ...]
    part: str
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """One place in which two versions differ, in words."""

    table: str
    place: str
    change: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Compared:
    """In what two versions differ; `left_out`: of so many differences more are not shown."""

    old: VersionLine
    new: VersionLine
    lines: tuple[DifferenceLine, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof of the terms in force came to, right now."""

    proof: Proof | None
    problems: tuple[Problem, ...]


async def lines_of(desk: Desk, zone: str, *, counted: bool) -> tuple[VersionLine, ...]:
    """Return every version of a zone, the newest first. `counted`: with the open issues of each.
    Raises UnknownZoneError."""
    versions = Versions(desk)
    held = await versions.of_zone(zone)
    counts = await versions.open_issues(zone) if counted else None
    every = [*([held.shipped] if held.shipped else []), *held.published]
    return tuple(_line(held, each, counts) for each in reversed(every))


async def shown(desk: Desk, zone: str, named: str, part: str, language: Language) -> Shown:
    """Return a part of a version. Raises IssueError."""
    versions = Versions(desk)
    held, version = await versions.of_zone(zone), await versions.find(zone, named)
    book, at = version.handbook, desk.clock.now()
    speaker = Speaker(book, language)
    sources = list(_sources("", book.model_dump(mode="json")))
    default = tuple(place for place, source in sources if source.startswith(DEFAULT_SOURCE))
    return Shown(
        version=_line(held, version, None),
        calendar=speaker.name(version.calendar.name),
        published_until=version.calendar.valid_until.isoformat(),
        people_at=at,
        counts=_counts(book),
        sourced=len(sources) - len(default),
        by_default=default,
        part=part,
        sheets=sheets_of(part, speaker, at.astimezone(zone_of(version.calendar.time_zone))),
    )


async def compared(desk: Desk, zone: str, first: str, second: str, language: Language) -> Compared:
    """Return in what two versions differ. Raises IssueError."""
    versions = Versions(desk)
    held = await versions.of_zone(zone)
    old, new = await versions.find(zone, first), await versions.find(zone, second)
    found = differences(old.handbook, new.handbook)
    speaker = Speaker(new.handbook, language)
    return Compared(
        old=_line(held, old, None),
        new=_line(held, new, None),
        lines=tuple(told_difference(speaker, each) for each in found[:DIFFERENCES_SHOWN_MAX]),
        left_out=max(0, len(found) - DIFFERENCES_SHOWN_MAX),
    )


def was_proved(terms: Terms) -> bool:
    """Return whether these terms are among those that were proved before they were shipped; what is
    published is proved as it is published."""
    return terms.hash in proved_before()


async def prove(terms: Terms) -> Proven:
    """Prove the terms anew. It works for seconds, apart from what others wait for."""
    return await asyncio.to_thread(_proved, terms)


def _proved(terms: Terms) -> Proven:
    found = problems(terms)
    if found:  # the sum of unsound clocks says nothing
        return Proven(None, found)
    proof = proved(terms)
    return Proven(proof, proof.problems)


def _line(held: ZoneVersions, version: Version, counts: dict[str, int] | None) -> VersionLine:
    row, in_force = version.publication, held.in_force
    return VersionLine(
        name=version.name,
        revision=version.handbook.revision,
        hash=version.handbook.hash,
        in_force=in_force is not None and in_force.name == version.name,
        shipped=version.shipped,
        at=None if row is None else row.at,
        author=None if row is None else row.author,
        approver=None if row is None else row.approver,
        reason=None if row is None else row.reason,
        open_issues=None if counts is None else counts.get(version.handbook.hash, 0),
    )


def _counts(book: Handbook) -> dict[str, int]:
    tables = ("tiers", "areas", "grids", "units", "posts", "enterprises", "categories", "clocks")
    return {table: len(getattr(book, table)) for table in tables}


def _sources(place: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield every place that says where it is from, and what it says."""
    match value:
        case dict():
            source = value.get("source")
            if isinstance(source, str):
                yield place or "handbook", source
            for name, inner in value.items():
                yield from _sources(f"{place}.{name}" if place else name, inner)
        case list():
            for number, inner in enumerate(value):
                id_ = inner.get("id", number) if isinstance(inner, dict) else number
                yield from _sources(f"{place}.{id_}", inner)
        case _:
            return


def told_difference(speaker: Speaker, found: Difference) -> DifferenceLine:
    """Return a difference as a page tells it."""
    place = [part for part in (found.entry, *(found.field or "").split(".")) if part]
    return DifferenceLine(
        table=speaker.label(found.table),
        place=" › ".join(_placed(speaker, found.table, part) for part in place),
        change=found.change.value,
        old=_value(speaker, found.old),
        new=_value(speaker, found.new),
    )


def _placed(speaker: Speaker, table: str, part: str) -> str:
    rows = getattr(speaker.book, table, ())
    name = (
        next(
            (getattr(row, "name", None) for row in rows or () if getattr(row, "id", None) == part),
            None,
        )
        if isinstance(rows, tuple)
        else None
    )
    return speaker.name(name) if isinstance(name, Name) else speaker.label(part)


def _value(speaker: Speaker, value: JsonValue) -> str:
    """Return a value as somebody reads it, cut where it would fill the page."""
    told = "" if value is None else _in_words(speaker, value)
    cut = len(told) > VALUE_CHARACTERS_MAX
    return f"{told[: VALUE_CHARACTERS_MAX - 1]}…" if cut else told


def _in_words(speaker: Speaker, value: JsonValue) -> str:
    match value:
        case bool():
            return speaker.said("shell.yes" if value else "shell.no")
        case str():
            return speaker.value(value)
        case list():
            return speaker.join([_in_words(speaker, each) for each in value])
        case dict() if value.keys() == {"zh", "en"}:
            return speaker.name(Name.model_validate(value))
        case dict() if (length := _length_of(value)) is not None:
            return speaker.length(length)
        case dict():
            fields = ((name, each) for name, each in value.items() if each not in (None, []))
            return speaker.join(
                [
                    speaker.said(
                        "handbook.line", label=speaker.label(name), value=_in_words(speaker, each)
                    )
                    for name, each in fields
                ]
            )
        case _:
            return str(value)


def _length_of(value: dict[str, JsonValue]) -> Duration | None:
    try:
        return _DURATION.validate_python(value)
    except ValidationError:
        return None
