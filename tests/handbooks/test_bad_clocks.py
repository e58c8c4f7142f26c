"""A handbook with a clock that breaks a rule is refused whole: file, key, rule, counter-example."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from bad_clocks import BAD, LATE, limit
from bad_pauses import BAD_PAUSES
from deep import IN_CHECK

from domain.clock_rules import ClockRule
from domain.handbook import Handbook
from domain.soundness import problems
from domain.terms import Terms
from handbooks.faults import Fault
from handbooks.shelf import SHIPPED, HandbookError, read_terms, zones

pytestmark = [pytest.mark.attack, IN_CHECK]

ZONE = "bishan"
RULES = f"{ZONE}/rules.toml"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A shelf with one zone, and with the shared files as shipped."""
    shutil.copytree(SHIPPED / ZONE, tmp_path / ZONE)
    return tmp_path


def faults(shelf: Path, text: str) -> tuple[Fault, ...]:
    (shelf / RULES).write_text(text, encoding="utf-8")
    with pytest.raises(HandbookError) as raised:
        read_terms(ZONE, shelf)
    return raised.value.faults


@pytest.mark.parametrize("name", BAD | BAD_PAUSES)
def test_a_bad_clock_is_refused_for_its_reason_with_a_counter_example(
    shelf: Path, name: str
) -> None:
    text, expected, problem, counter_example = (BAD | BAD_PAUSES)[name]

    found = faults(shelf, text)

    assert {(fault.field, fault.rule) for fault in found} == expected
    assert {fault.file for fault in found} == {RULES}
    assert any(problem in fault.problem for fault in found)
    assert any(counter_example in (fault.counter_example or "") for fault in found)


def test_a_sound_clock_is_not_refused(shelf: Path) -> None:
    (shelf / RULES).write_text(limit("pause = [{ paused = true }]"), encoding="utf-8")

    terms = read_terms(ZONE, shelf)

    assert terms.handbook.clocks[-1].id == "limit"


BY_PRIORITY = (
    "budgets = [{ priority = 'emergency', duration = { kind = 'wall', minutes = 600 } }, "
    "{ duration = { kind = 'wall', minutes = 60000 } }]"
)


@pytest.mark.parametrize(
    "text",
    [
        limit("pause = [{ paused = true, priorities = ['ordinary'] }]"),
        limit("pause = [{ paused = true, categories = ['COS-1'] }]"),
        limit(
            "pause = [{ paused = true }]",
            "reset = [{ events = ['issue_reclassified'], paused = false }]",
            budgets=BY_PRIORITY,
        ),
        limit(
            "pause = [{ paused = true }]",
            "cancel = [{ events = ['issue_reclassified'], priorities = ['ordinary'] }]",
            budgets=BY_PRIORITY,
        ),
        limit(
            "pause = [{ phases = ['handling'], paused = true }]",
            start="{ events = ['reply_demanded'], paused = false }",
            budgets=BY_PRIORITY,
        ),
        limit(
            "pause = [{ paused = true }]",
            "reset = [{ events = ['issue_escalated', 'issue_deescalated'] }]",
        ),
        limit(
            "pause = [{ paused = true, priorities = ['ordinary'] }]",
            "retarget = { priority = 'keep_old_target' }",
            budgets=BY_PRIORITY,
        ),
    ],
)
def test_a_clock_that_loses_no_target_and_hangs_on_no_note_is_not_refused(
    shelf: Path, text: str
) -> None:
    (shelf / RULES).write_text(text, encoding="utf-8")

    assert read_terms(ZONE, shelf).handbook.clocks[-1].id == "limit"


def test_all_that_is_wrong_is_said_at_once(shelf: Path) -> None:
    text = f"""{limit("calendar = 'lunar'", stop="{ phases = ['intake'] }", rungs=LATE)}
[clocks.redo]
reset = [{{ phases = ['handling'] }}]
[pauses]
total = 'handling'
"""

    found = faults(shelf, text)

    assert {fault.field for fault in found} == {
        "clocks.limit.calendar",
        "clocks.limit.stop",
        "clocks.limit.rungs",
        "clocks.redo.reset.0",
        "clocks.redo.pause.1",
        "extensions.clocks.0",
        "pauses.total",
    }


def test_faults_of_form_are_said_at_once_as_well(shelf: Path) -> None:
    (shelf / ZONE / "more.toml").write_text("[clocks.redo\n", encoding="utf-8")
    text = "[pauses]\ntimes_max = 2\n[holidays]\n[clocks.plan]\nid = 'x'\n[clocks]\nreview = 3"

    found = faults(shelf, text)

    assert [(fault.file, fault.field) for fault in found] == [
        (f"{ZONE}/more.toml", "line 1"),
        (RULES, "holidays"),
        (RULES, "clocks.plan.id"),
        (RULES, "clocks.review"),
    ]


def test_a_table_that_is_wrong_inside_is_not_missed_outside(shelf: Path) -> None:
    found = faults(shelf, limit(budgets="budgets = [{ minutes = 5 }]"))

    assert [fault.field for fault in found] == [
        "clocks.limit.budgets.0.duration",
        "clocks.limit.budgets.0.minutes",
    ]
    assert found[1].allowed == ("duration", "tier", "priority", "categories")


def test_a_condition_is_told_what_it_can_ask_for(shelf: Path) -> None:
    (fault,) = faults(shelf, limit("pause = [{ paused = true, owner = 'x' }]"))

    assert (fault.field, fault.value, fault.rule) == ("clocks.limit.pause.0.owner", "x", "R1.4")
    assert set(fault.allowed) == {
        "events",
        "phases",
        "paused",
        "parts",
        "waiting",
        "tiers",
        "priorities",
        "categories",
    }


def test_the_file_that_says_it_is_named_even_if_it_is_the_shared_one(shelf: Path) -> None:
    shared = (SHIPPED / "defaults.toml").read_text(encoding="utf-8")
    broken = shared.replace("stop = [{ paused = false }]", "stop = [{ phases = ['intake'] }]", 1)
    assert broken != shared
    (shelf / "defaults.toml").write_text(broken, encoding="utf-8")

    found = faults(shelf, "")

    assert {(fault.file, fault.field) for fault in found} == {
        ("defaults.toml", "clocks.waiting.stop")
    }


# --- the shipped handbooks, and what becomes of them when something is taken away ---


@pytest.mark.parametrize("zone", zones())
def test_the_shipped_handbooks_are_sound(zone: str) -> None:
    assert problems(read_terms(zone)) == ()


TERMS = read_terms(ZONE)
CLOCKS = {rule.id: rule for rule in TERMS.handbook.clocks}


def mutated(id_: str, **changes: Any) -> set[str]:
    """Return the keys of what is wrong with the default clocks, one of them changed."""
    rules = [
        ClockRule.model_validate(rule.model_dump() | changes) if rule.id == id_ else rule
        for rule in TERMS.handbook.clocks
    ]
    clocks = [rule.model_dump(mode="json") for rule in rules]
    handbook = Handbook.model_validate(TERMS.handbook.model_dump(mode="json") | {"clocks": clocks})
    found = problems(Terms(handbook=handbook, calendar=TERMS.calendar, calendars=TERMS.calendars))
    assert all(each.counter_example and each.rule.startswith("R") for each in found)
    return {each.key for each in found}


def test_the_default_clocks_as_they_are_change_nothing() -> None:
    assert all(mutated(id_) == set() for id_ in CLOCKS)


@pytest.mark.parametrize("id_", CLOCKS)
def test_a_default_clock_without_its_stop_is_refused(id_: str) -> None:
    nothing = [{"events": ["issue_paused"], "phases": ["closed"]}]

    keys = mutated(id_, stop=nothing)

    assert {f"clocks.{id_}.stop", f"clocks.{id_}.stop.0"} <= keys


@pytest.mark.parametrize("id_", CLOCKS)
def test_a_default_clock_that_stands_where_it_starts_is_refused(id_: str) -> None:
    keys = mutated(id_, pause=[each.model_dump() for each in CLOCKS[id_].start])

    assert any(key.startswith(f"clocks.{id_}.pause.") for key in keys)


def test_a_review_that_a_pause_holds_up_is_refused() -> None:
    """As once shipped: a review that began while the issue waited counted until the next note, and
    the issue was left without a deadline."""
    keys = mutated("review", pause=[{"paused": True}])

    assert keys == {"clocks.review.start.0", "clocks.review.reset.0"}


@pytest.mark.parametrize("id_", CLOCKS)
def test_a_default_clock_that_stops_where_it_starts_is_refused(id_: str) -> None:
    rule = CLOCKS[id_]
    stop = [each.model_dump() for each in (*rule.stop, *rule.start)]

    keys = mutated(id_, stop=stop)

    starts = {f"clocks.{id_}.start.{place}" for place in range(len(rule.start))}
    assert starts <= keys


@pytest.mark.parametrize("id_", CLOCKS)
def test_a_default_clock_without_its_due_rung_is_refused(id_: str) -> None:
    keys = mutated(id_, rungs=[{"id": "half", "percent": 50}])

    assert keys == {f"clocks.{id_}.rungs"}


@pytest.mark.parametrize("id_", CLOCKS)
def test_a_default_clock_that_its_own_warning_resets_is_refused(id_: str) -> None:
    assert f"clocks.{id_}.reset.0" in mutated(id_, reset=[{"events": ["rung_fired"]}])


@pytest.mark.parametrize(
    "id_", ["acceptance", "resolution", "waiting_total", "supervision_reply", "plan"]
)
def test_a_default_clock_that_forgets_the_closing_is_refused(id_: str) -> None:
    rule = CLOCKS[id_]
    kept = [each.model_dump() for each in rule.stop if "closed" not in each.phases]
    stop = kept or [{"events": ["issue_closed_out"], "categories": ["COS-1"]}]
    if id_ == "plan":
        stop = [{"events": ["plan_made"]}]

    keys = mutated(id_, stop=stop, cancel=[])

    assert f"clocks.{id_}.stop" in keys
