"""What a caller is told of ties to issues of other enterprises (decision 0056)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from domain.access import Principal, Standing
from domain.chain import Record
from domain.elsewhere import issue_told, keys_in, keys_of, record_told
from domain.errors import IssueError
from domain.issue import Issue, stream_name
from ledger.port import IssueRow

CHILDREN = "children"
"""The field of a refusal that names the parts of an issue."""


class Issues(Protocol):
    """Where issues are looked up."""

    async def issue(self, stream: str) -> IssueRow | None:
        """Return one issue."""
        ...


def enterprise_of(caller: Principal) -> str | None:
    """Return for which enterprise alone a caller reads; None: for nobody's, and is told all."""
    whole = {Standing.SERVICE, Standing.AUDITOR}
    return caller.enterprise if whole.isdisjoint(caller.standings) else None


async def hidden_from(
    issues: Issues, enterprise: str | None, zone: str, keys: Iterable[str]
) -> frozenset[str]:
    """Return those keys that are not of issues of an enterprise; nothing is hidden from None."""
    if enterprise is None:
        return frozenset()
    hidden = set()
    for key in set(keys):
        row = await issues.issue(stream_name(zone, key))
        if row is None or row.issue.enterprise != enterprise:
            hidden.add(key)
    return frozenset(hidden)


async def row_told(issues: Issues, caller: Principal, row: IssueRow) -> IssueRow:
    """Return an issue as far as a caller who sees it is told of its ties."""
    issue = row.issue
    hidden = await hidden_from(issues, enterprise_of(caller), issue.zone, keys_of(issue))
    return replace(row, issue=issue_told(issue, hidden)) if hidden else row


async def hidden_in(
    issues: Issues, caller: Principal, issue: Issue, records: Iterable[Record]
) -> frozenset[str] | None:
    """Return the keys that a caller is not told of an issue's events; None: all is told."""
    enterprise = enterprise_of(caller)
    if enterprise is None:
        return None
    named = frozenset[str]().union(*map(keys_in, records))
    return await hidden_from(issues, enterprise, issue.zone, named)


def event_told(record: Record, hidden: frozenset[str] | None) -> Record | None:
    """Return an event as it is told where some keys are hidden, None if it is not; None hidden: to
    whom all is told."""
    return record if hidden is None else record_told(record, hidden)


def refusal_told(refusal: IssueError, caller: Principal | None) -> IssueError:
    """Return a refusal without the keys of an issue's parts, for whoever reads for an enterprise:
    that there are some the refusal says."""
    if caller is None or refusal.field != CHILDREN or enterprise_of(caller) is None:
        return refusal
    told = type(refusal)(refusal.message, field=CHILDREN, current=refusal.current)
    told.stream = refusal.stream
    return told
