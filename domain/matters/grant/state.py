"""A grant: everything its stream of events has made of it."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.matters.grant.words import Keeps, Over, StockLevel
from domain.matters.matter import MatterBase
from domain.matters.values import Amount, Quantity
from domain.matters.words import Aggregate
from domain.model import Code, Frozen, Moment, is_none, is_unset

ENDED_KEPT_MAX = 5_000
"""Of how many that are over it is still known how they ended; the oldest are forgotten first."""


class Holding(Frozen):
    """A permit, a stay or an entitlement that somebody has. `subject` is the vehicle, the reference
    to the person, or what is entitled. `ends_at` and `warn_at` are instants still to come; `uses`
    counts times, `used` how much of the `limit`. `seen_at` is when whoever is in was last looked
    after, at first when they were let in."""

    id: Code
    enterprise: Code
    subject: Code
    from_on: date
    to_on: date | None = Field(default=None, exclude_if=is_none)
    ends_at: Moment | None = Field(default=None, exclude_if=is_none)
    warn_at: Moment | None = Field(default=None, exclude_if=is_none)
    limit: Quantity | None = Field(default=None, exclude_if=is_none)
    renewals: int = Field(default=0, exclude_if=is_unset)
    uses: int = Field(default=0, exclude_if=is_unset)
    used: Quantity | None = Field(default=None, exclude_if=is_none)
    seen_at: Moment | None = Field(default=None, exclude_if=is_none)

    def meets(self, from_on: date, to_on: date | None) -> bool:
        """Return whether it holds on any of the days."""
        begins_before = to_on is None or self.from_on <= to_on
        return begins_before and (self.to_on is None or from_on <= self.to_on)


class EndedHolding(Frozen):
    """What is still known of something that is over."""

    id: Code
    last_on: date
    how: Over


class SourceTally(Frozen):
    """What came from one source. `amounts` has one sum for each currency; `priced` counts the
    receipts of which an amount was stated."""

    source: Code
    receipts: int = 0
    priced: int = Field(default=0, exclude_if=is_unset)
    quantity: Quantity
    amounts: tuple[Amount, ...] = Field(default=(), exclude_if=is_unset)


class EnterpriseTally(Frozen):
    """What one enterprise was issued. `issues` counts issues of stock, permits, entries or
    entitlements; `quantity` is what it was issued of a stock or used of entitlements. Sums of money
    are one for each currency, of the `priced` issues and uses of which a cost was stated; shares
    are known where the procedure splits costs."""

    enterprise: Code
    issues: int = 0
    quantity: Quantity
    returned: Quantity
    priced: int = Field(default=0, exclude_if=is_unset)
    costs: tuple[Amount, ...] = Field(default=(), exclude_if=is_unset)
    zone_pays: tuple[Amount, ...] = Field(default=(), exclude_if=is_unset)
    enterprise_pays: tuple[Amount, ...] = Field(default=(), exclude_if=is_unset)


class Grant(MatterBase):
    """Something limited that is issued, used, returned, and expires.

    A stock has `on_hand` and a `level`; a count of it `found_more` or `found_less` in all.
    Everything else has `holdings`: what is held now or was issued for a day to come. `over` is how
    the last of those that are not ended.
    """

    aggregate: Literal[Aggregate.GRANT] = Aggregate.GRANT
    keeps: Keeps
    unit: Code
    capacity: int | None = Field(default=None, exclude_if=is_none)
    on_hand: Quantity
    level: StockLevel = StockLevel.EMPTY
    found_more: Quantity
    found_less: Quantity
    sources: tuple[SourceTally, ...] = Field(default=(), exclude_if=is_unset)
    tallies: tuple[EnterpriseTally, ...] = Field(default=(), exclude_if=is_unset)
    holdings: tuple[Holding, ...] = Field(default=(), exclude_if=is_unset)
    over: tuple[EndedHolding, ...] = Field(default=(), exclude_if=is_unset)
    renewed: int = 0
    used: int = 0
    ended: dict[Over, int] = Field(default={}, exclude_if=is_unset)
    """How many ended, by how they did."""
    monitored: int = 0
    missed: int = 0
    """How often whoever was in was looked after, and was not when it was time."""
    checked_at: Moment | None = Field(default=None, exclude_if=is_none)
    """Since when the present time of looking after everybody runs."""

    @property
    def enterprises(self) -> tuple[str, ...]:
        """Return the enterprises that were issued anything."""
        return tuple(tally.enterprise for tally in self.tallies)

    @property
    def stage(self) -> str | None:
        """Return how it stands: a stock by its level, everything else by whether more may be
        held."""
        if self.keeps is Keeps.STOCK:
            return self.level.value
        full = self.capacity is not None and len(self.holdings) >= self.capacity
        return "full" if full else "free"

    @property
    def issued(self) -> int:
        """Return how many issues of stock, permits, entries or entitlements there were."""
        return sum(tally.issues for tally in self.tallies)

    def holding(self, id_: str) -> Holding | None:
        """Return what is held under an id."""
        return next((held for held in self.holdings if held.id == id_), None)

    def ended_holding(self, id_: str) -> EndedHolding | None:
        """Return what is known of something that is over."""
        return next((ended for ended in self.over if ended.id == id_), None)

    def tally(self, enterprise: str) -> EnterpriseTally | None:
        """Return what an enterprise was issued."""
        return next((each for each in self.tallies if each.enterprise == enterprise), None)
