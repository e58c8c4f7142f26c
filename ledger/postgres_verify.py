"""What an audit reads of PostgreSQL: pages of streams as of one moment, the inside of the log."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import asyncpg

from domain.streams import is_issue_stream
from ledger import codec
from ledger.connections import ledger_errors
from ledger.kin import LinkRow
from ledger.log_rows import FACT_TABLES
from ledger.pages import (
    EventTime,
    NodeRow,
    NumberRow,
    PartyRow,
    Stored,
    StrayRow,
    StreamPage,
)
from ledger.postgres_publications import Pooled
from ledger.queries import STREAMS

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]

STREAMS_MAX: Final = 1000
PAGE_MAX: Final = 10_000
ONE_MOMENT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

EVENTS: Final = """
SELECT stream, version, kind, at, occurred_at, command_id, command_hash, terms, rules, text,
       previous, hash
FROM event WHERE stream = ANY ($1) ORDER BY stream, version
"""
COMMANDS: Final = """
SELECT id, stream, kind, at, actor, body, hash, terms, rules, first_version, count, result
FROM command WHERE stream = ANY ($1) ORDER BY stream, sequence
"""
ISSUES: Final = "SELECT * FROM issue WHERE stream = ANY ($1)"
BOARDS: Final = "SELECT * FROM issue_board WHERE stream = ANY ($1)"
ORDERS: Final = "SELECT * FROM supervision_order WHERE stream = ANY ($1)"
MATTERS: Final = "SELECT * FROM matter WHERE stream = ANY ($1)"
PARTIES: Final = "SELECT zone, enterprise, stream FROM matter_party WHERE stream = ANY ($1)"
CLOCKS: Final = """
SELECT stream, clock, cycle, rule, standing, budget_ms, elapsed_ms, anchor_at, due_at, provisional,
       breached_at, verdict
FROM clock WHERE stream = ANY ($1) ORDER BY stream, clock, cycle
"""
FIRINGS: Final = """
SELECT stream, clock, cycle, rung, version, due_at, fired_at, ring, effect_done_at
FROM rung_firing WHERE stream = ANY ($1) ORDER BY stream, due_at, clock, cycle, rung
"""
NOTICES: Final = """
SELECT id, stream, version, kind, addressee, created_at, delivered_at
FROM notice WHERE stream = ANY ($1) ORDER BY stream, version, id
"""
LINKS: Final = """
SELECT l.zone, l.type, l.from_key, l.to_key
FROM unnest($1::text[], $2::text[]) AS s (zone, key)
JOIN issue_link l ON l.zone = s.zone AND l.from_key = s.key AND l.type <> 'part_of'
UNION ALL
SELECT l.zone, l.type, l.from_key, l.to_key
FROM unnest($1::text[], $2::text[]) AS s (zone, key)
JOIN issue_link l ON l.zone = s.zone AND l.to_key = s.key AND l.type = 'part_of'
"""
STREAMS_SINCE: Final = """
SELECT stream FROM (
    SELECT e.stream FROM event e
    WHERE e.position > (SELECT coalesce(max(position), 0) FROM log_entry WHERE index < $3)
    UNION
    SELECT c.stream FROM log_entry l JOIN command c ON c.id = l.key
    WHERE l.index >= $3 AND l.kind = 'command'
    UNION
    SELECT c.stream FROM log_pending p JOIN command c ON c.id = p.key WHERE p.kind = 'command'
) s WHERE stream > $1 ORDER BY stream LIMIT $2
"""
NUMBERS: Final = "SELECT zone, year, last FROM number_sequence ORDER BY zone, year"
STRAYS: Final = """
SELECT t.name, t.stream FROM (
    SELECT 'clock' AS name, stream FROM clock
    UNION SELECT 'rung_firing', stream FROM rung_firing
    UNION SELECT 'notice', stream FROM notice
    UNION SELECT 'issue_board', stream FROM issue_board
    UNION SELECT 'matter_party', stream FROM matter_party
    UNION SELECT 'errand', '' FROM errand WHERE id = ''
) t WHERE NOT EXISTS (SELECT FROM event e WHERE e.stream = t.stream)
ORDER BY t.name, t.stream LIMIT $1
"""
NODES: Final = """
SELECT level, index, hash FROM log_node WHERE (level, index) > ($1, $2)
ORDER BY level, index LIMIT $3
"""
TIMES: Final = """
SELECT position, stream, version, at, command_id FROM event
WHERE position > $1 AND position <= $2 ORDER BY position
"""
LAST_POSITION: Final = "SELECT coalesce(max(position), 0) FROM log_entry WHERE index < $1"
BEHIND: Final = "SELECT count(*) FROM event WHERE position > $1"
WAITING_KINDS: Final = "SELECT DISTINCT kind FROM log_pending ORDER BY kind"


class PostgresVerify(Pooled):
    """The part of the ledger that an audit reads in bulk."""

    async def stream_page(self, streams: Sequence[str]) -> StreamPage:
        """Return these streams as of one moment; at most 1,000."""
        names = list(dict.fromkeys(streams))[:STREAMS_MAX]
        with ledger_errors():
            async with self._pool.acquire(timeout=self._acquire_timeout_s) as connection:
                await connection.execute(ONE_MOMENT)
                try:
                    stored = await _read(connection, names)
                finally:
                    await connection.execute("COMMIT")
        return StreamPage(self, stored)  # type: ignore[arg-type]  # the ledger that this is a part of

    async def stream_names_after(self, after: str, limit: int, *, since_size: int = 0) -> list[str]:
        """Return the next streams in order of name, or those with news since a size of the log."""
        bounded = max(1, min(limit, PAGE_MAX))
        if since_size:
            rows = await self._fetch(STREAMS_SINCE, after, bounded, since_size)
        else:
            rows = await self._fetch(STREAMS, after, bounded)
        return [str(row[0]) for row in rows]

    async def numbers(self) -> list[NumberRow]:
        """Return the last ledger numbers given, by zone and year."""
        return [NumberRow(*row) for row in await self._fetch(NUMBERS)]

    async def stray_rows(self, limit: int) -> list[StrayRow]:
        """Return rows of clocks, firings and notices whose stream has no event, and errands without
        a name, which no list of them comes to."""
        return [StrayRow(*row) for row in await self._fetch(STRAYS, limit)]

    async def log_nodes_after(self, level: int, index: int, limit: int) -> list[NodeRow]:
        """Return stored nodes in order of level and index, after this one."""
        bounded = max(1, min(limit, PAGE_MAX))
        return [NodeRow(*row) for row in await self._fetch(NODES, level, index, bounded)]

    async def unlogged(self, kind: str, limit: int) -> list[str]:
        """Return the keys of facts that are no leaf and do not wait to be one."""
        return [str(row[0]) for row in await self._fetch(_unlogged(kind), kind, limit)]

    async def waiting_for_nothing(self, kind: str, limit: int) -> list[str]:
        """Return the keys that wait for the log and of which there is no fact."""
        if kind not in FACT_TABLES:
            return [f"a fact of kind {kind}"]
        return [str(row[0]) for row in await self._fetch(_dangling(kind), kind, limit)]

    async def waiting_kinds(self) -> list[str]:
        """Return the kinds of facts that wait for the log."""
        return [str(row[0]) for row in await self._fetch(WAITING_KINDS)]

    async def event_times(self, after: int, until: int) -> list[EventTime]:
        """Return when events above position `after` up to `until` were recorded, in order."""
        rows = [EventTime(*row) for row in await self._fetch(TIMES, after, until)]
        return [row if row.at.tzinfo else replace(row, at=codec.moment(row.at)) for row in rows]

    async def last_position(self, size: int) -> int:
        """Return the greatest position among the first `size` leaves, 0 if there is none."""
        row = await self._row(LAST_POSITION, size)
        return 0 if row is None else int(row[0])

    async def events_after_position(self, position: int) -> int:
        """Return how many events have no leaf, whose positions lie above this one."""
        row = await self._row(BEHIND, position)
        return 0 if row is None else int(row[0])


def _unlogged(kind: str) -> str:
    """A command that caused events stands in the leaf of the first of them."""
    table = FACT_TABLES[kind]
    only = "t.count = 0 AND " if kind == "command" else ""
    return (
        f"SELECT t.{table.key}::text FROM {table.name} t WHERE {only}"  # noqa: S608  # names are ours
        f"NOT EXISTS (SELECT FROM log_entry l WHERE l.kind = $1 AND l.key = t.{table.key}::text "
        "AND l.key IS NOT NULL) AND NOT EXISTS (SELECT FROM log_pending p "
        f"WHERE p.kind = $1 AND p.key = t.{table.key}::text) ORDER BY t.{table.key} LIMIT $2"
    )


def _dangling(kind: str) -> str:
    table = FACT_TABLES[kind]
    return (
        "SELECT p.key FROM log_pending p WHERE p.kind = $1 AND NOT EXISTS ("  # noqa: S608  # names are ours
        f"SELECT FROM {table.name} t WHERE t.{table.key}::text = p.key) ORDER BY p.key LIMIT $2"
    )


async def _read(connection: "Connection", streams: list[str]) -> Mapping[str, Stored]:
    stored = {stream: Stored() for stream in streams}
    for row in await connection.fetch(EVENTS, streams):
        stored[row[0]].records.append(codec.record_of(row))
    for row in await connection.fetch(COMMANDS, streams):
        stored[row[1]].commands.append(codec.command_of(row))
    for row in await connection.fetch(ISSUES, streams):
        stored[row["stream"]].issue = dict(row)
    for row in await connection.fetch(BOARDS, streams):
        stored[row["stream"]].boards.append(dict(row))
    for row in await connection.fetch(ORDERS, streams):
        stored[row["stream"]].order = dict(row)
    for row in await connection.fetch(MATTERS, streams):
        stored[row["stream"]].matter = dict(row)
    for row in await connection.fetch(PARTIES, streams):
        stored[row[2]].parties.append(PartyRow(*row))
    for row in await connection.fetch(CLOCKS, streams):
        stored[row[0]].clocks.append(codec.clock_of(row))
    for row in await connection.fetch(FIRINGS, streams):
        stored[row[0]].firings.append(codec.firing_of(row))
    for row in await connection.fetch(NOTICES, streams):
        stored[row[1]].notices.append(codec.notice_of(row))
    parted = [stream.partition("/") for stream in streams if is_issue_stream(stream)]
    zones, keys = [each[0] for each in parted], [each[2] for each in parted]
    for row in await connection.fetch(LINKS, zones, keys):
        link = LinkRow(*row)
        writer = link.to_key if link.type == "part_of" else link.from_key
        stored[f"{link.zone}/{writer}"].links.append(link)
    return stored
