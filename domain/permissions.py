"""Who may ask for what: one table, and how an actor comes to stand in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never

from domain.commands import Command
from domain.errors import NotPermittedError
from domain.handbook import Handbook, Post, Role
from domain.issue import Issue, Part
from domain.organization import chain_posts, delegation, holders, post, unit
from domain.people import Actor, Engine, Officer, Representative, Service, identities_of, named
from domain.permissions_of_links import require_good_link
from domain.permissions_of_procedures import may_inspect, may_settle, may_sign, may_vote
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
    LEADER = "an officer of the enterprise's chain, of a tier that the handbook names"
    ARBITER = "the arbiter, who is not the one who refused"
    ENTERPRISE = "the enterprise"
    VERIFIER = "a verifier above the owner"
    ELECTOR = "an elector of the round"
    DECIDER = "whoever the handbook names where too few may vote"
    INSPECTOR = "an inspector, who is not the one who declared it done"
    SIGNER = "an accountable person of the application"
    OFFICER = "an officer of the zone"
    SERVICE = "a service"
    ENGINE = "closeout itself"


_WORK = frozenset({Capacity.OWNER, Capacity.HANDLER})
_DIRECT = frozenset({Capacity.OWNER, Capacity.ABOVE, Capacity.COORDINATOR})
_SHARE = frozenset({Capacity.PART})
_LEADING = frozenset({Capacity.OWNER, Capacity.LEAD})
_ENTERPRISE_SIDE = frozenset({Capacity.ENTERPRISE, Capacity.COORDINATOR})

PERMITTED: dict[str, frozenset[Capacity]] = {
    "report": frozenset({Capacity.ENTERPRISE, Capacity.OFFICER, Capacity.SERVICE, Capacity.ENGINE}),
    "import_issue": frozenset({Capacity.COORDINATOR}),
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
    "acknowledge": _WORK,
    "take_over": frozenset({Capacity.ABOVE}),
    "instruct": frozenset({Capacity.LEADER}),
    "lift_instruction": frozenset({Capacity.LEADER}),
    "urge": frozenset({Capacity.ABOVE, Capacity.COORDINATOR, Capacity.SUPERVISOR}),
    "refuse_dispatch": frozenset({Capacity.HANDLER}),
    "rule_dispatch": frozenset({Capacity.ARBITER}),
    "open_green_channel": frozenset({Capacity.LEADER}),
    "declare_emergency": frozenset({Capacity.LEADER, Capacity.COORDINATOR}),
    "enter_stage": frozenset({Capacity.OWNER, Capacity.ABOVE, Capacity.COORDINATOR}),
    "end_emergency": frozenset({Capacity.LEADER}),
    "ask_parking": _WORK,
    "prolong_parking": frozenset({Capacity.LEADER}),
    "unpark": frozenset({Capacity.OWNER, Capacity.ABOVE, Capacity.COORDINATOR}),
    "add_part": _LEADING,
    "replace_part": _LEADING,
    "leave_part": _SHARE,
    "rule_part": frozenset({Capacity.ARBITER}),
    "conclude_team": frozenset({Capacity.LEAD}),
    "hold_meeting": _DIRECT | {Capacity.HANDLER, Capacity.LEAD},
    "vote": frozenset({Capacity.ELECTOR}),
    "settle_round": frozenset({Capacity.DECIDER}),
    "issue_answer_link": frozenset({Capacity.COORDINATOR}),
    "link": _DIRECT | {Capacity.HANDLER},
    "unlink": _DIRECT | {Capacity.HANDLER},
    "add_child": _DIRECT,
    "release_child": _DIRECT,
    "merge": frozenset({Capacity.ABOVE, Capacity.COORDINATOR}),
    "unmerge": _DIRECT | {Capacity.ENTERPRISE},
    "judge_suggestion": _DIRECT | {Capacity.HANDLER},
    "declare_rectified": _ENTERPRISE_SIDE,
    "inspect": frozenset({Capacity.INSPECTOR}),
    "submit_item": _ENTERPRISE_SIDE | _WORK,
    "check_item": _WORK | {Capacity.ABOVE},
    "sign_application": frozenset({Capacity.ENTERPRISE, Capacity.SIGNER}),
    "approve_application": frozenset({Capacity.OWNER, Capacity.ABOVE}),
    "refuse_application": frozenset({Capacity.OWNER, Capacity.ABOVE}),
    "reapply": _ENTERPRISE_SIDE,
    "record_callback": frozenset({Capacity.COORDINATOR, Capacity.SUPERVISOR}),
    "exclude_from_figures": _DIRECT | {Capacity.HANDLER, Capacity.SUPERVISOR},
    "review_exclusion": frozenset({Capacity.COORDINATOR, Capacity.SUPERVISOR}),
    "lift_exclusion": frozenset({Capacity.COORDINATOR, Capacity.SUPERVISOR}),
    "record_kin": frozenset({Capacity.ENGINE}),
    "record_draw": frozenset({Capacity.ENGINE}),
    "record_handover": frozenset({Capacity.ENGINE}),
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


@dataclass(frozen=True, slots=True)
class Setting:
    """What an act is judged in: the handbook, the instant in the zone's own time, and the kind of
    command, for which alone a deputy may stand in."""

    handbook: Handbook
    local: datetime
    command: str


EVERY = frozenset(Capacity)


def capacities_of(
    actor: Actor,
    issue: Issue,
    setting: Setting,
    part: Part | None = None,
    among: frozenset[Capacity] = EVERY,
) -> frozenset[Capacity]:
    """Return every capacity in which `actor` stands to `issue`, and to `part` if one is meant; of
    an officer's only those `among`, since each takes its search."""
    match actor:
        case Engine():
            return frozenset({Capacity.ENGINE})
        case Service():
            return frozenset({Capacity.SERVICE})
        case Representative():
            own = actor.enterprise == issue.enterprise
            if own:
                require_good_link(actor, issue, setting.handbook, setting.local, setting.command)
            return frozenset({Capacity.ENTERPRISE} if own else ())
        case Officer():
            return _officer_capacities(actor, issue, setting, part, among)
        case _:
            assert_never(actor)


def officer_post(actor: Officer, setting: Setting) -> Post:
    """Return the post that the officer acts in, or refuse: no such post, not this person's on this
    day, or no delegation of it for this."""
    held = post(setting.handbook, actor.post)
    if held is None:
        raise NotPermittedError("No such post in this zone.", field="actor.post", value=actor.post)
    day = setting.local.date()
    there = holders(held, day)
    principal = actor.on_behalf_of or actor.person
    if principal not in there:
        raise NotPermittedError(
            f"This person does not hold the post {held.id}.",
            field="actor.person" if actor.on_behalf_of is None else "actor.on_behalf_of",
            value=principal,
            allowed=there,
        )
    if actor.on_behalf_of is None:
        return held
    if delegation(setting.handbook, held, principal, actor.person, setting.command, day):
        return held
    raise NotPermittedError(
        f"Nothing allows {actor.person} to {setting.command} for {principal} today.",
        field="actor.on_behalf_of",
        value=principal,
        allowed=[
            f"{each.deputy} from {each.from_on} to {each.to_on}"
            for each in setting.handbook.delegations
            if (each.post, each.principal) == (held.id, principal)
        ],
    )


@dataclass(frozen=True, slots=True)
class _Acting:
    """An officer who acts in a post they hold, on an issue."""

    actor: Officer
    held: Post
    issue: Issue
    setting: Setting
    part: Part | None


_OFFICERS: Final[dict[Capacity, Callable[[_Acting], bool]]] = {
    Capacity.OFFICER: lambda _: True,
    Capacity.OWNER: lambda a: a.held.id == a.issue.owner,
    Capacity.HANDLER: lambda a: a.held.id == a.issue.handler,
    Capacity.ABOVE: lambda a: _is_above(a.held, a.issue, a.setting.handbook, a.issue.tier + 1),
    Capacity.LEAD: lambda a: (
        a.issue.team is not None and a.held.unit == a.issue.team.lead is not None
    ),
    Capacity.COORDINATOR: lambda a: Role.COORDINATOR in a.held.roles,
    Capacity.SUPERVISOR: lambda a: Role.SUPERVISOR in a.held.roles,
    Capacity.APPROVER: lambda a: _may_grant(a.actor, a.held, a.issue, a.setting.handbook),
    Capacity.LEADER: lambda a: _leads(a.held, a.issue, a.setting),
    Capacity.ARBITER: lambda a: (
        _may_rule_part(a.actor, a.held, a.part)
        if a.setting.command == "rule_part"
        else _may_rule(a.actor, a.held, a.issue)
    ),
    Capacity.ELECTOR: lambda a: may_vote(a.actor, a.issue),
    Capacity.DECIDER: lambda a: may_settle(a.actor, a.issue),
    Capacity.INSPECTOR: lambda a: may_inspect(a.actor, a.held, a.issue, a.setting.handbook),
    Capacity.SIGNER: lambda a: may_sign(a.held, a.issue, a.setting.handbook),
    Capacity.PART: lambda a: (
        a.part is not None and _acts_for(a.held, a.part, a.issue, a.setting.handbook)
    ),
    Capacity.VERIFIER: lambda a: _may_verify(a.actor, a.held, a.issue, a.setting.handbook),
}
"""What each capacity of an officer takes. Made once: every command asks for a few of them."""


def _officer_capacities(
    actor: Officer,
    issue: Issue,
    setting: Setting,
    part: Part | None,
    among: frozenset[Capacity],
) -> frozenset[Capacity]:
    acting = _Acting(actor, officer_post(actor, setting), issue, setting, part)
    return frozenset(
        each for each in among if (stands := _OFFICERS.get(each)) is not None and stands(acting)
    )


def leading_tier(command: str, handbook: Handbook) -> int | None:
    """Return the lowest tier whose leaders may give a command, None where nobody may."""
    rule = {
        "instruct": handbook.instructions,
        "lift_instruction": handbook.instructions,
        "open_green_channel": handbook.green_channel,
        "declare_emergency": handbook.emergency,
        "end_emergency": handbook.emergency,
        "prolong_parking": handbook.parking,
    }.get(command)
    return None if rule is None else rule.from_tier


def _leads(held: Post, issue: Issue, setting: Setting) -> bool:
    """Nobody leads over the head of whoever is accountable now. An emergency anyone of that tier
    declares: it cannot wait for a superior."""
    from_tier = leading_tier(setting.command, setting.handbook)
    if from_tier is None:
        return False
    if setting.command == "prolong_parking":
        from_tier = max(from_tier, min(setting.handbook.top_tier, issue.tier + 1))
    elif setting.command != "declare_emergency":
        from_tier = max(from_tier, issue.tier)
    return _is_above(held, issue, setting.handbook, from_tier)


def _may_rule(actor: Officer, held: Post, issue: Issue) -> bool:
    dispatch = issue.dispatch
    if dispatch is None or dispatch.arbiter != held.id:
        return False
    party = {dispatch.refused_by, dispatch.refused_for, dispatch.sent_by}
    return party.isdisjoint(identities_of(actor))


def _may_rule_part(actor: Officer, held: Post, part: Part | None) -> bool:
    if part is None or part.arbiter != held.id:
        return False
    party = {part.refused_by, part.refused_for, *part.named_by}
    return party.isdisjoint(identities_of(actor))


def _is_above(held: Post, issue: Issue, handbook: Handbook, from_tier: int) -> bool:
    if held.tier is None or held.tier < from_tier:
        return False
    return held in chain_posts(handbook, issue.enterprise, held.tier)


def _acts_for(held: Post, part: Part, issue: Issue, handbook: Handbook) -> bool:
    """An external unit has no login: the owner, the handler or the lead acts for it (Q33)."""
    if part.proxy is not None:
        return held.id == part.proxy
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
    proposed = issue.sign_off.proposed_tier
    if handbook.sign_off.by_persons_tier:
        proposed = max(proposed, _persons_tier(issue, handbook))
    return min(handbook.top_tier, proposed + (1 if plain else 2))


def _persons_tier(issue: Issue, handbook: Handbook) -> int:
    """Return the highest tier at which whoever proposed, here or what is mirrored, stands in the
    enterprise's chain: nobody verifies the work of a superior."""
    sign_off = issue.sign_off
    if sign_off is None:
        return 0
    proposers = {sign_off.proposed_by, sign_off.proposed_for, *sign_off.proposers}
    tiers = [
        tier.level
        for tier in handbook.tiers
        for held in chain_posts(handbook, issue.enterprise, tier.level)
        if not proposers.isdisjoint(held.holders)
    ]
    return max(tiers, default=0)


def verifies(held: Post, issue: Issue, handbook: Handbook) -> bool:
    """Return whether the issue is verified in this post, whoever is in it."""
    return _is_above(held, issue, handbook, verifying_tier(issue, handbook))


def _may_verify(actor: Officer, held: Post, issue: Issue, handbook: Handbook) -> bool:
    sign_off = issue.sign_off
    if sign_off is None:
        return False
    bound = {sign_off.proposed_by, sign_off.proposed_for, sign_off.answered_by}
    bound.update(sign_off.proposers, sign_off.answerers)
    if not bound.isdisjoint(identities_of(actor)):
        return False
    return verifies(held, issue, handbook)


def granting_tier(issue: Issue, handbook: Handbook) -> int:
    """Return the lowest tier that may answer the request: more time is given one tier above the
    owner (Q8), a wait beyond the limit by the top tier (Q7), a parking as the handbook says."""
    if issue.request is not None and issue.request.asked == "pause":
        return handbook.top_tier
    if issue.request is not None and issue.request.asked == "parking" and handbook.parking:
        return max(handbook.parking.from_tier, min(handbook.top_tier, issue.tier + 1))
    return min(handbook.top_tier, issue.tier + 1)


def _may_grant(actor: Officer, held: Post, issue: Issue, handbook: Handbook) -> bool:
    """Nobody grants what they asked for, at the top tier neither."""
    if issue.request is None:
        return False
    asked_by = {issue.request.asked_by, issue.request.asked_for}
    if not asked_by.isdisjoint(identities_of(actor)):
        return False
    return _is_above(held, issue, handbook, granting_tier(issue, handbook))
