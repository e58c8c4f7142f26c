"""What a command to a grant comes to: events, or a refusal that says why."""

from typing import assert_never

from domain.errors import ConflictError, InvalidRequestError, WrongPhaseError
from domain.matters.acts import DuePassed
from domain.matters.draft import MatterDraft
from domain.matters.grant.commands import (
    ChangeCapacity,
    CorrectStock,
    EndEntitlement,
    EnterPlace,
    GrantCommand,
    GrantEntitlement,
    IssuePermit,
    IssueStock,
    LeavePlace,
    OpenGrant,
    ReceiveStock,
    RecordMonitoring,
    RenewPermit,
    ReturnStock,
    RevokePermit,
    UseHolding,
)
from domain.matters.grant.entitlements import act_on_entitlement, use
from domain.matters.grant.events import CapacityChanged, GrantOpened
from domain.matters.grant.passing import passed
from domain.matters.grant.permits import act_on_permit
from domain.matters.grant.places import act_on_place
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.grant.stock import act_on_stock
from domain.matters.grant.waiting import REFILL
from domain.matters.grant.words import Keeps
from domain.matters.matter import Due
from domain.matters.procedure import DueRule


def open_grant(draft: MatterDraft, command: OpenGrant, rule: GrantProcedure) -> None:
    """Open a grant. `runs` and the asked details have been checked."""
    _require_capacity(command, rule)
    draft.record(
        GrantOpened(
            at=draft.at,
            by=draft.actor,
            procedure=rule.id,
            title=command.title,
            details=command.details,
            post=draft.opening_post(rule),
            keeps=rule.keeps,
            unit=_unit(command, rule),
            capacity=command.capacity,
        )
    )


def act_on_grant(
    draft: MatterDraft, state: Grant, command: GrantCommand, rule: GrantProcedure
) -> None:
    """Carry out any other command."""
    match command:
        case OpenGrant():
            msg = f"{state.stream}: {command.kind} begins a stream only"
            raise TypeError(msg)
        case ChangeCapacity():
            _change_capacity(draft, state, command)
        case ReceiveStock() | IssueStock() | ReturnStock() | CorrectStock():
            _require_kept(state, command, Keeps.STOCK)
            act_on_stock(draft, state, command, rule)
        case IssuePermit() | RenewPermit() | RevokePermit():
            _require_kept(state, command, Keeps.PERMITS)
            act_on_permit(draft, state, command, rule)
        case EnterPlace() | LeavePlace() | RecordMonitoring():
            _require_kept(state, command, Keeps.PLACES)
            act_on_place(draft, state, command, rule)
        case GrantEntitlement() | EndEntitlement():
            _require_kept(state, command, Keeps.ENTITLEMENTS)
            act_on_entitlement(draft, state, command, rule)
        case UseHolding():
            _require_kept(state, command, Keeps.PERMITS, Keeps.ENTITLEMENTS)
            use(draft, state, command, rule)
        case _:
            assert_never(command)


def due_rule_in_grant(
    state: Grant, due: Due, rule: GrantProcedure
) -> tuple[DueRule | None, str | None]:
    """Return by which rule an instant was set, None if nobody is told of its passing; and the
    enterprise that it concerns. Of what is held the events that follow tell."""
    return (rule.refill if due.id == REFILL else None), None


def passed_in_grant(
    draft: MatterDraft, state: Grant, passed_due: DuePassed, rule: GrantProcedure
) -> None:
    """Do what else the passing of an instant means, after it was recorded and told."""
    passed(draft, passed_due, rule)


def require_grant_closable(state: Grant, rule: GrantProcedure) -> None:
    """Refuse to close what is not finished."""
    if state.on_hand.thousandths:
        raise WrongPhaseError(
            "There still is something in stock.",
            field="on_hand",
            value=state.on_hand.thousandths,
            allowed="an empty stock",
        )
    if state.holdings:
        raise WrongPhaseError(
            "Something of it is still held.",
            field="holdings",
            value=len(state.holdings),
            allowed="nothing that is held",
        )


def require_grant_fits(state: Grant, rule: GrantProcedure) -> None:
    """Refuse terms whose procedure lacks what the grant stands on."""
    if rule.keeps is not state.keeps:
        raise InvalidRequestError(
            "The procedure keeps something else by now.",
            field="keeps",
            value=rule.keeps,
            allowed=state.keeps,
        )
    if rule.unit(state.unit) is None:
        raise InvalidRequestError(
            "The procedure no longer has the unit that the grant is counted in.",
            field="unit",
            value=state.unit,
            allowed=[unit.id for unit in rule.units],
        )
    known = {source.id for source in rule.sources}
    for tally in state.sources:
        if tally.source not in known:
            raise InvalidRequestError(
                "The procedure no longer has a source that filled the stock.",
                field="sources",
                value=tally.source,
                allowed=known,
            )


def _require_kept(state: Grant, command: GrantCommand, *keeps: Keeps) -> None:
    if state.keeps not in keeps:
        raise InvalidRequestError(
            "The grant keeps something else.",
            field="command.kind",
            value=command.kind,
            allowed=f"a command to a grant that keeps {state.keeps}",
        )


def _unit(command: OpenGrant, rule: GrantProcedure) -> str:
    known = [unit.id for unit in rule.units]
    if command.unit is None and len(known) == 1:
        return known[0]
    if command.unit not in known:
        raise InvalidRequestError(
            "The procedure counts in units of its own.",
            field="unit",
            value=command.unit,
            allowed=known,
        )
    return command.unit


def _require_capacity(command: OpenGrant, rule: GrantProcedure) -> None:
    if rule.keeps is Keeps.PLACES and command.capacity is None:
        raise InvalidRequestError(
            "A place says how many fit in.", field="capacity", allowed="a number"
        )
    if rule.keeps is Keeps.STOCK and command.capacity is not None:
        raise InvalidRequestError(
            "A stock has no capacity.", field="capacity", value=command.capacity, allowed="nothing"
        )


def _change_capacity(draft: MatterDraft, state: Grant, command: ChangeCapacity) -> None:
    _require_kept(state, command, Keeps.PERMITS, Keeps.PLACES, Keeps.ENTITLEMENTS)
    draft.require_runs()
    if command.capacity < len(state.holdings):
        raise ConflictError(
            "More are held than there would be room for.",
            field="capacity",
            value=command.capacity,
            allowed=f"{len(state.holdings)} or more",
        )
    draft.record(
        CapacityChanged(
            at=draft.at,
            by=draft.actor,
            before=state.capacity,
            capacity=command.capacity,
            reason=command.reason,
        )
    )
