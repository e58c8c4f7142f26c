"""Working on an issue: who handles it, at which tier, and while whom it waits for."""

from domain import commands as cmd
from domain import events as ev
from domain.decisions.bounds import require_no_emergency
from domain.decisions.dispatch import refusable, require_no_dispute, require_not_passed_on
from domain.decisions.draft import Draft
from domain.decisions.ladder import (
    effect_on_left,
    raised,
    require_handler_free,
    require_tier_free,
    require_wait_allowed,
)
from domain.decisions.rectification import refuse_for_rectification
from domain.errors import InvalidRequestError, WrongPhaseError
from domain.organization import post, posts_of_unit, unit
from domain.personal import kept
from domain.phases import PauseReason, Phase


def assign(draft: Draft, command: cmd.Assign) -> None:
    """Name the handler. Tier and owner stay."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    held = post(draft.handbook, command.handler)
    require_handler_free(draft, held)
    require_no_dispute(draft)
    if held is None:
        raise InvalidRequestError(
            "No such post in this zone.",
            field="handler",
            value=command.handler,
            allowed="a post of the handbook",
        )
    draft.record(
        ev.IssueAssigned(
            at=draft.at,
            by=draft.actor,
            handler=command.handler,
            unit=held.unit,
            reason=command.reason,
            refusable=held.unit is not None and refusable(draft, held.unit),
        )
    )


def hand_over(draft: Draft, command: cmd.HandOver) -> None:
    """Route the work to a unit of the zone (M23)."""
    draft.require_phase(Phase.HANDLING)
    body = unit(draft.handbook, command.unit)
    posts = posts_of_unit(draft.handbook, command.unit)
    require_handler_free(draft, next(iter(posts), None))
    require_no_dispute(draft)
    require_not_passed_on(draft, command.unit)
    if body is None or body.external or not posts:
        raise InvalidRequestError(
            "Work can be handed to a unit of the zone that has a post. "
            "For an outside body, pause and name it, or give it a part of a joint team.",
            field="unit",
            value=command.unit,
            allowed={p.unit for p in draft.handbook.posts if p.unit is not None},
        )
    draft.record(
        ev.IssueHandedOver(
            at=draft.at,
            by=draft.actor,
            unit=command.unit,
            handler=posts[0].id,
            reason=command.reason,
            refusable=refusable(draft, command.unit),
        )
    )


def note(draft: Draft, command: cmd.Note) -> None:
    """Keep a remark. It moves nothing."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    draft.record(
        ev.NoteAdded(
            at=draft.at,
            by=draft.actor,
            text=command.text,
            evidence=command.evidence,
            personal=kept(command.personal),
        )
    )


def escalate(draft: Draft, command: cmd.Escalate) -> None:
    """Raise the tier by act. Tiers may be skipped where the handbook allows it (Q23)."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    issue, top = draft.issue, draft.handbook.top_tier
    to_tier = command.to_tier or issue.tier + 1
    lowest_skip = issue.tier + 1
    highest = top if draft.handbook.allow_skip else lowest_skip
    if not issue.tier < to_tier <= min(highest, top):
        raise InvalidRequestError(
            "The issue cannot be escalated there.",
            field="to_tier",
            value=to_tier,
            allowed=f"{lowest_skip} to {min(highest, top)}"
            if issue.tier < top
            else "none: top tier",
        )
    require_tier_free(draft)
    _require_fewer(issue.raised, draft, "raised")
    raised(draft, draft.entry_at(to_tier), command.reason, by=draft.actor, others=command.others)


def _require_fewer(times: int, draft: Draft, how: str) -> None:
    """Refuse to move an issue up or down more often than the handbook allows: each move begins a
    level's time anew."""
    ladder = draft.handbook.ladder
    most = None if ladder is None else getattr(ladder, f"{how}_times_max")
    if most is not None and times >= most:
        raise WrongPhaseError(
            f"The issue has been {how} by act as often as the handbook allows.",
            field=how,
            value=times,
            allowed=f"at most {most} times",
        )


def deescalate(draft: Draft, command: cmd.Deescalate) -> None:
    """Lower the tier; breaches and deadline history stay (Q30)."""
    draft.require_phase(Phase.HANDLING)
    issue = draft.issue
    if command.to_tier >= issue.tier:
        raise InvalidRequestError(
            "That is not a lower tier.",
            field="to_tier",
            value=command.to_tier,
            allowed=f"1 to {issue.tier - 1}" if issue.tier > 1 else "none: lowest tier",
        )
    require_tier_free(draft)
    _require_fewer(issue.lowered, draft, "lowered")
    entry = draft.entry_at(command.to_tier)
    if entry.tier >= issue.tier:
        raise InvalidRequestError(
            "Nobody is there now to take it.",
            field="to_tier",
            value=command.to_tier,
            allowed="a tier with somebody on duty",
        )
    ladder = draft.handbook.ladder
    counted = ladder is not None and ladder.lowered_times_max is not None
    draft.pass_by(entry)
    draft.record(
        ev.IssueDeescalated(
            at=draft.at,
            by=draft.actor,
            from_tier=issue.tier,
            to_tier=entry.tier,
            owner=entry.post.id,
            owner_person=entry.person,
            reason=command.reason,
            people=entry.people if entry.resolved else (),
            roster=entry.roster,
            number=issue.lowered + 1 if counted else None,
            others=effect_on_left(draft, command.others),
        )
    )
    draft.hold(entry)


def pause(draft: Draft, command: cmd.Pause) -> None:
    """Stop the clocks that the handbook lets stand: for a named reason, and not without end."""
    draft.require_phase(Phase.HANDLING)
    if draft.issue.pause is not None:
        raise WrongPhaseError("The issue is paused already.", field="pause")
    require_wait_allowed(draft)
    require_no_emergency(draft)
    beyond = beyond_limit(draft)
    if beyond is not None:
        value, allowed = beyond
        raise WrongPhaseError(
            "The issue has been paused as often, or for as long, as the handbook allows; "
            "`ask_pause` puts it to the top tier.",
            field="pause",
            value=value,
            allowed=allowed,
        )
    require_party(draft, command.reason, command.party)
    draft.record(
        ev.IssuePaused(
            at=draft.at,
            by=draft.actor,
            reason=command.reason,
            party=command.party,
            note=command.note,
        )
    )


def beyond_limit(draft: Draft) -> tuple[object, str] | None:
    """Return what the issue has used up and what is allowed, if no further wait is (Q7)."""
    issue, limits = draft.issue, draft.handbook.pauses
    if issue.pauses >= limits.times_max:
        return issue.pauses, f"at most {limits.times_max} times"
    total = None if limits.total is None else issue.clock(limits.total)
    if total is not None and total.is_live and total.breached_at is not None:
        return f"{total.elapsed_ms // 60_000} minutes", (
            f"at most {total.budget_ms // 60_000} minutes in all, by clock {total.id}"
        )
    return None


def resume(draft: Draft, command: cmd.Resume) -> None:
    """Let the clocks go on from where they stood."""
    draft.require_phase(Phase.HANDLING)
    if draft.issue.pause is None:
        raise WrongPhaseError("The issue is not paused.", field="pause")
    draft.record(ev.IssueResumed(at=draft.at, by=draft.actor, note=command.note))


def require_party(draft: Draft, reason: PauseReason, party: str | None) -> None:
    """Refuse a wait for an outside body that is not named, or that the handbook does not know, and
    one for the enterprise where it is the enterprise that owes the work."""
    if reason is PauseReason.WAITING_ENTERPRISE:
        refuse_for_rectification(draft, "wait for the enterprise")
    outside = {entry.id for entry in draft.handbook.units if entry.external}
    needed = reason is PauseReason.WAITING_OUTSIDE
    if (party is None and not needed) or party in outside:
        return
    raise InvalidRequestError(
        "Name the outside body that the issue waits for.",
        field="party",
        value=party,
        allowed=outside or "an external unit of the handbook",
    )
