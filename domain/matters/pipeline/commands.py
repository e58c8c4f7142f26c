"""What may be asked of a pipeline."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.matters.acts import ActCommand, OpeningCommand
from domain.matters.pipeline.rules import DATES_MAX, Part
from domain.matters.pipeline.state import MeetingOutcome
from domain.matters.values import Amount, Values
from domain.model import Code, Frozen, Short, Text

PARTIES_MAX = 32
OUTCOMES_MAX = 500


class PartyGiven(Frozen):
    """A party outside the zone. `type` is its kind in the procedure; without, it is called so."""

    party: Part
    type: Part | None = None
    name: Short | None = None
    status: Short | None = None
    next_check_on: date | None = None


class OpenPipeline(OpeningCommand):
    """Open a pipeline of an enterprise, or meetings, which are of none. It begins at the first
    stage, or at another that is no end; `values` answer what that stage asks."""

    kind: Literal["open_pipeline"] = "open_pipeline"
    enterprise: Code | None = None
    stage: Part | None = None
    amount: Amount | None = None
    values: Values = Field(default={})
    parties: Annotated[tuple[PartyGiven, ...], Field(max_length=PARTIES_MAX)] = ()
    dates: Annotated[dict[Part, date], Field(max_length=DATES_MAX)] = Field(default={})

    @property
    def concerns(self) -> str | None:
        """Return the enterprise that it is about."""
        return self.enterprise


class MoveStage(ActCommand):
    """Say that it has come to another stage. Without `amount` that stays as it is known; an
    `exemption` goes with a failure only."""

    kind: Literal["move_stage"] = "move_stage"
    to: Part
    amount: Amount | None = None
    values: Values = Field(default={})
    exemption: Code | None = None


class RecordParty(ActCommand):
    """Record how it stands with a party, a new one too, and on which local day that is to be asked
    next. Without that day nothing more is asked of the party."""

    kind: Literal["record_party"] = "record_party"
    party: Part
    type: Part | None = None
    name: Short | None = None
    status: Short
    next_check_on: date | None = None


class SetDate(Frozen):
    """Record on which local day others have set a hard date, or that they changed it and why."""

    kind: Literal["set_date"] = "set_date"
    id: Part
    on: date
    reason: Text | None = None


class RecordMeeting(ActCommand):
    """Record a meeting that was held, with which parties of the matter, and what it came to."""

    kind: Literal["record_meeting"] = "record_meeting"
    on: date
    parties: Annotated[tuple[Part, ...], Field(max_length=PARTIES_MAX)] = ()
    outcomes: Annotated[tuple[MeetingOutcome, ...], Field(max_length=OUTCOMES_MAX)] = ()


PipelineCommand = OpenPipeline | MoveStage | RecordParty | SetDate | RecordMeeting
