"""The tables of draws and texts in PostgreSQL: statements, indexes, reports from before."""

import asyncpg
import pytest
from contract_callbacks import DRAW, keys, live
from databases import Database
from lives import at, reported

from ledger import draw_queries, text_queries
from ledger.migrate import FOLDER
from ledger.texts import TextRow, text_row

STATEMENTS = {
    name: value
    for queries in (draw_queries, text_queries)
    for name, value in vars(queries).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}


async def test_every_statement_can_be_prepared(database: Database) -> None:
    assert len(STATEMENTS) >= 11
    async with database.connection(database.app_url) as connection:
        for statement in STATEMENTS.values():
            assert await connection.prepare(statement)


async def test_close_outs_and_likenesses_are_read_by_their_indexes(
    untouched_database: Database,
) -> None:
    wanted = {
        "event_closed_out_idx": (
            draw_queries.CLOSE_OUTS,
            "text, timestamptz, timestamptz, bigint, integer",
            "'z1', now(), now(), 9, 9",
        ),
        "issue_text_bigrams_idx": (
            text_queries.LIKE,
            "text, text[], timestamptz, integer",
            "'z1', ARRAY['ab', 'bc'], now(), 9",
        ),
        "event_drawn_idx": (draw_queries.LOTS, "text, text", "'z1', 'd-1'"),
        "event_judged_idx": (text_queries.JUDGED, "text", "'z1'"),
        "issue_text_unread_idx": (
            text_queries.UNREAD_REPORTS,
            "text, text, integer",
            "'z1', '', 9",
        ),
    }
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        for number, (index, (query, types, values)) in enumerate(wanted.items()):
            await connection.execute(f"PREPARE found{number} ({types}) AS {query}")
            plan = await connection.fetch(f"EXPLAIN EXECUTE found{number} ({values})")
            assert index in "\n".join(str(row[0]) for row in plan)


async def test_no_role_changes_or_removes_a_draw(database: Database) -> None:
    async with database.ledger() as ledger:
        await ledger.put_draw(DRAW)
    for change in (
        "UPDATE callback_draw SET seed = 'x'",
        "DELETE FROM callback_draw",
        "TRUNCATE callback_draw",
    ):
        async with database.connection(database.app_url) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)
        async with database.connection() as connection:
            await connection.execute("SET session_replication_role = replica")
            with pytest.raises(asyncpg.RestrictViolationError, match="facts are only added"):
                await connection.execute(change)


async def test_the_texts_of_reports_from_before_are_read_when_they_are_wanted(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        for key in "abc":
            await live(ledger, key, reported(title=f"停电三天 {key}"))
        async with database.connection(database.app_url) as connection:
            await connection.execute("DELETE FROM issue_text")
        async with database.connection(database.owner_url) as connection:
            await connection.execute(_as_the_migration_begins())
        assert await keys(ledger, "停电三天") == []

        first = await ledger.unread_reports("z1", after="", limit=2)
        rest = await ledger.unread_reports("z1", after="z1/b", limit=2)
        assert [each.stream for each in (*first, *rest)] == ["z1/a", "z1/b", "z1/c"]
        await ledger.put_texts([_text("a"), _text("b")])

        assert await keys(ledger, "停电三天") == ["a", "b"]
        left = await ledger.unread_reports("z1", after="", limit=9)
        assert [each.stream for each in left] == ["z1/c"]


def _as_the_migration_begins() -> str:
    """Return the migration's own statement that lists the issues from before."""
    sql = next(FOLDER.glob("0009_*.sql")).read_text(encoding="utf-8")
    return sql[sql.index("INSERT INTO issue_text") :]


def _text(key: str) -> TextRow:
    row = text_row("z1", key, reported(title=f"停电三天 {key}"))
    assert row.reported_at == at(0)
    return row
