"""What may be asked of an issue's owner and handler: sign for it, take it over, refuse it, rule."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from domain.duration_text import read_duration
from domain.durations import Duration
from domain.model import ClockId, Code, Frozen, Moment, Text, is_none
from domain.staffing import LevelEffect


class Acknowledge(Frozen):
    """Sign for the issue (签收): whoever is at the level has it now and will go on with it."""

    kind: Literal["acknowledge"] = "acknowledge"


class TakeOver(Frozen):
    """A higher tier takes the issue to itself."""

    kind: Literal["take_over"] = "take_over"
    reason: Text
    others: LevelEffect | None = Field(default=None, exclude_if=is_none)


class Instruct(Frozen):
    """A leader's instruction (批示, R5.8): names the handler, holds the tier, sets a clock's limit
    from now, forbids waiting, or just says what is to be done. It expires."""

    kind: Literal["instruct"] = "instruct"
    text: Text
    expires_at: Moment
    handler: Code | None = None
    holds_tier: bool = False
    no_wait: bool = False
    clock: ClockId | None = None
    limit: Annotated[Duration | None, BeforeValidator(read_duration)] = None

    @model_validator(mode="after")
    def _sets_a_limit_on_a_clock(self) -> Self:
        if (self.clock is None) != (self.limit is None):
            msg = "`clock` and `limit` go together"
            raise ValueError(msg)
        return self


class LiftInstruction(Frozen):
    """Take an instruction back before it expires."""

    kind: Literal["lift_instruction"] = "lift_instruction"
    number: Annotated[int, Field(ge=1, le=1000)]
    reason: Text


class Urge(Frozen):
    """Remind whoever works on the issue of it (催办)."""

    kind: Literal["urge"] = "urge"
    text: Text


class RefuseDispatch(Frozen):
    """Say in time that what was sent here belongs elsewhere, and where if that is known (R5.7)."""

    kind: Literal["refuse_dispatch"] = "refuse_dispatch"
    reason: Text
    suggested: Code | None = None


class RuleDispatch(Frozen):
    """The arbiter names the unit that has to take the issue."""

    kind: Literal["rule_dispatch"] = "rule_dispatch"
    unit: Code
    reason: Text


class RecordHandover(Frozen):
    """The engine notes that other people are in the owner's post now. Nothing if they are not."""

    kind: Literal["record_handover"] = "record_handover"


LadderCommand = (
    Acknowledge | TakeOver | Instruct | LiftInstruction | Urge | RefuseDispatch | RuleDispatch
)
