"""What a joint team is made of: standing teams, and what a part may be (R7.1)."""

from collections.abc import Collection, Iterable

from domain import commands as cmd
from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError, WrongPhaseError
from domain.handbook import TeamTemplate
from domain.organization import post, unit
from domain.phases import CloseRule, Duty
from domain.team import PARTS_MAX, PartAsked


def require_team_rule(draft: Draft, field: str) -> None:
    """Refuse what the handbooks before R7 did not know, unless this one has rules for teams."""
    if draft.handbook.joint_team is None:
        raise WrongPhaseError(
            "The handbook of this zone has no rules for joint teams.",
            field=field,
            allowed="a team by lead and parts, whose parts are accepted, finished or waived",
        )


def template_of(draft: Draft, id_: str | None) -> TeamTemplate | None:
    """Return the standing team called `id_`, or refuse if there is none."""
    if id_ is None:
        return None
    found = next((each for each in draft.handbook.teams if each.id == id_), None)
    if found is None:
        raise InvalidRequestError(
            "The zone has no such standing team.",
            field="template",
            value=id_,
            allowed=[each.id for each in draft.handbook.teams] or "none: name lead and parts",
        )
    return found


def parts_of(command: cmd.ConveneTeam, template: TeamTemplate | None) -> tuple[PartAsked, ...]:
    """Return the parts that a command asks for: those of its standing team, each in its place
    replaced by the one of the same id that the command names, and what it names besides."""
    if template is None:
        return command.parts
    named = {part.id: part for part in command.parts}
    standing = {part.id: part for part in _standing(template)}
    return (
        *(named.get(id_, part) for id_, part in standing.items()),
        *(part for part in command.parts if part.id not in standing),
    )


def _standing(template: TeamTemplate) -> Iterable[PartAsked]:
    if template.parts:
        return (PartAsked.model_validate(dict(part)) for part in template.parts)
    return (
        PartAsked(id=member, unit=member, duty=Duty.CO, deliverable=template.name.en)
        for member in template.members
    )


def require_lead(draft: Draft, lead: str) -> None:
    """Refuse a lead that is no unit of the zone."""
    body = unit(draft.handbook, lead)
    if body is None or body.external:
        raise InvalidRequestError(
            "The lead is a unit of the zone.",
            field="lead",
            value=lead,
            allowed={entry.id for entry in draft.handbook.units if not entry.external},
        )


def require_parts(draft: Draft, lead: str, parts: Collection[PartAsked]) -> None:
    """Refuse parts that cannot be a team's together."""
    ids = [part.id for part in parts]
    if len(parts) > PARTS_MAX:
        raise InvalidRequestError(
            "The team is too large.", field="parts", value=len(parts), allowed=f"{PARTS_MAX} parts"
        )
    for part in parts:
        require_part(draft, lead, part, ids)
        if ids.count(part.id) > 1:
            raise InvalidRequestError("A part is named twice.", field="parts.id", value=part.id)
    _require_no_circle(parts)


def require_part(draft: Draft, lead: str, part: PartAsked, ids: Collection[str]) -> None:
    """Refuse a part that a team under `lead`, with the parts `ids`, cannot have."""
    require_unit(draft, part.unit, part.proxy)
    if part.duty is Duty.LEAD and part.unit != lead:
        raise InvalidRequestError(
            "Only the lead unit has the duty to lead.",
            field="parts.duty",
            value=part.unit,
            allowed=lead,
        )
    if part.depends_on or part.budget is not None:
        require_team_rule(draft, "parts.depends_on" if part.depends_on else "parts.budget")
    for other in part.depends_on:
        if other not in ids or other == part.id:
            raise InvalidRequestError(
                "A part depends on other parts of its team.",
                field="parts.depends_on",
                value=other,
                allowed=set(ids) - {part.id},
            )


def require_unit(draft: Draft, unit_id: str, proxy: str | None) -> None:
    """Refuse a part's unit that the zone does not know, and a proxy for one that acts itself."""
    known = {entry.id for entry in draft.handbook.units}
    body = unit(draft.handbook, unit_id)
    if body is None:
        raise InvalidRequestError(
            "No such unit in this zone.", field="parts.unit", value=unit_id, allowed=known
        )
    if proxy is None:
        return
    if not body.external:
        raise InvalidRequestError(
            "Only for an outside body does a post act as its proxy.",
            field="parts.proxy",
            value=proxy,
            allowed=f"none for {unit_id}, which acts itself",
        )
    if post(draft.handbook, proxy) is None:
        raise InvalidRequestError(
            "No such post in this zone.",
            field="parts.proxy",
            value=proxy,
            allowed="a post of the zone",
        )


def _require_no_circle(parts: Collection[PartAsked]) -> None:
    """Refuse parts that wait for one another: none of them would ever begin."""
    ahead = {part.id: set(part.depends_on) for part in parts}
    while ahead:
        free = {id_ for id_, needs in ahead.items() if not needs & ahead.keys()}
        if not free:
            raise InvalidRequestError(
                "Parts wait for one another in a circle.",
                field="parts.depends_on",
                value=", ".join(sorted(ahead)),
                allowed="parts of which one can begin",
            )
        ahead = {id_: needs for id_, needs in ahead.items() if id_ not in free}


def close_rule(draft: Draft, command: cmd.ConveneTeam, parts: int) -> CloseRule | None:
    """Return when the team's work is done: by the command, else by the handbook."""
    rule = draft.handbook.joint_team
    if command.closes not in (None, CloseRule.ALL_REQUIRED):
        require_team_rule(draft, "closes")
    closes = command.closes or (None if rule is None else rule.closes)
    if closes is CloseRule.QUORUM and command.quorum is None:
        raise InvalidRequestError(
            "Here a team is done by a quorum: the request says of how many parts.",
            field="quorum",
            allowed=f"closes = quorum with a quorum of 1 to {parts}, or another close rule",
        )
    if command.quorum is not None and command.quorum > parts:
        raise InvalidRequestError(
            "A quorum is of no more parts than there are.",
            field="quorum",
            value=command.quorum,
            allowed=f"1 to {parts}",
        )
    return closes
