"""What every ledger does with published calendars and handbooks, plans of adoption and tasks."""

import asyncio
import dataclasses
from datetime import date

import pytest
from contract import LedgerContract
from lives import TERMS, Life, accepted, at, clock_moves, closed_out, note, reported, run, write

from domain.canonical import sha256
from domain.clocks import Move
from ledger.port import Ledger, StreamConflictError
from ledger.publications import (
    CalendarRow,
    HandbookPublicationRow,
    HandbookRow,
    OpenRow,
    PlanRow,
    ProvisionalRow,
    PublicationRow,
    TaskRow,
    adoption_id,
)


def version(text: str, *, id_: str = "office", until: int = 2027) -> CalendarRow:
    """Return a version of a calendar, valid to the end of a year."""
    return CalendarRow(sha256(text), id_, text, date(until, 12, 31), at(1))


async def publish(
    ledger: Ledger, row: CalendarRow, *, after: int = 0, previous: str | None = None
) -> PublicationRow:
    """Publish a version with a reason and an author."""
    return await ledger.publish(
        row, after=after, previous=previous, author="coordination (a)", reason="节假日安排"
    )


def handbook(text: str, *, zone: str = "z1") -> HandbookRow:
    """Return a version of a zone's handbook."""
    return HandbookRow(sha256(text), zone, text, at(1))


async def publish_handbook(
    ledger: Ledger, row: HandbookRow, *, after: int = 0, previous: str | None = None
) -> HandbookPublicationRow:
    """Publish a handbook as two persons do, with a reason."""
    return await ledger.publish_handbook(
        row,
        after=after,
        previous=previous,
        author="coordination (a)",
        approver="director (b)",
        reason="轮岗",
    )


def task(life: Life, year: int = 2027, *, subject: str = "office") -> TaskRow:
    """Return the task that the life's next event raises."""
    next_version = 1 if life.issue is None else life.issue.version + 1
    id_ = f"calendar:{subject}:{year}"
    return TaskRow(id_, "calendar", subject, year, at(0), life.stream, next_version)


async def raise_task(ledger: Ledger, key: str, row: TaskRow | None = None) -> TaskRow:
    """Report an issue whose event raises a task."""
    life = Life(key)
    raised = row or task(life)
    await write(ledger, dataclasses.replace(life.step(reported()), tasks=(raised,)))
    return raised


def plan(zone: str = "z1", *, undoes: int | None = None) -> PlanRow:
    """Return a plan before it has its sequence."""
    to_terms = None if undoes else sha256("new")
    return PlanRow(
        0, zone, (TERMS,), to_terms, undoes, "desk (a)", "head (b)", "New limits.", at(2)
    )


class PublicationsContract(LedgerContract):
    """Publications, plans, adoptions, tasks."""

    # Publications --------------------------------------------------------------------------

    async def test_a_publication_is_read_back_as_it_was(self, ledger: Ledger) -> None:
        assert await ledger.newest_publications() == []
        row = version("v1")
        published = await publish(ledger, row, previous=sha256("shipped"))
        assert await ledger.newest_publications() == [published]
        assert await ledger.publication(published.sequence) == published
        assert await ledger.publication(published.sequence + 1) is None
        assert await ledger.calendar_version(row.hash) == row
        assert await ledger.calendar_version(sha256("v2")) is None
        assert (published.calendar, published.previous) == ("office", sha256("shipped"))

    async def test_the_newest_of_each_calendar_counts(self, ledger: Ledger) -> None:
        first = await publish(ledger, version("v1"))
        other = await publish(ledger, version("w1", id_="never-closed"))
        again = await publish(ledger, version("v2"), after=first.sequence)
        back = await publish(ledger, version("v1"), after=again.sequence)
        assert await ledger.newest_publications() == [other, back]
        assert first.sequence < again.sequence < back.sequence
        assert back.hash == first.hash
        assert await ledger.publications_after(0, 3) == [first, other, again]
        assert await ledger.publications_after(again.sequence, 3) == [back]
        assert await ledger.publications_after(back.sequence, 3) == []

    async def test_who_did_not_see_the_newest_cannot_publish(self, ledger: Ledger) -> None:
        first = await publish(ledger, version("v1"))
        for after in (0, first.sequence + 1):
            with pytest.raises(StreamConflictError, match="office"):
                await publish(ledger, version("v2"), after=after)
        assert await ledger.newest_publications() == [first]
        assert await ledger.calendar_version(sha256("v2")) is None

    async def test_of_publications_at_one_moment_one_wins(self, ledger: Ledger) -> None:
        done = await asyncio.gather(
            *(publish(ledger, version(f"v{number}")) for number in range(6)),
            return_exceptions=True,
        )
        (won,) = [each for each in done if isinstance(each, PublicationRow)]
        assert sum(isinstance(each, StreamConflictError) for each in done) == 5
        assert await ledger.newest_publications() == [won]

    # Handbooks -----------------------------------------------------------------------------

    async def test_a_published_handbook_is_read_back_as_it_was(self, ledger: Ledger) -> None:
        assert await ledger.newest_handbooks() == []
        assert await ledger.handbook_publications("z1") == []
        row = handbook("h1")
        published = await publish_handbook(ledger, row, previous=sha256("shipped"))
        expected = HandbookPublicationRow(
            sequence=published.sequence,
            zone="z1",
            hash=row.hash,
            previous=sha256("shipped"),
            at=row.at,
            author="coordination (a)",
            approver="director (b)",
            reason="轮岗",
        )
        assert await ledger.handbook_publications("z1") == [published] == [expected]
        assert await ledger.newest_handbooks() == [expected]
        assert await ledger.handbook_version(row.hash) == row
        assert await ledger.handbook_version(sha256("h2")) is None

    async def test_the_newest_handbook_of_each_zone_counts(self, ledger: Ledger) -> None:
        other = await publish_handbook(ledger, handbook("w", zone="z2"))
        first = await publish_handbook(ledger, handbook("h1"))
        again = await publish_handbook(ledger, handbook("h2"), after=first.sequence)
        back = await publish_handbook(ledger, handbook("h1"), after=again.sequence)
        assert await ledger.newest_handbooks() == [back, other]
        assert await ledger.handbook_publications("z1") == [first, again, back]
        assert first.sequence < again.sequence < back.sequence

    async def test_who_did_not_see_the_newest_handbook_cannot_publish(self, ledger: Ledger) -> None:
        first = await publish_handbook(ledger, handbook("h1"))
        for after in (0, first.sequence + 1):
            with pytest.raises(StreamConflictError, match="z1"):
                await publish_handbook(ledger, handbook("h2"), after=after)
        assert await ledger.handbook_publications("z1") == [first]
        assert await ledger.handbook_version(sha256("h2")) is None

    async def test_of_handbooks_published_at_one_moment_one_wins(self, ledger: Ledger) -> None:
        rows = [handbook(f"h{number}") for number in range(6)]
        done = await asyncio.gather(
            *(publish_handbook(ledger, row) for row in rows), return_exceptions=True
        )
        (won,) = [each for each in done if isinstance(each, HandbookPublicationRow)]
        assert sum(isinstance(each, StreamConflictError) for each in done) == 5
        assert await ledger.newest_handbooks() == [won]
        kept = [row.hash for row in rows if await ledger.handbook_version(row.hash)]
        assert kept == [won.hash]

    async def test_calendars_and_handbooks_do_not_count_against_each_other(
        self, ledger: Ledger
    ) -> None:
        await publish(ledger, version("v1", id_="z1"))
        first = await publish_handbook(ledger, handbook("h1"))
        assert [row.hash for row in await ledger.newest_publications()] == [sha256("v1")]
        assert await ledger.newest_handbooks() == [first]

    async def test_the_terms_of_a_zone_are_all_that_it_ever_had(self, ledger: Ledger) -> None:
        for text, zone in (("a", "z1"), ("b", "z1"), ("c", "z2"), ("a", "z1")):
            await ledger.put_terms(sha256(text), zone, text, at(0))
        assert await ledger.terms_of_zone("z1") == sorted([sha256("a"), sha256("b")])
        assert await ledger.terms_of_zone("z3") == []

    async def test_open_issues_are_counted_by_terms_and_owner(self, ledger: Ledger) -> None:
        assert await ledger.open_by_owner("z1") == []
        for key, zone in (("a", "z1"), ("b", "z1"), ("a", "z2")):
            await write(ledger, Life(key, zone).step(reported()))
        closed = Life("c")
        await write(ledger, closed.step(reported(), closed_out(2)))
        issue = (await ledger.find(zone="z1", limit=1))[0].issue
        assert await ledger.open_by_owner("z1") == [OpenRow(TERMS, issue.owner, 2)]
        assert await ledger.open_by_owner("z3") == []

    # Issues and their terms ----------------------------------------------------------------

    async def test_open_issues_are_found_by_their_terms(self, ledger: Ledger) -> None:
        closed = Life("c")
        await write(ledger, closed.step(reported(), closed_out(2)))
        assert await ledger.open_terms() == []
        for key, zone in (("a", "z1"), ("b", "z1"), ("a", "z2")):
            await write(ledger, Life(key, zone).step(reported()))
        assert await ledger.open_terms() == [TERMS]
        assert await ledger.open_terms("z2") == [TERMS]
        assert await ledger.open_terms("z3") == []

        async def found(after: str, limit: int, *terms: str) -> list[str]:
            rows = await ledger.open_on(terms, after=after, limit=limit)
            return [row.issue.stream for row in rows]

        assert await found("", 2, TERMS) == ["z1/a", "z1/b"]
        assert await found("z1/a", 9, TERMS, sha256("x")) == ["z1/b", "z2/a"]
        assert await found("", 9, sha256("x")) == []
        assert await found("", 9) == []

    async def test_what_an_adoption_moved_is_found_by_its_reference(self, ledger: Ledger) -> None:
        for reference in ("plan-1", "plan-10"):
            for key in ("b", "a", "A-1"):
                life = Life(f"{key}.{reference}")
                await write(ledger, life.step(reported()))
                id_ = adoption_id(reference, life.stream, TERMS)
                await write(ledger, life.step(note(), command_id=id_))
        idle = Life("idle")
        await write(ledger, idle.step(reported()))
        await write(ledger, idle.step(command_id=adoption_id("plan-1", idle.stream, TERMS)))

        async def found(after: str, limit: int) -> list[str]:
            rows = await ledger.adoptions("plan-1", after=after, limit=limit)
            return [row.stream for row in rows]

        first = adoption_id("plan-1", "z1/A-1.plan-1", TERMS)
        assert await found("", 9) == ["z1/A-1.plan-1", "z1/a.plan-1", "z1/b.plan-1"]
        assert await found("", 1) == ["z1/A-1.plan-1"]
        assert await found(first, 9) == ["z1/a.plan-1", "z1/b.plan-1"]
        assert await ledger.adoption_count("plan-1") == 3
        assert await ledger.adoption_count("plan-2") == 0

    # Plans ---------------------------------------------------------------------------------

    async def test_plans_are_kept_and_end_once(self, ledger: Ledger) -> None:
        first = await ledger.put_plan(plan())
        undo = await ledger.put_plan(plan(undoes=first.sequence))
        other = await ledger.put_plan(plan("z2"))
        assert first == dataclasses.replace(plan(), sequence=first.sequence)
        assert first.sequence < undo.sequence < other.sequence
        assert await ledger.plans() == [first, undo, other]
        assert await ledger.plans("z1") == [first, undo]
        await ledger.end_plan(first.sequence, at(3))
        await ledger.end_plan(first.sequence, at(4))
        ended = dataclasses.replace(first, ended_at=at(3))
        assert await ledger.plans("z1") == [ended, undo]
        assert await ledger.plans("z1", unended=True) == [undo]

    # Tasks ---------------------------------------------------------------------------------

    async def test_a_task_is_raised_with_its_event_and_only_once(self, ledger: Ledger) -> None:
        first = await raise_task(ledger, "a")
        again = Life("b")
        await write(ledger, dataclasses.replace(again.step(reported(5)), tasks=(task(again),)))
        assert await ledger.tasks() == [first]
        assert await ledger.tasks(settled=True) == []

    async def test_a_command_that_fails_raises_no_task(self, ledger: Ledger) -> None:
        life = Life("a")
        changes = dataclasses.replace(life.step(reported()), tasks=(task(life),))

        async def fail() -> None:
            async with ledger.transaction() as transaction:
                head, _ = await transaction.lock("z1/a", "c")
                await transaction.append(head, changes)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await ledger.tasks() == []

    async def test_what_is_appended_at_once_raises_its_tasks_too(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        async with ledger.transaction() as transaction:
            head, _ = await transaction.lock("z1/a", "c")
        assert head is not None
        raised = task(life)
        assert await ledger.append_at_once(
            head, dataclasses.replace(life.step(note(0)), tasks=(raised,))
        )
        assert await ledger.tasks() == [raised]
        stale = dataclasses.replace(life.step(note()), tasks=(task(life, 2028),))
        assert not await ledger.append_at_once(head, stale)
        assert await ledger.tasks() == [raised]

    async def test_a_task_is_settled_by_the_publication_that_covers_its_year(
        self, ledger: Ledger
    ) -> None:
        raised = await raise_task(ledger, "a")
        later = await raise_task(ledger, "b", task(Life("b"), 2028))
        await publish(ledger, version("other", id_="never-closed", until=2030))
        early = await publish(ledger, version("v1", until=2026))
        assert await ledger.tasks() == [raised, later]
        covering = await publish(ledger, version("v2"), after=early.sequence)
        assert await ledger.tasks() == [later]
        settled = dataclasses.replace(raised, settled_at=at(1), settled_by=covering.sequence)
        assert await ledger.tasks(settled=True) == [settled]
        assert await ledger.settle_tasks() == 0

    async def test_a_task_raised_after_its_publication_is_settled_at_once(
        self, ledger: Ledger
    ) -> None:
        covering = await publish(ledger, version("v1"))
        await raise_task(ledger, "a")
        assert await ledger.tasks() == []
        (settled,) = await ledger.tasks(settled=True)
        assert settled.settled_by == covering.sequence

    async def test_provisional_deadlines_are_counted_while_they_run(self, ledger: Ledger) -> None:
        provisional = clock_moves(Move.START, 0).model_copy(
            update={"run": run(0).model_copy(update={"provisional": True})}
        )
        for key in ("a", "b"):
            event = reported().model_copy(update={"clocks": (provisional,)})
            await write(ledger, Life(key).step(event))
        await write(ledger, Life("firm").step(reported()))
        done = Life("done")
        await write(ledger, done.step(reported().model_copy(update={"clocks": (provisional,)})))
        await write(ledger, done.step(accepted("No-1"), closed_out(2, cycle=2)))
        assert await ledger.provisional_clocks() == [
            ProvisionalRow(TERMS, "respond", run(0).due_at, 2)
        ]
