"""What became of an old ledger, row by row."""

from rich.console import Group, RenderableType
from rich.text import Text

from desk.importing.old_told import OldAnswer, OldOutcome
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Column, Sheet, kept, wrapped
from terminal.shown.intake import advised

SHOWN_MAX = 200
"""How many rows people are shown; --json and --answer hold them all."""
WORDS = {
    OldOutcome.WOULD_IMPORT: "would be imported",
    OldOutcome.IMPORTED: "imported",
    OldOutcome.STANDS: "imported before",
    OldOutcome.DUPLICATE: "the same row twice",
    OldOutcome.CONFLICT: "imported with another row",
    OldOutcome.REFUSED: "cannot be imported",
}


def old_plain(found: OldAnswer) -> object:
    """Return the answer for a machine."""
    return found.model_dump(mode="json")


def old_shown(found: OldAnswer) -> RenderableType:
    """Return the answer for people: what is wrong, and the sums."""
    columns = (kept("Row", right=True), kept("Number"), kept("Column"), Column("Value"))
    sheet = Sheet((*columns, wrapped("What")))
    told = [row for row in found.rows if row.findings]
    for row in told[:SHOWN_MAX]:
        for finding in row.findings:
            column = finding.column or finding.field
            sheet.add(str(row.row), row.number or "", column, finding.value or "", advised(finding))
    sums = ", ".join(f"{count:,} {WORDS[each]}" for each, count in found.counts.items() if count)
    lines: list[RenderableType] = [sheet] if told else []
    if len(told) > SHOWN_MAX:
        lines.append(Text(f"and {many(len(told) - SHOWN_MAX, 'row')} more: see --answer", SECOND))
    lines.append(Text(f"{many(len(found.rows), 'row')}: {sums or 'none'}"))
    if found.passed_over:
        lines.append(Text(f"columns that are not read: {', '.join(found.passed_over)}", SECOND))
    if not found.confirmed:
        lines.append(Text("nothing was written; --confirm imports what can be", SECOND))
    return Group(*lines)
