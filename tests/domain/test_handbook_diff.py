"""Two handbooks compared: every difference is named once, where it is, and nothing else."""

from typing import Any

import builders as b
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.handbook import Handbook
from domain.handbook_diff import Change, Difference, differences


def told(old: Handbook, new: Handbook) -> list[tuple[str, str, object, object]]:
    """Return each difference as place, change, old, new."""
    return [(each.place, each.change.value, each.old, each.new) for each in differences(old, new)]


def rows(table: str) -> list[dict[str, Any]]:
    """Return one table of the zone's handbook."""
    found: list[dict[str, Any]] = b.HANDBOOK_DATA[table]
    return found


def test_a_handbook_does_not_differ_from_itself() -> None:
    assert differences(b.HANDBOOK, b.handbook()) == ()


def test_a_field_an_entry_more_and_an_entry_less_are_told_apart() -> None:
    units = [unit for unit in rows("units") if unit["id"] != "archive"]
    more = {"id": "water", "name": {"zh": "水务", "en": "Water"}}
    posts = [
        post | ({"people": ["grid-east-1.b"]} if post["id"] == "grid-east-1" else {})
        for post in rows("posts")
    ]
    assert told(b.HANDBOOK, b.handbook(revision=2, units=[*units, more], posts=posts)) == [
        ("revision", "changed", 1, 2),
        (
            "units.archive",
            "removed",
            {
                "id": "archive",
                "name": {"zh": "测试", "en": "Archive: a unit without a post"},
                "external": False,
            },
            None,
        ),
        ("units.water", "added", None, more | {"external": False}),
        ("posts.grid-east-1.people", "changed", ["grid-east-1.a"], ["grid-east-1.b"]),
    ]


def test_a_place_has_its_table_its_entry_and_its_field() -> None:
    clocks = b.clock_rule(
        "handling", rungs=[{"id": "at-50", "percent": 60}, *_rungs("handling")[1:]]
    )
    (found,) = differences(b.HANDBOOK, b.handbook(clocks=clocks))
    assert found == Difference(
        table="clocks",
        entry="handling",
        field="rungs.at-50.percent",
        change=Change.CHANGED,
        old=50,
        new=60,
    )
    (setting,) = differences(b.HANDBOOK, b.handbook(pauses={"times_max": 2}))
    assert (setting.table, setting.entry, setting.field) == ("pauses", None, "times_max")


def _rungs(clock: str) -> list[dict[str, Any]]:
    return next(list(rule["rungs"]) for rule in b.CLOCKS if rule["id"] == clock)


def test_a_limit_of_another_kind_is_one_difference() -> None:
    wall = {"kind": "wall", "minutes": 60}
    clocks = b.clock_rule("part", budgets=[{"duration": wall}])
    assert told(b.HANDBOOK, b.handbook(clocks=clocks)) == [
        (
            "clocks.part.budgets.0.duration",
            "changed",
            {"kind": "open_hours", "minutes": 480},
            wall,
        )
    ]


def test_rows_without_ids_are_told_by_their_place() -> None:
    notices = rows("notices")
    gone = b.handbook(notices=[*notices[:2], *notices[3:]])
    assert [each.place for each in differences(b.HANDBOOK, gone)] == ["notices.2"]
    assert [each.change for each in differences(gone, b.HANDBOOK)] == [Change.ADDED]
    other = b.handbook(notices=[notices[0] | {"to": ["owner"]}, *notices[1:]])
    assert told(b.HANDBOOK, other) == [
        ("notices.0.to", "changed", ["owner", "coordinator"], ["owner"])
    ]


def test_another_order_is_a_difference_for_the_first_fitting_row_is_taken() -> None:
    first, second, *rest = rows("posts")
    turned = b.handbook(posts=[second, first, *rest])
    (found,) = differences(b.HANDBOOK, turned)
    assert (found.place, found.change) == ("posts", Change.MOVED)
    assert isinstance(found.old, list)
    assert isinstance(found.new, list)
    assert found.old[:2] == [first["id"], second["id"]]
    assert found.new[:2] == [second["id"], first["id"]]


def test_a_rule_that_is_new_and_one_that_is_gone() -> None:
    without = b.handbook(extensions=None)
    (gone,) = differences(b.HANDBOOK, without)
    (new,) = differences(without, b.HANDBOOK)
    assert (gone.place, gone.change, gone.new) == ("extensions", Change.REMOVED, None)
    assert (new.place, new.change, new.old) == ("extensions", Change.ADDED, None)


CHANGES: dict[str, dict[str, Any]] = {
    "name": {"name": {"zh": "新", "en": "New"}},
    "calendar": {"calendar": "other"},
    "allow_skip": {"allow_skip": False},
    "late": {"late_record_minutes": 7},
    "reclassified": {"reclassified_times_max": 2},
    "tiers": {"tiers": [rows("tiers")[0] | {"id": "first"}, *rows("tiers")[1:]]},
    "grids": {"grids": [rows("grids")[0] | {"area": "west"}, rows("grids")[1]]},
    "enterprises": {"enterprises": rows("enterprises")[:1]},
    "categories": {"categories": [rows("categories")[0] | {"units": []}, rows("categories")[1]]},
    "sign_off": {"sign_off": {"reopen_days": 1}},
    "segments": {"segments": [{"id": "s", "name": {"zh": "甲", "en": "S"}}]},
}
"""Changes to single fields, none of which touches another's."""


@for_all(st.sets(st.sampled_from(sorted(CHANGES))))
def test_there_is_a_difference_in_each_changed_table_and_back_again_it_is_the_mirror(
    chosen: set[str],
) -> None:
    merged = {field: value for name in chosen for field, value in CHANGES[name].items()}
    new = b.handbook(**merged)
    found = differences(b.HANDBOOK, new)
    assert {each.table for each in found} == set(merged)
    assert (found == ()) == (new.hash == b.HANDBOOK.hash)
    mirror = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED}
    back = {(each.place, each.change, str(each.new)) for each in differences(new, b.HANDBOOK)}
    assert back == {
        (each.place, mirror.get(each.change, each.change), str(each.old)) for each in found
    }


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("field", sorted(Handbook.model_fields))
def test_every_field_of_a_handbook_is_compared(field: str) -> None:
    """Whatever field a later handbook has, what stands in it is looked at."""
    other = b.HANDBOOK.model_copy(update={field: "something else"})
    assert field in {each.table for each in differences(b.HANDBOOK, other)}
