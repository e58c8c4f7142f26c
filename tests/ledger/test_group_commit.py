"""Group commit: commands written together leave what they would leave one by one."""

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from databases import Database, Databases
from deep import IN_CHECK, deep
from lives import TERMS, Life, accepted, closed_out, note, reported, rung_fired, write

from ledger.board_rows import BoardRow
from ledger.port import Changes, Head, LedgerError, LedgerUnavailableError
from ledger.postgres import PostgresLedger

LAWS = deep("mixes of commands written together", in_full=160)
KILLS = deep("connections cut under a group", in_full=40)
ISSUES = 24

Step = tuple[Head, Changes]
TABLES = {
    "issue": "*",
    "command": "id, stream, kind, at, actor, body, hash, terms, rules, first_version, count,"
    " result",
    "event": "stream, version, kind, at, occurred_at, command_id, command_hash, terms, rules, text,"
    " previous, hash",
    "clock": "*",
    "rung_firing": "*",
    "notice": "*",
    "outbox": "stream",
    "issue_board": "*",
    "administrative_task": "*",
}
"""Without what counts the order in which transactions came."""


def standing(life: Life, **differs: object) -> Head:
    """Where a life stands, known without a look, with what a test says otherwise."""
    version = 0 if life.issue is None else life.issue.version
    return dataclasses.replace(
        Head(version, life.hash, "", TERMS, None, answered=False, notices_open=0),
        **differs,  # type: ignore[arg-type]  # the fields of Head
    )


def boarded(changes: Changes, *parts: str) -> Changes:
    """The changes with the row of an open issue, its team as given."""
    issue = changes.issue
    assert issue is not None
    row = BoardRow(
        stream=issue.stream,
        zone=issue.zone,
        version=issue.version,
        number=issue.number,
        title=issue.title,
        enterprise=issue.enterprise,
        category=issue.category,
        priority=issue.priority.value,
        phase=issue.phase.value,
        tier=issue.tier,
        owner=issue.owner,
        handler=issue.handler,
        holder_kind="unit",
        holder="repairs",
        grid=None,
        reported_at=issue.reported_at,
        yellow_at=None,
        red_at=None,
        parts=parts,
    )
    return dataclasses.replace(changes, board=row)


def with_command(changes: Changes, **differs: object) -> Changes:
    """The changes with other columns of their command."""
    return dataclasses.replace(
        changes,
        command=dataclasses.replace(changes.command, **differs),  # type: ignore[arg-type]  # columns
    )


def a_step(life: Life, draw: random.Random, taken: str) -> Step:
    """One command to an issue, good or bad in one of the ways in which a command can be."""
    head = standing(life)
    told = draw.sample(["x", "y", "z"], draw.randint(0, 2))
    good: list[Callable[[], Changes]] = [
        lambda: boarded(life.step(note(text="汉字 \\ \" '"), note(), poke=True, tell=told)),
        lambda: boarded(life.step(note()), *draw.sample(["unit:a", "unit:b", "post:c"], 2)),
        lambda: boarded(life.step(accepted(f"No-{life.key}"))),
        lambda: life.step(note(), closed_out(3)),
        lambda: life.step(closed_out(4), poke=True),
        lambda: boarded(life.step(rung_fired("half", 14), ring=True)),
        life.step,
    ]
    bad: list[Callable[[], Step]] = [
        lambda: (standing(life, hash="0" * 64), life.step(note())),
        lambda: (standing(life, answered=True), life.step(note())),
        lambda: (
            standing(life, armed_due_at=life.issue and life.issue.reported_at),
            life.step(note()),
        ),
        lambda: (head, life.step(note(), command_id=taken)),
        lambda: (head, with_command(life.step(note()), count=-1)),
        lambda: (head, with_command(life.step(note()), kind="nul\x00")),
    ]
    if draw.random() < 0.2:
        return draw.choice(bad)()
    return head, draw.choice(good)()


async def lives_in(ledger: PostgresLedger, count: int = ISSUES) -> list[Life]:
    """Write new issues and return them."""
    lives = [Life(f"i-{number:02}") for number in range(count)]
    for life in lives:
        await write(ledger, boarded(life.step(reported())))
    return lives


async def outcome(ledger: PostgresLedger, step: Step) -> bool | str:
    """What came of one command: written, not, or the kind of its error."""
    try:
        return await ledger.append_at_once(*step)
    except LedgerError as error:
        return type(error).__name__


async def dump(database: Database) -> dict[str, list[str]]:
    """All that the tables hold, in an order of their own."""
    async with database.connection() as connection:
        rows = {
            table: await connection.fetch(f"SELECT {columns} FROM {table}")
            for table, columns in TABLES.items()
        }
    return {table: sorted(str(tuple(row)) for row in found) for table, found in rows.items()}


async def transactions(database: Database) -> int:
    """How many transactions wrote the commands that came after the reports."""
    async with database.connection() as connection:
        return int(
            await connection.fetchval(
                "SELECT count(DISTINCT xmin::text) FROM command WHERE first_version > 1"
            )
        )


@asynccontextmanager
async def two(databases: Databases) -> AsyncIterator[tuple[Database, Database]]:
    """Take two databases, and give both back."""
    one, other = await databases.take(), await databases.take()
    try:
        yield one, other
    finally:
        await databases.give_back(one)
        await databases.give_back(other)


@pytest.mark.parametrize("seed", range(LAWS))
async def test_any_mix_written_together_leaves_what_it_leaves_one_by_one(
    databases: Databases, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311  # a law, not a secret
    async with (
        two(databases) as (here, there),
        here.ledger(size=4) as together,
        there.ledger(size=1) as alone,
    ):
        lives = await lives_in(together)
        await lives_in(alone)
        steps = [a_step(life, draw, taken="z1/i-00#1") for life in lives]
        gone = set(draw.sample(range(ISSUES), 3))
        sent = [asyncio.create_task(outcome(together, step)) for step in steps]
        for _ in range(draw.randint(0, 3)):
            await asyncio.sleep(0)
        for each in gone:
            sent[each].cancel()
        said = await asyncio.gather(*sent, return_exceptions=True)
        # What was given up is written or not, as it happened; both are well. What still is under
        # way is over when the pool has been closed.
        await together.close()
        stored = {row.split("'")[1] for row in (await dump(here))["command"]}
        for number, step in enumerate(steps):
            is_left_out = isinstance(said[number], asyncio.CancelledError) and (
                step[1].command.id not in stored or step[1].command.id == "z1/i-00#1"
            )
            expected = None if is_left_out else await outcome(alone, step)
            if not isinstance(said[number], asyncio.CancelledError):
                assert said[number] == expected, step
        assert await dump(here) == await dump(there)
        async with here.connection() as connection:
            rows = await connection.fetch("SELECT stream, version FROM event ORDER BY position")
        seen: dict[str, int] = {}
        for stream, version in rows:
            assert version == seen.get(stream, 0) + 1
            seen[stream] = version


async def test_who_comes_together_shares_a_transaction_and_who_comes_alone_does_not_wait(
    database: Database,
) -> None:
    async with database.ledger(size=4) as ledger:
        lives = await lives_in(ledger)
        steps = [(standing(life), life.step(note())) for life in lives]
        assert all(await asyncio.gather(*(ledger.append_at_once(*step) for step in steps)))
        assert await transactions(database) == 2
        assert await asyncio.wait_for(
            ledger.append_at_once(standing(lives[0]), lives[0].step(note())), 5
        )
        assert await transactions(database) == 3


async def test_long_texts_are_spread_over_several_statements(database: Database) -> None:
    async with database.ledger(size=4) as ledger:
        lives = await lives_in(ledger, 12)
        body = "{" + " " * 250_000 + "}"
        steps = [(standing(life), with_command(life.step(note()), body=body)) for life in lives]
        assert all(await asyncio.gather(*(ledger.append_at_once(*step) for step in steps)))
        assert await transactions(database) >= 4


async def test_of_two_commands_that_know_a_stream_at_one_place_one_is_written(
    database: Database,
) -> None:
    async with database.ledger(size=4) as ledger:
        lives = await lives_in(ledger, 6)
        twins = [Life(life.key, issue=life.issue, hash=life.hash, steps=50) for life in lives]
        both = [each for pair in zip(lives, twins, strict=True) for each in pair]
        steps = [(standing(each), each.step(note())) for each in both]
        said = await asyncio.gather(*(ledger.append_at_once(*step) for step in steps))
        assert [said[n] + said[n + 1] for n in range(0, 12, 2)] == [1] * 6
        # None had to be written alone because its twin stood beside it.
        assert await transactions(database) <= 4


async def test_of_two_commands_of_one_id_on_two_streams_one_is_written_and_no_other_suffers(
    database: Database,
) -> None:
    async with database.ledger(size=4) as ledger:
        lives = await lives_in(ledger, 8)
        steps = [
            (standing(life), life.step(note(), command_id="twice" if number in (2, 5) else None))
            for number, life in enumerate(lives)
        ]
        said = await asyncio.gather(*(ledger.append_at_once(*step) for step in steps))
        assert said[2] + said[5] == 1
        assert all(said[n] for n in (0, 1, 3, 4, 6, 7))


async def test_two_ledgers_that_cross_each_other_never_wait_for_each_other(
    database: Database,
) -> None:
    """Both take the same ids for other streams, in opposite orders, and one id in the middle is
    held by a third: whoever took ids as they come would meet the other head on."""
    async with database.ledger(size=2) as one, database.ledger(size=2) as other:
        lives = await lives_in(one, 16)
        ids = [f"shared-{number}" for number in range(8)]
        mine = [
            (standing(a), a.step(note(), command_id=i)) for a, i in zip(lives[:8], ids, strict=True)
        ]
        theirs = [
            (standing(b), b.step(note(), command_id=i))
            for b, i in zip(lives[8:], reversed(ids), strict=True)
        ]
        async with database.connection() as holder:
            held = holder.transaction()
            await held.start()
            await holder.execute(
                "INSERT INTO command (id, stream, kind, at, actor, body, hash, terms, rules,"
                " first_version, count, result) SELECT 'shared-4', stream, kind, at, actor, body,"
                " hash, terms, rules, first_version, count, result FROM command LIMIT 1"
            )
            sent = [
                asyncio.create_task(ledger.append_at_once(*step))
                for ledger, steps in ((one, mine), (other, theirs))
                for step in steps
            ]
            await _waiting(database, 2)
            await held.rollback()
        said = await asyncio.gather(*sent)
        pairs = zip(said[:8], reversed(said[8:]), strict=True)
        assert [a + b for a, b in pairs] == [1] * 8
    async with database.connection() as connection:
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert await connection.fetchval(deadlocks) == 0


async def _waiting(database: Database, count: int) -> list[int]:
    """Wait until so many of the ledger's connections wait for another's lock; return their pids."""
    async with database.connection() as connection:
        while True:
            rows = await connection.fetch(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            )
            if len(rows) >= count:
                return [row[0] for row in rows]
            await asyncio.sleep(0.01)


async def test_a_reader_is_never_led_past_events_of_a_group_that_is_not_committed(
    database: Database,
) -> None:
    async with (
        database.ledger(size=4) as ledger,
        database.ledger(size=1) as other,
        database.connection() as holder,
    ):
        lives = await lives_in(ledger, 5)
        steps = [(standing(life), life.step(note(), tell=["x"])) for life in lives[:4]]
        held = holder.transaction()
        await held.start()
        notice = steps[0][1].notices[0]
        # The group has its events' positions when it comes to this id.
        await holder.execute(
            "INSERT INTO notice (id, stream, version, kind, addressee, created_at)"
            " VALUES ($1, 'another', 1, 'note', 'x', now())",
            notice.id,
        )
        sent = [asyncio.create_task(ledger.append_at_once(*step)) for step in steps]
        await _waiting(database, 1)
        before = await other.safe_position()
        assert await other.append_at_once(standing(lives[4]), lives[4].step(note()))
        assert await other.safe_position() == before == 5
        await held.rollback()
        assert await asyncio.gather(*sent) == [True] * 4
        assert len(await other.follow(0, 100)) == 10


async def test_a_connection_lost_in_the_middle_is_told_to_all_and_leaves_nothing(
    database: Database,
) -> None:
    async with database.ledger(size=4) as ledger, database.connection() as holder:
        lives = await lives_in(ledger, 4)
        steps = [(standing(life), life.step(note())) for life in lives]
        held = holder.transaction()
        await held.start()
        await holder.execute("LOCK TABLE command IN SHARE MODE")
        sent = [asyncio.create_task(outcome(ledger, step)) for step in steps]
        for pid in await _waiting(database, 1):
            await holder.execute("SELECT pg_terminate_backend($1)", pid)
        assert await asyncio.gather(*sent) == [LedgerUnavailableError.__name__] * 4
        await held.rollback()
        assert await transactions(database) == 0
        assert all(await asyncio.gather(*(ledger.append_at_once(*step) for step in steps)))


@IN_CHECK
@pytest.mark.parametrize("seed", range(KILLS))
async def test_what_was_acknowledged_is_stored_once_wherever_the_connection_is_cut(
    database: Database, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311  # a law, not a secret
    async with database.ledger(size=4) as ledger:
        lives = await lives_in(ledger, 12)

        async def live(life: Life) -> None:
            for _ in range(6):
                before = standing(life)
                changes = life.step(note(), tell=["x"], poke=True)
                is_stored = False
                while not is_stored:
                    said = await outcome(ledger, (before, changes))
                    is_stored = await _stored(ledger, changes)
                    assert is_stored or said is not True, "acknowledged and not there"

        async def cut() -> None:
            async with database.connection() as connection:
                while True:
                    await asyncio.sleep(draw.uniform(0.002, 0.03))
                    await connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                        " AND query LIKE 'SELECT ledger_append_many%'"
                    )

        cutting = asyncio.create_task(cut())
        try:
            await asyncio.gather(*(live(life) for life in lives))
        finally:
            cutting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await cutting
        for life in lives:
            assert [r.version for r in await ledger.records(life.stream)] == list(range(1, 8))
            assert len(await ledger.notices(life.stream)) == 6


async def _stored(ledger: PostgresLedger, changes: Changes) -> bool:
    """Whether the command is there: asked until the ledger answers."""
    while True:
        try:
            return await ledger.command(changes.command.stream, changes.command.id) is not None
        except LedgerUnavailableError:
            await asyncio.sleep(0.01)
