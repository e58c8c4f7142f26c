"""Out of the ordinary course: green channel, emergency, parking."""

from typing import NoReturn

from domain import commands as cmd
from domain import commands_of_modes as md
from domain import events as ev
from domain import events_of_modes as mode
from domain.decisions.bounds import require_another_hand, require_no_request
from domain.decisions.draft import Draft
from domain.decisions.ladder import require_wait_allowed
from domain.decisions.rounds import ask
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.handbook import EmergencyRule, GreenChannelRule, ParkingRule
from domain.issue import Incident, Request
from domain.ladder import everyone
from domain.organization import chain_posts, post
from domain.people import ENGINE, Officer, identities_of, named
from domain.permissions import officer_post
from domain.phases import Phase, Priority, Subject
from domain.retargeting import reclassified


def require_reported_channel(draft: Draft, command: cmd.Report) -> None:
    """Refuse a report that takes the green channel without authority, or names an incident and is
    no emergency."""
    handbook = draft.handbook
    emergency = command.priority is Priority.EMERGENCY and handbook.emergency is not None
    if command.incident is not None and not emergency:
        raise InvalidRequestError(
            "Only an emergency belongs to an incident, where the handbook knows emergencies.",
            field="incident",
            value=command.incident,
            allowed=f"priority {Priority.EMERGENCY}"
            if handbook.emergency is not None
            else "none: the handbook of this zone knows no emergencies",
        )
    rule = handbook.green_channel
    if rule is None or command.priority is not Priority.EXPEDITED:
        return
    actor, tier = draft.actor, None
    if isinstance(actor, Officer):
        held = officer_post(actor, draft.setting(command.kind))
        in_chain = held.tier and held in chain_posts(handbook, command.enterprise, held.tier)
        tier = held.tier if in_chain else None
    several = handbook.round_for(Subject.GREEN_CHANNEL) is not None
    if several or tier is None or tier < rule.from_tier:
        _to_the_channel(command.priority, "open_green_channel", rule.from_tier)


def require_channel(draft: Draft, priority: Priority) -> None:
    """Refuse a change of priority for which the handbook has a way of its own."""
    issue, handbook = draft.issue, draft.handbook
    if priority is issue.priority:
        return
    if issue.incident is not None and issue.incident.ended_at is None:
        raise WrongPhaseError(
            "An emergency is ended, not reclassified.",
            field="priority",
            value=priority,
            allowed="end_emergency",
        )
    if priority is Priority.EXPEDITED and handbook.green_channel is not None:
        _to_the_channel(priority, "open_green_channel", handbook.green_channel.from_tier)
    if priority is Priority.EMERGENCY and handbook.emergency is not None:
        _to_the_channel(priority, "declare_emergency", handbook.emergency.from_tier)


def _to_the_channel(priority: Priority, command: str, from_tier: int) -> NoReturn:
    raise NotPermittedError(
        "This priority is given by authority and for a reason.",
        field="priority",
        value=priority,
        allowed=f"{command}, from tier {from_tier} up",
    )


def open_green_channel(draft: Draft, command: md.OpenGreenChannel) -> None:
    """Let other limits hold, by authority and for a reason (M35); where several decide it, once
    they have."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    require_another_hand(draft)
    rule = _require_channel_open(draft)
    _require_leader(draft, rule)
    if not ask(draft, Subject.GREEN_CHANNEL, command.reason):
        green_channel_opened(draft, command.reason)


def _require_channel_open(draft: Draft) -> GreenChannelRule:
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    issue, rule = draft.issue, draft.handbook.green_channel
    if rule is None:
        raise WrongPhaseError("The handbook of this zone knows no green channel.", field="priority")
    if issue.priority is not Priority.ORDINARY:
        raise WrongPhaseError(
            "The issue moves as fast as that already.",
            field="priority",
            value=issue.priority,
            allowed=Priority.ORDINARY,
        )
    _require_channels_left(draft, rule)
    return rule


def green_channel_opened(draft: Draft, reason: str) -> None:
    """Open it, if it can be opened now."""
    _require_channel_open(draft)
    issue = draft.issue
    after = issue.model_copy(update={"priority": Priority.EXPEDITED})
    draft.record(
        mode.GreenChannelOpened(
            at=draft.at,
            by=draft.actor,
            from_priority=issue.priority,
            to_priority=after.priority,
            reason=reason,
        ),
        reclassified(issue, after, draft.terms, draft.at, draft.rules),
    )


def _require_channels_left(draft: Draft, rule: GreenChannelRule) -> None:
    """Refuse the green channel beyond its times, by whatever command."""
    if draft.issue.green_channels >= rule.times_max:
        raise WrongPhaseError(
            "The green channel has been opened for this issue as often as the handbook allows.",
            field="green_channels",
            value=draft.issue.green_channels,
            allowed=f"at most {rule.times_max} times",
        )


def _require_leader(draft: Draft, rule: GreenChannelRule) -> None:
    """Refuse the green channel from below its tier, by whatever command."""
    held = None if not isinstance(draft.actor, Officer) else post(draft.handbook, draft.actor.post)
    if held is None or held.tier is None or held.tier < rule.from_tier:
        _to_the_channel(Priority.EXPEDITED, "open_green_channel", rule.from_tier)


def declare_emergency(draft: Draft, command: md.DeclareEmergency) -> None:
    """Tell every tier, let limits count day and night (M37). An emergency waits for nothing: what
    was parked or paused goes on."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.PARKED)
    incident = draft.issue.incident
    if incident is not None and incident.ended_at is None:
        raise WrongPhaseError(
            "An emergency is declared already.",
            field="incident",
            value=incident.id,
            allowed="enter_stage or end_emergency",
        )
    _require_declarable(draft)
    if draft.issue.phase is Phase.PARKED:
        draft.record(mode.IssueUnparked(at=draft.at, by=draft.actor, reason=command.reason))
    if draft.issue.pause is not None:
        draft.record(ev.IssueResumed(at=draft.at, by=draft.actor, note=command.reason))
    declared(draft, command.incident, command.reason)


def _require_declarable(draft: Draft) -> None:
    most = _emergency_rule(draft).times_max
    if draft.issue.emergencies >= most:
        raise WrongPhaseError(
            "The issue has been declared an emergency as often as the handbook allows.",
            field="emergencies",
            value=draft.issue.emergencies,
            allowed=f"at most {most} times",
        )


def declared(draft: Draft, incident: str | None, reason: str | None) -> None:
    """Record the emergency with everybody of the ladder at this instant, whoever is on duty."""
    issue, rule = draft.issue, _emergency_rule(draft)
    after = issue.model_copy(update={"priority": Priority.EMERGENCY})
    draft.record(
        mode.EmergencyDeclared(
            at=draft.at,
            by=draft.actor,
            incident=incident or issue.key,
            stage=rule.stages[0].id,
            from_priority=issue.priority,
            levels=tuple(everyone(draft.handbook, issue.enterprise, draft.local)),
            reason=reason,
        ),
        reclassified(issue, after, draft.terms, draft.at, draft.rules),
    )


def enter_stage(draft: Draft, command: md.EnterStage) -> None:
    """Go on to a later stage of the emergency; there is no way back to an earlier one."""
    stages = [each.id for each in _emergency_rule(draft).stages]
    incident = _open_incident(draft)
    now = stages.index(incident.stage) if incident.stage in stages else -1
    later = stages[now + 1 :]
    if command.stage not in later:
        raise InvalidRequestError(
            "That is no later stage of the emergency.",
            field="stage",
            value=command.stage,
            allowed=", ".join(later) or f"none: {incident.stage} is the last",
        )
    draft.record(
        mode.EmergencyStageEntered(
            at=draft.at,
            by=draft.actor,
            incident=incident.id,
            stage=command.stage,
            reason=command.reason,
        )
    )


def end_emergency(draft: Draft, command: md.EndEmergency) -> None:
    """What is left to do goes on under another priority."""
    issue, incident = draft.issue, _open_incident(draft)
    if command.priority is Priority.EMERGENCY:
        raise InvalidRequestError(
            "An emergency ends in another priority.",
            field="priority",
            value=command.priority,
            allowed=f"{Priority.ORDINARY} or {Priority.EXPEDITED}",
        )
    if issue.tier < draft.handbook.top_tier:
        require_another_hand(draft)
    channel = draft.handbook.green_channel
    if command.priority is Priority.EXPEDITED and channel is not None:
        _require_channels_left(draft, channel)
        _require_leader(draft, channel)
        if draft.handbook.round_for(Subject.GREEN_CHANNEL) is not None:
            _to_the_channel(command.priority, "open_green_channel", channel.from_tier)
    after = issue.model_copy(update={"priority": command.priority})
    draft.record(
        mode.EmergencyEnded(
            at=draft.at,
            by=draft.actor,
            incident=incident.id,
            to_priority=command.priority,
            reason=command.reason,
        ),
        reclassified(issue, after, draft.terms, draft.at, draft.rules),
    )


def _emergency_rule(draft: Draft) -> EmergencyRule:
    rule = draft.handbook.emergency
    if rule is None:
        raise WrongPhaseError("The handbook of this zone knows no emergencies.", field="priority")
    return rule


def _open_incident(draft: Draft) -> Incident:
    incident = draft.issue.incident
    if incident is None or incident.ended_at is not None:
        raise WrongPhaseError(
            "No emergency is declared of this issue.", field="incident", allowed="declare_emergency"
        )
    return incident


def ask_parking(draft: Draft, command: md.AskParking) -> None:
    """Ask whoever may approve it (R11). Asking alone moves no clock."""
    require_no_request(draft)
    _require_parkable(draft)
    draft.record(mode.ParkingAsked(at=draft.at, by=draft.actor, reason=command.reason))
    ask(draft, Subject.PARKING, command.reason)


def park(draft: Draft, request: Request, note: str) -> None:
    """Park the issue, as it was asked; what bars it is looked at on this day again."""
    _require_parkable(draft)
    draft.record(
        mode.IssueParked(
            at=draft.at,
            by=draft.actor,
            number=draft.issue.parked + 1,
            reason=request.note,
            note=note,
        )
    )


def _require_parkable(draft: Draft) -> None:
    """An issue that waits already, is disputed, an emergency, or in the hands of a team that owes
    something is not parked."""
    draft.require_phase(Phase.HANDLING)
    issue = draft.issue
    require_wait_allowed(draft)
    _require_times(draft, _parking_rule(draft))
    open_parts = () if issue.team is None else issue.team.open_parts
    incident = issue.incident is not None and issue.incident.ended_at is None
    disputed = issue.dispatch is not None and issue.dispatch.arbiter is not None
    barred = (
        (disputed, "dispatch", "rule_dispatch"),
        (issue.pause is not None, "pause", "resume"),
        (bool(open_parts), "parts", "finish_part or waive_part"),
        (incident, "incident", "end_emergency"),
    )
    for holds, field, way in barred:
        if holds:
            raise WrongPhaseError("As it stands the issue is not parked.", field=field, allowed=way)


def prolong_parking(draft: Draft, command: md.ProlongParking) -> None:
    """Leave the issue parked until the next review: by somebody else than whoever asked for it."""
    draft.require_phase(Phase.PARKED)
    issue = draft.issue
    require_wait_allowed(draft)
    _require_times(draft, _parking_rule(draft))
    parking = issue.parking
    asked = set() if parking is None else {parking.asked_by, parking.asked_for}
    if not asked.isdisjoint(identities_of(draft.actor)):
        raise NotPermittedError(
            "Nobody prolongs a parking that they asked for.",
            field="actor",
            value=named(draft.actor),
            allowed="another person",
        )
    draft.record(
        mode.ParkingProlonged(
            at=draft.at, by=draft.actor, number=issue.parked + 1, reason=command.reason
        )
    )


def unpark(draft: Draft, command: md.Unpark) -> None:
    """Take the issue up again before its review is due."""
    draft.require_phase(Phase.PARKED)
    draft.record(mode.IssueUnparked(at=draft.at, by=draft.actor, reason=command.reason))


def unpark_by_time(draft: Draft, clock_id: str) -> None:
    """Nobody has prolonged it: back to work. Nothing if it is not parked."""
    if draft.issue.phase is Phase.PARKED:
        draft.record(mode.IssueUnparked(at=draft.at, by=ENGINE, clock=clock_id))


def _parking_rule(draft: Draft) -> ParkingRule:
    rule = draft.handbook.parking
    if rule is None:
        raise WrongPhaseError("The handbook of this zone knows no parking.", field="parking")
    return rule


def _require_times(draft: Draft, rule: ParkingRule) -> None:
    """Refuse to park or prolong more often than the handbook allows (R11: a cap)."""
    if draft.issue.parked >= rule.times_max:
        raise WrongPhaseError(
            "The issue has been parked as often as the handbook allows.",
            field="parking",
            value=draft.issue.parked,
            allowed=f"at most {rule.times_max} times, prolongings included",
        )
