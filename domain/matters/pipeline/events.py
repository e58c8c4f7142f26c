"""What can have happened in a pipeline. Facts: never edited, never removed."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.matters.acts import MatterHappened, MatterOpened
from domain.matters.matter import MatterTie
from domain.matters.pipeline.rules import Ending, Part
from domain.matters.pipeline.state import HardDate, MeetingOutcome, Party
from domain.matters.values import Amount, Values
from domain.model import Code, Text, is_none, is_unset


class PipelineOpened(MatterOpened):
    """A pipeline was opened, at a stage."""

    kind: Literal["pipeline_opened"] = "pipeline_opened"
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    stage: Part
    amount: Amount | None = Field(default=None, exclude_if=is_none)
    values: Values = Field(default={}, exclude_if=is_unset)
    parties: tuple[Party, ...] = Field(default=(), exclude_if=is_unset)
    dates: tuple[HardDate, ...] = Field(default=(), exclude_if=is_unset)


class StageMoved(MatterHappened):
    """It came to a stage. `amount` is what is known there, `ended` how it came out."""

    kind: Literal["stage_moved"] = "stage_moved"
    came_from: Part
    to: Part
    amount: Amount | None = Field(default=None, exclude_if=is_none)
    values: Values = Field(default={}, exclude_if=is_unset)
    ended: Ending | None = Field(default=None, exclude_if=is_none)
    exemption: Code | None = Field(default=None, exclude_if=is_none)
    note: Text | None = Field(default=None, exclude_if=is_none)


class StageOverdue(MatterHappened):
    """It has been at a stage for longer than it may."""

    kind: Literal["stage_overdue"] = "stage_overdue"
    stage: Part


class PartyRecorded(MatterHappened):
    """It became known how it stands with a party."""

    kind: Literal["party_recorded"] = "party_recorded"
    party: Party
    note: Text | None = Field(default=None, exclude_if=is_none)


class CheckMissed(MatterHappened):
    """The day is over on which a party was to be asked, and nothing was recorded of it."""

    kind: Literal["check_missed"] = "check_missed"
    party: Part
    on: date


class HardDateSet(MatterHappened):
    """Others have set a hard date, or changed it from `was`."""

    kind: Literal["hard_date_set"] = "hard_date_set"
    hard_date: HardDate
    was: date | None = Field(default=None, exclude_if=is_none)
    reason: Text | None = Field(default=None, exclude_if=is_none)


class HardDateNear(MatterHappened):
    """A hard date comes near; `warning` counts those of its rule."""

    kind: Literal["hard_date_near"] = "hard_date_near"
    id: Part
    on: date
    warning: int


class HardDatePassed(MatterHappened):
    """The day of a hard date is over, and the pipeline has not come to its end."""

    kind: Literal["hard_date_passed"] = "hard_date_passed"
    id: Part
    on: date


class MeetingRecorded(MatterHappened):
    """A meeting was held. `ties` are the issues that it answers."""

    kind: Literal["meeting_recorded"] = "meeting_recorded"
    number: int
    on: date
    parties: tuple[Part, ...] = Field(default=(), exclude_if=is_unset)
    outcomes: tuple[MeetingOutcome, ...] = Field(default=(), exclude_if=is_unset)
    ties: tuple[MatterTie, ...] = Field(default=(), exclude_if=is_unset)
    note: Text | None = Field(default=None, exclude_if=is_none)


PipelineEvent = (
    PipelineOpened
    | StageMoved
    | StageOverdue
    | PartyRecorded
    | CheckMissed
    | HardDateSet
    | HardDateNear
    | HardDatePassed
    | MeetingRecorded
)
