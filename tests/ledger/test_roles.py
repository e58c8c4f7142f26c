"""What each role may do to a ledger: attempts that all fail, and guards that were tampered with."""

import json
from dataclasses import asdict
from pathlib import Path

import asyncpg
import pytest
from databases import Database

from ledger.migrate import UNREAD, migrate
from ledger.probing import FACTS, probe
from ledger.schema_guard import is_schema_guarded
from ledger.standing_guards import standing_guards
from runtime.postgres_home import RECORD_NAME, Record


async def test_the_writer_has_no_right_to_change_a_fact(database: Database) -> None:
    probed = await probe(database.app_url, may_add=True)

    assert (probed.could, probed.stopped, probed.busy) == ((), (), ())
    assert not probed.is_superuser
    assert not probed.owns
    assert probed.tried > 4 * len(FACTS)


async def test_the_reader_has_no_right_to_write_anything(database: Database) -> None:
    probed = await probe(database.reader_url, may_add=False)

    assert (probed.could, probed.stopped, probed.busy) == ((), (), ())


async def test_the_reader_reads_every_table_but_what_callers_are_known_by(
    database: Database,
) -> None:
    async with database.connection(database.reader_url) as connection:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'v')"
        )
        assert len(tables) > len(FACTS)
        assert {table for (table,) in tables} >= set(UNREAD)
        for table in {table for (table,) in tables} - set(UNREAD):
            await connection.fetch(f"SELECT * FROM {table} LIMIT 1")
        assert await connection.fetchval("SELECT ledger_safe_position()") == 0


async def test_triggers_stop_the_owner_and_the_superuser_from_each_change_of_a_fact(
    database: Database,
) -> None:
    changes = {f"{change} {fact}" for fact in FACTS for change in ("UPDATE", "DELETE", "TRUNCATE")}
    for url in (database.owner_url, database.admin_url):
        probed = await probe(url, may_add=True)
        assert changes <= set(probed.stopped)
        assert {f"ALTER {fact}" for fact in FACTS} <= set(probed.could)


async def test_an_attempt_leaves_no_trace(database: Database) -> None:
    before = await standing_guards(database.app_url)
    await probe(database.admin_url, may_add=True)

    assert await standing_guards(database.app_url) == before
    assert before.problems == ()


@pytest.mark.parametrize(
    ("what", "statement", "problem"),
    [
        (
            "a silenced guard",
            "ALTER TABLE event DISABLE TRIGGER event_is_append_only",
            "event_is_append_only is not enabled always",
        ),
        (
            "a guard that a replica's session passes",
            "ALTER TABLE anchor ENABLE TRIGGER anchor_is_append_only",
            "anchor_is_append_only is not enabled always",
        ),
        (
            "a guard that is gone",
            "DROP TRIGGER terms_is_logged ON terms",
            "terms_is_logged is gone",
        ),
        (
            "a guard of other moments",
            "CREATE OR REPLACE TRIGGER event_is_append_only BEFORE TRUNCATE ON event"
            " EXECUTE FUNCTION refuse_change(); ALTER TABLE event ENABLE ALWAYS TRIGGER"
            " event_is_append_only",
            "event_is_append_only is not as the migrations made it",
        ),
        (
            "a function that refuses nothing",
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NULL; END'",
            "refuse_change() is not as the migrations made it",
        ),
        (
            "a trigger beside ours",
            "CREATE TRIGGER other BEFORE INSERT ON event FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "there is a trigger other on event",
        ),
        (
            "a rule that swallows",
            "CREATE RULE gone AS ON INSERT TO refusal DO INSTEAD NOTHING",
            "there is a rule gone on refusal",
        ),
        (
            "rows that a policy hides",
            "ALTER TABLE event ENABLE ROW LEVEL SECURITY",
            "there is a row security on event",
        ),
    ],
)
async def test_a_guard_that_does_not_stand_as_it_was_made_is_named(
    database: Database, what: str, statement: str, problem: str
) -> None:
    async with database.connection() as connection:
        await connection.execute(statement)

    assert problem in (await standing_guards(database.reader_url)).problems, what


async def test_a_surplus_right_is_named_and_the_next_migration_takes_it_away(
    database: Database,
) -> None:
    async with database.connection() as connection:
        await connection.execute("GRANT UPDATE, TRUNCATE ON event TO closeout_app")
        await connection.execute("GRANT INSERT ON terms TO closeout_reader")
    assert (await probe(database.app_url, may_add=True)).stopped == (
        "UPDATE event",
        "TRUNCATE event",
    )
    assert (await probe(database.reader_url, may_add=False)).could == ("INSERT terms",)

    assert await migrate(database.owner_url) == []

    for url, may_add in ((database.app_url, True), (database.reader_url, False)):
        probed = await probe(url, may_add=may_add)
        assert (probed.could, probed.stopped) == ((), ())


async def test_an_event_trigger_keeps_the_owner_from_the_schema_outside_a_migration(
    database: Database,
) -> None:
    await migrate(database.owner_url, superuser_url=database.admin_url)

    assert (await standing_guards(database.app_url)).schema_is_guarded
    async with database.connection(database.owner_url) as connection:
        for statement in (
            "ALTER TABLE event DISABLE TRIGGER ALL",
            "DROP TABLE anchor",
            "DROP TRIGGER event_is_append_only ON event",
            "CREATE RULE gone AS ON INSERT TO refusal DO INSTEAD NOTHING",
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NULL; END'",
            "GRANT UPDATE ON event TO closeout_app",
        ):
            with pytest.raises(asyncpg.RestrictViolationError, match="closeout migrate"):
                await connection.execute(statement)
        await connection.execute("CREATE INDEX mine ON event (kind)")
        await connection.execute("DROP INDEX mine")
        await connection.execute("CREATE TEMP TABLE mine (id integer); DROP TABLE mine")
    assert await migrate(database.owner_url) == []
    async with database.connection() as connection:
        assert await is_schema_guarded(connection)


async def test_nobody_else_has_a_fact_named_for_the_log(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(f"GRANT TEMP ON DATABASE {database.name} TO closeout_app")
    async with database.connection(database.app_url) as connection:
        await connection.execute("CREATE TEMP TABLE event (id text)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "CREATE TRIGGER mine AFTER INSERT ON event FOR EACH ROW"
                " EXECUTE FUNCTION log_fact('id')"
            )


def test_a_data_folder_of_before_gets_one_password_for_the_reader_and_keeps_it(
    tmp_path: Path,
) -> None:
    remembered = asdict(Record(far_home=None))
    del remembered["reader_password"]
    tmp_path.joinpath(RECORD_NAME).write_text(json.dumps(remembered))

    first, again = Record.read(tmp_path), Record.read(tmp_path)

    assert first is not None
    assert first == again
    assert first.app_password == remembered["app_password"]
