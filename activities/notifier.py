"""Tells people what happened to an issue, once, however often it is asked to."""

import asyncio
from datetime import timedelta

import structlog
from pydantic import model_validator
from temporalio import activity

from activities.channels import Channel
from desk.desk import Desk
from domain.model import Frozen, to_millisecond

log = structlog.get_logger()

A_MOMENT = timedelta(seconds=1.5)


class Told(Frozen):
    """Which notices were told, and which are still to be: a marker in a history keeps only this."""

    told: tuple[str, ...] = ()
    late: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_releases(cls, answer: object) -> object:
        """In older histories the answer is the list of those that are still to be told."""
        return {"late": answer} if isinstance(answer, list) else answer


class Notifier:
    """Delivers notices through one channel and records when each was delivered."""

    def __init__(self, desk: Desk, channel: Channel) -> None:
        self._desk = desk
        self._channel = channel

    @activity.defn
    async def tell_at_once(self, notice_ids: list[str]) -> Told:
        """Deliver what can be delivered within a moment; name what was, and what is still to be."""
        tries = (
            asyncio.wait_for(self.tell(notice_id), A_MOMENT.total_seconds())
            for notice_id in notice_ids
        )
        met = await asyncio.gather(*tries, return_exceptions=True)
        late = {id_: error for id_, error in zip(notice_ids, met, strict=True) if error is not None}
        for notice_id, error in late.items():
            log.warning("notice_waits", notice=notice_id, error=repr(error)[:200])
        told = tuple(id_ for id_ in notice_ids if id_ not in late)
        return Told(told=told, late=tuple(late))

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
