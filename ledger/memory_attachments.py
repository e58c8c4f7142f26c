"""Attachments in memory."""

from dataclasses import replace
from datetime import datetime

from ledger.attachments import ATTACHMENTS_PAGE_MAX, COUNTED, AttachmentRow, AttachmentState
from ledger.memory_tables import Tables

GOING = (AttachmentState.STORING, AttachmentState.KEPT, AttachmentState.DESTROYING)


class MemoryAttachments:
    """The part of the ledger that attachments need."""

    _tables: Tables

    async def attachment(self, stream: str, sha256: str) -> AttachmentRow | None:
        """Return one attachment."""
        return self._tables.attachments.get((stream, sha256))

    async def attachments(self, stream: str) -> list[AttachmentRow]:
        """Return the attachments of an issue, oldest first."""
        own = (row for row in self._tables.attachments.values() if row.stream == stream)
        return sorted(own, key=lambda row: (row.uploaded_at, row.sha256))

    async def attachments_after(self, stream: str, sha256: str, limit: int) -> list[AttachmentRow]:
        """Return attachments behind this one."""
        behind = (row for at, row in self._tables.attachments.items() if at > (stream, sha256))
        ordered = sorted(behind, key=lambda row: (row.stream, row.sha256))
        return ordered[: min(limit, ATTACHMENTS_PAGE_MAX)]

    async def attachments_about(self, subject: str) -> list[AttachmentRow]:
        """Return what the key of a subject seals."""
        return [row for row in self._tables.attachments.values() if row.subject == subject]

    async def take_attachment(self, row: AttachmentRow, count_max: int) -> bool:
        """Keep a row that is not yet kept, or not any more."""
        known = await self.attachment(row.stream, row.sha256)
        if known is not None and not known.may_be_replaced_by(row):
            return False
        own = await self.attachments(row.stream)
        others = [each for each in own if each.state in COUNTED and each.sha256 != row.sha256]
        if len(others) >= count_max:
            return False
        self._tables.attachments[row.stream, row.sha256] = row
        return True

    async def keep_attachment(self, row: AttachmentRow, at: datetime) -> bool:
        """Say that its bytes are in the store."""
        known = await self.attachment(row.stream, row.sha256)
        if known is None or known.place != row.place:
            return False
        if known.state is AttachmentState.KEPT:
            return True
        return self._changed(known, (AttachmentState.STORING,), AttachmentState.KEPT, at)

    async def hold_attachment(
        self, stream: str, sha256: str, *, by: str, reason: str, at: datetime
    ) -> bool:
        """Forbid to destroy it."""
        known = await self.attachment(stream, sha256)
        if known is None or known.state is not AttachmentState.KEPT or known.held_at is not None:
            return False
        self._tables.attachments[stream, sha256] = replace(
            known, held_at=at, held_by=by, hold_reason=reason, changed_at=at
        )
        return True

    async def release_attachment(self, stream: str, sha256: str, at: datetime) -> bool:
        """Allow it again."""
        known = await self.attachment(stream, sha256)
        if known is None or known.held_at is None:
            return False
        self._tables.attachments[stream, sha256] = replace(
            known, held_at=None, held_by=None, hold_reason=None, changed_at=at
        )
        return True

    async def let_go_attachment(self, stream: str, sha256: str, at: datetime) -> bool:
        """Say that its bytes are about to be destroyed."""
        known = await self.attachment(stream, sha256)
        if known is None or known.held_at is not None:
            return False
        return self._changed(known, GOING, AttachmentState.DESTROYING, at)

    async def end_attachment(self, stream: str, sha256: str, at: datetime) -> bool:
        """Say that they are."""
        known = await self.attachment(stream, sha256)
        if known is None:
            return False
        return self._changed(known, (AttachmentState.DESTROYING,), AttachmentState.DESTROYED, at)

    def _changed(
        self,
        row: AttachmentRow,
        of: tuple[AttachmentState, ...],
        to: AttachmentState,
        at: datetime,
    ) -> bool:
        if row.state not in of:
            return False
        changed = replace(row, state=to, changed_at=at)
        self._tables.attachments[row.stream, row.sha256] = changed
        return True
