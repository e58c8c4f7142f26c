"""How an event changes a match."""

from collections.abc import Callable
from typing import assert_never

from domain.matters.field_figures import with_values
from domain.matters.match.events import (
    MatchEvent,
    MatchOpened,
    OutcomeRecorded,
    ProposalConsented,
    ProposalDeclined,
    ProposalMade,
    ProposalOverdue,
    ProposalStepRecorded,
    ProposalWithdrawn,
)
from domain.matters.match.state import (
    Answer,
    Match,
    MatchOutcome,
    Proposal,
    ProposalStanding,
    Side,
    StepTaken,
)


def opened_match(event: MatchOpened, zone: str, key: str, terms: str) -> Match:
    """Return the match that an event begins."""
    return Match(
        zone=zone,
        key=key,
        version=1,
        terms=terms,
        procedure=event.procedure,
        title=event.title,
        details=event.details,
        post=event.post,
        opened_at=event.at,
        changed_at=event.at,
        enterprise=event.enterprise,
        side=event.side,
        places=event.places,
    )


def evolve_match(state: Match, event: MatchEvent) -> dict[str, object]:
    """Return the fields of the match that `event` changes, beside those every event may."""
    changes: dict[str, object] = {}
    match event:
        case ProposalMade():
            changes["proposals"] = (*state.proposals, _made(event))
        case ProposalConsented():
            changes["proposals"] = _for(state, event.proposal, lambda each: _yes(each, event))
        case ProposalDeclined():
            changes["proposals"] = _for(state, event.proposal, lambda each: _no(each, event))
        case ProposalOverdue():
            changes["proposals"] = _for(state, event.proposal, _late)
        case ProposalStepRecorded() if event.proposal is None:
            changes["steps"] = _with_step(state.steps, event)
        case ProposalStepRecorded():
            changes["proposals"] = _for(
                state,
                event.proposal,
                lambda each: _changed(each, steps=_with_step(each.steps, event)),
            )
        case OutcomeRecorded():
            changes["proposals"] = _for(state, event.proposal, lambda each: _ended(each, event))
        case ProposalWithdrawn():
            changes["proposals"] = _for(state, event.proposal, _back)
        case MatchOpened():
            pass
        case _:
            assert_never(event)
    return changes


def _for(
    state: Match, id_: str | None, change: Callable[[Proposal], Proposal]
) -> tuple[Proposal, ...]:
    return tuple(change(each) if each.id == id_ else each for each in state.proposals)


def _changed(proposal: Proposal, **update: object) -> Proposal:
    return proposal.model_copy(update=update)


def _made(event: ProposalMade) -> Proposal:
    return Proposal(
        id=event.proposal,
        enterprise=event.enterprise,
        others=event.others,
        places=event.places,
        made_at=event.at,
    )


def _answered(proposal: Proposal, side: Side, answer: Answer) -> Proposal:
    if side is Side.POSTING:
        return _changed(proposal, posting=answer)
    return _changed(proposal, counterpart=answer)


def _yes(proposal: Proposal, event: ProposalConsented) -> Proposal:
    answered = _answered(proposal, event.side, Answer.CONSENTED)
    return _changed(answered, standing=ProposalStanding.AGREED) if event.agreed else answered


def _no(proposal: Proposal, event: ProposalDeclined) -> Proposal:
    return _changed(
        _answered(proposal, event.side, Answer.DECLINED),
        standing=ProposalStanding.DECLINED,
        declined_by=event.side,
        reason=event.reason,
    )


def _late(proposal: Proposal) -> Proposal:
    return _changed(proposal, overdue=True)


def _back(proposal: Proposal) -> Proposal:
    return _changed(proposal, standing=ProposalStanding.WITHDRAWN)


def _ended(proposal: Proposal, event: OutcomeRecorded) -> Proposal:
    outcome = MatchOutcome(on=event.on, places=event.places, values=event.values)
    return _changed(proposal, standing=ProposalStanding.CONCLUDED, outcome=outcome)


def _with_step(before: tuple[StepTaken, ...], event: ProposalStepRecorded) -> tuple[StepTaken, ...]:
    known = next((each for each in before if each.step == event.step), None)
    taken = StepTaken(
        step=event.step,
        times=1 if known is None else known.times + 1,
        on=event.on,
        values=event.values,
        sums=with_values({} if known is None else known.sums, event.values),
    )
    return (*(each for each in before if each.step != event.step), taken)
