"""Who stands where: the chain over an enterprise, the nearest territory first."""

from datetime import datetime

import pytest
from builders import HANDBOOK, HANDBOOK_DATA, SHANGHAI, handbook
from pydantic import ValidationError

from domain.handbook import Handbook, Role
from domain.organization import (
    chain_posts,
    enterprise,
    on_duty,
    owner_post,
    post,
    post_above,
    posts_of_role,
    posts_of_unit,
    unit,
)


@pytest.mark.parametrize(
    ("enterprise_id", "tier", "owner"),
    [
        ("mill", 1, "grid-east-1"),
        ("mill", 2, "head-east"),
        ("mill", 3, "director"),
        ("bakery", 1, "grid-west-1"),
        ("bakery", 2, "head-west"),
        ("bakery", 3, "director"),
    ],
)
def test_each_tier_over_an_enterprise_has_one_accountable_post(enterprise_id, tier, owner):
    assert owner_post(HANDBOOK, enterprise_id, tier).id == owner


def test_above_the_top_nobody_is_accountable():
    assert owner_post(HANDBOOK, "mill", 4) is None
    assert post_above(HANDBOOK, "mill", 3) is None
    assert post_above(HANDBOOK, "mill", 1).id == "head-east"


def test_over_an_enterprise_that_is_nowhere_nobody_is_accountable():
    assert chain_posts(HANDBOOK, "lighthouse", 1) == ()


def test_the_nearest_territory_comes_first_whatever_the_order_of_the_handbook():
    specialist = {
        "id": "east-specialist",
        "name": {"zh": "-", "en": "-"},
        "covers": "east-1",
        "tier": 2,
        "people": ["s"],
    }
    zone_wide = specialist | {"id": "zone-specialist", "covers": "harbour"}
    book = handbook(posts=[zone_wide, *HANDBOOK_DATA["posts"], specialist])

    assert [found.id for found in chain_posts(book, "mill", 2)] == [
        "east-specialist",
        "head-east",
        "zone-specialist",
    ]
    assert [found.id for found in chain_posts(book, "bakery", 2)] == [
        "head-west",
        "zone-specialist",
    ]


def test_things_are_found_by_their_id_or_not_at_all():
    assert enterprise(HANDBOOK, "mill").grid == "east-1"
    assert post(HANDBOOK, "director").tier == 3
    assert unit(HANDBOOK, "customs").external
    assert enterprise(HANDBOOK, "x") is post(HANDBOOK, "x") is unit(HANDBOOK, "x") is None


def test_posts_are_found_by_unit_and_by_role():
    assert [found.id for found in posts_of_unit(HANDBOOK, "roads")] == ["roads-desk"]
    assert posts_of_unit(HANDBOOK, "archive") == ()
    assert [found.id for found in posts_of_role(HANDBOOK, Role.COORDINATOR)] == ["coordination"]
    assert [found.id for found in posts_of_role(HANDBOOK, Role.SUPERVISOR)] == ["supervision"]


NINE = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)


def test_without_a_roster_everybody_in_a_post_is_on_duty():
    assert on_duty(HANDBOOK, post(HANDBOOK, "head-east"), NINE) == ("head-east.a", "head-east.b")


def test_a_vacant_post_has_nobody():
    assert on_duty(HANDBOOK, post(HANDBOOK, "spare"), NINE) == ()


def staffed(shifts: list[dict[str, object]] | None = None, **post_changes: object) -> Handbook:
    """Return the zone with a post of its own, and a roster of these shifts."""
    name = {"zh": "-", "en": "-"}
    held = {"id": "watch", "name": name, "covers": "harbour", "people": ["a", "b"]} | post_changes
    rosters = [] if shifts is None else [{"id": "week", "name": name, "shifts": shifts}]
    if shifts is not None:
        held["roster"] = "week"
    return handbook(posts=[*HANDBOOK_DATA["posts"], held], rosters=rosters)


def there(book: Handbook, at: datetime) -> tuple[str, ...]:
    return on_duty(book, post(book, "watch"), at)


def test_people_come_to_a_post_and_leave_it_at_local_midnight():
    book = staffed(
        people=[],
        assignments=[
            {"person": "old", "to_on": "2026-03-01"},
            {"person": "new", "from_on": "2026-03-02"},
        ],
    )

    assert there(book, datetime(2026, 3, 1, 23, 59, tzinfo=SHANGHAI)) == ("old",)
    assert there(book, datetime(2026, 3, 2, 0, 0, tzinfo=SHANGHAI)) == ("new",)


def test_the_first_shift_that_covers_an_instant_says_who_is_on_duty():
    book = staffed(
        [
            {"people": ["b"], "weekdays": [1], "begins": "08:00", "ends": "12:00"},
            {"people": ["a"], "begins": "08:00", "ends": "18:00"},
        ]
    )

    assert there(book, datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)) == ("b",)
    assert there(book, datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)) == ("a",)
    assert there(book, datetime(2026, 3, 3, 9, tzinfo=SHANGHAI)) == ("a",)
    assert there(book, datetime(2026, 3, 2, 18, tzinfo=SHANGHAI)) == ()


def test_a_night_shift_belongs_to_the_day_on_which_it_begins():
    book = staffed([{"people": ["a"], "weekdays": [5], "begins": "22:00", "ends": "06:00"}])

    assert there(book, datetime(2026, 3, 6, 23, tzinfo=SHANGHAI)) == ("a",)
    assert there(book, datetime(2026, 3, 7, 5, 59, tzinfo=SHANGHAI)) == ("a",)
    assert there(book, datetime(2026, 3, 7, 6, tzinfo=SHANGHAI)) == ()
    assert there(book, datetime(2026, 3, 6, 5, tzinfo=SHANGHAI)) == ()


def test_whoever_has_left_the_post_is_not_on_its_duty_any_more():
    book = staffed(
        [{"people": ["gone", "a"]}],
        assignments=[{"person": "gone", "to_on": "2026-03-01"}],
    )

    assert there(book, datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)) == ("a",)


def test_a_roster_names_only_people_of_the_post():
    with pytest.raises(ValidationError, match="'stranger' of roster week does not hold the post"):
        staffed([{"people": ["stranger"]}])


def test_an_enterprises_sponsor_comes_before_its_territory():
    book = handbook(
        enterprises=[
            each | ({"sponsors": ["head-west"]} if each["id"] == "mill" else {})
            for each in HANDBOOK_DATA["enterprises"]
        ]
    )

    assert owner_post(book, "mill", 2).id == "head-west"
    assert owner_post(book, "foundry", 2).id == "head-east"
