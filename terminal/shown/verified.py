"""What the last verification of the whole ledger came to."""

from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.text import Text

from audit.verified import kept_findings
from ledger.verifications import VerificationRow
from terminal.shown.findings import finding_sheet, many, mark, rest
from terminal.shown.frames import SECOND
from terminal.shown.reads import read_json, who_read
from terminal.shown.times import local


def verified_plain(row: VerificationRow | None) -> dict[str, object] | None:
    """Return it for a machine."""
    if row is None:
        return None
    said = asdict(row)
    said["by"] = read_json(row.by)
    said["findings"] = [asdict(each) for each in kept_findings(row)]
    return said


def verified_shown(row: VerificationRow | None) -> RenderableType:
    """Return it in words; times in UTC, as no zone's."""
    if row is None:
        return "No verification of the whole ledger has been noted yet: closeout verify --all"
    ended, began = (local(at, "UTC", seconds=True) for at in (row.ended_at, row.began_at))
    said = "nothing found" if row.sound else many(row.found, "finding")
    head = mark(f"Verified {ended} (UTC): {said}", "", sound=row.sound)
    under = "no checkpoint" if not row.size else many(row.size, "leaf", "leaves") + " signed"
    more = Text(
        f"  By {who_read(row.by)}, begun {began}, up to position {row.position}; {under}.", SECOND
    )
    if row.sound:
        return Group(head, more)
    return Group(head, more, finding_sheet(kept_findings(row)), rest(row.found))
