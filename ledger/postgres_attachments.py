"""Attachments in PostgreSQL: one statement a change, so that each is whole or not at all."""

from dataclasses import fields
from datetime import datetime
from typing import Final

import asyncpg

from ledger.attachments import ATTACHMENTS_PAGE_MAX, AttachmentRow, AttachmentState
from ledger.postgres_publications import Pooled

COLUMNS: Final = tuple(each.name for each in fields(AttachmentRow))
_LIST: Final = ", ".join(COLUMNS)
_HELD: Final = ("held_at", "held_by", "hold_reason")
_PUT: Final = tuple(each for each in COLUMNS if each not in _HELD)
_NUMBERED: Final = ", ".join(f"${at}" for at in range(1, len(_PUT) + 1))
_CHANGED: Final = ", ".join(f"{each} = excluded.{each}" for each in _PUT[2:])

ONE: Final = f"SELECT {_LIST} FROM attachment WHERE stream = $1 AND sha256 = $2"  # noqa: S608  # our own columns
OF_ISSUE: Final = f"""
SELECT {_LIST} FROM attachment WHERE stream = $1 ORDER BY uploaded_at, sha256
"""  # noqa: S608  # our own columns
AFTER: Final = f"""
SELECT {_LIST} FROM attachment WHERE (stream, sha256) > ($1, $2)
ORDER BY stream, sha256 LIMIT $3
"""  # noqa: S608  # our own columns
ABOUT: Final = f"""
SELECT {_LIST} FROM attachment WHERE subject = $1 ORDER BY stream, sha256
"""  # noqa: S608  # our own columns
TAKE: Final = f"""
INSERT INTO attachment AS known ({", ".join(_PUT)})
SELECT {_NUMBERED} WHERE (
    SELECT count(*) FROM attachment other WHERE other.stream = $1 AND other.sha256 <> $2
        AND other.state IN ('storing', 'kept', 'destroying')
) < ${len(_PUT) + 1}::bigint
ON CONFLICT (stream, sha256) DO UPDATE SET {_CHANGED}
WHERE known.state IN ('destroyed', 'infected')
    OR (known.state = 'storing' AND known.place = excluded.place)
RETURNING stream
"""  # noqa: S608  # our own columns
KEEP: Final = """
UPDATE attachment SET state = 'kept', changed_at = $4
WHERE stream = $1 AND sha256 = $2 AND place = $3 AND state IN ('storing', 'kept') RETURNING stream
"""
HOLD: Final = """
UPDATE attachment SET held_by = $3, hold_reason = $4, held_at = $5, changed_at = $5
WHERE stream = $1 AND sha256 = $2 AND state = 'kept' AND held_at IS NULL RETURNING stream
"""
RELEASE: Final = """
UPDATE attachment SET held_at = NULL, held_by = NULL, hold_reason = NULL, changed_at = $3
WHERE stream = $1 AND sha256 = $2 AND held_at IS NOT NULL RETURNING stream
"""
LET_GO: Final = """
UPDATE attachment SET state = 'destroying', changed_at = $3
WHERE stream = $1 AND sha256 = $2 AND held_at IS NULL
    AND state IN ('storing', 'kept', 'destroying') RETURNING stream
"""
END: Final = """
UPDATE attachment SET state = 'destroyed', changed_at = $3
WHERE stream = $1 AND sha256 = $2 AND state = 'destroying' RETURNING stream
"""


class PostgresAttachments(Pooled):
    """The part of the ledger that attachments need."""

    async def attachment(self, stream: str, sha256: str) -> AttachmentRow | None:
        """Return one attachment."""
        row = await self._row(ONE, stream, sha256)
        return None if row is None else _read(row)

    async def attachments(self, stream: str) -> list[AttachmentRow]:
        """Return the attachments of an issue, oldest first."""
        return [_read(row) for row in await self._fetch(OF_ISSUE, stream)]

    async def attachments_after(self, stream: str, sha256: str, limit: int) -> list[AttachmentRow]:
        """Return attachments behind this one."""
        rows = await self._fetch(AFTER, stream, sha256, min(limit, ATTACHMENTS_PAGE_MAX))
        return [_read(row) for row in rows]

    async def attachments_about(self, subject: str) -> list[AttachmentRow]:
        """Return what the key of a subject seals."""
        return [_read(row) for row in await self._fetch(ABOUT, subject)]

    async def take_attachment(self, row: AttachmentRow, count_max: int) -> bool:
        """Keep a row that is not yet kept, or not any more."""
        values = [getattr(row, each) for each in _PUT]
        return await self._row(TAKE, *values, count_max) is not None

    async def keep_attachment(self, row: AttachmentRow, at: datetime) -> bool:
        """Say that its bytes are in the store."""
        return await self._row(KEEP, row.stream, row.sha256, row.place, at) is not None

    async def hold_attachment(
        self, stream: str, sha256: str, *, by: str, reason: str, at: datetime
    ) -> bool:
        """Forbid to destroy it."""
        return await self._row(HOLD, stream, sha256, by, reason, at) is not None

    async def release_attachment(self, stream: str, sha256: str, at: datetime) -> bool:
        """Allow it again."""
        return await self._row(RELEASE, stream, sha256, at) is not None

    async def let_go_attachment(self, stream: str, sha256: str, at: datetime) -> bool:
        """Say that its bytes are about to be destroyed."""
        return await self._row(LET_GO, stream, sha256, at) is not None

    async def end_attachment(self, stream: str, sha256: str, at: datetime) -> bool:
        """Say that they are."""
        return await self._row(END, stream, sha256, at) is not None


def _read(row: asyncpg.Record) -> AttachmentRow:
    values = dict(row)
    return AttachmentRow(**values | {"state": AttachmentState(values["state"])})
