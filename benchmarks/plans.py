"""What PostgreSQL means to do for a statement: with the values it is asked for, which is what it
does, and without them, which is what it does from the sixth time on if it expects no more of it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import asyncpg

from ledger.dashboard_queries import Statement

SHOWN_CHARACTERS_MAX = 200
TAKES_ALL = frozenset({"Sort", "Hash", "Merge Join"})
"""What has read all that it is given before the first row comes out of it."""


class ScannedError(Exception):
    """A page looks at every event there is."""


async def plans_of(admin_url: str, statements: Mapping[str, Statement]) -> dict[str, object]:
    """Return two plans of every statement: that of its values, carried out, and the generic one.
    Raises ScannedError where the first scans all events."""
    found: dict[str, object] = {}
    connection = await asyncpg.connect(admin_url)
    try:
        for name, (text, arguments) in statements.items():
            rows = await connection.fetch(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}", *arguments
            )
            plan = json.loads(rows[0][0])[0]
            if _scans(plan["Plan"]):
                raise ScannedError(name)
            found[name] = _short(plan)
            found[f"{name}, generic"] = _short(await _generic(connection, text, len(arguments)))
    finally:
        await connection.close()
    return found


async def _generic(connection: asyncpg.Connection, text: str, arguments: int) -> Any:
    """Return the plan that is made for no values."""
    given = f"({', '.join(['NULL'] * arguments)})" if arguments else ""
    async with connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE asked AS {text}")
        try:
            rows = await connection.fetch(f"EXPLAIN (FORMAT JSON) EXECUTE asked{given}")
        finally:
            await connection.execute("DEALLOCATE asked")
    return json.loads(rows[0][0])[0]


def greedy(plans: Mapping[str, object], rows: float) -> list[str]:
    """Return what of some plans scans all events, or sorts or joins so many rows at once by what
    PostgreSQL expects."""
    found = []
    for name, plan in plans.items():
        if not isinstance(plan, dict):
            continue
        if _scans(plan["Plan"]):
            found.append(f"{name}: scans all events")
        for node in nodes(plan["Plan"]):
            if node["Node Type"] in TAKES_ALL and node.get("Plan Rows", 0) >= rows:
                found.append(f"{name}: {node['Node Type']} of {node['Plan Rows']:,} rows")
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def _scans(plan: dict[str, Any]) -> bool:
    return any(
        node["Node Type"] == "Seq Scan" and node["Relation Name"] == "event" for node in nodes(plan)
    )


def _short(plan: Any) -> Any:
    """Return a plan without what is nothing, its long conditions cut."""
    if isinstance(plan, dict):
        return {name: _short(each) for name, each in plan.items() if each not in (0, False, [])}
    if isinstance(plan, list):
        return [_short(each) for each in plan]
    return plan[:SHOWN_CHARACTERS_MAX] if isinstance(plan, str) else plan
