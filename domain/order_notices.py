"""Who must be told what happened to a supervision order: always the other side, time tells both."""

from typing import assert_never

from domain import order_events as ev
from domain.clock_rules import RungEffect
from domain.handbook import Handbook
from domain.notices import Notice
from domain.order_permissions import may_rule, may_use
from domain.orders import SupervisionOrder
from domain.organization import posts_of_unit


def order_notices_of(
    event: ev.OrderEvent, order: SupervisionOrder, handbook: Handbook
) -> tuple[Notice, ...]:
    """Return what to tell about `event`; `order` is the order after it, so at its version."""
    addressees = dict.fromkeys(_addressees(event, order, handbook))
    where, version = order.stream, order.version
    return tuple(
        Notice(f"{where}/{version}/{name}", where, version, event.kind, name) for name in addressees
    )


def _addressees(event: ev.OrderEvent, order: SupervisionOrder, handbook: Handbook) -> list[str]:
    unit = [held.id for held in posts_of_unit(handbook, order.unit)[:1]]
    issuer = [order.issuer.post]
    match event:
        case ev.OrderIssued() | ev.ReplyAccepted() | ev.ReplyRefused() | ev.OrderLifted():
            return unit
        case ev.OrderRungFired():
            return unit if event.effect is RungEffect.REMIND else []
        case ev.OrderTermsAdopted():
            moved = event.run is not None and event.run.due_at != event.old_due_at
            return unit if moved else []
        case ev.OrderReplied():
            return issuer
        case ev.OrderAppealed():
            return [*issuer, *_who_may_rule(order, handbook)]
        case ev.OrderUnanswered() | ev.AppealRuled():
            return [*unit, *issuer]
        case ev.OrderRaised():
            return [*unit, *issuer, *_whose_turn(order, handbook)]
        case _:
            assert_never(event)


def _who_may_rule(order: SupervisionOrder, handbook: Handbook) -> list[str]:
    """Return the first post that may rule on an appeal of the unit's."""
    warnings = None if handbook.supervision is None else handbook.supervision.warnings
    if warnings is None:
        return []
    able = [held for held in handbook.posts if may_rule(held, order.unit, warnings.appeal_to_tier)]
    return [held.id for held in able[:1]]


def _whose_turn(order: SupervisionOrder, handbook: Handbook) -> list[str]:
    """Return who may use the instrument that the order has come to, where the issuer may not."""
    rule = handbook.supervision
    instrument = None if rule is None else rule.instrument(order.instrument)
    if instrument is None:
        return []
    able = [held.id for held in handbook.posts if may_use(held, instrument)]
    return [] if order.issuer.post in able else able[:1]
