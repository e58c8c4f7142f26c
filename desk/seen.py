"""How a stored issue is shown: to its workflow as a glimpse, to people as a view."""

import hashlib
from datetime import datetime, timedelta

from desk.clock import DeskClock
from domain.clocks import RungDue
from domain.issue import Issue
from domain.model import to_millisecond
from domain.view import NOTICES_SHOWN_MAX, Glimpse, IssueView, NextRung, as_seen
from ledger.port import IssueRow


class Seer:
    """Turns rows into what is shown, by the desk's clock.

    `wakeup_spread_ms`: instants that a calendar makes (a whole minute) fall due for many issues at
    once; their wake-ups are spread over this many milliseconds, each issue always by the same.
    """

    def __init__(self, clock: DeskClock, wakeup_spread_ms: int) -> None:
        self._clock = clock
        self._spread_ms = wakeup_spread_ms

    def glimpse(self, row: IssueRow) -> Glimpse:
        """Return what the issue's workflow must know."""
        return Glimpse.model_validate(self._shown(row))

    def view(self, row: IssueRow, at: datetime | None = None) -> IssueView:
        """Return the issue as people read it, or as they would have read it `at` a past instant."""
        return IssueView.model_validate(self._shown(row, at) | as_seen(row.issue))

    def wake_at(self, stream: str, due_at: datetime) -> datetime:
        """Return when, on the engine's clock, the workflow of `stream` should wake for a rung."""
        due_at -= self._clock.offset
        if not self._spread_ms or due_at.second or due_at.microsecond:
            return due_at
        share = int.from_bytes(hashlib.sha256(stream.encode()).digest()[:4]) % self._spread_ms
        return due_at + timedelta(milliseconds=share)

    def _shown(self, row: IssueRow, at: datetime | None = None) -> dict[str, object]:
        issue, at = row.issue, at or to_millisecond(self._clock.now())
        deadline = issue.deadline
        return {
            "zone": issue.zone,
            "key": issue.key,
            "version": issue.version,
            "at": at,
            "phase": issue.phase,
            "category": issue.category,
            "tier": issue.tier,
            "owner": issue.owner,
            "unit": issue.unit,
            "number": issue.number,
            "outcome": issue.outcome,
            "deadline_at": None if deadline is None else deadline.due_at,
            "overdue": is_overdue(issue, at),
            "provisional": deadline is not None and deadline.provisional,
            "next_rung": self._next_rung(issue),
            "notices": row.notices[:NOTICES_SHOWN_MAX],
            "more_notices": len(row.notices) >= NOTICES_SHOWN_MAX,
        }

    def _next_rung(self, issue: Issue) -> NextRung | None:
        due = issue.next_rung
        if due is None:
            return None
        clock, rung = due
        return NextRung(
            clock=clock.id,
            cycle=clock.cycle,
            rung=rung.id,
            due_at=rung.due_at,
            wake_at=self.wake_at(issue.stream, rung.due_at),
        )


def is_overdue(issue: Issue, at: datetime) -> bool:
    """Return whether a live clock of the issue has spent its budget by `at`; no pause hides it."""
    return any(
        clock.is_live
        and (clock.breached_at is not None or (clock.due_at is not None and clock.due_at < at))
        for clock in issue.clocks
    )


def stands(issue: Issue, clock_id: str, cycle: int, rung_id: str) -> RungDue | None:
    """Return the rung if it is still to come."""
    clock = issue.clock(clock_id)
    if clock is None or clock.cycle != cycle:
        return None
    return next((rung for rung in clock.rungs if rung.id == rung_id), None)
