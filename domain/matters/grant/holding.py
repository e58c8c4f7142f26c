"""What permits, stays and entitlements share: ids, days, room, how they begin and end."""

from dataclasses import dataclass
from datetime import date, timedelta

from domain.errors import ConflictError, InvalidRequestError, WrongPhaseError
from domain.matters.draft import MatterDraft
from domain.matters.grant.commands import (
    LIVE_MAX,
    EnterPlace,
    GrantEntitlement,
    IssuePermit,
)
from domain.matters.grant.events import Ended, Period
from domain.matters.grant.guards import require_actor, require_gate, require_tallied
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant, Holding
from domain.matters.grant.waiting import Waits, last_day, local_day, period, waits_with
from domain.matters.grant.words import Keeps, Over
from domain.matters.values import require_fields

AHEAD_MAX = timedelta(days=366)
"""How long before its first day something may be issued."""
LASTS_MAX = timedelta(days=5 * 366)
"""How far from today the last day of anything lies at most."""


@dataclass(frozen=True, slots=True)
class Begin:
    """What begins to be held, with what the gate found, and what to wait for then."""

    holding: Holding
    period: Period
    gate: tuple[str, ...]
    waits: Waits


def begun(
    draft: MatterDraft,
    state: Grant,
    command: IssuePermit | EnterPlace | GrantEntitlement,
    rule: GrantProcedure,
    days: tuple[date, date | None],
    subject: str,
) -> Begin:
    """Return what a command makes somebody hold on these days, or refuse."""
    require_actor(draft, rule.issues_by, command.enterprise)
    draft.require_enterprise(command.enterprise)
    gate = require_gate(rule, command.gate)
    require_fields(rule.fields, command.values, "values")
    _require_new_id(state, command.holding)
    _require_room(state)
    require_tallied(state, command.enterprise)
    span = period(draft, rule, *days)
    held = Holding(
        id=command.holding,
        enterprise=command.enterprise,
        subject=subject,
        from_on=span.from_on,
        to_on=span.to_on,
        ends_at=span.ends_at,
        warn_at=span.warn_at,
    )
    waits = waits_with(draft, state, (*state.holdings, held))
    return Begin(holding=held, period=span, gate=gate, waits=waits)


def asked_days(
    draft: MatterDraft, rule: GrantProcedure, from_on: date | None, to_on: date | None
) -> tuple[date, date | None]:
    """Return the days on which something is to hold, or refuse days that are past, in no order, too
    far off, or more than the procedure's duration."""
    today = local_day(draft)
    first = from_on or today
    if first < today:
        raise InvalidRequestError(
            "Nothing is issued for a day in the past.",
            field="from_on",
            value=first,
            allowed=f"{today} or later",
        )
    if first > today + AHEAD_MAX:
        raise InvalidRequestError(
            "Nothing is issued so long before its first day.",
            field="from_on",
            value=first,
            allowed=f"up to {today + AHEAD_MAX}",
        )
    return first, asked_end(draft, rule, first, to_on)


def asked_end(
    draft: MatterDraft, rule: GrantProcedure, first: date, to_on: date | None
) -> date | None:
    """Return the last day of what begins on a day, None if it has no end."""
    last, furthest = last_day(draft, rule, first), local_day(draft) + LASTS_MAX
    if to_on is None and last is None:
        if rule.open_ended:
            return None
        raise InvalidRequestError("It says on which day it ends.", field="to_on", allowed="a day")
    end = to_on or last or first
    if end < first:
        raise InvalidRequestError(
            "It ends before it begins.",
            field="to_on",
            value=end,
            allowed=f"{first} or later",
        )
    if last is not None and end > last:
        raise InvalidRequestError(
            "It would last longer than the procedure allows.",
            field="to_on",
            value=end,
            allowed=f"up to {last}",
        )
    if end > furthest:
        raise InvalidRequestError(
            "Nothing is issued for so long.",
            field="to_on",
            value=end,
            allowed=f"up to {furthest}",
        )
    return end


def require_no_overlap(
    state: Grant, subject: str, days: tuple[date, date | None], but: str | None = None
) -> None:
    """Refuse days on any of which something else is held for the same subject. Capitals make no
    other subject."""
    for held in state.holdings:
        same = held.id != but and held.subject.casefold() == subject.casefold()
        if same and held.meets(*days):
            until = "without an end" if held.to_on is None else f"to {held.to_on}"
            raise ConflictError(
                "It overlaps with what is held for the same subject.",
                field="subject",
                value=subject,
                allowed=f"days beside {held.from_on} {until}, those of {held.id}",
            )


def held_now(state: Grant, id_: str) -> Holding:
    """Return what is held under an id, or refuse one that is over or never was."""
    found = state.holding(id_)
    if found is not None:
        return found
    over = state.ended_holding(id_)
    if over is not None:
        raise WrongPhaseError(
            "This is over already.",
            field="holding",
            value=id_,
            allowed=f"what is held now; this one: {over.how} on {over.last_on}",
        )
    raise InvalidRequestError("Nothing of this name is held.", field="holding", value=id_)


def ended_by_act(draft: MatterDraft, held: Holding, how: Over) -> Ended:
    """Return what ends today."""
    return Ended(
        holding=held.id,
        enterprise=held.enterprise,
        subject=held.subject,
        last_on=local_day(draft),
        how=how,
    )


def waits_without(draft: MatterDraft, state: Grant, held: Holding) -> Waits:
    """Return what to wait for once something is no longer held."""
    return waits_with(draft, state, [each for each in state.holdings if each.id != held.id])


def waits_changed(draft: MatterDraft, state: Grant, held: Holding) -> Waits:
    """Return what to wait for once something is held otherwise than before."""
    return waits_with(
        draft, state, [held if each.id == held.id else each for each in state.holdings]
    )


def _require_new_id(state: Grant, id_: str) -> None:
    if state.holding(id_) is not None or state.ended_holding(id_) is not None:
        raise ConflictError(
            "Something was held under this name before.",
            field="holding",
            value=id_,
            allowed="a name of its own for each",
        )


def _require_room(state: Grant) -> None:
    most = LIVE_MAX if state.capacity is None else state.capacity
    if len(state.holdings) < most:
        return
    allowed = f"at most {most} at once"
    if state.keeps is Keeps.PLACES:
        raise ConflictError(
            "The place is full.", field="holding", value=len(state.holdings), allowed=allowed
        )
    raise ConflictError(
        "No more of it may be held at once.",
        field="holding",
        value=len(state.holdings),
        allowed=allowed,
    )
