"""Changes of a joint team: joining, leaving, replacing, objections and rulings (R7.3, R7.4)."""

from domain import commands_of_team as cmd
from domain import events_of_team as tm
from domain.clocks import Clock
from domain.decisions.composing import require_part, require_team_rule, require_unit
from domain.decisions.draft import Draft
from domain.decisions.team import (
    let_begin,
    part_in,
    require_closable,
    require_fit,
    require_running,
)
from domain.errors import InvalidRequestError, WrongPhaseError
from domain.evolve import part_of_clock
from domain.people import ENGINE
from domain.phases import CloseRule, Duty, PartStanding, Phase
from domain.team import PARTS_MAX, REPLACED_MAX, Part, Team

_OWING = (
    PartStanding.ASKED,
    PartStanding.ACCEPTED,
    PartStanding.REFUSED,
    PartStanding.WAITING,
)


def add_part(draft: Draft, command: cmd.AddPart) -> None:
    """Have a unit join the team, with a time that ends within the lead's."""
    draft.require_phase(Phase.HANDLING)
    require_team_rule(draft, "part")
    team, part = _team(draft), command.part
    require_running(draft.issue)
    if team.concluded:
        raise WrongPhaseError(
            "The team has been concluded.", field="team", value=team.number, allowed="convene_team"
        )
    ids = [each.id for each in team.parts]
    if part.id in ids:
        raise InvalidRequestError(
            "The team has a part of this name.",
            field="part.id",
            value=part.id,
            allowed=f"another name than {', '.join(sorted(ids))}",
        )
    if len(ids) >= PARTS_MAX:
        raise InvalidRequestError(
            "The team is too large.", field="part", value=len(ids), allowed=f"{PARTS_MAX} parts"
        )
    require_part(draft, team.lead, part, [*ids, part.id])
    event = tm.PartAdded(at=draft.at, by=draft.actor, part=part, reason=command.reason)
    require_fit(draft, draft.foreseen(event), [part.id])
    draft.record(event)


def replace_part(draft: Draft, command: cmd.ReplacePart) -> None:
    """Give a part to another unit. What the first one spent stays its own."""
    part = part_in(draft, command.part, *_OWING)
    require_team_rule(draft, "part")
    if part.replaced >= REPLACED_MAX:
        raise WrongPhaseError(
            "The part has been given to another unit as often as it may.",
            field="part",
            value=part.replaced,
            allowed=f"at most {REPLACED_MAX} times; finish or waive it",
        )
    _require_taker(draft, part, command.unit, command.proxy)
    draft.record(
        tm.PartReplaced(
            at=draft.at,
            by=draft.actor,
            part=part.id,
            from_unit=part.unit,
            unit=command.unit,
            proxy=command.proxy,
            reason=command.reason,
        )
    )


def leave_part(draft: Draft, command: cmd.LeavePart) -> None:
    """Leave the team, where the part is not required and no ruling holds the unit in it."""
    part = part_in(
        draft, command.part, PartStanding.ASKED, PartStanding.ACCEPTED, PartStanding.WAITING
    )
    require_team_rule(draft, "part")
    if part.required or part.bound:
        raise WrongPhaseError(
            "A unit does not leave what it was ruled to do."
            if part.bound
            else "A unit does not leave a part that is required.",
            field="part",
            value=part.id,
            allowed="finish it, or have the lead or the owner waive or replace it",
        )
    require_closable(draft, part)
    draft.record(tm.PartLeft(at=draft.at, by=draft.actor, part=part.id, reason=command.reason))
    let_begin(draft)


def rule_part(draft: Draft, command: cmd.RulePart) -> None:
    """Say whether the unit has its part. Either way that is final."""
    part = part_in(draft, command.part, PartStanding.REFUSED)
    if command.unit is not None:
        if not command.upheld:
            raise InvalidRequestError(
                "Whoever is overruled keeps the part.",
                field="unit",
                value=command.unit,
                allowed="a unit only together with upheld = true",
            )
        _require_taker(draft, part, command.unit, None)
    elif command.upheld:
        require_closable(draft, part)
    draft.record(
        tm.PartRuled(
            at=draft.at,
            by=draft.actor,
            part=part.id,
            upheld=command.upheld,
            unit=command.unit,
            reason=command.reason,
        )
    )
    let_begin(draft)


def bind_part(draft: Draft, clock: Clock) -> None:
    """The arbiter has not ruled in time: the unit is bound. Nothing if there was a ruling."""
    team, id_ = draft.issue.team, part_of_clock(clock.id)
    part = None if team is None or id_ is None else team.part(id_)
    if part is None or part.arbiter is None:
        return
    draft.record(tm.PartRuled(at=draft.at, by=ENGINE, part=part.id, upheld=False, clock=clock.id))


def conclude_team(draft: Draft, command: cmd.ConcludeTeam) -> None:
    """End the team without the parts that are open, where its lead decides that."""
    draft.require_phase(Phase.HANDLING)
    require_team_rule(draft, "team")
    team = _team(draft)
    if team.closes is not CloseRule.LEAD_DECIDES:
        raise WrongPhaseError(
            "The lead does not decide when this team is done.",
            field="team",
            value=team.closes or CloseRule.ALL_REQUIRED,
            allowed=f"a team with closes = {CloseRule.LEAD_DECIDES}",
        )
    unfinished = tuple(part.id for part in team.parts if not part.is_settled)
    if not unfinished:
        raise WrongPhaseError(
            "Every part is settled: the team is done.",
            field="team",
            value=team.number,
            allowed="propose_resolution",
        )
    draft.record(
        tm.TeamConcluded(at=draft.at, by=draft.actor, reason=command.reason, unfinished=unfinished)
    )


def _team(draft: Draft) -> Team:
    if draft.issue.team is None:
        raise WrongPhaseError(
            "The issue has no joint team.", field="team", allowed="convene_team first"
        )
    return draft.issue.team


def _require_taker(draft: Draft, part: Part, unit: str, proxy: str | None) -> None:
    """Refuse a unit that cannot take a part over from the one that has it."""
    require_unit(draft, unit, proxy)
    if unit == part.unit:
        raise InvalidRequestError(
            "The part is this unit's already.", field="unit", value=unit, allowed="another unit"
        )
    if unit in part.released:
        raise InvalidRequestError(
            "A ruling has released this unit from the part.",
            field="unit",
            value=unit,
            allowed=f"none of {', '.join(part.released)}",
        )
    if part.duty is Duty.LEAD:
        raise InvalidRequestError(
            "Only the lead unit has the duty to lead.",
            field="unit",
            value=unit,
            allowed=part.unit,
        )
