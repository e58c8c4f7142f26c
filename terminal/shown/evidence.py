"""What a file of evidence holds, and how a stranger checks it."""

from rich.console import Group, RenderableType
from rich.text import Text

from audit.evidence import Evidence
from audit.exports.files import Written
from terminal.shown.findings import many, mark
from terminal.shown.frames import SECOND


def evidence_plain(made: Evidence, written: Written, vkey: str) -> dict[str, object]:
    """Return what was written for a machine."""
    return {
        "stream": made.stream,
        "file": str(written.path),
        "bytes": written.size,
        "sha256": written.sha256,
        "events": made.events,
        "commands": made.commands,
        "facts": made.facts,
        "checkpoint": made.size,
        "vkey": vkey,
    }


def evidence_shown(made: Evidence, written: Written, vkey: str) -> RenderableType:
    """Return what was written for people, and the words that check it."""
    held = f"{many(made.events, 'event')}, {many(made.commands, 'command')}, "
    held += f"{many(made.facts, 'other fact')} under a checkpoint of {made.size:,} leaves"
    return Group(
        mark(f"{written.path}: {made.stream}", f"\n  {held}", sound=True),
        Text(f"  SHA-256 {written.sha256}, {written.size:,} bytes", SECOND),
        Text("  checked anywhere, without Closeout and without a network:", SECOND),
        Text("  closeout evidence verifier > closeout_verify_evidence.py"),
        Text(f"  python closeout_verify_evidence.py {written.path.name} --key VKEY"),
        Text("  where VKEY, which the reader must have from you and not with the file, is", SECOND),
        Text(f"  {vkey}"),
    )
