"""Who may ask for what: one table, and how an actor comes to stand in it."""

from enum import StrEnum
from typing import assert_never

from domain.commands import Command
from domain.errors import NotPermittedError
from domain.handbook import Handbook, Post, Role
from domain.issue import Issue, Part
from domain.organization import chain_posts, post, unit
from domain.people import Actor, Engine, Officer, Representative, Service, named
from domain.phases import ResultClass


class Capacity(StrEnum):
    """In what quality an actor stands to an issue."""

    OWNER = "owner"
    HANDLER = "handler"
    ABOVE = "a higher tier"
    LEAD = "the team's lead unit"
    PART = "the part's unit"
    COORDINATOR = "a coordinator"
    SUPERVISOR = "a supervisor"
    APPROVER = "another person, a tier above the owner (for a wait: of the top tier)"
    ENTERPRISE = "the enterprise"
    VERIFIER = "a verifier above the owner"
    OFFICER = "an officer of the zone"
    SERVICE = "a service"
    ENGINE = "closeout itself"


_WORK = frozenset({Capacity.OWNER, Capacity.HANDLER})
_DIRECT = frozenset({Capacity.OWNER, Capacity.ABOVE, Capacity.COORDINATOR})
_SHARE = frozenset({Capacity.PART})

PERMITTED: dict[str, frozenset[Capacity]] = {
    "report": frozenset({Capacity.ENTERPRISE, Capacity.OFFICER, Capacity.SERVICE}),
    "accept": _DIRECT,
    "turn_away": _DIRECT,
    "assign": _DIRECT,
    "hand_over": _WORK,
    "note": frozenset({Capacity.OFFICER, Capacity.ENTERPRISE, Capacity.SERVICE}),
    "escalate": _WORK | {Capacity.ABOVE, Capacity.COORDINATOR},
    "deescalate": frozenset({Capacity.OWNER, Capacity.ABOVE}),
    "convene_team": frozenset({Capacity.OWNER}),
    "accept_part": _SHARE,
    "refuse_part": _SHARE,
    "finish_part": _SHARE,
    "waive_part": frozenset({Capacity.OWNER, Capacity.LEAD}),
    "pause": _WORK,
    "resume": _WORK,
    "propose_resolution": _WORK | {Capacity.LEAD},
    "confirm": frozenset({Capacity.ENTERPRISE, Capacity.COORDINATOR}),
    "reject": frozenset({Capacity.ENTERPRISE}),
    "mark_unreachable": frozenset({Capacity.COORDINATOR}),
    "verify": frozenset({Capacity.VERIFIER}),
    "send_back": frozenset({Capacity.VERIFIER}),
    "withdraw": frozenset({Capacity.ENTERPRISE}),
    "reopen": frozenset({Capacity.ENTERPRISE, Capacity.COORDINATOR}),
    "contact": _WORK | {Capacity.LEAD, Capacity.COORDINATOR},
    "make_plan": _WORK | {Capacity.LEAD},
    "demand_reply": frozenset({Capacity.ABOVE, Capacity.COORDINATOR, Capacity.SUPERVISOR}),
    "give_reply": _WORK | {Capacity.LEAD},
    "reclassify": frozenset({Capacity.ABOVE, Capacity.COORDINATOR}),
    "ask_extension": _WORK,
    "ask_pause": _WORK,
    "grant": frozenset({Capacity.APPROVER}),
    "refuse": frozenset({Capacity.APPROVER}),
    "correct": _DIRECT,
    "adopt_calendar": frozenset({Capacity.ENGINE}),
    "adopt_handbook": frozenset({Capacity.ENGINE}),
    "ring_rung": frozenset({Capacity.ENGINE}),
    "record_history_lost": frozenset({Capacity.ENGINE}),
}


def require(command: Command, capacities: frozenset[Capacity], actor: Actor) -> None:
    """Refuse `command` unless the actor stands in one of the capacities that may ask for it."""
    permitted = PERMITTED[command.kind]
    if not capacities & permitted:
        raise NotPermittedError(
            f"This actor may not {command.kind}.",
            field="actor",
            value=named(actor),
            allowed=sorted(permitted),
        )


def capacities_of(
    actor: Actor, issue: Issue, handbook: Handbook, part: Part | None = None
) -> frozenset[Capacity]:
    """Return every capacity in which `actor` stands to `issue`, and to `part` if one is meant."""
    match actor:
        case Engine():
            return frozenset({Capacity.ENGINE})
        case Service():
            return frozenset({Capacity.SERVICE})
        case Representative():
            own = actor.enterprise == issue.enterprise
            return frozenset({Capacity.ENTERPRISE} if own else ())
        case Officer():
            return _officer_capacities(actor, issue, handbook, part)
        case _:
            assert_never(actor)


def officer_post(actor: Officer, handbook: Handbook) -> Post:
    """Return the post that the officer acts in, or refuse: no such post, or not this person's."""
    held = post(handbook, actor.post)
    if held is None:
        raise NotPermittedError("No such post in this zone.", field="actor.post", value=actor.post)
    if actor.person not in held.people:
        raise NotPermittedError(
            f"This person does not hold the post {held.id}.",
            field="actor.person",
            value=actor.person,
            allowed=held.people,
        )
    return held


def _officer_capacities(
    actor: Officer, issue: Issue, handbook: Handbook, part: Part | None
) -> frozenset[Capacity]:
    held = officer_post(actor, handbook)
    lead = None if issue.team is None else issue.team.lead
    stands = {
        Capacity.OFFICER: True,
        Capacity.OWNER: held.id == issue.owner,
        Capacity.HANDLER: held.id == issue.handler,
        Capacity.ABOVE: _is_above(held, issue, handbook, issue.tier + 1),
        Capacity.LEAD: lead is not None and held.unit == lead,
        Capacity.COORDINATOR: Role.COORDINATOR in held.roles,
        Capacity.SUPERVISOR: Role.SUPERVISOR in held.roles,
        Capacity.APPROVER: _may_grant(actor, held, issue, handbook),
        Capacity.PART: part is not None and _acts_for(held, part, issue, handbook),
        Capacity.VERIFIER: _may_verify(actor, held, issue, handbook),
    }
    return frozenset(capacity for capacity, holds in stands.items() if holds)


def _is_above(held: Post, issue: Issue, handbook: Handbook, from_tier: int) -> bool:
    if held.tier is None or held.tier < from_tier:
        return False
    return held in chain_posts(handbook, issue.enterprise, held.tier)


def _acts_for(held: Post, part: Part, issue: Issue, handbook: Handbook) -> bool:
    """An external unit has no login: the owner, the handler or the lead acts for it (Q33)."""
    if held.unit == part.unit:
        return True
    body = unit(handbook, part.unit)
    if body is None or not body.external:
        return False
    lead = None if issue.team is None else issue.team.lead
    return held.id in (issue.owner, issue.handler) or (lead is not None and held.unit == lead)


def verifying_tier(issue: Issue, handbook: Handbook) -> int:
    """Return the lowest tier that may strike the number off (Q11, Q16).

    One above the owner who proposed; one more where the result is anything but solved; the top
    tier at most.
    """
    if issue.sign_off is None:
        return handbook.top_tier
    plain = issue.sign_off.resolution.result in (ResultClass.SOLVED, ResultClass.WITHDRAWN)
    return min(handbook.top_tier, issue.sign_off.proposed_tier + (1 if plain else 2))


def _may_verify(actor: Officer, held: Post, issue: Issue, handbook: Handbook) -> bool:
    sign_off = issue.sign_off
    if sign_off is None or actor.person in (
        sign_off.proposed_by,
        sign_off.answered_by,
        *sign_off.answerers,
    ):
        return False
    return _is_above(held, issue, handbook, verifying_tier(issue, handbook))


def granting_tier(issue: Issue, handbook: Handbook) -> int:
    """Return the lowest tier that may answer the request: more time is given one tier above the
    owner (Q8), a wait beyond the limit by the top tier (Q7)."""
    if issue.request is not None and issue.request.asked == "pause":
        return handbook.top_tier
    return min(handbook.top_tier, issue.tier + 1)


def _may_grant(actor: Officer, held: Post, issue: Issue, handbook: Handbook) -> bool:
    """Nobody grants what they asked for, at the top tier neither."""
    if issue.request is None or actor.person == issue.request.asked_by:
        return False
    return _is_above(held, issue, handbook, granting_tier(issue, handbook))
