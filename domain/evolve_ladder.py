"""How the events of an issue's ladder and of its special modes change its facts."""

from typing import assert_never

from domain import events_of_ladder as ev
from domain import events_of_modes as md
from domain.issue import Dispatch, Incident, Instruction, Issue, Level, Parking, Request
from domain.people import person_of, principal_of
from domain.phases import Phase, Priority


def ladder_changes(issue: Issue, event: ev.LadderEvent) -> dict[str, object]:  # noqa: PLR0911  # one return a case
    """Return the fields of `issue` that an event of its ladder changes."""
    match event:
        case ev.LevelSkipped() | ev.IssueUrged():
            return {}
        case ev.LevelHeld():
            return {"level": Level(roster=event.roster)}
        case ev.IssueAcknowledged():
            signed = {"acknowledged_at": event.at, "acknowledged_by": person_of(event.by)}
            return {"level": (issue.level or Level()).model_copy(update=signed)}
        case ev.AcknowledgementExpired():
            again = {"acknowledged_at": None, "acknowledged_by": None, "reopened": event.number}
            return {"level": (issue.level or Level()).model_copy(update=again)}
        case ev.InstructionGiven():
            return _instructed(issue, event)
        case ev.InstructionLifted():
            left = tuple(each for each in issue.instructions if each.number != event.number)
            return {"instructions": left}
        case ev.PostHandedOver():
            fresh = (issue.level or Level()).model_copy(update={"people": event.to_people})
            return {"level": fresh}
        case ev.IssueRouted():
            return {"handler": event.handler, "unit": event.unit} | sent(issue, event)
        case ev.DispatchRefused() | ev.DispatchRuled() | ev.DispatchBound():
            return _disputed(issue, event)
        case _:
            assert_never(event)


def mode_changes(issue: Issue, event: md.ModeEvent) -> dict[str, object]:  # one return a case
    """Return the fields of `issue` that a change of mode changes."""
    match event:
        case md.GreenChannelOpened():
            return {"priority": event.to_priority, "green_channels": issue.green_channels + 1}
        case md.EmergencyDeclared():
            incident = Incident(id=event.incident, stage=event.stage)
            return {
                "priority": Priority.EMERGENCY,
                "incident": incident,
                "emergencies": issue.emergencies + 1,
            }
        case md.EmergencyStageEntered():
            return {"incident": Incident(id=event.incident, stage=event.stage)}
        case md.EmergencyEnded():
            return _ended(issue, event)
        case md.ParkingAsked():
            asked = Request(
                asked="parking",
                asked_at=event.at,
                asked_by=person_of(event.by),
                asked_for=principal_of(event.by),
                note=event.reason,
            )
            return {"request": asked}
        case md.IssueParked():
            return _parked(issue, event)
        case md.ParkingProlonged():
            return {"parked": event.number}
        case md.IssueUnparked():
            return {"phase": Phase.HANDLING, "parking": None}
        case _:
            assert_never(event)


def _ended(issue: Issue, event: md.EmergencyEnded) -> dict[str, object]:
    """What goes on in the green channel has taken it."""
    was = issue.incident
    return {
        "priority": event.to_priority,
        "incident": None if was is None else was.model_copy(update={"ended_at": event.at}),
        "green_channels": issue.green_channels + (event.to_priority is Priority.EXPEDITED),
    }


def sent(issue: Issue, event: object) -> dict[str, object]:
    """Return what a dispatch that may be refused leaves, or that there is none of the kind.

    An issue that never had one is left as it was: so were all before there was refusing.
    """
    unit, refusable = getattr(event, "unit", None), getattr(event, "refusable", False)
    if not refusable or unit is None:
        return {} if issue.dispatch is None else {"dispatch": None}
    handler, at, by = (getattr(event, name) for name in ("handler", "at", "by"))
    fresh = Dispatch(
        unit=unit,
        handler=handler,
        sent_at=at,
        sent_by=person_of(by),
        bound=issue.dispatch is not None and issue.dispatch.bound and issue.dispatch.unit == unit,
    )
    return {"dispatch": fresh}


def entered(event: object) -> Level | None:
    """Return the level that an event brings the issue to, if it says who was there."""
    people, roster = getattr(event, "people", ()), getattr(event, "roster", None)
    return Level(people=people, roster=roster) if people or roster is not None else None


def _instructed(issue: Issue, event: ev.InstructionGiven) -> dict[str, object]:
    given = Instruction(
        number=event.number,
        tier=event.tier,
        expires_at=event.expires_at,
        handler=event.handler,
        holds_tier=event.holds_tier,
        no_wait=event.no_wait,
        clock=event.clock,
    )
    in_force = (each for each in issue.instructions if event.at < each.expires_at)
    changes: dict[str, object] = {
        "instructions": (*in_force, given),
        "instructed": event.number,
    }
    if event.handler is not None:
        changes |= {"handler": event.handler, "unit": event.unit, "dispatch": None}
    return changes


def _disputed(
    issue: Issue, event: ev.DispatchRefused | ev.DispatchRuled | ev.DispatchBound
) -> dict[str, object]:
    open_one = issue.dispatch
    if open_one is None:
        return {}
    if isinstance(event, ev.DispatchRefused):
        refused = {
            "arbiter": event.arbiter,
            "refused_by": person_of(event.by),
            "refused_for": principal_of(event.by),
        }
        return {"dispatch": open_one.model_copy(update=refused), "refusals": event.hop}
    settled = {
        "unit": event.unit,
        "handler": event.handler,
        "sent_at": event.at,
        "bound": isinstance(event, ev.DispatchBound) or event.binding,
        "arbiter": None,
    }
    return {
        "dispatch": open_one.model_copy(update=settled),
        "handler": event.handler,
        "unit": event.unit,
    }


def _parked(issue: Issue, event: md.IssueParked) -> dict[str, object]:
    parking = Parking(
        number=event.number,
        since_at=event.at,
        reason=event.reason,
        approved_by=person_of(event.by),
        asked_by=None if issue.request is None else issue.request.asked_by,
        asked_for=None if issue.request is None else issue.request.asked_for,
    )
    return {
        "phase": Phase.PARKED,
        "parking": parking,
        "parked": event.number,
        "request": None,
        "pause": None,
    }
