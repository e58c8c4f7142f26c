"""A pipeline: everything its stream of events has made of it."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.matters.matter import MatterBase
from domain.matters.pipeline.rules import Ending, Part
from domain.matters.values import Amount, Values
from domain.matters.words import Aggregate
from domain.model import Code, Frozen, Key, Moment, Short, is_none, is_unset


class Reached(Frozen):
    """A stage that the pipeline ever was at; `amount` and `values` are those it last had there."""

    stage: Part
    times: int = 1
    first_at: Moment
    last_at: Moment
    amount: Amount | None = Field(default=None, exclude_if=is_none)
    values: Values = Field(default={}, exclude_if=is_unset)
    overdue: bool = Field(default=False, exclude_if=is_unset)
    """It stayed there beyond its time, at least once."""


class Party(Frozen):
    """A party outside the zone, how it last stood there, and when that is to be asked next.

    `missed`: the day for that is over and nobody recorded anything.
    """

    party: Part
    type: Part
    name: Short | None = Field(default=None, exclude_if=is_none)
    status: Short | None = Field(default=None, exclude_if=is_none)
    known_at: Moment | None = Field(default=None, exclude_if=is_none)
    next_check_on: date | None = Field(default=None, exclude_if=is_none)
    missed: bool = Field(default=False, exclude_if=is_unset)


class HardDate(Frozen):
    """A day that others have set. `changes` counts how often they changed it."""

    id: Part
    on: date
    changes: int = Field(default=0, exclude_if=is_unset)
    passed: bool = Field(default=False, exclude_if=is_unset)


class MeetingOutcome(Frozen):
    """What a meeting came to for an enterprise, and the issue that this answers."""

    enterprise: Code
    issue: Key | None = Field(default=None, exclude_if=is_none)
    values: Values = Field(default={}, exclude_if=is_unset)
    note: Short | None = Field(default=None, exclude_if=is_none)


class Meeting(Frozen):
    """A meeting that was held."""

    number: int
    on: date
    parties: tuple[Part, ...] = Field(default=(), exclude_if=is_unset)
    outcomes: tuple[MeetingOutcome, ...] = Field(default=(), exclude_if=is_unset)


class Pipeline(MatterBase):
    """One thing that an enterprise wants, on its way through stages; or meetings of many.

    `enterprise` is None for meetings. `ended`: it stands at an end of its procedure. `overdue`: it
    has been at its stage for longer than it may. `exemption` is the ground on which nobody is
    blamed for its failure.
    """

    aggregate: Literal[Aggregate.PIPELINE] = Aggregate.PIPELINE
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    at_stage: Part
    ended: Ending | None = Field(default=None, exclude_if=is_none)
    overdue: bool = Field(default=False, exclude_if=is_unset)
    exemption: Code | None = Field(default=None, exclude_if=is_none)
    amount: Amount | None = Field(default=None, exclude_if=is_none)
    reached: tuple[Reached, ...]
    parties: tuple[Party, ...] = Field(default=(), exclude_if=is_unset)
    dates: tuple[HardDate, ...] = Field(default=(), exclude_if=is_unset)
    meetings: tuple[Meeting, ...] = Field(default=(), exclude_if=is_unset)

    @property
    def enterprises(self) -> tuple[str, ...]:
        """Return the enterprises that it concerns, for lists and for who may see it."""
        own = () if self.enterprise is None else (self.enterprise,)
        met = (each.enterprise for meeting in self.meetings for each in meeting.outcomes)
        return tuple(dict.fromkeys((*own, *met)))

    @property
    def stage(self) -> str | None:
        """Return how it stands in its procedure's own words."""
        return self.at_stage

    def reached_stage(self, id_: str) -> Reached | None:
        """Return what is known of its time at a stage, None if it never was there."""
        return next((each for each in self.reached if each.stage == id_), None)

    def party(self, id_: str) -> Party | None:
        """Return how it stands with a party."""
        return next((each for each in self.parties if each.party == id_), None)

    def hard_date(self, id_: str) -> HardDate | None:
        """Return a day that others have set."""
        return next((each for each in self.dates if each.id == id_), None)
