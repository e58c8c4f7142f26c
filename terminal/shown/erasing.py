"""Erasures, and personal texts: read, erased, or out of reach."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.text import Text

from desk.erasing import Erased
from desk.sealing import PersonalText
from domain.model import written
from terminal.shown.frames import SECOND, Sheet, facts, kept, wrapped
from terminal.shown.times import local

UNOPENED = "sealed: there is no key of it here"


def erased_plain(erased: Erased) -> dict[str, object]:
    """Return an erasure for a machine."""
    row = erased.row
    return {**asdict(row), "at": written(row.at), "repeated": erased.repeated}


def erased_shown(erased: Erased) -> RenderableType:
    """Return an erasure for people."""
    row = erased.row
    told = "had been erased before" if erased.repeated else "is erased: its key is destroyed"
    return Group(
        Text.assemble(("✓ ", "green"), (row.subject, "bold"), f" {told}"),
        facts([("key", row.key_id), ("at", written(row.at)), ("reason", row.reason)]),
        Text("Destroy the backups of the keys folder that were made before.", SECOND),
    )


def personal_plain(stream: str, texts: Sequence[PersonalText]) -> dict[str, object]:
    """Return personal texts for a machine."""
    return {"issue": stream, "personal": texts}


def personal_shown(stream: str, texts: Sequence[PersonalText], time_zone: str) -> RenderableType:
    """Return personal texts for people."""
    if not texts:
        return Text(f"{stream} has no personal texts.", SECOND)
    sheet = Sheet(
        (kept("At"), kept("Event"), kept("Field"), kept("Subject"), wrapped("What it says"))
    )
    for each in texts:
        if each.erased_at is not None:
            said = Text(f"erased on {local(each.erased_at, time_zone)[:10]}", SECOND)
        else:
            said = Text(UNOPENED, SECOND) if each.text is None else Text(each.text)
        sheet.add(local(each.at, time_zone), each.kind, each.field, each.subject, said)
    return Group(Text(stream, "bold"), sheet, Text("This read is recorded.", SECOND))
