"""What comes into a stock and goes out of it. It never holds less than nothing."""

from collections.abc import Sequence
from typing import assert_never

from domain.errors import InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.grant.commands import (
    CorrectStock,
    IssueStock,
    ReceiveStock,
    ReturnStock,
    StockCommand,
)
from domain.matters.grant.events import (
    StockCorrected,
    StockIssued,
    StockLow,
    StockOut,
    StockReceived,
    StockReturned,
)
from domain.matters.grant.guards import (
    require_actor,
    require_countable,
    require_gate,
    require_money,
    require_quantity,
    require_tallied,
    told,
    told_enterprise,
)
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.grant.sums import THOUSAND, minus, plus, split_cost
from domain.matters.grant.waiting import REFILL
from domain.matters.grant.words import StockLevel
from domain.matters.values import Quantity, require_fields
from domain.phases import Origin

_LEVELS = (StockLevel.EMPTY, StockLevel.LOW, StockLevel.HELD)


def act_on_stock(
    draft: MatterDraft, state: Grant, command: StockCommand, rule: GrantProcedure
) -> None:
    """Carry out a command to a stock, and tell of what has become low."""
    match command:
        case ReceiveStock():
            _receive(draft, state, command, rule)
        case IssueStock():
            _issue(draft, state, command, rule)
        case ReturnStock():
            _return(draft, state, command, rule)
        case CorrectStock():
            _correct(draft, state, command, rule)
        case _:
            assert_never(command)
    _tell_of_lack(draft, state, rule)


def _receive(draft: MatterDraft, state: Grant, command: ReceiveStock, rule: GrantProcedure) -> None:
    require_actor(draft, rule.receives_by)
    known = {source.id for source in rule.sources}
    if command.source not in known:
        raise InvalidRequestError(
            "The procedure has no such source.",
            field="source",
            value=command.source,
            allowed=known,
        )
    require_quantity(state, rule, command.quantity, "quantity")
    _require_sum([each.quantity for each in state.sources], command.quantity, "quantity")
    _require_sum([state.on_hand], command.quantity, "quantity")
    paid = [amount for each in state.sources for amount in each.amounts]
    require_money(command.amount, paid, "amount")
    on_hand = plus(state.on_hand, command.quantity)
    level = _level(state, rule, on_hand)
    draft.record(
        StockReceived(
            at=draft.at,
            by=draft.actor,
            source=command.source,
            quantity=command.quantity,
            amount=command.amount,
            from_whom=command.from_whom,
            on_hand=on_hand,
            level=level,
            note=command.note,
            meets=_met(state, level),
            found=draft.found(command.problems, Origin.SERVICE, None),
        )
    )


def _issue(draft: MatterDraft, state: Grant, command: IssueStock, rule: GrantProcedure) -> None:
    require_actor(draft, rule.issues_by, command.enterprise)
    draft.require_enterprise(command.enterprise)
    require_tallied(state, command.enterprise)
    gate = require_gate(rule, command.gate)
    require_fields(rule.fields, command.values, "values")
    require_quantity(state, rule, command.quantity, "quantity")
    _require_sum([each.quantity for each in state.tallies], command.quantity, "quantity")
    require_money(command.cost, [each for tally in state.tallies for each in tally.costs], "cost")
    if command.quantity.thousandths > state.on_hand.thousandths:
        raise InvalidRequestError(
            "The stock does not hold so much.",
            field="quantity.thousandths",
            value=command.quantity.thousandths,
            allowed=f"up to {state.on_hand.thousandths}",
        )
    on_hand = minus(state.on_hand, command.quantity)
    draft.record(
        StockIssued(
            at=draft.at,
            by=draft.actor,
            enterprise=command.enterprise,
            quantity=command.quantity,
            shares=None if command.cost is None else split_cost(command.cost, rule.split),
            gate=gate,
            values=command.values,
            tells=told_enterprise(draft, command.enterprise),
            on_hand=on_hand,
            level=_level(state, rule, on_hand),
            note=command.note,
            found=draft.found(command.problems, Origin.SERVICE, command.enterprise),
        )
    )


def _return(draft: MatterDraft, state: Grant, command: ReturnStock, rule: GrantProcedure) -> None:
    require_actor(draft, rule.receives_by, command.enterprise)
    require_quantity(state, rule, command.quantity, "quantity")
    tally = state.tally(command.enterprise)
    out = 0 if tally is None else tally.quantity.thousandths - tally.returned.thousandths
    if command.quantity.thousandths > out:
        raise InvalidRequestError(
            "An enterprise returns no more than it was issued.",
            field="quantity.thousandths",
            value=command.quantity.thousandths,
            allowed=f"up to {out}",
        )
    _require_sum([state.on_hand], command.quantity, "quantity")
    on_hand = plus(state.on_hand, command.quantity)
    level = _level(state, rule, on_hand)
    draft.record(
        StockReturned(
            at=draft.at,
            by=draft.actor,
            enterprise=command.enterprise,
            quantity=command.quantity,
            on_hand=on_hand,
            level=level,
            note=command.note,
            meets=_met(state, level),
            found=draft.found(command.problems, Origin.SERVICE, command.enterprise),
        )
    )


def _correct(draft: MatterDraft, state: Grant, command: CorrectStock, rule: GrantProcedure) -> None:
    draft.require_runs()
    require_quantity(state, rule, command.counted, "counted", least=0)
    before, counted = state.on_hand, command.counted
    more = less = None
    if counted.thousandths > before.thousandths:
        more = minus(counted, before)
        _require_sum([state.found_more], more, "counted")
    elif counted.thousandths < before.thousandths:
        less = minus(before, counted)
        _require_sum([state.found_less], less, "counted")
    level = _level(state, rule, counted)
    draft.record(
        StockCorrected(
            at=draft.at,
            by=draft.actor,
            before=before,
            found_more=more,
            found_less=less,
            reason=command.reason,
            on_hand=counted,
            level=level,
            note=command.note,
            meets=_met(state, level),
            found=draft.found(command.problems, Origin.INSPECTION, None),
        )
    )


def _require_sum(before: Sequence[Quantity], added: Quantity, where: str) -> None:
    total = sum(each.thousandths for each in before)
    require_countable(total, added.thousandths, f"{where}.thousandths")


def _level(state: Grant, rule: GrantProcedure, on_hand: Quantity) -> StockLevel:
    if not on_hand.thousandths:
        return StockLevel.EMPTY
    unit = rule.unit(state.unit)
    low = None if unit is None else unit.low
    if low is not None and on_hand.thousandths <= low * THOUSAND:
        return StockLevel.LOW
    return StockLevel.HELD


def _met(state: Grant, level: StockLevel) -> tuple[str, ...]:
    waited = state.due(REFILL) is not None
    return (REFILL,) if waited and level is StockLevel.HELD else ()


def _tell_of_lack(draft: MatterDraft, before: Grant, rule: GrantProcedure) -> None:
    """Record that the stock has come down to low, or to nothing; never twice for the same level."""
    now = draft.matter
    if not isinstance(now, Grant) or _LEVELS.index(now.level) >= _LEVELS.index(before.level):
        return
    tells = tuple(dict.fromkeys((now.post, *told(draft, rule.low_tells, (None,)))))
    waits = rule.refill is not None and now.due(REFILL) is None
    sets = (draft.due_in(REFILL, rule.refill.within),) if waits and rule.refill else ()
    if now.level is StockLevel.LOW:
        draft.record(
            StockLow(at=draft.at, by=draft.actor, on_hand=now.on_hand, sets=sets, tells=tells)
        )
    else:
        draft.record(StockOut(at=draft.at, by=draft.actor, sets=sets, tells=tells))
