"""Rows where nobody would look, and rows that cannot be read: named before all else fails."""

from audit.checks import Finding
from ledger.misplaced import Misplaced, Misplacements

NAMED_MAX = 1000


async def misplaced_findings(ledger: Misplacements) -> list[Finding]:
    """Return rows before the first that a reader begins at, and second leaves of one fact."""
    return [_finding(each) for each in await ledger.misplaced(NAMED_MAX)]


async def valueless_findings(ledger: Misplacements) -> list[Finding]:
    """Return rows without a value where the schema demands one: somebody changed both."""
    return [_finding(each) for each in await ledger.valueless(NAMED_MAX)]


def _finding(row: Misplaced) -> Finding:
    return Finding("row", row.table, None, f"{row.table} {row.key}: {row.problem}", row.column)
