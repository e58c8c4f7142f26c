"""The desk of supervision orders as their workflows reach it, and the channel of their notices."""

import asyncio

import structlog
from pydantic import JsonValue
from temporalio import activity

from activities.channels.journal import JournalChannel
from activities.issue import refused
from activities.notifier import Notifier
from desk.order_upkeep import lean_order
from desk.supervising import SupervisionDesk
from domain.errors import IssueError
from domain.order_view import OrderRing, OrderRingAnswer
from domain.orders import read_order_stream

log = structlog.get_logger()


class SupervisionActivities:
    """Looks, rings and tells, always at the desk. Again harms nothing."""

    def __init__(self, desk: SupervisionDesk, notifier: Notifier | None = None) -> None:
        self._desk = desk
        self._notifier = notifier or Notifier(desk.desk, JournalChannel())

    @activity.defn
    async def look_order(self, zone: str, key: str) -> dict[str, JsonValue]:
        """Return the order's glimpse."""
        try:
            return lean_order(await self._desk.look(zone, key))
        except IssueError as refusal:
            raise refused(refusal) from None

    @activity.defn
    async def ring_order(self, ring: OrderRing) -> OrderRingAnswer:
        """Fire what has fallen due."""
        try:
            return await self._desk.ring(ring)
        except IssueError as refusal:
            raise refused(refusal) from None

    @activity.defn
    async def tell_order(self, notice_ids: list[str]) -> None:
        """Write each notice to the log, and tell it as those of issues are told."""
        met = await asyncio.gather(*map(self._tell, notice_ids), return_exceptions=True)
        for error in met:
            if error is not None:
                raise error

    async def _tell(self, notice_id: str) -> None:
        notice = await self._desk.ledger.notice(notice_id)
        if notice is None or notice.delivered_at is not None:
            return
        zone, key = read_order_stream(notice.stream)
        order = (await self._desk.row(zone, key)).order
        log.info(
            "order_notice_delivered",
            addressee=notice.addressee,
            what=notice.kind,
            zone=zone,
            key=key,
            instrument=order.instrument,
            standing=order.standing,
        )
        await self._notifier.tell(notice_id)
