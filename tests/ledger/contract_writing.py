"""What every ledger does with commands: all or nothing, one after the other, once."""

import asyncio
import dataclasses

import pytest
from contract import LedgerContract
from lives import (
    TERMS,
    Life,
    accepted,
    at,
    note,
    reported,
    rung_fired,
    write,
)

from domain.chain import breaks
from ledger.codec import read_snapshot
from ledger.port import (
    Changes,
    CommandRow,
    Head,
    Ledger,
    LedgerError,
    StreamConflictError,
)


class WritingContract(LedgerContract):
    """One command, conflicts, numbers."""

    # One command ---------------------------------------------------------------------------

    async def test_a_stream_that_is_not_there_has_no_head(self, ledger: Ledger) -> None:
        async with ledger.transaction() as transaction:
            assert await transaction.lock("z1/none", "c1") == (None, None)
        assert await ledger.issue("z1/none") is None
        assert await ledger.records("z1/none") == []

    async def test_what_was_appended_is_read_back_as_it_was(self, ledger: Ledger) -> None:
        life = Life("a")
        first, second = life.step(reported()), life.step(accepted("No-1"), note(1))
        await write(ledger, first)
        await write(ledger, second)

        records = await ledger.records("z1/a")
        assert records == [*first.records, *second.records]
        assert list(breaks(records)) == []
        assert await ledger.records("z1/a", after_version=1) == list(second.records)
        assert await ledger.commands("z1/a") == [first.command, second.command]
        row = await ledger.issue("z1/a")
        assert row is not None
        assert row.issue == life.issue
        assert row.hash == records[-1].hash

    async def test_the_head_says_where_the_stream_stands(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(
            ledger,
            life.step(reported(), tell=["x", "y"], armed_due_at=at(5), answered=True),
        )
        async with ledger.transaction() as transaction:
            head, seen = await transaction.lock("z1/a", "another command")
        assert seen is None
        assert head is not None
        assert read_snapshot(head.snapshot) == life.issue
        assert (head.version, head.hash, head.terms) == (1, life.hash, TERMS)
        assert (head.armed_due_at, head.answered, head.notices_open) == (at(5), True, 2)

    async def test_a_snapshot_that_is_known_is_not_sent_again(self, ledger: Ledger) -> None:
        await write(ledger, Life("a").step(reported()))
        async with ledger.transaction() as transaction:
            known, _ = await transaction.lock("z1/a", "c", known_version=1)
        async with ledger.transaction() as transaction:
            stale, _ = await transaction.lock("z1/a", "c", known_version=7)
        assert known is not None
        assert stale is not None
        assert known.snapshot == ""
        assert stale.snapshot != ""

    async def test_a_repeated_command_finds_its_result(self, ledger: Ledger) -> None:
        changes = Life("a").step(reported(), command_id="c1")
        await write(ledger, changes)
        async with ledger.transaction() as transaction:
            _, seen = await transaction.lock("z1/a", "c1")
        assert seen == changes.command

    async def test_a_repeat_that_waited_for_the_first_sees_its_result(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        changes = life.step(note(), command_id="c1")
        entered = asyncio.Event()

        async def repeat() -> tuple[Head | None, CommandRow | None]:
            async with ledger.transaction() as transaction:
                entered.set()
                return await transaction.lock("z1/a", "c1")

        async with ledger.transaction() as transaction:
            head, _ = await transaction.lock("z1/a", "c1")
            repeated = asyncio.create_task(repeat())
            await entered.wait()
            await asyncio.sleep(0.05)
            await transaction.append(head, changes)
        head, seen = await repeated
        assert seen == changes.command
        assert head is not None
        assert head.version == 2

    async def test_an_empty_outcome_is_kept_and_changes_no_event(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        empty = life.step(armed_due_at=at(9), answered=True, poke=True)
        await write(ledger, empty)
        assert (await ledger.commands("z1/a"))[-1] == empty.command
        assert len(await ledger.records("z1/a")) == 1
        row = await ledger.issue("z1/a")
        assert row is not None
        assert (row.issue, row.armed_due_at, row.answered) == (life.issue, at(9), True)
        await write(ledger, dataclasses.replace(life.step(), issue=life.issue))
        assert await ledger.find() == [dataclasses.replace(row, armed_due_at=None, answered=False)]
        assert await ledger.outbox_size() == 1

    async def test_a_failure_leaves_no_trace(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        changes = life.step(accepted("No-1"), command_id="c", poke=True, tell=["x"])

        async def fail() -> None:
            async with ledger.transaction() as transaction:
                head, _ = await transaction.lock("z1/a", "c")
                await transaction.allot_number("z1", 2026)
                await transaction.append(head, changes)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with ledger.transaction() as transaction:
            head, seen = await transaction.lock("z1/a", "c")
            number = await transaction.allot_number("z1", 2026)
        assert seen is None
        assert head is not None
        assert (head.version, head.notices_open, number) == (1, 0, 1)
        assert await ledger.outbox_size() == 0
        assert len(await ledger.clocks("z1/a")) == 1

    # Conflicts -----------------------------------------------------------------------------

    async def test_a_stale_head_conflicts(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        async with ledger.transaction() as transaction:
            stale, _ = await transaction.lock("z1/a", "c")
        await write(ledger, life.step(note()))
        late = life.step(note(3))
        with pytest.raises(StreamConflictError):
            async with ledger.transaction() as transaction:
                await transaction.append(stale, late)

    async def test_a_stream_cannot_begin_twice(self, ledger: Ledger) -> None:
        await write(ledger, Life("a").step(reported()))
        again = Life("a").step(reported(), command_id="another")
        with pytest.raises(StreamConflictError):
            async with ledger.transaction() as transaction:
                await transaction.append(None, again)
        assert len(await ledger.commands("z1/a")) == 1

    async def test_a_command_id_belongs_to_one_stream(self, ledger: Ledger) -> None:
        await write(ledger, Life("a").step(reported(), command_id="c1"))
        with pytest.raises(StreamConflictError):
            await write(ledger, Life("b").step(reported(), command_id="c1"))
        assert await ledger.issue("z1/b") is None

    async def test_a_rung_fires_once(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        await write(ledger, life.step(rung_fired("half", 13)))
        with pytest.raises(StreamConflictError):
            await write(ledger, life.step(rung_fired("half", 14)))
        assert len(await ledger.firings()) == 1

    async def test_a_number_is_given_once_in_a_zone(self, ledger: Ledger) -> None:
        for zone, key in (("z1", "a"), ("z2", "a"), ("z1", "b")):
            life = Life(key, zone)
            await write(ledger, life.step(reported()))
            changes = life.step(accepted("No-1"))
            if key == "b":
                with pytest.raises(LedgerError):
                    await write(ledger, changes)
            else:
                await write(ledger, changes)

    async def test_of_commands_at_one_moment_each_follows_the_other(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))

        async def one(number: int) -> None:
            async with ledger.transaction() as transaction:
                head, _ = await transaction.lock("z1/a", f"c{number}")
                await asyncio.sleep(0)
                await transaction.append(head, life.step(note(), command_id=f"c{number}"))

        await asyncio.gather(*(one(number) for number in range(12)))
        records = await ledger.records("z1/a")
        assert len(records) == 13
        assert list(breaks(records)) == []
        decided = [command.first_version for command in await ledger.commands("z1/a")]
        assert decided == list(range(1, 14))

    async def test_of_two_reports_at_one_moment_one_wins(self, ledger: Ledger) -> None:
        async def one(name: str) -> bool:
            try:
                async with ledger.transaction() as transaction:
                    head, _ = await transaction.lock("z1/a", name)
                    await asyncio.sleep(0.01)
                    if head is not None:
                        return False
                    await transaction.append(None, Life("a").step(reported(), command_id=name))
            except StreamConflictError:
                return False
            return True

        assert sorted(await asyncio.gather(one("c1"), one("c2"))) == [False, True]
        assert len(await ledger.records("z1/a")) == 1

    async def test_changes_that_do_not_hang_together_are_refused(self, ledger: Ledger) -> None:
        good, other = Life("a").step(reported()), Life("b").step(reported())
        for bad in (
            Changes(good.command, other.records, good.issue, None, False),
            Changes(good.command, good.records, None, None, False),
        ):
            with pytest.raises(LedgerError):
                await write(ledger, bad)
        assert [stream async for stream in ledger.streams()] == []

    # Numbers -------------------------------------------------------------------------------

    async def test_numbers_have_no_gaps_whatever_fails(self, ledger: Ledger) -> None:
        async def one(fails: bool) -> int:
            async with ledger.transaction() as transaction:
                number = await transaction.allot_number("z1", 2026)
                await asyncio.sleep(0)
                if fails:
                    raise ZeroDivisionError
                return number

        drawn = await asyncio.gather(
            *(one(turn % 3 == 0) for turn in range(12)), return_exceptions=True
        )
        assert sorted(n for n in drawn if isinstance(n, int)) == list(range(1, 9))
        async with ledger.transaction() as transaction:
            assert await transaction.allot_number("z1", 2027) == 1
            assert await transaction.allot_number("z2", 2026) == 1
            assert await transaction.allot_number("z2", 2026) == 2
