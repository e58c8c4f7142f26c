"""One export: recorded, then written life by life, then told in a manifest."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from audit.exports.choosing import Choice, Source, lives
from audit.exports.files import Outlet, PartFile, Written, manifest_path, write_manifest
from audit.exports.forms import Counts, Form, Statement
from audit.exports.told import Told
from domain.canonical import canonical
from ledger.reads import AuditReadRow, ReadKind

MOVES = {"terms_adopted", "order_terms_adopted", "matter_terms_adopted"}
READ_KIND: Final[ReadKind] = "export"


class Positioned(Source, Protocol):
    """The ledger that is exported."""

    async def safe_position(self) -> int:
        """Return the position at and below which no event can appear any more."""
        ...


class Recording(Protocol):
    """Where it is put on record who looked: the same ledger, by a role that may write."""

    async def put_audit_read(self, row: AuditReadRow) -> None:
        """Record a read."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be exported, by whom (an actor's canonical JSON), under which id."""

    id: str
    choice: Choice
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export."""

    statement: Statement
    counts: Counts
    file: Written

    @property
    def plain(self) -> dict[str, object]:
        """Return the manifest."""
        return {
            **self.statement.plain,
            "file": self.file.path.name,
            "bytes": self.file.size,
            "sha256": self.file.sha256,
            "counts": self.counts.plain,
        }


async def export(
    ledger: Positioned,
    records: Recording,
    form: Form,
    path: Path,
    asked: Asked,
    *,
    replace: bool = False,
    begun: Callable[[int], None] = lambda _: None,
    passed: Callable[[int, int], None] = lambda _streams, _events: None,
) -> Exported:
    """Write what was asked for to `path`, which appears whole or not at all.

    That it was asked for is on record before anything is read. `begun` hears how many streams
    there are, `passed` how many more are done with, and how many events are written by then.
    Raises InvalidRequestError for a place that cannot be written to, or is taken.
    """
    with PartFile(path, replace=replace) as file:
        statement = await recorded(ledger, records, form.name, asked)
        begun(await ledger.stream_count(asked.choice.zone))
        counts = Counts()
        async for _ in writing(ledger, form, file, statement, counts, passed=passed):
            pass
        exported = Exported(statement, counts, file.finish())
    write_manifest(path, exported.plain)
    return exported


async def recorded(ledger: Positioned, records: Recording, form: str, asked: Asked) -> Statement:
    """Put on record that an export is asked for; return what it will say of itself."""
    position = await ledger.safe_position()
    scope = canonical({"form": form, "filters": asked.choice.plain})
    row = AuditReadRow(asked.id, READ_KIND, scope, position, asked.actor, asked.at)
    await records.put_audit_read(row)
    return Statement(form, position, asked.at, asked.id, asked.choice)


async def writing(
    ledger: Source,
    form: Form,
    file: Outlet,
    statement: Statement,
    counts: Counts,
    *,
    passed: Callable[[int, int], None] = lambda _streams, _events: None,
) -> AsyncGenerator[None]:
    """Write an export that is on record, life by life; yields after each, so that what is written
    can be taken away. `counts` grows with what is written."""
    form.begin(file, statement)
    reading = lives(
        ledger,
        statement.choice,
        statement.position,
        with_commands=form.is_whole,
        with_others=form.has_others,
        passed=lambda streams: passed(streams, counts.events),
    )
    named: set[str] = set()
    async with aclosing(reading):
        async for told in reading:
            if form.is_whole:
                for hash_ in sorted(_terms_of(told) - named):
                    form.terms(file, hash_, await ledger.terms(hash_))
                    named.add(hash_)
                counts.terms = len(named)
            form.add(file, told)
            counts.take_in(told)
            yield
    form.end(file, counts)


def read_manifest(path: Path) -> dict[str, object] | None:
    """Return the manifest beside a file, None if there is none that can be read."""
    try:
        plain = json.loads(manifest_path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return plain if isinstance(plain, dict) else None


def _terms_of(told: Told) -> set[str]:
    """Return the terms that a life was judged by, and those that it was moved to."""
    named = {record.terms for _, record in told.events} | {row.terms for row in told.commands}
    moves = (json.loads(record.text)["body"] for _, record in told.events if record.kind in MOVES)
    return named | {body["to_terms"] for body in moves}
