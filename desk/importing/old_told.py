"""What became of an old ledger: the answer, row by row."""

from collections.abc import Iterator
from enum import StrEnum

from desk.intake.columns import told_words
from desk.intake.told import Finding
from desk.intake.writing import csv_of, workbook_of
from domain.model import Frozen

COLUMNS = (
    *("row", "outcome", "number", "key", "field", "column", "value", "allowed", "message"),
    "suggestions",
)
WIDTHS = (6, 16, 22, 24, 14, 16, 30, 34, 44, 30)


class OldOutcome(StrEnum):
    """What became of a row, or would."""

    WOULD_IMPORT = "would_import"
    IMPORTED = "imported"
    STANDS = "imported_before"
    """The very row was imported before, from this file or another."""
    DUPLICATE = "duplicate"
    """The very same row stands above it in the file."""
    CONFLICT = "conflict"
    """Its number was imported before with another row."""
    REFUSED = "refused"


FAULTY = (OldOutcome.DUPLICATE, OldOutcome.CONFLICT, OldOutcome.REFUSED)


class OldRow(Frozen):
    """What became of one row. `sha256` is of the row as it stands in the file."""

    row: int
    outcome: OldOutcome
    number: str | None = None
    key: str | None = None
    sha256: str
    findings: tuple[Finding, ...] = ()


class OldAnswer(Frozen):
    """What became of a file. `columns` names the column that each field was read from."""

    zone: str
    sha256: str
    encoding: str
    sheet: str | None
    confirmed: bool
    columns: dict[str, str]
    passed_over: tuple[str, ...]
    counts: dict[OldOutcome, int]
    faults: int
    rows: tuple[OldRow, ...]

    @property
    def is_clean(self) -> bool:
        """Return whether every row was, or would be, taken over."""
        return not any(self.counts.get(each) for each in FAULTY)


def old_csv(answer: OldAnswer, language: str) -> bytes:
    """Return the answer as CSV."""
    return csv_of(_rows(answer, language))


def old_workbook(answer: OldAnswer, language: str) -> bytes:
    """Return the answer as a workbook."""
    return workbook_of(_rows(answer, language), WIDTHS)


def _rows(answer: OldAnswer, language: str) -> Iterator[list[str]]:
    """Yield the head, and a line for each finding of each row, one at least for a row."""
    words = told_words(language)
    yield [words[column] for column in COLUMNS]
    for row in answer.rows:
        findings: tuple[Finding | None, ...] = row.findings or (None,)
        for finding in findings:
            yield [
                str(row.row),
                words[row.outcome],
                row.number or "",
                row.key or "",
                *_told(finding),
            ]


def _told(finding: Finding | None) -> list[str]:
    if finding is None:
        return [""] * 6
    return [
        finding.field,
        finding.column or "",
        finding.value or "",
        finding.allowed or "",
        finding.message,
        "; ".join(finding.suggestions),
    ]
