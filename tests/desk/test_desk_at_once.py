"""A desk that knows an issue writes at once; what stands in its way sends it the long way round."""

import asyncio

import builders as b
import pytest
from databases import Database
from desks import STREAM, Counter, StandingClock, counter

from domain.chain import breaks
from domain.commands import Command
from domain.errors import ConflictError, WrongPhaseError
from ledger.postgres import PostgresLedger


async def test_two_desks_that_take_turns_write_one_unbroken_chain(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as one, counter(database, clock) as other:
        await one.accepted()
        acts: list[Command] = [b.NOTE, b.PAUSE, b.RESUME, b.ASSIGN, b.NOTE, b.NOTE]
        for turn, command in enumerate(acts):
            await (one, other, one)[turn % 3].do(command)
        records = await one.ledger.records(STREAM)
        assert [record.version for record in records] == list(range(1, 9))
        assert not list(breaks(records))


async def test_a_repeat_to_a_desk_that_knows_the_issue_gets_the_first_answer(
    office: Counter,
) -> None:
    await office.accepted()
    first = await office.do(b.NOTE, id_="n-1")
    await office.do(b.NOTE)
    again = await office.do(b.NOTE, id_="n-1")
    assert again == first.model_copy(update={"repeated": True})
    with pytest.raises(ConflictError):
        await office.do(b.PAUSE, id_="n-1")
    assert len(await office.ledger.records(STREAM)) == 4


async def test_what_the_workflow_said_meanwhile_is_not_overwritten(office: Counter) -> None:
    await office.accepted()
    rung = await office.next_rung()
    version = (await office.ledger.issue(STREAM)).issue.version
    await office.ledger.mark_answered(STREAM, rung.due_at, version)
    await office.do(b.NOTE)
    row = await office.desk.row(b.ZONE, b.KEY)
    assert (row.answered, row.armed_due_at) == (True, rung.due_at)


async def test_a_refusal_is_judged_on_what_another_desk_has_done(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as one, counter(database, clock) as other:
        await one.accepted()
        await one.do(b.PAUSE)
        await other.do(b.RESUME)
        await one.do(b.PAUSE)
        with pytest.raises(WrongPhaseError):
            await other.do(b.PAUSE)
        await one.do(b.RESUME)


async def test_one_bad_command_of_a_group_takes_no_other_with_it(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as office:
        keys = [f"i-{number}" for number in range(12)]
        for key in keys:
            await office.accepted(key)
        await office.do(b.NOTE, key=keys[0], id_="taken")
        sent = [office.do(b.NOTE, key=key, id_="taken" if key == keys[5] else None) for key in keys]
        done = await asyncio.gather(*sent, return_exceptions=True)
        assert [type(each) for each in done].count(ConflictError) == 1
        assert isinstance(done[5], ConflictError)
        versions = {key: (await office.desk.row(b.ZONE, key)).issue.version for key in keys}
        assert versions == dict.fromkeys(keys, 3) | {keys[0]: 4, keys[5]: 2}


async def test_a_locked_issue_holds_up_no_other_of_the_group(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as office, database.connection() as blocking:
        await office.accepted("free")
        await office.accepted("held")
        async with blocking.transaction():
            await blocking.execute(
                "SELECT 1 FROM issue WHERE stream = $1 FOR UPDATE", f"{b.ZONE}/held"
            )
            waiting = asyncio.create_task(office.do(b.NOTE, key="held"))
            result = await asyncio.wait_for(office.do(b.NOTE, key="free"), 2)
            assert result.version == 3
            assert not waiting.done()
        assert (await waiting).version == 3


async def test_a_caller_who_gives_up_takes_no_other_with_it(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as office:
        assert isinstance(office.ledger, PostgresLedger)
        keys = [f"i-{number}" for number in range(6)]
        for key in keys:
            await office.accepted(key)
        sent = [asyncio.create_task(office.do(b.NOTE, key=key)) for key in keys]
        await asyncio.sleep(0)
        sent[2].cancel()
        done = await asyncio.gather(*sent, return_exceptions=True)
        assert [type(each) for each in done].count(asyncio.CancelledError) == 1
        assert (await office.do(b.NOTE, key=keys[2])).version in (3, 4)
