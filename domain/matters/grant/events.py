"""What can have happened in a grant. Facts: never edited, never removed."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.matters.acts import MatterHappened, MatterOpened
from domain.matters.grant.words import Keeps, Over, StockLevel
from domain.matters.values import Amount, Quantity, Values
from domain.model import Code, Frozen, Moment, Short, Text, is_none, is_unset


class Shares(Frozen):
    """A cost, and who pays which part of it: both are stated, or neither where the procedure splits
    no costs. They add up to it to the hundredth."""

    cost: Amount
    zone: Amount | None = Field(default=None, exclude_if=is_none)
    enterprise: Amount | None = Field(default=None, exclude_if=is_none)


class Period(Frozen):
    """The local days on which something holds. `ends_at` is the midnight after the last one, and
    `warn_at` when somebody is told that it comes; without a last day there is neither."""

    from_on: date
    to_on: date | None = Field(default=None, exclude_if=is_none)
    ends_at: Moment | None = Field(default=None, exclude_if=is_none)
    warn_at: Moment | None = Field(default=None, exclude_if=is_none)


class Ended(Frozen):
    """Something that was held and no longer is. `last_on` is the local day on which it ended."""

    holding: Code
    enterprise: Code
    subject: Code
    last_on: date
    how: Over


class GrantOpened(MatterOpened):
    """A grant was opened."""

    kind: Literal["grant_opened"] = "grant_opened"
    keeps: Keeps
    unit: Code
    capacity: int | None = Field(default=None, exclude_if=is_none)


class CapacityChanged(MatterHappened):
    """So many may be held at once."""

    kind: Literal["capacity_changed"] = "capacity_changed"
    before: int | None = Field(default=None, exclude_if=is_none)
    capacity: int
    reason: Text


class GrantActed(MatterHappened):
    """What the event of every act says that may bring problems to light."""

    note: Text | None = Field(default=None, exclude_if=is_none)


class StockMoved(GrantActed):
    """What every change of a stock leaves: how much is `on_hand`, and whether that is enough."""

    on_hand: Quantity
    level: StockLevel


class StockReceived(StockMoved):
    """Goods came in."""

    kind: Literal["stock_received"] = "stock_received"
    source: Code
    quantity: Quantity
    amount: Amount | None = Field(default=None, exclude_if=is_none)
    from_whom: Short | None = Field(default=None, exclude_if=is_none)


class StockIssued(StockMoved):
    """Goods were handed out."""

    kind: Literal["stock_issued"] = "stock_issued"
    enterprise: Code
    quantity: Quantity
    shares: Shares | None = Field(default=None, exclude_if=is_none)
    gate: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    values: Values = Field(default={}, exclude_if=is_unset)


class StockReturned(StockMoved):
    """Goods came back."""

    kind: Literal["stock_returned"] = "stock_returned"
    enterprise: Code
    quantity: Quantity


class StockCorrected(StockMoved):
    """A count found another quantity than the records: so much more, or so much less."""

    kind: Literal["stock_corrected"] = "stock_corrected"
    before: Quantity
    found_more: Quantity | None = Field(default=None, exclude_if=is_none)
    found_less: Quantity | None = Field(default=None, exclude_if=is_none)
    reason: Text


class StockLow(MatterHappened):
    """The stock has come down to what the procedure calls low."""

    kind: Literal["stock_low"] = "stock_low"
    on_hand: Quantity


class StockOut(MatterHappened):
    """Nothing is left."""

    kind: Literal["stock_out"] = "stock_out"


class PermitIssued(GrantActed):
    """A permit was issued."""

    kind: Literal["permit_issued"] = "permit_issued"
    holding: Code
    enterprise: Code
    subject: Code
    period: Period
    gate: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    values: Values = Field(default={}, exclude_if=is_unset)


class PermitRenewed(GrantActed):
    """A permit holds on. `period` is what was added: it begins the day after the old last one."""

    kind: Literal["permit_renewed"] = "permit_renewed"
    holding: Code
    enterprise: Code
    period: Period
    renewals: int


class PermitRevoked(GrantActed):
    """A permit was taken back."""

    kind: Literal["permit_revoked"] = "permit_revoked"
    ended: Ended
    reason: Text


class PlaceEntered(GrantActed):
    """Somebody was let in."""

    kind: Literal["place_entered"] = "place_entered"
    holding: Code
    enterprise: Code
    person: Code
    period: Period
    gate: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    values: Values = Field(default={}, exclude_if=is_unset)


class PlaceLeft(GrantActed):
    """Somebody was let out."""

    kind: Literal["place_left"] = "place_left"
    ended: Ended


class MonitoringRecorded(GrantActed):
    """How somebody in a place was found."""

    kind: Literal["monitoring_recorded"] = "monitoring_recorded"
    holding: Code
    enterprise: Code
    values: Values = Field(default={}, exclude_if=is_unset)


class EntitlementGranted(GrantActed):
    """An enterprise is entitled."""

    kind: Literal["entitlement_granted"] = "entitlement_granted"
    holding: Code
    enterprise: Code
    subject: Code
    period: Period
    limit: Quantity | None = Field(default=None, exclude_if=is_none)
    gate: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    values: Values = Field(default={}, exclude_if=is_unset)


class HoldingUsed(GrantActed):
    """A permit was used, or something of an entitlement."""

    kind: Literal["holding_used"] = "holding_used"
    holding: Code
    enterprise: Code
    quantity: Quantity | None = Field(default=None, exclude_if=is_none)
    shares: Shares | None = Field(default=None, exclude_if=is_none)


class EntitlementEnded(GrantActed):
    """An entitlement was ended by somebody."""

    kind: Literal["entitlement_ended"] = "entitlement_ended"
    ended: Ended
    reason: Text


class HoldingsEnding(MatterHappened):
    """What is held ends soon."""

    kind: Literal["holdings_ending"] = "holdings_ending"
    holdings: tuple[Code, ...]


class HoldingsExpired(MatterHappened):
    """The last day of permits or entitlements is over, and with it they are."""

    kind: Literal["holdings_expired"] = "holdings_expired"
    ended: tuple[Ended, ...]


class StaysOver(MatterHappened):
    """The time for which people were let in is over. They are in until they are let out."""

    kind: Literal["stays_over"] = "stays_over"
    holdings: tuple[Code, ...]


class MonitoringChecked(MatterHappened):
    """Whoever was in all the time from the check before until this one was due was looked after,
    but for `missed`."""

    kind: Literal["monitoring_checked"] = "monitoring_checked"
    due_at: Moment
    missed: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)


StockEvent = StockReceived | StockIssued | StockReturned | StockCorrected
Begun = PermitIssued | PlaceEntered | EntitlementGranted
EndedByAct = PermitRevoked | PlaceLeft | EntitlementEnded
HeldEvent = Begun | PermitRenewed | HoldingUsed | MonitoringRecorded | EndedByAct
TimedEvent = HoldingsEnding | HoldingsExpired | StaysOver | MonitoringChecked
GrantEvent = (
    GrantOpened | CapacityChanged | StockEvent | StockLow | StockOut | HeldEvent | TimedEvent
)
