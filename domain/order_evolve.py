"""How an event changes a supervision order: the fold that its stream is read with."""

from collections.abc import Iterable
from typing import assert_never

from domain import order_events as ev
from domain.clock_rules import FULL_PERCENT
from domain.clocks import Run, in_order
from domain.evolve import StreamError
from domain.order_words import OrderStanding, ReplyVerdict
from domain.orders import Appeal, OrderFact, Raising, Reply, SupervisionOrder
from domain.people import Officer, identities_of, person_of


def evolve_order(
    order: SupervisionOrder | None, event: ev.OrderEvent, *, zone: str, key: str, terms: str
) -> SupervisionOrder:
    """Return the order after `event`. Raises StreamError for a stream that no order can have."""
    if order is None:
        if isinstance(event, ev.OrderIssued):
            return _issued(event, zone, key, terms)
        msg = f"stream order/{zone}/{key} begins with {event.kind}, not with an order"
        raise StreamError(msg)
    changes = _changes(order, event)
    version = order.version + 1
    if isinstance(event, ev.CountableFact):
        changes["facts"] = (*order.facts, _fact(event, version))
    moved = order.moved + 1 if isinstance(event, ev.OrderTermsAdopted) else 0
    update = {"version": version, "changed_at": event.at, "moved": moved, **changes}
    return order.model_copy(update=update)


def fold_order(
    events: Iterable[ev.OrderEvent], *, zone: str, key: str, terms: str
) -> SupervisionOrder | None:
    """Return what all events of a stream come to."""
    order: SupervisionOrder | None = None
    for event in events:
        order = evolve_order(order, event, zone=zone, key=key, terms=terms)
    return order


def _issued(event: ev.OrderIssued, zone: str, key: str, terms: str) -> SupervisionOrder:
    owes = event.run is not None
    return SupervisionOrder(
        zone=zone,
        key=key,
        version=1,
        terms=terms,
        standing=OrderStanding.OPEN if owes else OrderStanding.SETTLED,
        instrument=event.instrument,
        issuer=event.issuer,
        unit=event.unit,
        ground=event.ground,
        issues=event.issues,
        question=event.question,
        issued_at=event.at,
        changed_at=event.at,
        ended_at=None if owes else event.at,
        cycle=1 if owes else 0,
        limit_of=event.limit_of,
        run=event.run,
        facts=(_fact(event, 1),),
        pressed_by=identities_of(event.by),
    )


def _fact(event: ev.CountableFact, version: int) -> OrderFact:
    instrument = event.to if isinstance(event, ev.OrderRaised) else event.instrument
    return OrderFact(version=version, kind=event.kind, at=event.at, instrument=instrument)


def _changes(order: SupervisionOrder, event: ev.OrderEvent) -> dict[str, object]:  # noqa: PLR0911  # one return a case
    match event:
        case ev.OrderIssued():
            msg = f"stream {order.stream} issues its order twice"
            raise StreamError(msg)
        case ev.OrderRungFired():
            return _fired(order, event)
        case ev.OrderUnanswered():
            return {}
        case ev.OrderRaised():
            return _raised(order, event) | _limited(order, event)
        case ev.OrderReplied():
            return {"standing": OrderStanding.ANSWERED, "run": None, "replies": _told(order, event)}
        case ev.ReplyAccepted():
            return _ended(order, OrderStanding.SETTLED, event) | {
                "replies": _judged(order, ReplyVerdict.ACCEPTED)
            }
        case ev.ReplyRefused():
            replies = _judged(order, ReplyVerdict.REFUSED)
            return {"standing": OrderStanding.OPEN, "replies": replies} | _limited(order, event)
        case ev.OrderLifted():
            return _ended(order, OrderStanding.LIFTED, event)
        case ev.OrderAppealed() | ev.AppealRuled():
            return {"appeals": _appeals(order, event)}
        case ev.OrderTermsAdopted():
            return {"terms": event.to_terms, "run": event.run}
        case _:
            assert_never(event)


def _limited(order: SupervisionOrder, event: ev.OrderRaised | ev.ReplyRefused) -> dict[str, object]:
    """A fresh limit begins a cycle; what was promised of the one before is not promised now."""
    return {
        "cycle": order.cycle + 1,
        "limit_of": event.limit_of,
        "run": event.run,
        "fired": (),
        "breached_at": None,
    }


def _fired(order: SupervisionOrder, event: ev.OrderRungFired) -> dict[str, object]:
    if order.run is None or order.cycle != event.cycle:
        msg = f"stream {order.stream} has no limit that rung {event.rung} could be of"
        raise StreamError(msg)
    gone = {event.rung, *event.skipped}
    left = [rung for rung in order.run.rungs if rung.id not in gone]
    rungs = in_order([*left, *([] if event.next is None else [event.next])])
    run: Run = order.run.model_copy(update={"rungs": rungs})
    changes: dict[str, object] = {
        "run": run,
        "fired": (*order.fired, event.rung, *event.skipped),
    }
    if event.percent == FULL_PERCENT:
        changes["breached_at"] = event.due_at
    return changes


def _raised(order: SupervisionOrder, event: ev.OrderRaised) -> dict[str, object]:
    step = Raising(at=event.at, came_from=event.came_from, to=event.to, person=person_of(event.by))
    pressed = dict.fromkeys((*order.pressed_by, *identities_of(event.by)))
    return {
        "instrument": event.to,
        "raised": (*order.raised, step),
        "pressed_by": tuple(pressed),
    }


def _told(order: SupervisionOrder, event: ev.OrderReplied) -> tuple[Reply, ...]:
    if not isinstance(event.by, Officer):
        msg = f"stream {order.stream} has a reply that nobody gave"
        raise StreamError(msg)
    reply = Reply(
        at=event.at,
        people=identities_of(event.by),
        post=event.by.post,
        text=event.text,
        evidence=event.evidence,
        late=event.late,
    )
    return (*order.replies, reply)


def _judged(order: SupervisionOrder, verdict: ReplyVerdict) -> tuple[Reply, ...]:
    if not order.replies:
        msg = f"stream {order.stream} has a verdict and no reply"
        raise StreamError(msg)
    *earlier, last = order.replies
    return (*earlier, last.model_copy(update={"verdict": verdict}))


def _ended(
    order: SupervisionOrder, standing: OrderStanding, event: ev.ReplyAccepted | ev.OrderLifted
) -> dict[str, object]:
    return {"standing": standing, "run": None, "ended_at": event.at}


def _appeals(
    order: SupervisionOrder, event: ev.OrderAppealed | ev.AppealRuled
) -> tuple[Appeal, ...]:
    if isinstance(event, ev.OrderAppealed):
        people = identities_of(event.by)
        return (*order.appeals, Appeal(version=event.version, at=event.at, people=people))
    return tuple(
        appeal.model_copy(update={"ruling": event.ruling})
        if appeal.version == event.version
        else appeal
        for appeal in order.appeals
    )
