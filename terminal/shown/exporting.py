"""What was exported, and what a check of an exported file found."""

from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from audit.checks import Findings
from audit.exports.exporting import Exported
from audit.exports.files import manifest_path
from terminal.shown.findings import SHOWN_MAX, many, mark, rest
from terminal.shown.frames import SECOND, Sheet, kept, wrapped


def exported(done: Exported) -> RenderableType:
    """Return what is in the file, and up to where the ledger was read."""
    counts, statement = done.counts, done.statement
    said = f"{many(counts.events, 'event')} of {many(counts.issues, 'issue')}"
    others = {"supervision order": counts.orders, "matter": counts.matters}
    said += "".join(f" and {many(count, what)}" for what, count in others.items() if count)
    filters = ", ".join(f"{name} {value}" for name, value in statement.choice.plain.items())
    beside = f"{manifest_path(done.file.path).name} says so; on record as {statement.read}"
    lines: list[RenderableType] = [
        mark(f"{done.file.path.name}: {said}", f"  {done.file.size:,} bytes", sound=True),
        Text(f"  the ledger up to position {statement.position}; {filters or 'all of it'}", SECOND),
        Text(f"  SHA-256 {done.file.sha256}", SECOND),
        Text(f"  {beside}", SECOND),
    ]
    return Group(*lines)


def checked_plain(file: Path, found: Findings) -> dict[str, object]:
    """Return what a check found, for a machine."""
    return {
        "file": file.name,
        "streams": found.streams,
        "events": found.events,
        "commands": found.commands,
        "sound": found.is_sound,
        "findings": found.found,
    }


def checked(file: Path, found: Findings) -> RenderableType:
    """Return what a check looked at, and each thing that is not as it was written."""
    if found.is_sound:
        looked = f"{many(found.streams, 'stream')}, {many(found.events, 'event')} verified"
        more = f"  {looked if found.streams else 'as its manifest says'}"
        return mark(f"{file.name} is what was exported", more, sound=True)
    head = mark(f"{file.name}: {many(len(found.found), 'finding')}", "", sound=False)
    sheet = Sheet((kept("Stream"), kept("Event"), kept("Kind"), wrapped("Finding")))
    for each in found.found[:SHOWN_MAX]:
        event = "—" if each.version is None else str(each.version)
        sheet.add(each.stream, event, each.kind, each.message)
    return Group(head, sheet, rest(len(found.found)))
