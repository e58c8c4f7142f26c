"""Supervision as data (R11): instruments, lights, and the rule by which warnings are counted."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.clock_rules import RungEffect, RungRule, rung_name
from domain.durations import Duration
from domain.model import Code, Frozen, Name, Short, is_none, is_unset
from domain.staffing import Role

EFFECTS = (RungEffect.REMIND, RungEffect.RECORD)
"""What a rung of an instrument can do: raising an order is `on_timeout`."""
DEFAULT_SOURCE = "default, not from source"


class Instrument(Frozen):
    """One step of supervision: a reminder, a notice, an order, a criticism, an interview.

    `limit` is the time to reply; without one there is no duty to. `on_timeout` names the instrument
    that an unanswered one is raised to. `roles` and `from_tier` say who may issue it.
    """

    id: Code
    name: Name
    limit: Duration | None = Field(default=None, exclude_if=is_none)
    rungs: Annotated[tuple[RungRule, ...], Field(max_length=16)] = Field(
        default=(), exclude_if=is_unset
    )
    on_timeout: Code | None = Field(default=None, exclude_if=is_none)
    roles: tuple[Role, ...] = (Role.SUPERVISOR,)
    from_tier: Annotated[int, Field(ge=1, le=5)] | None = Field(default=None, exclude_if=is_none)
    source: Short = DEFAULT_SOURCE

    @model_validator(mode="after")
    def _reminds_of_a_limit(self) -> Self:
        """Where nothing is owed nothing can be due; where something is, its own end must ring."""
        dues = [rung for rung in self.rungs if rung.is_due_itself]
        if self.limit is None and (self.rungs or self.on_timeout is not None):
            msg = f"instrument {self.id}: rungs and `on_timeout` need a `limit`"
            raise ValueError(msg)
        if self.limit is not None and len(dues) != 1:
            msg = f"instrument {self.id}: one rung must be the limit itself (percent = 100)"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _fires_each_rung_once(self) -> Self:
        """No two rungs fire under one name, and each does what an order can do."""
        names = [name for rung in self.rungs for name in _names_of(rung)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            msg = f"instrument {self.id}: rung {twice[0]!r} twice"
            raise ValueError(msg)
        for rung in self.rungs:
            if rung.effect not in EFFECTS:
                allowed = " or ".join(EFFECTS)
                msg = f"instrument {self.id}: rung {rung.id} may {allowed}, not {rung.effect}"
                raise ValueError(msg)
        return self


def _names_of(rung: RungRule) -> list[str]:
    if rung.times is None:
        return [rung.id]
    return [rung.id, *(rung_name(rung, 0, number) for number in range(1, rung.times + 1))]


class LightRule(Frozen):
    """When a clock's light turns: red once it is breached, yellow when so much of its budget is
    spent, else green; a clock that stands, or an issue without a running clock, shows none."""

    yellow_percent: Annotated[int, Field(ge=1, le=99)] = 80
    clocks: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    """Which clocks count; none named: all."""


class WarningFact(StrEnum):
    """What can count against a unit. Each is a fact of a ledger's stream."""

    ORDER_ISSUED = "order_issued"
    ORDER_UNANSWERED = "order_unanswered"
    BREACH = "breach"
    REFUSAL_OVERRULED = "refusal_overruled"
    SENT_BACK = "sent_back"
    LADDER_REOPENED = "ladder_reopened"


class Ground(Frozen):
    """What counts, and how much. `instruments` narrow the orders, `clocks` the breaches."""

    id: Code
    fact: WarningFact
    points: Annotated[int, Field(ge=1, le=100)]
    instruments: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    clocks: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)


class Card(Frozen):
    """What a unit is shown from so many points in one period on."""

    id: Code
    name: Name
    points: Annotated[int, Field(ge=1, le=10_000)]


class Period(StrEnum):
    """Over what warnings are counted, in the zone's local days."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class WarningRule(Frozen):
    """How warnings are counted per unit and period. It is versioned with the handbook.

    `appeal` is the time to object to a warning; an appeal is ruled from tier `appeal_to_tier` up.
    """

    period: Period
    grounds: Annotated[tuple[Ground, ...], Field(min_length=1, max_length=32)]
    cards: Annotated[tuple[Card, ...], Field(min_length=1, max_length=8)]
    appeal: Duration
    appeal_to_tier: Annotated[int, Field(ge=1, le=5)]
    source: Short = DEFAULT_SOURCE


class SupervisionRule(Frozen):
    """How a zone supervises. Every list is in the handbook's order; nothing here is code."""

    instruments: Annotated[tuple[Instrument, ...], Field(max_length=16)] = ()
    lights: LightRule = LightRule()
    warnings: WarningRule | None = Field(default=None, exclude_if=is_none)

    def instrument(self, id_: str) -> Instrument | None:
        """Return the instrument called `id_`."""
        return next((entry for entry in self.instruments if entry.id == id_), None)
