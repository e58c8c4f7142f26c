"""Joint teams: convened under a lead, each unit with a part and a clock of its own (R7)."""

from domain import commands as cmd
from domain import events as ev
from domain.decisions.composing import (
    close_rule,
    parts_of,
    require_lead,
    require_parts,
    template_of,
)
from domain.decisions.draft import Draft
from domain.decisions.objecting import require_objection, ruler, settle_without_arbiter
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.events_of_team import PartReady
from domain.fitting import overrun
from domain.issue import Issue
from domain.model import written
from domain.people import ENGINE
from domain.phases import PartStanding, Phase, Priority
from domain.team import Part, unmet

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
    template = template_of(draft, command.template)
    lead = command.lead or ("" if template is None else template.lead)
    parts = parts_of(command, template)
    require_lead(draft, lead)
    require_parts(draft, lead, parts)
    rule = draft.handbook.joint_team
    event = ev.TeamConvened(
        at=draft.at,
        by=draft.actor,
        number=1 if issue.team is None else issue.team.number + 1,
        lead=lead,
        parts=parts,
        reason=command.reason,
        closes=close_rule(draft, command, len(parts)),
        quorum=command.quorum,
        template=command.template,
        part_clock=None if rule is None else rule.part,
    )
    require_fit(draft, draft.foreseen(event), [part.id for part in parts])
    draft.record(event)


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
    require_running(issue)


def require_running(issue: Issue) -> None:
    """Refuse to begin a part on clocks that stand."""
    if issue.pause is not None:
        raise WrongPhaseError(
            "The issue is paused; its team would work on standing clocks.",
            field="pause",
            value=issue.pause.reason,
            allowed="resume first",
        )


def require_fit(draft: Draft, foreseen: Issue, parts: list[str]) -> None:
    """Refuse parts whose time reaches beyond the lead's, before anything is recorded (R7.1)."""
    found = overrun(foreseen, draft.terms, draft.at, parts)
    if found is None:
        return
    until = f"until {written(found.until_at)}"
    raise InvalidRequestError(
        "The parts do not fit within the lead's time."
        if found.by_lead
        else "Where the lead's time does not run, no part has more than the handbook gives.",
        field="parts.budget",
        value=f"{found.part} would end at {written(found.ends_at)}",
        allowed=f"{until}, when the lead's time ends" if found.by_lead else until,
    )


def accept_part(draft: Draft, command: cmd.AcceptPart) -> None:
    """The unit takes its part on."""
    _begun_part(draft, command.part, PartStanding.ASKED)
    draft.record(ev.PartAccepted(at=draft.at, by=draft.actor, part=command.part))


def refuse_part(draft: Draft, command: cmd.RefusePart) -> None:
    """The unit declines. Where the handbook has rules for it, it objects to being named: in time,
    once, and to an arbiter (R7.4); else the part stays open until it is waived (Q29)."""
    part = part_in(draft, command.part, PartStanding.ASKED, PartStanding.WAITING)
    rule = draft.handbook.joint_team
    if rule is not None:
        require_objection(draft, rule, part)
    arbiter = None if rule is None else ruler(draft, rule, part)
    draft.record(
        ev.PartRefused(
            at=draft.at,
            by=draft.actor,
            part=command.part,
            reason=command.reason,
            arbiter=None if arbiter is None else arbiter.id,
        )
    )
    if rule is not None and arbiter is None:
        settle_without_arbiter(draft, part)


def finish_part(draft: Draft, command: cmd.FinishPart) -> None:
    """The unit has done its part."""
    _begun_part(draft, command.part, PartStanding.ASKED, PartStanding.ACCEPTED)
    draft.record(
        ev.PartFinished(
            at=draft.at,
            by=draft.actor,
            part=command.part,
            summary=command.summary,
            evidence=command.evidence,
        )
    )
    let_begin(draft)


def waive_part(draft: Draft, command: cmd.WaivePart) -> None:
    """The lead or the owner excuses a part, with the reason and what the unit said to it; what a
    unit said when it refused is its answer already (R7.2)."""
    part = part_in(
        draft,
        command.part,
        PartStanding.ASKED,
        PartStanding.ACCEPTED,
        PartStanding.REFUSED,
        PartStanding.WAITING,
    )
    asked = part.standing is not PartStanding.REFUSED and command.answer is None
    if draft.handbook.joint_team is not None and asked:
        raise InvalidRequestError(
            "A part is waived with the answer of its unit.",
            field="answer",
            allowed=f"what {part.unit} says to being excused",
        )
    require_closable(draft, part)
    draft.record(
        ev.PartWaived(
            at=draft.at,
            by=draft.actor,
            part=command.part,
            reason=command.reason,
            answer=command.answer,
        )
    )
    let_begin(draft)


def require_closable(draft: Draft, part: Part) -> None:
    """Refuse to do without a part that the team's quorum cannot be reached without (R7.2)."""
    team = draft.issue.team
    if team is not None and not team.can_close_without(part.id):
        raise WrongPhaseError(
            "Without this part the team could never reach its quorum.",
            field="part",
            value=part.id,
            allowed=f"{team.quorum} parts finished; replace_part, or add_part first",
        )


def _begun_part(draft: Draft, part_id: str, *standings: PartStanding) -> None:
    """Refuse what only a part can bring whose time has begun."""
    part = part_in(draft, part_id, *standings, PartStanding.WAITING)
    if part.standing is PartStanding.WAITING:
        parts = () if draft.issue.team is None else draft.issue.team.parts
        raise WrongPhaseError(
            "The part waits for others.",
            field="part",
            value=part.standing,
            allowed=[f"once {id_} is settled" for id_ in unmet(part, parts)],
        )


def let_begin(draft: Draft) -> None:
    """Say of each part that waited only for what is settled now that its own time begins."""
    parts = () if draft.issue.team is None else draft.issue.team.parts
    for part in parts:
        if part.standing is PartStanding.WAITING and not unmet(part, parts):
            draft.record(PartReady(at=draft.at, by=ENGINE, part=part.id))


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


def part_in(draft: Draft, part_id: str, *standings: PartStanding) -> Part:
    """Return the part that a command names, or refuse unless it stands so."""
    draft.require_phase(Phase.HANDLING)
    part = named_part(draft, part_id)
    if part.standing not in standings:
        allowed = [each for each in standings if each is not PartStanding.WAITING]
        raise WrongPhaseError(
            "The part is past this.", field="part", value=part.standing, allowed=allowed
        )
    return part
