"""What can have happened in a joint team beyond its parts' answers: changes, rulings, meetings."""

from typing import Annotated, Literal

from pydantic import Field

from domain.happening import Happened
from domain.model import ClockId, Code, Short, Text, is_none, is_unset
from domain.phases import MeetingForm
from domain.team import DECISIONS_MAX, DecisionRef, MeetingDecision, PartAsked

ATTENDANCE_MAX = 100


class PartAdded(Happened):
    """A unit joins the team (R7.3)."""

    kind: Literal["part_added"] = "part_added"
    part: PartAsked
    reason: Text


class PartReplaced(Happened):
    """Another unit takes the part; time and blame up to here stay with the first (R7.3)."""

    kind: Literal["part_replaced"] = "part_replaced"
    part: Code
    from_unit: Code
    unit: Code
    proxy: Code | None = Field(default=None, exclude_if=is_none)
    reason: Text


class PartLeft(Happened):
    """A unit whose part is not required leaves the team (R7.3)."""

    kind: Literal["part_left"] = "part_left"
    part: Code
    reason: Text


class PartRuled(Happened):
    """The arbiter has ruled upon an objection, and for good (R7.4). `upheld`: the unit is released,
    and `unit`, if there is one, takes its part. With `clock` nobody ruled in time; without it and
    without a reason there was nobody to."""

    kind: Literal["part_ruled"] = "part_ruled"
    part: Code
    upheld: bool
    unit: Code | None = Field(default=None, exclude_if=is_none)
    reason: Text | None = Field(default=None, exclude_if=is_none)
    clock: ClockId | None = Field(default=None, exclude_if=is_none)


class PartReady(Happened):
    """All that a part depends on is settled: its own time begins."""

    kind: Literal["part_ready"] = "part_ready"
    part: Code


class TeamConcluded(Happened):
    """The lead says that the team is done, and why without these parts (R7.2)."""

    kind: Literal["team_concluded"] = "team_concluded"
    reason: Text
    unfinished: Annotated[tuple[Code, ...], Field(max_length=50)] = Field(
        default=(), exclude_if=is_unset
    )


class MeetingHeld(Happened):
    """People met: who was there, who was asked and was not, what was decided (R7.5)."""

    kind: Literal["meeting_held"] = "meeting_held"
    number: int
    form: MeetingForm
    topic: Short
    attended: Annotated[tuple[Code, ...], Field(max_length=ATTENDANCE_MAX)]
    absent: Annotated[tuple[Code, ...], Field(max_length=ATTENDANCE_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    decisions: Annotated[tuple[MeetingDecision, ...], Field(max_length=DECISIONS_MAX)] = ()


class DecisionFollowed(Happened):
    """A command has carried out what a meeting decided."""

    kind: Literal["decision_followed"] = "decision_followed"
    decision: DecisionRef
    command: Code


TeamEvent = (
    PartAdded
    | PartReplaced
    | PartLeft
    | PartRuled
    | PartReady
    | TeamConcluded
    | MeetingHeld
    | DecisionFollowed
)
