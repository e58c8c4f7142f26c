"""Entitlements, with an end or without, and the use of what is held."""

from typing import assert_never

from domain.errors import InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.grant.commands import (
    EndEntitlement,
    EntitlementCommand,
    GrantEntitlement,
    UseHolding,
)
from domain.matters.grant.events import EntitlementEnded, EntitlementGranted, HoldingUsed
from domain.matters.grant.guards import (
    require_actor,
    require_countable,
    require_money,
    require_quantity,
    told_enterprise,
)
from domain.matters.grant.holding import (
    asked_days,
    begun,
    ended_by_act,
    held_now,
    require_no_overlap,
    waits_without,
)
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant, Holding
from domain.matters.grant.sums import split_cost
from domain.matters.grant.waiting import in_turn, local_day
from domain.matters.grant.words import Keeps, Over
from domain.matters.values import Quantity
from domain.phases import Origin


def act_on_entitlement(
    draft: MatterDraft, state: Grant, command: EntitlementCommand, rule: GrantProcedure
) -> None:
    """Carry out a command to entitlements."""
    match command:
        case GrantEntitlement():
            _grant(draft, state, command, rule)
        case EndEntitlement():
            _end(draft, state, command, rule)
        case _:
            assert_never(command)


def _grant(
    draft: MatterDraft, state: Grant, command: GrantEntitlement, rule: GrantProcedure
) -> None:
    days = asked_days(draft, rule, command.from_on, command.to_on)
    subject = command.subject or command.enterprise
    new = begun(draft, state, command, rule, days, subject)
    require_no_overlap(state, subject, days)
    if command.limit is not None:
        require_quantity(state, rule, command.limit, "limit")
    sets, meets = new.waits
    draft.record(
        EntitlementGranted(
            at=draft.at,
            by=draft.actor,
            holding=command.holding,
            enterprise=command.enterprise,
            subject=subject,
            period=new.period,
            limit=command.limit,
            gate=new.gate,
            values=command.values,
            note=command.note,
            sets=in_turn(sets),
            meets=meets,
            tells=told_enterprise(draft, command.enterprise),
            found=draft.found(command.problems, Origin.SERVICE, command.enterprise),
        )
    )


def _end(draft: MatterDraft, state: Grant, command: EndEntitlement, rule: GrantProcedure) -> None:
    held = held_now(state, command.holding)
    require_actor(draft, rule.issues_by, held.enterprise)
    sets, meets = waits_without(draft, state, held)
    draft.record(
        EntitlementEnded(
            at=draft.at,
            by=draft.actor,
            ended=ended_by_act(draft, held, Over.ENDED),
            reason=command.reason,
            note=command.note,
            sets=in_turn(sets),
            meets=meets,
            tells=told_enterprise(draft, held.enterprise),
            found=draft.found(command.problems, Origin.SERVICE, held.enterprise),
        )
    )


def use(draft: MatterDraft, state: Grant, command: UseHolding, rule: GrantProcedure) -> None:
    """Record the use of a permit, or of some of an entitlement."""
    held = held_now(state, command.holding)
    require_actor(draft, rule.uses_by, held.enterprise)
    if held.from_on > local_day(draft):
        raise InvalidRequestError(
            "It does not hold yet.",
            field="holding",
            value=held.id,
            allowed=f"from {held.from_on} on",
        )
    require_countable(state.used, 1, "holding")
    _require_usable(state, rule, command, held)
    draft.record(
        HoldingUsed(
            at=draft.at,
            by=draft.actor,
            holding=held.id,
            enterprise=held.enterprise,
            quantity=command.quantity,
            shares=None if command.cost is None else split_cost(command.cost, rule.split),
            note=command.note,
            found=draft.found(command.problems, Origin.SERVICE, held.enterprise),
        )
    )


def _require_usable(state: Grant, rule: GrantProcedure, command: UseHolding, held: Holding) -> None:
    if state.keeps is Keeps.PERMITS:
        given = "quantity" if command.quantity is not None else "cost"
        if command.quantity is not None or command.cost is not None:
            raise InvalidRequestError(
                "The use of a permit has no quantity and no cost.",
                field=given,
                allowed="nothing",
            )
        return
    if command.quantity is None:
        raise InvalidRequestError(
            "It says how much of the entitlement was used.",
            field="quantity",
            allowed=f"a quantity in {state.unit}",
        )
    require_quantity(state, rule, command.quantity, "quantity")
    _require_within(held, command.quantity)
    total = sum(each.quantity.thousandths for each in state.tallies)
    require_countable(total, command.quantity.thousandths, "quantity.thousandths")
    require_money(command.cost, [each for tally in state.tallies for each in tally.costs], "cost")


def _require_within(held: Holding, quantity: Quantity) -> None:
    used = 0 if held.used is None else held.used.thousandths
    if held.limit is not None and used + quantity.thousandths > held.limit.thousandths:
        raise InvalidRequestError(
            "It is more than is left of the entitlement.",
            field="quantity.thousandths",
            value=quantity.thousandths,
            allowed=f"up to {held.limit.thousandths - used}",
        )
