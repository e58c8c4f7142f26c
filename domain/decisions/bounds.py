"""What holds for several acts alike: nothing is asked for twice, nobody judges an own matter."""

from domain.decisions.draft import Draft
from domain.errors import NotPermittedError, WrongPhaseError
from domain.organization import holders, post
from domain.people import identities_of, named


def require_no_request(draft: Draft) -> None:
    """What was asked of a cycle that has ended since is of no account any more."""
    request = draft.issue.request
    if request is not None and request.asked == "extension":
        clock = None if request.clock is None else draft.issue.clock(request.clock)
        if clock is None or not clock.is_live or clock.cycle != request.cycle:
            return
    if draft.issue.request is not None:
        raise WrongPhaseError(
            "Something has been asked for already and is not answered.",
            field="request",
            value=draft.issue.request.asked,
            allowed="grant or refuse it first",
        )


def require_another_hand(
    draft: Draft, refusal: str = "Nobody gives new limits to an issue of their own."
) -> None:
    """New limits are not given by whoever is bound by them, from another post neither."""
    day = draft.local.date()
    owner = post(draft.handbook, draft.issue.owner)
    there = set(() if owner is None else holders(owner, day))
    there |= {
        each.deputy
        for each in draft.handbook.delegations
        if each.post == draft.issue.owner and each.from_on <= day <= each.to_on
    }
    handler = post(draft.handbook, draft.issue.handler)
    if draft.handbook.ladder is not None and handler is not None:
        there.update(holders(handler, day))
    if not there.isdisjoint(identities_of(draft.actor)):
        raise NotPermittedError(
            refusal,
            field="actor",
            value=named(draft.actor),
            allowed="another person",
        )


def require_no_emergency(draft: Draft) -> None:
    """An emergency that was declared waits for nothing."""
    incident = draft.issue.incident
    if incident is not None and incident.ended_at is None:
        raise WrongPhaseError(
            "An emergency waits for nothing.",
            field="incident",
            value=incident.id,
            allowed="end_emergency first",
        )
