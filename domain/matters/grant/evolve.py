"""How an event changes a grant."""

from typing import assert_never

from domain.matters.grant import events as ev
from domain.matters.grant.state import (
    ENDED_KEPT_MAX,
    EndedHolding,
    EnterpriseTally,
    Grant,
    Holding,
    SourceTally,
)
from domain.matters.grant.sums import nothing_of, plus, with_amount
from domain.matters.values import Quantity
from domain.matters.words import Aggregate


def opened_grant(event: ev.GrantOpened, zone: str, key: str, terms: str) -> Grant:
    """Return the grant that an event begins."""
    nothing = nothing_of(event.unit)
    return Grant(
        zone=zone,
        key=key,
        version=1,
        terms=terms,
        procedure=event.procedure,
        title=event.title,
        details=event.details,
        post=event.post,
        opened_at=event.at,
        changed_at=event.at,
        aggregate=Aggregate.GRANT,
        keeps=event.keeps,
        unit=event.unit,
        capacity=event.capacity,
        on_hand=nothing,
        found_more=nothing,
        found_less=nothing,
    )


def evolve_grant(state: Grant, event: ev.GrantEvent) -> dict[str, object]:
    """Return the fields of the grant that `event` changes, beside those every event may."""
    changes: dict[str, object]
    match event:
        case ev.CapacityChanged():
            changes = {"capacity": event.capacity}
        case ev.StockReceived() | ev.StockIssued() | ev.StockReturned() | ev.StockCorrected():
            changes = _moved(state, event)
        case ev.PermitIssued() | ev.PlaceEntered() | ev.EntitlementGranted():
            changes = _begun(state, event)
        case ev.PermitRenewed() | ev.HoldingUsed() | ev.MonitoringRecorded():
            changes = _changed(state, event)
        case ev.PermitRevoked() | ev.PlaceLeft() | ev.EntitlementEnded():
            changes = _ended(state, (event.ended,))
        case ev.HoldingsExpired():
            changes = _ended(state, event.ended)
        case ev.HoldingsEnding():
            changes = {"holdings": _each(state, event.holdings, {"warn_at": None})}
        case ev.StaysOver():
            changes = {"holdings": _each(state, event.holdings, {"ends_at": None})}
        case ev.MonitoringChecked():
            changes = {"checked_at": event.due_at, "missed": state.missed + len(event.missed)}
        case ev.GrantOpened() | ev.StockLow() | ev.StockOut():
            changes = {}
        case _:
            assert_never(event)
    return changes


def _moved(state: Grant, event: ev.StockEvent) -> dict[str, object]:
    now: dict[str, object] = {"on_hand": event.on_hand, "level": event.level}
    match event:
        case ev.StockReceived():
            return now | {"sources": _received(state, event)}
        case ev.StockIssued():
            tally = _tally(state, event.enterprise)
            return now | {"tallies": _tallied(state, _issued(tally, event.quantity, event.shares))}
        case ev.StockReturned():
            tally = _tally(state, event.enterprise)
            returned = plus(tally.returned, event.quantity)
            changed = tally.model_copy(update={"returned": returned})
            return now | {"tallies": _tallied(state, changed)}
        case ev.StockCorrected():
            if event.found_more is not None:
                now["found_more"] = plus(state.found_more, event.found_more)
            if event.found_less is not None:
                now["found_less"] = plus(state.found_less, event.found_less)
            return now
        case _:
            assert_never(event)


def _received(state: Grant, event: ev.StockReceived) -> tuple[SourceTally, ...]:
    before = next(
        (each for each in state.sources if each.source == event.source),
        SourceTally(source=event.source, quantity=nothing_of(state.unit)),
    )
    now = before.model_copy(
        update={
            "receipts": before.receipts + 1,
            "priced": before.priced + (event.amount is not None),
            "quantity": plus(before.quantity, event.quantity),
            "amounts": with_amount(before.amounts, event.amount),
        }
    )
    others = tuple(each for each in state.sources if each.source != event.source)
    return tuple(sorted((*others, now), key=lambda each: each.source))


def _begun(state: Grant, event: ev.Begun) -> dict[str, object]:
    match event:
        case ev.PermitIssued():
            subject, limit, seen_at = event.subject, None, None
        case ev.PlaceEntered():
            subject, limit, seen_at = event.person, None, event.at
        case ev.EntitlementGranted():
            subject, limit, seen_at = event.subject, event.limit, None
        case _:
            assert_never(event)
    held = Holding(
        id=event.holding,
        enterprise=event.enterprise,
        subject=subject,
        from_on=event.period.from_on,
        to_on=event.period.to_on,
        ends_at=event.period.ends_at,
        warn_at=event.period.warn_at,
        limit=limit,
        seen_at=seen_at,
    )
    tally = _tally(state, event.enterprise)
    more = tally.model_copy(update={"issues": tally.issues + 1})
    changes: dict[str, object] = {
        "holdings": (*state.holdings, held),
        "tallies": _tallied(state, more),
    }
    if isinstance(event, ev.PlaceEntered) and not state.holdings:
        changes["checked_at"] = event.at
    return changes


def _changed(
    state: Grant, event: ev.PermitRenewed | ev.HoldingUsed | ev.MonitoringRecorded
) -> dict[str, object]:
    match event:
        case ev.PermitRenewed():
            update: dict[str, object] = {
                "to_on": event.period.to_on,
                "ends_at": event.period.ends_at,
                "warn_at": event.period.warn_at,
                "renewals": event.renewals,
            }
            return {
                "holdings": _each(state, (event.holding,), update),
                "renewed": state.renewed + 1,
            }
        case ev.MonitoringRecorded():
            return {
                "holdings": _each(state, (event.holding,), {"seen_at": event.at}),
                "monitored": state.monitored + 1,
            }
        case ev.HoldingUsed():
            return _used(state, event)
        case _:
            assert_never(event)


def _used(state: Grant, event: ev.HoldingUsed) -> dict[str, object]:
    held = state.holding(event.holding)
    uses = 1 if held is None else held.uses + 1
    update: dict[str, object] = {"uses": uses}
    changes: dict[str, object] = {"used": state.used + 1}
    if event.quantity is not None:
        before = None if held is None else held.used
        update["used"] = event.quantity if before is None else plus(before, event.quantity)
        tally = _tally(state, event.enterprise)
        more = _issued(tally, event.quantity, event.shares, issues=0)
        changes["tallies"] = _tallied(state, more)
    return changes | {"holdings": _each(state, (event.holding,), update)}


def _ended(state: Grant, ended: tuple[ev.Ended, ...]) -> dict[str, object]:
    gone = {each.holding for each in ended}
    over = (EndedHolding(id=each.holding, last_on=each.last_on, how=each.how) for each in ended)
    counts = dict(state.ended)
    for each in ended:
        counts[each.how] = counts.get(each.how, 0) + 1
    return {
        "holdings": tuple(held for held in state.holdings if held.id not in gone),
        "over": (*state.over, *over)[-ENDED_KEPT_MAX:],
        "ended": dict(sorted(counts.items())),
    }


def _each(state: Grant, ids: tuple[str, ...], update: dict[str, object]) -> tuple[Holding, ...]:
    named = frozenset(ids)
    return tuple(
        held.model_copy(update=update) if held.id in named else held for held in state.holdings
    )


def _tally(state: Grant, enterprise: str) -> EnterpriseTally:
    found = state.tally(enterprise)
    if found is not None:
        return found
    nothing = nothing_of(state.unit)
    return EnterpriseTally(enterprise=enterprise, quantity=nothing, returned=nothing)


def _issued(
    tally: EnterpriseTally, quantity: Quantity, shares: ev.Shares | None, issues: int = 1
) -> EnterpriseTally:
    update: dict[str, object] = {
        "issues": tally.issues + issues,
        "quantity": plus(tally.quantity, quantity),
    }
    if shares is not None:
        update["priced"] = tally.priced + 1
        update["costs"] = with_amount(tally.costs, shares.cost)
        update["zone_pays"] = with_amount(tally.zone_pays, shares.zone)
        update["enterprise_pays"] = with_amount(tally.enterprise_pays, shares.enterprise)
    return tally.model_copy(update=update)


def _tallied(state: Grant, tally: EnterpriseTally) -> tuple[EnterpriseTally, ...]:
    if state.tally(tally.enterprise) is None:
        return (*state.tallies, tally)
    return tuple(tally if each.enterprise == tally.enterprise else each for each in state.tallies)
