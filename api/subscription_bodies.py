"""What a subscription is asked for by, and told as."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import BaseModel, Field

from api.routes.stream import POSITION_MAX
from desk.subscribed import Asked, Subscription
from desk.subscriptions import OVERLAP_MAX
from domain.model import Short
from domain.streams import StreamKind
from domain.webhooks import WebhookStanding
from ledger.subscriptions import REPLAYED_MAX, DeadRow, DeliveryRow

HOURS_MAX: Final = int(OVERLAP_MAX.total_seconds() // 3600)


class NewSubscription(Asked):
    """What is asked for: where events are sent, and which. `after`: behind which position it
    begins; unset: with what is recorded from now on."""

    after: Annotated[int | None, Field(strict=True, ge=0, le=POSITION_MAX)] = None


class SubscriptionView(BaseModel):
    """A subscription as it stands. Its secret is never shown again."""

    id: Annotated[str, Field(examples=["wh_0123456789abcdef"])]
    owner: Annotated[str, Field(description="The principal whose it is.", examples=["key:hotline"])]
    name: str
    url: str
    zones: Annotated[list[str], Field(description="None: every zone.")]
    issue: str | None
    kinds: Annotated[list[str], Field(description="None: every kind.")]
    of: Annotated[list[StreamKind], Field(description="Of what they are events.")]
    standing: WebhookStanding
    reason: Annotated[str | None, Field(description="Why it was paused or removed.")]
    created_at: datetime
    changed_at: datetime
    ends_at: Annotated[
        datetime | None,
        Field(
            description="When it is paused unless it is renewed; null: it does not end by itself. "
            "Subscriptions of callers with a provider's token last 90 days."
        ),
    ]
    since: Annotated[int, Field(description="It began behind this position.")]
    position: Annotated[int | None, Field(description="Every event up to here was looked at.")]
    pending: Annotated[int | None, Field(description="So many of them are still to be sent.")]


class SubscriptionMade(SubscriptionView):
    """A subscription and its secret, which is shown this once: null where the same request came
    again under its Idempotency-Key."""

    secret: Annotated[
        str | None,
        Field(
            description="Signs what is sent (Standard Webhooks, v1).",
            examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
        ),
    ]


class SubscriptionList(BaseModel):
    """Subscriptions by their ids."""

    items: list[SubscriptionView]


class Because(BaseModel):
    """Why something is done."""

    reason: Annotated[Short, Field(examples=["The receiver is being rebuilt."])]


class Overlap(BaseModel):
    """For how many hours the secret before goes on signing."""

    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=HOURS_MAX)] = 24


class DeadLetter(BaseModel):
    """An event that could not be sent. Later ones of its issue lie behind it."""

    position: int
    subject: Annotated[str, Field(examples=["xinghe/A01"])]
    reason: Annotated[str, Field(examples=["HTTP 500 (9 tries)"])]
    at: datetime

    @classmethod
    def of(cls, row: DeadRow) -> Self:
        """Return what is shown of a row."""
        return cls(position=row.position, subject=row.stream, reason=row.reason, at=row.at)


class DeadLetters(BaseModel):
    """Events that could not be sent, by position; `next` is the `after` of the next page."""

    items: list[DeadLetter]
    next: int | None


class Replayed(BaseModel):
    """How many events are sent again. `more`: there may be more, ask again."""

    events: Annotated[int, Field(ge=0, le=REPLAYED_MAX, examples=[3])]
    more: Annotated[bool, Field(examples=[False])]


class Tested(BaseModel):
    """What came of sending an event that never happened: the status, or why there is none."""

    status: int | None
    problem: str | None


def view_of(found: Subscription, rows: Sequence[DeliveryRow]) -> SubscriptionView:
    """Return a subscription as it is shown, with how far it has come if that is on record."""
    row = rows[0] if rows else None
    return SubscriptionView(
        id=found.id,
        owner=found.owner,
        name=found.asked.name,
        url=found.asked.url,
        zones=list(found.asked.zones),
        issue=found.asked.issue,
        kinds=list(found.asked.kinds),
        of=sorted(found.asked.told_of),
        standing=found.standing,
        reason=found.reason,
        created_at=found.created_at,
        changed_at=found.changed_at,
        ends_at=found.ends_at,
        since=found.since_position,
        position=None if row is None else row.position,
        pending=None if row is None else row.pending,
    )


def made_of(view: SubscriptionView, secret: str | None) -> SubscriptionMade:
    """Return a subscription as it is shown with its secret."""
    return SubscriptionMade(**view.model_dump(), secret=secret)
