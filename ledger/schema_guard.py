"""The event triggers, made by a superuser, that refuse DDL outside `migrate`."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

ONE_AT_A_TIME: Final = 0x636C6F7365
"""The key of the advisory lock that a migration holds."""

EVENT_TRIGGERS: Final = ("closeout_schema_stands", "closeout_schema_stays")

TAGS: Final = (
    *("ALTER TABLE", "ALTER SEQUENCE", "ALTER VIEW", "CREATE VIEW", "ALTER SCHEMA"),
    *("CREATE TRIGGER", "ALTER TRIGGER", "CREATE RULE", "ALTER RULE"),
    *("CREATE FUNCTION", "ALTER FUNCTION", "CREATE POLICY", "ALTER POLICY"),
    *("GRANT", "REVOKE", "ALTER DEFAULT PRIVILEGES"),
)
"""Indexes may be made and analysed: they change nothing that is read."""

REFUSING: Final = f"""
CREATE OR REPLACE FUNCTION refuse_schema_change() RETURNS event_trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_locks l
               WHERE l.pid = pg_backend_pid() AND l.locktype = 'advisory' AND l.granted
                 AND l.objsubid = 1 AND l.classid = {ONE_AT_A_TIME >> 32}
                 AND l.objid = {ONE_AT_A_TIME & 0xFFFFFFFF}) THEN
        RETURN;
    END IF;
    IF tg_event = 'sql_drop' THEN
        IF NOT EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d
                       WHERE d.schema_name = 'public' AND NOT d.is_temporary
                         AND d.object_type <> 'index') THEN
            RETURN;
        END IF;
    ELSIF NOT EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c
                      WHERE coalesce(c.schema_name, 'public') = 'public') THEN
        RETURN;
    END IF;
    RAISE EXCEPTION '% is refused: the schema of the ledger is changed by `closeout migrate` only',
        tg_tag USING ERRCODE = 'restrict_violation';
END
$$
"""  # noqa: S608  # the key of a lock, ours
ON_CHANGE: Final = f"""
CREATE EVENT TRIGGER {EVENT_TRIGGERS[0]} ON ddl_command_end
WHEN TAG IN ({", ".join(f"'{tag}'" for tag in TAGS)}) EXECUTE FUNCTION refuse_schema_change()
"""
ON_DROP: Final = (
    f"CREATE EVENT TRIGGER {EVENT_TRIGGERS[1]} ON sql_drop EXECUTE FUNCTION refuse_schema_change()"
)
LARGE_OBJECTS: Final = """
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC
"""
"""Else every role that may connect, the reader too, writes what no table's rights speak of."""
STANDING: Final = """
SELECT evtname::text FROM pg_event_trigger WHERE evtname = ANY ($1) AND evtenabled IN ('O', 'A')
"""


async def guard_schema(connection: "Connection") -> None:
    """Make the event triggers anew, and take from all the making of large objects. By a superuser,
    who can also undo it: it stops the owner and everybody's mistakes, not a superuser's will."""
    async with connection.transaction():
        for name in EVENT_TRIGGERS:
            await connection.execute(f"DROP EVENT TRIGGER IF EXISTS {name}")
        await connection.execute(REFUSING)
        await connection.execute("REVOKE EXECUTE ON FUNCTION refuse_schema_change() FROM PUBLIC")
        await connection.execute(LARGE_OBJECTS)
        for statement in (ON_CHANGE, ON_DROP):
            await connection.execute(statement)
        for name in EVENT_TRIGGERS:
            await connection.execute(f"ALTER EVENT TRIGGER {name} ENABLE ALWAYS")


async def is_schema_guarded(connection: "Connection") -> bool:
    """Return whether both event triggers stand."""
    found = await connection.fetch(STANDING, list(EVENT_TRIGGERS))
    return {row[0] for row in found} == set(EVENT_TRIGGERS)
