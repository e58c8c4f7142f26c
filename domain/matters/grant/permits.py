"""Permits: issued for days to come, renewed where they end, revoked; never two for one subject."""

from typing import assert_never

from domain.days import ONE_DAY
from domain.errors import InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.grant.commands import IssuePermit, PermitCommand, RenewPermit, RevokePermit
from domain.matters.grant.events import PermitIssued, PermitRenewed, PermitRevoked
from domain.matters.grant.guards import require_actor, told_enterprise
from domain.matters.grant.holding import (
    asked_days,
    asked_end,
    begun,
    ended_by_act,
    held_now,
    require_no_overlap,
    waits_changed,
    waits_without,
)
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.grant.waiting import in_turn, period
from domain.matters.grant.words import Over
from domain.phases import Origin


def act_on_permit(
    draft: MatterDraft, state: Grant, command: PermitCommand, rule: GrantProcedure
) -> None:
    """Carry out a command to a book of permits."""
    match command:
        case IssuePermit():
            _issue(draft, state, command, rule)
        case RenewPermit():
            _renew(draft, state, command, rule)
        case RevokePermit():
            _revoke(draft, state, command, rule)
        case _:
            assert_never(command)


def _issue(draft: MatterDraft, state: Grant, command: IssuePermit, rule: GrantProcedure) -> None:
    days = asked_days(draft, rule, command.from_on, command.to_on)
    new = begun(draft, state, command, rule, days, command.subject)
    require_no_overlap(state, command.subject, days)
    sets, meets = new.waits
    draft.record(
        PermitIssued(
            at=draft.at,
            by=draft.actor,
            holding=command.holding,
            enterprise=command.enterprise,
            subject=command.subject,
            period=new.period,
            gate=new.gate,
            values=command.values,
            note=command.note,
            sets=in_turn(sets),
            meets=meets,
            tells=told_enterprise(draft, command.enterprise),
            found=draft.found(command.problems, Origin.SERVICE, command.enterprise),
        )
    )


def _renew(draft: MatterDraft, state: Grant, command: RenewPermit, rule: GrantProcedure) -> None:
    held = held_now(state, command.holding)
    require_actor(draft, rule.issues_by, held.enterprise)
    if held.to_on is None:
        raise InvalidRequestError(
            "What has no end is not renewed.", field="holding", value=command.holding
        )
    if held.renewals >= rule.renewals_max:
        raise InvalidRequestError(
            "It was renewed as often as the procedure allows.",
            field="holding",
            value=command.holding,
            allowed=f"at most {rule.renewals_max} renewals",
        )
    first = held.to_on + ONE_DAY
    last = asked_end(draft, rule, first, command.to_on)
    require_no_overlap(state, held.subject, (first, last), but=held.id)
    added = period(draft, rule, first, last)
    update = {"to_on": added.to_on, "ends_at": added.ends_at, "warn_at": added.warn_at}
    sets, meets = waits_changed(draft, state, held.model_copy(update=update))
    draft.record(
        PermitRenewed(
            at=draft.at,
            by=draft.actor,
            holding=held.id,
            enterprise=held.enterprise,
            period=added,
            renewals=held.renewals + 1,
            note=command.note,
            sets=in_turn(sets),
            meets=meets,
            tells=told_enterprise(draft, held.enterprise),
            found=draft.found(command.problems, Origin.SERVICE, held.enterprise),
        )
    )


def _revoke(draft: MatterDraft, state: Grant, command: RevokePermit, rule: GrantProcedure) -> None:
    held = held_now(state, command.holding)
    require_actor(draft, rule.issues_by, held.enterprise)
    sets, meets = waits_without(draft, state, held)
    draft.record(
        PermitRevoked(
            at=draft.at,
            by=draft.actor,
            ended=ended_by_act(draft, held, Over.REVOKED),
            reason=command.reason,
            note=command.note,
            sets=in_turn(sets),
            meets=meets,
            tells=told_enterprise(draft, held.enterprise),
            found=draft.found(command.problems, Origin.SERVICE, held.enterprise),
        )
    )
