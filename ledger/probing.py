"""Whether a role really cannot change facts: it tries to, and everything is rolled back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg

from ledger.connections import CONNECT_TIMEOUT_S, connect, ledger_errors
from ledger.log_rows import FACT_TABLES

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

FACTS: Final = ("event", *FACT_TABLES, "checkpoint", "log_entry", "log_node")
"""The tables that may only be added to; of `administrative_task` its settling may be noted."""
OWNERS: Final = ("schema_migration",)
"""Those that only the owner adds to."""
TASKS: Final = "administrative_task"
WAIT_FOR_LOCK: Final = "200ms"

ROLE: Final = "SELECT rolname::text, rolsuper FROM pg_roles WHERE rolname = current_user"
OWNER: Final = """
SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = 'public.event'::regclass
"""
COLUMNS: Final = """
SELECT DISTINCT ON (c.oid) c.relname::text, a.attname::text
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
  AND NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = ''
ORDER BY c.oid, a.attnum
"""
SETTABLE: Final = """
SELECT c.relname::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace
  AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'UPDATE') END
ORDER BY c.relname
"""

NO_RIGHT: Final = (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError)
"""No right to it; a role that is not there to become."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What a role was tried at. `could`: what was not refused. `stopped`: to what it has the right,
    and only a trigger refused it. `busy`: what could not be tried, as others held the table.
    `owns`: the schema is its own."""

    role: str
    is_superuser: bool
    owns: bool
    tried: int
    could: tuple[str, ...]
    stopped: tuple[str, ...]
    busy: tuple[str, ...]


async def probe(url: str, *, may_add: bool) -> Probed:
    """Try as the role of `url` to change every table of facts, to silence their guards, and to add
    where it must not: anywhere unless `may_add`. Nothing stays, and no row is touched: guards and
    rights refuse a statement whether or not it finds a row. Raises LedgerUnavailableError."""
    with ledger_errors():
        connection = await connect(url)
        try:
            return await _probe(connection, may_add=may_add)
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)


async def _probe(connection: "Connection", *, may_add: bool) -> Probed:
    role, is_superuser = await connection.fetchrow(ROLE) or ("?", True)
    owner = str(await connection.fetchval(OWNER))
    columns = {row[0]: row[1] for row in await connection.fetch(COLUMNS)}
    could = [f"setval {row[0]}" for row in await connection.fetch(SETTABLE)]
    stopped, busy, tried = [], [], 0
    for what, statement in _attempts(columns, owner, role, may_add=may_add):
        tried += 1
        try:
            await _attempt(connection, statement)
        except NO_RIGHT:
            continue
        except asyncpg.RestrictViolationError:
            stopped.append(what)
        except asyncpg.LockNotAvailableError:
            busy.append(what)
        else:
            could.append(what)
    return Probed(
        role, is_superuser, owner == role, tried, tuple(could), tuple(stopped), tuple(busy)
    )


def _attempts(
    columns: dict[str, str], owner: str, role: str, *, may_add: bool
) -> Iterator[tuple[str, str]]:
    for table in (fact for fact in FACTS if fact in columns):
        column = columns[table]
        changing = f'UPDATE {table} SET "{column}" = "{column}" WHERE false'  # noqa: S608  # ours
        yield f"UPDATE {table}", changing
        yield f"DELETE {table}", f"DELETE FROM {table} WHERE false"  # noqa: S608  # ours
        yield f"TRUNCATE {table}", f"TRUNCATE {table}"
        yield f"ALTER {table}", f"ALTER TABLE {table} DISABLE TRIGGER ALL"
    for table in OWNERS if may_add else columns:
        column = columns[table]
        into = f'INSERT INTO {table} ("{column}") SELECT "{column}" FROM {table} WHERE false'  # noqa: S608  # ours
        yield f"INSERT {table}", into
    yield "replace refuse_change()", "ALTER FUNCTION refuse_change() COST 100"
    yield "CREATE TABLE", "CREATE TABLE closeout_probe ()"
    yield "SET session_replication_role", "SET LOCAL session_replication_role = replica"
    if owner != role:
        yield f"become {owner}", f'SET LOCAL ROLE "{owner}"'


async def _attempt(connection: "Connection", statement: str) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL lock_timeout = '{WAIT_FOR_LOCK}'")
        await connection.execute(statement)
    finally:
        await transaction.rollback()
