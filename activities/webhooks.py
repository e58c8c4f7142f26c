"""Webhooks as their workflow asks for them: look and send, try again, give up."""

from temporalio import activity

from desk.courier import Courier
from domain.webhooks import Carried, Lane


class WebhookActivities:
    """Sends events. Again harms nothing: what was sent is not sent again, but for what was in hand
    when the process died."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    @activity.defn
    async def carry_webhook(self, webhook: str, held: list[str]) -> Carried:
        """Look what is new for a subscription and send all but the events of the issues `held`."""
        return await self._courier.carry(webhook, held=held, beat=activity.heartbeat)

    @activity.defn
    async def retry_webhook(self, webhook: str, stream: str) -> Carried:
        """Send what waits of one issue."""
        return await self._courier.carry(webhook, only=stream, beat=activity.heartbeat)

    @activity.defn
    async def bury_webhook(self, webhook: str, lane: Lane) -> int:
        """Lay an event that was tried often enough, and what follows of its issue, among the dead
        letters."""
        return await self._courier.bury(webhook, lane)
