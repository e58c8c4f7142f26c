"""An issue's limits: first contact and plan, another class, more time, a longer wait, a reply."""

from typing import assert_never

from domain import commands_of_time as cmd
from domain import events as ev
from domain import events_of_time as tm
from domain.clocks import Clock, target_of
from domain.decisions.bounds import require_another_hand, require_no_request
from domain.decisions.draft import OCCURRED_AGE_MAX, Draft
from domain.decisions.handling import beyond_limit, require_party
from domain.decisions.ladder import require_wait_allowed
from domain.decisions.modes import park, require_channel
from domain.decisions.rounds import ask, require_unasked
from domain.errors import (
    InvalidRequestError,
    UnknownCategoryError,
    WrongPhaseError,
)
from domain.handbook import ExtensionRule
from domain.issue import Request
from domain.personal import kept
from domain.phases import Phase, Subject
from domain.retargeting import Change, extended_ms_by, reclassified, retargeted


def contact(draft: Draft, command: cmd.Contact) -> None:
    """Record that the enterprise has been spoken with."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.PARKED)
    draft.record(
        tm.EnterpriseContacted(
            at=draft.at,
            by=draft.actor,
            channel=command.channel,
            note=command.note,
            personal=kept(command.personal),
        )
    )


def make_plan(draft: Draft, command: cmd.MakePlan) -> None:
    """Record what the enterprise was told will be done."""
    draft.require_phase(Phase.HANDLING)
    draft.record(
        tm.PlanMade(at=draft.at, by=draft.actor, plan=command.plan, finish_on=command.finish_on)
    )


def demand_reply(draft: Draft, command: cmd.DemandReply) -> None:
    """Ask whoever works on the issue for an answer."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    if draft.issue.reply_wanted:
        raise WrongPhaseError("A reply is wanted already.", field="reply")
    draft.record(tm.ReplyDemanded(at=draft.at, by=draft.actor, question=command.question))


def give_reply(draft: Draft, command: cmd.GiveReply) -> None:
    """Answer the supervisor."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    if not draft.issue.reply_wanted:
        raise WrongPhaseError("Nobody has asked for a reply.", field="reply")
    draft.record(tm.ReplyGiven(at=draft.at, by=draft.actor, reply=command.reply))


def reclassify(draft: Draft, command: cmd.Reclassify) -> None:
    """Change category or priority, and with it the targets of running clocks (R3.1, R3.2)."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    require_another_hand(draft)
    _require_fewer_changes(draft)
    issue = draft.issue
    category = command.category or issue.category
    priority = command.priority or issue.priority
    require_channel(draft, priority)
    known = {entry.id for entry in draft.handbook.categories}
    if category not in known:
        raise UnknownCategoryError(
            "No such category in this zone.", field="category", value=category, allowed=known
        )
    if (category, priority) == (issue.category, issue.priority):
        raise InvalidRequestError(
            "That changes nothing.",
            field="category, priority",
            value=f"{category}, {priority}",
            allowed="another category or another priority",
        )
    after = issue.model_copy(update={"category": category, "priority": priority})
    draft.record(
        tm.IssueReclassified(
            at=draft.at,
            by=draft.actor,
            from_category=issue.category,
            to_category=category,
            from_priority=issue.priority,
            to_priority=priority,
            reason=command.reason,
        ),
        reclassified(issue, after, draft.terms, draft.at, draft.rules),
    )


def _require_fewer_changes(draft: Draft) -> None:
    """A new class gives new limits: not without end."""
    most = draft.handbook.reclassified_times_max
    if most is not None and draft.issue.reclassified >= most:
        raise WrongPhaseError(
            "The issue has changed its class as often as the handbook allows.",
            field="reclassified",
            value=draft.issue.reclassified,
            allowed=f"at most {most} times",
        )


def ask_extension(draft: Draft, command: cmd.AskExtension) -> None:
    """Ask for more time while there is some left (Q8). Asking alone moves no clock."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    require_no_request(draft)
    rule = _extension_rule(draft)
    clock = _live_clock(draft, command.clock, rule)
    if draft.issue.extensions >= rule.times_max:
        raise WrongPhaseError(
            "The issue's limits have been extended as often as the handbook allows.",
            field="extension",
            value=draft.issue.extensions,
            allowed=f"at most {rule.times_max} times",
        )
    if clock.breached_at is not None:
        raise WrongPhaseError(
            "More time is asked for before the limit has passed, not after it.",
            field="clock",
            value=clock.id,
            allowed="a clock that has not run out",
        )
    _require_moderate(draft, command, clock, rule)
    draft.record(
        tm.ExtensionAsked(
            at=draft.at,
            by=draft.actor,
            clock=clock.id,
            cycle=clock.cycle,
            extra=command.extra,
            reason=command.reason,
        )
    )
    ask(draft, Subject.EXTENSION, command.reason)


def _require_moderate(
    draft: Draft, command: cmd.AskExtension, clock: Clock, rule: ExtensionRule
) -> None:
    calendar = draft.terms.calendar_of(draft.terms.rules_by_id[clock.rule])
    asked = extended_ms_by(command.extra, clock, calendar, draft.at)
    most = extended_ms_by(rule.at_most, clock, calendar, draft.at)
    if not 0 < asked <= most:
        raise InvalidRequestError(
            "That much more time cannot be given at once."
            if asked
            else "That adds no time that the clock counts.",
            field="extra",
            value=command.extra.model_dump_json(),
            allowed=f"up to {rule.at_most.model_dump_json()}",
        )


def ask_pause(draft: Draft, command: cmd.AskPause) -> None:
    """Ask the top tier for a wait that the owner may not begin alone (Q7)."""
    draft.require_phase(Phase.HANDLING)
    if draft.issue.pause is not None:
        raise WrongPhaseError("The issue is paused already.", field="pause")
    require_no_request(draft)
    require_wait_allowed(draft)
    if beyond_limit(draft) is None:
        raise WrongPhaseError(
            "The handbook still allows a pause without asking.", field="pause", allowed="pause"
        )
    require_party(draft, command.reason, command.party)
    draft.record(
        tm.PauseAsked(
            at=draft.at,
            by=draft.actor,
            reason=command.reason,
            party=command.party,
            note=command.note,
        )
    )
    ask(draft, Subject.PAUSE, command.note)


def grant(draft: Draft, command: cmd.Grant) -> None:
    """Give what was asked for, alone: not where several were asked."""
    require_unasked(draft, _request(draft))
    granted(draft, command.note)


def granted(draft: Draft, note: str) -> None:
    """Give what was asked for: the clock gets its new target, or the issue waits. The handbook's
    bound holds on this day as well: a wait in between may have moved what a length comes to."""
    request = _request(draft)
    match request.asked:
        case "extension":
            _extend(draft, request, note)
        case "pause":
            if draft.issue.pause is not None:
                raise WrongPhaseError("The issue is paused already.", field="pause")
            require_wait_allowed(draft)
            draft.record(tm.PauseGranted(at=draft.at, by=draft.actor, note=note))
            if request.reason is not None:
                draft.record(
                    ev.IssuePaused(
                        at=draft.at,
                        by=draft.actor,
                        reason=request.reason,
                        party=request.party,
                        note=request.note,
                    )
                )
        case "parking":
            park(draft, request, note)
        case _:
            assert_never(request.asked)


def refuse(draft: Draft, command: cmd.Refuse) -> None:
    """Do not give what was asked for, alone: not where several were asked."""
    require_unasked(draft, _request(draft))
    refused(draft, command.reason)


def refused(draft: Draft, reason: str) -> None:
    """Do not give what was asked for. No clock has stood meanwhile."""
    request = _request(draft)
    draft.record(tm.RequestRefused(at=draft.at, by=draft.actor, asked=request.asked, reason=reason))


def correct(draft: Draft, command: cmd.Correct) -> None:
    """Say when an earlier event took place (R3.5). Nothing that was decided changes."""
    version = draft.issue.version
    if command.version > version:
        raise InvalidRequestError(
            "Only what has been recorded can be corrected.",
            field="version",
            value=command.version,
            allowed=f"1 to {version}",
        )
    if not draft.at - OCCURRED_AGE_MAX <= command.took_place_at <= draft.at:
        raise InvalidRequestError(
            "What is corrected must have happened already, and within ten years.",
            field="took_place_at",
            value=command.took_place_at.isoformat(),
            allowed=f"{(draft.at - OCCURRED_AGE_MAX).isoformat()} to {draft.at.isoformat()}",
        )
    draft.record(
        tm.FactCorrected(
            at=draft.at,
            by=draft.actor,
            version=command.version,
            took_place_at=command.took_place_at,
            reason=command.reason,
            evidence=command.evidence,
        )
    )


def _extend(draft: Draft, request: Request, note: str) -> None:
    clock = _clock_to_extend(draft, request)
    extra = request.extra
    if extra is None:
        raise InvalidRequestError("No time was asked for.", field="extra")
    rule = draft.terms.rules_by_id[clock.rule]
    most = _extension_rule(draft).at_most
    calendar = draft.terms.calendar_of(rule)
    more = min(extended_ms_by(each, clock, calendar, draft.at) for each in (extra, most))
    own = target_of(clock, draft.terms.hash)
    change = retargeted(
        clock,
        own.model_copy(update={"budget_ms": own.budget_ms + more}),
        rule,
        draft.terms,
        draft.at,
        draft.rules,
        Change(by="extension", came_by=own.terms, extended_ms=clock.extended_ms + more),
    )
    draft.record(
        tm.ExtensionGranted(
            at=draft.at,
            by=draft.actor,
            clock=clock.id,
            cycle=clock.cycle,
            extra=extra,
            note=note,
        ),
        (change,),
    )


def _clock_to_extend(draft: Draft, request: Request) -> Clock:
    clock = None if request.clock is None else draft.issue.clock(request.clock)
    if clock is None:
        raise InvalidRequestError("The clock is gone.", field="clock", value=request.clock)
    if not clock.is_live or clock.cycle != request.cycle or clock.breached_at is not None:
        raise WrongPhaseError(
            "The clock has ended or run out since the extension was asked for.",
            field="clock",
            value=clock.id,
            allowed="a clock that is still running in the same cycle",
        )
    return clock


def _live_clock(draft: Draft, clock_id: str, rule: ExtensionRule) -> Clock:
    clock = draft.issue.clock(clock_id)
    if clock is None or not clock.is_live or clock.rule not in rule.clocks:
        live = {c.id for c in draft.issue.clocks if c.is_live and c.rule in rule.clocks}
        raise InvalidRequestError(
            "There is no such limit to extend now.",
            field="clock",
            value=clock_id,
            allowed=live or "none: no clock that may be extended is running",
        )
    return clock


def _extension_rule(draft: Draft) -> ExtensionRule:
    rule = draft.handbook.extensions
    if rule is None:
        raise WrongPhaseError("The handbook of this zone knows no extensions.", field="extension")
    return rule


def _request(draft: Draft) -> Request:
    if draft.issue.request is None:
        raise WrongPhaseError("Nothing has been asked for.", field="request")
    return draft.issue.request
