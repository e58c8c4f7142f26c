"""A decision about a supervision order in the making, and what time does to it."""

from dataclasses import dataclass
from datetime import datetime

from domain import order_events as ev
from domain.clock_rules import RungRule, rung_called
from domain.clocks import Run, RungDue
from domain.days import to_ms
from domain.decisions.draft import Context
from domain.decisions.time import FIRINGS_MAX, LATE_BY_US_MS
from domain.durations import budget_of
from domain.errors import WrongPhaseError
from domain.order_evolve import evolve_order
from domain.order_words import OrderStanding
from domain.orders import SupervisionOrder
from domain.people import ENGINE, Actor
from domain.runs import Pace, next_repeat, run_of
from domain.supervision_rules import Instrument, SupervisionRule


@dataclass(frozen=True, slots=True)
class OrderDecision:
    """What a command comes to: its events, in order, and the order after them."""

    events: tuple[ev.OrderEvent, ...]
    order: SupervisionOrder


class OrderDraft:
    """Collects events. Each is folded before the next is decided."""

    def __init__(
        self,
        order: SupervisionOrder | None,
        zone: str,
        key: str,
        actor: Actor,
        context: Context,
    ) -> None:
        self.zone = zone
        self.key = key
        self.actor = actor
        self.at = context.at
        self.terms = context.terms
        self.target = context.target
        self.rules = context.rules
        self.events: list[ev.OrderEvent] = []
        self._order = order

    @property
    def order(self) -> SupervisionOrder:
        """Return the order as the events recorded so far leave it."""
        if self._order is None:
            raise LookupError(f"no order yet in {self.zone}/{self.key}")
        return self._order

    @property
    def supervision(self) -> SupervisionRule:
        """Return how the zone supervises; a zone that says nothing has no instruments."""
        return self.terms.handbook.supervision or SupervisionRule()

    def record(self, event: ev.OrderEvent) -> None:
        """Add `event`."""
        self._order = evolve_order(
            self._order, event, zone=self.zone, key=self.key, terms=self.terms.hash
        )
        self.events.append(event)

    def decision(self) -> OrderDecision:
        """Return what has been recorded."""
        return OrderDecision(events=tuple(self.events), order=self.order)

    def instrument(self, id_: str) -> Instrument:
        """Return an instrument that the order itself names."""
        found = self.supervision.instrument(id_)
        if found is None:
            msg = f"{self.order.stream}: the handbook has no instrument {id_}"
            raise LookupError(msg)
        return found

    def limit(self, instrument: Instrument) -> Run | None:
        """Return the fresh limit of an instrument, from now; None if it asks for nothing."""
        if instrument.limit is None:
            return None
        calendar = self.terms.calendar
        budget = budget_of(instrument.limit, calendar, self.at)
        pace = Pace(
            basis=budget.basis,
            budget_ms=budget.ms,
            anchor_at=self.at,
            at=self.at,
            spent_ms=0,
            calendar=calendar,
            rules=self.rules,
            duration=instrument.limit,
        )
        return run_of(instrument, pace)

    def next_limit(self, instrument: Instrument) -> tuple[str, Run]:
        """Return the limit for an order that goes on: the instrument's, or that of the one whose
        limit ran before, so that no step ever ends the duty to reply."""
        fresh = self.limit(instrument)
        if fresh is not None:
            return instrument.id, fresh
        before = self.instrument(self.order.limit_of or instrument.id)
        kept = self.limit(before)
        if kept is None:
            msg = f"{self.order.stream} goes on, and no instrument of its has a limit"
            raise LookupError(msg)
        return before.id, kept

    def require_standing(self, *standings: OrderStanding) -> None:
        """Refuse unless the order stands in one of these."""
        if self.order.standing not in standings:
            raise WrongPhaseError(
                "The order does not stand so that this could be done.",
                field="standing",
                value=self.order.standing,
                allowed=standings,
            )


def let_limit_pass(draft: OrderDraft) -> None:
    """Fire every rung of the order that was due by now, earliest first: time comes before any act,
    whoever heard of it first."""
    for _ in range(FIRINGS_MAX):
        due = draft.order.next_rung
        if due is None or due.due_at > draft.at:
            return
        _fire(draft, due)
    msg = f"{draft.order.stream}: time brings up rungs at one instant without end"
    raise RuntimeError(msg)


def _fire(draft: OrderDraft, rung: RungDue) -> None:
    order = draft.order
    if order.limit_of is None or order.run is None:
        msg = f"{order.stream} has a rung and no limit"
        raise LookupError(msg)
    rule = rung_called(draft.instrument(order.limit_of).rungs, rung.id)
    if rule is None:
        msg = f"{order.stream}: instrument {order.limit_of} has no rung {rung.id}"
        raise LookupError(msg)
    following, skipped = _repeat(draft, rule, order.run, rung)
    draft.record(
        ev.OrderRungFired(
            at=draft.at,
            by=ENGINE,
            instrument=order.limit_of,
            cycle=order.cycle,
            rung=rung.id,
            percent=rule.percent,
            effect=rule.effect,
            due_at=rung.due_at,
            next=following,
            skipped=skipped,
            late_by_us=to_ms(draft.at) - to_ms(rung.due_at) > LATE_BY_US_MS,
        )
    )
    if rule.is_due_itself:
        _unanswered(draft, rung.due_at)


def _repeat(
    draft: OrderDraft, rule: RungRule, run: Run, rung: RungDue
) -> tuple[RungDue | None, tuple[str, ...]]:
    """Return the next repeat of a rung that repeats, and those that this firing stands for. A limit
    runs from its anchor without a stop."""
    if rule.every is None:
        return None, ()
    pace = Pace(
        basis=run.basis,
        budget_ms=run.budget_ms,
        anchor_at=run.anchor_at,
        at=run.anchor_at,
        spent_ms=0,
        calendar=draft.terms.calendar,
        gone=draft.order.fired,
        rules=draft.rules,
    )
    number = int(rung.id.rpartition(".")[2])
    return next_repeat(rule, pace, run.due_at, after=number, later_than=draft.at)


def _unanswered(draft: OrderDraft, due_at: datetime) -> None:
    """The limit passed in silence: the instrument's `on_timeout` is next, with a fresh limit."""
    order = draft.order
    draft.record(
        ev.OrderUnanswered(
            at=draft.at,
            by=ENGINE,
            instrument=order.instrument,
            unit=order.unit,
            cycle=order.cycle,
            due_at=due_at,
        )
    )
    to = _next_step(draft)
    if to is not None:
        raise_to(draft, to, ENGINE, reason=None)


def _next_step(draft: OrderDraft) -> str | None:
    """Return where silence leads. An instrument without a limit has taken over that of the one
    before it, and its next step with it, if that is further down the list than itself."""
    order = draft.order
    present = draft.instrument(order.instrument)
    if present.limit is not None or order.limit_of is None:
        return present.on_timeout
    to = draft.instrument(order.limit_of).on_timeout
    further = [each.id for each in draft.supervision.instruments]
    further = further[further.index(present.id) + 1 :]
    return to if to in further else None


def raise_to(draft: OrderDraft, to: str, by: Actor, *, reason: str | None) -> None:
    """Make the order another instrument's, with a fresh limit."""
    limit_of, run = draft.next_limit(draft.instrument(to))
    draft.record(
        ev.OrderRaised(
            at=draft.at,
            by=by,
            came_from=draft.order.instrument,
            to=to,
            unit=draft.order.unit,
            reason=reason,
            limit_of=limit_of,
            run=run,
        )
    )
