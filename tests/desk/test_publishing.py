"""A calendar is published: whole, once, by who may; every open issue follows, closed ones never."""

from datetime import date, timedelta

import builders as b
import pytest
from adoptions import (
    DECEMBER,
    ENDS_2026,
    EXTENDED,
    FREED,
    IN_2027,
    REASON,
    TO_2026,
    Office,
    calendar,
    week,
)
from desks import StandingClock
from engine_fake import Engine

from desk.adopting import Adopter
from desk.guard import Guard
from desk.moves import Figures, Shift
from desk.publishing import Publishing
from domain.calendar import WorkingCalendar
from domain.calendar_check import UnfitCalendarError
from domain.errors import InvalidRequestError, NotPermittedError
from domain.people import Officer
from ledger.port import Ledger

WEEK = timedelta(days=7)


# What a publication does to issues ---------------------------------------------------------


async def test_every_open_issue_moves_by_its_own_events_and_both_deadlines_stand_in_them(
    there: Office,
) -> None:
    await there.accepted("a")
    await there.reported("b")
    before = await there.due("handling", "a")
    figures = await there.publish(EXTENDED)
    assert figures == Figures(issues=2, later=2, same=1)
    (adopted,) = await there.adopted("a")
    assert (adopted.ground, adopted.reference) == ("calendar", "publication-1")
    assert (adopted.reason, adopted.author) == (REASON, "coordination (coordination.a)")
    assert (adopted.from_terms, adopted.to_terms) == (
        TO_2026.hash,
        TO_2026.with_calendar(EXTENDED).hash,
    )
    moved = {event.clock: event for event in await there.migrated("a")}
    assert moved.keys() == {"handling", "resolution"}
    assert (moved["handling"].old_due_at, moved["handling"].new_due_at) == (before, before + WEEK)
    assert await there.due("handling", "a") == before + WEEK
    assert await there.is_sound()


async def test_what_is_reported_afterwards_is_judged_by_the_new_calendar(there: Office) -> None:
    await there.published(EXTENDED)
    await there.reported()
    assert (await there.terms_of()).calendar == EXTENDED
    assert await there.adopted() == []


async def test_a_publication_that_changes_nothing_for_an_issue_still_moves_its_terms(
    there: Office,
) -> None:
    await there.accepted()
    figures = await there.publish(FREED)
    assert figures == Figures(issues=1, same=2)
    assert len(await there.adopted()) == 1
    assert await there.migrated() == []
    assert (await there.terms_of()).calendar == FREED


async def test_closed_clocks_and_closed_issues_never_move(there: Office) -> None:
    await there.closed_out("over")
    await there.accepted("open")
    rows = await there.ledger.clocks("harbour/over"), await there.ledger.clocks("harbour/open")
    ended = [row for row in rows[1] if row.standing == "stopped"]
    assert [row.clock for row in ended] == ["acceptance"]
    assert await there.publish(EXTENDED) == Figures(issues=1, later=2)
    assert await there.ledger.clocks("harbour/over") == rows[0]
    assert [row for row in await there.ledger.clocks("harbour/open") if row in ended] == ended
    assert await there.adopted("over") == []
    assert {event.clock for event in await there.migrated("open")} == {"handling", "resolution"}


async def test_a_paused_clock_resumes_by_the_new_calendar(
    there: Office, clock: StandingClock
) -> None:
    await there.accepted()
    clock.at = b.MON_10
    await there.do(b.PAUSE)
    await there.publish(EXTENDED)
    assert all(event.new_due_at is None for event in await there.migrated())
    clock.at = b.MON_11
    await there.do(b.RESUME)
    # One hour of sixteen is spent, six remain on Monday, nine are left for the week after next.
    assert await there.due("handling") == b.local(9, 10)
    assert await there.is_sound()


async def test_an_issue_that_is_reopened_is_caught_up_by_the_guard(
    there: Office, clock: StandingClock
) -> None:
    await there.closed_out()
    await there.publish(EXTENDED)
    await there.do(b.REOPEN, b.ENTERPRISE)
    assert (await there.terms_of()).calendar == ENDS_2026
    assert (await Guard(there.desk, Engine().client).round()).adopted == 1
    assert (await there.terms_of()).calendar == EXTENDED
    assert (await Guard(there.desk, Engine().client).round()).adopted == 0


async def test_the_preview_says_what_the_publication_then_does_and_writes_nothing(
    there: Office, clock: StandingClock
) -> None:
    await there.accepted("a")
    await there.reported("b")
    publishing = Publishing(there.desk)
    in_force = await publishing.check(EXTENDED)
    foreseen = [move async for move in publishing.preview(EXTENDED, in_force)]
    assert await there.adopted("a") == []
    assert await there.ledger.newest_publications() == []
    ground = await there.published(EXTENDED)
    await there.moved(ground)
    done = [move async for move in Adopter(there.desk).done(ground.reference)]
    assert done == foreseen
    assert [clock.shift for move in done for clock in move.clocks] == [
        *(Shift.LATER, Shift.LATER),
        Shift.SAME,
    ]


async def test_a_breach_that_the_new_calendar_undoes_is_counted(
    there: Office, clock: StandingClock
) -> None:
    await there.accepted()
    clock.at = b.local(14, 12)
    await there.do(b.NOTE)
    assert (await there.due("resolution")) < clock.at
    figures = await there.publish(EXTENDED)
    assert (figures.breaches_removed, figures.breaches_created) == (1, 0)
    assert (await there.due("resolution")) == b.local(18, 17)
    assert await there.is_sound()


# Provisional deadlines ---------------------------------------------------------------------


async def test_a_deadline_beyond_the_published_days_is_provisional_until_its_year_is_published(
    there: Office, clock: StandingClock
) -> None:
    clock.at = DECEMBER
    await there.accepted()
    (task,) = await there.ledger.tasks()
    assert (task.id, task.subject, task.year) == ("calendar:plain:2027", "plain", 2027)
    raised = (await there.ledger.records(task.stream))[task.version - 1]
    assert raised.kind == "issue_accepted"
    assert task.raised_at == DECEMBER
    assert sum(row.count for row in await there.ledger.provisional_clocks()) == 1
    assert await there.publish(IN_2027) == Figures(issues=1, later=1, same=1, settled=1)
    (moved,) = await there.migrated()
    assert (moved.clock, moved.was_provisional, moved.is_provisional) == ("resolution", True, False)
    assert await there.ledger.tasks() == []
    (settled,) = await there.ledger.tasks(settled=True)
    assert settled.settled_by == 1
    assert await there.ledger.provisional_clocks() == []
    assert await there.is_sound()


async def test_a_clock_that_resumes_into_the_next_year_raises_the_task_too(
    there: Office, clock: StandingClock
) -> None:
    clock.at = DECEMBER - 2 * WEEK
    await there.accepted()
    assert await there.ledger.tasks() == []
    await there.do(b.PAUSE)
    clock.at = DECEMBER
    await there.do(b.RESUME)
    (task,) = await there.ledger.tasks()
    assert (task.year, task.raised_at) == (2027, DECEMBER)


async def test_a_new_calendar_can_itself_raise_the_task(
    there: Office, clock: StandingClock
) -> None:
    clock.at = DECEMBER - 2 * WEEK
    await there.accepted()
    before = await there.ledger.tasks()
    crowded = calendar(2026, *week(date(2026, 12, 22)), date(2026, 12, 29))
    await there.publish(crowded)
    after = await there.ledger.tasks()
    assert (before, [task.year for task in after]) == ([], [2027])
    adoption = (await there.ledger.records(after[0].stream))[after[0].version - 1]
    assert adoption.kind == "clock_migrated"


# Who, and what -----------------------------------------------------------------------------


@pytest.mark.parametrize("author", [b.COORDINATOR, b.SUPERVISOR, b.DIRECTOR])
async def test_those_who_oversee_or_lead_may_publish(there: Office, author: Officer) -> None:
    ground = await there.published(EXTENDED, author=author)
    assert ground.reference == "publication-1"


@pytest.mark.parametrize(
    ("author", "said"),
    [
        (b.OFFICER, "may not publish"),
        (b.AUDITOR, "may not publish"),
        (b.HEAD, "may not publish"),
        (Officer(person="director.a", post="coordination"), "does not hold"),
        (Officer(person="coordination.a", post="nowhere"), "such a post"),
    ],
)
async def test_nobody_else_may(there: Office, author: Officer, said: str) -> None:
    with pytest.raises(NotPermittedError, match=said):
        await there.published(EXTENDED, author=author)
    assert await there.ledger.newest_publications() == []


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (ENDS_2026, "in force already: as it was shipped"),
        (calendar(2025), "stays published"),
        (calendar(2027, id="another"), "of this id"),
    ],
)
async def test_a_version_that_cannot_follow_is_refused(
    there: Office, new: WorkingCalendar, said: str
) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        await there.published(new)
    assert await there.ledger.newest_publications() == []


async def test_the_same_version_again_is_refused_and_says_what_is_still_to_move(
    there: Office,
) -> None:
    await there.accepted()
    ground = await there.published(EXTENDED)
    with pytest.raises(InvalidRequestError, match="publication-1 of 2026-03-02; the guard moves"):
        await there.published(EXTENDED)
    await there.moved(ground)
    with pytest.raises(InvalidRequestError, match=r"publication-1 of 2026-03-02\. "):
        await there.published(EXTENDED)


async def test_a_calendar_that_breaks_a_rule_is_refused_before_anything_is_stored(
    there: Office,
) -> None:
    twice = calendar(2026, date(2026, 3, 3)).model_copy(
        update={
            "overrides": (
                *calendar(2026, date(2026, 3, 3)).overrides,
                *WorkingCalendar.model_validate(
                    b.CALENDAR.model_dump()
                    | {
                        "overrides": [
                            {
                                "kind": "make_up",
                                "on": date(2026, 3, 3),
                                "works_as": "monday",
                                "name": {"zh": "调休", "en": "made up"},
                            }
                        ]
                    }
                ).overrides,
            )
        }
    )
    with pytest.raises(UnfitCalendarError, match="also closed"):
        await there.published(twice)
    assert await there.ledger.newest_publications() == []


@pytest.mark.parametrize("reason", ["", " ", "x" * 4001, "a\x00b"])
async def test_words_that_no_event_could_hold_are_refused(there: Office, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match="reason"):
        await there.published(EXTENDED, reason=reason)
    assert await there.ledger.newest_publications() == []


async def test_what_was_shipped_later_may_be_published_when_issues_are_on_an_older_version(
    ledger: Ledger, clock: StandingClock
) -> None:
    old = Office(ledger, clock)
    await old.accepted()
    upgraded = Office(ledger, clock, terms=TO_2026.with_calendar(IN_2027))
    figures = await upgraded.publish(IN_2027)
    assert figures.issues == 1
    assert (await old.terms_of()).calendar == IN_2027
