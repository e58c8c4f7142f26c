"""What a command to a match comes to: events, or a refusal that says why."""

from typing import assert_never

from domain.errors import InvalidRequestError, WrongPhaseError
from domain.matters.acts import DuePassed
from domain.matters.draft import MatterDraft
from domain.matters.match.commands import (
    Consent,
    Decline,
    MatchCommand,
    OpenMatch,
    Propose,
    RecordOutcome,
    RecordProposalStep,
    WithdrawProposal,
)
from domain.matters.match.events import MatchOpened, ProposalOverdue
from domain.matters.match.proposals import (
    ANSWER,
    consent,
    decline,
    propose,
    record_outcome,
    record_step,
    withdraw,
)
from domain.matters.match.rules import Counterpart, MatchProcedure
from domain.matters.match.state import Answer, Match, Proposal, ProposalStanding, Side
from domain.matters.matter import Due
from domain.matters.procedure import DueRule
from domain.people import ENGINE


def open_match(draft: MatterDraft, command: OpenMatch, rule: MatchProcedure) -> None:
    """Open a match. `runs` and the asked details have been checked."""
    _require_posting(draft, command, rule)
    draft.record(
        MatchOpened(
            at=draft.at,
            by=draft.actor,
            procedure=rule.id,
            title=command.title,
            details=command.details,
            post=draft.opening_post(rule),
            enterprise=command.enterprise,
            side=command.side,
            places=command.places,
        )
    )


def act_on_match(
    draft: MatterDraft, state: Match, command: MatchCommand, rule: MatchProcedure
) -> None:
    """Carry out any other command."""
    match command:
        case Propose():
            propose(draft, state, command, rule)
        case Consent():
            consent(draft, state, command, rule)
        case Decline():
            decline(draft, state, command, rule)
        case RecordProposalStep():
            record_step(draft, state, command, rule)
        case RecordOutcome():
            record_outcome(draft, state, command, rule)
        case WithdrawProposal():
            withdraw(draft, state, command, rule)
        case OpenMatch():
            msg = f"{state.stream}: {command.kind} begins a stream only"
            raise TypeError(msg)
        case _:
            assert_never(command)


def due_rule_in_match(
    state: Match, due: Due, rule: MatchProcedure
) -> tuple[DueRule | None, str | None]:
    """Return by which rule an instant was set, None if nobody is told of its passing; and the
    enterprise that it concerns: who has not answered, the counterpart first."""
    proposal = None if due.about is None else state.proposal(due.about)
    if due.id != ANSWER or proposal is None:
        return None, None
    awaited = (state.whose(proposal, side) for side in reversed(_awaited(proposal)))
    return rule.due, next((each for each in awaited if each is not None), None)


def passed_in_match(
    draft: MatterDraft, state: Match, passed: DuePassed, rule: MatchProcedure
) -> None:
    """Do what else the passing of an instant means, after it was recorded and told."""
    proposal = None if passed.about is None else state.proposal(passed.about)
    if proposal is not None and not proposal.overdue:
        draft.record(
            ProposalOverdue(
                at=draft.at, by=ENGINE, proposal=proposal.id, awaited=_awaited(proposal)
            )
        )


def require_match_closable(state: Match, rule: MatchProcedure) -> None:
    """Refuse to close while something may still come of a proposal."""
    pending = [each.id for each in state.proposals if each.is_pending]
    if pending:
        raise WrongPhaseError(
            "A proposal is not over: its outcome is recorded, or it is withdrawn first.",
            field="proposal",
            value=pending[0],
            allowed="no proposal that is open or agreed",
        )


def require_match_fits(state: Match, rule: MatchProcedure) -> None:
    """Refuse terms whose procedure lacks what the match stands on."""
    taken = (*state.steps, *(step for each in state.proposals for step in each.steps))
    named: list[tuple[str, str, set[str]]] = [
        ("side", state.side, {each.id for each in rule.sides}),
        *(("step", each.step, {step.id for step in rule.steps}) for each in taken),
        *(
            ("reason", each.reason, {reason.id for reason in rule.reasons})
            for each in state.proposals
            if each.reason is not None
        ),
    ]
    for what, id_, known in named:
        if id_ not in known:
            raise InvalidRequestError(
                "The procedure no longer has what the match stands on.",
                field=what,
                value=id_,
                allowed=known,
            )
    with_enterprises = {each.enterprise is not None for each in state.proposals}
    if with_enterprises - {rule.counterpart is Counterpart.ENTERPRISE}:
        raise InvalidRequestError(
            "The procedure keeps something else by now.",
            field="counterpart",
            value=rule.counterpart,
        )
    counts = state.places is not None or state.filled > 0
    if (counts and rule.places is None) or (state.enterprise is None and not rule.zone_posts):
        raise InvalidRequestError(
            "The procedure keeps something else by now.",
            field="zone_posts" if rule.places is not None or not counts else "places",
        )


def _require_posting(draft: MatterDraft, command: OpenMatch, rule: MatchProcedure) -> None:
    if command.enterprise is not None:
        draft.require_enterprise(command.enterprise)
    elif not rule.zone_posts:
        raise InvalidRequestError(
            "A posting is some enterprise's.", field="enterprise", allowed="an enterprise"
        )
    known = [each.id for each in rule.sides]
    if command.side not in known:
        raise InvalidRequestError(
            "The procedure has no such side.", field="side", value=command.side, allowed=known
        )
    if command.places is not None and rule.places is None:
        raise InvalidRequestError(
            "The procedure counts no places.",
            field="places",
            value=command.places,
            allowed="no number",
        )


def _awaited(proposal: Proposal) -> tuple[Side, ...]:
    if proposal.standing is not ProposalStanding.OPEN:
        return ()
    return tuple(side for side in Side if proposal.answer(side) is Answer.ASKED)
