"""One emergency in many issues: all of them, and one command for each that is open."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

from desk.desk import Desk
from domain.commands import Submission
from domain.errors import IssueError, UnknownIssueError
from domain.issue import Issue
from domain.view import CommandResult
from ledger.port import IssueRow

PAGE = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of the command to one issue: a result, or why it was refused."""

    issue: Issue
    result: CommandResult | None
    refusal: IssueError | None


def command_id(under: str, issue: Issue) -> str:
    """Return the id of the command to one issue, among those that are sent under one id."""
    return f"{under}:{issue.stream}"


async def issues_of(desk: Desk, name: str, zone: str | None) -> list[IssueRow]:
    """Return every issue of an incident, read page by page. Raises UnknownIssueError if there is
    none."""
    rows: list[IssueRow] = []
    while page := await desk.ledger.find(
        incident=name, zone=zone, after=rows[-1].issue.stream if rows else "", limit=PAGE
    ):
        rows += page
        if len(page) < PAGE:
            break
    if not rows:
        raise nothing_of(name)
    return rows


def nothing_of(name: str) -> UnknownIssueError:
    """Return the refusal of an incident that no issue belongs to."""
    return UnknownIssueError(
        "No issue belongs to this incident.",
        field="incident",
        value=name,
        allowed="what `report --incident` or `declare-emergency` named, or an issue's key",
    )


async def sent_to_each(
    desk: Desk, rows: Iterable[IssueRow], submission_to: Callable[[Issue], Submission]
) -> AsyncIterator[Sent]:
    """Send a command to each issue that is open. What is refused is told, and the others are done
    all the same."""
    for row in rows:
        if not row.issue.is_open:
            continue
        try:
            yield Sent(row.issue, await desk.carry_out(submission_to(row.issue)), None)
        except IssueError as refusal:
            yield Sent(row.issue, None, refusal)
