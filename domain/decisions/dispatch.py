"""A unit refuses what was sent to it, and an arbiter rules whose it is (R5.7).

The accountable post stays who it was through all of it, and its limits run on. There is an end: in
time, to refusals, and to the arbiter's thinking; what nobody rules goes to the fallback unit.
"""

from datetime import datetime

from domain import commands_of_ladder as cmd
from domain import events_of_ladder as ev
from domain.clocks import Clock
from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.handbook import DispatchRule, Post
from domain.issue import Dispatch
from domain.organization import on_duty, post, posts_of_unit, unit
from domain.people import ENGINE, Officer, identities_of, named
from domain.phases import Phase


def refusable(draft: Draft, unit_id: str | None) -> bool:
    """Return whether what is being sent to a unit now may be refused by it: the handbook knows
    refusing, and the issue is in hand."""
    known = draft.handbook.dispatch is not None and unit_id is not None
    return known and draft.issue.phase is Phase.HANDLING


def require_no_dispute(draft: Draft) -> None:
    """Refuse to send the work elsewhere while the arbiter has the word; and to the unit that a
    ruling binds, to pass it on all the same."""
    sent = draft.issue.dispatch
    if sent is None:
        return
    if sent.arbiter is not None:
        raise WrongPhaseError(
            "The arbiter has the word on whose this is.",
            field="dispatch",
            value=sent.unit,
            allowed=f"rule_dispatch, by {sent.arbiter}",
        )
    acting = draft.actor.post if isinstance(draft.actor, Officer) else None
    if sent.bound and acting == sent.handler != draft.issue.owner:
        raise NotPermittedError(
            "The ruling binds this unit.",
            field="actor",
            value=named(draft.actor),
            allowed=f"the accountable post {draft.issue.owner}, or a higher tier",
        )


def require_not_passed_on(draft: Draft, unit_id: str) -> None:
    """Refuse to let a unit pass on by itself what it may refuse: that would be a refusal without an
    arbiter, and without end (R5.7)."""
    sent = draft.issue.dispatch
    acting = draft.actor.post if isinstance(draft.actor, Officer) else None
    if sent is None or acting != sent.handler or acting == draft.issue.owner:
        return
    raise NotPermittedError(
        "What was sent to a unit is done there, or refused to the arbiter.",
        field="unit",
        value=unit_id,
        allowed=f"refuse_dispatch, or the accountable post {draft.issue.owner} sends it on",
    )


def refuse_dispatch(draft: Draft, command: cmd.RefuseDispatch) -> None:
    """Put it to the arbiter, or where there is none to the fallback unit at once."""
    draft.require_phase(Phase.HANDLING)
    rule, sent = _open_to_refusal(draft)
    _require_in_time(draft, rule)
    if command.suggested is not None:
        _require_taker(draft, command.suggested, "suggested", other_than=sent.unit)
    arbiter = _arbiter(draft, rule, sent.unit)
    draft.record(
        ev.DispatchRefused(
            at=draft.at,
            by=draft.actor,
            unit=sent.unit,
            hop=draft.issue.refusals + 1,
            arbiter=None if arbiter is None else arbiter.id,
            reason=command.reason,
            suggested=command.suggested,
        )
    )
    if arbiter is None:
        _bind(draft, rule, None)


def rule_dispatch(draft: Draft, command: cmd.RuleDispatch) -> None:
    """Say whose it is. Whoever is overruled has to take it; so has anybody after the last hop."""
    sent, rule = draft.issue.dispatch, draft.handbook.dispatch
    if sent is None or sent.arbiter is None:
        raise WrongPhaseError("Nothing waits for a ruling.", field="dispatch")
    _require_taker(draft, command.unit, "unit")
    overruled = command.unit == sent.unit
    last = rule is None or draft.issue.refusals >= rule.hops_max
    draft.record(
        ev.DispatchRuled(
            at=draft.at,
            by=draft.actor,
            unit=command.unit,
            handler=sent.handler if overruled else _taker(draft, command.unit).id,
            overruled=overruled,
            binding=overruled or last,
            reason=command.reason,
        )
    )


def bind(draft: Draft, clock_id: str) -> None:
    """The arbiter's time is over: the fallback unit has it. Nothing if there was a ruling."""
    sent, rule = draft.issue.dispatch, draft.handbook.dispatch
    if sent is not None and sent.arbiter is not None and rule is not None:
        _bind(draft, rule, clock_id)


def _bind(draft: Draft, rule: DispatchRule, clock_id: str | None) -> None:
    taker = _taker(draft, rule.fallback)
    draft.record(
        ev.DispatchBound(
            at=draft.at, by=ENGINE, unit=rule.fallback, handler=taker.id, clock=clock_id
        )
    )


def _open_to_refusal(draft: Draft) -> tuple[DispatchRule, Dispatch]:
    sent, rule = draft.issue.dispatch, draft.handbook.dispatch
    if sent is None or rule is None or sent.handler == draft.issue.owner:
        raise WrongPhaseError(
            "Nothing was sent here that may be refused.",
            field="dispatch",
            allowed="what was handed over to a unit, where the handbook knows refusing",
        )
    if sent.arbiter is not None:
        raise WrongPhaseError(
            "It has been refused and waits for a ruling.",
            field="dispatch",
            value=sent.unit,
            allowed=f"rule_dispatch, by {sent.arbiter}",
        )
    if sent.bound or draft.issue.refusals >= rule.hops_max:
        raise WrongPhaseError(
            "This dispatch binds: there is no refusing it any more.",
            field="dispatch",
            value=f"refusal {draft.issue.refusals}",
            allowed=f"at most {rule.hops_max} refusals of one issue, and none after a ruling "
            "that binds",
        )
    return rule, sent


def _require_in_time(draft: Draft, rule: DispatchRule) -> None:
    clock = draft.issue.clock(rule.refusal)
    if clock is not None and clock.is_live and clock.breached_at is None:
        return
    over_at = None if clock is None else _over_at(clock)
    raise WrongPhaseError(
        "The time to refuse is over.",
        field="dispatch",
        value=None if over_at is None else f"over at {over_at.isoformat()}",
        allowed=f"while the clock {rule.refusal} runs",
    )


def _over_at(clock: Clock) -> datetime:
    return clock.since_at if clock.breached_at is None else clock.breached_at


def _arbiter(draft: Draft, rule: DispatchRule, refusing: str) -> Post | None:
    """Return who rules: the first of another unit with somebody there who does not refuse here,
    else the first of another unit, whoever may come to it."""
    found = (post(draft.handbook, id_) for id_ in rule.arbiters)
    others = [each for each in found if each is not None and each.unit != refusing]
    sent = draft.issue.dispatch
    refusers = {*identities_of(draft.actor), None if sent is None else sent.sent_by}
    staffed = (e for e in others if set(on_duty(draft.handbook, e, draft.local)) - refusers)
    return next(staffed, None) or next(iter(others), None)


def _require_taker(draft: Draft, unit_id: str, field: str, other_than: str | None = None) -> None:
    body = unit(draft.handbook, unit_id)
    acting = body is not None and not body.external and posts_of_unit(draft.handbook, unit_id)
    if acting and unit_id != other_than:
        return
    units = {each.unit for each in draft.handbook.posts if each.unit is not None}
    raise InvalidRequestError(
        "Only a unit of the zone that has a post can take it.",
        field=field,
        value=unit_id,
        allowed=units - {other_than or ""},
    )


def _taker(draft: Draft, unit_id: str) -> Post:
    """Return the unit's first post with somebody in it, else its first."""
    posts = posts_of_unit(draft.handbook, unit_id)
    there = (each for each in posts if on_duty(draft.handbook, each, draft.local))
    return next(there, None) or posts[0]
