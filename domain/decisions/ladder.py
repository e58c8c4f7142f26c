"""The ladder by act: signed for, taken over, instructed from above, urged, in other hands."""

from datetime import timedelta

from domain import commands_of_ladder as cmd
from domain import events as ev
from domain import events_of_ladder as ld
from domain.clock_rules import Retarget
from domain.clocks import ClockTransition
from domain.decisions.bounds import require_another_hand
from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.events_of_ladder import PEOPLE_MAX
from domain.handbook import InstructionRule, Post
from domain.issue import Instruction
from domain.ladder import Entry, is_resolved
from domain.organization import chain_posts, on_duty, post, roster_name
from domain.people import ENGINE, Actor, Officer, person_of
from domain.permissions import officer_post
from domain.phases import Phase
from domain.retargeting import Change, aimed, retargeted
from domain.staffing import LevelEffect

INSTRUCTIONS_MAX = 1000
IN_FORCE_MAX = 20


def acknowledge(draft: Draft) -> None:
    """Sign for the issue at its present level (R5.4). It moves nothing but the clocks."""
    draft.require_phase(Phase.HANDLING)
    level = draft.issue.level
    if level is not None and level.acknowledged_at is not None:
        raise WrongPhaseError(
            "The level has signed for this issue already.",
            field="level",
            value=level.acknowledged_by,
        )
    draft.record(ld.IssueAcknowledged(at=draft.at, by=draft.actor, tier=draft.issue.tier))


def take_over(draft: Draft, command: cmd.TakeOver) -> None:
    """The actor's own post becomes the accountable one, at its own tier (R5.6)."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    held = _own_post(draft, command.kind)
    issue = draft.issue
    if held.tier is None or held.tier <= issue.tier:
        raise InvalidRequestError(
            "An issue is taken over by a higher tier.",
            field="actor.post",
            value=held.id,
            allowed=f"a post of tier {issue.tier + 1} or above",
        )
    require_tier_free(draft)
    person = person_of(draft.actor)
    there = on_duty(draft.handbook, held, draft.local)[:PEOPLE_MAX]
    draft.record(
        ev.IssueEscalated(
            at=draft.at,
            by=draft.actor,
            from_tier=issue.tier,
            to_tier=held.tier,
            owner=held.id,
            owner_person=person,
            skipped=tuple(range(issue.tier + 1, held.tier)),
            reason=command.reason,
            people=there if is_resolved(draft.handbook, held, held.tier) else (),
            roster=roster_name(draft.handbook, held),
            taken_over=True,
            others=effect_on_left(draft, command.others),
        )
    )


def raised(
    draft: Draft,
    entry: Entry,
    reason: str | None,
    passed: str | None = None,
    by: Actor = ENGINE,
    others: LevelEffect | None = None,
) -> None:
    """Record that the issue goes up to `entry`, past whatever had nobody in it: by time, by the
    engine for want of anybody, or `by` a person's act, which the handbook may count."""
    issue, ladder = draft.issue, draft.handbook.ladder
    from_tier = issue.tier
    counted = by != ENGINE and ladder is not None and ladder.raised_times_max is not None
    draft.pass_by(entry)
    draft.record(
        ev.IssueEscalated(
            at=draft.at,
            by=by,
            from_tier=from_tier,
            to_tier=entry.tier,
            owner=entry.post.id,
            owner_person=entry.person,
            skipped=tuple(range(from_tier + 1, entry.tier)),
            reason=reason,
            passed=passed,
            people=entry.people if entry.resolved else (),
            roster=entry.roster,
            number=issue.raised + 1 if counted else None,
            others=effect_on_left(draft, others),
        )
    )
    draft.hold(entry)


def effect_on_left(draft: Draft, said: LevelEffect | None) -> LevelEffect | None:
    """Return what becomes of the left level's clocks: as the act says, else the handbook (R5.6)."""
    ladder = draft.handbook.ladder
    return said or (None if ladder is None else ladder.others)


def require_tier_free(draft: Draft) -> None:
    """Refuse while an instruction of a higher tier than the actor's holds the issue where it is."""
    order = draft.issue.instruction_at(draft.at, "holds_tier")
    if order is None or _reaches(draft, order):
        return
    raise NotPermittedError(
        "A leader's instruction holds the issue at its tier.",
        field="tier",
        value=f"instruction {order.number}",
        allowed=f"tier {order.tier} or above, or after {order.expires_at.isoformat()}",
    )


def require_handler_free(draft: Draft, to: Post | None = None) -> None:
    """Refuse while an instruction of a higher tier than the actor's names the handler; to send the
    work `to` that very post is to follow it."""
    order = draft.issue.instruction_at(draft.at, "handler")
    if order is None or _reaches(draft, order) or (to is not None and to.id == order.handler):
        return
    raise NotPermittedError(
        "A leader's instruction names the handler.",
        field="handler",
        value=f"instruction {order.number}",
        allowed=f"tier {order.tier} or above, or after {order.expires_at.isoformat()}",
    )


def require_wait_allowed(draft: Draft) -> None:
    """Refuse a wait that an instruction forbids."""
    order = draft.issue.instruction_at(draft.at, "no_wait")
    if order is not None:
        raise WrongPhaseError(
            "A leader's instruction lets this issue not wait.",
            field="pause",
            value=f"instruction {order.number}",
            allowed=f"after {order.expires_at.isoformat()}",
        )


def _reaches(draft: Draft, order: Instruction) -> bool:
    """Return whether the actor stands at least as high as whoever instructed."""
    if not isinstance(draft.actor, Officer):
        return False
    held = post(draft.handbook, draft.actor.post)
    if held is None or held.tier is None or held.tier < order.tier:
        return False
    return held in chain_posts(draft.handbook, draft.issue.enterprise, held.tier)


def instruct(draft: Draft, command: cmd.Instruct) -> None:
    """Give an instruction: it outranks the handbook in what it sets, until it expires (R5.8)."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    rule = draft.handbook.instructions
    held = _own_post(draft, command.kind)
    if rule is None or held.tier is None:
        raise WrongPhaseError("The handbook of this zone knows no instructions.", field="kind")
    _require_bounded(draft, command, rule.days_max)
    handler = _named_handler(draft, command)
    if command.holds_tier:
        require_tier_free(draft)
    limits = _limits(draft, command, rule)
    if handler is not None:
        _end_dispute(draft, handler, command.text)
    draft.record(
        ld.InstructionGiven(
            at=draft.at,
            by=draft.actor,
            number=draft.issue.instructed + 1,
            text=command.text,
            tier=held.tier,
            expires_at=command.expires_at,
            handler=command.handler,
            unit=None if handler is None else handler.unit,
            holds_tier=command.holds_tier,
            no_wait=command.no_wait,
            clock=command.clock,
            limit=command.limit,
        ),
        limits,
    )


def _end_dispute(draft: Draft, handler: Post, reason: str) -> None:
    """An instruction that names the handler outranks the arbiter: it is the ruling, and binds."""
    sent = draft.issue.dispatch
    if sent is None or sent.arbiter is None:
        return
    if handler.unit is None:
        raise InvalidRequestError(
            "While a refusal waits for its ruling, an instruction names a post of a unit.",
            field="handler",
            value=handler.id,
            allowed={each.id for each in draft.handbook.posts if each.unit is not None},
        )
    draft.record(
        ld.DispatchRuled(
            at=draft.at,
            by=draft.actor,
            unit=handler.unit,
            handler=handler.id,
            overruled=handler.unit == sent.unit,
            binding=True,
            reason=reason,
        )
    )


def _require_bounded(draft: Draft, command: cmd.Instruct, days_max: int) -> None:
    latest = draft.at + timedelta(days=days_max)
    if not draft.at < command.expires_at <= latest:
        raise InvalidRequestError(
            "An instruction expires, and not too late.",
            field="expires_at",
            value=command.expires_at.isoformat(),
            allowed=f"after {draft.at.isoformat()}, until {latest.isoformat()}",
        )
    if draft.issue.instructed >= INSTRUCTIONS_MAX:
        raise WrongPhaseError(
            "The issue has had as many instructions as it may.",
            field="instruction",
            value=draft.issue.instructed,
            allowed=f"at most {INSTRUCTIONS_MAX}",
        )
    in_force = sum(draft.at < each.expires_at for each in draft.issue.instructions)
    if in_force >= IN_FORCE_MAX:
        raise WrongPhaseError(
            "As many instructions are in force as may be at once.",
            field="instruction",
            value=in_force,
            allowed=f"at most {IN_FORCE_MAX}; lift_instruction",
        )


def _named_handler(draft: Draft, command: cmd.Instruct) -> Post | None:
    if command.handler is None:
        return None
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    held = post(draft.handbook, command.handler)
    require_handler_free(draft)
    if held is None:
        raise InvalidRequestError(
            "No such post in this zone.",
            field="handler",
            value=command.handler,
            allowed="a post of the handbook",
        )
    return held


def _limits(
    draft: Draft, command: cmd.Instruct, rule: InstructionRule
) -> tuple[ClockTransition, ...]:
    """Return the move by which a clock gets the instructed time, counted from now. It may only be
    shorter: more time is an extension, for which the handbook has a way of its own."""
    if command.clock is None or command.limit is None:
        return ()
    require_another_hand(draft)
    clock = draft.issue.clock(command.clock)
    if clock is None or not clock.is_live or clock.rule not in rule.clocks or clock.due_at is None:
        running = {c.id for c in draft.issue.clocks if c.due_at is not None}
        raise InvalidRequestError(
            "There is no such limit to set now.",
            field="clock",
            value=command.clock,
            allowed={id_ for id_ in running if id_.split(".")[0] in rule.clocks}
            or "none: no clock that instructions may name is running",
        )
    of_clock = draft.terms.rules_by_id[clock.rule]
    bare = clock.model_copy(update={"extended_ms": 0})
    to = aimed(Retarget.RESTART, bare, of_clock, command.limit, draft.issue, draft.terms, draft.at)
    change = Change(by="instruction", came_by=draft.terms.hash, extended_ms=0)
    move = retargeted(clock, to, of_clock, draft.terms, draft.at, draft.rules, change)
    if move.run is None or clock.breached_at is not None or move.run.due_at >= clock.due_at:
        raise InvalidRequestError(
            "An instruction sets a limit that ends before the present one.",
            field="limit",
            value=command.limit.model_dump_json(),
            allowed=f"one that ends before {clock.due_at.isoformat()}",
        )
    return (move,)


def lift_instruction(draft: Draft, command: cmd.LiftInstruction) -> None:
    """Take an instruction back: the same tier or a higher one."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    in_force = {e.number: e for e in draft.issue.instructions if draft.at < e.expires_at}
    order = in_force.get(command.number)
    if order is None:
        raise InvalidRequestError(
            "No such instruction is in force.",
            field="number",
            value=command.number,
            allowed=[str(number) for number in in_force] or "none",
        )
    if not _reaches(draft, order):
        raise NotPermittedError(
            "An instruction is lifted from its own tier up.",
            field="actor.post",
            value=f"instruction {order.number}",
            allowed=f"tier {order.tier} or above",
        )
    draft.record(
        ld.InstructionLifted(
            at=draft.at, by=draft.actor, number=command.number, reason=command.reason
        )
    )


def urge(draft: Draft, command: cmd.Urge) -> None:
    """Remind whoever works on the issue. Nothing else changes."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    draft.record(ld.IssueUrged(at=draft.at, by=draft.actor, text=command.text))


def record_handover(draft: Draft) -> None:
    """Note that other people are in the owner's post than those the issue last knew (Q31).

    Who of them is on duty changes with every shift and is no handover; nor is anything known of an
    issue whose level never said who was there.
    """
    level, held = draft.issue.level, post(draft.handbook, draft.issue.owner)
    if level is None or held is None or held.roster is not None:
        return
    there = on_duty(draft.handbook, held, draft.local)[:PEOPLE_MAX]
    if there != level.people:
        draft.record(
            ld.PostHandedOver(
                at=draft.at,
                by=draft.actor,
                post=held.id,
                from_people=level.people,
                to_people=there,
            )
        )


def _own_post(draft: Draft, command: str) -> Post:
    if not isinstance(draft.actor, Officer):
        raise NotPermittedError("Only an officer does this.", field="actor.kind")
    return officer_post(draft.actor, draft.setting(command))
