"""The routing table: the first row that hits, and the owner where none does (M23, Q24)."""

from typing import Any

import builders as b
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.handbook import Handbook
from domain.issue import Issue
from domain.phases import Origin, Priority
from domain.routing import Hit, route

ISSUE = b.given(b.REPORTED, b.ACCEPTED)
"""Of the mill, in grid east-1 of area east: about road access, ordinary, tier 1."""
KEPT = Hit(row=None, unit=None, handler="grid-east-1")

ENTERPRISES = [
    each | ({"segment": "large"} if each["id"] == "mill" else {})
    for each in b.HANDBOOK_DATA["enterprises"]
]
REGISTRY: dict[str, Any] = {
    "segments": [{"id": each, "name": {"zh": each, "en": each}} for each in ("large", "small")],
    "enterprises": ENTERPRISES,
    "lists": [
        {"id": "key", "name": {"zh": "重点", "en": "key"}, "members": ["bakery", "mill"]},
        {"id": "new", "name": {"zh": "新", "en": "new"}, "members": ["bakery"]},
    ],
}


def row(id_: str = "row", to: str = "unit", **asks: Any) -> dict[str, Any]:
    """Return a row that sends to the power section, unless told otherwise."""
    return {"id": id_, "to": to} | ({"unit": "power"} if to == "unit" else {}) | asks


def table(*rows: dict[str, Any], **changes: Any) -> Handbook:
    return b.handbook(routing=list(rows), **(REGISTRY | changes))


def sent(handbook: Handbook, issue: Issue = ISSUE, category: str = "road-access") -> Hit:
    return route(handbook, issue, category)


POWER = Hit(row="row", unit="power", handler="power-desk")


@pytest.mark.parametrize(
    ("question", "answered", "other"),
    [
        ("categories", "road-access", "power-supply"),
        ("priorities", "ordinary", "emergency"),
        ("origins", "enterprise", "survey"),
        ("areas", "east", "west"),
        ("grids", "east-1", "west-1"),
        ("segments", "large", "small"),
        ("lists", "key", "new"),
        ("tiers", 1, 2),
    ],
)
def test_every_question_is_answered_by_what_the_issue_is(
    question: str, answered: object, other: object
) -> None:
    def asked(*answers: object) -> Hit:
        return sent(table(row() | {question: list(answers)}))

    assert asked(answered) == POWER
    assert asked(other, answered) == POWER
    assert asked(other) == KEPT


def test_all_questions_of_a_row_must_be_answered() -> None:
    assert sent(table(row(areas=["east"], priorities=["emergency"]))) == KEPT
    assert sent(table(row(areas=["east"], priorities=["ordinary"]))) == POWER


def test_the_first_row_that_hits_decides() -> None:
    rows = (row("a", tiers=[2]), row("b", unit="roads"), row("c"))

    assert sent(table(*rows)) == Hit(row="b", unit="roads", handler="roads-desk")


def test_without_a_table_or_a_hit_the_owner_keeps_it() -> None:
    assert sent(b.HANDBOOK) == KEPT
    assert sent(table(row(origins=["leader"]))) == KEPT


def test_a_row_may_say_that_the_owner_keeps_it_and_is_recorded() -> None:
    assert sent(table(row(to="owner"), row("later"))) == Hit(
        row="row", unit=None, handler="grid-east-1"
    )


def test_the_category_it_is_accepted_as_decides_not_the_one_reported() -> None:
    by_category = table(row(to="category"))

    assert sent(by_category, category="power-supply") == POWER
    assert sent(by_category) == Hit(row="row", unit="roads", handler="roads-desk")


def test_of_a_category_the_first_unit_takes_it_that_can() -> None:
    units = {"units": ["customs", "archive", "power", "roads"]}
    able = [entry | units for entry in b.HANDBOOK_DATA["categories"]]
    unable = [entry | {"units": ["customs", "archive"]} for entry in able]

    assert sent(table(row(to="category"), categories=able)) == POWER
    assert sent(table(row(to="category"), categories=unable)) == Hit(
        row="row", unit=None, handler="grid-east-1"
    )


def test_for_an_outside_body_the_owner_acts() -> None:
    desk = {"id": "customs-desk", "name": {"zh": "海关", "en": "customs"}, "covers": "harbour"}
    posts = [*b.HANDBOOK_DATA["posts"], desk | {"unit": "customs", "people": ["c.a"]}]

    outside = table(row(unit="customs"), posts=posts)

    assert sent(outside) == Hit(row="row", unit=None, handler="grid-east-1")


def test_an_enterprise_that_the_handbook_does_not_know_is_in_no_grid_and_on_no_list() -> None:
    gone = [each for each in ENTERPRISES if each["id"] != "mill"]
    lists = [{"id": "key", "name": {"zh": "重点", "en": "key"}, "members": ["bakery"]}]
    known = {"enterprises": gone, "lists": lists}

    assert sent(table(row(grids=["east-1"]), row("all"), **known)).row == "all"
    assert sent(table(row(lists=["key"]), row("all"), **known)).row == "all"


ROWS = st.fixed_dictionaries(
    {},
    optional={
        "categories": st.lists(st.sampled_from(["road-access", "power-supply"]), max_size=2),
        "priorities": st.lists(st.sampled_from(sorted(Priority)), max_size=2),
        "origins": st.lists(st.sampled_from(sorted(Origin)), max_size=3),
        "areas": st.lists(st.sampled_from(["east", "west"]), max_size=2),
        "lists": st.lists(st.sampled_from(["key", "new"]), max_size=2),
        "tiers": st.lists(st.integers(1, 3), max_size=3),
    },
)


@settings(max_examples=60, deadline=None)
@for_all(
    st.lists(ROWS, max_size=6),
    st.sampled_from(sorted(Priority)),
    st.sampled_from(sorted(Origin)),
    st.sampled_from(["mill", "bakery", "foundry"]),
    st.integers(1, 3),
)
def test_only_the_rows_above_the_one_that_hits_matter(
    asks: list[dict[str, Any]], priority: Priority, origin: Origin, enterprise: str, tier: int
) -> None:
    rows = [row(f"row-{place}", **each) for place, each in enumerate(asks)]
    changed = {"priority": priority, "origin": origin, "enterprise": enterprise, "tier": tier}
    issue = ISSUE.model_copy(update=changed)
    alone = [sent(table(each), issue).row is not None for each in rows]

    hit = sent(table(*rows), issue)

    expected = rows[alone.index(True)]["id"] if any(alone) else None
    assert hit.row == expected
    assert (hit.unit, hit.handler) == (
        ("power", "power-desk") if any(alone) else (None, issue.owner)
    )
