"""A zone moves to another handbook by a plan of two persons, and back to the same deadlines."""

from dataclasses import dataclass
from datetime import timedelta

import builders as b
import pytest
from adoptions import ENDS_2026, EXTENDED, LONGER, TO_2026, Office, aim, limits
from desks import StandingClock
from engine_fake import Engine

from desk.adopting import Adopter
from desk.grounds import Ground
from desk.guard import Guard
from desk.moves import Figures, Shift
from desk.planning import Planning
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError
from domain.people import Officer
from domain.terms import Terms
from ledger.port import Ledger

REASON = "New limits from the committee."
DAY = timedelta(days=1)


@dataclass
class Town:
    """The office before a new handbook was laid out, and after."""

    before: Office
    after: Office

    async def approved(
        self,
        undo: str | None = None,
        *,
        author: Officer = b.COORDINATOR,
        approver: Officer = b.DIRECTOR,
    ) -> Ground:
        """Approve a plan, or the undoing of one, and move nothing yet."""
        planning = Planning(self.after.desk, b.ZONE)
        return await planning.approve(reason=REASON, author=author, approver=approver, undo=undo)

    async def adopt(self, undo: str | None = None) -> Figures:
        """Approve a plan and move every issue."""
        ground = await self.approved(undo)
        await self.after.moved(ground)
        return await self.after.figures(ground)


@pytest.fixture
def town(ledger: Ledger, clock: StandingClock) -> Town:
    """An office with longer limits to be adopted."""
    return Town(Office(ledger, clock), Office(ledger, clock, terms=LONGER))


async def deadlines(office: Office, *keys: str) -> dict[str, list[tuple[object, ...]]]:
    """Return what every clock of these issues aims at, and when each of its rungs is due."""
    found = {}
    for key in keys:
        issue = (await office.desk.row(b.ZONE, key)).issue
        found[key] = [aim(clock) for clock in issue.clocks if clock.is_live]
    return found


# There and back ----------------------------------------------------------------------------


async def test_a_plan_moves_every_open_issue_and_its_undoing_restores_every_deadline(
    town: Town, clock: StandingClock
) -> None:
    await town.before.accepted("a")
    await town.before.reported("b")
    await town.before.accepted("paused")
    await town.before.closed_out("over")
    clock.at = b.MON_10
    await town.before.do(b.PAUSE, key="paused")
    keys = ("a", "b", "paused")
    before = await deadlines(town.before, *keys)
    clock.at = b.MON_10 + timedelta(minutes=15)
    assert await town.adopt() == Figures(issues=3, later=3, same=2)
    moved = await deadlines(town.after, *keys)
    assert all(moved[key] != before[key] for key in keys)
    assert (await town.after.terms_of("a")).hash == LONGER.hash
    (adopted,) = await town.after.adopted("a")
    assert (adopted.ground, adopted.reference) == ("handbook", "plan-1")
    assert (adopted.author, adopted.approver) == (
        "coordination (coordination.a)",
        "director (director.a)",
    )
    clock.at = b.MON_10 + timedelta(minutes=45)
    figures = await town.adopt(undo="plan-1")
    assert figures == Figures(issues=3, earlier=3, same=2)
    assert await deadlines(town.after, *keys) == before
    assert (await town.after.terms_of("a")).hash == TO_2026.hash
    assert [event.ground for event in await town.after.adopted("a")] == ["handbook", "undo"]
    assert await town.after.adopted("over") == []
    assert await town.after.is_sound()


async def test_only_what_the_plan_moved_comes_back(town: Town) -> None:
    await town.before.accepted("moved")
    await town.adopt()
    await town.after.accepted("born-here")
    figures = await town.adopt(undo="1")
    assert figures.issues == 1
    assert (await town.after.terms_of("moved")).handbook == b.HANDBOOK
    assert (await town.after.terms_of("born-here")).handbook == LONGER.handbook


async def test_a_calendar_published_meanwhile_is_not_undone_with_the_plan(town: Town) -> None:
    await town.before.accepted()
    await town.adopt()
    await town.after.publish(EXTENDED)
    await town.adopt(undo="plan-1")
    held = await town.after.terms_of()
    assert (held.handbook, held.calendar) == (b.HANDBOOK, EXTENDED)
    # As if the calendar alone had ever changed: two working days with a week off between them.
    assert await town.after.due("handling") == b.local(8, 17)
    assert (await Guard(town.after.desk, Engine().client).round()).adopted == 0
    assert await town.after.is_sound()


async def test_a_calendar_published_after_the_approval_is_kept_to(town: Town) -> None:
    await town.before.accepted()
    ground = await town.approved()
    publication = await town.after.published(EXTENDED)
    await town.after.moved(publication)
    await town.after.moved(ground)
    held = await town.after.terms_of()
    assert (held.handbook, held.calendar) == (LONGER.handbook, EXTENDED)
    assert await town.after.is_sound()


async def test_the_preview_says_what_the_plan_then_does_and_writes_nothing(town: Town) -> None:
    await town.before.accepted("a")
    await town.before.reported("b")
    planning = Planning(town.after.desk, b.ZONE)
    foreseen = [move async for move in planning.preview()]
    assert await town.after.ledger.plans() == []
    assert await town.after.adopted("a") == []
    ground = await town.approved()
    await town.after.moved(ground)
    assert [move async for move in Adopter(town.after.desk).done("plan-1")] == foreseen
    shifts = [clock.shift for move in foreseen for clock in move.clocks]
    assert shifts == [Shift.LATER] * 3
    back = [move async for move in planning.preview("plan-1")]
    assert [clock.shift for move in back for clock in move.clocks] == [Shift.EARLIER] * 3
    assert len(await town.after.ledger.plans()) == 1


async def test_shorter_limits_can_create_a_breach_and_their_undoing_removes_it(
    ledger: Ledger, clock: StandingClock
) -> None:
    town = Town(Office(ledger, clock), Office(ledger, clock, terms=limits(-1)))
    await town.before.accepted()
    clock.at = b.TUE_17 - timedelta(minutes=30)
    figures = await town.adopt()
    assert figures.breaches_created == 1
    assert await town.after.is_sound()


# Stopped half way --------------------------------------------------------------------------


async def test_the_guard_ends_a_plan_that_was_left_half_way(town: Town) -> None:
    keys = [f"i{number}" for number in range(5)]
    for key in keys:
        await town.before.accepted(key)
    ground = await town.approved()
    await Adopter(town.after.desk).batch(ground, limit=2)
    (plan,) = await town.after.ledger.plans()
    assert plan.ended_at is None
    assert (await Guard(town.before.desk, Engine().client).round()).adopted == 3
    (plan,) = await town.after.ledger.plans()
    assert plan.ended_at == town.before.clock.at
    for key in keys:
        assert len(await town.after.adopted(key)) == 1
    assert await town.after.figures(ground) == Figures(issues=5, later=10)


async def test_a_plan_that_was_left_half_way_is_ended_before_it_is_undone(town: Town) -> None:
    keys = [f"i{number}" for number in range(5)]
    for key in keys:
        await town.before.accepted(key)
    before = await deadlines(town.before, *keys)
    await Adopter(town.after.desk).batch(await town.approved(), limit=2)
    assert (await town.adopt(undo="plan-1")).issues == 5
    assert await deadlines(town.after, *keys) == before
    assert [plan.ended_at is None for plan in await town.after.ledger.plans()] == [False, False]


async def test_an_issue_that_stands_on_what_the_new_handbook_lacks_stays_and_is_named(
    ledger: Ledger, clock: StandingClock
) -> None:
    lacking = [each for each in b.HANDBOOK_DATA["enterprises"] if each["id"] != "mill"]
    terms = Terms(handbook=b.handbook(revision=2, enterprises=lacking), calendar=ENDS_2026)
    town = Town(Office(ledger, clock), Office(ledger, clock, terms=terms))
    await town.before.reported("stays")
    await town.before.do(b.report(enterprise="foundry"), b.COORDINATOR, key="moves")
    moves = [move async for move in Planning(town.after.desk, b.ZONE).preview()]
    assert [(move.stream, move.obstacle is None) for move in moves] == [
        ("harbour/moves", True),
        ("harbour/stays", False),
    ]
    assert "enterprise mill" in str(moves[1].obstacle)
    ground = await town.approved()
    assert await town.after.moved(ground) == (1, 1)
    assert (await town.after.terms_of("stays")).hash == TO_2026.hash
    (plan,) = await town.after.ledger.plans()
    assert plan.ended_at is not None
    assert await Planning(town.after.desk, b.ZONE).left(plan) == 1


# Who, and what -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "approver"),
    [(b.COORDINATOR, b.DIRECTOR), (b.DIRECTOR, b.SUPERVISOR), (b.VICE_DIRECTOR, b.COORDINATOR)],
)
async def test_one_who_oversees_and_one_who_leads_stand_for_a_plan(
    town: Town, author: Officer, approver: Officer
) -> None:
    await town.before.reported()
    ground = await town.approved(author=author, approver=approver)
    assert ground.reference == "plan-1"


@pytest.mark.parametrize(
    ("author", "approver", "said"),
    [
        (b.COORDINATOR, b.SUPERVISOR, "These two"),
        (b.DIRECTOR, b.VICE_DIRECTOR, "These two"),
        (b.OFFICER, b.DIRECTOR, "These two"),
        (b.COORDINATOR, b.COORDINATOR, "of their own"),
        (b.COORDINATOR, Officer(person="coordination.a", post="director"), "does not hold"),
        (b.COORDINATOR, Officer(person="director.a", post="nowhere"), "No such post"),
    ],
)
async def test_nobody_else_can(town: Town, author: Officer, approver: Officer, said: str) -> None:
    await town.before.reported()
    with pytest.raises(NotPermittedError, match=said):
        await town.approved(author=author, approver=approver)
    assert await town.after.ledger.plans() == []


async def test_one_person_in_two_posts_is_still_one_person(
    ledger: Ledger, clock: StandingClock
) -> None:
    posts = [
        post | {"people": ["director.a"]} if post["id"] == "coordination" else post
        for post in b.HANDBOOK_DATA["posts"]
    ]
    terms = Terms(handbook=b.handbook(revision=2, posts=posts), calendar=ENDS_2026)
    town = Town(Office(ledger, clock), Office(ledger, clock, terms=terms))
    await town.before.reported()
    with pytest.raises(NotPermittedError, match="of their own"):
        await town.approved(author=Officer(person="director.a", post="coordination"))


async def test_a_plan_that_would_move_nothing_is_refused(town: Town) -> None:
    await town.after.reported()
    with pytest.raises(InvalidRequestError, match="already"):
        await town.approved()
    assert await town.after.ledger.plans() == []


async def test_what_cannot_be_undone_is_refused(town: Town) -> None:
    await town.before.accepted()
    await town.adopt()
    await town.adopt(undo="plan-1")
    with pytest.raises(ConflictError, match="undone by plan-2"):
        await town.approved(undo="plan-1")
    for name in ("plan-2", "plan-9", "publication-1", ""):
        with pytest.raises(InvalidRequestError, match="plan-1"):
            await town.approved(undo=name)
    assert len(await town.after.ledger.plans()) == 2


async def test_the_engine_alone_adopts(town: Town) -> None:
    await town.before.accepted()
    target = LONGER
    for actor in (b.DIRECTOR, b.ENGINE):
        with pytest.raises(NotPermittedError):
            await town.after.do(b.adopt_handbook(target), actor)
