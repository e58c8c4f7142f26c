"""Who may ask what of a supervision order: one table, and how an officer comes to stand in it."""

from datetime import datetime
from enum import StrEnum

from domain.days import zone_of
from domain.errors import NotPermittedError
from domain.handbook import Post
from domain.orders import SupervisionOrder
from domain.people import Actor, Officer, named
from domain.permissions import Setting, officer_post
from domain.supervision_rules import Instrument
from domain.terms import Terms


class OrderCapacity(StrEnum):
    """In what quality an officer stands to an order. Posts of the target unit judge nothing."""

    ISSUER = "the issuer's post, or a post that may use the instrument"
    TARGET = "a post of the target unit"
    JUDGE = "a post of the tier that rules on appeals, or above it"


ORDER_PERMITTED: dict[str, OrderCapacity] = {
    "issue_order": OrderCapacity.ISSUER,
    "reply_to_order": OrderCapacity.TARGET,
    "accept_reply": OrderCapacity.ISSUER,
    "refuse_reply": OrderCapacity.ISSUER,
    "lift_order": OrderCapacity.ISSUER,
    "raise_order": OrderCapacity.ISSUER,
    "appeal_order": OrderCapacity.TARGET,
    "rule_appeal": OrderCapacity.JUDGE,
}


def may_use(held: Post, instrument: Instrument) -> bool:
    """Return whether a post may use an instrument: by one of its roles, or by its tier."""
    if any(role in instrument.roles for role in held.roles):
        return True
    from_tier = instrument.from_tier
    return from_tier is not None and held.tier is not None and held.tier >= from_tier


def may_rule(held: Post, target: str, from_tier: int) -> bool:
    """Return whether a post may rule on an appeal of the unit `target`."""
    return held.unit != target and held.tier is not None and held.tier >= from_tier


def acting_post(actor: Actor, command: str, terms: Terms, at: datetime) -> Post:
    """Return the post that somebody acts in on the local day of `at`, in person or as a deputy, or
    refuse."""
    if not isinstance(actor, Officer):
        raise NotPermittedError(
            f"This actor may not {command}.",
            field="actor",
            value=named(actor),
            allowed=f"an officer: {ORDER_PERMITTED[command]}",
        )
    local = at.astimezone(zone_of(terms.calendar.time_zone))
    return officer_post(actor, Setting(handbook=terms.handbook, local=local, command=command))


def require_capacity(
    actor: Actor,
    command: str,
    held: Post,
    order: SupervisionOrder,
    instrument: Instrument | None,
    judge_tier: int | None,
) -> None:
    """Refuse unless `held` stands in the capacity that the table names for the command.

    `instrument` is the one that the act is by, `judge_tier` the lowest that rules on appeals.
    """
    wanted, of_unit = ORDER_PERMITTED[command], held.unit == order.unit
    by_right = instrument is not None and may_use(held, instrument)
    stands = {
        OrderCapacity.ISSUER: not of_unit and (held.id == order.issuer.post or by_right),
        OrderCapacity.TARGET: of_unit,
        OrderCapacity.JUDGE: judge_tier is not None and may_rule(held, order.unit, judge_tier),
    }
    if not stands[wanted]:
        raise NotPermittedError(
            f"This actor may not {command}.",
            field="actor",
            value=named(actor),
            allowed=f"{wanted}" + (", of another unit" * (wanted is not OrderCapacity.TARGET)),
        )
