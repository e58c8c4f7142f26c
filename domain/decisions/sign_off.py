"""The three acts: the owner proposes, the enterprise has its say, a verifier strikes off (R8)."""

from domain import commands as cmd
from domain import events as ev
from domain.decisions import following, rejection, rounds
from domain.decisions.applications import require_approved
from domain.decisions.draft import Draft
from domain.decisions.rectification import refuse_for_rectification
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.events_of_rounds import SilenceExplained
from domain.issue import Resolution, SignOff
from domain.people import ENGINE, Officer, identities_of, person_of
from domain.personal import kept
from domain.phases import Outcome, Phase, RejectionStep, ResultClass, SignOffOutcome, Subject
from domain.policies import SignOffRule
from domain.silence import window_of

_SILENT = (None, SignOffOutcome.DEEMED_ACCEPTED, SignOffOutcome.UNREACHABLE)
_UNFINISHED = (ResultClass.PARTLY, ResultClass.POLICY_PENDING)
"""Results after which something is left to do (Q17)."""
_TO_VERIFY = "Whether the number is struck off."


def propose_resolution(draft: Draft, command: cmd.ProposeResolution) -> None:
    """Say what was done. Every required part of a joint team must be settled first (Q28)."""
    draft.require_phase(Phase.HANDLING)
    refuse_for_rectification(draft, command.kind)
    _require_team_done(draft)
    _require_no_children(draft)
    _require_whole(draft, command.resolution)
    require_approved(draft, command.resolution)
    sign_off = draft.issue.sign_off
    draft.record(
        ev.ResolutionProposed(
            at=draft.at,
            by=draft.actor,
            round=1 if sign_off is None else sign_off.round + 1,
            resolution=command.resolution,
        )
    )
    after_proposal(draft)


def after_proposal(draft: Draft) -> None:
    """Tell the enterprise what its silence will mean, and by when, if the handbook has it told
    (R8.4)."""
    issue = draft.issue
    if not draft.handbook.sign_off.says_silence or issue.sign_off is None:
        return
    window = window_of(issue, draft.terms)
    if window is not None:
        draft.record(
            SilenceExplained(
                at=draft.at,
                by=ENGINE,
                round=issue.sign_off.round,
                outcome=SignOffOutcome.DEEMED_ACCEPTED,
                silent_at=window.ends_at,
                clock=window.clock,
                rung=window.rung,
            )
        )


def confirm(draft: Draft, command: cmd.Confirm) -> None:
    """The enterprise agrees, itself or through an officer who can show the recording."""
    refuse_for_rectification(draft, command.kind)
    sign_off = awaiting_answer(draft)
    by_proxy = isinstance(draft.actor, Officer)
    if by_proxy and command.recording is None:
        raise InvalidRequestError(
            "A confirmation by proxy needs the reference of its recording.", field="recording"
        )
    require_another_person(draft, sign_off)
    draft.record(
        ev.SignOffAnswered(
            at=draft.at,
            by=draft.actor,
            round=sign_off.round,
            outcome=SignOffOutcome.ACCEPTED_BY_PROXY if by_proxy else SignOffOutcome.ACCEPTED,
            note=command.note,
            recording=command.recording,
            satisfaction=command.satisfaction,
            personal=kept(command.personal),
        )
    )
    _ask_verifiers(draft)


def reject(draft: Draft, command: cmd.Reject) -> None:
    """Back to work, by the handbook's ladder; without one to the same owner, and from the
    handbook's number of refusals on one tier up (Q15)."""
    refuse_for_rectification(draft, command.kind)
    sign_off = awaiting_answer(draft)
    step = rejection.next_step(draft, answered=True)
    draft.record(
        ev.ResolutionRejected(
            at=draft.at,
            by=draft.actor,
            round=sign_off.round,
            reason=command.reason,
            satisfaction=command.satisfaction,
            step=step if isinstance(step, RejectionStep) else None,
        )
    )
    rejection.follow(draft, step, command.reason)


def mark_unreachable(draft: Draft, command: cmd.MarkUnreachable) -> None:
    """Nobody answered, often enough to say so. Counted apart from silence and from agreement."""
    refuse_for_rectification(draft, command.kind)
    sign_off = awaiting_answer(draft)
    require_another_person(draft, sign_off)
    if sign_off.outcome is None:
        raise _window_open()
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
            personal=kept(command.personal),
        )
    )
    _ask_verifiers(draft)


def lapse(draft: Draft) -> None:
    """The window has closed in silence. It says nothing of an enterprise that owes the work."""
    issue = draft.issue
    if issue.phase is not Phase.SIGN_OFF or issue.rectification is not None:
        return
    if issue.sign_off is not None and issue.sign_off.outcome is None:
        draft.record(ev.SignOffLapsed(at=draft.at, by=ENGINE, round=issue.sign_off.round))
        _ask_verifiers(draft)


def verify(draft: Draft, command: cmd.Verify) -> None:
    """Strike the number off, once the enterprise has had its say or its window is over. Where
    several verify and none of them has been asked yet, ask them."""
    refuse_for_rectification(draft, command.kind)
    rounds.require_none_open(draft, Subject.VERIFICATION, Subject.CLOSING_REVIEW)
    _require_may_close(draft)
    if not rounds.ask(draft, Subject.VERIFICATION, command.note or _TO_VERIFY):
        strike_off(draft, command.note)


def send_back(draft: Draft, command: cmd.SendBack) -> None:
    """The verifier is not satisfied: back to the owner."""
    refuse_for_rectification(draft, command.kind)
    _answered(draft)
    rounds.require_none_open(draft, Subject.VERIFICATION, Subject.CLOSING_REVIEW)
    return_to_owner(draft, command.reason)


def withdraw(draft: Draft, command: cmd.Withdraw) -> None:
    """At intake this closes the issue; later a verifier confirms it, for nobody may press (Q20)."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    refuse_for_rectification(draft, command.kind)
    issue = draft.issue
    if issue.phase is Phase.SIGN_OFF and issue.sign_off is not None:
        _require_not_withdrawn(issue.sign_off)
    closes = issue.phase is Phase.INTAKE
    if closes:
        _require_no_children(draft)
    draft.record(
        ev.IssueWithdrawn(at=draft.at, by=draft.actor, reason=command.reason, closes=closes)
    )
    if not closes:
        _ask_verifiers(draft)


def strike_off(draft: Draft, note: str | None) -> None:
    """Close the issue out with what the enterprise has said, by whoever acts."""
    said = _require_may_close(draft)
    withdrawn = said is SignOffOutcome.WITHDRAWN
    _close_out(draft, Outcome.WITHDRAWN if withdrawn else Outcome.CLOSED_OUT, said, note)


def close_by_review(draft: Draft, note: str | None) -> None:
    """The closing review lets the result stand. If it has to wait for a part after all, of the
    issue or of its team, back to the owner: it is proposed again when that is done. What was
    withdrawn is not struck off by it."""
    said, issue = _answered(draft).outcome, draft.issue
    if said is None or said is SignOffOutcome.WITHDRAWN:
        return_to_owner(draft, "There is no refused result here that could stand.")
    elif issue.children_open or (issue.team is not None and issue.team.open_parts):
        return_to_owner(draft, "Parts of this issue or of its team are open again.")
    else:
        _close_out(draft, Outcome.CLOSED_BY_REVIEW, said, note)


def return_to_owner(draft: Draft, reason: str) -> None:
    """Send the issue back to work, and let follow what that leads to if it counts as a refusal."""
    sign_off = _answered(draft)
    counts = _counts(draft.handbook.sign_off, sign_off)
    step = rejection.next_step(draft, answered=sign_off.outcome is not None)
    draft.record(
        ev.ResolutionSentBack(
            at=draft.at, by=draft.actor, round=sign_off.round, reason=reason, counts=counts
        )
    )
    if counts:
        rejection.follow(draft, step, reason)


def _counts(rule: SignOffRule, sign_off: SignOff) -> bool:
    """After a closing review sending back is no further refusal: it would only call the next. Nor
    is it after a withdrawal, of which nobody has refused anything; only where the handbook has no
    ladder it always was, and what was decided by it stands."""
    climbs = bool(rule.rejected) or rule.rejections_max is not None
    withdrawn = sign_off.outcome is SignOffOutcome.WITHDRAWN
    return rule.sent_back_counts and not (sign_off.reviewed or (withdrawn and climbs))


def _close_out(draft: Draft, outcome: Outcome, said: SignOffOutcome, note: str | None) -> None:
    verifiers = _verifiers(draft) if draft.handbook.callbacks is not None else ()
    draft.record(
        ev.IssueClosedOut(
            at=draft.at,
            by=draft.actor,
            outcome=outcome,
            sign_off=said,
            note=note,
            verifiers=verifiers,
        )
    )
    following.follow_up(draft)


def _verifiers(draft: Draft) -> tuple[str, ...]:
    """Return whose act the close-out is: of a round, of all who approved, and for whom."""
    return tuple(dict.fromkeys((*identities_of(draft.actor), *rounds.approvers(draft))))


def _ask_verifiers(draft: Draft) -> None:
    """Where several verify, ask them as soon as there is something to verify that they may."""
    if not draft.issue.children_open:
        rounds.ask(draft, Subject.VERIFICATION, _TO_VERIFY)


def _require_may_close(draft: Draft) -> SignOffOutcome:
    """Return what the enterprise has said, or refuse: it has not, or it did not agree."""
    sign_off = _answered(draft)
    if sign_off.outcome is None:
        raise _window_open()
    if sign_off.reviewed or sign_off.outcome is SignOffOutcome.REJECTED:
        raise WrongPhaseError(
            "The resolution was refused; only a closing review could let it stand.",
            field="sign_off",
            value=sign_off.outcome,
            allowed="send_back",
        )
    _require_no_children(draft)
    return sign_off.outcome


def _require_team_done(draft: Draft) -> None:
    issue = draft.issue
    if issue.team is not None and issue.team.open_parts:
        raise WrongPhaseError(
            "Parts of the joint team are still open.",
            field="team",
            allowed=[f"finish or waive {part.id}" for part in issue.team.open_parts],
        )
    if issue.team_wanted:
        raise WrongPhaseError(
            "After this refusal a joint team has to work on it first.",
            field="team",
            allowed="convene_team",
        )


def _require_no_children(draft: Draft) -> None:
    """A parent waits for its parts (R10.2)."""
    if draft.issue.children_open:
        raise WrongPhaseError(
            "Issues that are part of this one are still open.",
            field="children",
            value=len(draft.issue.children_open),
            allowed=[f"close {key} first" for key in draft.issue.children_open],
        )


def _require_whole(draft: Draft, resolution: Resolution) -> None:
    """Refuse a result without its reason, its promise, or the promise's time."""
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
    rule, promise = draft.handbook.sign_off, resolution.follow_up
    if rule.follow_up and promise is None and resolution.result in _UNFINISHED:
        raise InvalidRequestError(
            "Something is left to do after this result: say what is promised.",
            field="resolution.follow_up",
            value=resolution.result,
            allowed="text, and within what time",
        )
    if rule.promise is not None and promise is not None and promise.within is None:
        raise InvalidRequestError(
            "A promise is counted by a clock here: say within what time.",
            field="resolution.follow_up.within",
            allowed="a length of time such as 10wd",
        )


def _require_not_withdrawn(sign_off: SignOff) -> None:
    if sign_off.outcome is SignOffOutcome.WITHDRAWN:
        raise WrongPhaseError(
            "The issue is withdrawn and awaits the verifier.",
            field="sign_off",
            value=sign_off.outcome,
        )


def _window_open() -> WrongPhaseError:
    return WrongPhaseError(
        "The enterprise has not had its say, and its window is still open.",
        field="sign_off",
        allowed="confirm, reject, or the end of the window",
    )


def _answered(draft: Draft) -> SignOff:
    draft.require_phase(Phase.SIGN_OFF)
    sign_off = draft.issue.sign_off
    if sign_off is None:
        msg = f"{draft.issue.stream} is in sign-off without a proposal"
        raise LookupError(msg)
    return sign_off


def awaiting_answer(draft: Draft) -> SignOff:
    """Return the sign-off that the enterprise may still answer. An answer in person counts after
    the window closed in silence, until the strike-off; not while a closing review decides."""
    sign_off = _answered(draft)
    if sign_off.reviewed:
        raise WrongPhaseError(
            "A closing review decides now.",
            field="sign_off",
            value=sign_off.outcome,
            allowed="withdraw, by the enterprise",
        )
    if sign_off.outcome not in _SILENT:
        raise WrongPhaseError(
            "The enterprise has had its say.", field="sign_off", value=sign_off.outcome
        )
    return sign_off


def require_another_person(draft: Draft, sign_off: SignOff) -> None:
    """Refuse whoever proposed the resolution: they have no hand in the answer to it."""
    proposers = {sign_off.proposed_by, sign_off.proposed_for, *sign_off.proposers} - {None}
    if not proposers.isdisjoint(identities_of(draft.actor)):
        raise NotPermittedError(
            "Who proposed a resolution cannot also record the enterprise's answer to it.",
            field="actor.person",
            value=person_of(draft.actor),
        )
