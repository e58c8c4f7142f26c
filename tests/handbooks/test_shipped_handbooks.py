"""Every handbook that is shipped is whole, bilingual, and says what is ours."""

import re

import pytest

from domain.handbook import Handbook, Role
from domain.organization import chain_posts, enterprise, posts_of_role, posts_of_unit
from handbooks.shelf import ORGANISATION, SHIPPED, read_handbook, read_terms, zones

ZONES = [
    "bishan",
    "cedz",
    "chongqing_city",
    "fengjie_anping",
    "guiyang_county",
    "jiulongpo",
    "shuangqiao",
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LEVELS = {
    "bishan": ["网格员", "委领导（片区）", "管委会", "区级领导"],
    "cedz": ["网格员", "片区负责人", "网格总负责人"],
    "chongqing_city": ["市级部门"],
    "fengjie_anping": ["负责园区的副镇长"],
    "guiyang_county": ["驻企联络员", "县直单位主要负责人", "县级领导"],
    "jiulongpo": ["镇街园区", "区职能部门", "区领导"],
    "shuangqiao": ["各部门", "经发局", "经开区管委会", "区经信委"],
}


@pytest.fixture(params=ZONES)
def handbook(request: pytest.FixtureRequest) -> Handbook:
    return read_handbook(request.param)


def test_these_zones_are_shipped() -> None:
    assert zones() == ZONES


def test_terms_are_named_by_their_content_and_differ_between_zones() -> None:
    hashes = {read_terms(zone).hash for zone in ZONES}

    assert len(hashes) == len(ZONES)
    assert hashes == {read_terms(zone).hash for zone in ZONES}


def test_the_levels_are_those_of_the_sources(handbook: Handbook) -> None:
    assert [tier.name.zh for tier in handbook.tiers] == LEVELS[handbook.zone]


def test_all_38_categories_are_there(handbook: Handbook) -> None:
    ids = [category.id for category in handbook.categories]

    assert len(ids) == 38
    assert all(re.fullmatch(r"[A-Z]{3}-\d", id_) for id_ in ids)


def test_names_are_told_in_both_languages(handbook: Handbook) -> None:
    for section in ("tiers", "areas", "grids", "units", "posts", "enterprises", "categories"):
        for entry in getattr(handbook, section):
            assert CHINESE.search(entry.name.zh), entry
            assert not CHINESE.search(entry.name.en), entry


def test_every_post_is_filled_and_nobody_holds_two(handbook: Handbook) -> None:
    people = [person for post in handbook.posts for person in post.people]

    assert all(post.people for post in handbook.posts)
    assert len(people) == len(set(people))
    assert all(re.fullmatch(r"[a-z]+-p\d\d", person) for person in people)


def test_each_zone_has_one_coordinator_and_one_auditor(handbook: Handbook) -> None:
    assert len(posts_of_role(handbook, Role.COORDINATOR)) == 1
    assert len(posts_of_role(handbook, Role.AUDITOR)) == 1


def test_a_second_person_can_strike_off_at_every_tier(handbook: Handbook) -> None:
    top = handbook.top_tier
    for place in handbook.enterprises:
        for tier in handbook.tiers:
            verifiers = {
                person
                for post in chain_posts(handbook, place.id, min(tier.level + 1, top))
                for person in post.people
            }
            assert len(verifiers) >= (2 if tier.level == top else 1), (place.id, tier.level)


def test_units_of_the_zone_can_act_and_outside_bodies_cannot(handbook: Handbook) -> None:
    for unit in handbook.units:
        assert bool(posts_of_unit(handbook, unit.id)) is not unit.external, unit.id


def test_posts_are_called_after_their_zone_so_that_an_address_is_unique() -> None:
    posts = [post.id for zone in ZONES for post in read_handbook(zone).posts]

    assert len(posts) == len(set(posts))


def test_every_limit_says_that_no_source_gives_it(handbook: Handbook) -> None:
    assert {clock.source for clock in handbook.clocks} == {"default, not from source"}


def test_what_the_sources_count_is_counted() -> None:
    assert len(read_handbook("bishan").areas) == 7
    assert len(read_handbook("cedz").areas) == 4
    assert enterprise(read_handbook("cedz"), "cedz-donggang-shipping") is not None


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("words", ["revision =", "calendar =", "-coordinator =", "-auditor ="])
def test_what_only_the_engine_needs_is_marked_where_it_stands(zone: str, words: str) -> None:
    text = (SHIPPED / zone / ORGANISATION).read_text(encoding="utf-8")

    lines = [line for line in text.splitlines() if words in line]

    assert len(lines) == 1
    assert lines[0].endswith("# assumed: not in the source")
