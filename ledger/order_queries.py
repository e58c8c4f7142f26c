"""The SQL of supervision orders. Columns stand in the order of the fields they are read into."""

from collections.abc import Iterable
from typing import Final

from ledger.queries import APPEND

LOCK_ORDER: Final = "SELECT * FROM ledger_lock_order($1, $2)"
APPEND_ARGUMENTS: Final = 92
"""Those of `queries.APPEND`; the order's own follow."""
ORDER_ARGUMENTS: Final = 19
_OWN: Final = ", ".join(f"${APPEND_ARGUMENTS + n}" for n in range(1, ORDER_ARGUMENTS + 1))
APPEND_ORDER: Final = f"SELECT CASE WHEN ledger_put_order({_OWN}) THEN ({APPEND}) ELSE false END"

_ORDERS: Final = """
SELECT o.stream, o.snapshot, o.hash,
       ARRAY(SELECT n.id FROM notice n WHERE n.stream = o.stream AND n.delivered_at IS NULL
             ORDER BY n.version, n.id LIMIT 20)
FROM supervision_order o
"""
ORDER: Final = _ORDERS + "WHERE o.stream = $1"
ORDER_COLUMNS: Final = """
SELECT zone, key, version, hash, terms, standing, open, instrument, unit, issuer, issues, issued_at,
       ended_at, next_due_at, due_at
FROM supervision_order WHERE stream = $1
"""
ORDERS_WITH_NEWS: Final = (
    _ORDERS + "WHERE o.heard < o.news AND o.stream > $1 ORDER BY o.stream LIMIT $2"
)
ORDERS_OVERDUE: Final = (
    _ORDERS
    + "WHERE o.open AND o.next_due_at IS NOT NULL AND o.next_due_at < $1"
    + " ORDER BY o.next_due_at, o.stream LIMIT $2"
)
ORDERS_ON_OTHER_TERMS: Final = (
    _ORDERS
    + "WHERE o.open AND o.stream > $1 AND o.zone = $3 AND o.terms <> $4"
    + " ORDER BY o.stream LIMIT $2"
)
MARK_ORDER_HEARD: Final = """
UPDATE supervision_order SET heard = greatest(heard, $2) WHERE stream = $1
"""
MARK_ORDERS_UNHEARD: Final = "UPDATE supervision_order SET heard = 0 WHERE stream = ANY ($1)"
ORDERS_UNTOLD: Final = """
SELECT DISTINCT o.stream FROM notice n JOIN supervision_order o ON o.stream = n.stream
WHERE n.delivered_at IS NULL AND n.created_at < $1 AND NOT o.open ORDER BY o.stream LIMIT $2
"""
OPEN_ORDER_COUNT: Final = "SELECT count(*) FROM supervision_order WHERE open"
NEXT_ORDER_DUE_AT: Final = """
SELECT next_due_at FROM supervision_order WHERE open AND next_due_at IS NOT NULL
ORDER BY next_due_at LIMIT 1
"""

ORDER_FILTERS: Final = {
    "zone": "o.zone = {}",
    "unit": "o.unit = {}",
    "standing": "o.standing = {}",
    "issue": "o.issues @> ARRAY[{}]::text[]",
    "moved_since": "EXISTS (SELECT FROM event e"
    " WHERE e.stream = o.stream AND e.version = o.version AND e.at >= {})",
}
"""What a list can be narrowed by: the name of a filter, and its condition."""

_SIGHT: Final = """o.unit = ANY ({}::text[]) OR o.issuer = ANY ({}::text[]) OR EXISTS (
    SELECT FROM unnest(o.issues) AS covered JOIN issue i ON i.stream = o.zone || '/' || covered
    WHERE i.hands && {}::text[])"""
"""An order is in sight by its unit, by the post that issued it, or by an issue that it covers."""
_SIGHT_ARGUMENTS: Final = 3


def find_orders(filters: Iterable[str], *, open_only: bool, in_sight: bool = False) -> str:
    """Return the list's query: $1 is the stream to go on after, $2 the limit, then the filters;
    `in_sight`: then the units, the posts and the hands of a narrow sight."""
    conditions = ["o.stream > $1"]
    conditions += [
        ORDER_FILTERS[name].format(f"${number}") for number, name in enumerate(filters, start=3)
    ]
    if in_sight:
        first = len(conditions) + 2
        numbers = range(first, first + _SIGHT_ARGUMENTS)
        conditions.append(f"({_SIGHT.format(*(f'${number}' for number in numbers))})")
    if open_only:
        conditions.append("o.open")
    return f"{_ORDERS}WHERE {' AND '.join(conditions)} ORDER BY o.stream LIMIT $2"
