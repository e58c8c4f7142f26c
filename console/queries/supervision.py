"""Supervision orders: a page of them, one with all that happened to it, what may be done now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from console.queries.naming import Naming
from desk.desk import Desk
from desk.notice_templates import words
from desk.supervising import SupervisionDesk
from domain.access import Horizon, Principal, delegations_to, posts_held
from domain.chain import Record
from domain.decisions.draft import Context
from domain.decisions.orders import decide_order
from domain.errors import IssueError
from domain.handbook import Handbook
from domain.model import Name, to_millisecond
from domain.order_commands import (
    AcceptReply,
    AppealOrder,
    LiftOrder,
    OrderAct,
    OrderSubmission,
    RaiseOrder,
    RefuseReply,
    ReplyToOrder,
    RuleAppeal,
)
from domain.order_permissions import may_use
from domain.order_words import OrderStanding, Ruling
from domain.orders import SupervisionOrder, order_stream
from domain.people import Engine, Officer, named
from domain.supervision_rules import Instrument
from domain.terms import Terms
from face.words import Language
from ledger.orders import OrderRow

COUNTED_MAX: Final = 500
"""So many open orders are counted for the head of the page; of more it says that there are more."""
TRIED: Final = "Tried."
TRIED_ID: Final = "console-tries"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order on a list. `light` is red past its limit, yellow once it was reminded of it."""

    order: SupervisionOrder
    instrument: Name
    unit: Name
    due_at: datetime | None
    light: str


@dataclass(frozen=True, slots=True)
class Orders:
    """A page of orders by key, and the key behind which the next one begins."""

    lines: tuple[OrderLine, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class OpenOrders:
    """How many open orders there are; `more`: those that were counted are not all."""

    open: int
    overdue: int
    answered: int
    more: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of an order: when, what, who and in which words; the engine is nobody."""

    version: int
    at: datetime
    kind: str
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that the reader may do to an order now, and as whom. `to`: the instrument that it
    would be raised to."""

    kind: str
    post: str
    on_behalf_of: str | None
    to: str | None = None


@dataclass(frozen=True, slots=True)
class OrderShown:
    """One order whole. `appealable` are the facts that nobody objected to yet: versions, what they
    are, and when."""

    line: OrderLine
    happened: tuple[Happened, ...]
    offers: tuple[Offer, ...]
    appealable: tuple[tuple[int, str, datetime], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of orders is narrowed by."""

    unit: str | None = None
    standing: OrderStanding | None = None
    issue: str | None = None
    open_only: bool = False


async def orders(
    desk: Desk, handbook: Handbook, within: Horizon, wanted: Wanted, *, after: str, limit: int
) -> Orders:
    """Return a page of the orders in sight, behind the order of the key `after`."""
    found = await SupervisionDesk(desk).find(
        unit=wanted.unit,
        standing=wanted.standing,
        issue=wanted.issue,
        open_only=wanted.open_only,
        within=within,
        after=order_stream(within.zone, after) if after else "",
        limit=limit + 1,
    )
    lines = tuple(_line(desk, handbook, row) for row in found[:limit])
    return Orders(lines, found[limit - 1].order.key if len(found) > limit else None)


async def open_orders(desk: Desk, handbook: Handbook, within: Horizon) -> OpenOrders:
    """Count the open orders in sight."""
    wanted = Wanted(open_only=True)
    page = await orders(desk, handbook, within, wanted, after="", limit=COUNTED_MAX)
    return OpenOrders(
        open=len(page.lines),
        overdue=sum(line.light == "red" for line in page.lines),
        answered=sum(line.order.standing is OrderStanding.ANSWERED for line in page.lines),
        more=page.after is not None,
    )


async def order(desk: Desk, terms: Terms, row: OrderRow, actors: Sequence[Officer]) -> OrderShown:
    """Return one order with its events, and what one of these actors could do to it now."""
    own = row.order
    records = await desk.ledger.records(own.stream)
    appealed = {each.version for each in own.appeals}
    return OrderShown(
        line=_line(desk, terms.handbook, row),
        happened=tuple(_happened(each) for each in reversed(records)),
        offers=tuple(_offers(desk, terms, own, actors)),
        appealable=tuple(
            (each.version, each.kind, each.at) for each in own.facts if each.version not in appealed
        ),
    )


def actors_of(principal: Principal, handbook: Handbook, day: date) -> tuple[Officer, ...]:
    """Return as whom somebody may act in a zone on a local day: in posts of theirs, or of those
    whose deputy they are."""
    person = principal.person
    if person is None or principal.enterprise is not None:
        return ()
    held = [Officer(person=person, post=each.id) for each in posts_held(principal, handbook, day)]
    stood_in = [
        Officer(person=person, post=each.post, on_behalf_of=each.principal)
        for each in delegations_to(principal, handbook, day)
    ]
    return (*held, *stood_in)


def usable(handbook: Handbook, actors: Sequence[Officer]) -> tuple[Instrument, ...]:
    """Return the instruments that one of these actors may use at all."""
    rule = handbook.supervision
    posts = [handbook.posts_by_id[each.post] for each in actors]
    every = () if rule is None else rule.instruments
    return tuple(each for each in every if any(may_use(post, each) for post in posts))


def _offers(
    desk: Desk, terms: Terms, own: SupervisionOrder, actors: Sequence[Officer]
) -> Iterator[Offer]:
    """Yield what would not be refused. The decision itself says so: each act is tried, and nothing
    is written."""
    context = Context(at=max(to_millisecond(desk.clock.now()), own.changed_at), terms=terms)
    rule = terms.handbook.supervision
    acts: list[OrderAct] = [
        ReplyToOrder(text=TRIED),
        AcceptReply(),
        RefuseReply(reason=TRIED),
        *(RaiseOrder(to=each.id, reason=TRIED) for each in (rule.instruments if rule else ())),
        LiftOrder(reason=TRIED),
        AppealOrder(reason=TRIED),
        RuleAppeal(ruling=Ruling.UPHOLD, reason=TRIED),
    ]
    for act in acts:
        actor = next((each for each in actors if _is_taken(own, act, each, context)), None)
        if actor is not None:
            to = act.to if isinstance(act, RaiseOrder) else None
            yield Offer(act.kind, actor.post, actor.on_behalf_of, to)


def _is_taken(own: SupervisionOrder, act: OrderAct, actor: Officer, context: Context) -> bool:
    tried = OrderSubmission(id=TRIED_ID, zone=own.zone, key=own.key, actor=actor, command=act)
    try:
        decide_order(own, tried, context)
    except IssueError:
        return False
    return True


def _line(desk: Desk, handbook: Handbook, row: OrderRow) -> OrderLine:
    own, naming = row.order, Naming(handbook)
    glimpse = SupervisionDesk(desk).glimpse(row)
    light = "none"
    if own.is_open and own.run is not None:
        light = "yellow" if own.fired else "green"
    if own.is_open and glimpse.overdue:
        light = "red"
    return OrderLine(
        order=own,
        instrument=instrument_name(handbook, own.instrument),
        unit=naming.unit(own.unit),
        due_at=glimpse.due_at,
        light=light,
    )


def instrument_name(handbook: Handbook, id_: str) -> Name:
    """Return what an instrument is called; one that the handbook knows no longer, its id."""
    rule = handbook.supervision
    found = None if rule is None else rule.instrument(id_)
    return Name(zh=id_, en=id_) if found is None else found.name


def _happened(record: Record) -> Happened:
    event = record.order_event
    words = [getattr(event, each, None) for each in ("question", "text", "reason", "note")]
    return Happened(
        version=record.version,
        at=record.at,
        kind=event.kind,
        who="" if isinstance(event.by, Engine) else named(event.by),
        words=next((each for each in words if each), ""),
    )


def event_words(language: Language) -> Mapping[str, str]:
    """Return what events are called, as notices call them, by `what.KIND`."""
    return words(language)
