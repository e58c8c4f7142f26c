"""How a proposal goes: made, answered by both sides, its steps, its outcome, or taken back."""

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.match.commands import (
    Consent,
    Decline,
    Propose,
    RecordOutcome,
    RecordProposalStep,
    WithdrawProposal,
)
from domain.matters.match.events import (
    OutcomeRecorded,
    ProposalConsented,
    ProposalDeclined,
    ProposalMade,
    ProposalStepRecorded,
    ProposalWithdrawn,
)
from domain.matters.match.guards import (
    day_of_act,
    known_proposal,
    require_allowed,
    require_answerer,
    require_counterpart,
    require_filled,
    require_pending,
    require_proposed_places,
    require_reason,
    require_unanswered,
    told,
)
from domain.matters.match.rules import MatchProcedure, ProposalStepRule
from domain.matters.match.state import Answer, Match, Side
from domain.matters.values import require_fields
from domain.phases import Origin

ANSWER = "answer"
PROPOSALS_MAX = 500


def propose(draft: MatterDraft, state: Match, command: Propose, rule: MatchProcedure) -> None:
    """Propose who might meet the need or the offer."""
    require_allowed(draft, rule.by, state, command.enterprise)
    require_counterpart(draft, state, command, rule)
    require_proposed_places(state, command, rule)
    if state.proposal(command.proposal) is not None:
        raise ConflictError(
            "A proposal was made under this name before.",
            field="proposal",
            value=command.proposal,
            allowed="a name of its own for each proposal",
        )
    if len(state.proposals) >= PROPOSALS_MAX:
        raise InvalidRequestError(
            "Too many proposals were made.",
            field="proposal",
            value=command.proposal,
            allowed=f"at most {PROPOSALS_MAX}",
        )
    wait = () if rule.due is None else (draft.due_in(ANSWER, rule.due.within, command.proposal),)
    draft.record(
        ProposalMade(
            at=draft.at,
            by=draft.actor,
            proposal=command.proposal,
            enterprise=command.enterprise,
            others=command.others,
            places=command.places,
            note=command.note,
            sets=wait,
            tells=told(draft, state, command.enterprise, state.enterprise),
            found=draft.found(command.problems, Origin.FOLLOW_UP, state.enterprise),
        )
    )


def consent(draft: MatterDraft, state: Match, command: Consent, rule: MatchProcedure) -> None:
    """Say yes for a side. With the second yes the proposal is agreed."""
    proposal = known_proposal(state, command.proposal)
    on_behalf = require_answerer(draft, state, proposal, command.side, rule)
    require_unanswered(proposal, command.side)
    other = Side.COUNTERPART if command.side is Side.POSTING else Side.POSTING
    agreed = proposal.answer(other) is Answer.CONSENTED
    whose = state.whose(proposal, command.side)
    draft.record(
        ProposalConsented(
            at=draft.at,
            by=draft.actor,
            proposal=proposal.id,
            side=command.side,
            on_behalf=on_behalf,
            agreed=agreed,
            note=command.note,
            meets=_answered(state, proposal.id) if agreed else (),
            tells=told(draft, state, whose, state.whose(proposal, other)),
            found=draft.found(command.problems, Origin.FOLLOW_UP, whose or state.enterprise),
        )
    )


def decline(draft: MatterDraft, state: Match, command: Decline, rule: MatchProcedure) -> None:
    """Say no for a side. Nothing more comes of the proposal."""
    proposal = known_proposal(state, command.proposal)
    on_behalf = require_answerer(draft, state, proposal, command.side, rule)
    require_unanswered(proposal, command.side)
    require_reason(command, rule)
    whose = state.whose(proposal, command.side)
    draft.record(
        ProposalDeclined(
            at=draft.at,
            by=draft.actor,
            proposal=proposal.id,
            side=command.side,
            on_behalf=on_behalf,
            reason=command.reason,
            note=command.note,
            meets=_answered(state, proposal.id),
            tells=told(draft, state, proposal.enterprise, state.enterprise),
            found=draft.found(command.problems, Origin.FOLLOW_UP, whose or state.enterprise),
        )
    )


def record_step(
    draft: MatterDraft, state: Match, command: RecordProposalStep, rule: MatchProcedure
) -> None:
    """Record a step of a proposal, or of the posting."""
    step = _known_step(command, rule)
    enterprise: str | None = None
    if command.proposal is not None:
        proposal = known_proposal(state, command.proposal)
        require_pending(proposal)
        enterprise = proposal.enterprise
    require_allowed(draft, step.by, state, enterprise)
    on = day_of_act(draft, command.on)
    require_fields(step.fields, command.values, "values")
    draft.record(
        ProposalStepRecorded(
            at=draft.at,
            by=draft.actor,
            proposal=command.proposal,
            step=step.id,
            on=on,
            values=command.values,
            note=command.note,
            found=draft.found(command.problems, Origin.FOLLOW_UP, state.enterprise or enterprise),
        )
    )


def record_outcome(
    draft: MatterDraft, state: Match, command: RecordOutcome, rule: MatchProcedure
) -> None:
    """Record what came of a proposal. With the last place filled no more answers are waited for."""
    proposal = known_proposal(state, command.proposal)
    require_allowed(draft, rule.by, state, proposal.enterprise)
    require_filled(state, proposal, command, rule)
    on = day_of_act(draft, command.on)
    require_fields(rule.outcome, command.values, "values")
    left = None if state.left is None else state.left - (command.places or 0)
    waited = tuple(due.clock for due in state.dues) if left == 0 else ()
    draft.record(
        OutcomeRecorded(
            at=draft.at,
            by=draft.actor,
            proposal=proposal.id,
            on=on,
            places=command.places,
            left=left,
            values=command.values,
            note=command.note,
            meets=waited,
            tells=told(draft, state, state.enterprise, proposal.enterprise),
            found=draft.found(
                command.problems, Origin.FOLLOW_UP, state.enterprise or proposal.enterprise
            ),
        )
    )


def withdraw(
    draft: MatterDraft, state: Match, command: WithdrawProposal, rule: MatchProcedure
) -> None:
    """Take a proposal back."""
    proposal = known_proposal(state, command.proposal)
    require_allowed(draft, rule.by, state, proposal.enterprise)
    require_pending(proposal)
    draft.record(
        ProposalWithdrawn(
            at=draft.at,
            by=draft.actor,
            proposal=proposal.id,
            reason=command.reason,
            meets=_answered(state, proposal.id),
            tells=told(draft, state, state.enterprise, proposal.enterprise),
        )
    )


def _answered(state: Match, proposal: str) -> tuple[str, ...]:
    due = state.due(ANSWER, proposal)
    return () if due is None else (due.clock,)


def _known_step(command: RecordProposalStep, rule: MatchProcedure) -> ProposalStepRule:
    of_posting = command.proposal is None
    known = [each.id for each in rule.steps if each.on_posting is of_posting]
    step = rule.step(command.step)
    if step is None or step.id not in known:
        raise InvalidRequestError(
            "The procedure has no such step, or it is not of this.",
            field="step",
            value=command.step,
            allowed=known or "no step",
        )
    return step
