"""What a ledger keeps of webhooks: who is sent what, how far, and what could not be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

WEBHOOKS_MAX = 1000
OF_ONE_OWNER_MAX = 50
DEAD_MAX = 1000
REPLAYED_MAX = 1000
"""So many dead letters are sent again at once; the later ones stay until they are asked for."""
HEADLINES_MAX = 5000

CREATED, ROTATED, PAUSED, RESUMED, REMOVED = "created", "rotated", "paused", "resumed", "removed"
RENEWED = "renewed"
"""What can happen to a subscription."""
BURIED, REPLAYED = "buried", "replayed"
"""What can happen to an event that could not be sent."""


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One thing that happened to a subscription, unique by (webhook, revision). The first is
    `created`. `body` is canonical JSON; a secret stands in it sealed. `by`: who did it."""

    webhook: str
    revision: int
    kind: str
    body: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """How far a subscription has come: every event up to `position` was looked at, and of those
    that it asks for `pending` are still to be sent. `heard`: up to which position its workflow was
    told that there is news; below zero it has to be told anyhow, each time by another number."""

    webhook: str
    position: int
    heard: int
    pending: int


@dataclass(frozen=True, slots=True)
class Behind:
    """A subscription whose workflow has something to hear. `is_busy`: it has not come to what it
    was told of last."""

    webhook: str
    heard: int
    is_busy: bool


@dataclass(frozen=True, slots=True)
class Headline:
    """What of an event decides who is sent it."""

    position: int
    stream: str
    kind: str


class WebhooksFullError(Exception):
    """There are as many subscriptions as there may be."""


@dataclass(frozen=True, slots=True)
class DeadRow:
    """One thing that happened to an event that could not be sent, unique by (webhook, position,
    revision); the newest of a position says how it stands. `reason`: why it was given up."""

    webhook: str
    position: int
    revision: int
    stream: str
    kind: str
    reason: str
    at: datetime
    by: str


class Webhooks(Protocol):
    """The part of a ledger that webhooks need. What changes a subscription's delivery is done one
    at a time."""

    async def put_webhook(
        self, row: WebhookRow, position: int = 0, *, owner: str | None = None
    ) -> bool:
        """Keep what happened to a subscription and have its workflow told; False, and no trace, if
        that revision is there. A `created` one starts behind `position`; with `owner`, who stands
        as such in its body, the bounds are held, whoever else makes one at the same moment. Raises
        WebhooksFullError."""
        ...

    async def webhook_rows(self, *, webhook: str | None = None) -> list[WebhookRow]:
        """Return what happened to one subscription, or to all that are not removed, by subscription
        and revision."""
        ...

    async def deliveries(self, webhook: str | None = None) -> list[DeliveryRow]:
        """Return how far one subscription or every one has come that is not removed for good."""
        ...

    async def webhooks_behind(self, position: int) -> list[Behind]:
        """Return the subscriptions whose workflows must hear, each with what it has heard: of what
        changed about themselves, or unless they are paused of events up to `position`."""
        ...

    async def mark_webhooks_heard(self, behind: Sequence[Behind], position: int) -> None:
        """Record that workflows were told of events up to `position`, or need not be, each if what
        it has heard is still what is said here: of what changed since then it has to be told."""
        ...

    async def headlines(self, *, after: int, upto: int) -> list[Headline]:
        """Return the next events of all streams behind `after` up to `upto`, a safe position, in
        short; at most HEADLINES_MAX."""
        ...

    async def take_events(
        self, webhook: str, found: Sequence[tuple[int, str]], *, after: int, upto: int, at: datetime
    ) -> bool:
        """Move a subscription from `after` to `upto`; of what lies between, `found` (position and
        stream) is to be sent. An event whose stream has one in the dead letters is laid behind it.
        False, and no trace, if it does not stand at `after`."""
        ...

    async def pending_events(
        self, webhook: str, *, stream: str | None = None, limit: int
    ) -> list[tuple[int, str]]:
        """Return what is still to be sent, of one stream or of all, by position."""
        ...

    async def mark_sent(self, webhook: str, position: int) -> None:
        """Record that an event was sent."""
        ...

    async def bury_events(
        self, webhook: str, stream: str, *, upto: int, reason: str, at: datetime, by: str
    ) -> int:
        """Lay what is to be sent of a stream among the dead letters, if the event at `upto` is
        still among it; return how many events that were."""
        ...

    async def dead_letters(
        self, webhook: str, *, after: int = 0, limit: int = 100, stream: str | None = None
    ) -> list[DeadRow]:
        """Return the events that lie among the dead letters now, by position."""
        ...

    async def dead_letter_counts(self) -> dict[str, int]:
        """Return how many events lie among the dead letters now, of each subscription that has any
        and is not removed."""
        ...

    async def replay_events(
        self, webhook: str, *, stream: str | None, at: datetime, by: str
    ) -> int:
        """Have the first dead letters of one stream or of all, at most REPLAYED_MAX, sent again,
        before whatever comes later of their streams; return how many they were."""
        ...

    async def forget_delivery(self, webhook: str) -> None:
        """Forget how far a subscription had come; what happened to it stays."""
        ...
