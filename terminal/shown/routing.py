"""What another routing table would have matched: rows, issues that move, what the owner keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from audit.routing import Change, Preview
from domain.handbook import Handbook
from domain.model import written
from domain.routing import Hit
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Column, Sheet, kept, wrapped
from terminal.shown.times import local


@dataclass(frozen=True, slots=True)
class Tried:
    """A table under trial, the acceptances that it was tried on, and what came of it."""

    handbook: Handbook
    time_zone: str
    since: datetime | None
    until: datetime | None
    found: Preview


def preview_plain(tried: Tried) -> dict[str, object]:
    """Return it for a machine. `changes` and `defaults` name the first of those counted."""
    book, found = tried.handbook, tried.found
    return {
        "zone": book.zone,
        "revision": book.revision,
        "handbook": book.hash,
        "since": None if tried.since is None else written(tried.since),
        "until": None if tried.until is None else written(tried.until),
        "accepted": found.accepted,
        "rows": [{"row": row, "hits": hits} for row, hits in found.hits.items()],
        "never": found.never,
        "defaulted": found.defaulted,
        "by_hand": found.by_hand,
        "moved": found.moved,
        "unknown": found.unknown,
        "changes": [_plain(each) for each in found.changes],
        "defaults": [_plain(each) for each in found.defaults],
    }


def _plain(change: Change) -> dict[str, object]:
    return {
        "stream": change.stream,
        "number": change.number,
        "accepted_at": written(change.accepted_at),
        "category": change.category,
        "was": change.was,
        "becomes": change.becomes,
    }


def preview(tried: Tried) -> RenderableType:
    """Return it for people."""
    found, zone = tried.found, tried.time_zone
    head = f"{many(found.accepted, 'accepted issue')}: {found.moved:,} would lie elsewhere, "
    head += f"{found.defaulted:,} would stay with the owner for want of a row"
    parts: list[RenderableType] = [Text(head, "bold")]
    if found.by_hand:
        parts.append(Text(f"{found.by_hand:,} were given to somebody by hand: no row is asked"))
    parts += [
        Text(f"{what}: not in this handbook, {many(number, 'issue')}", "yellow")
        for what, number in found.unknown.items()
    ]
    rows = Sheet((kept("Row"), kept("Hits", right=True), wrapped("To")))
    targets = {row.id: row.unit or row.to.value for row in tried.handbook.routing}
    for row, hits in found.hits.items():
        never = "" if hits else "  never hit"
        told = Text(targets[row]).append(never, "yellow")
        rows.add(row, f"{hits:,}", told)
    rows.add(Text("no row", SECOND), f"{found.defaulted:,}", Text("owner", SECOND))
    parts += [Text(), rows]
    for title, named, of in (
        ("would lie elsewhere", found.changes, found.moved),
        ("only the owner would keep", found.defaults, found.defaulted),
    ):
        if named:
            parts += [Text(), Text(f"{title}: {len(named):,} of {of:,}", "bold")]
            parts.append(_changes(named, zone))
    return Group(*parts)


def _changes(named: Sequence[Change], zone: str) -> Sheet:
    sheet = Sheet(
        (kept("Issue"), kept("Accepted"), Column("Category"), Column("Was"), Column("Would be"))
    )
    for each in named:
        sheet.add(
            each.number or each.stream,
            local(each.accepted_at, zone),
            each.category,
            _told(each.was),
            _told(each.becomes),
        )
    return sheet


def _told(hit: Hit) -> str:
    return f"{hit.unit or hit.handler} ({hit.row or 'no row'})"
