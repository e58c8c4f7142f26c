"""Rows in PostgreSQL that no reader comes to, or that lack what every row has."""

from datetime import datetime
from typing import Final

from ledger.log_rows import FACT_TABLES
from ledger.misplaced import (
    BY_COMMAND,
    NULLABLE,
    WRITTEN_AT,
    EventPlace,
    LateFact,
    Misplaced,
)
from ledger.pages import EventTime
from ledger.postgres_publications import Pooled
from ledger.probing import FACTS

TABLES: Final = (
    *FACTS,
    *("issue", "supervision_order", "clock", "rung_firing", "notice", "number_sequence"),
    *("issue_link", "errand", "issue_board", "matter", "matter_party"),
)
COLUMNS: Final = """
SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1) AND a.attnum > 0
  AND NOT a.attisdropped
GROUP BY c.relname ORDER BY c.relname
"""
NAMES: Final = (
    *((table.name, table.key) for table in FACT_TABLES.values()),
    *(("event", "position"), ("checkpoint", "size"), ("issue", "stream")),
    *(("supervision_order", "stream"), ("matter", "stream"), ("notice", "id"), ("errand", "id")),
)
"""By what rows are named. Readers that look for one row by its name see only one of two."""
TWICE: Final = tuple(
    f"SELECT '{table}', {key}::text, '{key}', 'it is there twice' FROM {table} "  # noqa: S608  # names are ours
    f"WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1 LIMIT $1"
    for table, key in NAMES
)
"""One statement each: a large table's takes its seconds."""
MISPLACED: Final = """
SELECT 'event', position::text, 'stream', 'it is of no stream' FROM event WHERE stream = ''
UNION ALL SELECT 'event', concat_ws(' ', stream, version), 'position',
       'no reader comes to the position ' || coalesce(position::text, 'NULL')
FROM event WHERE position IS NULL OR position < 1
UNION ALL SELECT 'event', concat_ws(' ', stream, version), 'position',
       'position ' || position || ' has not been allotted yet'
FROM event WHERE position > coalesce((
    SELECT last_value FROM pg_sequences
    WHERE schemaname = 'public' AND sequencename = 'event_position_seq'), 0)
UNION ALL SELECT 'command', id, 'stream', 'it is of no stream' FROM command WHERE stream = ''
UNION ALL SELECT 'issue', key, 'stream', 'it is of no stream' FROM issue WHERE stream = ''
UNION ALL SELECT 'supervision_order', key, 'stream', 'it is of no stream'
FROM supervision_order WHERE stream = ''
UNION ALL SELECT 'matter', key, 'stream', 'it is of no stream' FROM matter WHERE stream = ''
UNION ALL SELECT 'errand', stream, 'id', 'it has no name' FROM errand WHERE id = ''
UNION ALL SELECT 'checkpoint', size::text, 'size', 'no tree has this size'
FROM checkpoint WHERE size < 0
UNION ALL SELECT 'log_entry', index::text, 'index', 'leaves are counted from 0'
FROM log_entry WHERE index < 0
UNION ALL SELECT 'log_entry', index::text, 'key', 'a leaf names either a position or a key'
FROM log_entry WHERE (key IS NULL) = (position IS NULL)
UNION ALL SELECT 'log_entry', max(index)::text, 'key', kind || ' ' || key || ' has two leaves'
FROM log_entry WHERE key IS NOT NULL GROUP BY kind, key HAVING count(*) > 1
UNION ALL SELECT 'log_node', level || '/' || index, 'index', 'there is no such node'
FROM log_node WHERE level < 1 OR index < 0
UNION ALL SELECT 'log_node', level || '/' || index, 'index', 'it is there twice'
FROM log_node GROUP BY level, index HAVING count(*) > 1
UNION ALL SELECT 'clock', concat_ws(' ', stream, clock, cycle), 'cycle', 'it is there twice'
FROM clock GROUP BY stream, clock, cycle HAVING count(*) > 1
LIMIT $1
"""
LATE_EVENTS: Final = """
SELECT position, stream, version, at, command_id FROM event
WHERE position > $1 AND at < $2 ORDER BY position LIMIT $3
"""
WAITING_KINDS: Final = "SELECT DISTINCT kind FROM log_pending ORDER BY kind"
PLACES: Final = """
SELECT e.version, e.position, e.at, e.command_id, l.index
FROM event e LEFT JOIN log_entry l ON l.position = e.position
WHERE e.stream = $1 ORDER BY e.version, e.position
"""
LOST: Final = """
SELECT l.index, l.position FROM log_entry l WHERE l.position IS NOT NULL
  AND NOT EXISTS (SELECT FROM event e WHERE e.position = l.position)
ORDER BY l.index LIMIT $1
"""


class PostgresMisplaced(Pooled):
    """The part of the ledger that looks where nobody does."""

    async def misplaced(self, limit: int) -> list[Misplaced]:
        """Return rows before the first that any reader begins at, and second rows of one name."""
        found: list[Misplaced] = []
        for query in (MISPLACED, *TWICE):
            rows = await self._fetch(query, limit - len(found))
            found += [Misplaced(*row) for row in rows]
        return found

    async def valueless(self, limit: int) -> list[Misplaced]:
        """Return rows without a value where one must be."""
        found: list[Misplaced] = []
        for table, columns in await self._fetch(COLUMNS, list(TABLES)):
            wanted = [each for each in columns if each not in NULLABLE.get(table, ())]
            query = _valueless(table, columns, wanted)
            for row in await self._fetch(query, limit - len(found)):
                said = dict(row)
                found += [
                    Misplaced(table, said["called"], column, "there is no value")
                    for column in wanted
                    if said[f"no_{column}"]
                ]
            if len(found) >= limit:
                break
        return found[:limit]

    async def late_events(self, after: int, before_at: datetime, limit: int) -> list[EventTime]:
        """Return events above the position `after` that were recorded before a moment."""
        return [EventTime(*row) for row in await self._fetch(LATE_EVENTS, after, before_at, limit)]

    async def late_facts(self, before_at: datetime, limit: int) -> list[LateFact]:
        """Return facts beside events that wait for their leaf and were written before a moment."""
        found: list[LateFact] = []
        for (kind,) in await self._fetch(WAITING_KINDS):
            if kind in FACT_TABLES:
                rows = await self._fetch(_late(kind), kind, before_at, limit - len(found))
                found += [LateFact(kind, *row) for row in rows]
        return found

    async def event_places(self, stream: str) -> list[EventPlace]:
        """Return where the events of a stream stand, in order of version."""
        return [EventPlace(*row) for row in await self._fetch(PLACES, stream)]

    async def lost_events(self, limit: int) -> list[tuple[int, int]]:
        """Return index and position of leaves whose position no event has."""
        return [(row[0], row[1]) for row in await self._fetch(LOST, limit)]


def _late(kind: str) -> str:
    table, at = FACT_TABLES[kind], WRITTEN_AT[kind]
    by = f"t.{BY_COMMAND[kind]}" if kind in BY_COMMAND else "NULL"
    return (
        f"SELECT t.{table.key}::text, t.{at}, {by} "  # noqa: S608  # names are ours
        f"FROM log_pending p JOIN {table.name} t ON t.{table.key}::text = p.key "
        f"WHERE p.kind = $1 AND t.{at} < $2 ORDER BY 1 LIMIT $3"
    )


def _valueless(table: str, columns: list[str], wanted: list[str]) -> str:
    """A row is called by what can be read of its first columns: its key is among them."""
    called = ", ".join(f't."{each}"::text' for each in columns[:3])
    said = ", ".join(f't."{each}" IS NULL AS "no_{each}"' for each in wanted)
    where = " OR ".join(f't."{each}" IS NULL' for each in wanted)
    return (
        f"SELECT left(concat_ws(' ', {called}), 200) AS called, {said} "  # noqa: S608  # names are ours
        f"FROM {table} t WHERE {where} LIMIT $1"
    )
