"""A subscription to events, as what happened to it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field, StringConstraints, TypeAdapter

from domain.access import Act
from domain.chain import Record
from domain.errors import ConflictError, IssueError
from domain.model import Code, Frozen, Moment, Short, is_none, is_unset
from domain.personal import Sealed
from domain.streams import ISSUES_ALONE, StreamKind, kind_of_stream, stream_names
from domain.webhooks import WebhookStanding
from ledger.port import UnreadableRowError
from ledger.subscriptions import PAUSED, REMOVED, RESUMED, WebhookRow

if TYPE_CHECKING:
    from ledger.port import Ledger

Subject = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}/[A-Za-z0-9._-]{1,64}$")
]
"""An issue, as zone/key."""


class UnknownSubscriptionError(IssueError):
    """There is no such subscription, or not for whoever asks."""

    code = "unknown_subscription"


class Asked(Frozen):
    """Which events are sent where. No `zones`: of every zone, the later ones too. No `kinds`: of
    every kind. `of` what they are events; unset, and so in whatever was asked for before there was
    a choice: of issues alone."""

    url: Annotated[str, Field(max_length=2000, examples=["https://hooks.example.org/closeout"])]
    name: Short = Field(examples=["hotline"])
    zones: Annotated[tuple[Code, ...], Field(max_length=200)] = Field(
        default=(), exclude_if=is_unset
    )
    issue: Subject | None = Field(default=None, exclude_if=is_none)
    kinds: Annotated[tuple[Code, ...], Field(max_length=200)] = Field(
        default=(), exclude_if=is_unset
    )
    of: Annotated[tuple[StreamKind, ...], Field(max_length=len(StreamKind))] = Field(
        default=(), exclude_if=is_unset, examples=[["issue", "matter"]]
    )

    @property
    def told_of(self) -> frozenset[StreamKind]:
        """Return of what events were asked for."""
        return frozenset(self.of) or ISSUES_ALONE

    def fits(self, stream: str, kind: str) -> bool:
        """Return whether events of this kind in this stream were asked for."""
        zone, _ = stream_names(stream)
        return self.issue in (None, stream) and self.takes(kind_of_stream(stream), zone, kind)

    def takes(self, of: StreamKind, zone: str, kind: str) -> bool:
        """Return whether events of this kind were asked for in a zone, of issues, orders or matters
        (if not of one issue alone)."""
        return (
            of in self.told_of
            and (not self.zones or zone in self.zones)
            and (not self.kinds or kind in self.kinds)
        )


def acts_of(asked: Asked) -> tuple[Act, ...]:
    """Return what somebody must be let do in a zone, all over it, to be sent what is asked for."""
    if StreamKind.ORDER in asked.told_of:
        return (Act.SUBSCRIBE, Act.READ_ORDERS)
    return (Act.SUBSCRIBE,)


class Body(Frozen):
    """What a row says of a subscription."""

    asked: Asked | None = Field(default=None, exclude_if=is_none)
    owner: Short | None = Field(default=None, exclude_if=is_none)
    position: int | None = Field(default=None, exclude_if=is_none)
    secret: Sealed | None = Field(default=None, exclude_if=is_none)
    overlap_until: Moment | None = Field(default=None, exclude_if=is_none)
    """Until when the secret before signs as well."""
    reason: Short | None = Field(default=None, exclude_if=is_none)
    ends_at: Moment | None = Field(default=None, exclude_if=is_none)
    request: str | None = Field(default=None, exclude_if=is_none)
    """The hash of what was asked for under a key of the owner's."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, sealed, and until when it signs; None: until there is another."""

    sealed: Sealed
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as it stands. `owner` is the principal whose it is; `reason` why it was paused
    or removed; `ends_at` when it is paused unless somebody renews it."""

    id: str
    owner: str
    asked: Asked
    standing: WebhookStanding
    since_position: int
    created_at: datetime
    changed_at: datetime
    revision: int
    secrets: tuple[Secret, ...]
    reason: str | None = None
    ends_at: datetime | None = None

    def wants(self, record: Record) -> bool:
        """Return whether an event is to be sent."""
        return self.asked.fits(record.stream, record.kind)


def subscription_of(rows: Sequence[WebhookRow]) -> Subscription:
    """Return the subscription that its rows come to. Raises UnreadableRowError."""
    try:
        return _folded(rows)
    except (ValueError, LookupError, TypeError) as error:
        msg = f"the subscription {rows[0].webhook if rows else '?'} cannot be read"
        raise UnreadableRowError(msg) from error


def _folded(rows: Sequence[WebhookRow]) -> Subscription:
    first = Body.model_validate_json(rows[0].body)
    if first.asked is None or first.owner is None or first.position is None:
        raise ValueError("a subscription begins with what was asked for")
    standing, reason, ends_at = WebhookStanding.ACTIVE, None, first.ends_at
    found: list[Secret] = []
    for row in rows:
        body = Body.model_validate_json(row.body)
        if body.secret is not None:
            found = [*(Secret(each.sealed, body.overlap_until) for each in found[-1:])]
            found.append(Secret(body.secret, None))
        ends_at = body.ends_at or ends_at
        if row.kind in LEADS_TO:
            standing, reason = LEADS_TO[row.kind], body.reason
    return Subscription(
        id=rows[0].webhook,
        owner=first.owner,
        asked=first.asked,
        standing=standing,
        since_position=first.position,
        created_at=rows[0].at,
        changed_at=rows[-1].at,
        revision=rows[-1].revision,
        secrets=tuple(found),
        reason=reason,
        ends_at=ends_at,
    )


LEADS_TO: Final[Mapping[str, WebhookStanding]] = {
    PAUSED: WebhookStanding.PAUSED,
    RESUMED: WebhookStanding.ACTIVE,
    REMOVED: WebhookStanding.REMOVED,
}


async def kept(ledger: "Ledger") -> list[Subscription]:
    """Return the subscriptions that are not removed. Raises UnreadableRowError."""
    rows: dict[str, list[WebhookRow]] = {}
    for row in await ledger.webhook_rows():
        rows.setdefault(row.webhook, []).append(row)
    found = (subscription_of(each) for each in rows.values())
    return [each for each in found if each.standing is not WebhookStanding.REMOVED]


def read_asked(said: Mapping[str, object]) -> Asked:
    """Return what is asked for. Raises ValidationError."""
    return TypeAdapter(Asked).validate_python(dict(said))


def require_standing(found: Subscription) -> None:
    """Refuse what is asked of a subscription that is removed. Raises ConflictError."""
    if found.standing is WebhookStanding.REMOVED:
        raise ConflictError("This subscription is removed.", field="subscription", value=found.id)
