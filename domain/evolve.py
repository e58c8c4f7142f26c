"""How an event changes an issue: the fold that the ledger is read with."""

from datetime import datetime
from typing import assert_never

from domain import events as ev
from domain.clock_rules import FULL_PERCENT
from domain.clocks import Clock, ClockTransition, moved, rung_fired
from domain.events_of_ladder import LadderEvent
from domain.events_of_modes import ModeEvent
from domain.events_of_time import TimeEvent
from domain.evolve_ladder import entered, ladder_changes, mode_changes, sent
from domain.evolve_time import time_changes
from domain.issue import Issue, LeftLevel, Part, Pause, Resolution, SignOff, Team
from domain.people import identities_of, person_of, principal_of
from domain.phases import Outcome, PartStanding, Phase, ResultClass, SignOffOutcome

SignOffEvent = (
    ev.ResolutionProposed
    | ev.SignOffAnswered
    | ev.ResolutionRejected
    | ev.SignOffLapsed
    | ev.ResolutionSentBack
    | ev.IssueClosedOut
    | ev.IssueWithdrawn
    | ev.IssueReopened
)


class StreamError(ValueError):
    """A stream of events that no issue can have: it does not begin with a report."""


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
    )


def _changes(issue: Issue, event: ev.Event) -> dict[str, object]:  # noqa: C901, PLR0911  # one case an event
    match event:
        case ev.IssueReported():
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
            return _closed(Outcome.TURNED_AWAY, event.at)
        case ev.IssueAssigned() | ev.IssueHandedOver():
            return {"handler": event.handler, "unit": event.unit} | sent(issue, event)
        case ev.NoteAdded() | ev.HistoryLost():
            return {}
        case ev.IssueEscalated() | ev.IssueDeescalated():
            return _at_tier(issue, event)
        case ev.TeamConvened() | ev.PartAccepted() | ev.PartRefused() | ev.PartFinished():
            return {"team": _team(issue, event)}
        case ev.PartWaived():
            return {"team": _team(issue, event)}
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


FamilyEvent = SignOffEvent | LadderEvent | ModeEvent | TimeEvent


def _of_a_family(issue: Issue, event: FamilyEvent) -> dict[str, object]:
    if isinstance(event, SignOffEvent):
        return _sign_off_changes(issue, event)
    if isinstance(event, LadderEvent):
        return ladder_changes(issue, event)
    if isinstance(event, ModeEvent):
        return mode_changes(issue, event)
    return time_changes(issue, event)


def _sign_off_changes(issue: Issue, event: SignOffEvent) -> dict[str, object]:  # noqa: PLR0911  # one return a case
    match event:
        case ev.ResolutionProposed():
            return _proposed(issue, event)
        case ev.SignOffAnswered():
            return {"sign_off": _answered(issue, event.outcome, event)}
        case ev.ResolutionRejected():
            return {
                "phase": Phase.HANDLING,
                "rejections": issue.rejections + 1,
                "sign_off": _answered(issue, SignOffOutcome.REJECTED, event),
            }
        case ev.SignOffLapsed():
            return {"sign_off": _answered(issue, SignOffOutcome.DEEMED_ACCEPTED, event)}
        case ev.ResolutionSentBack():
            back: dict[str, object] = {"phase": Phase.HANDLING}
            return back | ({"rejections": issue.rejections + 1} if event.counts else {})
        case ev.IssueClosedOut():
            return _closed(event.outcome, event.at)
        case ev.IssueWithdrawn():
            if event.closes:
                return _closed(Outcome.WITHDRAWN, event.at)
            return {
                "phase": Phase.SIGN_OFF,
                "pause": None,
                "request": None,
                "parking": None,
                "sign_off": _withdrawn(issue, event),
            }
        case ev.IssueReopened():
            return _reopened(issue, event)
        case _:
            assert_never(event)


def _closed(outcome: Outcome, at: datetime) -> dict[str, object]:
    return {
        "phase": Phase.CLOSED,
        "outcome": outcome,
        "closed_at": at,
        "pause": None,
        "request": None,
        "reply_wanted": False,
        "parking": None,
    }


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


def _team(
    issue: Issue,
    event: ev.TeamConvened | ev.PartAccepted | ev.PartRefused | ev.PartFinished | ev.PartWaived,
) -> Team:
    if isinstance(event, ev.TeamConvened):
        parts = tuple(Part(**part.model_dump()) for part in event.parts)
        return Team(number=event.number, lead=event.lead, parts=parts)
    standing = {
        "part_accepted": PartStanding.ACCEPTED,
        "part_refused": PartStanding.REFUSED,
        "part_finished": PartStanding.FINISHED,
        "part_waived": PartStanding.WAIVED,
    }[event.kind]
    return _with_part(issue, event.part, {"standing": standing})


def _with_part(issue: Issue, part_id: str, update: dict[str, object]) -> Team:
    if issue.team is None:
        msg = f"stream {issue.stream} has no team for part {part_id!r}"
        raise StreamError(msg)
    parts = tuple(
        part.model_copy(update=update) if part.id == part_id else part for part in issue.team.parts
    )
    return issue.team.model_copy(update={"parts": parts})


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
    if part is not None and breached_at is not None and issue.team is not None:
        changes["team"] = _with_part(issue, part, {"late": True})
    return changes


def part_of_clock(clock_id: str) -> str | None:
    """Return the part that a clock of scope `part` belongs to. Its id is `<rule>.<team>.<part>`."""
    pieces = clock_id.split(".", 2)
    return pieces[2] if len(pieces) == 3 else None  # noqa: PLR2004  # rule, team, part


def _proposed(issue: Issue, event: ev.ResolutionProposed) -> dict[str, object]:
    sign_off = SignOff(
        round=event.round,
        resolution=event.resolution,
        proposed_at=event.at,
        proposed_by=person_of(event.by),
        proposed_for=principal_of(event.by),
        proposed_tier=issue.tier,
    )
    return {
        "phase": Phase.SIGN_OFF,
        "sign_off": sign_off,
        "under_review": False,
        "pause": None,
        "request": None,
    }


def _answered(
    issue: Issue,
    outcome: SignOffOutcome,
    event: ev.SignOffAnswered | ev.ResolutionRejected | ev.SignOffLapsed,
) -> SignOff | None:
    if issue.sign_off is None:
        return None
    answerers = dict.fromkeys((*issue.sign_off.answerers, *identities_of(event.by)))
    return issue.sign_off.model_copy(
        update={
            "outcome": outcome,
            "answered_at": event.at,
            "answered_by": person_of(event.by),
            "answerers": tuple(answerers),
        }
    )


def _withdrawn(issue: Issue, event: ev.IssueWithdrawn) -> SignOff:
    resolution = Resolution(result=ResultClass.WITHDRAWN, summary=event.reason, reason=event.reason)
    # Whoever proposed what is withdrawn before it was verified stays bound by that act.
    pending = issue.sign_off if issue.phase is Phase.SIGN_OFF else None
    return SignOff(
        round=1 if issue.sign_off is None else issue.sign_off.round + 1,
        resolution=resolution,
        proposed_at=event.at,
        proposed_by=None if pending is None else pending.proposed_by,
        proposed_for=None if pending is None else pending.proposed_for,
        proposed_tier=issue.tier,
        outcome=SignOffOutcome.WITHDRAWN,
        answered_at=event.at,
        answered_by=person_of(event.by),
    )


def _reopened(issue: Issue, event: ev.IssueReopened) -> dict[str, object]:
    """A fresh cycle of the same issue; the first one's verdicts stay in its events (R10.1)."""
    return {
        "phase": Phase.HANDLING,
        "outcome": None,
        "closed_at": None,
        "tier": event.tier,
        "tier_reached": max(issue.tier_reached, event.tier),
        "owner": event.owner,
        "handler": event.owner,
        "unit": None,
        "reopened": issue.reopened + 1,
        "rejections": 0,
        "team": None,
        "sign_off": None,
        "under_review": False,
        "level": entered(event),
        "dispatch": None,
        "left": (),
        "refusals": 0,
    }
