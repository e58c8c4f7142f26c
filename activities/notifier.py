"""Tells people what happened to an issue, once, however often it is asked to."""

from temporalio import activity

from activities.channels import Channel
from desk.desk import Desk
from domain.model import to_millisecond


class Notifier:
    """Delivers notices through one channel and records when each was delivered."""

    def __init__(self, desk: Desk, channel: Channel) -> None:
        self._desk = desk
        self._channel = channel

    @activity.defn
    async def tell(self, notice_id: str) -> None:
        """Deliver a notice unless it has been delivered. Raises what the channel raises."""
        notice = await self._desk.ledger.notice(notice_id)
        if notice is None or notice.delivered_at is not None:
            return
        zone, _, key = notice.stream.partition("/")
        issue = await self._desk.look(zone, key)
        await self._channel.deliver(notice.addressee, notice.kind, issue)
        await self._desk.ledger.mark_delivered(notice_id, to_millisecond(self._desk.clock.now()))
