"""What may be asked of an issue that an office kept in another ledger: to go on here."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from domain.issue import Source
from domain.model import Code, Frozen, Moment, Short, Text
from domain.phases import Origin, Outcome, Phase, Priority

STATED_MAX = 16


def _whole_minute(at: Moment) -> Moment:
    if at.second or at.microsecond:
        msg = "a clock begins and ends at a whole minute"
        raise ValueError(msg)
    return at


WholeMinute = Annotated[Moment, AfterValidator(_whole_minute)]


class StatedClock(Frozen):
    """What the other ledger says of an open clock: when it began, when it ends, or both."""

    clock: Code
    since_at: WholeMinute | None = None
    due_at: WholeMinute | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.since_at is None and self.due_at is None:
            msg = "a clock is stated by when it began, or by when it ends"
            raise ValueError(msg)
        return self


class ImportIssue(Frozen):
    """Take an issue over from another ledger, with its number, as it stands there. Without `owner`
    its tier's accountable post has it. `resolution` is what was done, in the words of that ledger.

    A clock that runs in this phase and is not stated begins with the import.
    """

    kind: Literal["import_issue"] = "import_issue"
    source: Source
    number: Short
    enterprise: Code
    category: Code
    title: Short
    text: Text
    origin: Origin = Origin.ENTERPRISE
    priority: Priority = Priority.ORDINARY
    tier: Annotated[int, Field(ge=1, le=5)] = 1
    owner: Code | None = None
    handler: Code | None = None
    phase: Phase
    outcome: Outcome | None = None
    reported_at: Moment
    accepted_at: Moment | None = None
    proposed_at: Moment | None = None
    closed_at: Moment | None = None
    resolution: Text | None = None
    clocks: Annotated[tuple[StatedClock, ...], Field(max_length=STATED_MAX)] = ()
