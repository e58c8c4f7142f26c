"""Moving an order to the terms in force: who may act is theirs, the limit stays what was set.

The same length of time from the same instant is counted by the calendar of now; one event says so.
"""

from dataclasses import replace

from domain import order_events as ev
from domain.clock_rules import RungRule, rung_name
from domain.clocks import Run
from domain.decisions.order_draft import OrderDraft
from domain.durations import budget_of
from domain.errors import InvalidRequestError
from domain.order_commands import AdoptOrderTerms
from domain.orders import SupervisionOrder
from domain.organization import posts_of_unit
from domain.runs import Pace, run_of
from domain.supervision_rules import Instrument
from domain.terms import Terms


def adopt_terms(draft: OrderDraft, command: AdoptOrderTerms) -> None:
    """Judge the order by the target's terms from now on. Nothing happens if it is already, and it
    is refused if the target does not hold what the order names."""
    target, order = draft.target, draft.order
    if target is None or target.hash != command.terms:
        msg = f"{order.stream}: the terms {command.terms} were not given to decide by"
        raise LookupError(msg)
    if order.terms == target.hash:
        return
    _require_fit(order, target)
    run = None if order.run is None else _counted_anew(draft, order, order.run, target)
    promised = {rung.id for rung in run.rungs} if run is not None else set()
    before = () if order.run is None else order.run.rungs
    draft.terms = target
    draft.record(
        ev.OrderTermsAdopted(
            at=draft.at,
            by=draft.actor,
            from_terms=order.terms,
            to_terms=target.hash,
            handbook=target.handbook.hash,
            calendar=target.calendar.hash,
            old_due_at=None if order.run is None else order.run.due_at,
            run=run,
            superseded=tuple(rung.id for rung in before if rung.id not in promised),
        )
    )


def _counted_anew(draft: OrderDraft, order: SupervisionOrder, run: Run, target: Terms) -> Run:
    """Return the limit with the target's calendar and rungs. What fired stays fired, and a rung
    that the order never promised does not fire for an instant that has passed."""
    if run.duration is None or order.limit_of is None:
        msg = f"{order.stream}: nothing says what its limit was resolved from"
        raise LookupError(msg)
    instrument = _instrument(target, order.limit_of)
    due = next(rung for rung in instrument.rungs if rung.is_due_itself)
    budget = budget_of(run.duration, target.calendar, run.anchor_at)
    pace = Pace(
        basis=budget.basis,
        budget_ms=budget.ms,
        anchor_at=run.anchor_at,
        at=run.anchor_at,
        spent_ms=0,
        calendar=target.calendar,
        gone=_over(order, due),
        passed_at=order.breached_at,
        rules=draft.rules,
        duration=run.duration,
    )
    promised = {rung.id for rung in run.rungs} | ({due.id} if order.breached_at is None else set())
    while True:
        counted = run_of(instrument, pace)
        missed = [r.id for r in counted.rungs if r.due_at <= draft.at and r.id not in promised]
        if not missed:
            return counted
        pace = replace(pace, gone=(*pace.gone, *missed))


def _over(order: SupervisionOrder, due: RungRule) -> tuple[str, ...]:
    """Return the rungs that are no more: all that fired, and the limit's own once it has passed,
    whatever it is called now."""
    name = rung_name(due, 0)
    if order.breached_at is None and name in order.fired:
        raise _unfit("supervision.instruments.rungs", name)
    return order.fired if order.breached_at is None else (*order.fired, name)


def _require_fit(order: SupervisionOrder, target: Terms) -> None:
    """What the order names, and what may come of it, must be there."""
    _instrument(target, order.instrument)
    if order.limit_of is not None and order.is_open:
        limited = _instrument(target, order.limit_of)
        if limited.limit is None:
            raise _unfit("supervision.instruments.limit", limited.id)
    if not posts_of_unit(target.handbook, order.unit):
        raise _unfit("unit", order.unit)


def _instrument(target: Terms, id_: str) -> Instrument:
    rule = target.handbook.supervision
    found = None if rule is None else rule.instrument(id_)
    if found is None:
        raise _unfit("supervision.instruments", id_)
    return found


def _unfit(field: str, value: str) -> InvalidRequestError:
    return InvalidRequestError(
        "The terms in force do not hold what the order names: it stays with those it has.",
        field=field,
        value=value,
    )
