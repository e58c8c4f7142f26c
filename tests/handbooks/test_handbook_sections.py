"""What a zone's files may say in short: lengths as text, a tier's own limits, tables in tables."""

import shutil
from pathlib import Path

import pytest

from domain.durations import OpenHours, Wall, WorkingDays
from domain.handbook import Handbook
from handbooks.faults import Fault
from handbooks.shelf import SHIPPED, HandbookError, read_handbook, read_terms

ZONE = "bishan"
RULES = f"{ZONE}/rules.toml"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A shelf with one zone, and with the shared files as shipped."""
    shutil.copytree(SHIPPED / ZONE, tmp_path / ZONE)
    return tmp_path


def read(shelf: Path, text: str) -> Handbook:
    (shelf / RULES).write_text(text, encoding="utf-8")
    return read_handbook(ZONE, shelf)


def faults(shelf: Path, text: str) -> tuple[Fault, ...]:
    (shelf / RULES).write_text(text, encoding="utf-8")
    with pytest.raises(HandbookError) as raised:
        read_terms(ZONE, shelf)
    return raised.value.faults


def budgets(handbook: Handbook, clock: str) -> list[tuple[str | None, int | None, object]]:
    rule = next(each for each in handbook.clocks if each.id == clock)
    return [(each.priority, each.tier, each.duration) for each in rule.budgets]


# --- lengths of time as text ---


def test_a_length_may_be_written_as_text_wherever_one_stands(shelf: Path) -> None:
    book = read(
        shelf,
        """
        [clocks.redo]
        budgets = [{ duration = "1h30m wall" }]
        rungs = [
          { id = "near", before = "20m wall" },
          { id = "due", percent = 100, effect = "record" },
          { id = "more", after = "1wd same_time" },
          { id = "again", every = "2h", times = 2 },
        ]
        [extensions]
        at_most = "3wd today"
        [supervision.warnings]
        appeal = "4h"
        """,
    )

    (redo,) = (clock for clock in book.clocks if clock.id == "redo")
    assert redo.budgets[0].duration == Wall(minutes=90)
    assert redo.rungs[0].before == Wall(minutes=20)
    assert redo.rungs[2].after == WorkingDays(days=1, due="same_time")
    assert redo.rungs[3].every == OpenHours(minutes=120)
    assert book.extensions is not None
    assert book.extensions.at_most == WorkingDays(days=3, count_from="today")
    assert book.supervision is not None
    assert book.supervision.warnings is not None
    assert book.supervision.warnings.appeal == OpenHours(minutes=240)


def test_a_text_that_is_no_length_is_named_with_its_place_and_the_grammar(shelf: Path) -> None:
    found = faults(
        shelf,
        """
        [clocks.redo]
        budgets = [{ duration = "2h" }, { duration = "soon" }]
        [supervision.instruments]
        order = { limit = "0wd" }
        """,
    )

    assert [(each.file, each.field, each.value) for each in found] == [
        (RULES, "clocks.redo.budgets.1.duration", "soon"),
        (RULES, "supervision.instruments.order.limit", "0wd"),
    ]
    assert "no length of time" in found[0].problem
    assert "5wd (working days)" in found[0].allowed[0]
    assert "out of bounds" in found[1].problem


# --- a tier's own limits ---


def test_a_tiers_limit_leaves_an_emergency_its_own_and_other_tiers_theirs(shelf: Path) -> None:
    before = budgets(read_handbook(ZONE), "handling")
    book = read(shelf, '[tiers.sub_area_lead]\nlimits = { handling = "8wd", redo = "1wd" }')

    assert budgets(book, "handling") == [
        *before[:2],
        (None, 2, WorkingDays(days=8)),
        before[2],
    ]
    assert (None, 2, WorkingDays(days=1)) in budgets(book, "redo")
    assert read_terms(ZONE, shelf).handbook == book


def test_limits_of_every_tier_stand_by_level_and_replace_the_budget_for_all(shelf: Path) -> None:
    book = read(
        shelf,
        """
        [tiers]
        district_leader = { limits = { handling = "4wd" } }
        grid_officer = { limits = { handling = "1wd" } }
        administrative_committee = { limits = { handling = "3wd" } }
        sub_area_lead = { limits = { handling = "2wd" } }
        """,
    )

    assert budgets(book, "handling")[2:] == [
        (None, level, WorkingDays(days=level)) for level in (1, 2, 3, 4)
    ]
    assert read_terms(ZONE, shelf).handbook == book


@pytest.mark.parametrize(
    ("limits", "field", "problem", "allowed"),
    [
        ('{ handlign = "2wd" }', "limits.handlign", "no such clock", "handling"),
        ('{ handling = "2 days" }', "limits.handling", "no length of time", None),
        ('"2wd"', "limits", "must be a table of limits by clock", None),
        ("{ handling = { days = 2 } }", "limits.handling", "Unable to extract tag", None),
    ],
)
def test_a_wrong_limit_is_named_where_the_tier_says_it(
    shelf: Path, limits: str, field: str, problem: str, allowed: str | None
) -> None:
    (found,) = faults(shelf, f"[tiers.grid_officer]\nlimits = {limits}")

    assert (found.file, found.field) == (RULES, f"tiers.grid_officer.{field}")
    assert problem in found.problem
    assert allowed is None or allowed in found.allowed


def test_a_rule_that_a_tiers_limit_breaks_is_told_of_the_tier(shelf: Path) -> None:
    twice = (
        '[clocks.handling]\nbudgets = [{ tier = 1, duration = "2wd" }, { duration = "3wd" }]\n'
        '[tiers.grid_officer]\nlimits = { handling = "1wd" }'
    )

    (found,) = faults(shelf, twice)

    assert (found.file, found.field) == (RULES, "tiers.grid_officer.limits.handling")
    assert "never taken" in found.problem


# --- a clock for a setting ---


def test_a_clock_comes_with_the_setting_that_it_is_for(shelf: Path) -> None:
    without = {clock.id for clock in read_handbook(ZONE).clocks}
    with_it = read(
        shelf,
        """
        [dispatch]
        refusal = "refusal"
        ruling = "ruling"
        arbiters = ["bishan-coordinator"]
        fallback = "administrative-committee"
        """,
    )

    assert {clock.id for clock in with_it.clocks} - without == {"refusal", "ruling"}
    assert read_terms(ZONE, shelf).handbook.dispatch is not None


def test_a_clock_for_no_setting_is_refused(shelf: Path) -> None:
    (found,) = faults(shelf, '[clocks.ruling]\nonly_with = "dispute"')

    assert (found.file, found.field, found.value) == (RULES, "clocks.ruling.only_with", "dispute")
    assert "dispatch" in found.allowed


# --- tables in tables, and their order ---


def test_one_instrument_is_changed_by_one_table(shelf: Path) -> None:
    before = read_handbook(ZONE).supervision
    after = read(shelf, '[supervision.instruments.order]\nlimit = "1wd"').supervision

    assert before is not None
    assert after is not None
    assert [each.id for each in after.instruments] == [each.id for each in before.instruments]
    changed = [each for each in after.instruments if each != before.instrument(each.id)]
    assert [(each.id, each.limit) for each in changed] == [("order", WorkingDays(days=1))]


@pytest.mark.parametrize(
    ("text", "field", "allowed"),
    [
        ("[supervision.instruments.order]\nlimits = 3", "instruments.order.limits", "limit"),
        (
            "[supervision.warnings.cards.red-card]\npoints = 0",
            "warnings.cards.red-card.points",
            "ge 1",
        ),
        ("[supervision.lights]\nred = 3", "lights.red", "yellow_percent"),
        ("[supervision]\nstars = 3", "stars", "instruments"),
        ("[supervision.instruments.order]\nid = 'x'", "instruments.order.id", None),
    ],
)
def test_a_fault_within_tables_is_named_by_ids(
    shelf: Path, text: str, field: str, allowed: str | None
) -> None:
    (found,) = faults(shelf, text)

    assert (found.file, found.field) == (RULES, f"supervision.{field}")
    assert allowed is None or allowed in found.allowed


ROUTES = '[routing]\nall = { to = "owner" }\nfin = { categories = ["FIN-1"], to = "category" }\n'


def test_rows_of_a_zone_are_asked_before_shared_ones_in_the_files_order(shelf: Path) -> None:
    shared = (SHIPPED / "defaults.toml").read_text(encoding="utf-8")
    (shelf / "defaults.toml").write_text(shared + ROUTES, encoding="utf-8")

    book = read(
        shelf,
        '[routing]\nlab = { categories = ["LAB-1"], to = "category" }\n'
        'emg = { priorities = ["emergency"], to = "owner" }\nfin = { source = "000:17" }',
    )

    assert [row.id for row in book.routing] == ["lab", "emg", "all", "fin"]
    assert book.routing[3].source == "000:17"


def test_a_fault_in_a_row_that_moved_is_named_by_its_id(shelf: Path) -> None:
    shared = (SHIPPED / "defaults.toml").read_text(encoding="utf-8")
    (shelf / "defaults.toml").write_text(shared + ROUTES, encoding="utf-8")

    (found,) = faults(shelf, '[routing]\nlab = { to = "somebody" }')

    assert (found.file, found.field) == (RULES, "routing.lab.to")


def test_tiers_stand_by_their_level_whichever_file_has_them(shelf: Path) -> None:
    name = '{ zh = "市级", en = "City" }'
    added = (
        f"[tiers.city]\nlevel = 5\nname = {name}\n"
        f'[posts.bishan-city]\nname = {name}\ncovers = "bishan"\ntier = 5\npeople = ["bishan-p99"]'
    )
    (shelf / ZONE / "added.toml").write_text(added, encoding="utf-8")

    assert [tier.level for tier in read_handbook(ZONE, shelf).tiers] == [1, 2, 3, 4, 5]


def test_rosters_shifts_and_dates_are_read(shelf: Path) -> None:
    (found,) = faults(
        shelf,
        "[rosters.night]\nname = { zh = '夜班', en = 'Night' }\n"
        "shifts = [{ people = ['bishan-p01'], from_on = 2026-01-01, begins = '25:00' }]",
    )

    assert (found.file, found.field) == (RULES, "rosters.night.shifts.0.begins")


# --- procedures: tables in tables in tables ---

DEEP = """
[campaigns.tours]
name = {{ zh = "走访", en = "Tours" }}
steps = [{{ id = "seen", name = {{ zh = "走访", en = "Seen" }}, {inner} }}]
"""


@pytest.mark.parametrize(
    ("inner", "field", "allowed"),
    [
        ("days = 3", "steps.0.days", "times_max"),
        ('due = { within = "2wd", level = 1 }', "steps.0.due.level", "levels"),
        ('due = { within = "2wd", levels = [{ rank = 1 }] }', "steps.0.due.levels.0.rank", "tier"),
        (
            'fields = [{ id = "x", name = { zh = "数", en = "x" }, type = "count", top = 3 }]',
            "steps.0.fields.0.top",
            "ceiling",
        ),
    ],
)
def test_a_fault_deep_in_a_procedure_is_named_with_the_fields_that_may_stand_there(
    shelf: Path, inner: str, field: str, allowed: str
) -> None:
    found = [
        each for each in faults(shelf, DEEP.format(inner=inner)) if "Extra inputs" in each.problem
    ]

    assert [(each.file, each.field) for each in found] == [(RULES, f"campaigns.tours.{field}")]
    assert allowed in found[0].allowed


def test_a_length_deep_in_a_procedure_may_be_text(shelf: Path) -> None:
    inner = 'due = { within = "2wd", then = "1wd", levels = [{ tier = 1 }] }'

    (campaign,) = (c for c in read(shelf, DEEP.format(inner=inner)).campaigns if c.id == "tours")

    due = campaign.steps[0].due
    assert due is not None
    assert (due.within, due.then) == (WorkingDays(days=2), WorkingDays(days=1))
