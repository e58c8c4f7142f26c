"""The SQL of matters. Columns stand in the order of the fields they are read into."""

from collections.abc import Iterable
from typing import Final

from ledger.order_queries import APPEND_ARGUMENTS
from ledger.queries import APPEND

LOCK_MATTER: Final = "SELECT * FROM ledger_lock_matter($1, $2)"
MATTER_ARGUMENTS: Final = 19
"""Those of `ledger_put_matter`, after those of `queries.APPEND`."""
_OWN: Final = ", ".join(f"${APPEND_ARGUMENTS + n}" for n in range(1, MATTER_ARGUMENTS + 1))
APPEND_MATTER: Final = f"SELECT CASE WHEN ledger_put_matter({_OWN}) THEN ({APPEND}) ELSE false END"

_MATTERS: Final = """
SELECT m.stream, m.snapshot, m.hash,
       ARRAY(SELECT n.id FROM notice n WHERE n.stream = m.stream AND n.delivered_at IS NULL
             ORDER BY n.version, n.id LIMIT 20)
FROM matter m
"""
MATTER: Final = _MATTERS + "WHERE m.stream = $1"
MATTER_COLUMNS: Final = """
SELECT zone, key, version, hash, terms, aggregate, procedure, open, stage, post, enterprises,
       issues, opened_at, closed_at, next_due_at
FROM matter WHERE stream = $1
"""
MATTER_RECORDS: Final = """
SELECT stream, version, kind, at, occurred_at, command_id, command_hash, terms, rules, text,
       previous, hash
FROM event
WHERE stream = $1 AND version > $3 AND position <= $2
ORDER BY version LIMIT $4
"""
MATTERS_WITH_NEWS: Final = (
    _MATTERS + "WHERE m.heard < m.news AND m.stream > $1 ORDER BY m.stream LIMIT $2"
)
MATTERS_OVERDUE: Final = (
    _MATTERS
    + "WHERE m.open AND m.next_due_at IS NOT NULL AND m.next_due_at < $1"
    + " ORDER BY m.next_due_at, m.stream LIMIT $2"
)
MATTERS_ON_OTHER_TERMS: Final = (
    _MATTERS
    + "WHERE m.open AND m.stream > $1 AND m.zone = $3 AND m.terms <> $4"
    + " ORDER BY m.stream LIMIT $2"
)
MARK_MATTER_HEARD: Final = "UPDATE matter SET heard = greatest(heard, $2) WHERE stream = $1"
MARK_MATTERS_UNHEARD: Final = "UPDATE matter SET heard = 0 WHERE stream = ANY ($1)"
MATTERS_UNTOLD: Final = """
SELECT DISTINCT m.stream FROM notice n JOIN matter m ON m.stream = n.stream
WHERE n.delivered_at IS NULL AND n.created_at < $1 AND (NOT m.open OR m.next_due_at IS NULL)
ORDER BY m.stream LIMIT $2
"""
OPEN_MATTER_COUNT: Final = "SELECT count(*) FROM matter WHERE open"
OPEN_MATTERS_BY_AGGREGATE: Final = """
SELECT aggregate, count(*), count(*) FILTER (WHERE next_due_at < $1)
FROM matter WHERE open GROUP BY aggregate
"""
WAITING_MATTER_COUNT: Final = """
SELECT count(*) FROM matter WHERE open AND next_due_at IS NOT NULL
"""
NEXT_MATTER_DUE_AT: Final = """
SELECT next_due_at FROM matter WHERE open AND next_due_at IS NOT NULL
ORDER BY next_due_at LIMIT 1
"""

MATTER_FILTERS: Final = {
    "zone": "m.zone = {}",
    "procedure": "m.procedure = {}",
    "aggregate": "m.aggregate = {}",
    "stage": "m.stage = {}",
    "post": "m.post = {}",
    "enterprise": "EXISTS (SELECT FROM matter_party p WHERE p.zone = m.zone"
    " AND p.enterprise = {} AND p.stream = m.stream)",
    "issue": "m.issues @> ARRAY[{}]::text[]",
}
"""What a list can be narrowed by: the name of a filter, and its condition."""


_SEEN: Final = (
    "(m.post = ANY({}::text[]) OR m.procedure = ANY({}::text[])"
    " OR (m.open AND m.procedure = ANY({}::text[])) OR EXISTS (SELECT FROM"
    " matter_party p WHERE p.zone = m.zone AND p.enterprise = ANY({}::text[])"
    " AND p.stream = m.stream))"
)
"""What somebody sees who does not see all: posts, procedures, procedures while matters of them are
open, enterprises."""
_OWN_SIGHT: Final = """
WHERE m.stream IN (
    (SELECT own.stream FROM unnest({enterprises}::text[]) AS e (id), LATERAL (
        SELECT m.stream FROM matter_party p JOIN matter m ON m.stream = p.stream
        WHERE p.zone = m.zone AND p.enterprise = e.id AND p.stream > $1 AND {conditions}
        ORDER BY p.stream LIMIT $2) AS own)
    UNION
    (SELECT of.stream FROM unnest({while_open}::text[]) AS r (id), LATERAL (
        SELECT m.stream FROM matter m
        WHERE m.open AND m.procedure = r.id AND {conditions}
        ORDER BY m.stream LIMIT $2) AS of)
)
"""
"""What enterprises see is little among very much: each part is read by an index of its own, in
order, no further than the page is long."""


def find_matters(
    filters: Iterable[str], *, open_only: bool, narrow: bool = False, own: bool = False
) -> str:
    """Return the list's query: $1 is the stream to go on after, $2 the limit, then the filters,
    and where sight is `narrow` the four of _SEEN; in sight of enterprises alone (`own`) the first
    two of them, which are empty, are left out. `zone` is among the filters then."""
    conditions, named = ["m.stream > $1"], list(filters)
    conditions += [
        MATTER_FILTERS[name].format(f"${number}") for number, name in enumerate(named, start=3)
    ]
    if open_only:
        conditions.append("m.open")
    first, ordered = len(named) + 3, "ORDER BY m.stream LIMIT $2"
    if own:
        every = " AND ".join(conditions)
        return (
            _MATTERS
            + _OWN_SIGHT.format(
                while_open=f"${first}", enterprises=f"${first + 1}", conditions=every
            )
            + ordered
        )
    if narrow:
        conditions.append(_SEEN.format(*(f"${first + n}" for n in range(4))))
    return f"{_MATTERS}WHERE {' AND '.join(conditions)} {ordered}"
