"""Attachments: what there are, what a sweep did, what a check found."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.text import Text

from desk.attachments.checking import Checked
from desk.attachments.keeping import Swept
from ledger.attachments import AttachmentRow
from terminal.shown.findings import SHOWN_MAX, many, mark
from terminal.shown.frames import SECOND, Sheet, kept, wrapped
from terminal.shown.times import local

HASH_CHARACTERS = 12
HIDDEN = frozenset({"place", "sealed_name"})
"""What is of the store and its keys: nothing to be copied from here."""


def rows_plain(stream: str, rows: Sequence[AttachmentRow]) -> dict[str, object]:
    """Return attachments for a machine."""
    return {"issue": stream, "attachments": [_plain(row) for row in rows]}


def rows_shown(stream: str, rows: Sequence[AttachmentRow], time_zone: str) -> RenderableType:
    """Return attachments for people."""
    if not rows:
        return Text(f"{stream} has no attachments.", SECOND)
    sheet = Sheet(
        (
            kept("Uploaded"),
            kept("SHA-256"),
            kept("Bytes", right=True),
            kept("State"),
            wrapped("Name"),
        )
    )
    for row in rows:
        state = row.state.value if row.held_at is None else f"{row.state.value}, held"
        name = row.name if row.held_at is None else f"{row.name} ({row.held_by}: {row.hold_reason})"
        sheet.add(
            local(row.uploaded_at, time_zone),
            row.sha256[:HASH_CHARACTERS],
            f"{row.size:,}",
            state,
            name,
        )
    return Group(Text(stream, "bold"), sheet)


def one_plain(row: AttachmentRow, done: str) -> dict[str, object]:
    """Return what was done to an attachment for a machine."""
    return {"done": done, "issue": row.stream, "sha256": row.sha256, "name": row.name}


def one_shown(row: AttachmentRow, done: str) -> RenderableType:
    """Return what was done to an attachment for people."""
    return Text.assemble(("✓ ", "green"), (row.name, "bold"), f" of {row.stream} {done}")


def swept_shown(swept: Swept) -> RenderableType:
    """Return what a sweep did for people."""
    told = (
        f"{many(swept.destroyed, 'attachment')} destroyed, {many(swept.expired, 'upload')} removed,"
        f" {swept.finished} finished, {swept.waiting} waiting, {swept.held} kept by a hold"
    )
    return _with_lines(mark(told, "", sound=not swept.failed), swept.failed)


def checked_shown(found: Checked, where: str) -> RenderableType:
    """Return what a check found for people."""
    told = (
        f"{many(found.kept, 'attachment')} in {where}, {found.named} of them named by events, "
        f"{found.held} held: {found.read} read and as uploaded, {len(found.wrong)} wrong"
    )
    if found.sealed:
        told += f"; {found.sealed} sealed by keys that are not here"
    return _with_lines(mark(told, "", sound=not found.wrong), found.wrong)


def _with_lines(head: Text, lines: Sequence[str]) -> RenderableType:
    more = len(lines) - SHOWN_MAX
    shown = [Text(f"  {line}") for line in lines[:SHOWN_MAX]]
    return Group(head, *shown, *([Text(f"  and {more} more", SECOND)] if more > 0 else []))


def _plain(row: AttachmentRow) -> dict[str, object]:
    return {name: value for name, value in asdict(row).items() if name not in HIDDEN}
