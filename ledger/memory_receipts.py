"""How people were told, in memory."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from domain.chain import Record
from domain.notifying import TAKEN, ReceiptKind
from ledger.memory_tables import Tables
from ledger.port import NoticeRow
from ledger.receipts import (
    HOLDS_MAX,
    INBOX,
    INBOX_MAX,
    HoldRow,
    InboxRow,
    Mailbox,
    ReceiptRow,
    Telling,
    TemplateRow,
)


class MemoryReceipts:
    """The part of the ledger that says how people were told."""

    _tables: Tables

    async def put_telling(self, *tellings: Telling) -> None:
        """Keep all of them or nothing."""
        for telling in tellings:
            self._keep(telling)

    def _keep(self, telling: Telling) -> None:
        tables = self._tables
        for content in telling.contents:
            tables.notice_contents.setdefault(content.hash, content)
        for receipt in telling.receipts:
            tables.receipts.setdefault(receipt.id, receipt)
        for hold in telling.holds:
            if hold.taken_until_at is None:
                tables.holds.setdefault(hold.name, (hold, hold.until_at))
            elif self._is_taker(hold):
                tables.holds[hold.name] = (hold, hold.until_at)
        for name in telling.done:
            tables.holds.pop(name, None)
        if telling.settled_at is not None:
            for notice in telling.settled:
                self._mark_delivered(notice, telling.settled_at)

    async def mark_delivered(self, notice_id: str, at: datetime) -> None:
        """Record that a notice was delivered; the first time stands."""
        self._mark_delivered(notice_id, at)

    def _mark_delivered(self, notice_id: str, at: datetime) -> None:
        tables = self._tables
        notice = tables.notices.get(notice_id)
        if notice is None or notice.delivered_at is not None:
            return
        tables.notices[notice_id] = replace(notice, delivered_at=at)
        siblings = [n for n in tables.notices_of(notice.stream) if n.version == notice.version]
        delivered = [n.delivered_at for n in siblings if n.delivered_at is not None]
        if len(delivered) < len(siblings):
            return
        for key, firing in tables.firings.items():
            if (firing.stream, firing.version) == (notice.stream, notice.version):
                done_at = firing.effect_done_at or max(delivered)
                tables.firings[key] = replace(firing, effect_done_at=done_at)

    async def receipts(self, stream: str) -> list[ReceiptRow]:
        """Return the receipts of a stream's notices, oldest first."""
        return self._sorted(row for row in self._all if row.stream == stream)

    async def receipts_of(self, notice: str) -> list[ReceiptRow]:
        """Return the receipts of one notice, oldest first."""
        return self._sorted(row for row in self._all if row.notice == notice)

    async def receipts_of_each(self, notices: Sequence[str]) -> dict[str, list[ReceiptRow]]:
        """Return the receipts of each notice that has any, oldest first."""
        each = {notice: await self.receipts_of(notice) for notice in notices}
        return {notice: rows for notice, rows in each.items() if rows}

    async def notices_named(self, ids: Sequence[str]) -> dict[str, tuple[NoticeRow, Record | None]]:
        """Return those of the notices that are there, each with the event that it tells of."""
        kept = self._tables.notices
        return {id_: (kept[id_], self._event_of(kept[id_])) for id_ in ids if id_ in kept}

    def _event_of(self, notice: NoticeRow) -> Record | None:
        records = self._tables.records.get(notice.stream, [])
        return next((each for each in records if each.version == notice.version), None)

    async def receipt(self, id_: str) -> ReceiptRow | None:
        """Return one receipt."""
        return self._tables.receipts.get(id_)

    async def notice_content(self, hash_: str) -> str | None:
        """Return what was told, by its hash."""
        content = self._tables.notice_contents.get(hash_)
        return None if content is None else content.text

    async def messages_since(self, address: str, since: datetime) -> list[datetime]:
        """Return when an address was given its messages after `since`, oldest first."""
        first: dict[str, datetime] = {}
        for row in self._sorted(self._all):
            counts = row.what in TAKEN and row.channel != INBOX
            if counts and row.address == address and row.at > since:
                first.setdefault(row.bundle or row.id, row.at)
        return sorted(first.values())

    async def held_until(self, channel: str, address: str, at: datetime) -> datetime | None:
        """Return until when a channel already holds something back from an address."""
        ends = (
            hold.until_at
            for hold, _ in self._tables.holds.values()
            if (hold.channel, hold.address) == (channel, address) and hold.until_at > at
        )
        return min(ends, default=None)

    async def take_holds(
        self, due_at: datetime, taken_until_at: datetime, limit: int
    ) -> list[HoldRow]:
        """Return what has waited long enough, and keep it from others for a while."""
        due = [
            hold
            for hold, taken in self._tables.holds.values()
            if hold.until_at <= due_at and taken <= due_at
        ]
        due.sort(key=lambda hold: (hold.until_at, hold.channel, hold.address, hold.notice))
        picked = due[: max(1, min(limit, HOLDS_MAX))]
        names = {hold.name for hold in picked}
        whole = {hold.bundle for hold in picked} - {""}
        taken = [
            replace(hold, taken_until_at=taken_until_at)
            for hold, until_at in self._tables.holds.values()
            if hold.name in names or (hold.bundle in whole and until_at <= due_at)
        ]
        for hold in taken:
            self._tables.holds[hold.name] = (hold, taken_until_at)
        return sorted(taken, key=lambda h: (h.channel, h.address, h.bundle, h.notice))

    async def seal_holds(
        self, holds: Sequence[HoldRow], bundle: str, taken_until_at: datetime
    ) -> bool:
        """Keep what was taken, and fix the message that it goes out in."""
        if not all(map(self._is_taker, holds)):
            return False
        for hold in holds:
            sealed = replace(hold, bundle=bundle, taken_until_at=taken_until_at)
            self._tables.holds[hold.name] = (sealed, taken_until_at)
        return True

    def _is_taker(self, hold: HoldRow) -> bool:
        kept = self._tables.holds.get(hold.name)
        return kept is not None and kept[1] == hold.taken_until_at

    async def held_count(self) -> int:
        """Return how many notices wait for a channel."""
        return len(self._tables.holds)

    async def inbox(
        self,
        mailboxes: Sequence[Mailbox],
        reader: str,
        *,
        after: tuple[datetime, str] | None = None,
        known_at: datetime | None = None,
        unread_only: bool = False,
        limit: int = 50,
    ) -> list[InboxRow]:
        """Return what lies in these inboxes, newest first."""
        known = [row for row in self._all if known_at is None or row.at <= known_at]
        opened: dict[str, datetime] = {}
        for row in self._sorted(known):
            if (row.channel, row.what, row.by) == (INBOX, ReceiptKind.READ, reader):
                opened.setdefault(row.notice, row.at)
        wanted = set(mailboxes)
        found = [
            row
            for row in known
            if (row.channel, row.what) == (INBOX, ReceiptKind.DELIVERED)
            and (row.zone, row.addressee) in wanted
            and (after is None or (row.at, row.id) < after)
            and not (unread_only and row.notice in opened)
        ]
        found.sort(key=lambda row: (row.at, row.id), reverse=True)
        contents = self._tables.notice_contents
        return [
            InboxRow(
                row,
                contents[row.content].text if row.content in contents else "",
                opened.get(row.notice),
            )
            for row in found[: max(1, min(limit, INBOX_MAX))]
        ]

    async def put_template(self, row: TemplateRow) -> TemplateRow:
        """Keep a template; return it with its sequence."""
        kept = self._tables.notice_templates
        stored = replace(row, sequence=len(kept) + 1)
        kept.append(stored)
        return stored

    async def templates(self) -> list[TemplateRow]:
        """Return the newest template of each kind, channel and language."""
        newest = {
            (row.kind, row.channel, row.language): row for row in self._tables.notice_templates
        }
        return [newest[name] for name in sorted(newest)]

    async def template_history(
        self, kind: str, channel: str, language: str, *, limit: int = 100
    ) -> list[TemplateRow]:
        """Return what templates there were, newest first."""
        name = (kind, channel, language)
        own = [
            row
            for row in self._tables.notice_templates
            if (row.kind, row.channel, row.language) == name
        ]
        return own[::-1][: max(1, min(limit, INBOX_MAX))]

    @property
    def _all(self) -> Collection[ReceiptRow]:
        return self._tables.receipts.values()

    @staticmethod
    def _sorted(rows: Iterable[ReceiptRow]) -> list[ReceiptRow]:
        return sorted(rows, key=lambda row: (row.at, row.id))
