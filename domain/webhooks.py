"""Webhooks as their workflow knows them: what was carried, what failed, when it is tried again."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from domain.model import Frozen, Moment, Short

WEBHOOK_TYPE: Final = "WebhookWorkflow"

RETRY_AFTER: Final = tuple(
    timedelta(seconds=each)
    for each in (5, 30, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
)
"""How long after each failed try the next one comes; after the last there is none: 28 hours."""
ASKED_FOR_MAX: Final = timedelta(hours=1)
"""A receiver may ask for more time than that, and gets this much."""


def webhook_workflow_id(webhook: str) -> str:
    """Return the id of the one workflow that sends a subscription its events."""
    return f"webhook/{webhook}"


class WebhookStanding(StrEnum):
    """Whether a subscription is sent its events."""

    ACTIVE = "active"
    PAUSED = "paused"
    """Nothing is sent, and nothing is lost."""
    REMOVED = "removed"


class Failure(Frozen):
    """An event that was not taken. `retry_after_s`: what the receiver asked for, 0 for nothing."""

    stream: Short
    position: int
    reason: Short
    retry_after_s: Annotated[int, Field(ge=0)] = 0


class Carried(Frozen):
    """What one round came to. `failed` are the first events of their issues that were not taken:
    later ones of the same issues wait. `more`: there is more that can be sent at once."""

    standing: WebhookStanding
    sent: int = 0
    failed: tuple[Failure, ...] = ()
    more: bool = False


class Lane(Frozen):
    """An issue whose next event failed so many times, and when it is tried again."""

    stream: Short
    position: int
    reason: Short
    attempts: int
    due_at: Moment

    @property
    def is_last(self) -> bool:
        """Return whether it is tried no more."""
        return self.attempts > len(RETRY_AFTER)


def lane_after(failure: Failure, before: Lane | None, now: datetime) -> Lane:
    """Return when to try again, after a failure that may not be the first of its event."""
    again = before is not None and before.position == failure.position
    attempts = 1 if before is None or not again else before.attempts + 1
    wait = RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]
    asked = min(timedelta(seconds=failure.retry_after_s), ASKED_FOR_MAX)
    return Lane(
        stream=failure.stream,
        position=failure.position,
        reason=failure.reason,
        attempts=attempts,
        due_at=now + max(wait, asked),
    )
