"""Whether the guards of the facts stand as the migrations made them, and nothing beside them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg

from ledger.connections import CONNECT_TIMEOUT_S, connect, ledger_errors
from ledger.log_rows import FACT_TABLES
from ledger.migrate import FOLDER, read_migrations
from ledger.misplaced import UNIQUE
from ledger.probing import FACTS, TASKS
from ledger.schema_guard import is_schema_guarded

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ROW, BEFORE, INSERT, DELETE, UPDATE, TRUNCATE = 1, 2, 4, 8, 16, 32
"""The bits of pg_trigger.tgtype."""
ALWAYS: Final = "A"

TRIGGERS: Final = """
SELECT t.tgrelid::regclass::text AS of, t.tgname::text AS name, t.tgtype::integer AS type,
       t.tgenabled::text AS enabled, p.proname::text AS calls, t.tgqual IS NOT NULL AS has_when,
       t.tgargs AS args
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgrelid::regclass::text = ANY ($1)
"""
BESIDE: Final = """
SELECT format('rule %s on %s', r.rulename, c.relname)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
UNION ALL
SELECT format('row security on %s', c.relname) FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
UNION ALL
SELECT format('%s inherits', c.relname) FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhparent
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
"""
KEYS: Final = """
SELECT c.relname::text, string_agg(a.attname, ', ' ORDER BY k.place)
       || coalesce(' WHERE ' || pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND i.indisvalid AND i.indisready
  AND i.indislive AND i.indexprs IS NULL
GROUP BY i.indexrelid, c.relname, i.indpred, i.indrelid
"""
FUNCTIONS: Final = """
SELECT proname::text, prosrc, prosecdef FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname = ANY ($1)
"""
MADE: Final = re.compile(
    r"^CREATE (?:OR REPLACE )?FUNCTION (\w+)\((.*?)\bAS \$\$(.*?)\$\$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Guards:
    """What was looked at. `problems` name what does not stand; `schema_is_guarded`: event triggers
    refuse DDL outside `migrate`."""

    triggers: int
    functions: int
    problems: tuple[str, ...]
    schema_is_guarded: bool


_Trigger = tuple[int, str, str]
"""Its type, the function that it calls, the argument."""


async def standing_guards(url: str) -> Guards:
    """Hold the triggers of the facts and every function against the migrations of this program."""
    with ledger_errors():
        connection = await connect(url)
        try:
            triggers = await connection.fetch(TRIGGERS, list(FACTS))
            beside = [str(row[0]) for row in await connection.fetch(BESIDE)]
            made = _functions_made()
            found = {row[0]: (row[1], row[2]) for row in await connection.fetch(FUNCTIONS, [*made])}
            keys = {(str(row[0]), str(row[1])) for row in await connection.fetch(KEYS)}
            is_guarded = await is_schema_guarded(connection)
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)
    expected = dict(_triggers_made())
    problems = [
        *_trigger_problems(expected, triggers),
        *(f"there is a {each}" for each in beside),
        *(f"nothing keeps {columns} of {table} unique" for table, columns in sorted(UNIQUE - keys)),
        *(
            f"{name}() is not as the migrations made it"
            for name in made
            if found.get(name) != made[name]
        ),
    ]
    return Guards(len(expected), len(made), tuple(problems), is_guarded)


def _triggers_made() -> Iterator[tuple[tuple[str, str], _Trigger]]:
    statement = BEFORE | UPDATE | DELETE | TRUNCATE
    for table in FACTS:
        if table != TASKS:
            yield (table, f"{table}_is_append_only"), (statement, "refuse_change", "")
    for name, fact in FACT_TABLES.items():
        yield (name, f"{name}_is_logged"), (ROW | INSERT, "log_fact", fact.key)
    of_tasks = {
        f"{TASKS}_stays": (BEFORE | DELETE | TRUNCATE, "refuse_change", ""),
        f"{TASKS}_columns_stay": (BEFORE | UPDATE, "refuse_change", ""),
        f"{TASKS}_is_only_settled": (ROW | BEFORE | UPDATE, "refuse_all_but_settling", ""),
    }
    yield from (((TASKS, name), trigger) for name, trigger in of_tasks.items())


def _trigger_problems(
    expected: Mapping[tuple[str, str], _Trigger], found: list[asyncpg.Record]
) -> Iterator[str]:
    standing = {(row["of"], row["name"]): row for row in found}
    for (table, name), (type_, calls, args) in expected.items():
        row = standing.get((table, name))
        if row is None:
            yield f"{name} is gone"
            continue
        if row["enabled"] != ALWAYS:
            yield f"{name} is not enabled always"
        # Commands that caused events stand in the leaves of those: its trigger alone has a WHEN.
        has_when = name == "command_is_logged"
        said = (row["type"], row["calls"], row["args"].rstrip(b"\0").decode(), row["has_when"])
        if said != (type_, calls, args, has_when):
            yield f"{name} is not as the migrations made it"
    yield from (
        f"there is a trigger {name} on {table}" for table, name in standing.keys() - expected.keys()
    )


def _functions_made() -> dict[str, tuple[str, bool]]:
    """Return by name each function's text and whether it runs with its owner's rights; the last
    migration that makes it counts."""
    return {
        name: (text, "SECURITY DEFINER" in head)
        for migration in read_migrations(FOLDER)
        for name, head, text in MADE.findall(migration.sql)
    }
