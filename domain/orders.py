"""A supervision order: everything its stream of events has made of it (R11).

An order is its own aggregate: it may cover many issues, and outlive each of them.
"""

from typing import Annotated, Literal

from pydantic import Field

from domain.clocks import Run, RungDue
from domain.issue import Evidence, Hash
from domain.model import Code, Frozen, Key, Moment, Text, is_none, is_unset
from domain.order_words import OrderStanding, ReplyVerdict, Ruling

ISSUES_MAX = 200
_PREFIX = "order/"


class Issuer(Frozen):
    """Who issued an order: a person in a post. `tier` is that post's, if it is in the chain."""

    person: Code
    post: Code
    tier: int | None = None


class RuleGround(Frozen):
    """The order rests on a rule of the handbook: a ground of its warnings, or one of its clocks."""

    kind: Literal["rule"] = "rule"
    rule: Code


class PersonGround(Frozen):
    """The order rests on a person's words."""

    kind: Literal["person"] = "person"
    words: Text


OrderGround = Annotated[RuleGround | PersonGround, Field(discriminator="kind")]


class Reply(Frozen):
    """One reply of the target unit. `late`: the limit had passed. `people`: whose act it is."""

    at: Moment
    people: tuple[Code, ...]
    post: Code
    text: Text
    evidence: tuple[Evidence, ...] = ()
    late: bool = False
    verdict: ReplyVerdict | None = None


class Raising(Frozen):
    """One step up: from which instrument to which. No person: time did it."""

    at: Moment
    came_from: Code
    to: Code
    person: Code | None = None


class OrderFact(Frozen):
    """What can count against the unit and can be appealed: an event of the order's, by version."""

    version: int
    kind: Code
    at: Moment
    instrument: Code


class Appeal(Frozen):
    """An objection to one fact; the ruling is None until somebody rules."""

    version: int
    at: Moment
    people: tuple[Code, ...]
    ruling: Ruling | None = None


class SupervisionOrder(Frozen):
    """The fold of one order's stream.

    `cycle` counts the limits that were set, from 1; `limit_of` is the instrument whose limit runs:
    the present one, or the last that had one. `run` is None while the unit owes nothing.
    `pressed_by` are the persons whose act the order or a step up is, principals of deputies
    included.
    """

    zone: Code
    key: Key
    version: int
    terms: Hash
    standing: OrderStanding
    instrument: Code
    issuer: Issuer
    unit: Code
    ground: OrderGround
    issues: tuple[Key, ...]
    question: Text
    issued_at: Moment
    changed_at: Moment
    ended_at: Moment | None = None
    cycle: int = 0
    limit_of: Code | None = None
    run: Run | None = None
    fired: tuple[Code, ...] = ()
    breached_at: Moment | None = Field(default=None, exclude_if=is_none)
    replies: tuple[Reply, ...] = ()
    raised: tuple[Raising, ...] = ()
    facts: tuple[OrderFact, ...] = ()
    appeals: tuple[Appeal, ...] = Field(default=(), exclude_if=is_unset)
    pressed_by: tuple[Code, ...] = ()
    moved: int = Field(default=0, exclude_if=is_unset)
    """How many events back nothing but the terms has changed."""

    def is_seen_at(self, version: int) -> bool:
        """Return whether who saw this version saw all that was done: other terms are no act."""
        return self.version - self.moved <= version <= self.version

    @property
    def stream(self) -> str:
        """Return the name of the order's stream."""
        return order_stream(self.zone, self.key)

    @property
    def is_open(self) -> bool:
        """Return whether anybody still owes anything but the ruling on an appeal."""
        return self.standing in (OrderStanding.OPEN, OrderStanding.ANSWERED)

    @property
    def next_rung(self) -> RungDue | None:
        """Return the rung that is due first."""
        rungs = () if self.run is None else self.run.rungs
        return min(rungs, key=lambda rung: (rung.due_at, rung.id), default=None)

    @property
    def annulled(self) -> frozenset[int]:
        """Return the versions of the facts that no longer count."""
        return frozenset(a.version for a in self.appeals if a.ruling is Ruling.ANNUL)

    def fact(self, version: int) -> OrderFact | None:
        """Return the fact that the event of this version is."""
        return next((fact for fact in self.facts if fact.version == version), None)

    def appeal(self, version: int) -> Appeal | None:
        """Return the appeal against a fact."""
        return next((appeal for appeal in self.appeals if appeal.version == version), None)


def order_stream(zone: str, key: str) -> str:
    """Return the stream of the order called `key` in `zone`."""
    return f"{_PREFIX}{zone}/{key}"


def is_order_stream(stream: str) -> bool:
    """Return whether a stream is an order's: an issue's has one slash, whatever its zone is."""
    return stream.startswith(_PREFIX) and stream.count("/") == _PREFIX.count("/") + 1


def read_order_stream(stream: str) -> tuple[str, str]:
    """Return the zone and the key in the name of an order's stream."""
    zone, _, key = stream.removeprefix(_PREFIX).partition("/")
    return zone, key
