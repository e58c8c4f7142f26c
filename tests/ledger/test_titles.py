"""What a title holds is found by an index, and found whole."""

import pytest
from contract_lists import NOW
from databases import Database
from deep import deep
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lives import Life, note, reported, write

from domain.access import Horizon
from ledger import list_queries, titles
from ledger.lists import NEWEST, Narrowed, Order, Sort
from ledger.titles import fill_titles, title_parts

WHOLE = Horizon(zone="z1", whole=True)
TITLES = ("Water 水压不足", "水电 at GATE 7", "gate", "50% _ off", "水", "断水三天 Gate 77")
SIGNS = st.text(alphabet="aAbBz 水电%_7é\U0001f6b0", max_size=8)
TRIED = deep("titles searched", 2000)
ORDERS = (NEWEST, Order(), Order(Sort.DEADLINE_AT), Order(Sort.CHANGED, descending=True))


def plainly(text: str) -> list[str]:
    """Return the titles that hold a text, A to Z like a to z."""
    return sorted(title for title in TITLES if text.lower() in title.lower())


@pytest.mark.parametrize("near", [0, 1, 5_000])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.by.value)
async def test_a_search_finds_what_a_plain_look_finds(
    database: Database, monkeypatch: pytest.MonkeyPatch, order: Order, near: int
) -> None:
    monkeypatch.setattr(list_queries, "NEAR", near)
    async with database.ledger() as ledger:
        for number, title in enumerate(TITLES):
            await write(ledger, Life(f"i{number}").step(reported(title=title)))
        for text in ("gate", "GATE 7", "水", "水压", "电水", "%", "_", "7", "77", "777", "s", ""):
            found = await ledger.listed(WHOLE, Narrowed(title=text), order, at=NOW, limit=3)
            rest = (
                await ledger.listed(
                    WHOLE, Narrowed(title=text), order, at=NOW, limit=50, after=found[-1].place
                )
                if found
                else []
            )
            assert sorted(each.row.issue.title for each in (*found, *rest)) == plainly(text), text


@settings(max_examples=TRIED, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=SIGNS, text=SIGNS, after=SIGNS)
def test_whatever_a_title_holds_its_parts_are_among_the_titles(
    before: str, text: str, after: str
) -> None:
    held = title_parts(text)
    whole = {*title_parts(before + text + after)} | {*(before + text + after).lower()}
    assert all(1 <= len(part) <= 2 for part in held)
    assert set(held) <= whole


async def test_the_database_parts_titles_as_a_search_does(database: Database) -> None:
    asked = ("", "a", "Ab", "水电水电", "É é", "\U0001f6b0Z", "50% _")
    async with database.connection(database.app_url) as connection:
        for text in asked:
            parts = await connection.fetchval("SELECT title_parts($1)", text)
            pairs = {part for part in parts if len(part) == 2}
            assert sorted(pairs or set(parts)) == title_parts(text), text


async def test_titles_from_before_are_read_in_batch_by_batch(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "AT_ONCE", 2)
    async with database.ledger() as ledger:
        for number in range(5):
            await write(ledger, Life(f"i{number}").step(reported(title=f"gate {number}")))
        async with database.connection() as connection:
            await connection.execute("DELETE FROM issue_title WHERE stream <> 'z1/i3'")
        async with database.connection(database.owner_url) as connection:
            assert await fill_titles(connection) == 4
            assert await fill_titles(connection) == 0
        found = await ledger.listed(WHOLE, Narrowed(title="ATE 4"), Order(), at=NOW)
        assert [each.row.issue.key for each in found] == ["i4"]


async def test_a_changed_title_is_found_and_a_command_writes_none(database: Database) -> None:
    async with database.ledger() as ledger:
        life = Life("a")
        await write(ledger, life.step(reported(title="gate")))
        async with database.connection() as connection:
            place = await connection.fetchval("SELECT ctid::text FROM issue_title")
            await write(ledger, life.step(note()))
            assert await connection.fetchval("SELECT ctid::text FROM issue_title") == place
            await connection.execute("UPDATE issue SET title = 'door'")
            parts = await connection.fetchval("SELECT parts FROM issue_title")
    assert sorted(parts) == ["d", "do", "o", "o", "oo", "or", "r"]


async def test_a_rare_title_is_looked_up_in_the_index(untouched_database: Database) -> None:
    query, arguments = list_queries.listed(WHOLE, Narrowed(title="gate"), NEWEST, NOW, None, 51)
    async with untouched_database.connection(untouched_database.app_url) as connection:
        await connection.execute("SET enable_seqscan = off")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        plan = await connection.fetch(f"EXPLAIN {query}", *arguments)
    assert "issue_title_parts_idx" in "\n".join(str(row[0]) for row in plan)
