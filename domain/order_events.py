"""What can have happened to a supervision order. Facts: never edited, never removed."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from domain.clock_rules import RungEffect
from domain.clocks import Run, RungDue
from domain.issue import Evidence, Hash
from domain.model import Code, Frozen, Key, Moment, Text, is_none, is_unset
from domain.order_words import Ruling
from domain.orders import Issuer, OrderGround
from domain.people import Actor


class OrderHappened(Frozen):
    """When it was recorded, and by whom."""

    at: Moment
    by: Actor


class OrderIssued(OrderHappened):
    """`run` is the limit to reply; without one the instrument asks for nothing and is settled."""

    kind: Literal["order_issued"] = "order_issued"
    instrument: Code
    issuer: Issuer
    unit: Code
    ground: OrderGround
    issues: tuple[Key, ...]
    question: Text
    limit_of: Code | None = Field(default=None, exclude_if=is_none)
    run: Run | None = Field(default=None, exclude_if=is_none)


class OrderRungFired(OrderHappened):
    """A threshold of the limit passed. The fields say what those of `RungFired` do."""

    kind: Literal["order_rung_fired"] = "order_rung_fired"
    instrument: Code
    cycle: int
    rung: Code
    percent: int | None = Field(default=None, exclude_if=is_none)
    effect: RungEffect
    due_at: Moment
    next: RungDue | None = Field(default=None, exclude_if=is_none)
    skipped: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    late_by_us: bool = Field(default=False, exclude_if=is_unset)

    @property
    def clock(self) -> str:
        """Return what tells this limit from others in lists of firings: its instrument."""
        return self.instrument


class OrderUnanswered(OrderHappened):
    """The limit of a cycle passed and there was no reply. `instrument` is the one in force."""

    kind: Literal["order_unanswered"] = "order_unanswered"
    instrument: Code
    unit: Code
    cycle: int
    due_at: Moment


class OrderRaised(OrderHappened):
    """The order is another instrument's from now on, by time or, with a reason, by act.

    `run` is the fresh limit: that of `limit_of`, which is the instrument before if the new one has
    none: a step up never ends a duty.
    """

    kind: Literal["order_raised"] = "order_raised"
    came_from: Code
    to: Code
    unit: Code
    reason: Text | None = Field(default=None, exclude_if=is_none)
    limit_of: Code
    run: Run


class OrderReplied(OrderHappened):
    """The target unit answered. `late`: its limit had passed."""

    kind: Literal["order_replied"] = "order_replied"
    cycle: int
    text: Text
    evidence: tuple[Evidence, ...] = Field(default=(), exclude_if=is_unset)
    late: bool = Field(default=False, exclude_if=is_unset)


class ReplyAccepted(OrderHappened):
    """The issuer's side is content: the order is settled."""

    kind: Literal["reply_accepted"] = "reply_accepted"
    note: Text | None = Field(default=None, exclude_if=is_none)


class ReplyRefused(OrderHappened):
    """The reply is not enough: the unit owes another, within a fresh limit."""

    kind: Literal["reply_refused"] = "reply_refused"
    reason: Text
    limit_of: Code
    run: Run


class OrderLifted(OrderHappened):
    """The issuer's side takes the order back. What counted because of it still counts."""

    kind: Literal["order_lifted"] = "order_lifted"
    reason: Text


class OrderAppealed(OrderHappened):
    """The target unit objects to the fact that the event `version` is."""

    kind: Literal["order_appealed"] = "order_appealed"
    version: int
    reason: Text


class AppealRuled(OrderHappened):
    """Somebody above ruled on an appeal. What is annulled counts against nobody."""

    kind: Literal["appeal_ruled"] = "appeal_ruled"
    version: int
    ruling: Ruling
    reason: Text


class OrderTermsAdopted(OrderHappened):
    """The order is judged by other terms from now on. `run` is its limit counted by them, of the
    same length from the same instant; `superseded` are rungs that they do not know: none fires.
    """

    kind: Literal["order_terms_adopted"] = "order_terms_adopted"
    from_terms: Hash
    to_terms: Hash
    handbook: Hash
    calendar: Hash
    old_due_at: Moment | None = Field(default=None, exclude_if=is_none)
    run: Run | None = Field(default=None, exclude_if=is_none)
    superseded: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)


OrderEvent = Annotated[
    OrderIssued
    | OrderRungFired
    | OrderUnanswered
    | OrderRaised
    | OrderReplied
    | ReplyAccepted
    | ReplyRefused
    | OrderLifted
    | OrderAppealed
    | AppealRuled
    | OrderTermsAdopted,
    Field(discriminator="kind"),
]

ORDER_EVENT: TypeAdapter[OrderEvent] = TypeAdapter(OrderEvent)

LimitSet = OrderIssued | OrderRaised | ReplyRefused
"""The events that set a fresh limit."""

CountableFact = OrderIssued | OrderUnanswered | OrderRaised
"""The events that can count against a unit, and can therefore be appealed."""
