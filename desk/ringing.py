"""A ring that had nothing to do: too early by the desk's clock, or for a rung that is gone."""

from desk.changes import fired, overtaken
from desk.seen import stands
from domain.chain import GENESIS
from domain.commands import RingRung, Submission
from domain.decisions import Decision
from domain.issue import Issue
from domain.people import ENGINE
from domain.view import Ring, RingOutcome
from ledger.port import Head, IssueRow


class NotDueError(Exception):
    """A ring came before its time by the desk's clock: nothing is written, it may ring again."""

    def __init__(self, row: IssueRow, outcome: RingOutcome) -> None:
        super().__init__(outcome)
        self.row = row
        self.outcome = outcome


def ringing(ring: Ring, id_: str) -> Submission:
    """Return a ring as what is submitted under an id."""
    command = RingRung(clock=ring.clock, cycle=ring.cycle, rung=ring.rung)
    return Submission(id=id_, zone=ring.zone, key=ring.key, actor=ENGINE, command=command)


def require_fired(decision: Decision, ring: RingRung, issue: Issue, head: Head | None) -> None:
    """Raise NotDueError unless the rung that was rung fired, or is spent."""
    if fired(decision, ring) or overtaken(decision, ring, issue):
        return
    standing = stands(issue, ring.clock, ring.cycle, ring.rung)
    outcome = RingOutcome.STALE if standing is None else RingOutcome.EARLY
    hash_ = GENESIS if head is None else head.hash
    row = IssueRow(issue=issue, hash=hash_, armed_due_at=None, answered=True, notices=())
    raise NotDueError(row, outcome)
