"""Subscriptions: events sent to an address, signed, retried; their dead letters."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import JsonValue

from api.describing import PROBLEMS
from api.routes.issues import REPLAYED, REPLAYED_TOLD
from api.routes.stream import POSITION_MAX
from api.subscription_bodies import (
    Because,
    DeadLetter,
    DeadLetters,
    NewSubscription,
    Overlap,
    Replayed,
    SubscriptionList,
    SubscriptionMade,
    SubscriptionView,
    Tested,
    made_of,
    view_of,
)
from desk.courier import Courier
from desk.subscribed import Asked, Subscription, UnknownSubscriptionError, acts_of
from domain.access import Act, Principal
from domain.errors import InvalidRequestError, NotPermittedError
from domain.events_out import require_kinds, require_of_issues
from face.dependencies import Caller, TheHouse, horizons
from face.house import House
from face.looking import POSITION
from face.preconditions import IdempotencyKey, id_asked
from face.refused import FACE
from ledger.subscriptions import REPLAYED_MAX
from runtime.outgoing import RefusedAddressError, UnreachableError, outgoing_of
from runtime.webhook_signing import webhook_keys

router = APIRouter(prefix="/subscriptions", tags=["subscriptions"])

LIMIT_MAX: Final = 500

SubscriptionId = Annotated[
    str,
    Path(
        alias="id",
        pattern=r"^wh_[0-9a-f]{16}$",
        description="The subscription.",
        examples=["wh_0123456789abcdef"],
    ),
]
IssueNamed = Annotated[
    str | None,
    Query(
        pattern=r"^((order|matter)/)?[A-Za-z0-9][A-Za-z0-9._-]{0,63}/[A-Za-z0-9._-]{1,64}$",
        description="Only of this issue, as zone/key; or of this `subject`: order/zone/key, "
        "matter/zone/key.",
        examples=["xinghe/A01"],
    ),
]


@dataclass(frozen=True, slots=True)
class Counter:
    """Where subscriptions are kept, for one caller."""

    house: House
    caller: Principal
    courier: Courier

    @property
    def by(self) -> dict[str, JsonValue]:
        """Return who does what is done."""
        return {"kind": "caller", "name": self.caller.id}

    async def require(self, asked: Asked) -> None:
        """Refuse whoever may not have all sent that is asked for in each of its zones; of none
        named: in every zone there is or will be. What may not be read is not sent either."""
        desk = self.house.desk
        await desk.shelf.in_force(desk.clock.now())
        wanted = asked.zones
        named = wanted or desk.shelf.zones
        unknown = sorted(set(wanted) - set(desk.shelf.zones))
        if unknown:
            raise InvalidRequestError(
                "No handbook is published for this zone.",
                field="zones",
                value=unknown[0],
                allowed=desk.shelf.zones,
            )
        let_in = await self._whole_in(Act.SUBSCRIBE, named)
        if not wanted and self.caller.zones is not None:
            let_in = set()
        if not set(named) <= let_in or not named:
            raise NotPermittedError(
                "You may not have these events sent: name the zones that you were let into.",
                field="zones",
                allowed=sorted(set(self.caller.zones or ()) & set(desk.shelf.zones)) or None,
            )

        for act in acts_of(asked):
            if not set(named) <= await self._whole_in(act, named):
                raise NotPermittedError("You may not do this here.", field="act", value=act.value)

    async def _whole_in(self, act: Act, zones: Iterable[str]) -> set[str]:
        found = await horizons(self.house.desk, self.caller, act, zones)
        return {each.zone for each in found if each.whole}

    async def require_any(self, *acts: Act) -> set[Act]:
        """Return which of these acts the caller may ask somewhere; refuse who may none."""
        desk = self.house.desk
        await desk.shelf.in_force(desk.clock.now())
        zones = desk.shelf.zones
        may = {act for act in acts if await horizons(desk, self.caller, act, zones)}
        if not may:
            raise NotPermittedError("You may not do this here.", field="act", value=acts[0].value)
        return may

    async def all(self) -> list[Subscription]:
        """Return the subscriptions that the caller keeps: their own, or whoever keeps the engine
        running those of everybody in the zones that they were let into."""
        may = await self.require_any(Act.SUBSCRIBE, Act.ADMINISTER)
        owner = None if Act.ADMINISTER in may else self.caller.id
        known = await self.courier.subscriptions.all(owner)
        return [each for each in known if self._keeps(each, may)]

    async def kept(self, id_: str) -> Subscription:
        """Return a subscription that the caller keeps; any other is unknown to them."""
        may = await self.require_any(Act.SUBSCRIBE, Act.ADMINISTER)
        found = await self.courier.subscriptions.find(id_)
        if not self._keeps(found, may):
            raise _unknown(id_)
        return found

    async def own(self, id_: str) -> Subscription:
        """Return a subscription of the caller's own, if they may have its events sent today."""
        await self.require_any(Act.SUBSCRIBE)
        found = await self.courier.subscriptions.find(id_)
        if found.owner != self.caller.id:
            raise _unknown(id_)
        await self.require(found.asked)
        return found

    def _keeps(self, found: Subscription, may: Collection[Act]) -> bool:
        zones, own = found.asked.zones, self.caller.zones
        reaches = own is None or (bool(zones) and set(zones) <= set(own))
        return found.owner == self.caller.id or (Act.ADMINISTER in may and reaches)

    async def place(self, response: Response) -> None:
        """Say of which position an answer is."""
        response.headers[POSITION] = str(await self.house.desk.ledger.safe_position())

    async def view(self, found: Subscription) -> SubscriptionView:
        """Return a subscription as it is shown."""
        return view_of(found, await self.house.desk.ledger.deliveries(found.id))


def the_counter(request: Request, house: TheHouse, caller: Caller) -> Counter:
    """Return where subscriptions are kept; one that sends for all callers of an application."""
    state = request.app.state
    if getattr(state, "courier", None) is None:
        settings = house.settings
        state.courier = Courier(house.desk, webhook_keys(settings), outgoing_of(settings))
    return Counter(house, caller, state.courier)


TheCounter = Annotated[Counter, Depends(the_counter)]


@router.get("", summary="Subscriptions", responses=PROBLEMS(403))
async def list_subscriptions(counter: TheCounter, response: Response) -> SubscriptionList:
    """Return the caller's subscriptions; an operator's answer has those of everybody."""
    ledger = counter.house.desk.ledger
    await counter.place(response)
    found = await counter.all()
    rows = {row.webhook: row for row in await ledger.deliveries()}
    return SubscriptionList(
        items=[view_of(each, [rows[each.id]] if each.id in rows else []) for each in found]
    )


@router.post(
    "",
    status_code=201,
    summary="Subscribe",
    responses={
        **PROBLEMS(403, 409, 422),
        200: {
            "model": SubscriptionMade,
            "description": "It was made before, by this very request; its secret is not shown",
            "headers": REPLAYED_TOLD,
        },
    },
)
async def create_subscription(
    counter: TheCounter,
    wanted: NewSubscription,
    response: Response,
    key: IdempotencyKey = None,
) -> SubscriptionMade:
    """Have events sent to an address: by https on the open network, if no operator allows more.

    Of issues alone, unless `of` asks for the events of supervision orders or matters, which go to
    those who may read them. Each is sent at least once, and those of one issue, order or matter in
    order: signed by the Standard Webhooks scheme, tried again for 28 hours, then laid among the
    dead letters. The body is the event as `/v1/events` tells it; `webhook-id` is the same however
    often it is sent. With an Idempotency-Key, the same request again has the same subscription.
    """
    await counter.require(wanted)
    require_kinds(wanted.kinds, wanted.told_of)
    require_of_issues(wanted.issue, wanted.of)
    _require_within(wanted)
    asked = Asked.model_validate(wanted.model_dump(exclude={"after"}))
    subscriptions, owner = counter.courier.subscriptions, counter.caller.id
    made: tuple[Subscription, str | None]
    if key is None:
        made = await subscriptions.create(asked, owner=owner, by=counter.by, after=wanted.after)
    else:
        made = await subscriptions.create_once(
            id_asked(key), asked, owner=owner, by=counter.by, after=wanted.after
        )
    found, secret = made
    if secret is None:
        response.status_code = 200
        response.headers[REPLAYED] = "true"
    response.headers["Location"] = f"/v1/subscriptions/{found.id}"
    response.headers["Cache-Control"] = "no-store"
    return made_of(await counter.view(found), secret)


@router.get("/{id}", summary="One subscription", responses=PROBLEMS(403, 404))
async def read_subscription(
    counter: TheCounter, id_: SubscriptionId, response: Response
) -> SubscriptionView:
    """Return a subscription and how far it has come."""
    await counter.place(response)
    return await counter.view(await counter.kept(id_))


@router.delete("/{id}", summary="Remove a subscription", responses=PROBLEMS(403, 404, 409))
async def remove_subscription(counter: TheCounter, id_: SubscriptionId) -> SubscriptionView:
    """End a subscription for good, and destroy the key of its secrets. Again changes nothing."""
    await counter.kept(id_)
    return await counter.view(
        await counter.courier.subscriptions.remove(id_, by=counter.by, reason="removed")
    )


@router.post("/{id}/rotate", summary="Give it another secret", responses=PROBLEMS(403, 404, 409))
async def rotate_secret(
    counter: TheCounter, id_: SubscriptionId, wanted: Overlap, response: Response
) -> SubscriptionMade:
    """Return another secret. Until the overlap ends what is sent is signed by both."""
    await counter.own(id_)
    found, secret = await counter.courier.subscriptions.rotate(
        id_, by=counter.by, overlap=timedelta(hours=wanted.overlap_hours)
    )
    response.headers["Cache-Control"] = "no-store"
    return made_of(await counter.view(found), secret)


@router.post("/{id}/pause", summary="Send nothing for a while", responses=PROBLEMS(403, 404, 409))
async def pause_subscription(
    counter: TheCounter, id_: SubscriptionId, why: Because
) -> SubscriptionView:
    """Send nothing until it is resumed; what is recorded meanwhile is sent then."""
    await counter.kept(id_)
    subscriptions = counter.courier.subscriptions
    return await counter.view(await subscriptions.pause(id_, by=counter.by, reason=why.reason))


@router.post("/{id}/resume", summary="Send again", responses=PROBLEMS(403, 404, 409))
async def resume_subscription(counter: TheCounter, id_: SubscriptionId) -> SubscriptionView:
    """Send again, first what has waited. By its owner, that renews it."""
    found = await counter.kept(id_)
    is_own = found.owner == counter.caller.id
    if is_own:
        await counter.require(found.asked)
    return await counter.view(
        await counter.courier.subscriptions.resume(id_, by=counter.by, renewed=is_own)
    )


@router.post("/{id}/renew", summary="Have it last on", responses=PROBLEMS(403, 404, 409))
async def renew_subscription(counter: TheCounter, id_: SubscriptionId) -> SubscriptionView:
    """Have a subscription that ends last 90 days from now on. Only its owner can, who must still be
    let into its zones; one that does not end stays as it is."""
    await counter.own(id_)
    return await counter.view(await counter.courier.subscriptions.renew(id_, by=counter.by))


@router.post("/{id}/test", summary="Send an event for a test", responses=PROBLEMS(403, 404, 409))
async def test_subscription(counter: TheCounter, id_: SubscriptionId) -> Tested:
    """Send one `closeout.webhook_tested`, signed, and tell what the receiver said to it."""
    await counter.kept(id_)
    try:
        reply = await counter.courier.test(id_)
    except (RefusedAddressError, UnreachableError) as error:
        return Tested(status=None, problem=str(error))
    return Tested(status=reply.status, problem=None)


@router.get("/{id}/dead-letters", summary="What could not be sent", responses=PROBLEMS(403, 404))
async def list_dead_letters(
    counter: TheCounter,
    id_: SubscriptionId,
    response: Response,
    issue: IssueNamed = None,
    after: Annotated[int, Query(ge=0, le=POSITION_MAX, description="Begin behind it.")] = 0,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many at most.")] = 100,
) -> DeadLetters:
    """Return the events that were given up, and those that lie behind them."""
    await counter.place(response)
    await counter.kept(id_)
    rows = await counter.courier.subscriptions.dead_letters(
        id_, after=after, limit=limit, issue=issue
    )
    following = rows[-1].position if len(rows) == limit else None
    return DeadLetters(items=[DeadLetter.of(row) for row in rows], next=following)


@router.post("/{id}/replay", summary="Send dead letters again", responses=PROBLEMS(403, 404, 409))
async def replay_dead_letters(
    counter: TheCounter, id_: SubscriptionId, issue: IssueNamed = None
) -> Replayed:
    """Send the first 1,000 dead letters of one issue or of all again, in order, before what comes
    later."""
    await counter.kept(id_)
    events = await counter.courier.subscriptions.replay(id_, by=counter.by, issue=issue)
    return Replayed(events=events, more=events == REPLAYED_MAX)


def _unknown(id_: str) -> UnknownSubscriptionError:
    return UnknownSubscriptionError(
        "There is no such subscription.",
        field="subscription",
        value=id_,
        stream=f"{FACE}{Act.SUBSCRIBE}",
    )


def _require_within(wanted: Asked) -> None:
    zone = None if wanted.issue is None else wanted.issue.partition("/")[0]
    if zone is not None and wanted.zones and zone not in wanted.zones:
        raise InvalidRequestError(
            "The issue is of another zone.",
            field="issue",
            value=wanted.issue,
            allowed=[f"{each}/…" for each in wanted.zones],
        )
