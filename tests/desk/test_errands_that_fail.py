"""Errands that cannot be carried out now: put off, told of, and in nobody's way."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import builders as b
import builders_kin as k
import linked_issues
import pytest
import structlog
from databases import Database
from desks import Counter, StandingClock, counter
from engine_fake import Engine
from linked_issues import (
    HOUR,
    accepted,
    close,
    heard,
    settled,
    ties,
)

from desk.errands import FAILURES_NOTED, FIRST_PAUSE, PAUSE_MAX, ErrandRunner
from desk.guard import Guard
from domain.commands import Submission
from domain.issue import Promise
from domain.people import ENGINE
from domain.phases import LinkType, Origin
from domain.view import CommandResult
from ledger.memory import MemoryLedger
from ledger.port import LedgerError, LedgerUnavailableError
from terminal.checks import Grade, errands

office = pytest.fixture(linked_issues.office)


async def taken(office: Counter, key: str) -> None:
    """Let a key be taken that closeout would give later: people cannot."""
    report = b.report(origin=Origin.FOLLOW_UP, succeeds="c")
    sent = b.submission(report, ENGINE, key=key, id_=f"kin:{b.ZONE}/c/9/9")
    await office.desk.carry_errand(sent)


async def test_an_issue_that_cannot_be_decided_stops_no_other_errand(
    clock: StandingClock,
) -> None:
    ledger = MemoryLedger()
    office = Counter(ledger, clock, terms=k.KIN)
    await accepted(office, "a", "bad", "c", "d")
    for key, to in (("a", "bad"), ("a", "d"), ("c", "d")):
        await office.do(k.link(to), key=key)
    row = ledger._tables.issues[f"{b.ZONE}/bad"]  # spoilt from outside
    lost = [each.model_copy(update={"rule": "lost"}) for each in row.issue.clocks]
    spoilt = replace(row, issue=row.issue.model_copy(update={"clocks": tuple(lost)}))
    ledger._tables.issues[f"{b.ZONE}/bad"] = spoilt
    clock.at += timedelta(days=9)
    later = Counter(ledger, clock, terms=k.KIN)

    assert await settled(later) == 2
    assert [await heard(later, key) for key in ("bad", "d")] == [0, 2]
    (left,) = await ledger.due_errands(clock.at + HOUR, 10)
    assert (left.stream, left.attempts) == (f"{b.ZONE}/bad", 1)
    assert left.last_error is not None
    assert left.last_error.startswith("KeyError")


async def test_an_errand_that_fails_waits_longer_each_time_and_holds_up_no_other(
    office: Counter, clock: StandingClock
) -> None:
    await accepted(office, "a", "c")
    await taken(office, "a.f1")
    promising = b.SOLVED.model_copy(update={"follow_up": Promise(text="The lamp as well.")})
    await close(office, "a", b.PROPOSE.model_copy(update={"resolution": promising}))
    runner, pauses = ErrandRunner(office.desk), []
    with structlog.testing.capture_logs() as logs:
        assert await runner.once() == 1
        assert await ties(office, "c") == [(LinkType.SUCCEEDS, "a.f1", True)]
        for _ in range(13):
            clock.at += HOUR
            assert await runner.once() == 0
            (row,) = await office.ledger.due_errands(clock.at + HOUR, 10)
            pauses.append(row.not_before - clock.at)
        await Guard(office.desk, Engine().client).round()
    assert row.attempts == 14
    assert row.last_error is not None
    assert pauses[:2] == [2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses == sorted(pauses)
    assert pauses[-1] == PAUSE_MAX
    assert await office.ledger.failed_errands(FAILURES_NOTED) == 1
    assert [each["errands"] for each in logs if each["event"] == "errands_fail"] == [1]
    assert [each["attempt"] for each in logs if each["event"] == "errand_failed"][:2] == [1, 2]


async def test_an_errand_that_cannot_be_read_is_put_off_too(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock, terms=k.KIN) as office:
        await accepted(office, "a", "c", "d")
        await office.do(k.link("c"), key="a")
        await office.do(k.link("d"), key="a")
        async with database.connection() as admin:
            await admin.execute("UPDATE errand SET text = '{}' WHERE stream LIKE '%/c'")
        assert await settled(office) == 1
        assert [await heard(office, key) for key in ("c", "d")] == [0, 1]
        assert await office.ledger.failed_errands(0) == 1


@pytest.mark.parametrize("said", [True, False], ids=["refused", "no answer"])
async def test_an_issue_that_cannot_be_reached_holds_up_nobody_for_long(
    clock: StandingClock, monkeypatch: pytest.MonkeyPatch, said: bool
) -> None:
    monkeypatch.setattr("desk.errands.PATIENCE_S", 0.1)
    ledger, tried = MemoryLedger(), []
    office = Counter(ledger, clock, terms=k.KIN)
    await accepted(office, "t", "u", "s0", "s1", "s2")
    for number in range(3):
        await office.do(k.link("t"), key=f"s{number}")
    await office.do(k.link("u"), key="s0")
    carry = office.desk.carry_errand

    async def locked(sent: Submission) -> CommandResult:
        tried.append(sent.key)
        if sent.key != "t":
            return await carry(sent)
        if said:
            raise LedgerUnavailableError("locked")
        await asyncio.sleep(9)
        raise AssertionError("it was waited for")

    monkeypatch.setattr(office.desk, "carry_errand", locked)
    began = time.monotonic()
    carried = await ErrandRunner(office.desk).once()
    assert time.monotonic() - began < 2
    assert tried.count("t") == 1
    # Out of patience, the batch ends; the next one has it.
    assert carried + await ErrandRunner(office.desk).once() == 1
    assert await heard(office, "u") == 1
    left = await ledger.waiting_errands("", 9)
    assert {(row.stream, row.attempts) for row in left} == {(f"{b.ZONE}/t", 1)}
    why = "LedgerUnavailableError: locked" if said else "TimeoutError: it took too long"
    assert {row.last_error for row in left} == {why}


async def test_a_locked_issue_is_given_up_after_a_second_and_heard_of_later(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock, terms=k.KIN) as office:
        await accepted(office, "t", "s")
        await office.do(k.link("t"), key="s")
        async with database.connection() as other, other.transaction():
            await other.execute("SELECT FROM issue WHERE key = 't' FOR UPDATE")
            began = time.monotonic()
            assert await ErrandRunner(office.desk).once() == 0
            assert time.monotonic() - began < 4
        clock.at += HOUR
        assert await settled(office) == 1
        assert await heard(office, "t") == 1


async def test_the_doctor_names_the_oldest_errand_that_goes_on_failing(memory: Counter) -> None:
    await accepted(memory, "a", "c")
    await memory.do(k.link("c"), key="a")
    well = await errands(memory.desk)
    assert (well.grade, well.found) == (Grade.OK, "1 wait to be run")
    (row,) = await memory.ledger.due_errands(memory.clock.at, 10)
    for _ in range(FAILURES_NOTED + 1):
        await memory.ledger.put_off_errand(row.id, "ConflictError: taken", memory.clock.at)
    ill = await errands(memory.desk)
    assert ill.grade is Grade.WARN
    for told in (row.id, f"{b.ZONE}/c", "ConflictError: taken", "1 wait", "1 failed"):
        assert told in ill.found


class AwayLedger(MemoryLedger):
    """Goes away once errands were read."""

    async def put_off_errand(self, id_: str, error: str, not_before: object) -> None:
        raise LedgerError("away")


async def test_a_runner_whose_ledger_is_away_says_so_and_loses_nothing(
    clock: StandingClock,
) -> None:
    ledger = AwayLedger()
    office = Counter(ledger, clock, terms=k.KIN)
    await accepted(office, "a", "c")
    await office.do(k.link("c"), key="a")
    (row,) = await ledger.due_errands(clock.at, 10)
    ledger._tables.errands[row.id] = replace(row, text="{}")  # spoilt from outside
    with pytest.raises(LedgerError, match="away"):
        await ErrandRunner(office.desk).once()
    assert len(await ledger.due_errands(clock.at, 10)) == 1
