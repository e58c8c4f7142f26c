"""Every shipped handbook is whole and bilingual, and says what its source says and what is ours."""

import os
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.clock_rules import ClockRule
from domain.handbook import Handbook, Role
from domain.model import Frozen
from domain.organization import (
    chain_posts,
    enterprise,
    holders,
    on_duty,
    owner_post,
    posts_of_role,
    posts_of_unit,
)
from handbooks.shelf import ORGANISATION, SHIPPED, read_handbook, read_terms, zones

REAL = [
    "bishan",
    "cedz",
    "chongqing_city",
    "cq_high_tech",
    "fengjie_anping",
    "guiyang_county",
    "hechuan",
    "jiulongpo",
    "nanan",
    "shuangqiao",
    "yunyang",
]
FICTIONAL = "xinghe"
ZONES = sorted([*REAL, FICTIONAL])
SHARED = Path(os.environ.get("CLOSEOUT_SHARED", Path(__file__).parents[3] / "shared"))
OURS = "default, not from source"
LINES = r"\d{3}:\d+(?:-\d+)?"
SAID = re.compile(rf"{OURS}|{LINES}(?:, {LINES})*(?:; .+: {OURS})?")
"""A source names lines of a seed; what of the entry is ours after all is said behind them."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LEVELS = {
    "bishan": ["网格员", "委领导（片区）", "管委会", "区级领导"],
    "cedz": ["网格员", "片区负责人", "网格总负责人"],
    "chongqing_city": ["市级部门"],
    "cq_high_tech": ["企业联系岗", "高新区负责岗"],
    "fengjie_anping": ["负责园区的副镇长"],
    "guiyang_county": ["驻企联络员", "县直单位主要负责人", "县级领导"],
    "hechuan": ["助企专员", "区经信委"],
    "jiulongpo": ["镇街园区", "区职能部门", "区领导"],
    "nanan": ["企业联系岗", "区级负责岗"],
    "shuangqiao": ["各部门", "经发局", "经开区管委会", "区经信委"],
    "xinghe": ["网格员", "片区负责人", "示范区领导"],
    "yunyang": ["项目监理单位", "县级受理岗"],
}
NOT_STATED = {
    "chongqing_city": {1},
    "cq_high_tech": {1, 2},
    "hechuan": {2},
    "nanan": {1, 2},
    "yunyang": {2},
}
"""The tiers that no text places in a chain, where it places none or not all of them."""
STATED: dict[str, dict[str, int]] = {
    "bishan": {
        "area_km2": 25,
        "sub_areas": 7,
        "enterprises": 1041,
        "key-enterprises": 18,
        "supporting": 392,
        "above-scale": 353,
        "foreign-trade": 28,
        "foreign-invested": 40,
        "key-projects": 127,
    },
    "cedz": {"sub_areas": 4, "grids": 35, "enterprises": 287, "private": 254},
    "fengjie_anping": {"officers": 1, "workshops": 10, "villagers": 500},
    "guiyang_county": {"enterprises": 147, "problems-solved": 200, "recruiting-team": 11},
    "hechuan": {
        "officers": 300,
        "lists-stated": 7,
        "enterprises-visited": 228,
        "matters-closed": 60,
        "rectifications-urged": 35,
    },
    "nanan": {"enterprises": 97},
    "shuangqiao": {"enterprises-resumed": 282},
    "yunyang": {"major-projects": 159, "above-scale": 120},
}
"""Every number that domain.md section 3 has of these zones; what it does not have is left out."""
WITH_SOURCE = (
    "tiers",
    "areas",
    "grids",
    "segments",
    "units",
    "posts",
    "rosters",
    "enterprises",
    "lists",
    "categories",
    "routing",
    "teams",
    "rounds",
    "applications",
    "clocks",
    "campaigns",
    "pipelines",
    "matches",
    "registers",
    "grants",
)
QUESTIONS = (
    "categories",
    "priorities",
    "origins",
    "areas",
    "grids",
    "segments",
    "lists",
    "tiers",
)
"""What a row of a routing table can ask."""


@pytest.fixture(params=ZONES)
def handbook(request: pytest.FixtureRequest) -> Handbook:
    return read_handbook(request.param)


def sourced(handbook: Handbook) -> Iterator[tuple[str, str | None]]:
    """Yield every entry that has a source, by its place, and the source."""
    for section in WITH_SOURCE:
        for entry in getattr(handbook, section):
            yield f"{section}.{entry.id}", entry.source
    for form in handbook.applications:
        for item in form.items:
            yield f"applications.{form.id}.items.{item.id}", item.source
    if handbook.supervision is not None:
        for instrument in handbook.supervision.instruments:
            yield f"instruments.{instrument.id}", instrument.source
        if handbook.supervision.warnings is not None:
            yield "warnings", handbook.supervision.warnings.source
    if handbook.stated is not None:
        if stated_numbers(handbook).keys() - {each.id for each in handbook.stated.counts}:
            yield "stated", handbook.stated.source
        for count in handbook.stated.counts:
            yield f"stated.counts.{count.id}", count.source


def stated_numbers(handbook: Handbook) -> dict[str, int]:
    if handbook.stated is None:
        return {}
    fields = handbook.stated.model_dump(exclude={"counts", "source"}, exclude_none=True)
    return fields | {each.id: each.count for each in handbook.stated.counts}


def named(value: object) -> Iterator[Frozen]:
    """Yield everything in a handbook that has a name."""
    if isinstance(value, Frozen):
        if hasattr(value, "name"):
            yield value
        for field in type(value).model_fields:
            yield from named(getattr(value, field))
    elif isinstance(value, tuple):
        for each in value:
            yield from named(each)


def test_these_zones_are_shipped() -> None:
    assert zones() == ZONES


def test_terms_are_named_by_their_content_and_differ_between_zones() -> None:
    hashes = {read_terms(zone).hash for zone in ZONES}

    assert len(hashes) == len(ZONES)
    assert hashes == {read_terms(zone).hash for zone in ZONES}


def test_the_levels_are_those_of_the_sources(handbook: Handbook) -> None:
    assert [tier.name.zh for tier in handbook.tiers] == LEVELS[handbook.zone]


@pytest.mark.parametrize("zone", REAL)
def test_a_tier_that_no_text_states_says_that_it_is_ours(zone: str) -> None:
    tiers = read_handbook(zone).tiers

    ours = {tier.level for tier in tiers if "tier: " in (tier.source or "") or tier.source == OURS}

    if zone in NOT_STATED:
        assert ours == NOT_STATED[zone]
    else:
        assert ours < {tier.level for tier in tiers} or zone == "shuangqiao"


def test_all_38_categories_are_there(handbook: Handbook) -> None:
    ids = [category.id for category in handbook.categories]

    assert len(ids) == 38
    assert all(re.fullmatch(r"[A-Z]{3}-\d", id_) for id_ in ids)


def test_names_are_told_in_both_languages(handbook: Handbook) -> None:
    found = list(named(handbook))

    assert len(found) > 60
    for entry in found:
        name = entry.name  # type: ignore[attr-defined]  # asked for in `named`
        assert CHINESE.search(name.zh), entry
        assert not CHINESE.search(name.en), entry


def test_every_entry_says_where_it_is_from(handbook: Handbook) -> None:
    wrong = {at: said for at, said in sourced(handbook) if not SAID.fullmatch(said or "")}

    assert wrong == {}


def test_the_fictional_zone_says_that_it_is() -> None:
    book = read_handbook(FICTIONAL)
    own = {at: said for at, said in sourced(book) if not at.startswith("categories.")}

    assert set(own.values()) == {OURS}
    assert ("虚构" in book.name.zh, "fictional" in book.name.en) == (True, True)


def test_every_line_that_is_named_is_there_and_not_empty() -> None:
    if not (SHARED / "seeds").is_dir():
        pytest.skip(f"the source texts are not at {SHARED}")
    texts = {
        file.name[:3]: ["", *file.read_text(encoding="utf-8").split("\n")]
        for file in (SHARED / "seeds").glob("*.txt")
    }
    references = {
        reference
        for zone in REAL
        for _, said in sourced(read_handbook(zone))
        for reference in re.findall(LINES, said or "")
    }

    assert len(references) > 60
    for reference in references:
        seed, _, lines = reference.partition(":")
        first, _, last = lines.partition("-")
        for line in (int(first), int(last or first)):
            assert texts[seed][line].strip(), reference


@pytest.mark.parametrize("zone", REAL)
def test_what_the_sources_count_is_stated_and_nothing_else(zone: str) -> None:
    assert stated_numbers(read_handbook(zone)) == STATED.get(zone, {})


def test_what_the_handbooks_hold_in_full_is_as_many_as_stated() -> None:
    assert len(read_handbook("bishan").areas) == STATED["bishan"]["sub_areas"]
    assert len(read_handbook("cedz").areas) == STATED["cedz"]["sub_areas"]
    assert enterprise(read_handbook("cedz"), "cedz-donggang-shipping") is not None
    fictional = read_handbook(FICTIONAL)
    assert stated_numbers(fictional) == {
        "sub_areas": len(fictional.areas),
        "grids": len(fictional.grids),
        "enterprises": len(fictional.enterprises),
    }


def test_hechuan_has_the_eight_names_that_its_text_counts_as_seven() -> None:
    book = read_handbook("hechuan")

    assert len(book.lists) == 8
    assert stated_numbers(book)["lists-stated"] == 7


def test_every_post_is_filled_and_nobody_holds_two(handbook: Handbook) -> None:
    people = [person for post in handbook.posts for person in post.holders]

    assert all(holders(post, date(2026, 3, 2)) for post in handbook.posts)
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
    assert {clock.source for clock in handbook.clocks} == {OURS}


@pytest.mark.parametrize("zone", REAL)
@pytest.mark.parametrize("words", ["revision =", "calendar =", "allow_skip ="])
def test_what_only_the_engine_needs_is_marked_where_it_stands(zone: str, words: str) -> None:
    text = (SHIPPED / zone / ORGANISATION).read_text(encoding="utf-8")

    (line,) = (line for line in text.splitlines() if line.startswith(words))

    assert "# assumed: not in the source" in line or "003:13" in line


@pytest.mark.parametrize("zone", REAL)
def test_what_only_the_engine_needs_says_that_it_is_ours(zone: str) -> None:
    book = read_handbook(zone)

    roles = [held for role in Role for held in posts_of_role(book, role)]

    assert {held.source for held in roles} == {OURS}


def test_the_fictional_zone_uses_every_table() -> None:
    book = read_handbook(FICTIONAL)

    empty = [name for name in type(book).model_fields if getattr(book, name) in ((), None)]

    assert empty == []
    posts = [held for held in book.posts if held.assignments or held.roster]
    assert {bool(held.assignments) for held in posts} == {True, False}
    assert {tier.on_empty for tier in book.tiers} == {"next", "fallback_unit", "hold_and_alarm"}
    assert any(e.sponsors and e.accountable and e.segment for e in book.enterprises)
    assert any(e.supplies for e in book.enterprises)
    asked = {question for row in book.routing for question in QUESTIONS if getattr(row, question)}
    assert len(asked) == 8
    assert book.routing[-1].to == "owner"


def test_a_roster_of_the_fictional_zone_has_a_gap_and_another_has_none() -> None:
    terms = read_terms(FICTIONAL)
    book, zone = terms.handbook, ZoneInfo(terms.calendar.time_zone)
    hours = [
        datetime(2026, 6, day, hour, tzinfo=zone) for day in range(1, 15) for hour in range(24)
    ]

    gaps = {
        held.id: sum(not on_duty(book, held, hour) for hour in hours)
        for held in book.posts
        if held.roster is not None
    }

    assert sorted(gap > 0 for gap in gaps.values()) == [False, True]


def test_a_sponsored_enterprise_has_its_own_leader() -> None:
    book = read_handbook(FICTIONAL)
    leaders = {place.id: owner_post(book, place.id, book.top_tier) for place in book.enterprises}

    own = {id_ for id_, held in leaders.items() if held is not None and held.id == "xinghe-sponsor"}

    assert own == {place.id for place in book.enterprises if place.sponsors}


def test_a_clock_that_needs_a_setting_is_there_with_it_alone() -> None:
    by_zone = {zone: read_handbook(zone) for zone in ZONES}

    def of_dispatch(book: Handbook) -> list[ClockRule]:
        return [clock for clock in book.clocks if "dispatch_refused" in str(clock.model_dump())]

    assert {bool(of_dispatch(book)) for book in by_zone.values()} == {True, False}
    for book in by_zone.values():
        assert bool(of_dispatch(book)) is (book.dispatch is not None)
