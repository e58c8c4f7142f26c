"""The SQL of the past. Columns stand in the order of the fields they go into."""

from collections.abc import Iterable
from typing import Final

from ledger.queries import FILTERS

POSITIONS: Final = """
SELECT position FROM event WHERE stream = $1 AND version >= $2 ORDER BY version
"""
POSITION_AT: Final = "SELECT at FROM event WHERE position <= $1 ORDER BY position DESC LIMIT 1"
RECORDS_SEEN: Final = """
SELECT stream, version, kind, at, occurred_at, command_id, command_hash, terms, rules, text,
       previous, hash
FROM event
WHERE stream = ANY ($1) AND position <= $2 AND ($3::timestamptz IS NULL OR at <= $3)
ORDER BY stream, version
"""
UNDELIVERED_THEN: Final = """
SELECT asked.stream, n.id
FROM unnest($1::text[], $2::integer[]) AS asked (stream, version) CROSS JOIN LATERAL (
    SELECT n.id, n.version FROM notice n
    WHERE n.stream = asked.stream AND n.version <= asked.version
      AND (n.delivered_at IS NULL OR n.delivered_at > $3)
    ORDER BY n.version, n.id LIMIT 20
) AS n
ORDER BY asked.stream, n.version, n.id
"""
# What nothing has happened to since stands as its row says; the others are told from their events.
_KEPT: Final = """
SELECT i.stream, CASE WHEN last.settled THEN i.snapshot END, i.hash
FROM issue i LEFT JOIN LATERAL (
    SELECT e.position <= $3 AND ($4::timestamptz IS NULL OR e.at <= $4) AS settled
    FROM event e WHERE e.stream = i.stream AND e.version = i.version
) AS last ON true
WHERE i.stream > $1 AND ($5::timestamptz IS NULL OR i.reported_at <= $5)
"""


def kept(filters: Iterable[str], *, open_only: bool) -> str:
    """Return the query of issues that may have stood so: $1 is the stream to go on after, $2 the
    limit, $3 the position, $4 up to when all is seen, $5 known when, then the filters."""
    fitting = [FILTERS[name].format(f"${number}") for number, name in enumerate(filters, start=6)]
    if open_only:
        fitting.append("i.open")
    narrowed = f"AND (last.settled IS NOT TRUE OR ({' AND '.join(fitting)}))" if fitting else ""
    return f"{_KEPT}{narrowed} ORDER BY i.stream LIMIT $2"
