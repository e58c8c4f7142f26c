"""How the events of rounds change an issue."""

from domain.ballots import Cast, Round
from domain.events_of_rounds import RoundClosed, RoundEvent, RoundOpened, VoteCast
from domain.evolve_sign_off import said
from domain.evolve_team import StreamError
from domain.issue import Issue
from domain.people import person_of, principal_of


def round_changes(issue: Issue, event: RoundEvent) -> dict[str, object]:
    """Return the fields of `issue` that such an event changes."""
    match event:
        case RoundOpened():
            return {"round": _opened(event), "rounds": event.number}
        case VoteCast():
            return {} if event.late else {"round": _voted(issue, event)}
        case RoundClosed():
            return {"round": _round(issue).model_copy(update={"outcome": event.outcome})}
        case _:
            return said(issue, event)


def cast_by(event: VoteCast) -> Cast:
    """Return the vote that an event casts."""
    by_another = principal_of(event.by) is not None
    return Cast(
        person=event.elector,
        choice=event.choice,
        voted_by=person_of(event.by) if by_another else None,
    )


def _opened(event: RoundOpened) -> Round:
    return Round(
        number=event.number,
        subject=event.subject,
        rule=event.rule,
        passes=event.passes,
        electors=event.electors,
        opened_at=event.at,
        reason=event.reason,
        opened_by=person_of(event.by),
        opened_for=principal_of(event.by),
        decider=event.decider,
        sign_off=event.sign_off,
    )


def _voted(issue: Issue, event: VoteCast) -> Round:
    votes = _round(issue).votes_with(cast_by(event))
    return _round(issue).model_copy(update={"votes": votes, "decider": event.decider})


def _round(issue: Issue) -> Round:
    if issue.round is None:
        msg = f"stream {issue.stream} has no round to vote in or to close"
        raise StreamError(msg)
    return issue.round
