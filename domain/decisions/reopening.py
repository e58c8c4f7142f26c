"""Taking a closed issue up again: in its old course, as a new cycle, as a successor (R10.1)."""

from datetime import timedelta

from domain import commands as cmd
from domain import events as ev
from domain.decisions import following
from domain.decisions.draft import Draft
from domain.errors import WrongPhaseError
from domain.phases import Outcome, Phase, ReopenMode
from domain.procedures import ReopenRow

SUCCESSORS_MAX = 20
"""How many issues may come of one: one more is reported by itself."""


def reopen(draft: Draft, command: cmd.Reopen) -> None:
    """Take a closed-out issue up again as the handbook says for its age."""
    reopen_now(draft, command.reason)


def mode_now(draft: Draft) -> ReopenMode | None:
    """Return how the issue is taken up again if it is now; None: it is not."""
    issue = draft.issue
    closed_at = issue.closed_at
    if issue.phase is not Phase.CLOSED or closed_at is None:
        return None
    fitting = (
        row.mode for row in _rows(draft) if draft.at <= closed_at + timedelta(days=row.within_days)
    )
    return next(fitting, None)


def reopen_now(draft: Draft, reason: str, *, child: str | None = None) -> None:
    """Take the issue up again now, or say why not. `child`: for that part of it was."""
    draft.require_phase(Phase.CLOSED)
    mode = mode_now(draft)
    if mode is None:
        raise _refusal(draft)
    if mode is ReopenMode.SUCCESSOR:
        _ask_successor(draft, reason)
        return
    entry = draft.entry_at(draft.issue.tier)
    draft.record(
        ev.IssueReopened(
            at=draft.at,
            by=draft.actor,
            reason=reason,
            tier=entry.tier,
            owner=entry.post.id,
            owner_person=entry.person,
            people=entry.people if entry.resolved else (),
            roster=entry.roster,
            mode=mode if draft.handbook.sign_off.reopening else None,
            child=child,
        )
    )
    draft.pass_by(entry)
    draft.hold(entry)


def _rows(draft: Draft) -> tuple[ReopenRow, ...]:
    """What a closing review let stand is not taken up itself any more: only a successor may be."""
    rule = draft.handbook.sign_off
    plain = ReopenRow(within_days=rule.reopen_days, mode=ReopenMode.NEW_CYCLE)
    rows = rule.reopening or (plain,)
    match draft.issue.outcome:
        case Outcome.CLOSED_OUT:
            return rows
        case Outcome.CLOSED_BY_REVIEW:
            return tuple(row for row in rows if row.mode is ReopenMode.SUCCESSOR)
        case _:
            return ()


def _refusal(draft: Draft) -> WrongPhaseError:
    rows, issue = _rows(draft), draft.issue
    if not rows:
        return WrongPhaseError(
            "Only an issue that was closed out can be reopened.",
            field="outcome",
            value=issue.outcome,
            allowed=Outcome.CLOSED_OUT,
        )
    return WrongPhaseError(
        "The time for reopening is over; report a new issue.",
        field="closed_at",
        value=None if issue.closed_at is None else issue.closed_at.isoformat(),
        allowed=f"within {max(row.within_days for row in rows)} days of close-out",
    )


def _ask_successor(draft: Draft, reason: str) -> None:
    if draft.issue.successors >= SUCCESSORS_MAX:
        raise WrongPhaseError(
            "As many issues have come of this one as may.",
            field="successors",
            value=draft.issue.successors,
            allowed=f"at most {SUCCESSORS_MAX}; report a new issue",
        )
    following.ask(draft, following.SUCCEEDED, reason, by=draft.actor)
