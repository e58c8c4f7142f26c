"""How an event changes an issue: the fold that the ledger is read with."""

from datetime import datetime

from domain import events as ev
from domain.clock_rules import FULL_PERCENT
from domain.clocks import Clock, ClockTransition, moved, rung_fired
from domain.events_of_callbacks import CallbackEvent
from domain.events_of_exclusions import ExclusionEvent
from domain.events_of_forms import FormEvent
from domain.events_of_import import IssueImported
from domain.events_of_kin import KinEvent
from domain.events_of_ladder import LadderEvent
from domain.events_of_modes import ModeEvent
from domain.events_of_rounds import RoundEvent
from domain.events_of_team import TeamEvent
from domain.events_of_time import TimeEvent
from domain.evolve_callbacks import callback_changes
from domain.evolve_exclusions import exclusion_changes
from domain.evolve_forms import form_changes, ordered
from domain.evolve_import import brought
from domain.evolve_kin import kin_changes
from domain.evolve_ladder import entered, ladder_changes, mode_changes, sent
from domain.evolve_rounds import round_changes
from domain.evolve_sign_off import SignOffEvent, closed, sign_off_changes
from domain.evolve_team import (
    StreamError,
    answered_part,
    convened,
    makes_late,
    part_of_clock,
    team_changes,
    with_part,
)
from domain.evolve_time import time_changes
from domain.issue import Issue, LeftLevel, Pause
from domain.kin import Tie
from domain.phases import LinkType, Outcome, Phase

__all__ = [
    "FamilyEvent",
    "SignOffEvent",
    "StreamError",
    "evolve",
    "facts_after",
    "part_of_clock",
    "with_clocks",
]


def evolve(issue: Issue | None, event: ev.Event, *, zone: str, key: str, terms: str) -> Issue:
    """Return the issue after `event`, its clocks moved as the event records."""
    after = facts_after(issue, event, zone=zone, key=key, terms=terms)
    return with_clocks(after, event.clocks, event.at)


def with_clocks(issue: Issue, changes: tuple[ClockTransition, ...], at: datetime) -> Issue:
    """Return the issue with `changes` applied to its clocks."""
    if not changes:
        return issue
    clocks = {clock.id: clock for clock in issue.clocks}
    for change in changes:
        clocks[change.clock] = moved(clocks.get(change.clock), change, at)
    return issue.model_copy(update={"clocks": tuple(clocks.values())})


def facts_after(issue: Issue | None, event: ev.Event, *, zone: str, key: str, terms: str) -> Issue:
    """Return the issue after `event`, before any clock has moved."""
    if issue is None:
        if isinstance(event, ev.IssueReported):
            return _reported(event, zone, key, terms)
        if isinstance(event, IssueImported):
            return brought(event, zone, key, terms)
        msg = f"stream {zone}/{key} begins with {event.kind}, not with a report"
        raise StreamError(msg)
    changes = _changes(issue, event)
    return issue.model_copy(
        update={"version": issue.version + 1, "changed_at": event.at, **changes}
    )


def _reported(event: ev.IssueReported, zone: str, key: str, terms: str) -> Issue:
    return Issue(
        zone=zone,
        key=key,
        version=1,
        terms=terms,
        phase=Phase.INTAKE,
        origin=event.origin,
        priority=event.priority,
        category=event.category,
        enterprise=event.enterprise,
        title=event.title,
        tier=event.tier,
        tier_reached=event.tier,
        owner=event.owner,
        handler=event.owner,
        reported_at=event.at,
        changed_at=event.at,
        level=entered(event),
        report_id=event.report_id,
        matter=event.matter,
        reported_by=event.reporters,
        promise=event.promise,
        ties=_ties(event),
        rectification=ordered(event),
        application=event.application,
    )


def _ties(event: ev.IssueReported) -> tuple[Tie, ...]:
    if event.succeeds is None:
        return ()
    return (Tie(type=LinkType.SUCCEEDS, other=event.succeeds),)


def _changes(issue: Issue, event: ev.Event) -> dict[str, object]:  # noqa: C901, PLR0911  # one case an event
    match event:
        case ev.IssueReported() | IssueImported():
            msg = f"stream {issue.stream} reports its issue twice"
            raise StreamError(msg)
        case ev.IssueAccepted():
            return {
                "phase": Phase.HANDLING,
                "number": event.number,
                "accepted_at": event.at,
                "category": event.category,
                "handler": event.handler,
                "under_review": False,
            }
        case ev.IssueTurnedAway():
            return closed(Outcome.TURNED_AWAY, event.at)
        case ev.IssueAssigned() | ev.IssueHandedOver():
            return {"handler": event.handler, "unit": event.unit} | sent(issue, event)
        case ev.NoteAdded() | ev.HistoryLost():
            return {}
        case ev.IssueEscalated() | ev.IssueDeescalated():
            return _at_tier(issue, event)
        case ev.TeamConvened():
            return convened(issue, event)
        case ev.PartAccepted() | ev.PartRefused() | ev.PartFinished() | ev.PartWaived():
            return {"team": answered_part(issue, event)}
        case ev.IssuePaused():
            pause = Pause(reason=event.reason, party=event.party, since_at=event.at)
            return {"pause": pause, "pauses": issue.pauses + 1}
        case ev.IssueResumed():
            return {"pause": None}
        case ev.RungFired():
            return _fired(issue, event)
        case ev.IssuePutToReview():
            return {"under_review": True}
        case _:
            return _of_a_family(issue, event)


FamilyEvent = (
    SignOffEvent
    | LadderEvent
    | ModeEvent
    | TimeEvent
    | TeamEvent
    | RoundEvent
    | KinEvent
    | FormEvent
    | CallbackEvent
    | ExclusionEvent
)


def _of_a_family(issue: Issue, event: FamilyEvent) -> dict[str, object]:  # noqa: PLR0911  # one a family
    if isinstance(event, TeamEvent):
        return team_changes(issue, event)
    if isinstance(event, RoundEvent):
        return round_changes(issue, event)
    if isinstance(event, KinEvent):
        return kin_changes(issue, event)
    if isinstance(event, FormEvent):
        return form_changes(issue, event)
    if isinstance(event, CallbackEvent):
        return callback_changes(issue, event)
    if isinstance(event, ExclusionEvent):
        return exclusion_changes(issue, event)
    if isinstance(event, SignOffEvent):
        return sign_off_changes(issue, event)
    if isinstance(event, LadderEvent):
        return ladder_changes(issue, event)
    if isinstance(event, ModeEvent):
        return mode_changes(issue, event)
    return time_changes(issue, event)


def _at_tier(issue: Issue, event: ev.IssueEscalated | ev.IssueDeescalated) -> dict[str, object]:
    count = "raised" if isinstance(event, ev.IssueEscalated) else "lowered"
    return (
        {
            "tier": event.to_tier,
            "owner": event.owner,
            "handler": event.owner,
            "unit": None,
            "tier_reached": max(issue.tier_reached, event.to_tier),
            "under_review": False,
            "pause": None,
            "request": None,
            "level": entered(event),
            "dispatch": None,
        }
        | ({} if event.number is None else {count: event.number})
        | _left(issue, event)
    )


def _left(issue: Issue, event: ev.IssueEscalated | ev.IssueDeescalated) -> dict[str, object]:
    """Remember how the level was left, and forget that of the one the issue comes to."""
    if event.others is None and not issue.left:
        return {}
    others = tuple(e for e in issue.left if e.tier not in (event.from_tier, event.to_tier))
    if event.others is not None:
        others = (*others, LeftLevel(tier=event.from_tier, others=event.others))
    return {"left": others}


def _fired(issue: Issue, event: ev.RungFired) -> dict[str, object]:
    breached_at = event.due_at if event.percent == FULL_PERCENT else None
    clocks: tuple[Clock, ...] = tuple(
        rung_fired(
            clock,
            event.rung,
            breached_at=breached_at,
            following=event.next,
            skipped=event.skipped,
        )
        if clock.id == event.clock and clock.cycle == event.cycle
        else clock
        for clock in issue.clocks
    )
    changes: dict[str, object] = {"clocks": clocks}
    part = part_of_clock(event.clock)
    if part is not None and breached_at is not None and makes_late(issue, event.clock):
        changes["team"] = with_part(issue, part, {"late": True})
    return changes
