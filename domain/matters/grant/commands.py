"""What may be asked of a grant."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.matters.acts import ActCommand, OpeningCommand
from domain.matters.grant.rules import GATE_MAX
from domain.matters.values import Amount, Quantity, Values
from domain.model import Code, Frozen, Short, Text

LIVE_MAX = 5_000
"""How many may be held of one grant at once."""

Capacity = Annotated[int, Field(ge=1, le=LIVE_MAX)]
Ticks = Annotated[dict[Code, bool], Field(max_length=GATE_MAX)]
"""What was found at the gate, by the item's id."""


class OpenGrant(OpeningCommand):
    """Open a stock, a pass book, a place, or a kind of entitlement. `unit` may be left out where
    the procedure has one only. Places say their `capacity`; permits and entitlements may: so many
    may be held at once. A stock has none."""

    kind: Literal["open_grant"] = "open_grant"
    unit: Code | None = None
    capacity: Capacity | None = None


class ChangeCapacity(Frozen):
    """Say how many may be held at once from now on: never fewer than are held."""

    kind: Literal["change_capacity"] = "change_capacity"
    capacity: Capacity
    reason: Text


class ReceiveStock(ActCommand):
    """Take goods into stock. `amount` is what they cost or are worth, if that is stated;
    `from_whom` an organisation."""

    kind: Literal["receive_stock"] = "receive_stock"
    source: Code
    quantity: Quantity
    amount: Amount | None = None
    from_whom: Short | None = None


class IssueStock(ActCommand):
    """Hand goods out to an enterprise. `cost` is what they cost, if that is stated: the procedure's
    split says who pays which share."""

    kind: Literal["issue_stock"] = "issue_stock"
    enterprise: Code
    quantity: Quantity
    cost: Amount | None = None
    gate: Ticks = Field(default={})
    values: Values = Field(default={})


class ReturnStock(ActCommand):
    """Take goods back from an enterprise: no more than it was issued."""

    kind: Literal["return_stock"] = "return_stock"
    enterprise: Code
    quantity: Quantity


class CorrectStock(ActCommand):
    """Say how much a count of the stock found, and why that is not what the records say."""

    kind: Literal["correct_stock"] = "correct_stock"
    counted: Quantity
    reason: Text


class IssuePermit(ActCommand):
    """Issue a permit to an enterprise for a subject, such as a vehicle by the code of its plate.
    It holds from the beginning of a day (today, if none is given) to the end of its last one (by
    the procedure's duration, if none is given)."""

    kind: Literal["issue_permit"] = "issue_permit"
    holding: Code
    enterprise: Code
    subject: Code
    from_on: date | None = None
    to_on: date | None = None
    gate: Ticks = Field(default={})
    values: Values = Field(default={})


class RenewPermit(ActCommand):
    """Let a permit hold on, from the day after its last one."""

    kind: Literal["renew_permit"] = "renew_permit"
    holding: Code
    to_on: date | None = None


class RevokePermit(ActCommand):
    """Take a permit back before its end."""

    kind: Literal["revoke_permit"] = "revoke_permit"
    holding: Code
    reason: Text


class EnterPlace(ActCommand):
    """Let somebody of an enterprise in. `person` is a reference to a file kept elsewhere: neither a
    name nor a number by which others know them."""

    kind: Literal["enter_place"] = "enter_place"
    holding: Code
    enterprise: Code
    person: Code
    gate: Ticks = Field(default={})
    values: Values = Field(default={})


class LeavePlace(ActCommand):
    """Let whoever is in a place out."""

    kind: Literal["leave_place"] = "leave_place"
    holding: Code


class RecordMonitoring(ActCommand):
    """Write down how somebody in a place was found."""

    kind: Literal["record_monitoring"] = "record_monitoring"
    holding: Code
    values: Values = Field(default={})


class GrantEntitlement(ActCommand):
    """Entitle an enterprise, or a `subject` of its such as a meter: for some days or without an
    end, up to a `limit` or without one."""

    kind: Literal["grant_entitlement"] = "grant_entitlement"
    holding: Code
    enterprise: Code
    subject: Code | None = None
    from_on: date | None = None
    to_on: date | None = None
    limit: Quantity | None = None
    gate: Ticks = Field(default={})
    values: Values = Field(default={})


class UseHolding(ActCommand):
    """Record that a permit was used, or how much of an entitlement and at what cost."""

    kind: Literal["use_holding"] = "use_holding"
    holding: Code
    quantity: Quantity | None = None
    cost: Amount | None = None


class EndEntitlement(ActCommand):
    """End an entitlement before its time, or one that had none."""

    kind: Literal["end_entitlement"] = "end_entitlement"
    holding: Code
    reason: Text


StockCommand = ReceiveStock | IssueStock | ReturnStock | CorrectStock
PermitCommand = IssuePermit | RenewPermit | RevokePermit
PlaceCommand = EnterPlace | LeavePlace | RecordMonitoring
EntitlementCommand = GrantEntitlement | EndEntitlement

GrantCommand = (
    OpenGrant
    | ChangeCapacity
    | StockCommand
    | PermitCommand
    | PlaceCommand
    | EntitlementCommand
    | UseHolding
)
