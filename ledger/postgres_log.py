"""The transparency log in PostgreSQL: facts get their places, roots are read from few rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from domain.leaves import event_leaf, fact_leaf, row_hash
from domain.merkle import Frontier, Range, leaf_hash, perfect_parts, root_of
from ledger.codec import moment
from ledger.connections import ledger_errors
from ledger.log import AnchorRow, Carried, CheckpointRow, EventStub, LogEntry, LogKeyRow
from ledger.log_rows import CAUSING, EVENTS_AFTER, FACT_TABLES
from ledger.port import LedgerError
from ledger.postgres_publications import Pooled

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]

ONE_SEQUENCER = 1129268308
"""The key of the advisory lock that whoever carries the log on holds."""
STEP_BITS = 8
STEP = 1 << STEP_BITS
"""Leaves under a node of the first stored level, and nodes under one of the next."""
PAGE_MAX = 10_000

SIZE = "SELECT least(coalesce(max(index), -1), 9223372036854775806) + 1 FROM log_entry"
LAST_POSITION = "SELECT coalesce(max(position), 0) FROM log_entry"
SAFE = "SELECT ledger_safe_position()"
PENDING = "SELECT kind, key FROM log_pending ORDER BY kind, key LIMIT $1"
TAKEN_UP = """
DELETE FROM log_pending p USING unnest($1::text[], $2::text[]) AS t (kind, key)
WHERE p.kind = t.kind AND p.key = t.key
"""
KNOWN = """
SELECT e.kind, e.key FROM log_entry e
JOIN unnest($1::text[], $2::text[]) AS t (kind, key) ON e.kind = t.kind AND e.key = t.key
"""
PUT_ENTRIES = """
INSERT INTO log_entry (index, kind, key, position, hash)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
"""
PUT_NODE = "INSERT INTO log_node (level, index, hash) VALUES ($1, $2, $3)"
LEAVES = "SELECT hash FROM log_entry WHERE index >= $1 AND index < $2 ORDER BY index"
NODES = "SELECT hash FROM log_node WHERE level = $1 AND index >= $2 AND index < $3 ORDER BY index"
ENTRIES = """
SELECT index, kind, key, position, hash FROM log_entry
WHERE index >= $1 AND index < $2 ORDER BY index LIMIT $3
"""
CARRIED = """
SELECT count(*), min(l.position) FILTER (WHERE e.position IS NULL)
FROM log_entry l LEFT JOIN event e ON e.position = l.position
WHERE l.index >= $1 AND l.index < $2
"""
ENTRY_OF_EVENT = """
SELECT l.index, l.kind, l.key, l.position, l.hash FROM event e JOIN log_entry l USING (position)
WHERE e.stream = $1 AND e.version = $2
"""
ENTRY_OF = """
SELECT index, kind, key, position, hash FROM log_entry
WHERE kind = $1 AND key = $2 AND key IS NOT NULL
"""
CHECKPOINTS = "SELECT size, root, at, note FROM checkpoint WHERE size > $1 ORDER BY size LIMIT $2"
CHECKPOINT = "SELECT size, root, at, note FROM checkpoint WHERE size = $1"
NEWEST_CHECKPOINT = "SELECT size, root, at, note FROM checkpoint ORDER BY size DESC LIMIT 1"
PUT_CHECKPOINT = """
INSERT INTO checkpoint (size, root, at, note) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING size
"""
KEYS = "SELECT sequence, vkey, note, at FROM log_key ORDER BY sequence"
PUT_KEY = "INSERT INTO log_key (vkey, note, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
ANCHORS = """
SELECT sequence, size, kind, target, receipt, at FROM anchor
WHERE sequence > $1 ORDER BY sequence LIMIT $2
"""
LAST_ANCHORED = "SELECT kind, target, max(at) FROM anchor GROUP BY kind, target"
PUT_ANCHOR = "INSERT INTO anchor (size, kind, target, receipt, at) VALUES ($1, $2, $3, $4, $5)"
EVENTS_WAITING = """
SELECT count(*) FROM event e
WHERE e.position > (SELECT coalesce(max(position), 0) FROM log_entry)
  AND e.position <= ledger_safe_position()
"""
WAITING = "SELECT count(*) FROM log_pending"


class PostgresLog(Pooled):
    """The part of the ledger that is the transparency log (I4)."""

    async def log_extend(self, limit: int = 5000) -> int:
        """Give the next facts their places, at most about `limit`; return how many. 0: none waits.

        Two at once: the second waits for the first. Safe beside writers that commit in any order.
        """
        with ledger_errors():
            async with (
                self._pool.acquire(timeout=self._acquire_timeout_s) as connection,
                connection.transaction(),
            ):
                await connection.execute("SELECT pg_advisory_xact_lock($1)", ONE_SEQUENCER)
                # Events apart: a fact that cannot be taken up must not hold them up.
                found = await _next_events(connection, limit) or await _next_facts(
                    connection, limit
                )
                await _append(connection, found)
                return len(found)

    async def log_size(self) -> int:
        """Return how many leaves there are."""
        row = await self._row(SIZE)
        return 0 if row is None else int(row[0])

    async def log_frontier(self) -> Frontier:
        """Return the right edge of the tree."""
        with ledger_errors():
            async with self._pool.acquire(timeout=self._acquire_timeout_s) as connection:
                return await _frontier(connection)

    async def log_root(self, leaves: Range) -> bytes:
        """Return the root over a subtree, from a place where one of its length may begin."""
        frontier = Frontier()
        with ledger_errors():
            async with self._pool.acquire(timeout=self._acquire_timeout_s) as connection:
                for start, end in perfect_parts(leaves):
                    part = await _perfect_root(connection, start, end)
                    frontier.append_perfect(part, (end - start).bit_length() - 1)
        return frontier.root()

    async def log_entries(self, start: int, end: int) -> list[LogEntry]:
        """Return the leaves from `start` to before `end`, in order; at most 10,000."""
        return [LogEntry(*row) for row in await self._fetch(ENTRIES, start, end, PAGE_MAX)]

    async def log_carried(self, start: int, end: int) -> Carried:
        """Return what of the leaves from `start` to before `end` is there, and their events."""
        row = await self._row(CARRIED, start, end)
        return Carried(0, None) if row is None else Carried(row[0], row[1])

    async def log_entry_of_event(self, stream: str, version: int) -> LogEntry | None:
        """Return the leaf of an event, None while it waits for its place."""
        row = await self._row(ENTRY_OF_EVENT, stream, version)
        return None if row is None else LogEntry(*row)

    async def log_entry_of(self, kind: str, key: str) -> LogEntry | None:
        """Return the leaf of another fact, None while it waits for its place."""
        row = await self._row(ENTRY_OF, kind, key)
        return None if row is None else LogEntry(*row)

    async def checkpoints(self, *, after_size: int = -1, limit: int = 1000) -> list[CheckpointRow]:
        """Return checkpoints in order of size."""
        rows = await self._fetch(CHECKPOINTS, after_size, max(1, min(limit, PAGE_MAX)))
        return [CheckpointRow(*row) for row in rows]

    async def checkpoint(self, size: int | None = None) -> CheckpointRow | None:
        """Return the checkpoint of `size`, or the newest."""
        query = NEWEST_CHECKPOINT if size is None else CHECKPOINT
        row = await self._row(query, *(() if size is None else (size,)))
        return None if row is None else CheckpointRow(*row)

    async def put_checkpoint(self, row: CheckpointRow) -> bool:
        """Keep a checkpoint; False if there is one of this size."""
        kept = await self._row(PUT_CHECKPOINT, row.size, row.root, row.at, row.note)
        return kept is not None

    async def log_keys(self) -> list[LogKeyRow]:
        """Return the keys in the order in which they came into force."""
        rows = [LogKeyRow(*row) for row in await self._fetch(KEYS)]
        return [replace(row, at=moment(row.at)) for row in rows]

    async def put_log_key(self, vkey: str, note: str | None, at: datetime) -> None:
        """Keep a key; one that is there already stays as it is."""
        await self._fetch(PUT_KEY, vkey, note, at)

    async def anchors(self, *, after: int = 0, limit: int = 1000) -> list[AnchorRow]:
        """Return what was given to whom, in order."""
        rows = await self._fetch(ANCHORS, after, max(1, min(limit, PAGE_MAX)))
        return [AnchorRow(*row) for row in rows]

    async def last_anchored(self) -> dict[tuple[str, str], datetime]:
        """Return when each kind and target was last given a checkpoint."""
        return {(row[0], row[1]): row[2] for row in await self._fetch(LAST_ANCHORED)}

    async def put_anchor(
        self, size: int, kind: str, target: str, receipt: str, at: datetime
    ) -> None:
        """Keep that a checkpoint was given to somebody outside."""
        await self._fetch(PUT_ANCHOR, size, kind, target, receipt, at)

    async def fact_rows(self, kind: str, keys: Sequence[str]) -> dict[str, dict[str, object]]:
        """Return rows of a table of facts by their keys."""
        return _named(await self._fetch(FACT_TABLES[kind].by_key, list(keys)))

    async def facts_after(
        self, kind: str, after: str | None, limit: int
    ) -> list[tuple[str, dict[str, object]]]:
        """Return the keys and rows of a table of facts in order of key, after the key `after`. Two
        that are called alike both come, if they stand on one page."""
        rows = await self._fetch(FACT_TABLES[kind].after_key, after, max(1, min(limit, PAGE_MAX)))
        plain = [dict(row) for row in rows]
        return [(str(row.pop("log_key")), row) for row in plain]

    async def event_stubs(self, after: int, until: int, limit: int) -> list[EventStub]:
        """Return the events whose positions lie above `after` up to `until`, in order."""
        with ledger_errors():
            async with self._pool.acquire(timeout=self._acquire_timeout_s) as connection:
                return await _stubs(connection, after, until, max(1, min(limit, PAGE_MAX)))

    async def log_events_waiting(self) -> int:
        """Return how many events up to the safe position wait for their place."""
        row = await self._row(EVENTS_WAITING)
        return 0 if row is None else int(row[0])

    async def safe_position(self) -> int:
        """Return the position at and below which no event can appear any more."""
        row = await self._row(SAFE)
        return 0 if row is None else int(row[0])

    async def log_waiting(self) -> int:
        """Return how many facts beside events wait for their place."""
        row = await self._row(WAITING)
        return 0 if row is None else int(row[0])


def log_of(ledger: object) -> PostgresLog:
    """Return the log that a ledger keeps. Raises LedgerError: one in memory keeps none."""
    if not isinstance(ledger, PostgresLog):
        raise LedgerError("This ledger is in memory and keeps no transparency log.")
    return ledger


_Found = tuple[str, str | None, int | None, bytes]
"""What a leaf is to be: kind, key, position, hash."""


async def _next_events(connection: "Connection", limit: int) -> list[_Found]:
    after = await connection.fetchval(LAST_POSITION)
    safe = await connection.fetchval(SAFE)
    return [
        ("event", None, stub.position, leaf_hash(_leaf_of(stub)))
        for stub in await _stubs(connection, after, safe, limit)
    ]


def _leaf_of(stub: EventStub) -> bytes:
    command = None if stub.command is None else row_hash(stub.command)
    return event_leaf(stub.stream, stub.version, stub.position, stub.hash, command)


async def _stubs(connection: "Connection", after: int, until: int, limit: int) -> list[EventStub]:
    rows = await connection.fetch(EVENTS_AFTER, after, until, limit)
    if not rows:
        return []
    causing: dict[int, Mapping[str, object]] = {}
    for row in await connection.fetch(CAUSING, after, rows[-1]["position"]):
        plain = dict(row)
        causing[plain.pop("position")] = plain
    return [
        EventStub(row["stream"], row["version"], row["position"], row["hash"], causing.get(row[2]))
        for row in rows
    ]


async def _next_facts(connection: "Connection", limit: int) -> list[_Found]:
    """Return the facts that wait, in order of name, and take them off. One that has its place
    already (it was named twice) gets no other."""
    waiting = await connection.fetch(PENDING, max(1, limit))
    if not waiting:
        return []
    kinds, keys = [row["kind"] for row in waiting], [row["key"] for row in waiting]
    known = {(row["kind"], row["key"]) for row in await connection.fetch(KNOWN, kinds, keys)}
    found: list[_Found] = []
    for kind in dict.fromkeys(kinds):
        if kind not in FACT_TABLES:
            raise LedgerError(f"{kind} waits for the log and is no table of facts")
        wanted = [k for other, k in zip(kinds, keys, strict=True) if other == kind]
        rows = _named(await connection.fetch(FACT_TABLES[kind].by_key, wanted))
        missing = set(wanted) - rows.keys()
        if missing:
            raise LedgerError(f"{kind} {sorted(missing)[0]} waits for the log and is not there")
        found += [
            (kind, key, None, leaf_hash(fact_leaf(kind, key, rows[key])))
            for key in dict.fromkeys(wanted)
            if (kind, key) not in known
        ]
    await connection.execute(TAKEN_UP, kinds, keys)
    return found


def _named(rows: Sequence[asyncpg.Record]) -> dict[str, dict[str, object]]:
    """Return rows by their keys. Raises LedgerError if two have one: which is the fact?"""
    named: dict[str, dict[str, object]] = {}
    for row in rows:
        plain = dict(row)
        key = str(plain.pop("log_key"))
        if key in named:
            raise LedgerError(f"two rows are called {key}: `closeout verify --all` names them")
        named[key] = plain
    return named


async def _append(connection: "Connection", found: Sequence[_Found]) -> None:
    """Put leaves at the end, and with them the nodes that they complete."""
    if not found:
        return
    start = int(await connection.fetchval(SIZE))
    kinds, keys, positions, hashes = zip(*found, strict=True)
    indexes = list(range(start, start + len(found)))
    await connection.execute(
        PUT_ENTRIES, indexes, list(kinds), list(keys), list(positions), list(hashes)
    )
    end, level, span = start + len(found), 1, STEP
    while start // span < end // span:
        for index in range(start // span, end // span):
            hash_ = await _perfect_root(connection, index * span, (index + 1) * span, below=level)
            await connection.execute(PUT_NODE, level, index, hash_)
        level, span = level + 1, span * STEP


async def _frontier(connection: "Connection") -> Frontier:
    size = int(await connection.fetchval(SIZE))
    frontier = Frontier()
    for start, end in perfect_parts((0, size)):
        hash_ = await _perfect_root(connection, start, end)
        frontier.append_perfect(hash_, (end - start).bit_length() - 1)
    return frontier


async def _perfect_root(
    connection: "Connection", start: int, end: int, *, below: int | None = None
) -> bytes:
    """Return the root of a perfect subtree from the highest nodes that are stored, or from those
    `below` a level."""
    power = (end - start).bit_length() - 1
    level = power // STEP_BITS if below is None else min(power // STEP_BITS, below - 1)
    if level == 0:
        rows = await connection.fetch(LEAVES, start, end)
    else:
        span = STEP**level
        rows = await connection.fetch(NODES, level, start // span, end // span)
    expected = (end - start) // STEP**level
    if len(rows) != expected:
        raise LedgerError(
            f"the log has {len(rows)} hashes of level {level} where {expected} belong"
        )
    return root_of(row["hash"] for row in rows)
