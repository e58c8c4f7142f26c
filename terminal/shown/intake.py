"""What became of a table, row by row."""

from rich.console import Group, RenderableType
from rich.text import Text

from desk.intake.told import Finding, IntakeAnswer, RowAnswer, RowOutcome
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Column, Sheet, kept, wrapped

SHOWN_MAX = 200
"""How many rows people are shown; --json and --answer hold them all."""
WORDS = {
    RowOutcome.WOULD_REPORT: "would be reported",
    RowOutcome.REPORTED: "reported",
    RowOutcome.REPEATED: "reported before",
    RowOutcome.DUPLICATE: "the same row twice",
    RowOutcome.REFUSED: "cannot be reported",
    RowOutcome.NOT_REACHED: "not reached",
}


def intake_plain(found: IntakeAnswer) -> object:
    """Return the answer for a machine."""
    return found.model_dump(mode="json")


def intake_shown(found: IntakeAnswer) -> RenderableType:
    """Return the answer for people: what is wrong or like something, and the sums."""
    sheet = Sheet((kept("Row", right=True), kept("Field"), Column("Value"), wrapped("What")))
    told = [row for row in found.rows if row.findings or row.like or row.same_as_row]
    for row in told[:SHOWN_MAX]:
        _add(sheet, row)
    sums = ", ".join(
        f"{count:,} {WORDS[outcome]}" for outcome, count in found.counts.items() if count
    )
    lines: list[RenderableType] = [sheet] if told else []
    if len(told) > SHOWN_MAX:
        lines.append(Text(f"and {many(len(told) - SHOWN_MAX, 'row')} more: see --answer", SECOND))
    lines.append(Text(f"{many(len(found.rows), 'row')}: {sums or 'none'}"))
    if found.passed_over:
        lines.append(Text(f"columns of no field: {', '.join(found.passed_over)}", SECOND))
    if found.dry_run:
        lines.append(Text("nothing was written", SECOND))
    return Group(*lines)


def advised(finding: Finding) -> str:
    """Return what is wrong, and what was meant or is allowed."""
    hints = [finding.message]
    if finding.suggestions:
        hints.append(f"Nearest: {', '.join(finding.suggestions)}.")
    elif finding.allowed:
        hints.append(f"Allowed: {finding.allowed}.")
    return " ".join(hints)


def _add(sheet: Sheet, row: RowAnswer) -> None:
    for finding in row.findings:
        column = finding.column or finding.field
        sheet.add(str(row.row), column, finding.value or "", advised(finding))
    if row.same_as_row is not None:
        sheet.add(str(row.row), "", "", f"The same as row {row.same_as_row}.")
    for like in row.like:
        of = f"row {like.row}" if like.key is None else like.key
        sheet.add(str(row.row), "", like.title, f"May be the same as {of} ({like.score} of 100).")
