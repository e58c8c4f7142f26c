"""Supervision orders: put to a unit, answered, judged, appealed, listed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, ValidationError

from api.describing import PROBLEMS
from desk.desk import Desk
from desk.supervising import SupervisionDesk
from domain.access import Act, Principal, horizon
from domain.commands import COUNT_MAX
from domain.errors import InvalidRequestError, from_validation
from domain.issue import stream_name
from domain.model import Code, CommandId, Key, Moment, Text
from domain.order_commands import (
    ORDER_SUBMISSION,
    IssueOrder,
    OrderAct,
    OrderCommand,
    OrderSubmission,
)
from domain.order_words import OrderStanding
from domain.orders import ISSUES_MAX, OrderGround, SupervisionOrder, order_stream
from domain.people import Actor
from domain.view import CommandResult, NextRung
from face.actors import actor_again, actor_for
from face.asking import InPerson
from face.dependencies import (
    Caller,
    TheHouse,
    WaitFor,
    ZoneName,
    horizon_in,
    terms_in_force,
    today_in,
)
from face.house import House
from face.looked import noted
from face.looking import arrived, reader_for, stands_at
from face.moments import Instant
from face.preconditions import IdempotencyKey, IfMatch, id_asked, version_asked
from face.supervised import seen_order, sees_order
from ledger.orders import OrderRow

router = APIRouter(prefix="/orders", tags=["supervision orders"])

PAGE_MAX = 200

OrderKey = Annotated[
    Key, Path(description="What its issuer calls the order.", examples=["order-1"])
]


class NewOrder(InPerson):
    """A question about issues that is put to a unit, which owes a reply within the instrument's
    limit."""

    key: Key = Field(description="Your own name for the order.", examples=["order-1"])
    id: CommandId | None = Field(default=None, description="The command's id.")
    instrument: Code = Field(description="By which instrument.", examples=["reminder"])
    unit: Code = Field(description="The unit that must answer.", examples=["roads"])
    ground: Annotated[
        OrderGround,
        Field(
            discriminator="kind",
            description="A rule of the handbook, or a person's own words.",
            examples=[{"kind": "person", "words": "The mill asks for the third time."}],
        ),
    ]
    issues: Annotated[
        tuple[Key, ...],
        Field(min_length=1, max_length=ISSUES_MAX, description="The issues that it covers."),
    ] = Field(examples=[["A01"]])
    question: Text = Field(
        description="What is asked of the unit.", examples=["When will the gate be free?"]
    )
    occurred_at: Instant | None = Field(default=None, description="When it took place, if earlier.")


class OrderActing(InPerson):
    """What somebody does to an order."""

    id: CommandId | None = Field(default=None, description="The command's id.")
    command: Annotated[OrderAct, Field(discriminator="kind")] = Field(
        examples=[{"kind": "reply_to_order", "text": "On Friday."}]
    )
    expected_version: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    occurred_at: Instant | None = None


class OrderTold(BaseModel):
    """A supervision order, and what it comes to by the clock of now. `annulled`: the versions of
    the facts that count no longer."""

    order: SupervisionOrder
    overdue: bool
    due_at: Moment | None
    next_rung: NextRung | None
    notices: list[str]
    annulled: list[int]


class OrdersTold(BaseModel):
    """A page of orders by zone and key; `after` asks for the next one."""

    orders: list[OrderTold]
    after: Key | None


class Outcome(BaseModel):
    """What a command came to, and the order after it."""

    result: CommandResult
    order: OrderTold | None = Field(
        description="How it stands now; null where a repeat is answered to somebody who does not "
        "see the order any more."
    )


@router.get("/{zone}", summary="Supervision orders", responses=PROBLEMS(404, 412))
async def listed(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    unit: Annotated[Code | None, Query(description="Put to this unit.")] = None,
    standing: Annotated[OrderStanding | None, Query(description="That stand so.")] = None,
    issue: Annotated[Key | None, Query(description="That cover this issue.")] = None,
    open_only: Annotated[
        bool, Query(alias="open", description="Not settled or lifted only.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="Orders on a page.")] = 20,
    after: Annotated[Key | None, Query(description="Go on after the order of this key.")] = None,
    wait_for: WaitFor = None,
) -> OrdersTold:
    """List the supervision orders that the caller may see, by key, a page at a time."""
    within = await horizon_in(house.desk, caller, Act.READ_ORDERS, zone)
    desk = reader_for(house, caller)
    reached = await arrived(desk, wait_for)
    scope = {"zone": zone, "unit": unit, "standing": standing, "issue": issue, "after": after}
    await noted(house, caller, "orders", scope, reached)
    supervision = SupervisionDesk(desk)
    found = await supervision.find(
        unit=unit,
        standing=standing,
        issue=issue,
        open_only=open_only,
        within=within,
        after="" if after is None else order_stream(zone, after),
        limit=limit + 1,
    )
    stands_at(response, reached)
    return OrdersTold(
        orders=[_told(supervision, row) for row in found[:limit]],
        after=found[limit - 1].order.key if len(found) > limit else None,
    )


@router.post(
    "/{zone}",
    status_code=201,
    summary="Put a question about issues to a unit",
    responses={
        **PROBLEMS(404, 409, 428),
        200: {"model": Outcome, "description": "It was put before, by this very request"},
    },
)
async def issue(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    body: NewOrder,
    response: Response,
    key: IdempotencyKey = None,
) -> Outcome:
    """Issue a supervision order. Whether one's post may use the instrument, the decision says."""
    desk = house.desk
    id_ = id_asked(key, body.id)
    actor = await _sent_before(desk, caller, zone, body.key, id_, body)
    if actor is None:
        await _require_issues_seen(desk, caller, zone, body.issues)
    command = IssueOrder(
        instrument=body.instrument,
        unit=body.unit,
        ground=body.ground,
        issues=body.issues,
        question=body.question,
    )
    outcome = await _carried_out(
        house, caller, zone, body.key, command, id_, body, actor, None, body.occurred_at
    )
    response.headers["Location"] = f"/v1/orders/{zone}/{body.key}"
    await _stand(desk, response, outcome)
    if outcome.result.repeated:
        response.status_code = 200
    return outcome


@router.get("/{zone}/{key}", summary="One supervision order", responses=PROBLEMS(404, 412))
async def one(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: OrderKey,
    response: Response,
    wait_for: WaitFor = None,
) -> OrderTold:
    """Return where an order stands: limit, replies, steps up, appeals. Its ETag is its version."""
    within = await horizon_in(house.desk, caller, Act.READ_ORDERS, zone)
    desk = reader_for(house, caller)
    reached = await arrived(desk, wait_for)
    await noted(house, caller, "order", {"zone": zone, "order": key}, reached)
    row = await seen_order(desk.ledger, within, zone, key)
    told = _told(SupervisionDesk(desk), row)
    response.headers["ETag"] = f'"{row.order.version}"'
    stands_at(response, reached)
    return told


@router.post(
    "/{zone}/{key}/commands",
    summary="Reply to an order, judge, lift, raise, appeal, rule",
    responses=PROBLEMS(404, 409, 428),
)
async def act(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: OrderKey,
    body: OrderActing,
    response: Response,
    id_: IdempotencyKey = None,
    matched: IfMatch = None,
) -> Outcome:
    """Carry out what somebody does to an order, if the order's own rules let them."""
    desk = house.desk
    named = id_asked(id_, body.id)
    actor = await _sent_before(desk, caller, zone, key, named, body)
    if actor is None:
        await horizon_in(desk, caller, Act.GIVE_ORDERS, zone)
        within = await horizon_in(desk, caller, Act.READ_ORDERS, zone)
        await seen_order(desk.ledger, within, zone, key)
    outcome = await _carried_out(
        house,
        caller,
        zone,
        key,
        body.command,
        named,
        body,
        actor,
        version_asked(matched, body.expected_version),
        body.occurred_at,
    )
    await _stand(desk, response, outcome)
    return outcome


async def _carried_out(
    house: House,
    caller: Principal,
    zone: str,
    key: str,
    command: OrderCommand,
    id_: str,
    acting: InPerson,
    actor: Actor | None,
    expected_version: int | None,
    occurred_at: datetime | None,
) -> Outcome:
    desk = house.desk
    terms = await terms_in_force(desk, zone)
    if actor is None:
        actor = actor_for(
            caller,
            terms.handbook,
            today_in(desk, terms),
            post=acting.post,
            on_behalf_of=acting.on_behalf_of,
        )
    try:
        submission = OrderSubmission(
            id=id_,
            zone=zone,
            key=key,
            actor=actor,
            command=command,
            expected_version=expected_version,
            occurred_at=occurred_at,
        )
    except ValidationError as error:
        raise from_validation(error) from error
    supervision = SupervisionDesk(desk)
    result = await supervision.carry_out(house.identity.vouched(submission, caller))
    row = await supervision.row(zone, key)
    within = horizon(caller, Act.READ_ORDERS, terms.handbook, today_in(desk, terms))
    is_told = not result.repeated or await sees_order(desk.ledger, within, row.order)
    return Outcome(result=result, order=_told(supervision, row) if is_told else None)


async def _sent_before(
    desk: Desk, caller: Principal, zone: str, key: str, id_: str, acting: InPerson
) -> Actor | None:
    """Return as whom the caller carried out this very command, if they did: its answer is theirs
    whatever they see or hold since."""
    stored = await desk.ledger.command(order_stream(zone, key), id_)
    if stored is None or not caller.is_in(zone):
        return None
    first = ORDER_SUBMISSION.validate_json(stored.body)
    return actor_again(caller, first.actor, post=acting.post, on_behalf_of=acting.on_behalf_of)


async def _require_issues_seen(
    desk: Desk, caller: Principal, zone: str, keys: Iterable[str]
) -> None:
    """Refuse an order about an issue that the caller does not see, as about one that is not there.
    Raises InvalidRequestError, NotPermittedError."""
    within = await horizon_in(desk, caller, Act.GIVE_ORDERS, zone)
    for named in keys:
        row = await desk.ledger.issue(stream_name(zone, named))
        if row is None or not within.sees(row.issue):
            raise InvalidRequestError(
                "No issue was reported under this key.",
                field="issues",
                value=named,
                allowed=f"the keys of issues in {zone}",
                stream=None if row is None else row.issue.stream,
            )


async def _stand(desk: Desk, response: Response, outcome: Outcome) -> None:
    """Say at which version the order stands, and which position is to be waited for."""
    result, told = outcome.result, outcome.order
    stream = order_stream(result.zone, result.key)
    own = await desk.ledger.positions(stream, from_version=result.version)
    reached = await desk.ledger.safe_position()
    version = result.version if told is None else told.order.version
    response.headers["ETag"] = f'"{version}"'
    stands_at(response, max(reached, own[0]) if own else reached)


def _told(supervision: SupervisionDesk, row: OrderRow) -> OrderTold:
    glimpse = supervision.glimpse(row)
    return OrderTold(
        order=row.order,
        overdue=glimpse.overdue,
        due_at=glimpse.due_at,
        next_rung=glimpse.next_rung,
        notices=list(glimpse.notices),
        annulled=sorted(row.order.annulled),
    )
