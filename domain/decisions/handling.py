"""Working on an issue: who handles it, at which tier, and while whom it waits for."""

from domain import commands as cmd
from domain import events as ev
from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError, WrongPhaseError
from domain.organization import post, posts_of_unit, unit
from domain.phases import PauseReason, Phase


def assign(draft: Draft, command: cmd.Assign) -> None:
    """Name the handler. Tier and owner stay."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    held = post(draft.handbook, command.handler)
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
        )
    )


def hand_over(draft: Draft, command: cmd.HandOver) -> None:
    """Route the work to a unit of the zone (M23)."""
    draft.require_phase(Phase.HANDLING)
    body = unit(draft.handbook, command.unit)
    posts = posts_of_unit(draft.handbook, command.unit)
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
        )
    )


def note(draft: Draft, command: cmd.Note) -> None:
    """Keep a remark. It moves nothing."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF)
    draft.record(
        ev.NoteAdded(at=draft.at, by=draft.actor, text=command.text, evidence=command.evidence)
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
    owner, person = draft.owner_at(to_tier)
    draft.record(
        ev.IssueEscalated(
            at=draft.at,
            by=draft.actor,
            from_tier=issue.tier,
            to_tier=to_tier,
            owner=owner,
            owner_person=person,
            skipped=tuple(range(lowest_skip, to_tier)),
            reason=command.reason,
        )
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
    owner, person = draft.owner_at(command.to_tier)
    draft.record(
        ev.IssueDeescalated(
            at=draft.at,
            by=draft.actor,
            from_tier=issue.tier,
            to_tier=command.to_tier,
            owner=owner,
            owner_person=person,
            reason=command.reason,
        )
    )


def pause(draft: Draft, command: cmd.Pause) -> None:
    """Stop the clocks that the handbook lets stand: for a named reason, and not without end."""
    draft.require_phase(Phase.HANDLING)
    if draft.issue.pause is not None:
        raise WrongPhaseError("The issue is paused already.", field="pause")
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
    """Refuse a wait for an outside body that is not named, or that the handbook does not know."""
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
