"""Other terms and back again (I9): the same deadlines, whatever the way there did."""

from datetime import datetime, timedelta

import pytest
from builders import (
    CALENDAR,
    ENGINE,
    IN_HANDLING,
    MON_10,
    MON_11,
    MON_15,
    OFFICER,
    PAUSE,
    RESUME,
    TERMS,
    Step,
    adopt_calendar,
    clock_rule,
    given,
    terms_of,
    when,
)
from deep import deep
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from laws import lives
from test_adoption import MONDAY_OFF_TOO, SHORTER, TUESDAY_OFF, adopted, dues

from domain.clocks import Clock
from domain.reading import spent_ms

# --- there and back again ---


@pytest.mark.parametrize(
    "answer",
    ["keep_elapsed", "restart", "from_anchor_with_credit", "keep_old_target", "strictest_of"],
)
@pytest.mark.parametrize(
    "acts", [(), (Step(OFFICER, PAUSE, MON_10), Step(OFFICER, RESUME, MON_11))]
)
def test_to_another_handbook_and_back_gives_the_same_instants(answer, acts):
    rule = SHORTER.rules_by_id["handling"].model_dump(mode="json")
    there = terms_of(clocks=clock_rule("handling", **(rule | {"retarget": {"handbook": answer}})))
    issue = given(*IN_HANDLING, *acts)
    moved = adopted(issue, there, MON_15).issue
    back = adopted(moved, TERMS, MON_15 + timedelta(minutes=30), terms=there, undo=True)

    assert dues(back.issue) == dues(issue)
    assert back.issue.terms == TERMS.hash
    assert {e.ground for e in back.events if e.kind == "terms_adopted"} == {"undo"}


@settings(
    max_examples=deep("lives moved to other terms and back", 1200),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@for_all(lives(), st.sampled_from([TUESDAY_OFF, MONDAY_OFF_TOO, SHORTER]))
def test_any_life_moved_and_moved_back_has_the_same_deadlines(life, target):
    if not life.issue.is_open:
        return
    present = when(life.issue, adopt_calendar(TERMS), ENGINE, life.at, target=TERMS).issue
    if not present.is_open:
        return
    moved = adopted(present, target, life.at).issue
    if any(clock.born_breached for clock in moved.clocks):
        return  # it rings at once, and what time has done by then is no longer undone
    back = adopted(moved, TERMS, life.at, terms=target, undo=True).issue

    assert {id_: due for id_, (due, _) in dues(back).items()} == {
        id_: due for id_, (due, _) in dues(present).items()
    }
    for before, after in zip(present.clocks, back.clocks, strict=True):
        assert counted(before, life.at) == counted(after, life.at)


def counted(clock: Clock, at: datetime) -> tuple[int, int, str]:
    """Return what a clock has and has spent: the same to the millisecond after the way back."""
    return clock.budget_ms, spent_ms(clock, CALENDAR, at), clock.standing
