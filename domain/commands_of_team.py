"""What may be asked of a joint team beyond its parts' own answers: changes, rulings, meetings."""

from typing import Annotated, Literal

from pydantic import Field

from domain.events_of_team import ATTENDANCE_MAX
from domain.model import Code, Frozen, Short, Text
from domain.phases import MeetingForm
from domain.team import DECISIONS_MAX, MeetingDecision, PartAsked


class AddPart(Frozen):
    """Have a unit join the team. Its part must end within the lead's limit."""

    kind: Literal["add_part"] = "add_part"
    part: PartAsked
    reason: Text


class ReplacePart(Frozen):
    """Give a part to another unit, with a time of its own."""

    kind: Literal["replace_part"] = "replace_part"
    part: Code
    unit: Code
    proxy: Code | None = None
    reason: Text


class LeavePart(Frozen):
    """Leave the team, for a unit whose part is not required. A required part is refused in time, or
    waived or replaced by the lead."""

    kind: Literal["leave_part"] = "leave_part"
    part: Code
    reason: Text


class RulePart(Frozen):
    """Rule upon a unit's objection to being named: the unit has its part all the same, or is
    released, and `unit` takes the part in its place."""

    kind: Literal["rule_part"] = "rule_part"
    part: Code
    upheld: bool
    unit: Code | None = None
    reason: Text


class ConcludeTeam(Frozen):
    """Say that the team is done although parts are open, where its lead decides that (R7.2)."""

    kind: Literal["conclude_team"] = "conclude_team"
    reason: Text


class HoldMeeting(Frozen):
    """Record a meeting: who was there, and what was decided (R7.5). Posts, not persons."""

    kind: Literal["hold_meeting"] = "hold_meeting"
    form: MeetingForm
    topic: Short
    attended: Annotated[tuple[Code, ...], Field(min_length=1, max_length=ATTENDANCE_MAX)]
    absent: Annotated[tuple[Code, ...], Field(max_length=ATTENDANCE_MAX)] = ()
    decisions: Annotated[tuple[MeetingDecision, ...], Field(max_length=DECISIONS_MAX)] = ()


TeamCommand = AddPart | ReplacePart | LeavePart | RulePart | ConcludeTeam | HoldMeeting
