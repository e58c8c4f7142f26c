"""Who stands where: the chain over an enterprise, the nearest territory first."""

import pytest
from builders import HANDBOOK, HANDBOOK_DATA, handbook

from domain.handbook import Role
from domain.organization import (
    chain_posts,
    enterprise,
    owner_post,
    person_in,
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


def test_the_first_person_in_a_post_answers_for_it():
    assert person_in(HANDBOOK, "head-east") == "head-east.a"


@pytest.mark.parametrize("post_id", ["spare", "harbour-master"])
def test_a_vacant_or_unknown_post_has_no_person(post_id):
    assert person_in(HANDBOOK, post_id) is None
