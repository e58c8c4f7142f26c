"""Boards are the same in memory and in PostgreSQL; there they never look at every event."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from contract import MakeLedger
from contract_dashboards import DAY, SHOWN, WHOLE, DashboardsContract, week
from databases import Database

from audit.facts import terms_reader
from audit.verify import verify_all
from domain.access import Horizon
from domain.lights import Light
from ledger import dashboard_queries as queries
from ledger.board_filling import fill_boards
from ledger.board_rows import BOARD_COLUMNS, board_row, values
from ledger.dashboards import By
from ledger.lists import Place
from ledger.memory import MemoryLedger
from ledger.migrate import migrate
from ledger.port import Ledger
from ledger.postgres import PostgresLedger
from ledger.queries import OPEN_BY_OWNER


@asynccontextmanager
async def memory_ledger() -> AsyncIterator[Ledger]:
    yield MemoryLedger()


class TestMemoryDashboards(DashboardsContract):
    @pytest.fixture
    def make_ledger(self) -> MakeLedger:
        return memory_ledger


class TestPostgresDashboards(DashboardsContract):
    @pytest.fixture
    def make_ledger(self, database: Database) -> MakeLedger:
        return database.ledger


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def statements(horizon: Horizon) -> dict[str, queries.Statement]:
    """Return every statement of boards and dashboards."""
    at, since_at = week().until_at, week().from_at
    place = Place(f"{horizon.zone}/y000001", at)
    return {
        "standing": queries.standing(horizon, at, at + DAY),
        "load": queries.grouped(horizon, at, "owner", "handler", "holder", "holder_kind"),
        "coverage": queries.grouped(horizon, at, "grid", "enterprise"),
        "day": queries.day_counts(horizon, at, at + DAY),
        "red": queries.lit(horizon, Light.RED, at, 10),
        "yellow": queries.lit(horizon, Light.YELLOW, at, 10),
        "due": queries.due(horizon, at, at + DAY, 10),
        "reported": queries.reported(horizon, since_at, at, 10),
        "column by phase": queries.column(horizon, SHOWN[0], By.PHASE, "intake", at, place, 20),
        "column by tier": queries.column(horizon, SHOWN[0], By.TIER, "2", at, place, 20),
        "column lights": queries.column_lights(horizon, SHOWN[2], By.TIER, at),
        "enterprise": queries.of_enterprise(horizon, "xinghe-optics", place, 50),
        "enterprise counts": queries.enterprise_counts(horizon, "xinghe-optics", at),
        **{kind: queries.happened(kind, horizon, since_at, at, 10) for kind in queries.NEWS},
    }


INDEXES = {
    "red": "issue_board_worst_idx",
    "due": "issue_board_worst_idx",
    "column by phase": "issue_board_phase_idx",
    "column by tier": "issue_board_tier_idx",
    "issue_escalated": "event_escalated_idx",
    "resolution_rejected": "event_rejected_idx",
    "sign_off_lapsed": "event_lapsed_idx",
}


async def test_no_board_looks_at_every_event(untouched_database: Database) -> None:
    horizons = (WHOLE, Horizon(zone=WHOLE.zone, posts=frozenset({"xinghe-director"})))
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        for horizon in horizons:
            for name, (text, arguments) in statements(horizon).items():
                rows = await connection.fetch(f"EXPLAIN (FORMAT JSON) {text}", *arguments)
                found = list(nodes(json.loads(rows[0][0])[0]["Plan"]))
                seen = {node.get("Index Name") for node in found}
                looked = {node["Relation Name"] for node in found if "Relation Name" in node}
                assert ("event" in looked) == (name in queries.NEWS), name
                if "event" in looked or (horizon.whole and name in INDEXES):
                    assert INDEXES[name] in seen, name


async def test_a_whole_zone_is_counted_in_two_halves_at_once(untouched_database: Database) -> None:
    text, arguments = queries.standing(WHOLE, week().until_at, week().until_at + DAY)
    async with untouched_database.connection(untouched_database.app_url) as connection:
        for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
            await connection.execute(f"SET {name} = 0")
        rows = await connection.fetch(f"EXPLAIN (FORMAT JSON) {text}", *arguments)
    (halves,) = [
        node
        for node in nodes(json.loads(rows[0][0])[0]["Plan"])
        if node["Node Type"] == "Append" and node["Parallel Aware"]
    ]
    assert len(halves["Plans"]) == 2


async def test_the_open_issues_of_a_version_are_counted_without_looking_at_one(
    untouched_database: Database,
) -> None:
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        await connection.execute("SET enable_bitmapscan = off")
        rows = await connection.fetch(f"EXPLAIN (FORMAT JSON) {OPEN_BY_OWNER}", WHOLE.zone)
    found = list(nodes(json.loads(rows[0][0])[0]["Plan"]))
    assert [n["Index Name"] for n in found if n["Node Type"] == "Index Only Scan"] == [
        "issue_terms_idx"
    ]


async def laid(database: Database) -> None:
    """Lay the week into a database, all notices told as a courier would."""
    async with database.ledger() as ledger:
        await week().lay(ledger)
        for changes in week().changes:
            for notice in changes.notices:
                await ledger.mark_delivered(notice.id, notice.created_at)


async def rows_of(database: Database) -> list[tuple[object, ...]]:
    """Return all that boards are counted by."""
    names = ", ".join(BOARD_COLUMNS)
    async with database.connection() as connection:
        rows = await connection.fetch(f"SELECT {names} FROM issue_board ORDER BY stream")
    return [tuple(row) for row in rows]


async def test_a_ledger_from_before_gets_its_rows_by_migrating(database: Database) -> None:
    await laid(database)
    expected = [
        tuple(values(row))
        for issue in week().issues.values()
        if (row := board_row(issue, week().terms)) is not None
    ]
    assert await rows_of(database) == expected
    async with database.connection() as connection:
        await connection.execute("DELETE FROM issue_board WHERE tier = 1")
        await connection.execute("UPDATE issue_board SET version = 1, red_at = NULL")
        await connection.execute(
            "INSERT INTO issue_board SELECT (jsonb_populate_record(b, jsonb_build_object('stream',"
            " (SELECT stream FROM issue WHERE NOT open LIMIT 1)))).* FROM issue_board b LIMIT 1"
        )
    assert await migrate(database.owner_url) == []
    assert await rows_of(database) == expected
    async with database.connection(database.owner_url) as connection:
        assert await fill_boards(connection) == 0


async def found_by(database: Database, *statements: str) -> list[str]:
    """Return what verification finds after somebody changed rows."""
    async with database.connection() as connection:
        for statement in statements:
            await connection.execute(statement)
    async with database.ledger() as ledger:
        assert isinstance(ledger, PostgresLedger)
        found = await verify_all(ledger, terms_reader(ledger))
    return [f"{each.stream} {each.field}" for each in found.found]


async def test_boards_are_held_against_the_events(database: Database) -> None:
    await laid(database)
    assert await found_by(database) == []
    opened = sorted(stream for stream, issue in week().issues.items() if issue.is_open)
    closed = sorted(stream for stream, issue in week().issues.items() if not issue.is_open)
    first, second, third = opened[:3]
    found = await found_by(
        database,
        f"UPDATE issue_board SET red_at = now(), holder = 'x' WHERE stream = '{first}'",
        f"DELETE FROM issue_board WHERE stream = '{second}'",
        f"UPDATE issue_board SET stream = '{closed[0]}' WHERE stream = '{third}'",
    )
    expected = [f"{first} red_at", f"{first} holder", f"{second} issue_board"]
    expected += [f"{third} issue_board", f"{closed[0]} issue_board"]
    assert sorted(found) == sorted(expected)
