"""How the events of a joint team change it."""

from collections.abc import Collection, Mapping
from typing import assert_never

from domain import events_of_team as tm
from domain.events import PartAccepted, PartFinished, PartRefused, PartWaived, TeamConvened
from domain.issue import Issue
from domain.people import identities_of, person_of, principal_of
from domain.phases import PartStanding
from domain.team import DecisionRef, Part, PartAsked, Team, unmet

PartAnswer = PartAccepted | PartRefused | PartFinished | PartWaived


class StreamError(ValueError):
    """A stream of events that no issue can have: it does not begin with a report."""


def convened(issue: Issue, event: TeamConvened) -> dict[str, object]:
    """Return the fields that a convening changes. Who named the units counts where they may object
    to it."""
    named_by = () if event.part_clock is None else identities_of(event.by)
    team = Team(
        number=event.number,
        lead=event.lead,
        parts=tuple(_asked(part, part.depends_on, named_by) for part in event.parts),
        closes=event.closes,
        quorum=event.quorum,
        template=event.template,
        part_clock=event.part_clock,
    )
    return {"team": team} | ({"team_wanted": False} if issue.team_wanted else {})


def answered_part(issue: Issue, event: PartAnswer) -> Team:
    """Return the team after a unit's answer, or the lead's."""
    match event:
        case PartAccepted():
            update: dict[str, object] = {"standing": PartStanding.ACCEPTED}
        case PartFinished():
            update = {"standing": PartStanding.FINISHED}
        case PartWaived():
            update = {"standing": PartStanding.WAIVED}
            part = None if issue.team is None else issue.team.part(event.part)
            if part is not None and part.arbiter is not None:
                update |= {"arbiter": None}
        case PartRefused():
            update = {"standing": PartStanding.REFUSED}
            if event.arbiter is not None:
                update |= {
                    "arbiter": event.arbiter,
                    "refused_by": person_of(event.by),
                    "refused_for": principal_of(event.by),
                }
        case _:
            assert_never(event)
    return with_part(issue, event.part, update)


def team_changes(issue: Issue, event: tm.TeamEvent) -> dict[str, object]:
    """Return the fields of `issue` that an event of its team changes."""
    match event:
        case tm.PartAdded():
            return {"team": _with_another(issue, event)}
        case tm.PartReplaced():
            return {"team": _replaced(issue, event)}
        case tm.PartLeft():
            return {"team": with_part(issue, event.part, {"standing": PartStanding.LEFT})}
        case tm.PartRuled():
            return {"team": _ruled(issue, event)}
        case tm.PartReady():
            return {"team": with_part(issue, event.part, {"standing": PartStanding.ASKED})}
        case tm.TeamConcluded():
            return {"team": _concluded(issue)}
        case tm.MeetingHeld():
            refs = tuple(
                DecisionRef(meeting=event.number, decision=decision.id)
                for decision in event.decisions
                if not decision.for_the_record
            )
            return {"meetings": event.number, "decisions_open": (*issue.decisions_open, *refs)}
        case tm.DecisionFollowed():
            rest = tuple(ref for ref in issue.decisions_open if ref != event.decision)
            return {"decisions_open": rest}
        case _:
            assert_never(event)


def _asked(part: PartAsked, waits: Collection[str], named_by: tuple[str, ...]) -> Part:
    begun = {"standing": _begins(waits), "named_by": named_by}
    return Part.model_validate({**dict(part), **begun})


def _begins(waits: Collection[str]) -> PartStanding:
    return PartStanding.WAITING if waits else PartStanding.ASKED


def _with_another(issue: Issue, event: tm.PartAdded) -> Team:
    team = _team(issue, event.part.id)
    asked = _asked(event.part, unmet(event.part, team.parts), identities_of(event.by))
    return team.model_copy(update={"parts": (*team.parts, asked)})


def _asked_again(issue: Issue, part: Part, given: Mapping[str, object]) -> Team:
    """Ask a part anew: no objection to it waits any more."""
    standing = _begins(unmet(part, _team(issue, part.id).parts))
    nobody = {"arbiter": None, "refused_by": None, "refused_for": None}
    return with_part(issue, part.id, {"standing": standing, **nobody, **given})


def _replaced(issue: Issue, event: tm.PartReplaced) -> Team:
    """A unit that a ruling bound before is bound again."""
    part = _part(issue, event.part)
    given = {
        "unit": event.unit,
        "proxy": event.proxy,
        "bound": event.unit in part.ruled,
        "late": False,
        "named_by": identities_of(event.by),
        "replaced": part.replaced + 1,
    }
    return _asked_again(issue, part, given)


def _ruled(issue: Issue, event: tm.PartRuled) -> Team:
    """Whoever has the part after a ruling has it for good; released without another, nobody has."""
    part = _part(issue, event.part)
    bound: dict[str, object] = {"bound": True, "ruled": _once(part.ruled, event.unit or part.unit)}
    if not event.upheld:
        return _asked_again(issue, part, bound)
    freed: dict[str, object] = {"released": _once(part.released, part.unit)}
    if event.unit is None:
        gone = {"standing": PartStanding.LEFT, "arbiter": None}
        return with_part(issue, part.id, gone | freed)
    given = {"unit": event.unit, "proxy": None, "late": False, "named_by": identities_of(event.by)}
    return _asked_again(issue, part, given | bound | freed)


def _once(units: tuple[str, ...], unit: str) -> tuple[str, ...]:
    return units if unit in units else (*units, unit)


def _part(issue: Issue, part_id: str) -> Part:
    part = _team(issue, part_id).part(part_id)
    if part is None:
        msg = f"stream {issue.stream} has no part {part_id!r}"
        raise StreamError(msg)
    return part


def _concluded(issue: Issue) -> Team:
    team = _team(issue, "any")
    parts = tuple(
        part
        if part.is_settled
        else part.model_copy(update={"standing": PartStanding.UNFINISHED, "arbiter": None})
        for part in team.parts
    )
    return team.model_copy(update={"parts": parts, "concluded": True})


def _team(issue: Issue, part_id: str) -> Team:
    if issue.team is None:
        msg = f"stream {issue.stream} has no team for part {part_id!r}"
        raise StreamError(msg)
    return issue.team


def with_part(issue: Issue, part_id: str, update: dict[str, object]) -> Team:
    """Return the team with one part changed."""
    team = _team(issue, part_id)
    parts = tuple(
        part.model_copy(update=update) if part.id == part_id else part for part in team.parts
    )
    return team.model_copy(update={"parts": parts})


def makes_late(issue: Issue, clock_id: str) -> bool:
    """Return whether a part is late once this clock of its has run out: a limit to object by, or
    the arbiter's own, is not the part's."""
    kind = clock_id.split(".", 1)[0]
    return issue.team is not None and issue.team.part_clock in (None, kind)


def part_of_clock(clock_id: str) -> str | None:
    """Return the part that a clock of scope `part` belongs to. Its id is `<rule>.<team>.<part>`."""
    pieces = clock_id.split(".", 2)
    return pieces[2] if len(pieces) == 3 else None  # noqa: PLR2004  # rule, team, part
