"""Defaults of a role, which could lead its sessions to other tables than the ledger's."""

from databases import Database

from ledger.connections import open_pool
from ledger.migrate import pending
from ledger.postgres import PostgresLedger
from ledger.probing import probe
from ledger.role_defaults import RoleDefaults, role_defaults
from ledger.standing_guards import standing_guards
from terminal.checks import Grade
from terminal.checks_of_roles import judged_defaults

TWO_FACED = """
CREATE SCHEMA honest;
CREATE TABLE honest.event AS TABLE public.event;
CREATE TABLE honest.terms AS TABLE public.terms;
CREATE TABLE honest.schema_migration AS TABLE public.schema_migration WITH NO DATA;
INSERT INTO honest.terms (hash, text) VALUES ('h', 'shown to the auditor');
GRANT USAGE ON SCHEMA honest TO closeout_reader, closeout_app;
GRANT SELECT ON ALL TABLES IN SCHEMA honest TO closeout_reader, closeout_app;
"""


async def test_a_search_path_of_a_role_leads_no_session_of_ours_to_other_tables(
    database: Database,
) -> None:
    async with database.connection() as connection:
        await connection.execute(TWO_FACED)
        for role in ("closeout_reader", "closeout_app"):
            await connection.execute(
                f"ALTER ROLE {role} IN DATABASE {database.name} SET search_path = honest, public"
            )
    async with database.connection(database.reader_url) as plain:
        assert await plain.fetchval("SELECT text FROM terms WHERE hash = 'h'") is not None
    for url in (database.reader_url, database.app_url):
        ledger = PostgresLedger(await open_pool(url, size=1))
        try:
            assert await ledger.terms("h") is None
        finally:
            await ledger.close()
        assert (await standing_guards(url)).problems == ()
        assert await pending(url) == []
        assert (await probe(url, may_add=url == database.app_url)).could == ()

    found = await role_defaults(database.reader_url)

    assert found.searched == "public"
    assert found.misleading == (
        "closeout_app: search_path=honest, public",
        "closeout_reader: search_path=honest, public",
    )
    check = judged_defaults(found)
    assert check.grade is Grade.FAIL
    assert "closeout_reader: search_path=honest, public" in check.found


async def test_harmless_defaults_are_told_and_those_of_strangers_are_not(
    database: Database,
) -> None:
    async with database.connection() as connection:
        await connection.execute(
            f'ALTER DATABASE {database.name} SET search_path = "$user", public;'
            f"ALTER ROLE closeout_reader IN DATABASE {database.name} SET work_mem = '8MB';"
            "CREATE ROLE stranger_of_defaults"
        )
        try:
            await connection.execute(
                f"ALTER ROLE stranger_of_defaults IN DATABASE {database.name}"
                " SET search_path = elsewhere"
            )
            found = await role_defaults(database.app_url)
        finally:
            await connection.execute(
                f"ALTER ROLE stranger_of_defaults IN DATABASE {database.name} RESET ALL;"
                "DROP ROLE stranger_of_defaults"
            )

    assert found == RoleDefaults(
        "public",
        (),
        ("closeout_reader: work_mem=8MB", 'every role: search_path="$user", public'),
    )
    assert judged_defaults(found).grade is Grade.OK


def test_a_session_that_is_led_elsewhere_all_the_same_fails_the_check() -> None:
    check = judged_defaults(RoleDefaults("honest, public", (), ()))

    assert check.grade is Grade.FAIL
    assert "looks in honest, public" in check.found
