"""Rows of boards that are missing or behind: of a ledger from before there were any, or of one that
a program wrote that knows of none. They need the calendars of each issue's terms, so no SQL can."""

from typing import TYPE_CHECKING, Final

import structlog
from pydantic import ValidationError

from domain.terms import Terms
from ledger.board_rows import BOARD_COLUMNS, board_row, values
from ledger.codec import read_snapshot
from ledger.port import UnreadableRowError

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

log = structlog.get_logger()

AT_ONCE: Final = 500
IS_THERE: Final = "SELECT to_regclass('public.issue_board') IS NOT NULL"
CLOSED: Final = """
DELETE FROM issue_board b
WHERE NOT EXISTS (SELECT FROM issue i WHERE i.stream = b.stream AND i.open)
"""
BEHIND: Final = """
SELECT i.stream, i.snapshot, i.terms FROM issue i LEFT JOIN issue_board b ON b.stream = i.stream
WHERE i.open AND b.version IS DISTINCT FROM i.version AND i.stream > $1 ORDER BY i.stream LIMIT $2
"""
TERMS: Final = "SELECT text FROM terms WHERE hash = $1"
# The issue is locked, and its row left alone if a command was quicker: that wrote its own.
PUT: Final = f"""
WITH held AS (
    SELECT stream FROM issue WHERE stream = $1 AND version = $3 AND open FOR UPDATE
)
INSERT INTO issue_board ({", ".join(BOARD_COLUMNS)})
SELECT held.stream, {", ".join(f"${n}" for n in range(2, len(BOARD_COLUMNS) + 1))} FROM held
ON CONFLICT ON CONSTRAINT issue_board_pkey DO UPDATE
SET ({", ".join(BOARD_COLUMNS)}) = ({", ".join(f"excluded.{name}" for name in BOARD_COLUMNS)})
"""  # noqa: S608  # built of constants


async def fill_boards(connection: "Connection") -> int:
    """Write each row that is missing or behind, and take out those of closed issues; return how
    many were written. An issue that cannot be read gets none, and verification tells of it."""
    if not await connection.fetchval(IS_THERE):
        return 0
    await connection.execute(CLOSED)
    terms: dict[str, Terms | None] = {}
    written, after = 0, ""
    while rows := await connection.fetch(BEHIND, after, AT_ONCE):
        arguments = []
        for stream, snapshot, hash_ in rows:
            if hash_ not in terms:
                terms[hash_] = _read(await connection.fetchval(TERMS, hash_))
            found = _arguments(stream, snapshot, terms[hash_])
            arguments += [] if found is None else [found]
        await connection.executemany(PUT, arguments)
        written += len(arguments)
        after = rows[-1][0]
    return written


def _read(text: str | None) -> Terms | None:
    try:
        return None if text is None else Terms.model_validate_json(text)
    except ValidationError:
        return None


def _arguments(stream: str, snapshot: str, terms: Terms | None) -> tuple[object, ...] | None:
    try:
        row = None if terms is None else board_row(read_snapshot(snapshot, stream), terms)
    except UnreadableRowError:
        row = None
    if row is None:
        log.warning("not_on_boards", stream=stream)
        return None
    return tuple(values(row))
