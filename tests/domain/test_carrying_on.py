"""What a clock has left is left of it, whatever changes its target afterwards (R10.1, R3)."""

import builders as b
import pytest
from builders_kin import KIN_DATA, World, kin_terms, reopening_terms

from domain import commands_of_time as tm
from domain.clocks import Standing, Verdict
from domain.durations import WorkingDays
from domain.people import ENGINE


def handling(**changes: object) -> dict[str, object]:
    """Return the rule of handling with two budgets by category, and with `changes`."""
    (rule,) = (rule for rule in KIN_DATA["clocks"] if rule["id"] == "handling")
    hours = {"kind": "open_hours", "minutes": 24 * 60}
    more = {"duration": hours, "categories": ["power-supply"]}
    return {"budgets": [more, *rule["budgets"]]} | changes


def resumed(**changes: object) -> World:
    """Return a world whose issue was closed after three hours and taken up again on Tuesday."""
    told = World(terms=reopening_terms((30, "resume"), handling=handling(**changes)))
    told.report("a")
    told.at = b.MON_9 + 3 * b.HOUR
    told.close("a")
    told.at = b.TUE_9
    told.do("a", b.REOPEN, b.ENTERPRISE)
    return told


def left_ms(told: World) -> int:
    return told.issues["a"].clock("handling").budget_ms


def another_category(told: World) -> None:
    command = tm.Reclassify(category="power-supply", reason="It is the cable.")
    told.do("a", command, b.HEAD)


def test_a_new_target_counts_what_earlier_cycles_have_spent():
    told = resumed()

    another_category(told)

    clock = told.issues["a"].clock("handling")
    assert (clock.cycle, clock.carried_ms) == (2, 3 * b.HOUR_MS)
    assert left_ms(told) == (24 - 3) * b.HOUR_MS


@pytest.mark.parametrize(
    ("answer", "hours"),
    [
        ("keep_elapsed", 21),
        ("from_anchor_with_credit", 21),
        ("strictest_of", 13),
        ("keep_old_target", 13),
        ("restart", 24),
    ],
)
def test_each_answer_to_a_change_does_with_them_what_it_says(answer, hours):
    told = resumed(retarget={"category": answer})

    another_category(told)

    assert left_ms(told) == hours * b.HOUR_MS


def test_a_target_that_begins_anew_forgets_them_for_good():
    told = resumed(retarget={"category": "restart"})
    another_category(told)

    assert told.issues["a"].clock("handling").carried_ms == 0


def test_a_handbook_with_the_same_limits_moves_no_deadline_that_was_carried_on():
    told = resumed()
    due_at = told.issues["a"].clock("handling").due_at
    clocks = told.terms.model_dump(mode="json")["handbook"]["clocks"]
    target = kin_terms(clocks=clocks, revision=2)

    told.target = target
    told.do("a", b.adopt_handbook(target), ENGINE)

    assert told.issues["a"].terms == target.hash
    assert told.issues["a"].clock("handling").due_at == due_at


def test_a_handbook_with_another_limit_counts_them_too():
    told = resumed()
    rule = handling(budgets=[{"duration": {"kind": "open_hours", "minutes": 20 * 60}}])
    clocks = reopening_terms((30, "resume"), handling=rule).model_dump(mode="json")
    target = kin_terms(clocks=clocks["handbook"]["clocks"], revision=2)

    told.target = target
    told.do("a", b.adopt_handbook(target), ENGINE)

    assert left_ms(told) == (20 - 3) * b.HOUR_MS


def test_what_is_left_is_left_of_what_was_left():
    told = resumed()
    told.at = b.TUE_9 + 2 * b.HOUR
    told.close("a")
    told.at = b.WED_9
    told.do("a", b.REOPEN, b.ENTERPRISE)

    clock = told.issues["a"].clock("handling")
    assert (clock.cycle, clock.carried_ms) == (3, 5 * b.HOUR_MS)
    assert clock.budget_ms == (16 - 5) * b.HOUR_MS


def test_time_that_was_granted_and_not_spent_is_left():
    told = World(terms=reopening_terms((30, "resume"), handling=handling()))
    told.report("a")
    extra = WorkingDays(days=1, due="same_time")
    told.do("a", tm.AskExtension(clock="handling", extra=extra, reason="Cables."))
    told.do("a", b.GRANT, b.HEAD)
    told.at = b.MON_9 + 3 * b.HOUR
    told.close("a")
    told.do("a", b.REOPEN, b.ENTERPRISE)

    before = left_ms(told)
    another_category(told)

    assert before == (16 + 8 - 3) * b.HOUR_MS
    assert left_ms(told) == (24 + 8 - 3) * b.HOUR_MS


def test_a_stopped_clock_keeps_its_verdict_and_a_plain_one_says_nothing_of_other_cycles():
    told = World(terms=reopening_terms((30, "new_cycle"), handling=handling()))
    told.report("a")
    told.close("a")
    first = told.issues["a"].clock("handling")
    told.do("a", b.REOPEN, b.ENTERPRISE)

    second = told.issues["a"].clock("handling")
    assert (first.standing, first.verdict) == (Standing.STOPPED, Verdict.MET)
    assert "carried_ms" not in second.model_dump(mode="json")
