"""Joint teams: convened under a lead, each unit with a part and a clock of its own (R7)."""

from domain import commands as cmd
from domain import events as ev
from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.issue import Issue, Part
from domain.organization import unit
from domain.phases import Duty, PartStanding, Phase, Priority

TIER_MIN = 2
TEAMS_MAX = 10


def convene_team(draft: Draft, command: cmd.ConveneTeam) -> None:
    """Bring units together. From the second tier up, or in an emergency (Q27)."""
    draft.require_phase(Phase.HANDLING)
    issue = draft.issue
    if issue.tier < TIER_MIN and issue.priority is not Priority.EMERGENCY:
        raise NotPermittedError(
            "A joint team is called from the second tier up, or in an emergency.",
            field="tier",
            value=issue.tier,
            allowed=f"{TIER_MIN} and above",
        )
    _require_room_for_a_team(issue)
    _require_units(draft, command)
    draft.record(
        ev.TeamConvened(
            at=draft.at,
            by=draft.actor,
            number=1 if issue.team is None else issue.team.number + 1,
            lead=command.lead,
            parts=command.parts,
            reason=command.reason,
        )
    )


def _require_room_for_a_team(issue: Issue) -> None:
    """One team at a time, not without end, and not on standing clocks."""
    if issue.team is not None and issue.team.open_parts:
        raise WrongPhaseError(
            "The team before has parts that are still open.",
            field="team",
            allowed=[f"finish or waive {part.id}" for part in issue.team.open_parts],
        )
    if issue.team is not None and issue.team.number >= TEAMS_MAX:
        raise WrongPhaseError(
            "The issue has had as many joint teams as it may.",
            field="team",
            value=issue.team.number,
            allowed=f"at most {TEAMS_MAX}",
        )
    if issue.pause is not None:
        raise WrongPhaseError(
            "The issue is paused; its team would work on standing clocks.",
            field="pause",
            value=issue.pause.reason,
            allowed="resume first",
        )


def accept_part(draft: Draft, command: cmd.AcceptPart) -> None:
    """The unit takes its part on."""
    _require_standing(draft, command.part, PartStanding.ASKED)
    draft.record(ev.PartAccepted(at=draft.at, by=draft.actor, part=command.part))


def refuse_part(draft: Draft, command: cmd.RefusePart) -> None:
    """The unit declines; the part stays open until the lead or the owner waives it (Q29)."""
    _require_standing(draft, command.part, PartStanding.ASKED)
    draft.record(
        ev.PartRefused(at=draft.at, by=draft.actor, part=command.part, reason=command.reason)
    )


def finish_part(draft: Draft, command: cmd.FinishPart) -> None:
    """The unit has done its part."""
    _require_standing(draft, command.part, PartStanding.ASKED, PartStanding.ACCEPTED)
    draft.record(
        ev.PartFinished(
            at=draft.at,
            by=draft.actor,
            part=command.part,
            summary=command.summary,
            evidence=command.evidence,
        )
    )


def waive_part(draft: Draft, command: cmd.WaivePart) -> None:
    """The lead or the owner excuses a part, with the reason."""
    _require_standing(
        draft, command.part, PartStanding.ASKED, PartStanding.ACCEPTED, PartStanding.REFUSED
    )
    draft.record(
        ev.PartWaived(at=draft.at, by=draft.actor, part=command.part, reason=command.reason)
    )


def named_part(draft: Draft, part_id: str) -> Part:
    """Return the part that a command names, or refuse."""
    team = draft.issue.team
    part = None if team is None else team.part(part_id)
    if part is None:
        raise InvalidRequestError(
            "The issue has no such part.",
            field="part",
            value=part_id,
            allowed=[] if team is None else [entry.id for entry in team.parts],
        )
    return part


def _require_standing(draft: Draft, part_id: str, *standings: PartStanding) -> None:
    draft.require_phase(Phase.HANDLING)
    part = named_part(draft, part_id)
    if part.standing not in standings:
        raise WrongPhaseError(
            "The part is past this.", field="part", value=part.standing, allowed=standings
        )


def _require_units(draft: Draft, command: cmd.ConveneTeam) -> None:
    known = {entry.id for entry in draft.handbook.units}
    lead = unit(draft.handbook, command.lead)
    if lead is None or lead.external:
        raise InvalidRequestError(
            "The lead is a unit of the zone.",
            field="lead",
            value=command.lead,
            allowed={entry.id for entry in draft.handbook.units if not entry.external},
        )
    ids = [part.id for part in command.parts]
    for part in command.parts:
        if part.unit not in known:
            raise InvalidRequestError(
                "No such unit in this zone.", field="parts.unit", value=part.unit, allowed=known
            )
        if ids.count(part.id) > 1:
            raise InvalidRequestError("A part is named twice.", field="parts.id", value=part.id)
        if part.duty is Duty.LEAD and part.unit != command.lead:
            raise InvalidRequestError(
                "Only the lead unit has the duty to lead.",
                field="parts.duty",
                value=part.unit,
                allowed=command.lead,
            )
