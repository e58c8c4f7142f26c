"""A desk's way into the past (I2) and to a position (I20), on offices with random lives."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import builders as b
import pytest
from deep import deep
from desks import Counter, StandingClock
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from desk.travelling import NotReachedError, position_of, row_then, rows_then, sight_of, wait_for
from domain import commands_of_time as tm
from domain.commands import Command
from domain.errors import InvalidRequestError, IssueError, UnknownIssueError
from domain.people import Actor
from domain.sight import Sight, folded, seen_from
from ledger.asof import Filters
from ledger.memory import MemoryLedger

MINUTE = timedelta(minutes=1)
KEYS = ("k1", "k2", "k3", "k4")
ACTS: tuple[tuple[Command, Actor], ...] = (
    (b.report(), b.ENTERPRISE),
    (b.report(), b.ENTERPRISE),
    (b.ACCEPT, b.OFFICER),
    (b.ACCEPT, b.OFFICER),
    (b.PROPOSE, b.OFFICER),
    (b.CONFIRM, b.ENTERPRISE),
    (b.VERIFY, b.HEAD),
    (b.ESCALATE, b.OFFICER),
    (b.REOPEN, b.ENTERPRISE),
    (b.NOTE, b.OFFICER),
)
WORLDS = deep("offices that are looked back on", 400)


@st.composite
def acts(draw: st.DrawFn) -> list[tuple[str, Command, Actor, int, int | None]]:
    """Draw what is asked of which issue, minutes after the last, and said to be how much older."""
    found = []
    for _ in range(draw(st.integers(5, 40))):
        command, actor = draw(st.sampled_from(ACTS))
        key, wait = draw(st.sampled_from(KEYS)), draw(st.sampled_from([0, 1, 10, 60, 500]))
        back = draw(st.none() | st.none() | st.integers(0, 600))
        found.append((key, command, actor, wait, back))
    return found


async def lived(drawn: list[tuple[str, Command, Actor, int, int | None]]) -> Counter:
    """Return an office to which all that was drawn has happened, with corrections between."""
    office = Counter(MemoryLedger(), StandingClock())
    for number, (key, command, actor, wait, back) in enumerate(drawn):
        office.clock.at += wait * MINUTE
        claimed = None if back is None else office.clock.at - back * MINUTE
        sent = b.submission(command, actor, key=key, id_=f"c{number}", occurred_at=claimed)
        if number % 7 == 6:
            earlier = b.MON_9 - (number % 5) * 60 * MINUTE
            correct = tm.Correct(version=1, took_place_at=earlier, reason="The log book.")
            sent = b.submission(correct, b.COORDINATOR, key=key, id_=f"c{number}")
        try:
            await office.desk.carry_out(sent)
        except IssueError:
            continue
    return office


@settings(max_examples=WORLDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@for_all(acts(), st.data())
def test_a_list_of_the_past_is_the_fold_of_every_prefix_that_fits(
    drawn: list[tuple[str, Command, Actor, int, int | None]], data: st.DataObject
) -> None:
    """Whatever was filtered: what is open then and closed now, and the other way round."""

    async def look() -> None:
        office = await lived(drawn)
        ledger, now = office.ledger, office.clock.at
        newest = await ledger.safe_position()
        length = int((now - b.MON_9) / MINUTE)
        instants = st.none() | st.integers(-300, length).map(lambda m: b.MON_9 + m * MINUTE)
        for _ in range(8):
            as_of, known_at = data.draw(instants), data.draw(instants)
            position = data.draw(st.integers(0, newest))
            sight = Sight(as_of or known_at or now, position, known_at, as_of)
            filters = data.draw(
                st.builds(
                    Filters,
                    phase=st.sampled_from([None, None, "handling", "closed"]),
                    owner=st.sampled_from([None, None, "area-head"]),
                    overdue=st.booleans(),
                    open_only=st.booleans(),
                )
            )
            page = await rows_then(office.desk, sight, filters)
            expected = []
            for key in KEYS:
                stream = f"{b.ZONE}/{key}"
                placed = await ledger.positions(stream)
                records = await ledger.records(stream)
                own = [r for p, r in zip(placed, records, strict=True) if p <= position]
                issue = folded(seen_from(sight, own))
                if issue is not None:
                    assert (await row_then(office.desk, b.ZONE, key, sight)).issue == issue
                if issue is not None and filters.fit(issue, sight.at):
                    expected.append(issue)
            assert [row.issue for row in page.rows] == expected
            assert not page.more

    asyncio.run(look())


async def test_an_instant_and_a_position_show_the_same_past(office: Counter) -> None:
    office.clock.at = b.MON_9
    await office.reported()
    reported = await office.ledger.safe_position()
    office.clock.at = b.MON_10
    await office.do(b.ACCEPT)

    by_instant = await sight_of(office.desk, b.MON_9 + MINUTE)
    by_position = await sight_of(office.desk, reported)
    then = await row_then(office.desk, b.ZONE, b.KEY, by_instant)

    assert then == await row_then(office.desk, b.ZONE, b.KEY, by_position)
    assert (then.issue.version, then.issue.phase, then.issue.number) == (1, "intake", None)
    assert by_instant.position == await office.ledger.safe_position()
    assert (by_position.at, by_position.position) == (b.MON_9, reported)
    assert (await sight_of(office.desk, None, reported)) == by_position


async def test_a_sight_can_be_had_again_when_the_ledger_has_moved_on(memory: Counter) -> None:
    await memory.reported()
    memory.clock.at = b.MON_11
    first = await sight_of(memory.desk, b.MON_10)
    late = b.submission(b.report(), b.ENTERPRISE, key="k2", occurred_at=b.MON_9)
    await memory.desk.carry_out(late)

    again = await sight_of(memory.desk, b.MON_10, first.position)
    later = await sight_of(memory.desk, b.MON_10)

    assert [r.issue.key for r in (await rows_then(memory.desk, again)).rows] == [b.KEY]
    assert [r.issue.key for r in (await rows_then(memory.desk, later)).rows] == [b.KEY, "k2"]


async def test_a_page_holds_no_more_than_was_asked_and_says_that_more_follow(
    memory: Counter,
) -> None:
    for key in ("a", "b", "c"):
        await memory.reported(key)
    sight = await sight_of(memory.desk, b.MON_9)

    first = await rows_then(memory.desk, sight, limit=2)
    last = await rows_then(memory.desk, sight, limit=2, after=first.rows[-1].issue.stream)

    assert ([row.issue.key for row in first.rows], first.more) == (["a", "b"], True)
    assert ([row.issue.key for row in last.rows], last.more) == (["c"], False)


async def test_what_had_not_been_told_then_is_named_then(memory: Counter) -> None:
    memory.clock.at = b.MON_9
    await memory.accepted()
    named = [notice.id for notice in await memory.ledger.notices(f"{b.ZONE}/{b.KEY}")]
    for id_ in named:
        await memory.ledger.mark_delivered(id_, b.MON_11)
    memory.clock.at = b.MON_13

    async def told(at: datetime) -> tuple[str, ...]:
        return (await row_then(memory.desk, b.ZONE, b.KEY, await sight_of(memory.desk, at))).notices

    assert named
    assert await told(b.MON_10) == tuple(named)
    assert await told(b.MON_11) == ()


@pytest.mark.parametrize(
    ("as_of", "known_at", "field"),
    [
        (b.MON_11, None, "as_of"),
        (None, b.MON_11, "known_at"),
        (b.MON_10, b.MON_9, "as_of"),
        (99, None, "as_of"),
        (0, None, "as_of"),
        (None, 99, "known_at"),
        (1, b.MON_9, "known_at"),
    ],
)
async def test_what_cannot_be_looked_at_is_refused_with_what_can(
    memory: Counter, as_of: datetime | int | None, known_at: datetime | int | None, field: str
) -> None:
    await memory.reported()
    memory.clock.at = b.MON_10

    with pytest.raises(InvalidRequestError) as refused:
        await sight_of(memory.desk, as_of, known_at)

    assert refused.value.field == field
    assert refused.value.allowed


async def test_an_issue_is_unknown_before_it_was_reported(memory: Counter) -> None:
    memory.clock.at = b.MON_10
    await memory.reported()
    sight = await sight_of(memory.desk, b.MON_9)

    with pytest.raises(UnknownIssueError, match="had not been reported"):
        await row_then(memory.desk, b.ZONE, b.KEY, sight)
    with pytest.raises(UnknownIssueError, match="No issue was reported"):
        await row_then(memory.desk, b.ZONE, "none", sight)


async def test_who_waits_for_the_position_of_an_answer_reads_what_was_written(
    office: Counter,
) -> None:
    result = await office.reported()
    stream = f"{b.ZONE}/{b.KEY}"
    (position,) = await office.ledger.positions(stream, from_version=result.version)

    reached = await wait_for(office.ledger, position)
    row = await office.desk.row(b.ZONE, b.KEY)

    assert reached >= position
    assert await position_of(office.ledger, row, 0) == position
    assert await position_of(office.ledger, row, position + 7) == position + 7
    with pytest.raises(NotReachedError, match=f"did not come to {position + 1}"):
        await wait_for(office.ledger, position + 1, within=timedelta(milliseconds=1))


async def test_of_many_who_write_at_once_each_reads_what_they_wrote(office: Counter) -> None:
    """And at the position that each is told, the same is read however late it is asked for."""

    async def write_and_read(key: str) -> tuple[int, list[str]]:
        result = await office.reported(key)
        stream = f"{b.ZONE}/{key}"
        (position,) = await office.ledger.positions(stream, from_version=result.version)
        await wait_for(office.ledger, position)
        sight = await sight_of(office.desk, position)
        return position, [row.issue.key for row in (await rows_then(office.desk, sight)).rows]

    keys = [f"k{number}" for number in range(12)]
    read = await asyncio.gather(*(write_and_read(key) for key in keys))

    for key, (position, seen) in zip(keys, read, strict=True):
        assert key in seen
        assert len(seen) == len([each for each, _ in read if each <= position])
        again = await rows_then(office.desk, await sight_of(office.desk, position))
        assert [row.issue.key for row in again.rows] == seen


async def test_a_wait_ends_when_somebody_writes(memory: Counter) -> None:
    waiting = asyncio.create_task(wait_for(memory.ledger, 1))
    await asyncio.sleep(0)
    assert not waiting.done()

    await memory.reported()

    assert await waiting == 1


async def test_a_past_that_cannot_be_told_hides_no_other(memory: Counter) -> None:
    await memory.reported("a")
    await memory.reported("b")
    tables = memory.ledger._tables  # type: ignore[attr-defined]  # spoilt by hand
    spoilt = replace(tables.positions[0], text="{}")
    tables.positions[0] = spoilt
    await memory.do(b.NOTE, key="a")
    await memory.do(b.NOTE, key="b")
    sight = await sight_of(memory.desk, 2)

    page = await rows_then(memory.desk, sight)

    assert [row.issue.key for row in page.rows] == ["b"]
