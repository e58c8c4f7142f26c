"""The zone of `builders` with supervision: a ladder of instruments, warnings, verbs for orders.

Reminder (4 open hours) -> notice (1 working day) -> order (2) -> interview, the last; criticism
stands between order and interview, has no limit, and comes by act only.
"""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import builders as b

from domain import order_commands as cmd
from domain.canonical import content_hash
from domain.chain import GENESIS, Origin, Record, recorded
from domain.decisions import RULES, Context
from domain.decisions.orders import OrderDecision, decide_order
from domain.order_commands import OrderCommand, OrderSubmission
from domain.order_events import OrderEvent
from domain.order_words import Ruling
from domain.orders import PersonGround, RuleGround, SupervisionOrder, order_stream
from domain.people import ENGINE, Actor, Officer
from domain.terms import Terms

KEY = "order-1"
STREAM = order_stream(b.ZONE, KEY)


def _name(en: str, zh: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def hours(number: int) -> dict[str, Any]:
    """Return a limit of so many open hours."""
    return {"kind": "open_hours", "minutes": number * 60}


def days(number: int) -> dict[str, Any]:
    """Return a limit of so many working days, at the same time of day."""
    return {"kind": "working_days", "days": number, "due": "same_time"}


DUE: dict[str, Any] = {"id": "limit", "percent": 100, "effect": "record"}
HALF: dict[str, Any] = {"id": "half", "percent": 50, "effect": "remind"}
AGAIN: dict[str, Any] = {"id": "again", "every": days(1), "times": 3, "effect": "remind"}

INSTRUMENTS: list[dict[str, Any]] = [
    {
        "id": "reminder",
        "name": _name("reminder", "催办"),
        "limit": hours(4),
        "rungs": [HALF, DUE],
        "on_timeout": "notice",
    },
    {
        "id": "notice",
        "name": _name("notice", "督办通知"),
        "limit": days(1),
        "rungs": [HALF, DUE],
        "on_timeout": "order",
    },
    {
        "id": "order",
        "name": _name("supervision order", "督办单"),
        "limit": days(2),
        "rungs": [HALF, DUE],
        "on_timeout": "interview",
        "from_tier": 3,
    },
    {"id": "criticism", "name": _name("criticism", "通报批评"), "from_tier": 3},
    {
        "id": "interview",
        "name": _name("interview", "约谈"),
        "limit": days(1),
        "rungs": [HALF, DUE, AGAIN],
        "roles": [],
        "from_tier": 3,
    },
]
WARNINGS: dict[str, Any] = {
    "period": "quarter",
    "grounds": [
        {"id": "g-issued", "fact": "order_issued", "points": 2, "instruments": ["order"]},
        {"id": "g-silent", "fact": "order_unanswered", "points": 3},
    ],
    "cards": [{"id": "yellow", "name": _name("yellow card", "黄牌"), "points": 3}],
    "appeal": days(2),
    "appeal_to_tier": 3,
}
SUPERVISION: dict[str, Any] = {"instruments": INSTRUMENTS, "warnings": WARNINGS}


PEOPLE = {
    "supervision": ["supervision.a", "supervision.b", "both.a"],
    "roads-desk": ["roads-desk.a", "roads-desk.b", "both.a"],
}
POSTS: list[dict[str, Any]] = [
    *(
        post | ({"people": PEOPLE[post["id"]]} if post["id"] in PEOPLE else {})
        for post in b.HANDBOOK_DATA["posts"]
    ),
    {
        "id": "roads-watch",
        "name": _name("the roads' own supervisor", "市政督查"),
        "covers": b.ZONE,
        "unit": "roads",
        "tier": 3,
        "roles": ["supervisor"],
        "people": ["roads-watch.a"],
    },
]
DELEGATIONS = [
    {
        "id": "leave",
        "post": "supervision",
        "principal": "supervision.b",
        "deputy": "stand-in.a",
        "from_on": "2026-03-03",
        "to_on": "2026-03-04",
    }
]


def terms(**changes: Any) -> Terms:
    """Return the zone's terms with its supervision, parts of that replaced by `changes`."""
    return b.terms_of(supervision=SUPERVISION | changes, posts=POSTS, delegations=DELEGATIONS)


TERMS = terms()

# --- the people: who supervises, who answers for the roads, who stands above ---

SUPERVISOR = b.SUPERVISOR
OTHER_SUPERVISOR = Officer(person="supervision.b", post="supervision")
UNIT = b.SECTION
COLLEAGUE = Officer(person="roads-desk.b", post="roads-desk")
OTHER_UNIT = b.POWER_SECTION
BOTH_FOR_UNIT = Officer(person="both.a", post="roads-desk")
BOTH_FOR_ISSUER = Officer(person="both.a", post="supervision")
INSIDER = Officer(person="roads-watch.a", post="roads-watch")
"""A supervisor of the very unit, and of the tier that rules."""

STAND_IN = Officer(person="stand-in.a", post="supervision", on_behalf_of="supervision.b")
LEADER = b.DIRECTOR
OTHER_LEADER = b.VICE_DIRECTOR

# --- what they ask for ---


def issue(**changes: Any) -> cmd.IssueOrder:
    """Return a reminder to the roads; `changes` replace fields."""
    fields: dict[str, Any] = {
        "instrument": "reminder",
        "unit": "roads",
        "ground": PersonGround(words="The mill asks for the third time."),
        "issues": (b.KEY,),
        "question": "When will the gate be free?",
    }
    return cmd.IssueOrder.model_validate(fields | changes)


BY_RULE = RuleGround(rule="g-silent")
REPLY = cmd.ReplyToOrder(text="On Friday.")
ACCEPT = cmd.AcceptReply(note="Good.")
REFUSE = cmd.RefuseReply(reason="Which Friday?")
LIFT = cmd.LiftOrder(reason="It was another unit's.")
RAISE = cmd.RaiseOrder(to="order", reason="This cannot wait.")
APPEAL = cmd.AppealOrder(reason="We were never told.")
UPHOLD = cmd.RuleAppeal(ruling=Ruling.UPHOLD, reason="They were.")
ANNUL = cmd.RuleAppeal(ruling=Ruling.ANNUL, reason="True.")


def ring(cycle: int = 1, rung: str = "limit") -> cmd.RingOrder:
    """Return the engine's ring for a rung."""
    return cmd.RingOrder(cycle=cycle, rung=rung)


# --- telling a story ---

_ids = itertools.count(1)


def submission(
    command: OrderCommand, actor: Actor = SUPERVISOR, *, key: str = KEY, **sent: Any
) -> OrderSubmission:
    """Return `command` as it is sent, under an id of its own unless `sent` says otherwise."""
    fields = {"id": f"{command.kind}-{next(_ids)}", "zone": b.ZONE, "key": key} | sent
    return OrderSubmission(actor=actor, command=command, **fields)


def context(at: datetime, judged_by: Terms = TERMS) -> Context:
    """Return what a decision at `at` is given."""
    return Context(at=at, terms=judged_by, rules=RULES)


def when(
    order: SupervisionOrder | None,
    command: OrderCommand,
    actor: Actor,
    at: datetime = b.MON_10,
    *,
    judged_by: Terms = TERMS,
    **sent: Any,
) -> OrderDecision:
    """Return what `command` comes to."""
    return decide_order(order, submission(command, actor, **sent), context(at, judged_by))


@dataclass
class OrderStory:
    """An order's life as it is told: each act goes through the real `decide_order`."""

    judged_by: Terms = TERMS
    order: SupervisionOrder | None = None
    events: list[OrderEvent] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    sent: list[tuple[OrderSubmission, datetime]] = field(default_factory=list)

    def then(
        self, at: datetime, command: OrderCommand, actor: Actor = SUPERVISOR, **sent: Any
    ) -> "OrderStory":
        """Let somebody do something; returns the story."""
        submitted = submission(command, actor, **sent)
        decision = decide_order(self.order, submitted, context(at, self.judged_by))
        origin = Origin(
            stream=STREAM,
            command_id=submitted.id,
            command_hash=content_hash(submitted),
            terms=self.judged_by.hash,
            rules=RULES,
        )
        self.records += recorded(
            decision.events,
            origin,
            after_version=len(self.records),
            previous=self.records[-1].hash if self.records else GENESIS,
        )
        self.events += decision.events
        self.order = decision.order
        self.sent.append((submitted, at))
        return self

    def until(self, at: datetime) -> "OrderStory":
        """Let time pass, rung by rung, each rung at its instant."""
        while self.now.next_rung is not None and self.now.next_rung.due_at <= at:
            rung = self.now.next_rung
            self.then(rung.due_at, ring(self.now.cycle, rung.id), ENGINE)
        return self

    @property
    def now(self) -> SupervisionOrder:
        """Return the order as it stands."""
        assert self.order is not None
        return self.order

    @property
    def kinds(self) -> list[str]:
        """Return the kinds of the events, in order."""
        return [event.kind for event in self.events]


def issued(at: datetime = b.MON_9, **changes: Any) -> OrderStory:
    """Return the story of an order that was just issued."""
    return OrderStory().then(at, issue(**changes))
