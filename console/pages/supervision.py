"""Supervision: orders to units, given, answered and judged by form."""

from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import Form, Path, Query, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from console.asked import MaybeCode, Unfilled, address_of
from console.page import Menu, Page
from console.queries import supervision as query
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from desk.supervising import SupervisionDesk
from domain.access import Act, Horizon
from domain.commands import COUNT_MAX
from domain.errors import InvalidRequestError, from_validation
from domain.issue import stream_name
from domain.model import Code, CommandId, Key, Text
from domain.order_commands import IssueOrder, OrderAct, OrderCommand, OrderSubmission
from domain.order_words import OrderStanding, Ruling
from domain.orders import ISSUES_MAX, OrderGround, PersonGround, RuleGround
from domain.people import Officer
from domain.supervision_rules import Instrument
from face.actors import actor_for
from face.looked import noted
from face.supervised import seen_order

SEES: Final = frozenset({Act.READ_ORDERS})
SUPERVISION: Final = Page("supervision", "/supervision", SEES, Menu.WORK)
NEW: Final = Page("order_new", "/supervision/new-order", frozenset({Act.GIVE_ORDERS}))
ORDER: Final = Page("order", "/supervision/orders/{key}", SEES)
pages: tuple[Page, ...] = (SUPERVISION, NEW, ORDER)
router = page_router()

SHOWN: Final = 30
KEYS_CHARACTERS_MAX: Final = 20_000
_ACT: Final[TypeAdapter[OrderAct]] = TypeAdapter(Annotated[OrderAct, Field(discriminator="kind")])

OrderKey = Annotated[Key, Path()]
MaybeKey = Annotated[Key | None, Unfilled]
MaybeStanding = Annotated[OrderStanding | None, Unfilled]
MaybeRuling = Annotated[Ruling | None, Unfilled]
MaybeText = Annotated[Text | None, Unfilled]
MaybeVersion = Annotated[Annotated[int, Field(ge=1, le=COUNT_MAX)] | None, Unfilled]


class NewOrder(BaseModel):
    """The form by which an order is given. `id` and `key` were made as it was shown."""

    id: CommandId
    key: Key
    post: MaybeCode = None
    unit: Code
    instrument: Code
    issues: Annotated[str, Field(min_length=1, max_length=KEYS_CHARACTERS_MAX)]
    rule: MaybeCode = None
    words: MaybeText = None
    question: Text


class Acting(BaseModel):
    """The form by which somebody does something to an order."""

    id: CommandId
    expected_version: Annotated[int, Field(ge=0, le=COUNT_MAX)]
    kind: Code
    post: MaybeCode = None
    on_behalf_of: MaybeCode = None
    text: MaybeText = None
    reason: MaybeText = None
    note: MaybeText = None
    to: MaybeCode = None
    ruling: MaybeRuling = None
    version: MaybeVersion = None


@router.get("/{zone}/supervision")
async def listed(
    visit: InZone,
    unit: Annotated[MaybeCode, Query()] = None,
    standing: Annotated[MaybeStanding, Query()] = None,
    issue: Annotated[MaybeKey, Query()] = None,
    every: Annotated[bool, Query()] = False,
    after: Annotated[MaybeKey, Query()] = None,
) -> Response:
    """Show the orders in sight, the open ones unless all are asked for."""
    within = visit.within(Act.READ_ORDERS)
    desk, book = visit.desk, visit.handbook
    scope = {"zone": visit.zone, "unit": unit, "standing": standing, "issue": issue}
    await noted(visit.house, visit.caller, "orders", scope)
    wanted = query.Wanted(unit, standing, issue, open_only=not every and standing is None)
    page = await query.orders(desk, book, within, wanted, after=after or "", limit=SHOWN)
    asked = {"unit": unit, "standing": standing, "issue": issue, "every": every}
    here = SUPERVISION.address(visit.zone)
    data = {
        "tabs": tabs(visit, "orders"),
        "orders": page,
        "open": await query.open_orders(desk, book, within),
        "asked": asked,
        "units": [(id_, visit.name(name)) for id_, name in Naming(book).units()],
        "standings": [(each, visit.said(f"supervision_standing.{each}")) for each in OrderStanding],
        "may_give": bool(_usable(visit)),
        "further": None if page.after is None else address_of(here, asked | {"after": page.after}),
    }
    return visit.show(SUPERVISION, data)


@router.get("/{zone}/supervision/new-order")
async def ask(
    visit: InZone, issue: Annotated[MaybeKey, Query()] = None, unit: MaybeCode = None
) -> Response:
    """Show the form by which an order is given."""
    visit.within(Act.GIVE_ORDERS)
    book = visit.handbook
    rules = (
        []
        if book.supervision is None or book.supervision.warnings is None
        else [
            (each.id, visit.said(f"handbook_value.{each.fact}"))
            for each in book.supervision.warnings.grounds
        ]
    )
    data = {
        "tabs": tabs(visit, "orders"),
        "id": f"console-{uuid4()}",
        "key": f"order-{visit.today:%Y%m%d}-{uuid4().hex[:6]}",
        "issue": issue or "",
        "unit": unit or "",
        "units": [(id_, visit.name(name)) for id_, name in Naming(book).units()],
        "instruments": [(each.id, visit.name(each.name)) for each in _usable(visit)],
        "rules": rules + [(each.id, visit.name(each.name)) for each in book.clocks],
        "posts": [(each.id, visit.name(each.name)) for each in visit.posts()],
    }
    return visit.show(NEW, data)


@router.post("/{zone}/supervision/orders")
async def give(visit: InZone, form: Annotated[NewOrder, Form()]) -> Response:
    """Give an order about issues in sight. Whether the post may use the instrument, the decision
    says."""
    within = visit.within(Act.GIVE_ORDERS)
    keys = tuple(dict.fromkeys(form.issues.replace(",", " ").split()))
    await _require_seen(visit, within, keys)
    ground: OrderGround
    try:
        if form.rule is not None:
            ground = RuleGround(rule=form.rule)
        else:
            ground = PersonGround(words=form.words or "")
        command = IssueOrder(
            instrument=form.instrument,
            unit=form.unit,
            ground=ground,
            issues=keys,
            question=form.question,
        )
    except ValidationError as error:
        raise from_validation(error) from error
    await _carry_out(visit, form.id, form.key, command, form.post, None, None)
    return visit.elsewhere(_address(visit, form.key))


@router.get("/{zone}/supervision/orders/{key}")
async def one(visit: InZone, key: OrderKey) -> Response:
    """Show an order, what happened to it, and what the visitor may do to it now."""
    within = visit.within(Act.READ_ORDERS)
    await noted(visit.house, visit.caller, "order", {"zone": visit.zone, "order": key})
    row = await seen_order(visit.desk.ledger, within, visit.zone, key)
    actors: tuple[Officer, ...] = ()
    if visit.may(Act.GIVE_ORDERS):
        actors = query.actors_of(visit.caller, visit.handbook, visit.today)
    found = await query.order(visit.desk, visit.terms, row, actors)
    data = {
        "tabs": tabs(visit, "orders"),
        "shown": found,
        "id": f"console-{uuid4()}",
        "naming": Naming(visit.handbook),
        "instrument_name": lambda id_: query.instrument_name(visit.handbook, id_),
        "what": _event_words(visit),
    }
    return visit.show(ORDER, data)


@router.post("/{zone}/supervision/orders/{key}")
async def act(visit: InZone, key: OrderKey, form: Annotated[Acting, Form()]) -> Response:
    """Do something to an order, if its own rules let the visitor."""
    visit.within(Act.GIVE_ORDERS)
    await seen_order(visit.desk.ledger, visit.within(Act.READ_ORDERS), visit.zone, key)
    said: dict[str, Any] = {
        name: getattr(form, name)
        for name in ("kind", "text", "reason", "note", "to", "ruling", "version")
        if getattr(form, name) is not None
    }
    try:
        command = _ACT.validate_python(said)
    except ValidationError as error:
        raise from_validation(error) from error
    await _carry_out(
        visit, form.id, key, command, form.post, form.on_behalf_of, form.expected_version
    )
    return visit.elsewhere(_address(visit, key))


def tabs(visit: ZoneVisit, here: str) -> list[tuple[str, str, bool]]:
    """Return the ways to the parts of supervision that the visitor may see."""
    root = SUPERVISION.address(visit.zone)
    every = (
        ("orders", root, Act.READ_ORDERS),
        ("warnings", f"{root}/warnings", Act.READ_BOARD),
        ("parked", f"{root}/parked", Act.READ_BOARD),
        ("callbacks", f"{root}/callbacks", Act.READ_CALLBACKS),
    )
    return [
        (address, visit.said(f"supervision.tab_{name}"), name == here)
        for name, address, asked in every
        if visit.may(asked)
    ]


def _usable(visit: ZoneVisit) -> tuple[Instrument, ...]:
    if not visit.may(Act.GIVE_ORDERS):
        return ()
    return query.usable(visit.handbook, query.actors_of(visit.caller, visit.handbook, visit.today))


async def _require_seen(visit: ZoneVisit, within: Horizon, keys: tuple[str, ...]) -> None:
    """Refuse issues out of sight as if there were none. Raises InvalidRequestError."""
    for key in keys[: ISSUES_MAX + 1]:
        row = await visit.house.desk.ledger.issue(stream_name(visit.zone, key))
        if row is None or not within.sees(row.issue):
            raise InvalidRequestError(
                "No issue was reported under this key.",
                field="issues",
                value=key,
                allowed=f"the keys of issues in {visit.zone}",
                stream=None if row is None else row.issue.stream,
            )


async def _carry_out(
    visit: ZoneVisit,
    id_: str,
    key: str,
    command: OrderCommand,
    post: str | None,
    on_behalf_of: str | None,
    expected_version: int | None,
) -> None:
    actor = actor_for(
        visit.caller, visit.handbook, visit.today, post=post, on_behalf_of=on_behalf_of
    )
    try:
        submission = OrderSubmission(
            id=id_,
            zone=visit.zone,
            key=key,
            actor=actor,
            command=command,
            expected_version=expected_version,
        )
    except ValidationError as error:
        raise from_validation(error) from error
    house = visit.house
    await SupervisionDesk(house.desk).carry_out(house.identity.vouched(submission, visit.caller))


def _address(visit: ZoneVisit, key: str) -> str:
    return f"{SUPERVISION.address(visit.zone)}/orders/{key}"


def _event_words(visit: ZoneVisit) -> Any:
    known = query.event_words(visit.language)
    return lambda kind: known.get(f"what.{kind}", kind)
