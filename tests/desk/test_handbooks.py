"""A handbook is published: whole, by two persons, on top of the one in force; open issues stay."""

from datetime import date, timedelta

import builders as b
import pytest
from adoptions import ENDS_2026, EXTENDED, Office, calendar
from builders_sound import clocks
from desks import StandingClock
from shelves import (
    ISLAND,
    NEWCOMER,
    REASON,
    REPLACED,
    TIDES,
    hash_in_force,
    island,
    posts,
    publish,
    revised,
)

from desk.handbooks import HandbookPublishing, PostChange
from desk.planning import Planning
from desk.shelf import Shelf
from domain.errors import InvalidRequestError, NotPermittedError, UnknownZoneError
from domain.people import Officer
from handbooks.shelf import HandbookError
from ledger.port import Ledger

# What a publication does ----------------------------------------------------------------------


async def test_what_is_reported_afterwards_is_judged_by_it_and_open_issues_stay(
    there: Office,
) -> None:
    await there.accepted("before")
    row, told = await publish(there, REPLACED)
    assert (row.sequence, row.zone, row.hash) == (1, b.ZONE, REPLACED.handbook.hash)
    assert (row.previous, row.reason) == (b.HANDBOOK.hash, REASON)
    assert (row.author, row.approver) == ("coordination (coordination.a)", "director (director.a)")
    await there.reported("after")
    assert (await there.terms_of("after")).handbook == REPLACED.handbook
    assert (await there.terms_of("before")).handbook == b.HANDBOOK
    assert await there.adopted("before") == []
    assert told.open_elsewhere == 1


async def test_the_answer_names_posts_with_other_people_and_what_they_own(there: Office) -> None:
    for key in ("a", "b"):
        await there.accepted(key)
    await there.do(b.ESCALATE, key="b")
    _, told = await publish(there, REPLACED)
    assert told.posts == (
        PostChange(
            post="grid-east-1",
            before=("grid-east-1.a",),
            after=("grid-east-1.new",),
            open_issues=1,
        ),
    )
    assert told.open_elsewhere == 2


async def test_a_post_whose_people_change_on_a_later_day_is_named_too(there: Office) -> None:
    successor = {"person": "head-west.b", "from_on": "2026-04-01"}
    dated = [
        post | ({"assignments": [successor]} if post["id"] == "head-west" else {})
        for post in b.HANDBOOK_DATA["posts"]
    ]
    _, told = await publish(there, revised(posts=dated))
    assert told.posts == (PostChange("head-west", ("head-west.a",), ("head-west.a",), 0),)


async def test_issues_that_are_on_this_very_handbook_already_are_not_counted(
    ledger: Ledger, there: Office, clock: StandingClock
) -> None:
    """A process of a newer program came with it before anything was published."""
    await Office(ledger, clock, terms=REPLACED).reported("there-already")
    await there.reported("old")
    _, told = await publish(there, REPLACED)
    assert told.open_elsewhere == 1


async def test_a_person_replaced_acts_once_the_issue_is_moved_and_the_other_no_more(
    there: Office,
) -> None:
    for key in ("a", "b"):
        await there.accepted(key)
    await publish(there, REPLACED)
    with pytest.raises(NotPermittedError, match="does not hold the post"):
        await there.do(b.ESCALATE, NEWCOMER, key="a")
    ground = await Planning(there.desk, b.ZONE).approve(
        reason=REASON, author=b.COORDINATOR, approver=b.DIRECTOR
    )
    assert await there.moved(ground) == (2, 0)
    for key in ("a", "b"):
        assert (await there.terms_of(key)).handbook == REPLACED.handbook
        assert len(await there.adopted(key)) == 1
        assert (await there.desk.row(b.ZONE, key)).issue.owner == NEWCOMER.post
    with pytest.raises(NotPermittedError, match="does not hold the post"):
        await there.do(b.ESCALATE, key="a")
    await there.do(b.ESCALATE, NEWCOMER, key="a")
    assert await there.is_sound()


async def test_what_would_happen_is_said_and_nothing_is_written(there: Office) -> None:
    await there.accepted()
    foreseen = await HandbookPublishing(there.desk).foresee(REPLACED)
    assert await there.ledger.newest_handbooks() == []
    assert await there.ledger.handbook_version(REPLACED.handbook.hash) is None
    _, told = await publish(there, REPLACED)
    assert told.posts == foreseen.posts != ()
    assert (told.open_elsewhere, told.calendars) == (foreseen.open_elsewhere, foreseen.calendars)


async def test_a_calendar_published_later_is_laid_over_a_published_handbook(there: Office) -> None:
    await publish(there, REPLACED)
    await there.reported()
    await there.publish(EXTENDED)
    assert (await there.terms_of()) == REPLACED.with_calendar(EXTENDED)
    await there.reported("later")
    assert (await there.terms_of("later")) == REPLACED.with_calendar(EXTENDED)


# Who, and what --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "approver", "message"),
    [
        (b.COORDINATOR, b.COORDINATOR, "of their own"),
        (b.OFFICER, b.DIRECTOR, "may not publish a handbook"),
        (b.COORDINATOR, b.HEAD, "may not publish a handbook"),
        (b.COORDINATOR, b.AUDITOR, "may not publish a handbook"),
        (b.COORDINATOR, Officer(person="nobody", post="director"), "does not hold the post"),
        (Officer(person="coordination.a", post="nowhere"), b.DIRECTOR, "has such a post"),
        (
            b.COORDINATOR,
            Officer(person="director.b", post="director", on_behalf_of="director.a"),
            "publishes a handbook for another",
        ),
        (
            Officer(person="x", post="coordination", on_behalf_of="director.a"),
            b.DIRECTOR,
            "of their own",
        ),
    ],
)
async def test_two_persons_who_may_stand_for_it_and_nobody_else(
    there: Office, author: Officer, approver: Officer, message: str
) -> None:
    with pytest.raises(NotPermittedError, match=message):
        await publish(there, REPLACED, author=author, approver=approver)
    assert await there.ledger.newest_handbooks() == []


async def test_the_present_handbook_says_who_may_not_the_new_one(there: Office) -> None:
    promoted = revised(posts=posts(coordination=["usurper"]))
    usurper = Officer(person="usurper", post="coordination")
    with pytest.raises(NotPermittedError, match="does not hold the post"):
        await publish(there, promoted, author=usurper)
    await publish(there, promoted)
    with pytest.raises(NotPermittedError, match="does not hold the post"):
        await publish(there, revised(3))
    await publish(there, revised(3), author=usurper)


async def test_who_comes_only_later_does_not_yet_publish(
    there: Office, clock: StandingClock
) -> None:
    dated = [
        post | ({"people": [], "assignments": [{"person": "z", "from_on": "2026-03-03"}]})
        if post["id"] == "coordination"
        else post
        for post in b.HANDBOOK_DATA["posts"]
    ]
    await publish(there, revised(posts=dated))
    coming = Officer(person="z", post="coordination")
    with pytest.raises(NotPermittedError, match="does not hold the post"):
        await publish(there, revised(3), author=coming)
    clock.at = b.local(0, 23, 59)
    with pytest.raises(NotPermittedError, match="does not hold the post"):
        await publish(there, revised(3), author=coming)
    clock.at = b.local(1, 0)
    await publish(there, revised(3), author=coming)


@pytest.mark.parametrize("revision", [1, 2])
async def test_a_handbook_has_a_greater_revision_than_the_one_in_force(
    there: Office, revision: int
) -> None:
    await publish(there, REPLACED)
    with pytest.raises(InvalidRequestError, match="greater revision") as refused:
        await publish(there, revised(revision))
    assert refused.value.allowed == "3 or more"
    assert [row.hash for row in await there.ledger.newest_handbooks()] == [REPLACED.handbook.hash]


async def test_what_a_check_refuses_is_not_published(there: Office) -> None:
    endless = clocks("handling", pause=[{"phases": ["handling", "sign_off"]}])
    with pytest.raises(HandbookError, match=r"handling.*R1\.5"):
        await publish(there, revised(clocks=endless))
    assert await there.ledger.newest_handbooks() == []


@pytest.mark.parametrize("reason", ["", " ", "x" * 4001, "a\x00b"])
async def test_words_that_no_event_could_hold_are_not_taken(there: Office, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match="reason"):
        await publish(there, REPLACED, reason=reason)
    assert await there.ledger.newest_handbooks() == []


async def test_a_calendar_that_breaks_a_rule_is_not_brought_along(there: Office) -> None:
    never = [date(2026, 3, 2) + timedelta(days=number) for number in range(90)]
    with pytest.raises(HandbookError, match=r"calendar tides: .*R2\.5"):
        await publish(there, island(named=calendar(2027, *never, id="tides")))
    assert await there.ledger.newest_publications() == []


# Calendars and new zones ----------------------------------------------------------------------


async def test_a_zone_that_nobody_shipped_is_published_by_its_own_people(
    there: Office, elsewhere: Office
) -> None:
    with pytest.raises(UnknownZoneError):
        await there.desk.shelf.current(ISLAND, b.MON_9)
    row, told = await publish(there, island())
    assert (row.previous, told.present, told.posts) == (None, None, ())
    assert await hash_in_force(elsewhere, ISLAND) == island().handbook.hash
    assert elsewhere.desk.shelf.zones == [b.ZONE, ISLAND]
    with pytest.raises(NotPermittedError, match="does not hold the post"):
        await publish(there, island(2), author=Officer(person="x", post="coordination"))


async def test_a_calendar_of_its_own_comes_with_a_handbook(
    there: Office, elsewhere: Office
) -> None:
    _, told = await publish(there, island(named=TIDES))
    assert told.calendars == (TIDES,)
    (kept,) = await there.ledger.newest_publications()
    assert (kept.calendar, kept.hash, kept.previous) == ("tides", TIDES.hash, None)
    assert (await elsewhere.desk.shelf.current(ISLAND, b.MON_9)).calendar == TIDES
    later = calendar(2028, id="tides")
    ground = await there.published(later)
    assert ground.reference == "publication-2"
    assert (await there.desk.shelf.current(ISLAND, b.MON_9)).calendar == later
    _, again = await publish(there, island(2, later))
    assert again.calendars == ()


async def test_a_handbook_does_not_move_a_calendar_that_is_in_force(there: Office) -> None:
    for terms in (
        island(named=EXTENDED),
        revised().with_calendar(EXTENDED),
    ):
        with pytest.raises(InvalidRequestError, match="calendar publish") as refused:
            await publish(there, terms)
        assert refused.value.allowed == ENDS_2026.hash
    assert await there.ledger.newest_handbooks() == []
    assert await there.ledger.newest_publications() == []


async def test_a_zones_own_calendar_counts_before_its_namesake_of_another_zone(
    ledger: Ledger, clock: StandingClock
) -> None:
    office = Office(ledger, clock)
    shipped = {b.ZONE: office.desk.shelf.shipped(b.ZONE), ISLAND: island(named=EXTENDED)}
    office.desk.shelf = Shelf(ledger, {zone: terms for zone, terms in shipped.items() if terms})
    await publish(office, island(2, EXTENDED))
    terms = await office.desk.shelf.in_force(clock.at)
    assert [each.calendar for each in terms] == [ENDS_2026, EXTENDED]


async def test_a_calendar_that_begins_only_later_does_not_come_along(there: Office) -> None:
    late = calendar(2027, id="tides", valid_from="2026-03-03")
    with pytest.raises(InvalidRequestError, match="begins only later"):
        await publish(there, island(named=late))
    assert await there.ledger.newest_publications() == []
