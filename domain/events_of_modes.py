"""What can have put an issue out of its ordinary course: green channel, emergency, parking."""

from typing import Annotated, Literal

from pydantic import Field

from domain.events_of_ladder import LevelEntry
from domain.happening import Happened
from domain.model import ClockId, Code, Key, Text, is_none
from domain.phases import Priority


class GreenChannelOpened(Happened):
    """Special handling, by authority and for a reason (绿色通道). Other limits hold from now on."""

    kind: Literal["green_channel_opened"] = "green_channel_opened"
    from_priority: Priority
    to_priority: Priority
    reason: Text


class EmergencyDeclared(Happened):
    """An emergency: every tier is told at the same instant, limits count day and night (M37).

    One incident may hold the issues of several enterprises. `levels` are all posts of the ladder
    and who was in them.
    """

    kind: Literal["emergency_declared"] = "emergency_declared"
    incident: Key
    stage: Code
    from_priority: Priority
    levels: Annotated[tuple[LevelEntry, ...], Field(max_length=64)]
    reason: Text | None = Field(default=None, exclude_if=is_none)


class EmergencyStageEntered(Happened):
    """The incident goes on to its next stage: from rescue to recovery."""

    kind: Literal["emergency_stage_entered"] = "emergency_stage_entered"
    incident: Key
    stage: Code
    reason: Text


class EmergencyEnded(Happened):
    """The emergency is over; what is left goes on under another priority."""

    kind: Literal["emergency_ended"] = "emergency_ended"
    incident: Key
    to_priority: Priority
    reason: Text


class ParkingAsked(Happened):
    kind: Literal["parking_asked"] = "parking_asked"
    reason: Text


class IssueParked(Happened):
    """The issue cannot go on for lack of what nobody here can give: it is kept in sight with a
    review date (挂账, R11). By whoever approved it."""

    kind: Literal["issue_parked"] = "issue_parked"
    number: int
    reason: Text
    note: Text


class ParkingProlonged(Happened):
    """Looked at again, and the conditions are still lacking: until the next review."""

    kind: Literal["parking_prolonged"] = "parking_prolonged"
    number: int
    reason: Text


class IssueUnparked(Happened):
    """Back to work: by a person, or because the review's time was over (`clock`)."""

    kind: Literal["issue_unparked"] = "issue_unparked"
    reason: Text | None = Field(default=None, exclude_if=is_none)
    clock: ClockId | None = Field(default=None, exclude_if=is_none)


ModeEvent = (
    GreenChannelOpened
    | EmergencyDeclared
    | EmergencyStageEntered
    | EmergencyEnded
    | ParkingAsked
    | IssueParked
    | ParkingProlonged
    | IssueUnparked
)
