"""The contact board: who is responsible for an enterprise at any instant, by one handbook."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import builders as b
import pytest

from domain.board import Board, contact_board
from domain.errors import InvalidRequestError
from domain.handbook import Handbook
from domain.organization import owner_post
from domain.registry import registered

HERE = ZoneInfo("Asia/Shanghai")
MONDAY_9 = b.MON_9.astimezone(HERE)
NAME = {"zh": "测试", "en": "test"}


def posts(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the zone's posts, some with other fields; `_` stands for `-` in a post's id."""
    named = {id_.replace("_", "-"): fields for id_, fields in changes.items()}
    return [post | named.get(post["id"], {}) for post in b.HANDBOOK_DATA["posts"]]


def enterprises(**fields: Any) -> list[dict[str, Any]]:
    """Return the zone's enterprises, the mill with more fields."""
    return [
        each | (fields if each["id"] == "mill" else {}) for each in b.HANDBOOK_DATA["enterprises"]
    ]


def people(board: Board) -> list[tuple[str | None, tuple[str, ...]]]:
    """Return the accountable post of each tier, and who is on duty in it."""
    held = (tier.accountable for tier in board.tiers)
    return [(None, ()) if each is None else (each.post, each.on_duty) for each in held]


def test_each_tier_has_its_accountable_post_and_the_people_in_it() -> None:
    board = contact_board(b.HANDBOOK, "mill", MONDAY_9)
    assert people(board) == [
        ("grid-east-1", ("grid-east-1.a",)),
        ("head-east", ("head-east.a", "head-east.b")),
        ("director", ("director.a", "director.b")),
    ]
    assert (board.grid.id, board.area.id, board.segment, board.lists) == (
        "east-1",
        "east",
        None,
        (),
    )
    assert [post.post for post in board.coordinators] == ["coordination"]
    assert (board.sponsors, board.answerable) == ((), None)
    assert (board.handbook, board.local) == (b.HANDBOOK.hash, MONDAY_9)
    assert people(contact_board(b.HANDBOOK, "bakery", MONDAY_9))[:2] == [
        ("grid-west-1", ("grid-west-1.a",)),
        ("head-west", ("head-west.a",)),
    ]


def test_the_accountable_post_is_the_owner_of_an_issue_of_that_tier() -> None:
    book = b.handbook(enterprises=enterprises(sponsors=["head-west", "director"]))
    for enterprise in ("mill", "foundry", "bakery"):
        board = contact_board(book, enterprise, MONDAY_9)
        owners = [owner_post(book, enterprise, tier.level) for tier in book.tiers]
        assert [each and each.id for each in owners] == [post for post, _ in people(board)]


def test_a_sponsor_comes_first_in_the_chain_and_stands_on_the_board() -> None:
    book = b.handbook(enterprises=enterprises(sponsors=["head-west"]))
    board = contact_board(book, "mill", MONDAY_9)
    assert [post.post for post in board.sponsors] == ["head-west"]
    assert people(board)[1] == ("head-west", ("head-west.a",))
    assert [post.post for post in board.tiers[1].others] == ["head-east"]


def test_three_accountable_persons_segment_and_lists_are_named() -> None:
    book = b.handbook(
        segments=[{"id": "key", "name": NAME}],
        lists=[
            {"id": "white", "name": NAME, "revision": 4, "members": ["mill", "bakery"]},
            {"id": "other", "name": NAME, "members": ["bakery"]},
        ],
        enterprises=enterprises(
            segment="key",
            accountable={
                "administrative": "director",
                "sector": "roads-desk",
                "enterprise": "mill.safety",
            },
        ),
    )
    board = contact_board(book, "mill", MONDAY_9)
    assert board.segment is not None
    assert board.segment.id == "key"
    assert [(each.id, each.revision) for each in board.lists] == [("white", 4)]
    assert board.answerable is not None
    assert board.answerable.administrative is not None
    assert board.answerable.sector is not None
    named = board.answerable.administrative, board.answerable.sector
    assert [(each.post, each.people) for each in named] == [
        ("director", ("director.a", "director.b")),
        ("roads-desk", ("roads-desk.a",)),
    ]
    assert board.answerable.enterprise == "mill.safety"


def test_people_change_at_local_midnight() -> None:
    assignments = [
        {"person": "old", "to_on": "2026-03-02"},
        {"person": "new", "from_on": "2026-03-03"},
    ]
    book = b.handbook(posts=posts(grid_east_1={"people": [], "assignments": assignments}))
    last = datetime(2026, 3, 2, 23, 59, 59, tzinfo=HERE)
    assert people(contact_board(book, "mill", last))[0] == ("grid-east-1", ("old",))
    midnight = last + timedelta(seconds=1)
    assert people(contact_board(book, "mill", midnight))[0] == ("grid-east-1", ("new",))


def test_who_is_on_duty_is_told_apart_from_who_holds_the_post() -> None:
    shifts = [
        {"people": ["head-east.a"], "begins": "08:00", "ends": "20:00"},
        {"people": ["head-east.b"], "begins": "20:00", "ends": "08:00"},
    ]
    book = b.handbook(
        rosters=[{"id": "duty", "name": NAME, "shifts": shifts}],
        posts=posts(head_east={"roster": "duty"}),
    )
    for hour, on_duty in ((8, "head-east.a"), (20, "head-east.b"), (3, "head-east.b")):
        held = contact_board(book, "mill", MONDAY_9.replace(hour=hour)).tiers[1].accountable
        assert held is not None
        assert (held.people, held.on_duty) == (("head-east.a", "head-east.b"), (on_duty,))


def test_a_deputy_stands_beside_the_holder_while_the_delegation_lasts() -> None:
    delegation = {
        "id": "leave",
        "post": "grid-east-1",
        "principal": "grid-east-1.a",
        "deputy": "grid-west-1.a",
        "from_on": "2026-03-03",
        "to_on": "2026-03-04",
        "commands": ["accept"],
    }
    book = b.handbook(delegations=[delegation])

    def deputies(day: int) -> list[tuple[str, str, tuple[str, ...]]]:
        held = contact_board(book, "mill", MONDAY_9.replace(day=day)).tiers[0].accountable
        assert held is not None
        return [(each.person, each.acts_for, each.commands) for each in held.deputies]

    assert [bool(deputies(day)) for day in (2, 3, 4, 5)] == [False, True, True, False]
    assert deputies(3) == [("grid-west-1.a", "grid-east-1.a", ("accept",))]


def test_who_has_left_the_post_has_no_deputy_in_it() -> None:
    delegation = {
        "id": "leave",
        "post": "grid-east-1",
        "principal": "old",
        "deputy": "grid-west-1.a",
        "from_on": "2026-03-01",
        "to_on": "2026-03-31",
    }
    book = b.handbook(
        delegations=[delegation],
        posts=posts(grid_east_1={"assignments": [{"person": "old", "to_on": "2026-03-02"}]}),
    )
    for day, acts in ((2, True), (3, False)):
        held = contact_board(book, "mill", MONDAY_9.replace(day=day)).tiers[0].accountable
        assert held is not None
        assert bool(held.deputies) is acts


def test_a_level_with_nobody_says_where_its_issues_go() -> None:
    tiers = [
        tier | ({"on_empty": "next"} if tier["level"] == 1 else {})
        for tier in b.HANDBOOK_DATA["tiers"]
    ]
    book = b.handbook(tiers=tiers, posts=posts(grid_east_1={"people": []}))
    first = contact_board(book, "mill", MONDAY_9).tiers[0]
    assert first.accountable is not None
    assert (first.accountable.people, first.takes, first.takes_at_tier) == ((), "head-east", 2)
    held = b.handbook(
        tiers=[tiers[0] | {"on_empty": "hold_and_alarm"}, *tiers[1:]],
        posts=posts(grid_east_1={"people": []}),
    )
    alarmed = contact_board(held, "mill", MONDAY_9).tiers[0]
    assert (alarmed.takes, alarmed.held) == ("grid-east-1", True)


def test_a_coordinator_of_another_area_is_not_on_the_board() -> None:
    book = b.handbook(posts=posts(coordination={"covers": "west"}))
    assert contact_board(book, "mill", MONDAY_9).coordinators == ()
    assert len(contact_board(book, "bakery", MONDAY_9).coordinators) == 1


def test_an_enterprise_that_the_handbook_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no such enterprise") as refused:
        contact_board(b.HANDBOOK, "nobody", MONDAY_9)
    assert (refused.value.field, refused.value.value) == ("enterprise", "nobody")


# The registry ---------------------------------------------------------------------------------


def registry() -> Handbook:
    """Return the zone with a segment, two lists and a supply link."""
    return b.handbook(
        segments=[{"id": "key", "name": NAME}],
        lists=[
            {"id": "white", "name": NAME, "revision": 4, "members": ["bakery", "mill"]},
            {"id": "red", "name": NAME, "members": ["foundry"]},
        ],
        enterprises=enterprises(segment="key", supplies=["bakery"]),
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["mill", "foundry", "bakery"]),
        ({"listed": "white"}, ["mill", "bakery"]),
        ({"segment": "key"}, ["mill"]),
        ({"grid": "east-1"}, ["mill", "foundry"]),
        ({"grid": "east-1", "listed": "red"}, ["foundry"]),
        ({"segment": "key", "listed": "red"}, []),
        ({"listed": "unknown"}, []),
    ],
)
def test_enterprises_are_narrowed_by_list_segment_and_grid(
    asked: dict[str, str], expected: list[str]
) -> None:
    assert [each.enterprise.id for each in registered(registry(), **asked)] == expected


def test_an_enterprise_is_told_with_its_lists_suppliers_and_first_owner() -> None:
    mill, foundry, bakery = registered(registry())
    assert (mill.lists, mill.suppliers, mill.area) == (("white@4",), (), "east")
    assert (foundry.lists, foundry.first_owner) == (("red@1",), "grid-east-1")
    assert (bakery.suppliers, bakery.first_owner) == (("mill",), "grid-west-1")
