"""The shelf lays a zone's files over the shared ones, and names the place of every fault."""

import shutil
from pathlib import Path

import pytest

from handbooks.shelf import (
    ORGANISATION,
    SHIPPED,
    HandbookError,
    proved_before,
    read_handbook,
    read_terms,
    zones,
)

ZONE = "jiulongpo"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A shelf with one zone, and with the shared files as shipped."""
    shutil.copytree(SHIPPED / ZONE, tmp_path / ZONE)
    return tmp_path


def add(shelf: Path, text: str, name: str = "rules.toml") -> None:
    (shelf / ZONE / name).write_text(text, encoding="utf-8")


def fault(shelf: Path) -> HandbookError:
    with pytest.raises(HandbookError) as raised:
        read_handbook(ZONE, shelf)
    return raised.value


def test_a_limit_is_changed_by_one_table_and_nothing_else_changes(shelf: Path) -> None:
    before = read_handbook(ZONE, shelf)
    add(shelf, "[clocks.review]\nbudgets = [{ duration = { kind = 'open_hours', minutes = 90 } }]")

    after = read_handbook(ZONE, shelf)

    changed = [old.id for old, new in zip(before.clocks, after.clocks, strict=True) if old != new]
    assert changed == ["review"]
    (old,) = (rule for rule in before.clocks if rule.id == "review")
    (new,) = (rule for rule in after.clocks if rule.id == "review")
    assert new.model_copy(update={"budgets": old.budgets}) == old
    assert new.budgets[0].duration.model_dump() == {"kind": "open_hours", "minutes": 90}
    assert after.model_copy(update={"clocks": before.clocks}) == before


def test_a_category_is_added_by_one_table_and_stands_last(shelf: Path) -> None:
    add(shelf, "[categories]\nGRN-1 = { name = { zh = '绿色工厂', en = 'Green plant' } }")

    categories = [entry.id for entry in read_handbook(ZONE, shelf).categories]

    assert categories == [*(entry.id for entry in read_handbook(ZONE).categories), "GRN-1"]


def test_units_of_a_zone_leave_the_shared_name_of_a_category(shelf: Path) -> None:
    (category,) = (c for c in read_handbook(ZONE, shelf).categories if c.id == "LAB-4")

    assert category.units == ("xipeng-park-committee",)
    assert category.name.zh == "闭环生产员工生活保障"


def test_a_shelf_may_have_shared_files_of_its_own(shelf: Path) -> None:
    text = (SHIPPED / "categories.toml").read_text(encoding="utf-8")
    fewer = [line for line in text.splitlines() if not line.startswith("FIN-")]
    (shelf / "categories.toml").write_text("\n".join(fewer), encoding="utf-8")

    ids = {category.id for category in read_handbook(ZONE, shelf).categories}

    assert len(ids) == 33
    assert {category.id for category in read_handbook(ZONE).categories} - ids == {
        f"FIN-{number}" for number in range(1, 6)
    }


def test_only_folders_with_an_organisation_are_zones(shelf: Path) -> None:
    (shelf / "notes").mkdir()

    assert zones(shelf) == [ZONE]


def test_a_fault_in_toml_names_the_file(shelf: Path) -> None:
    add(shelf, "[clocks.handling\n")

    assert fault(shelf).file == f"{ZONE}/rules.toml"


@pytest.mark.parametrize(
    ("text", "field", "value", "allowed"),
    [
        ("[clock]\n", "clock", None, "clocks"),
        ("[clocks.handling]\nbudget = 3", "clocks.handling.budget", "3", "budgets"),
        ("[clocks]\nhandling = 3", "clocks.handling", "3", None),
        ("revision = 0", "revision", "0", None),
        (
            "[clocks.review]\nrungs = [{ id = 'due', percent = 100, effect = 'shout' }]",
            "clocks.review.rungs.0.effect",
            "shout",
            "'remind', 'escalate', 'lapse', 'review', 'record', 'reopen_ladder', 'bind', "
            "'unpark', 'bind_part' or 'expire'",
        ),
        (
            "[clocks.part]\nbudgets = [{ duration = { kind = 'wall', minutes = 0 } }]",
            "clocks.part.budgets.0.duration.wall.minutes",
            "0",
            "ge 1",
        ),
        ("[clocks.redo]\nid = 'again'", "clocks.redo.id", "again", None),
        ("[categories.GRN-1]\n", "categories.GRN-1.name", None, None),
        (
            "[clocks.handling]\nstart = [{ events = ['issue_acepted'] }]",
            "clocks.handling.start",
            "issue_acepted",
            "issue_accepted",
        ),
        (
            "[notices.proposed]\non = 'proposed'",
            "notices.proposed.on",
            "proposed",
            "issue_reported",
        ),
        ("[pauses]\ntimes = 3", "pauses.times", "3", "times_max"),
    ],
)
def test_a_fault_names_file_field_value_and_what_is_allowed(
    shelf: Path, text: str, field: str, value: str | None, allowed: str | None
) -> None:
    organisation = shelf / ZONE / ORGANISATION
    if text.startswith("revision"):
        lines = organisation.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith("revision")]
        organisation.write_text("\n".join(kept), encoding="utf-8")
    add(shelf, text)

    error = fault(shelf)

    assert (error.file, error.field, error.value) == (f"{ZONE}/rules.toml", field, value)
    assert allowed is None or allowed in error.allowed
    assert f"{ZONE}/rules.toml: {field}" in str(error)


def test_a_field_given_in_two_files_of_a_zone_is_refused(shelf: Path) -> None:
    add(shelf, "[pauses]\ntimes_max = 2", "a.toml")
    add(shelf, "[pauses]\ntimes_max = 3", "b.toml")

    error = fault(shelf)

    assert (error.file, error.field) == (f"{ZONE}/b.toml", "pauses.times_max")
    assert f"{ZONE}/a.toml" in error.problem


def test_what_names_a_thing_that_is_not_there_is_refused(shelf: Path) -> None:
    add(shelf, "[categories]\nFIN-1 = { units = ['bank-of-nowhere'] }")

    error = fault(shelf)

    own = ("matters.toml", ORGANISATION, "rules.toml")
    assert error.file == ", ".join(f"{ZONE}/{name}" for name in own)
    assert error.problem == "category FIN-1: no unit 'bank-of-nowhere'"


def test_an_unknown_zone_is_told_which_there_are() -> None:
    with pytest.raises(HandbookError) as raised:
        read_handbook("nowhere")

    assert raised.value.field == "zone"
    assert ZONE in raised.value.allowed


def test_an_unknown_calendar_is_told_which_there_are(shelf: Path) -> None:
    organisation = shelf / ZONE / ORGANISATION
    text = organisation.read_text(encoding="utf-8").replace('"cn-office"', '"lunar"')
    organisation.write_text(text, encoding="utf-8")

    with pytest.raises(HandbookError) as raised:
        read_terms(ZONE, shelf)

    assert (raised.value.field, raised.value.value) == ("calendar", "lunar")
    assert "cn-office" in raised.value.allowed


def test_the_list_of_proved_terms_is_that_of_the_shipped_ones_and_each_is_proved() -> None:
    """To write it anew: `python -m handbooks.proving`."""
    # Raises unless every proof holds.
    shipped = [read_terms(zone, proved=frozenset()) for zone in zones()]

    assert sorted(proved_before()) == sorted(terms.hash for terms in shipped)


def test_terms_that_were_proved_are_not_proved_again_and_any_change_of_them_is(
    shelf: Path,
) -> None:
    add(shelf, "[clocks.acceptance]\nstart = [{ events = ['issue_escalated'] }]")

    with pytest.raises(HandbookError) as refused:
        read_terms(ZONE, shelf)

    before = read_terms(ZONE)
    assert refused.value.faults
    assert before.hash in proved_before()
    assert before == read_terms(ZONE, proved=frozenset())
