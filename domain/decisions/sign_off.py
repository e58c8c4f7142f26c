"""The three acts: the owner proposes, the enterprise has its say, a verifier strikes off (R8)."""

from datetime import timedelta

from domain import commands as cmd
from domain import events as ev
from domain.decisions.draft import Draft
from domain.decisions.ladder import effect_on_left
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.issue import SignOff
from domain.people import Officer, identities_of, person_of
from domain.phases import Outcome, Phase, ResultClass, SignOffOutcome

_SILENT = (None, SignOffOutcome.DEEMED_ACCEPTED, SignOffOutcome.UNREACHABLE)


def propose_resolution(draft: Draft, command: cmd.ProposeResolution) -> None:
    """Say what was done. Every required part of a joint team must be settled first (Q28)."""
    draft.require_phase(Phase.HANDLING)
    issue, resolution = draft.issue, command.resolution
    if issue.team is not None and issue.team.open_parts:
        raise WrongPhaseError(
            "Parts of the joint team are still open.",
            field="team",
            allowed=[f"finish or waive {part.id}" for part in issue.team.open_parts],
        )
    if resolution.result is ResultClass.WITHDRAWN:
        raise InvalidRequestError(
            "Only the enterprise can withdraw.",
            field="resolution.result",
            value=resolution.result,
            allowed=[entry for entry in ResultClass if entry is not ResultClass.WITHDRAWN],
        )
    if resolution.result is not ResultClass.SOLVED and resolution.reason is None:
        raise InvalidRequestError(
            "A result that is not solved needs a reason.", field="resolution.reason"
        )
    draft.record(
        ev.ResolutionProposed(
            at=draft.at,
            by=draft.actor,
            round=1 if issue.sign_off is None else issue.sign_off.round + 1,
            resolution=resolution,
        )
    )


def confirm(draft: Draft, command: cmd.Confirm) -> None:
    """The enterprise agrees, itself or through an officer who can show the recording."""
    sign_off = _awaiting_answer(draft)
    by_proxy = isinstance(draft.actor, Officer)
    if by_proxy and command.recording is None:
        raise InvalidRequestError(
            "A confirmation by proxy needs the reference of its recording.", field="recording"
        )
    _require_another_person(draft, sign_off)
    draft.record(
        ev.SignOffAnswered(
            at=draft.at,
            by=draft.actor,
            round=sign_off.round,
            outcome=SignOffOutcome.ACCEPTED_BY_PROXY if by_proxy else SignOffOutcome.ACCEPTED,
            note=command.note,
            recording=command.recording,
        )
    )


def reject(draft: Draft, command: cmd.Reject) -> None:
    """Back to the same owner; from the handbook's number of refusals on, one tier up (Q15)."""
    sign_off = _awaiting_answer(draft)
    draft.record(
        ev.ResolutionRejected(
            at=draft.at, by=draft.actor, round=sign_off.round, reason=command.reason
        )
    )
    _escalate_if_often(draft, command.reason)


def _escalate_if_often(draft: Draft, reason: str) -> None:
    issue = draft.issue
    limit = draft.handbook.sign_off.rejections_before_escalation
    if issue.rejections >= limit and issue.tier < draft.handbook.top_tier:
        entry = draft.entry_at(issue.tier + 1)
        draft.pass_by(entry)
        draft.record(
            ev.IssueEscalated(
                at=draft.at,
                by=draft.actor,
                from_tier=issue.tier,
                to_tier=entry.tier,
                owner=entry.post.id,
                owner_person=entry.person,
                skipped=tuple(range(issue.tier + 1, entry.tier)),
                reason=reason,
                people=entry.people if entry.resolved else (),
                roster=entry.roster,
                others=effect_on_left(draft, None),
            )
        )
        draft.hold(entry)


def mark_unreachable(draft: Draft, command: cmd.MarkUnreachable) -> None:
    """Nobody answered, often enough to say so. Counted apart from silence and from agreement."""
    sign_off = _awaiting_answer(draft)
    _require_another_person(draft, sign_off)
    if sign_off.outcome is None:
        raise WrongPhaseError(
            "The enterprise's window is still open.",
            field="sign_off",
            allowed="confirm, reject, or the end of the window",
        )
    attempts_min = draft.handbook.sign_off.unreachable_attempts_min
    if command.attempts < attempts_min:
        raise InvalidRequestError(
            "Too few attempts to call the enterprise unreachable.",
            field="attempts",
            value=command.attempts,
            allowed=f"at least {attempts_min}",
        )
    draft.record(
        ev.SignOffAnswered(
            at=draft.at,
            by=draft.actor,
            round=sign_off.round,
            outcome=SignOffOutcome.UNREACHABLE,
            note=command.note,
            attempts=command.attempts,
        )
    )


def verify(draft: Draft, command: cmd.Verify) -> None:
    """Strike the number off, once the enterprise has had its say or its window is over."""
    sign_off = _answered(draft)
    outcome = sign_off.outcome
    if outcome is None:
        raise WrongPhaseError(
            "The enterprise has not had its say, and its window is still open.",
            field="sign_off",
            allowed="confirm, reject, or the end of the window",
        )
    withdrawn = outcome is SignOffOutcome.WITHDRAWN
    draft.record(
        ev.IssueClosedOut(
            at=draft.at,
            by=draft.actor,
            outcome=Outcome.WITHDRAWN if withdrawn else Outcome.CLOSED_OUT,
            sign_off=outcome,
            note=command.note,
        )
    )


def send_back(draft: Draft, command: cmd.SendBack) -> None:
    """The verifier is not satisfied: back to the owner."""
    sign_off = _answered(draft)
    draft.record(
        ev.ResolutionSentBack(
            at=draft.at,
            by=draft.actor,
            round=sign_off.round,
            reason=command.reason,
            counts=draft.handbook.sign_off.sent_back_counts,
        )
    )
    if draft.handbook.sign_off.sent_back_counts:
        _escalate_if_often(draft, command.reason)


def withdraw(draft: Draft, command: cmd.Withdraw) -> None:
    """At intake this closes the issue; later a verifier confirms it, for nobody may press (Q20)."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    sign_off = draft.issue.sign_off
    if draft.issue.phase is Phase.SIGN_OFF and sign_off is not None:
        _require_not_withdrawn(sign_off)
    draft.record(
        ev.IssueWithdrawn(
            at=draft.at,
            by=draft.actor,
            reason=command.reason,
            closes=draft.issue.phase is Phase.INTAKE,
        )
    )


def reopen(draft: Draft, command: cmd.Reopen) -> None:
    """Begin a new cycle of a closed-out issue, within the handbook's days (R10.1)."""
    draft.require_phase(Phase.CLOSED)
    issue = draft.issue
    days = draft.handbook.sign_off.reopen_days
    if issue.outcome is not Outcome.CLOSED_OUT or issue.closed_at is None:
        raise WrongPhaseError(
            "Only an issue that was closed out can be reopened.",
            field="outcome",
            value=issue.outcome,
            allowed=Outcome.CLOSED_OUT,
        )
    if draft.at > issue.closed_at + timedelta(days=days):
        raise WrongPhaseError(
            "The time for reopening is over; report a new issue.",
            field="closed_at",
            value=issue.closed_at.isoformat(),
            allowed=f"within {days} days of close-out",
        )
    entry = draft.entry_at(issue.tier)
    draft.record(
        ev.IssueReopened(
            at=draft.at,
            by=draft.actor,
            reason=command.reason,
            tier=entry.tier,
            owner=entry.post.id,
            owner_person=entry.person,
            people=entry.people if entry.resolved else (),
            roster=entry.roster,
        )
    )
    draft.pass_by(entry)
    draft.hold(entry)


def _require_not_withdrawn(sign_off: SignOff) -> None:
    if sign_off.outcome is SignOffOutcome.WITHDRAWN:
        raise WrongPhaseError(
            "The issue is withdrawn and awaits the verifier.",
            field="sign_off",
            value=sign_off.outcome,
        )


def _answered(draft: Draft) -> SignOff:
    draft.require_phase(Phase.SIGN_OFF)
    sign_off = draft.issue.sign_off
    if sign_off is None:
        msg = f"{draft.issue.stream} is in sign-off without a proposal"
        raise LookupError(msg)
    return sign_off


def _awaiting_answer(draft: Draft) -> SignOff:
    """An answer in person still counts after the window closed in silence, until the strike-off."""
    sign_off = _answered(draft)
    if sign_off.outcome not in _SILENT:
        raise WrongPhaseError(
            "The enterprise has had its say.", field="sign_off", value=sign_off.outcome
        )
    return sign_off


def _require_another_person(draft: Draft, sign_off: SignOff) -> None:
    person = person_of(draft.actor)
    proposers = {sign_off.proposed_by, sign_off.proposed_for} - {None}
    if not proposers.isdisjoint(identities_of(draft.actor)):
        raise NotPermittedError(
            "Who proposed a resolution cannot also record the enterprise's answer to it.",
            field="actor.person",
            value=person,
        )
