"""The tables of links and errands in PostgreSQL: statements, indexes, rights, the report's id."""

import dataclasses

import asyncpg
import pytest
from contract_kin import errand, link, lives, with_kin
from databases import Database
from hypothesis import given, settings
from hypothesis import strategies as st
from lives import Life, reported, write

from domain.issue import Issue
from domain.phases import LinkType
from ledger import postgres_kin, queries
from ledger.kin import ErrandRow, LinkRow
from ledger.postgres_kin import put_kin_arguments

STATEMENTS = {
    name: value
    for name, value in vars(postgres_kin).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}


async def test_every_statement_can_be_prepared(database: Database) -> None:
    assert len(STATEMENTS) >= 12
    async with database.connection(database.app_url) as connection:
        for name, statement in STATEMENTS.items():
            assert await connection.prepare(statement), name


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        (postgres_kin.LINKS, LinkRow),
        (postgres_kin.STRAY_LINKS, LinkRow),
        (postgres_kin.DUE_ERRANDS, ErrandRow),
        (postgres_kin.WAITING_ERRANDS, ErrandRow),
        (postgres_kin.FAILING_ERRAND, ErrandRow),
    ],
)
async def test_columns_come_in_the_order_of_the_fields(
    database: Database, statement: str, row: type
) -> None:
    async with database.connection(database.app_url) as connection:
        columns = [a.name for a in (await connection.prepare(statement)).get_attributes()]
    assert columns == [field.name for field in dataclasses.fields(row)]


def test_the_arguments_are_as_many_as_the_function_takes() -> None:
    life = Life("a")
    life.step(reported())
    for changes in (
        with_kin(life),
        with_kin(life, link("a", LinkType.RELATES, "b"), errands=[errand(1)]),
    ):
        assert f"${len(put_kin_arguments(changes))})" in postgres_kin.PUT_KIN


async def test_links_errands_and_reports_are_looked_up_by_their_indexes(
    untouched_database: Database,
) -> None:
    # The scan that is named first is taken away where an empty table makes it as cheap.
    wanted = {
        "issue_link_to_idx": (postgres_kin.LINKS, "text, text", "'z1', 'a'"),
        "errand_due_idx": (postgres_kin.DUE_ERRANDS, "timestamptz, integer", "now(), 10"),
        "errand_pair_idx": (postgres_kin.DUE_ERRANDS, "timestamptz, integer", "now(), 10"),
        "errand_failed_idx": (postgres_kin.FAILED_ERRANDS, "integer", "3"),
        "issue_report_idx": (
            queries.find(["report_id"], open_only=False),
            "text, integer, text",
            "'', 10, 'm'",
        ),
    }
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        for number, (index, (query, types, values)) in enumerate(wanted.items()):
            await connection.execute(f"PREPARE found{number} ({types}) AS {query}")
            plan = await connection.fetch(f"EXPLAIN EXECUTE found{number} ({values})")
            assert index in "\n".join(str(row[0]) for row in plan)


async def test_the_application_puts_an_errand_off_and_does_not_reword_it(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        life = (await lives(ledger, "a"))["a"]
        await write(ledger, with_kin(life, errands=[errand(1)]))
        await ledger.put_off_errand(errand(1).id, "later", errand(1).created_at)
    async with database.connection(database.app_url) as connection:
        for change in (
            "UPDATE errand SET text = 'other'",
            "UPDATE errand SET stream = 'z1/c'",
            "UPDATE issue_link SET to_key = 'c'",
            "TRUNCATE errand",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)


QUOTED = st.text(alphabet='"\\:{}[],report_id\x00é题', max_size=30)
PIECES = st.lists(
    st.sampled_from(['"report_id":"x"', 'report_id":"', '\\"report_id', "report_id", '":"', "\\"]),
    max_size=4,
)


async def test_no_text_of_an_issue_passes_for_the_id_of_its_report(database: Database) -> None:
    async with database.ledger() as ledger:
        life = Life("a")
        await write(ledger, life.step(reported()))
        plain = (await ledger.find())[0].issue
    told = "SELECT report_id FROM issue"
    async with database.connection() as connection:

        @settings(max_examples=1, database=None)
        @given(st.data())
        def drawn(data: st.DataObject) -> None:
            for _ in range(60):
                parts = [data.draw(QUOTED), *data.draw(PIECES), data.draw(QUOTED)]
                texts.append("".join(data.draw(st.permutations(parts)))[:200] or "-")

        texts: list[str] = []
        drawn()
        for number, text in enumerate(texts):
            report_id = f"msg-{number}" if number % 2 else None
            faked = plain.model_copy(update={"title": text, "number": text, "report_id": report_id})
            await connection.execute("UPDATE issue SET snapshot = $1", Issue.model_dump_json(faked))
            assert await connection.fetchval(told) == report_id
