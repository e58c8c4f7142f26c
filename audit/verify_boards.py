"""The rows that boards and dashboards count by, held against what the events come to."""

from collections.abc import Sequence

from audit.checks import Finding
from audit.facts import Life, TermsOf, UnsoundTermsError
from audit.verify_columns import differing
from domain.issue import Issue
from ledger.board_rows import BOARD_COLUMNS, board_row, values
from ledger.pages import Columns


async def board_findings(
    life: Life, issue: Issue | None, rows: Sequence[Columns], terms_of: TermsOf
) -> list[Finding]:
    """Return what the row of an open issue says and its events do not; a closed one has none.
    Terms that cannot be read are told of by others."""
    try:
        row = None if issue is None else board_row(issue, await terms_of(issue.terms))
    except UnsoundTermsError:
        return []
    if issue is None or row is None:
        return misplaced_board_findings(life, rows)
    if len(rows) != 1:
        said = f"boards have {len(rows)} rows of the open issue"
        return [Finding("column", life.stream, issue.version, said, "issue_board")]
    expected = dict(zip(BOARD_COLUMNS, values(row), strict=True))
    return list(differing(life, "issue on boards", issue.version, expected, rows[0]))


def misplaced_board_findings(life: Life, rows: Sequence[Columns]) -> list[Finding]:
    """Return that boards show what is no open issue."""
    said = "boards have a row of it, and it is no open issue"
    return [Finding("column", life.stream, None, said, "issue_board") for _ in rows]
