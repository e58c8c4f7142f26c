"""Who works where, as data: tiers, units, posts, who is in them when, duty rosters, deputies."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.model import Code, Frozen, Name, Short, is_none, is_unset

TIER_MAX = 5
Level = Annotated[int, Field(ge=1, le=TIER_MAX)]
"""A place in the escalation chain; 1 is nearest the enterprise."""

Clock24 = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A local time of day, HH:MM."""


class OnEmpty(StrEnum):
    """What becomes of an issue that enters a level where nobody is (R5.3)."""

    NEXT = "next"
    FALLBACK_UNIT = "fallback_unit"
    HOLD_AND_ALARM = "hold_and_alarm"


class OnTimeout(StrEnum):
    """Where a due rung that escalates sends an issue of this level."""

    NEXT = "next"
    TOP = "top"
    REVIEW = "review"


class LevelEffect(StrEnum):
    """What becomes of the clocks of the level that an issue leaves (R5.6)."""

    CLOSE = "close"
    PAUSE = "pause"
    RUN_IN_PARALLEL = "run_in_parallel"


class Tier(Frozen):
    """One level of the escalation chain (R5.1).

    `on_empty` unset: the level is entered whether anybody is there or not. `fallback` is the unit
    that takes the issue where `on_empty` says so. `reopens_max`: how often a stalled
    acknowledgement reopens the ladder at this level before it goes to the next (R5.4).
    """

    level: Level
    id: Code
    name: Name
    on_empty: OnEmpty | None = Field(default=None, exclude_if=is_none)
    fallback: Code | None = Field(default=None, exclude_if=is_none)
    on_timeout: OnTimeout | None = Field(default=None, exclude_if=is_none)
    reopens_max: Annotated[int, Field(ge=0, le=20)] | None = Field(default=None, exclude_if=is_none)
    source: Short | None = Field(default=None, exclude_if=is_none)

    @model_validator(mode="after")
    def _names_a_fallback(self) -> Self:
        if (self.on_empty is OnEmpty.FALLBACK_UNIT) != (self.fallback is not None):
            msg = f"tier {self.id}: `fallback` and on_empty = 'fallback_unit' go together"
            raise ValueError(msg)
        return self


class Unit(Frozen):
    """A body that works on issues. An external one has no login: the owner acts for it (Q33)."""

    id: Code
    name: Name
    external: bool = False
    source: Short | None = Field(default=None, exclude_if=is_none)


class Role(StrEnum):
    """What a post may do beyond working on the issues that it owns."""

    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


class Assignment(Frozen):
    """A person in a post, by local days, both included; unset is without end."""

    person: Code
    from_on: date | None = Field(default=None, exclude_if=is_none)
    to_on: date | None = Field(default=None, exclude_if=is_none)

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.from_on is not None and self.to_on is not None and self.to_on < self.from_on:
            msg = f"{self.person} leaves on {self.to_on}, before coming on {self.from_on}"
            raise ValueError(msg)
        return self

    def covers(self, day: date) -> bool:
        """Return whether the person is in the post on a local day."""
        return (self.from_on is None or self.from_on <= day) and (
            self.to_on is None or day <= self.to_on
        )


class Post(Frozen):
    """A place in the organisation. Issues belong to posts; people come and go (Q31).

    `covers` names a grid, an area or the zone. A post with a tier is in the escalation chain of
    every enterprise in what it covers. `people` hold it without dates, `assignments` by days. A
    `roster` says who of them is on duty when; without one all of them are.
    """

    id: Code
    name: Name
    covers: Code
    tier: Level | None = None
    unit: Code | None = None
    roles: tuple[Role, ...] = ()
    people: tuple[Code, ...] = ()
    assignments: Annotated[tuple[Assignment, ...], Field(max_length=64)] = Field(
        default=(), exclude_if=is_unset
    )
    roster: Code | None = Field(default=None, exclude_if=is_none)
    source: Short | None = Field(default=None, exclude_if=is_none)

    @property
    def holders(self) -> tuple[str, ...]:
        """Return everybody who ever holds the post by this handbook."""
        return tuple(dict.fromkeys((*self.people, *(each.person for each in self.assignments))))


class Shift(Frozen):
    """Who is on duty, on which local days and between which hours.

    `weekdays` 1 is Monday; none named: every day. `ends` not after `begins`: on the next day.
    """

    people: Annotated[tuple[Code, ...], Field(min_length=1, max_length=16)]
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(default=(), exclude_if=is_unset)
    from_on: date | None = Field(default=None, exclude_if=is_none)
    to_on: date | None = Field(default=None, exclude_if=is_none)
    begins: Clock24 = "00:00"
    ends: Clock24 = "00:00"


class Roster(Frozen):
    """A duty roster. The first shift over an instant says who is on duty; none: nobody is."""

    id: Code
    name: Name
    revision: Annotated[int, Field(ge=1)] = 1
    shifts: Annotated[tuple[Shift, ...], Field(max_length=256)] = ()
    source: Short | None = Field(default=None, exclude_if=is_none)


class Delegation(Frozen):
    """A person acts for another in a post, by local days, both included (R6.4).

    `commands` narrow what for; unset: for all that the post may do. Nobody passes on what was
    delegated to them.
    """

    id: Code
    post: Code
    principal: Code
    deputy: Code
    from_on: date
    to_on: date
    commands: Annotated[tuple[Code, ...], Field(min_length=1, max_length=64)] | None = Field(
        default=None, exclude_if=is_none
    )

    @model_validator(mode="after")
    def _is_to_another_for_a_time(self) -> Self:
        if self.deputy == self.principal or self.to_on < self.from_on:
            msg = f"delegation {self.id} is to another person, and ends after it begins"
            raise ValueError(msg)
        return self

    def allows(self, command: str) -> bool:
        """Return whether the deputy may send a command, on its days."""
        return self.commands is None or command in self.commands
