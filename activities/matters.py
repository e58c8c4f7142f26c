"""The desk of matters as their workflows reach it, and the channel of their notices."""

import asyncio

import structlog
from pydantic import JsonValue
from temporalio import activity

from activities.channels.journal import JournalChannel
from activities.issue import refused
from activities.notifier import Notifier
from desk.matter_upkeep import lean_matter
from desk.matters import MatterDesk
from domain.errors import IssueError
from domain.matters.matter import read_matter_stream
from domain.matters.view import MatterRing, MatterRingAnswer

log = structlog.get_logger()


class MatterActivities:
    """Looks, rings and tells, always at the desk. Again harms nothing."""

    def __init__(self, desk: MatterDesk, notifier: Notifier | None = None) -> None:
        self._desk = desk
        self._notifier = notifier or Notifier(desk.desk, JournalChannel())

    @activity.defn
    async def look_matter(self, zone: str, key: str) -> dict[str, JsonValue]:
        """Return the matter's glimpse."""
        try:
            return lean_matter(await self._desk.look(zone, key))
        except IssueError as refusal:
            raise refused(refusal) from None

    @activity.defn
    async def ring_matter(self, ring: MatterRing) -> MatterRingAnswer:
        """Fire what has fallen due."""
        try:
            return await self._desk.ring(ring)
        except IssueError as refusal:
            raise refused(refusal) from None

    @activity.defn
    async def tell_matter(self, notice_ids: list[str]) -> None:
        """Write each notice to the log, and tell it as those of issues are told."""
        met = await asyncio.gather(*map(self._tell, notice_ids), return_exceptions=True)
        for error in met:
            if error is not None:
                raise error

    async def _tell(self, notice_id: str) -> None:
        notice = await self._desk.ledger.notice(notice_id)
        if notice is None or notice.delivered_at is not None:
            return
        zone, key = read_matter_stream(notice.stream)
        log.info(
            "matter_notice_delivered",
            addressee=notice.addressee,
            what=notice.kind,
            zone=zone,
            key=key,
        )
        await self._notifier.tell(notice_id)
