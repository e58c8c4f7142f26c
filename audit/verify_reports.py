"""Whether every stored report comes out again, to the byte, from what it was made from."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

from audit.checks import Finding
from audit.reexecute import SPOILT, in_words
from audit.reports import RecomputedReport, ReportFacts, recompute_report
from domain.canonical import sha256
from ledger.reports import ReportRow

PAGE: Final = 20
"""So many reports are held at once: a body may have some hundred kilobytes."""


@dataclass(frozen=True, slots=True)
class ReportDone:
    """What came of one stored report; `id` is its own."""

    id: str
    found: tuple[Finding, ...]


async def reports_done(
    ledger: ReportFacts, *, after: str = "", since_size: int = 0
) -> AsyncIterator[ReportDone]:
    """Compose the stored reports of all zones again, one after the other in order of id, and yield
    what came of each; with `since_size` only those that are not among the first so many leaves."""
    while rows := await ledger.reports_after(after, PAGE, since_size=since_size):
        for row in rows:
            yield ReportDone(row.id, tuple(await report_findings(ledger, row)))
        after = rows[-1].id


async def report_findings(ledger: ReportFacts, row: ReportRow) -> list[Finding]:
    """Compose one stored report again, and return what is not as it was kept."""
    try:
        return list(_findings(await recompute_report(ledger, row)))
    except SPOILT as error:
        return [_finding(row, f"it cannot be composed again: {in_words(error)}")]


def _findings(again: RecomputedReport) -> Iterator[Finding]:
    row = again.row
    if sha256(row.body) != row.sha256:
        yield _finding(row, "its body is not what was hashed", "sha256")
    if again.problem:
        yield _finding(row, f"it cannot be composed again: {again.problem}")
    elif again.body != row.body:
        said = f"composed again from position {row.position} it says something else"
        yield _finding(row, said, _differing(row.body, again.body))


def _finding(row: ReportRow, message: str, field: str | None = None) -> Finding:
    return Finding("report", f"report {row.id}", None, message, field)


def _differing(stored: str, composed: str) -> str:
    """Return which parts of a body differ, by name."""
    left, right = json.loads(stored), json.loads(composed)
    names = [name for name in left | right if left.get(name) != right.get(name)]
    return ", ".join(sorted(names)) or "body"
