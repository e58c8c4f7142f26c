"""Subscriptions to events: made, given other secrets, paused, removed; their dead letters."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue, ValidationError

from desk.subscribed import (
    LEADS_TO,
    Asked,
    Body,
    Subscription,
    UnknownSubscriptionError,
    kept,
    require_standing,
    subscription_of,
)
from domain.canonical import canonical, content_hash
from domain.errors import ConflictError, InvalidRequestError
from domain.model import (
    to_millisecond,
)
from domain.personal import Personal, Sealed
from domain.webhooks import WebhookStanding
from ledger.port import LedgerError
from ledger.subscriptions import (
    CREATED,
    OF_ONE_OWNER_MAX,
    PAUSED,
    REMOVED,
    RENEWED,
    RESUMED,
    ROTATED,
    WEBHOOKS_MAX,
    DeadRow,
    WebhookRow,
    WebhooksFullError,
)
from runtime.errors import StackError
from runtime.outgoing import Outgoing, RefusedAddressError
from runtime.seals import SubjectKeys
from runtime.webhook_signing import new_secret

if TYPE_CHECKING:
    from desk.desk import Desk

ID_PREFIX: Final = "wh_"
ID_DIGITS: Final = 16
PLACE: Final = "webhook"
"""What secrets are sealed for: they open nowhere else."""
OVERLAP_MAX: Final = timedelta(days=7)
OVERLAP: Final = timedelta(hours=24)
ATTEMPTS_MAX: Final = 5
OF_A_PROVIDER: Final = "oidc:"
LASTS: Final = timedelta(days=90)
"""How long a subscription of somebody lasts whom a provider's token let in, if it is not renewed:
nobody here learns that the provider turned them out."""


class SubscriptionDesk:
    """Where subscriptions are made and changed. Whoever calls has checked who may; `by` says who it
    was, in plain JSON. Raises IssueError for what cannot be done."""

    def __init__(self, desk: "Desk", keys: SubjectKeys | None, outgoing: Outgoing) -> None:
        self.ledger = desk.ledger
        self._clock = desk.clock
        self._keys = keys
        self._outgoing = outgoing

    async def create(
        self, asked: Asked, *, owner: str, by: Mapping[str, JsonValue], after: int | None = None
    ) -> tuple[Subscription, str]:
        """Make a subscription and return it with its secret, which nobody is shown again. It is
        sent what is recorded from now on, or behind the position `after`."""
        id_ = f"{ID_PREFIX}{secrets.token_hex(ID_DIGITS // 2)}"
        secret = await self._made(id_, asked, owner, by, after)
        if secret is None:
            raise ConflictError("A subscription of this id is there.", field="id", value=id_)
        return await self.find(id_), secret

    async def create_once(
        self,
        key: str,
        asked: Asked,
        *,
        owner: str,
        by: Mapping[str, JsonValue],
        after: int | None = None,
    ) -> tuple[Subscription, str | None]:
        """Make a subscription under a key of the owner's. Asked for again under it, it is the same
        one, as it stands by then, and no secret."""
        id_ = ID_PREFIX + content_hash({"owner": owner, "key": key})[:ID_DIGITS]
        request = content_hash({"asked": asked.model_dump(mode="json"), "after": after})
        if not await self.ledger.webhook_rows(webhook=id_):
            secret = await self._made(id_, asked, owner, by, after, request)
            if secret is not None:
                return await self.find(id_), secret
        rows = await self.ledger.webhook_rows(webhook=id_)
        found, first = subscription_of(rows), Body.model_validate_json(rows[0].body)
        if found.owner != owner or first.request != request:
            raise ConflictError(
                "This key stands for another request.",
                field="Idempotency-Key",
                value=key,
                allowed="a new key for a new request",
            )
        return found, None

    async def _made(
        self,
        id_: str,
        asked: Asked,
        owner: str,
        by: Mapping[str, JsonValue],
        after: int | None,
        request: str | None = None,
    ) -> str | None:
        """Make a subscription and return its secret; None if one of this id is there."""
        await self._require_sendable(asked.url)
        reached = await self.ledger.safe_position()
        if after is not None and after > reached:
            raise InvalidRequestError(
                "The ledger has no such position yet.",
                field="after",
                value=after,
                allowed=f"0 to {reached}",
            )
        known = await self.all()
        own = sum(each.owner == owner for each in known)
        if own >= OF_ONE_OWNER_MAX or len(known) >= WEBHOOKS_MAX:
            raise _full()  # before there is a key of its secrets
        secret, position = new_secret(), reached if after is None else after
        body = Body(
            asked=asked,
            owner=owner,
            position=position,
            secret=self._seal(id_, secret),
            ends_at=self._ends_at(owner),
            request=request,
        )
        row = WebhookRow(id_, 1, CREATED, canonical(body), self._now(), _said(by))
        try:
            is_new = await self.ledger.put_webhook(row, position, owner=owner)
        except WebhooksFullError:
            if await self.ledger.webhook_rows(webhook=id_):
                return None  # whoever made it at the same moment has the key of its secrets
            raise _full() from None
        return secret if is_new else None

    async def all(self, owner: str | None = None) -> list[Subscription]:
        """Return the subscriptions that are not removed, of one owner or of all."""
        return [each for each in await kept(self.ledger) if owner in (None, each.owner)]

    async def find(self, id_: str) -> Subscription:
        """Return a subscription, removed or not. Raises UnknownSubscriptionError."""
        rows = await self.ledger.webhook_rows(webhook=id_)
        if not rows:
            raise UnknownSubscriptionError(
                "There is no such subscription.", field="subscription", value=id_
            )
        return subscription_of(rows)

    async def rotate(
        self, id_: str, *, by: Mapping[str, JsonValue], overlap: timedelta = OVERLAP
    ) -> tuple[Subscription, str]:
        """Give a subscription another secret and return both; for `overlap` the one before signs as
        well."""
        if not timedelta(0) <= overlap <= OVERLAP_MAX:
            raise InvalidRequestError(
                "Two secrets overlap for a bounded time.",
                field="overlap_hours",
                value=overlap.total_seconds() / 3600,
                allowed=f"0 to {int(OVERLAP_MAX.total_seconds() // 3600)}",
            )
        secret = new_secret()
        until = to_millisecond(self._now() + overlap)
        body = Body(secret=self._seal(id_, secret), overlap_until=until)
        return await self._change(id_, ROTATED, body, by), secret

    async def pause(self, id_: str, *, by: Mapping[str, JsonValue], reason: str) -> Subscription:
        """Send nothing until it is resumed. What is recorded meanwhile is sent then."""
        return await self._change(id_, PAUSED, _body(reason), by)

    async def resume(
        self, id_: str, *, by: Mapping[str, JsonValue], renewed: bool = True
    ) -> Subscription:
        """Send again, first what has waited; one that ends lasts as long again, if `renewed`."""
        ends_at = self._ends_at((await self.find(id_)).owner) if renewed else None
        return await self._change(id_, RESUMED, Body(ends_at=ends_at), by)

    async def renew(self, id_: str, *, by: Mapping[str, JsonValue]) -> Subscription:
        """Have a subscription that ends last as long again from now on; one that does not end stays
        as it is."""
        ends_at = self._ends_at((await self.find(id_)).owner)
        if ends_at is None:
            found = await self.find(id_)
            require_standing(found)
            return found
        return await self._change(id_, RENEWED, Body(ends_at=ends_at), by)

    async def remove(self, id_: str, *, by: Mapping[str, JsonValue], reason: str) -> Subscription:
        """End a subscription for good and destroy the key of its secrets. Done again, it finishes
        what was stopped in between."""
        found = await self.find(id_)
        if found.standing is not WebhookStanding.REMOVED:
            found = await self._change(id_, REMOVED, _body(reason), by)
        await self.destroy_key(id_)
        return found

    async def destroy_key(self, id_: str) -> None:
        """Destroy the key of the secrets of a subscription. Again is harmless."""
        if self._keys is not None:
            await asyncio.to_thread(self._keys.destroy, id_)

    async def dead_letters(
        self, id_: str, *, after: int = 0, limit: int = 100, issue: str | None = None
    ) -> list[DeadRow]:
        """Return the events of a subscription that could not be sent, by position."""
        await self.find(id_)
        return await self.ledger.dead_letters(id_, after=after, limit=limit, stream=issue)

    async def replay(
        self, id_: str, *, by: Mapping[str, JsonValue], issue: str | None = None
    ) -> int:
        """Send the first dead letters of one issue or of all again, each issue's in order; return
        how many they are. As many as REPLAYED_MAX: there may be more."""
        found = await self.find(id_)
        require_standing(found)
        at = self._now()
        return await self.ledger.replay_events(id_, stream=issue, at=at, by=_said(by))

    def opened(self, found: Subscription) -> list[str]:
        """Return the secrets that sign now, the newest first. Raises StackError if they cannot be
        opened here."""
        key = None if self._keys is None else self._keys.find(found.id)
        if key is None:
            raise StackError(
                f"The key of the secrets of {found.id} is not here: every process that sends needs "
                "the same CLOSEOUT_KEYS_DIR."
            )
        now = self._now()
        signing = [each for each in found.secrets if each.until is None or now < each.until]
        return [key.opened(PLACE, each.sealed) for each in reversed(signing)]

    async def _change(
        self, id_: str, kind: str, body: Body, by: Mapping[str, JsonValue]
    ) -> Subscription:
        for _ in range(ATTEMPTS_MAX):
            found = await self.find(id_)
            require_standing(found)
            if LEADS_TO.get(kind, None) is found.standing:
                return found
            row = WebhookRow(id_, found.revision + 1, kind, canonical(body), self._now(), _said(by))
            if await self.ledger.put_webhook(row):
                return await self.find(id_)
        raise LedgerError(f"others change the subscription {id_} at the same time")

    async def _require_sendable(self, url: str) -> None:
        try:
            await self._outgoing.require_reachable(url)
        except RefusedAddressError as error:
            raise InvalidRequestError(str(error), field="url", value=url) from error

    def _seal(self, id_: str, secret: str) -> Sealed:
        if self._keys is None:
            raise StackError("There are no keys here to seal a secret with.")
        return self._keys.obtain(id_).seal(PLACE, Personal(subject=id_, text=secret))

    def _ends_at(self, owner: str) -> datetime | None:
        return self._now() + LASTS if owner.startswith(OF_A_PROVIDER) else None

    def _now(self) -> datetime:
        return to_millisecond(self._clock.now())


def _full() -> ConflictError:
    return ConflictError(
        "There are as many subscriptions as there may be: remove one first.",
        field="url",
        allowed=f"{OF_ONE_OWNER_MAX} of one owner, {WEBHOOKS_MAX} in all",
    )


def _body(reason: str) -> Body:
    try:
        return Body(reason=reason)
    except ValidationError:
        raise InvalidRequestError(
            "A reason has 1 to 200 characters on one line.", field="reason"
        ) from None


def _said(by: Mapping[str, JsonValue]) -> str:
    return canonical(dict(by))
