"""Many at once: PostgreSQL puts them in a row, and each finds the issue as the last one left it."""

import asyncio

import builders as b
import pytest
from databases import Database
from desks import STREAM, StandingClock, counter

from desk.desk import Desk
from domain.commands import Submission
from domain.errors import ConflictError, IssueError, WrongPhaseError
from domain.view import CommandResult
from ledger.port import LedgerError


async def outcome(desk: Desk, submission: Submission) -> CommandResult | IssueError:
    """Carry a command out and return its result or its refusal."""
    try:
        return await desk.carry_out(submission)
    except IssueError as refusal:
        return refusal


async def test_two_commands_at_once_are_decided_one_after_the_other(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as one, counter(database, clock) as other:
        await one.accepted()
        done = await asyncio.gather(
            outcome(one.desk, b.submission(b.PAUSE)), outcome(other.desk, b.submission(b.PAUSE))
        )
        refused = [each for each in done if isinstance(each, IssueError)]
        assert [type(each) for each in refused] == [WrongPhaseError]
        kinds = [record.kind for record in await one.ledger.records(STREAM)]
        assert kinds.count("issue_paused") == 1


async def test_twenty_notes_at_once_are_all_kept_and_numbered_without_a_gap(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as one, counter(database, clock) as other:
        await one.reported()
        notes = [b.submission(b.NOTE) for _ in range(20)]
        results = await asyncio.gather(
            *((one, other)[turn % 2].desk.carry_out(note) for turn, note in enumerate(notes))
        )
        assert sorted(result.version for result in results) == list(range(2, 22))
        records = await one.ledger.records(STREAM)
        assert [record.version for record in records] == list(range(1, 22))
        assert [record.previous for record in records[1:]] == [r.hash for r in records[:-1]]


async def test_of_two_reports_on_one_key_one_wins(database: Database, clock: StandingClock) -> None:
    async with counter(database, clock) as one, counter(database, clock) as other:
        done = await asyncio.gather(
            outcome(one.desk, b.submission(b.report(), b.ENTERPRISE)),
            outcome(other.desk, b.submission(b.report(title="Another"), b.ENTERPRISE)),
        )
        assert {type(each) for each in done} == {CommandResult, ConflictError}
        assert len(await one.ledger.records(STREAM)) == 1


async def test_the_same_report_sent_twice_at_once_is_one_report(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as one, counter(database, clock) as other:
        sent = b.submission(b.report(), b.ENTERPRISE)
        results = await asyncio.gather(one.desk.carry_out(sent), other.desk.carry_out(sent))
        assert sorted(result.repeated for result in results) == [False, True]
        assert len(await one.ledger.records(STREAM)) == 1


async def test_ledger_numbers_have_no_gap_whoever_is_refused_in_between(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as one, counter(database, clock) as other:
        keys = [f"i{number}" for number in range(12)]
        for key in keys:
            await one.reported(key)
        acts = [b.submission(b.ACCEPT, key=key) for key in keys]
        acts += [b.submission(b.ACCEPT, b.NEIGHBOUR, key=key) for key in keys]
        acts += [b.submission(b.ACCEPT, key=key, expected_version=9) for key in keys]
        done = await asyncio.gather(
            *(outcome((one, other)[turn % 2].desk, act) for turn, act in enumerate(acts))
        )
        numbers = sorted(each.number or "" for each in done if isinstance(each, CommandResult))
        assert numbers == [f"HARBOUR-2026-{number:06d}" for number in range(1, 13)]


async def test_numbers_count_anew_for_each_local_year_and_each_zone(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as office:
        first = await office.accepted("a")
        clock.at = b.local(304, hour=7)  # 31 December: in Shanghai, and by UTC the day before
        last = await office.accepted("b")
        clock.at = b.local(305, hour=1)  # 1 January in Shanghai, still 31 December by UTC
        new_year = await office.accepted("c")
        assert [first.number, last.number, new_year.number] == [
            "HARBOUR-2026-000001",
            "HARBOUR-2026-000002",
            "HARBOUR-2027-000001",
        ]


async def test_a_desk_with_one_connection_can_open_its_terms_and_repeat_an_answer(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as office:
        await office.reported()
    async with counter(database, clock, size=1) as fresh:
        sent = b.submission(b.ACCEPT)
        async with asyncio.timeout(3):
            await asyncio.gather(*(fresh.do(b.NOTE) for _ in range(3)))
            assert not (await fresh.desk.carry_out(sent)).repeated
            assert (await fresh.desk.carry_out_for_workflow(sent)).result.repeated


async def test_terms_that_an_event_names_and_nobody_kept_are_a_fault_of_the_ledger(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as office:
        await office.reported()
        await database.tamper("terms", "DELETE FROM terms")
    async with counter(database, clock) as fresh:
        with pytest.raises(LedgerError, match="not kept"):
            await fresh.do(b.ACCEPT)
