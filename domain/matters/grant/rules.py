"""What a zone says of a grant as data."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.durations import Duration, OpenHours, Wall
from domain.matters.grant.words import Keeps
from domain.matters.procedure import DueRule, Procedure
from domain.matters.values import Fields, Whole
from domain.matters.who import Rows
from domain.model import Code, Frozen, Name, Short, is_none, is_unset

UNITS_MAX = 32
SOURCES_MAX = 16
GATE_MAX = 32
RENEWALS_MAX = 100
FULL_PERCENT = 100
FIGURED_CHARACTERS_MAX = 24
"""Of an id that is part of the ids of figures."""


class UnitRule(Frozen):
    """In what something is counted, such as masks, tonnes, passes, beds, tests. Unless it is
    `divisible` there are whole ones only. Of a stock with `low` or fewer left people are told."""

    id: Annotated[Code, Field(max_length=FIGURED_CHARACTERS_MAX)]
    name: Name
    divisible: bool = Field(default=False, exclude_if=is_unset)
    low: Whole | None = Field(default=None, exclude_if=is_none)


class SourceRule(Frozen):
    """Where what is in stock may come from, such as purchase, donation, transfer."""

    id: Annotated[Code, Field(max_length=FIGURED_CHARACTERS_MAX)]
    name: Name


class GateItem(Frozen):
    """What must be true before anything is issued or anybody enters."""

    id: Code
    name: Name
    source: Short | None = Field(default=None, exclude_if=is_none)


class ExpiryRule(Frozen):
    """Who is told when something that is held ends, and how long before that they are told too."""

    tells: Annotated[Rows, Field(min_length=1)]
    before: Annotated[Wall | OpenHours, Field(discriminator="kind")] | None = Field(
        default=None, exclude_if=is_none
    )


class WatchRule(Frozen):
    """How often whoever is in a place is looked after, and who is told of those that were not."""

    every: Duration
    tells: Annotated[Rows, Field(min_length=1)]


class GrantProcedure(Procedure):
    """A procedure that keeps something limited that is issued, used, returned, and expires.

    `units`: each matter counts in one of them. `fields` are asked at each issue, grant and entry,
    `monitoring` at each look at who is in a place. `duration` is how long a permit, an entitlement
    or a stay lasts: from the beginning of its first day to the end of the local day in which that
    time is over. `open_ended`: what is granted may have no end. `split` is the percentage of a cost
    that the zone pays, rounded down to the hundredth; the enterprise pays the rest.
    `issues_by` may issue, renew, revoke, let in, grant and end; `receives_by` may receive and take
    back; `uses_by` may record use and monitoring and let out. Where such rows are empty, `runs` and
    the accountable post may. `refill`: by when a stock that is low has to be filled up.
    """

    keeps: Keeps
    units: Annotated[tuple[UnitRule, ...], Field(min_length=1, max_length=UNITS_MAX)]
    fields: Fields = ()
    sources: Annotated[tuple[SourceRule, ...], Field(max_length=SOURCES_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    low_tells: Rows = Field(default=(), exclude_if=is_unset)
    refill: DueRule | None = Field(default=None, exclude_if=is_none)
    duration: Duration | None = Field(default=None, exclude_if=is_none)
    open_ended: bool = Field(default=False, exclude_if=is_unset)
    renewals_max: Annotated[int, Field(ge=0, le=RENEWALS_MAX)] = Field(
        default=0, exclude_if=is_unset
    )
    expiry: ExpiryRule | None = Field(default=None, exclude_if=is_none)
    gate: Annotated[tuple[GateItem, ...], Field(max_length=GATE_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    monitoring: Fields = Field(default=(), exclude_if=is_unset)
    watch: WatchRule | None = Field(default=None, exclude_if=is_none)
    split: Annotated[int, Field(ge=0, le=FULL_PERCENT)] | None = Field(
        default=None, exclude_if=is_none
    )
    issues_by: Rows = Field(default=(), exclude_if=is_unset)
    receives_by: Rows = Field(default=(), exclude_if=is_unset)
    uses_by: Rows = Field(default=(), exclude_if=is_unset)

    @model_validator(mode="after")
    def _says_what_it_keeps_only(self) -> Self:
        stock, permits, places = Keeps.STOCK, Keeps.PERMITS, Keeps.PLACES
        entitled = Keeps.ENTITLEMENTS
        low = any(unit.low is not None for unit in self.units)
        said: dict[str, tuple[object, set[Keeps]]] = {
            "sources": (self.sources, {stock}),
            "low": (low, {stock}),
            "low_tells": (self.low_tells, {stock}),
            "refill": (self.refill, {stock}),
            "receives_by": (self.receives_by, {stock}),
            "duration": (self.duration, {permits, places, entitled}),
            "open_ended": (self.open_ended, {permits, entitled}),
            "renewals_max": (self.renewals_max, {permits}),
            "expiry": (self.expiry, {permits, places, entitled}),
            "monitoring": (self.monitoring, {places}),
            "watch": (self.watch, {places}),
            "split": (self.split is not None, {stock, entitled}),
        }
        for name, (value, keeps) in said.items():
            if value and self.keeps not in keeps:
                msg = f"grant {self.id}: {name} is for {', '.join(sorted(keeps))}"
                raise ValueError(msg)
        if self.keeps is stock and not self.sources:
            msg = f"grant {self.id}: a stock names the sources that fill it"
            raise ValueError(msg)
        if self.open_ended and self.duration is not None:
            msg = f"grant {self.id}: what lasts for a duration is not open-ended"
            raise ValueError(msg)
        if (self.low_tells or self.refill is not None) and not low:
            msg = f"grant {self.id}: low_tells and refill go with a unit that has a low"
            raise ValueError(msg)
        return self

    def unit(self, id_: str) -> UnitRule | None:
        """Return the unit called `id_`."""
        return next((unit for unit in self.units if unit.id == id_), None)
