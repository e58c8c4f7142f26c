"""Rows that no reader comes to are looked for, and so are values that the schema demands."""

from databases import Database
from lives import Life, reported, write

from ledger.misplaced import NULLABLE, UNIQUE, Misplaced
from ledger.postgres_misplaced import TABLES
from ledger.standing_guards import KEYS, standing_guards

MAY_BE_NULL = """
SELECT c.relname::text, array_agg(a.attname::text) FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1) AND a.attnum > 0
  AND NOT a.attnotnull AND NOT a.attisdropped
GROUP BY c.relname
"""


async def test_the_columns_that_may_be_null_are_those_of_the_schema(database: Database) -> None:
    async with database.connection() as connection:
        found = await connection.fetch(MAY_BE_NULL, list(TABLES))

    assert {row[0]: frozenset(row[1]) for row in found} == NULLABLE


async def test_what_is_unique_is_that_of_the_schema_and_is_missed_when_it_is_dropped(
    database: Database,
) -> None:
    async with database.connection() as connection:
        assert {(row[0], row[1]) for row in await connection.fetch(KEYS)} == UNIQUE
        await connection.execute("ALTER TABLE refusal DROP CONSTRAINT refusal_pkey")
        await connection.execute("DROP INDEX log_entry_key_idx")

    assert (await standing_guards(database.reader_url)).problems == (
        "nothing keeps kind, key WHERE (key IS NOT NULL) of log_entry unique",
        "nothing keeps id of refusal unique",
    )


async def test_a_row_where_nobody_looks_and_a_value_that_is_gone_are_named(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        await write(ledger, Life("a").step(reported()))
        assert await ledger.misplaced(10) == []
        assert await ledger.valueless(10) == []
        await database.tamper(
            "event",
            "INSERT INTO event SELECT '', version, 99, kind, at, occurred_at, command_id,"
            " command_hash, terms, rules, text, previous, hash FROM event",
        )
        async with database.connection() as connection:
            await connection.execute("ALTER TABLE clock ALTER rule DROP NOT NULL")
            await connection.execute("UPDATE clock SET rule = NULL")

        assert await ledger.misplaced(10) == [
            Misplaced("event", "99", "stream", "it is of no stream"),
            Misplaced("event", " 1", "position", "position 99 has not been allotted yet"),
        ]
        (gone, *_) = await ledger.valueless(10)
        assert (gone.table, gone.column, gone.problem) == ("clock", "rule", "there is no value")
        assert gone.key.startswith("z1/a")
