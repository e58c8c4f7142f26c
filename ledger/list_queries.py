"""The SQL of lists: one zone, one horizon, one order at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, assert_never

from domain.access import Horizon
from domain.sight import Sight
from ledger.lists import NEWEST as LAST_REPORTED
from ledger.lists import (
    Narrowed,
    Order,
    Place,
    Sort,
    folded_case,
    hands_of_unit,
    hands_within,
    parts_of,
)
from ledger.titles import HOLDING, NEAR, title_parts

COLUMNS: Final = """
SELECT i.stream, i.snapshot, i.hash, i.armed_due_at, i.answered,
       ARRAY(SELECT n.id FROM notice n WHERE n.stream = i.stream AND n.delivered_at IS NULL
             ORDER BY n.version, n.id LIMIT 20),
"""
KEPT: Final = """
SELECT i.stream, CASE WHEN last.settled THEN i.snapshot END, i.hash{}
FROM issue i LEFT JOIN LATERAL (
    SELECT e.position <= {} AND ({}::timestamptz IS NULL OR e.at <= {}) AS settled
    FROM event e WHERE e.stream = i.stream AND e.version = i.version
) AS last ON true
"""
# Rungs of the present cycle: whatever fired in an earlier one warns of nothing any more.
AT_RISK: Final = """i.deadline_at >= {} AND EXISTS (
    SELECT FROM clock c JOIN rung_firing f
        ON f.stream = c.stream AND f.clock = c.clock AND f.cycle = c.cycle
    WHERE c.stream = i.stream AND c.standing = 'running' AND c.due_at = i.deadline_at)"""
# Where all of a zone is listed, newest first, few steps lead to a page. Else what fits comes first:
# an index of what every command changes would have each of them write all indexes of the row.
# OFFSET keeps the steps single: a generic plan, which knows no limit, would join millions at once.
NEWEST: Final = """FROM event e CROSS JOIN LATERAL (
    SELECT * FROM issue its
    WHERE its.stream = e.stream AND its.version = e.version OFFSET 0) i"""
FITTING: Final = """FROM issue i CROSS JOIN LATERAL (
    SELECT last.position FROM event last
    WHERE last.stream = i.stream AND last.version = i.version OFFSET 0) e"""
TITLE_HOLDS: Final = 'strpos(lower(i.title COLLATE "C"), {}) > 0'
EQUAL: Final = (
    *("phase", "owner", "handler", "category", "enterprise", "tier", "priority", "number"),
    *("incident", "report_id"),
)
"""Filters that name the column that they are compared with."""


class Query:
    """A statement in the making, and its arguments."""

    def __init__(self) -> None:
        self.arguments: list[object] = []
        self._conditions: list[str] = []

    def given(self, value: object) -> str:
        """Return how the statement names a value."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def require(self, condition: str, *values: object) -> None:
        """Ask that a condition holds; `{}` stands for a value each."""
        self._conditions.append(condition.format(*map(self.given, values)))

    @property
    def where(self) -> str:
        """What has to hold."""
        return " AND ".join(f"({each})" for each in self._conditions) or "true"


def listed(
    horizon: Horizon,
    filters: Narrowed,
    order: Order,
    at: datetime,
    after: Place | None,
    limit: int,
    *,
    without_value: bool = False,
) -> tuple[str, list[object]]:
    """Return the statement of a list's next rows, and its arguments. `without_value`: the end of
    the list, where those stand that have nothing to be ordered by."""
    query = Query()
    _within(query, horizon)
    _narrow(query, filters, at)
    if filters.title is not None and (parts := title_parts(filters.title)):
        query.require(HOLDING, parts)
    valued = "NULL"
    source = "FROM issue i"
    keys: tuple[str, ...] = ("i.stream",)
    by = Sort.STREAM if without_value else order.by
    match by:
        case Sort.STREAM:
            _of_zone(query, horizon)
        case Sort.REPORTED_AT | Sort.DEADLINE_AT:
            valued = f"i.{by.value}"
            keys = (valued, "i.stream")
        case Sort.CHANGED:
            valued = "e.position"
            keys = (valued,)
            whole = horizon.whole and filters == Narrowed(zone=filters.zone) and order.descending
            source = NEWEST if whole else FITTING
        case _:
            assert_never(by)
    if order.by is Sort.DEADLINE_AT:
        query.require(f"i.deadline_at IS {'' if without_value else 'NOT '}NULL")
    _behind(query, keys, order, after)
    way = " DESC" if order.descending else ""
    ordered = ", ".join(f"{key}{way}" for key in keys)
    found = f"{COLUMNS}       {valued} AS value\n{source}\nWHERE {query.where}"
    return f"{found}\nORDER BY {ordered} LIMIT {query.given(limit)}", query.arguments


def listed_near(
    horizon: Horizon, filters: Narrowed, at: datetime, after: Place | None, limit: int
) -> tuple[str, list[object]]:
    """Return the statement of the next rows of a list of the last reported, looked for among the
    next `NEAR` issues alone, and its arguments."""
    near, query = Query(), Query()
    query.arguments = near.arguments
    _within(near, horizon)
    _behind(near, ("i.reported_at", "i.stream"), LAST_REPORTED, after)
    order = "ORDER BY i.reported_at DESC, i.stream DESC"
    limited = f"{order} LIMIT {near.given(NEAR)}"
    issues = f"SELECT * FROM issue i WHERE {near.where} {limited}"  # noqa: S608  # constants
    _narrow(query, filters, at)
    found = f"{COLUMNS}       i.reported_at AS value\nFROM ({issues}) i\nWHERE {query.where}"
    return f"{found}\n{order} LIMIT {query.given(limit)}", query.arguments


def kept_within(
    horizon: Horizon, sight: Sight, filters: Narrowed, after: str, limit: int
) -> tuple[str, list[object]]:
    """Return the statement of issues that may have stood so, by stream, and its arguments."""
    query = Query()
    source = _kept(query, horizon, sight, filters)
    _of_zone(query, horizon, after)
    text = source.format("", query.where)
    return f"{text} ORDER BY i.stream LIMIT {query.given(limit)}", query.arguments


def kept_newest(
    horizon: Horizon, sight: Sight, filters: Narrowed, after: Place | None, limit: int
) -> tuple[str, list[object]]:
    """Return the same statement, the last reported first; the last column is when that was."""
    query = Query()
    source = _kept(query, horizon, sight, filters)
    _behind(query, ("i.reported_at", "i.stream"), LAST_REPORTED, after)
    text = source.format(", i.reported_at", query.where)
    ordered = "ORDER BY i.reported_at DESC, i.stream DESC"
    return f"{text} {ordered} LIMIT {query.given(limit)}", query.arguments


def _kept(query: Query, horizon: Horizon, sight: Sight, filters: Narrowed) -> str:
    """Ask for issues that may have stood so; return what is read, with places for further columns
    and for the conditions."""
    position = query.given(sight.position)
    settled_at = query.given(sight.settled_at)
    _within(query, horizon)
    if sight.known_at is not None:
        query.require("i.reported_at <= {}", sight.known_at)
    fitting = Query()
    fitting.arguments = query.arguments
    _narrow(fitting, filters, sight.at)
    query.require(f"last.settled IS NOT TRUE OR ({fitting.where})")
    return KEPT.format("{}", position, settled_at, settled_at) + "WHERE {}"


def _within(query: Query, horizon: Horizon) -> None:
    query.require("i.zone = {}", horizon.zone)
    if not horizon.whole:
        query.require("i.hands && {}::text[]", hands_within(horizon))


def _of_zone(query: Query, horizon: Horizon, after: str = "") -> None:
    """The streams of a zone lie together: none is looked at beside them."""
    query.require("i.stream > {}", max(after, f"{horizon.zone}/"))
    query.require("i.stream < {}", f"{horizon.zone}0")  # the character behind "/"


def _narrow(query: Query, filters: Narrowed, at: datetime) -> None:
    for name in EQUAL:
        value = getattr(filters, name)
        if value is not None:
            query.require(f"i.{name} = {{}}", value)
    if filters.zone is not None:
        query.require("i.zone = {}", filters.zone)
    if filters.unit is not None:
        query.require("i.hands && {}::text[]", sorted(hands_of_unit(filters.unit)))
    if filters.parts_of:
        query.require("i.hands && {}::text[]", sorted(parts_of(filters.parts_of)))
    if filters.overdue:
        query.require("i.deadline_at < {}", at)
    if filters.due_before is not None:
        query.require("i.deadline_at < {}", filters.due_before)
    if filters.at_risk:
        query.require(AT_RISK, at)
    if filters.open_only:
        query.require("i.open")
    if filters.title is not None:
        query.require(TITLE_HOLDS, folded_case(filters.title))


def _behind(query: Query, keys: Sequence[str], order: Order, after: Place | None) -> None:
    if after is None:
        return
    than = "<" if order.descending else ">"
    values = {"i.stream": after.stream}
    given = ", ".join(query.given(values.get(key, after.value)) for key in keys)
    query.require(f"({', '.join(keys)}) {than} ({given})")
