"""Linked issues at the desk: circles refused, news told once, whatever dies in between."""

import asyncio

import builders as b
import builders_kin as k
import linked_issues
import pytest
from databases import Database
from desks import Counter, StandingClock, counter
from engine_fake import Engine
from linked_issues import (
    CAUSE,
    accepted,
    close,
    heard,
    issue,
    settled,
    ties,
    tried,
    until_heard,
)
from test_relay import running

from desk.errands import ErrandRunner
from domain.commands import SUBMISSION, Command
from domain.commands_of_callbacks import RecordDraw
from domain.commands_of_kin import RecordKin
from domain.errors import ConflictError, InvalidRequestError, IssueError, NotPermittedError
from domain.kin import KinNews, Tie
from domain.people import ENGINE, Actor
from domain.phases import LinkType, Outcome, Phase
from worker import make_relay

office = pytest.fixture(linked_issues.office)


async def test_a_link_is_known_in_both_streams_once_its_errand_has_run(office: Counter) -> None:
    await accepted(office, "a", "c")
    await office.do(k.link("c", CAUSE), key="a")
    assert await ties(office, "a") == [(CAUSE, "c", False)]
    assert await ties(office, "c") == []
    assert await settled(office) == 1
    assert await ties(office, "c") == [(CAUSE, "a", True)]
    assert await office.ledger.due_errands(b.NEXT_FRI_9, 10) == []
    await office.do(k.unlink("c", CAUSE), key="a")
    assert await settled(office) == 1
    assert (await ties(office, "a"), await ties(office, "c")) == ([], [])
    assert await office.ledger.links(b.ZONE, "a") == []


async def test_a_circle_is_refused_however_long(office: Counter) -> None:
    await accepted(office, "a", "c", "d")
    await office.do(k.link("c", CAUSE), key="a")
    await office.do(k.link("d", CAUSE), key="c")
    with pytest.raises(InvalidRequestError, match="a → c → d"):
        await office.do(k.link("a", CAUSE), key="d")
    await office.do(k.link("a"), key="d")
    await office.do(k.add_child("c"), key="a")
    with pytest.raises(IssueError):
        await office.do(k.add_child("a"), key="c")
    with pytest.raises(IssueError, match="part of another"):
        await office.do(k.add_child("c"), key="d")
    with pytest.raises(IssueError, match="No issue"):
        await office.do(k.link("nobody"), key="a")


async def test_a_part_that_is_closed_lets_its_parent_close(office: Counter) -> None:
    await accepted(office, "whole", "part")
    await office.do(k.add_child("part"), key="whole")
    await settled(office)
    with pytest.raises(IssueError):
        await close(office, "whole")
    await close(office, "part")
    assert (await issue(office, "whole")).children_open == ("part",)
    await settled(office)
    whole = await issue(office, "whole")
    assert whole.children_open == ()
    expected = Tie(type=LinkType.PART_OF, other="part", incoming=True).model_copy(
        update={"open": False, "outcome": Outcome.CLOSED_OUT, "heard": whole.ties[0].heard}
    )
    assert whole.ties == (expected,)


async def test_an_errand_may_cause_another_and_all_come_to_an_end(office: Counter) -> None:
    await accepted(office, "whole", "part")
    await close(office, "part")
    await office.do(k.add_child("part"), key="whole")
    # The part hears that it is one and, closed as it is, says so in answer.
    assert await settled(office) == 2
    assert (await heard(office, "part"), await heard(office, "whole")) == (1, 1)


async def test_a_new_process_runs_what_a_dead_one_left(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock, terms=k.KIN) as one:
        await accepted(one, "a", "c", "d")
        await one.do(k.link("c"), key="a")
        await one.do(k.link("d"), key="a")
    async with counter(database, clock, terms=k.KIN) as other:
        # Carried out, and dead before the errand was dropped.
        rows = await other.ledger.due_errands(clock.at, 10)
        first = await other.desk.carry_errand(SUBMISSION.validate_json(rows[0].text))
        again = await other.desk.carry_errand(SUBMISSION.validate_json(rows[0].text))
        assert (first.repeated, again.repeated) == (False, True)
    async with (
        counter(database, clock, terms=k.KIN) as third,
        counter(database, clock, terms=k.KIN) as fourth,
    ):
        await asyncio.gather(*(ErrandRunner(desk.desk).once() for desk in (third, fourth)))
        assert await settled(third) == 0
        assert [await heard(third, key) for key in ("c", "d")] == [1, 1]


async def test_of_two_opposite_links_at_once_one_is_refused(
    database: Database, clock: StandingClock
) -> None:
    async with (
        counter(database, clock, terms=k.KIN) as one,
        counter(database, clock, terms=k.KIN) as other,
    ):
        for number in range(20):
            left, right = f"l{number}", f"r{number}"
            await asyncio.gather(one.accepted(left), other.accepted(right))
            done = await asyncio.gather(
                tried(one, k.link(right, CAUSE), left), tried(other, k.link(left, CAUSE), right)
            )
            assert sorted(done) == [False, True]


async def test_of_two_parents_at_once_one_gets_the_part(
    database: Database, clock: StandingClock
) -> None:
    async with (
        counter(database, clock, terms=k.KIN) as one,
        counter(database, clock, terms=k.KIN) as other,
    ):
        for number in range(5):
            keys = [f"{name}{number}" for name in ("p", "q", "child")]
            await accepted(one, *keys)
            child = k.add_child(keys[2])
            done = await asyncio.gather(tried(one, child, keys[0]), tried(other, child, keys[1]))
            assert sorted(done) == [False, True]


DRAWN = RecordDraw(draw="d-1", lot="0" * 64)
NEWS = RecordKin(other="c", news=KinNews(what="linked", type=CAUSE, version=1))


@pytest.mark.parametrize(
    ("command", "actor"),
    [
        (NEWS, ENGINE),
        (NEWS, b.OFFICER),
        (DRAWN, ENGINE),
        (DRAWN, b.COORDINATOR),
    ],
)
async def test_the_doors_of_people_let_no_errand_in(
    memory: Counter, command: Command, actor: Actor
) -> None:
    await memory.accepted("a")
    with pytest.raises(NotPermittedError):
        await memory.do(command, actor, key="a")
    assert await heard(memory, "a") == 0


async def test_the_doors_of_people_let_no_report_of_the_engine_in(memory: Counter) -> None:
    with pytest.raises(NotPermittedError):
        await memory.do(b.report(), ENGINE, key="a")
    with pytest.raises(InvalidRequestError, match="engine's own"):
        await memory.do(b.report(), b.ENTERPRISE, key="a", id_="kin:harbour/c/1/1")
    with pytest.raises(InvalidRequestError, match="engine's own"):
        await memory.do(b.report(), b.ENTERPRISE, key="a", id_="link:0")


async def test_only_an_errand_is_carried_out_as_one(memory: Counter) -> None:
    await memory.accepted("a")
    id_ = "kin:harbour/c/1/1"
    for sent, refusal in (
        (b.submission(NEWS, b.OFFICER, key="a", id_=id_), NotPermittedError),
        (b.submission(b.NOTE, ENGINE, key="a", id_=id_), NotPermittedError),
        (b.submission(NEWS, ENGINE, key="a", id_="other"), InvalidRequestError),
    ):
        with pytest.raises(refusal):
            await memory.desk.carry_errand(sent)


async def test_the_same_errand_with_other_words_is_refused(memory: Counter) -> None:
    await accepted(memory, "a", "c")
    await memory.do(k.link("c"), key="a")
    (row,) = await memory.ledger.due_errands(memory.clock.at, 10)
    await settled(memory)
    sent = SUBMISSION.validate_json(row.text)
    other = sent.model_copy(update={"command": NEWS})
    with pytest.raises(ConflictError):
        await memory.desk.carry_errand(other)


async def test_the_relay_is_rung_for_errands_though_no_workflow_has_to_hear(
    office: Counter,
) -> None:
    await accepted(office, "a", "c")
    await office.desk.look(b.ZONE, "a", heard=True)
    rung: list[str] = []
    office.desk.on_poke = lambda: rung.append("rung")
    await office.do(b.NOTE, key="a")
    assert rung == []
    await office.do(k.link("c"), key="a")
    assert rung == ["rung"]


async def test_a_relay_runs_errands_while_temporal_is_away(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock, terms=k.KIN) as office:
        await accepted(office, "a", "c")
        await office.do(k.link("c"), key="a")
        engine = Engine(away=True)
        async with running(make_relay(engine.client, office.desk, task_queue="t")):
            await until_heard(office, "c", 10)


async def test_a_merge_and_its_undoing_leave_no_link(office: Counter) -> None:
    await accepted(office, "a", "c")
    await office.reported("new")
    with pytest.raises(IssueError, match="taken on"):
        await office.do(k.merge("new"), b.HEAD, key="a")
    await office.do(k.merge("c"), b.HEAD, key="a")
    await settled(office)
    assert (await issue(office, "a")).outcome is Outcome.MERGED
    assert await ties(office, "c") == [(LinkType.MERGED_INTO, "a", True)]
    await office.do(k.UNMERGE, key="a")
    await settled(office)
    assert (await issue(office, "a")).phase is Phase.HANDLING
    assert (await ties(office, "c"), await office.ledger.links(b.ZONE, "a")) == ([], [])


async def test_a_target_that_is_withdrawn_gives_back_what_was_merged_into_it(
    office: Counter,
) -> None:
    await accepted(office, "a", "c")
    await office.do(k.merge("c"), b.HEAD, key="a")
    await settled(office)
    await office.do(b.WITHDRAW, b.ENTERPRISE, key="c")
    await office.do(b.VERIFY, b.HEAD, key="c")
    await settled(office)
    row = await office.desk.row(b.ZONE, "a")
    assert (row.issue.phase, row.issue.outcome) == (Phase.HANDLING, None)
    assert not row.answered  # its workflow is started anew
    assert await office.ledger.links(b.ZONE, "a") == []
