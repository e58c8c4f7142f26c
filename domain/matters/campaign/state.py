"""A campaign: everything its stream of events has made of it."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.matters.campaign.rules import StepId
from domain.matters.matter import MatterBase
from domain.matters.values import Values
from domain.matters.words import Aggregate
from domain.model import Code, Frozen, Moment, is_none, is_unset

ROUNDS_KEPT = 62
ENDED = "ended"
CUT_OFF = "cut-off"
END = "end"
NO_SIGN = "no-sign"
STEP_PREFIX = "step-"


def clock_of(step: str | None) -> str:
    """Return what the clock of a step is called; of no step: that of any sign at all."""
    return NO_SIGN if step is None else f"{STEP_PREFIX}{step}"


class Wait(Frozen):
    """What is waited for from a target, and until when; without a step any sign at all."""

    step: StepId | None = Field(default=None, exclude_if=is_none)
    due_at: Moment
    level: int = 1
    provisional: bool = Field(default=False, exclude_if=is_unset)


class Done(Frozen):
    """A step that a target has behind it. `values` are the last ones, `earlier` the sums of what
    was counted before them, by field; of reports only the last are kept."""

    step: StepId
    times: int = 1
    at: Moment
    on: date
    values: Values = Field(default={}, exclude_if=is_unset)
    earlier: Values = Field(default={}, exclude_if=is_unset)
    no_abnormality: bool = Field(default=False, exclude_if=is_unset)
    late: bool = Field(default=False, exclude_if=is_unset)
    """It came after it was due, at least once."""


class Target(Frozen):
    """An enterprise in the campaign. `excluded`: taken out, on what ground if one was named;
    `finished`: nothing more is asked of it; `overdue`: steps that were due and are not there."""

    enterprise: Code
    excluded: bool = Field(default=False, exclude_if=is_unset)
    ground: Code | None = Field(default=None, exclude_if=is_none)
    finished: bool = Field(default=False, exclude_if=is_unset)
    done: tuple[Done, ...] = Field(default=(), exclude_if=is_unset)
    waits: tuple[Wait, ...] = Field(default=(), exclude_if=is_unset)
    overdue: tuple[StepId, ...] = Field(default=(), exclude_if=is_unset)
    silent: bool = Field(default=False, exclude_if=is_unset)
    """It has given no sign at all within the time for that."""

    def has_done(self, step: str) -> Done | None:
        """Return what was recorded of a step."""
        return next((each for each in self.done if each.step == step), None)

    def wait(self, step: str | None) -> Wait | None:
        """Return until when a step is waited for."""
        return next((each for each in self.waits if each.step == step), None)

    @property
    def is_left(self) -> bool:
        """Return whether something is still asked of it."""
        return not (self.excluded or self.finished)


class Round(Frozen):
    """The reports for one day, or for several that lie long back. `reporters` are those of a day
    whose cut-off is to come; `missing` who may still report late."""

    on: date
    days: int = 1
    closed: bool = Field(default=False, exclude_if=is_unset)
    expected: int = 0
    reported: int = 0
    """In time."""
    late: int = 0
    no_abnormality: int = 0
    reporters: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    missing: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)

    @property
    def absent(self) -> int:
        """Return how many were asked for and never came, up to now."""
        return self.expected - self.reported - self.late


class Campaign(MatterBase):
    """A list of enterprises, and what each of them must get or give.

    `ended_on` is its last local day once it is over. `left_out` counts those of the list that were
    not eligible. `before` sums the rounds that are no longer kept one by one.
    """

    aggregate: Literal[Aggregate.CAMPAIGN] = Aggregate.CAMPAIGN
    from_on: date
    to_on: date | None = Field(default=None, exclude_if=is_none)
    ended_on: date | None = Field(default=None, exclude_if=is_none)
    from_list: Code | None = Field(default=None, exclude_if=is_none)
    list_revision: int | None = Field(default=None, exclude_if=is_none)
    left_out: int = Field(default=0, exclude_if=is_unset)
    targets: tuple[Target, ...] = ()
    rounds: tuple[Round, ...] = Field(default=(), exclude_if=is_unset)
    before: Round | None = Field(default=None, exclude_if=is_none)

    @property
    def enterprises(self) -> tuple[str, ...]:
        """Return the enterprises that it concerns, for lists and for who may see it."""
        return tuple(each.enterprise for each in self.targets)

    @property
    def stage(self) -> str | None:
        """Return how it stands in its procedure's own words."""
        return None if self.ended_on is None else ENDED

    @property
    def left(self) -> int:
        """Return of how many enterprises something is still asked."""
        return sum(each.is_left for each in self.targets)

    def target(self, enterprise: str) -> Target | None:
        """Return what the campaign knows of an enterprise."""
        return next((each for each in self.targets if each.enterprise == enterprise), None)

    def round_of(self, on: date) -> Round | None:
        """Return the reports for a day."""
        return next((each for each in self.rounds if each.on == on), None)
