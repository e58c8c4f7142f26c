"""A unit objects to being named in a joint team, and an arbiter rules once and for all (R7.4).

The lead's limit and the accountable post stay what they are; the objection ends in time whether
anybody rules or not.
"""

from domain import events_of_team as tm
from domain.decisions.draft import Draft
from domain.errors import WrongPhaseError
from domain.handbook import Post
from domain.organization import on_duty, post
from domain.people import ENGINE, identities_of
from domain.procedures import TeamRule
from domain.team import Part


def require_objection(draft: Draft, rule: TeamRule, part: Part) -> None:
    """Refuse an objection that was ruled upon, or that comes too late."""
    if part.bound:
        raise WrongPhaseError(
            "The objection was ruled upon, and that is final.",
            field="part",
            value=part.id,
            allowed="accept_part or finish_part; the lead or the owner may waive or replace it",
        )
    number = 0 if draft.issue.team is None else draft.issue.team.number
    clock = draft.issue.clock(f"{rule.objection}.{number}.{part.id}")
    if clock is None or not clock.is_live or clock.breached_at is not None:
        raise WrongPhaseError(
            "The time to object is over.",
            field="part",
            value=part.id,
            allowed=f"while the clock {rule.objection} of the part runs",
        )


def ruler(draft: Draft, rule: TeamRule, part: Part) -> Post | None:
    """Return who rules: the first arbiter of another unit with somebody there who neither objects
    here nor named the unit, else the first of another unit, whoever may come to it."""
    found = (post(draft.handbook, id_) for id_ in rule.arbiters)
    others = [each for each in found if each is not None and each.unit != part.unit]
    party = {*identities_of(draft.actor), *part.named_by}
    staffed = (e for e in others if set(on_duty(draft.handbook, e, draft.local)) - party)
    return next(staffed, None) or next(iter(others), None)


def settle_without_arbiter(draft: Draft, part: Part) -> None:
    """Nobody of another unit can rule: the unit has its part."""
    draft.record(tm.PartRuled(at=draft.at, by=ENGINE, part=part.id, upheld=False))
