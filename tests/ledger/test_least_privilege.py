"""What the roles that programs connect with cannot do to the server, beside the tables of facts.

That nobody changes a fact: `test_append_only.py` and `test_roles.py`.
"""

import asyncpg
import pytest
from databases import Database

from ledger.migrate import migrate
from runtime.postgres import ADMIN, APP, MAINTENANCE, OWNER, READER

FILES = [
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT pg_read_binary_file('global/pg_control')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('pg_hba.conf')",
    "SELECT pg_ls_waldir()",
    "SELECT pg_current_logfile()",
    "COPY refusal FROM '/etc/hostname'",
    "COPY (SELECT 1) TO '/tmp/closeout-never-written'",
    "COPY refusal FROM PROGRAM 'id'",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "SELECT lo_import('/etc/hostname')",
    "SELECT lo_export(1, '/tmp/closeout-never-written')",
    "LOAD 'auto_explain'",
]
"""The server's account reads every database's files: whoever reads files reads all."""
ROLES = [
    f"SET ROLE {OWNER}",
    f"SET ROLE {ADMIN}",
    "SET ROLE pg_read_server_files",
    f"SET SESSION AUTHORIZATION {OWNER}",
    f"GRANT {OWNER} TO CURRENT_USER",
    "GRANT pg_write_all_data TO CURRENT_USER",
    *(f"ALTER ROLE CURRENT_USER {each}" for each in ("SUPERUSER", "CREATEROLE", "REPLICATION")),
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    f"ALTER ROLE {OWNER} PASSWORD 'mine'",
    f"ALTER ROLE {ADMIN} SET search_path = pg_temp",
    "CREATE ROLE mine",
    f"REASSIGN OWNED BY {OWNER} TO CURRENT_USER",
    f"DROP OWNED BY {OWNER}",
]
MADE = [
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NULL; END'",
    "CREATE PROCEDURE mine() LANGUAGE sql AS ''",
    "CREATE TRIGGER mine BEFORE INSERT ON event FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE mine AS ON INSERT TO event DO INSTEAD NOTHING",
    "CREATE POLICY mine ON event USING (false)",
    "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION mine()",
    "CREATE EXTENSION pg_trgm",
    "CREATE EXTENSION file_fdw",
    "CREATE EXTENSION dblink",
    "CREATE FOREIGN DATA WRAPPER mine",
    "CREATE PUBLICATION mine FOR TABLE event",
    "CREATE SUBSCRIPTION mine CONNECTION 'dbname=x' PUBLICATION y WITH (connect = false)",
    "CREATE SCHEMA mine",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE INDEX mine ON event (kind)",
    "CREATE TEMP TABLE mine (id integer)",
    "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "LOCK TABLE event IN ACCESS EXCLUSIVE MODE",
    "LOCK TABLE event IN SHARE MODE",
    "COMMENT ON TABLE event IS 'mine'",
    "SELECT setval('event_position_seq', 1)",
]
SERVER = [
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT * FROM pg_file_settings",
    "SELECT umoptions FROM pg_user_mapping",
    "SELECT subconninfo FROM pg_subscription",
    *(f"SET {name}" for name in ("session_replication_role = replica", "event_triggers = off")),
    "SET session_preload_libraries = 'mine'",
    "SET log_statement = 'none'",
    "SET zero_damaged_pages = on",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_switch_wal()",
    "SELECT pg_backup_start('mine')",
    "SELECT pg_create_physical_replication_slot('mine')",
    "SELECT pg_stat_reset()",
]
ALONE = ["ALTER SYSTEM SET fsync = off", "CREATE DATABASE mine", "CHECKPOINT"]
"""Those that no transaction may hold."""
LARGE_OBJECTS = ["SELECT lo_creat(-1)", "SELECT lo_create(0)", "SELECT lo_from_bytea(0, 'mine')"]
OWNERS_TOO = [
    *(each for each in FILES if "refusal" not in each),
    f"SET ROLE {ADMIN}",
    *(f"ALTER ROLE CURRENT_USER {each}" for each in ("SUPERUSER", "CREATEROLE", "REPLICATION")),
    "CREATE ROLE mine",
    "CREATE EXTENSION file_fdw",
    "CREATE EXTENSION dblink",
    *SERVER,
]
"""What even the owner of the schema cannot."""


async def not_refused(database: Database, role: str, statements: list[str]) -> list[str]:
    """Return what a role could do, or what was refused for another reason than a missing right."""
    found = []
    async with database.connection(database.server.url(role, database.name)) as connection:
        for statement in statements:
            transaction = connection.transaction()
            if statement not in ALONE:
                await transaction.start()
            try:
                await connection.execute(statement)
            except asyncpg.InsufficientPrivilegeError:
                continue
            except asyncpg.PostgresError as error:
                found.append(f"{statement}: {error}")
            else:
                found.append(statement)
            finally:
                if statement not in ALONE:
                    await transaction.rollback()
    return found


@pytest.mark.parametrize("role", [APP, READER])
async def test_no_program_reads_files_becomes_another_makes_or_rules_anything(
    database: Database, role: str
) -> None:
    assert await not_refused(database, role, FILES) == []
    assert await not_refused(database, role, ROLES) == []
    assert await not_refused(database, role, MADE) == []
    assert await not_refused(database, role, SERVER + ALONE) == []


async def test_the_owner_of_the_schema_rules_no_server_either(database: Database) -> None:
    assert await not_refused(database, OWNER, OWNERS_TOO + ALONE) == []


@pytest.mark.parametrize("role", [APP, READER])
async def test_nobody_ends_or_reads_the_sessions_of_others(database: Database, role: str) -> None:
    async with (
        database.connection(database.owner_url) as owners,
        database.connection() as admins,
        database.connection(database.server.url(role, database.name)) as connection,
    ):
        for other in (owners, admins):
            await other.execute("SELECT 'what others ask'")
            pid = other.get_server_pid()
            for function in ("pg_terminate_backend", "pg_cancel_backend"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"SELECT {function}({pid})")
            asked = "SELECT query FROM pg_stat_activity WHERE pid = $1"
            assert await connection.fetchval(asked, pid) == "<insufficient privilege>"


async def test_the_roles_have_no_attribute_no_membership_and_own_nothing(
    database: Database,
) -> None:
    async with database.connection() as connection:
        attributes = await connection.fetch(
            "SELECT rolname::text, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication"
            " OR rolbypassrls FROM pg_roles WHERE rolname = ANY ($1)",
            [OWNER, APP, READER],
        )
        memberships = await connection.fetch(
            "SELECT roleid::regrole, member::regrole FROM pg_auth_members"
            " WHERE member::regrole::text = ANY ($1) OR roleid::regrole::text = ANY ($1)",
            [OWNER, APP, READER],
        )
        owned = await connection.fetchval(
            "SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' AND refobjid = ANY"
            " (SELECT oid FROM pg_roles WHERE rolname = ANY ($1))",
            [APP, READER],
        )

    assert {tuple(row) for row in attributes} == {(OWNER, False), (APP, False), (READER, False)}
    assert memberships == []
    assert owned == 0


async def test_everybody_has_no_right_by_being_anybody(database: Database) -> None:
    async with database.connection() as connection:
        databases = await connection.fetch(
            "SELECT datname::text FROM pg_database, aclexplode(coalesce(datacl,"
            " acldefault('d', datdba))) AS acl WHERE acl.grantee = 0 AND datallowconn"
            " AND datname = ANY ($1)",
            [database.name, "closeout", MAINTENANCE, "template1"],
        )
        tables = await connection.fetch(
            "SELECT relname::text FROM pg_class, aclexplode(relacl) AS acl"
            " WHERE relnamespace = 'public'::regnamespace AND acl.grantee = 0"
        )
        schema = await connection.fetchval(
            "SELECT array_agg(acl.privilege_type) FROM pg_namespace, aclexplode(nspacl) AS acl"
            " WHERE nspname = 'public' AND acl.grantee = 0 AND acl.privilege_type <> 'USAGE'"
        )

    assert (databases, tables, schema) == ([], [], None)
    for role in (OWNER, APP, READER):
        for name in (MAINTENANCE, "template1"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await asyncpg.connect(database.server.url(role, name))


async def test_what_runs_with_the_owners_rights_is_called_by_nobody_and_looks_in_one_place(
    database: Database,
) -> None:
    async with database.connection() as connection:
        functions = await connection.fetch(
            "SELECT oid::regprocedure::text, coalesce(proconfig, '{}') AS config,"
            " has_function_privilege($1, oid, 'EXECUTE') AS by_app,"
            " has_function_privilege($2, oid, 'EXECUTE') AS by_reader"
            " FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef",
            APP,
            READER,
        )

    assert functions, "log_fact() at least"
    for name, config, by_app, by_reader in functions:
        assert not by_app, name
        assert not by_reader, name
        assert any(each.startswith("search_path=") for each in config), name


async def test_nothing_is_written_beside_the_tables_once_a_superuser_has_guarded_the_ledger(
    database: Database,
) -> None:
    await migrate(database.owner_url, superuser_url=database.admin_url)

    for role in (OWNER, APP, READER):
        assert await not_refused(database, role, LARGE_OBJECTS) == []
