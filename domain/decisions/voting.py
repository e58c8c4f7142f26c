"""Votes, and what they come to (R6)."""

from domain import commands_of_rounds as cmd
from domain.ballots import Cast, Round, Tally, tally
from domain.clocks import Clock
from domain.decisions.draft import Draft
from domain.decisions.round_effects import carry_out
from domain.decisions.rounds import APPROVING, close, drop, drop_unneeded, excluded, rule_of
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.events_of_rounds import VoteCast
from domain.people import ENGINE, Actor, identities_of, named, person_of
from domain.phases import Choice, RoundOutcome
from domain.procedures import RoundRule


def vote(draft: Draft, command: cmd.Vote) -> None:
    """Vote for oneself, or as a deputy for whom one stands in. A late vote is kept, no more."""
    asked = _named_round(draft, command.round)
    *deputy, elector = identities_of(draft.actor)
    if not asked.is_open:
        _record_vote(draft, command, elector, late=True)
        return
    cast = Cast(
        person=elector, choice=command.choice, voted_by=person_of(draft.actor) if deputy else None
    )
    _require_own_vote(draft, asked, cast)
    result = tally(asked.passes, asked.electors, asked.votes_with(cast))
    fallback = _rule(draft, asked).fallback if result is Tally.UNFILLABLE else None
    _record_vote(draft, command, elector, decider=fallback)
    asked = _named_round(draft, command.round)
    if result is Tally.APPROVED:
        by = draft.actor if cast.choice is Choice.APPROVE else ENGINE
        _end(draft, asked, RoundOutcome.APPROVED, by, reason=_ground(by, command))
    elif result is Tally.REJECTED:
        by = draft.actor if cast.choice is Choice.REJECT else ENGINE
        _end(draft, asked, RoundOutcome.REJECTED, by, reason=_ground(by, command))


def _ground(by: Actor, command: cmd.Vote) -> str | None:
    """What was said with a vote is the ground of the outcome only if the vote was for it."""
    return None if by is ENGINE else command.reason


def _record_vote(
    draft: Draft,
    command: cmd.Vote,
    elector: str,
    *,
    late: bool = False,
    decider: str | None = None,
) -> None:
    draft.record(
        VoteCast(
            at=draft.at,
            by=draft.actor,
            round=command.round,
            elector=elector,
            choice=command.choice,
            reason=command.reason,
            late=late,
            decider=decider,
        )
    )


def settle_round(draft: Draft, command: cmd.SettleRound) -> None:
    """Decide what too few may vote on. Who may not vote on it may not settle it either."""
    asked = _named_round(draft, command.round)
    if not asked.is_open:
        raise WrongPhaseError("The round is decided.", field="round", value=asked.outcome)
    if not _party(draft, asked).isdisjoint(identities_of(draft.actor)):
        _refuse_party(draft.actor, "another person of the post")
    outcome = RoundOutcome.SETTLED_APPROVED if command.approve else RoundOutcome.SETTLED_REJECTED
    _end(draft, asked, outcome, draft.actor, reason=command.reason)


def expire(draft: Draft, clock: Clock) -> None:
    """The time to vote is over: what the handbook says then holds. Nothing if it was decided, or if
    the clock is another round's."""
    drop_unneeded(draft)
    asked = draft.issue.round
    if asked is None or not asked.is_open:
        return
    rule = rule_of(draft, asked)
    if rule is not None and rule.clock == clock.rule:
        _end(draft, asked, rule.expires, ENGINE, clock=clock)


def _end(
    draft: Draft,
    asked: Round,
    outcome: RoundOutcome,
    by: Actor,
    *,
    reason: str | None = None,
    clock: Clock | None = None,
) -> None:
    """Close the round and carry out what it came to. `by` is whose vote, or ruling, made it so; it
    is closeout itself where time did, or a vote that was for something else.

    What cannot be carried out any more is not decided: the question has gone, a request with it.
    """
    note = reason or f"Round {asked.number}: {outcome}."

    def act() -> None:
        close(draft, asked, outcome, by, clock=clock, reason=reason)
        carry_out(draft, asked, note, approved=outcome in APPROVING)

    with draft.acting_as(by):
        refusal = draft.attempt(act)
    if refusal is not None:
        drop(draft, asked, refusal.message, clock=clock)


def _named_round(draft: Draft, number: int) -> Round:
    asked = draft.issue.round
    if asked is None or asked.number != number:
        raise InvalidRequestError(
            "That is not the issue's present or last round.",
            field="round",
            value=number,
            allowed="none" if asked is None else str(asked.number),
        )
    return asked


def _require_own_vote(draft: Draft, asked: Round, cast: Cast) -> None:
    """One person casts one vote. The rules that keep out who is party to it bind the deputy and the
    elector (R6.4); an elector who has become party since the round opened can only recuse."""
    party = _party(draft, asked)
    if cast.voted_by is not None:
        voted_by = {each.voted_by for each in asked.votes if each.person != cast.person}
        others = voted_by | {each.person for each in asked.electors}
        if cast.voted_by in party:
            _refuse_party(draft.actor, "the elector in person, or another deputy")
        if cast.voted_by in others:
            raise NotPermittedError(
                "Nobody casts the votes of two.",
                field="actor.person",
                value=cast.voted_by,
                allowed="the elector in person, or another deputy",
            )
    if cast.person in party and cast.choice is not Choice.RECUSE:
        _refuse_party(draft.actor, Choice.RECUSE)
    stands = next((each for each in asked.votes if each.person == cast.person), None)
    if stands is not None and stands.choice is cast.choice:
        raise InvalidRequestError(
            "That is how this vote stands.",
            field="choice",
            value=cast.choice,
            allowed=[choice for choice in Choice if choice is not cast.choice],
        )


def _party(draft: Draft, asked: Round) -> frozenset[str]:
    """Return who may not decide as the issue stands now, whatever it was when the round opened."""
    rule = _rule(draft, asked)
    return excluded(draft, rule, (asked.opened_by, asked.opened_for))


def _refuse_party(actor: Actor, allowed: str) -> None:
    raise NotPermittedError(
        "Nobody decides on what they reported, asked for, proposed, answered or handle.",
        field="actor",
        value=named(actor),
        allowed=allowed,
    )


def _rule(draft: Draft, asked: Round) -> RoundRule:
    """A round whose rule has gone was dropped before anybody could act in it."""
    rule = rule_of(draft, asked)
    if rule is None:
        msg = f"{draft.issue.stream}: round {asked.number} has no rule in its handbook"
        raise LookupError(msg)
    return rule
