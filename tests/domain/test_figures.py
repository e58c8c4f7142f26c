"""What each issue gives to each published figure, and what it sums to (I13, R8, R11)."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import builders as b
import builders_callbacks as bc
import builders_ladder as bl
import pytest
from builders import FRI_17, MON_9, MON_10, NEXT_FRI_9, THU_9, TUE_9, Step, told
from builders_sign_off import refused
from hypothesis import given
from hypothesis import strategies as st

from domain import commands as cmd
from domain import commands_of_time as tm
from domain.errors import InvalidRequestError
from domain.figure_definitions import DEFINITIONS, definition
from domain.figure_story import Story
from domain.figures import (
    HOLDERS_MAX,
    KEPT_MAX,
    Listed,
    Period,
    Share,
    Sums,
    differing,
    median,
)
from domain.people import ENGINE
from domain.responsibility import Holder, HolderKind
from domain.terms import Terms

WEEKS = Period(MON_9, NEXT_FRI_9 + timedelta(hours=1))
LATER = Period(NEXT_FRI_9 + timedelta(days=1), NEXT_FRI_9 + timedelta(days=9))
GRID = Holder(kind=HolderKind.POST, id="grid-east-1")
ROADS = Holder(kind=HolderKind.UNIT, id="roads")
PLEASED = Step(b.ENTERPRISE, cmd.Confirm(satisfaction=5), MON_9)
SILENT = Step(ENGINE, b.ring("sign_off"), THU_9)
STRUCK_OFF = Step(b.HEAD, b.VERIFY, THU_9)
REOPENED = Step(b.ENTERPRISE, b.REOPEN, THU_9)
RECORDING = b.terms_of(
    clocks=b.clock_rule("handling", rungs=[{"id": "due", "percent": 100, "effect": "record"}])
)
"""A limit that passes is recorded, and the work stays where it is."""
LATE = (
    *b.IN_HANDLING,
    Step(b.OFFICER, b.HAND_OVER, MON_10),
    Step(b.OFFICER, b.PROPOSE, FRI_17),
    Step(b.ENTERPRISE, b.CONFIRM, FRI_17),
    Step(b.HEAD, b.VERIFY, FRI_17),
)
ESCALATED = (
    *b.IN_HANDLING,
    Step(b.OFFICER, b.HAND_OVER, MON_10),
    Step(b.HEAD, b.PROPOSE, FRI_17),
    Step(b.ENTERPRISE, b.CONFIRM, FRI_17),
    Step(b.DIRECTOR, b.VERIFY, FRI_17),
)
OCCURRED = tm.Correct(version=1, took_place_at=MON_9 - timedelta(hours=1), reason="By telephone.")


def shares(
    name: str,
    *steps: Step,
    terms: Terms = b.TERMS,
    period: Period = WEEKS,
    revision: int | None = None,
) -> list[Share]:
    """Return what one issue gives to a figure."""
    chosen = definition(name, revision)
    records = told(*steps, terms=terms).records
    found = list(chosen.given_by(Story(records, {terms.hash: terms}), period))
    assert chosen.concerns(records, period) or not found
    return found


def digits(name: str, *lives: tuple[Step, ...], **more: Any) -> dict[str, Any]:
    """Return the sums over some issues."""
    sums = Sums(definition(name))
    for number, life in enumerate(lives):
        sums.add(f"{b.ZONE}/{number}", shares(name, *life, **more))
    return sums.digits()


def counts(name: str, *lives: tuple[Step, ...], **more: Any) -> dict[str, int]:
    """Return the counts of them that are not zero."""
    found: Any = digits(name, *lives, **more)["all"]
    return {name: count for name, count in found["counts"].items() if count}


def test_a_strike_off_is_on_time_if_nobody_of_the_zone_passed_a_limit() -> None:
    assert counts("on_time", b.CLOSED_OUT) == {"closed": 1, "on_time": 1}
    assert digits("on_time", b.CLOSED_OUT)["all"]["ratios"] == {
        "on_time": {"numerator": 1, "denominator": 1, "excluded": 0}
    }


def test_a_breach_is_counted_at_whom_it_is_charged_to_and_by_its_verdict() -> None:
    found = shares("on_time", *LATE, terms=RECORDING)

    assert [(each.holder, dict(each.counts)) for each in found] == [
        (ROADS, {"closed": 1, "on_time": 0, "late": 1, "excused": 0}),
        (ROADS, {"breaches": 1, "breaches_breached_then_met": 1}),
    ]


def test_a_breach_by_which_the_issue_rose_stays_with_whoever_had_it_then() -> None:
    closing, breach, *more = shares("on_time", *ESCALATED)

    assert (closing.counts["late"], more) == (1, [])
    assert breach.holder == ROADS != closing.holder
    assert breach.counts == {"breaches": 1, "breaches_handed_over": 1}


def test_silence_of_the_enterprise_makes_no_close_out_late() -> None:
    assert counts("on_time", (*b.IN_SIGN_OFF, SILENT, STRUCK_OFF))["on_time"] == 1


def test_a_correction_excuses_a_late_strike_off_and_leaves_it_late() -> None:
    records = told(*LATE, terms=RECORDING).records
    done = next(record.version for record in records if record.kind == "resolution_proposed")
    earlier = tm.Correct(version=done, took_place_at=TUE_9, reason="The form came later.")
    corrected = (*LATE, Step(b.COORDINATOR, earlier, NEXT_FRI_9))

    assert "excused" not in counts("on_time", LATE, terms=RECORDING)
    found = counts("on_time", corrected, terms=RECORDING)
    assert (found["late"], found["excused"]) == (1, 1)


def test_what_is_reported_closed_open_and_parked_is_counted_at_the_end_of_the_period() -> None:
    found = counts("standing", b.IN_HANDLING, b.CLOSED_OUT, (*b.IN_INTAKE,))

    assert found == {"reported": 3, "closed": 1, "closed_closed_out": 1, "open": 2}
    assert counts("standing", b.IN_HANDLING, b.CLOSED_OUT, period=LATER) == {"open": 1}
    before = Period(MON_9 - timedelta(days=2), MON_9)
    assert counts("standing", b.CLOSED_OUT, period=before) == {}


def test_a_parked_issue_is_in_no_rate_and_always_counted() -> None:
    assert counts("standing", bl.PARKED, terms=bl.LADDER)["parked"] == 1
    assert "open" not in counts("standing", bl.PARKED, terms=bl.LADDER)
    assert counts("on_time", bl.PARKED, terms=bl.LADDER) == {}


def test_the_time_to_close_is_told_in_opening_hours_and_in_all_hours() -> None:
    (share,) = shares("time_to_close", *b.ANSWERED, Step(b.HEAD, b.VERIFY, TUE_9))

    day_ms = 24 * 3_600_000
    assert share.lengths["wall_ms"] == day_ms
    assert share.lengths["working_ms"] == b.CALENDAR.working_ms(MON_9, TUE_9) < day_ms


def test_the_time_of_a_reopened_issue_begins_anew() -> None:
    again = (
        *b.CLOSED_OUT,
        REOPENED,
        Step(b.OFFICER, b.PROPOSE, THU_9),
        Step(b.ENTERPRISE, b.CONFIRM, THU_9),
        STRUCK_OFF,
    )

    found = shares("time_to_close", *again)

    assert [each.lengths["wall_ms"] for each in found] == [0, 0]


def test_a_correction_of_the_report_makes_the_time_longer_and_is_counted() -> None:
    life = (*b.CLOSED_OUT, Step(b.COORDINATOR, OCCURRED, TUE_9))

    (share,) = shares("time_to_close", *life)

    assert (share.counts["corrected"], share.lengths["wall_ms"]) == (1, 3_600_000)


def test_of_two_corrections_the_later_holds_also_where_it_corrects_the_first() -> None:
    first = told(*b.CLOSED_OUT, Step(b.COORDINATOR, OCCURRED, TUE_9)).records[-1].version
    second = tm.Correct(
        version=first, took_place_at=MON_9 - timedelta(hours=2), reason="Earlier still."
    )

    (share,) = shares(
        "time_to_close",
        *b.CLOSED_OUT,
        Step(b.COORDINATOR, OCCURRED, TUE_9),
        Step(b.COORDINATOR, second, TUE_9),
    )

    assert share.lengths["wall_ms"] == 2 * 3_600_000


def test_what_lies_before_the_calendar_has_no_working_time_and_excuses_nobody() -> None:
    before = b.CALENDAR.valid_from
    assert before is not None
    at = datetime.combine(before, time(), tzinfo=UTC) - timedelta(days=9)
    long_ago = tm.Correct(version=1, took_place_at=at, reason="Before our time.")
    corrected = Step(b.COORDINATOR, long_ago, NEXT_FRI_9)

    (share,) = shares("time_to_close", *b.CLOSED_OUT, corrected)

    assert share.counts["without_working_time"] == 1
    assert set(share.lengths) == {"wall_ms"}
    assert "excused" not in counts("on_time", (*LATE, corrected), terms=RECORDING)


def test_every_sign_off_is_counted_by_itself_and_satisfaction_is_of_answers_alone() -> None:
    silent = (*b.IN_SIGN_OFF, SILENT, STRUCK_OFF)
    annoyed = Step(b.ENTERPRISE, cmd.Reject(reason="Still.", satisfaction=2), MON_9)
    twice = (*b.IN_SIGN_OFF, annoyed, b.PROPOSED, PLEASED, STRUCK_OFF)

    found: Any = digits("sign_off", silent, twice)["all"]

    assert found["ratios"]["acceptance"] == {"numerator": 1, "denominator": 2, "excluded": 0}
    assert found["ratios"]["deemed_accepted"] == {"numerator": 1, "denominator": 2, "excluded": 0}
    assert found["ratios"]["satisfaction"] == {"numerator": 7, "denominator": 2, "excluded": 0}
    assert found["counts"]["answers"] == 2


def test_an_unreachable_enterprise_has_answered_nothing() -> None:
    unreached = Step(b.COORDINATOR, b.UNREACHABLE, THU_9)

    found = counts("sign_off", (*b.IN_SIGN_OFF, SILENT, unreached, STRUCK_OFF))

    assert found == {"closed": 1, "asked": 1, "unreachable": 1}


def test_a_sign_off_that_the_enterprise_disputes_later_is_accepted_no_more() -> None:
    called = Step(bc.SUPERVISOR, bc.DISAGREES, TUE_9)
    life = (*b.CLOSED_OUT, bc.DRAWN)

    assert counts("sign_off", life, terms=bc.TERMS)["accepted_undisputed"] == 1
    found = counts("sign_off", (*life, called), terms=bc.TERMS)
    assert (found["accepted"], found["disputed"]) == (1, 1)
    assert "accepted_undisputed" not in found


def test_what_was_proposed_and_came_back_falls_to_whoever_proposed_it() -> None:
    sent_back = Step(b.HEAD, b.SEND_BACK, MON_9)
    life = (*refused(1), b.PROPOSED, b.CONFIRMED, sent_back, b.PROPOSED, b.CONFIRMED, b.VERIFIED)

    found = counts("returned", life)

    assert found == {"proposed": 3, "returned": 2, "rejected": 1, "sent_back": 1, "closed": 1}
    assert {each.holder for each in shares("returned", *life)} == {GRID}


def test_a_withdrawal_ends_a_proposal_and_is_no_strike_off() -> None:
    withdrawn = Step(b.ENTERPRISE, b.WITHDRAW, MON_9)
    life = (*b.IN_SIGN_OFF, withdrawn, b.VERIFIED)

    assert counts("returned", life) == {"proposed": 1}
    assert counts("on_time", life) == {}
    assert counts("standing", life)["closed_withdrawn"] == 1


def test_a_strike_off_that_was_taken_up_again_is_known_as_such() -> None:
    assert counts("returned", (*b.CLOSED_OUT, REOPENED))["reopened"] == 1
    assert "reopened" not in counts("returned", b.CLOSED_OUT)


@pytest.mark.parametrize("name", sorted({each.name for each in DEFINITIONS}))
def test_what_was_recorded_outside_the_period_gives_nothing(name: str) -> None:
    if name != "standing":
        assert counts(name, b.CLOSED_OUT, ESCALATED, period=LATER) == {}
        assert shares(name, *b.CLOSED_OUT, period=Period(MON_9 - timedelta(1), MON_9)) == []


def test_every_name_that_an_issue_gives_is_one_that_its_definition_explains() -> None:
    lives = (ESCALATED, b.CLOSED_OUT, (*b.CLOSED_OUT, REOPENED), refused(2))
    for each in DEFINITIONS:
        given = [s for life in lives for s in shares(each.name, *life, revision=each.revision)]
        assert {name for share in given for name in share.counts} <= set(each.counts)
        assert {name for share in given for name in share.lengths} <= set(each.lengths)
        assert {name for pair in each.ratios.values() for name in pair} <= set(each.counts)


def test_a_definition_is_known_by_its_name_and_revision() -> None:
    assert definition("on_time", 2) is definition("on_time")
    assert definition("on_time", 1) is not definition("on_time")
    with pytest.raises(InvalidRequestError, match="no such definition"):
        definition("happiness")
    with pytest.raises(InvalidRequestError, match="no such revision"):
        definition("on_time", 99)


def test_a_revision_is_there_once() -> None:
    named = [(each.name, each.revision) for each in DEFINITIONS]

    assert len(set(named)) == len(named)


@given(st.lists(st.integers(0, 10**12), max_size=30))
def test_the_median_is_exact_and_parts_what_it_is_of(lengths: list[int]) -> None:
    found: Any = median(lengths)

    if found is None:
        assert lengths == []
        return
    above, below, of = found["numerator"], found["denominator"], found["of"]
    assert of == len(lengths)
    assert 2 * sum(each * below < above for each in lengths) <= of
    assert 2 * sum(each * below > above for each in lengths) <= of
    assert below == (1 if of % 2 else 2)


@given(st.permutations(range(6)))
def test_the_order_within_an_issue_changes_no_digit(order: list[int]) -> None:
    parts = [Share(holder, {"closed": n}) for n, holder in enumerate((GRID, ROADS) * 3)]

    def of(each: list[Share]) -> object:
        sums = Sums(definition("returned"))
        sums.add("z/1", each)
        return sums.digits()

    assert of([parts[place] for place in order]) == of(parts)


def test_the_sums_of_a_unit_leave_out_what_others_have() -> None:
    sums = Sums(definition("returned"), "roads")
    given = sums.add("z/1", [Share(GRID, {"closed": 1}), Share(ROADS, {"closed": 1})])
    nothing = sums.add("z/2", [Share(GRID, {"closed": 1})])

    found: Any = sums.digits()
    assert found["all"]["counts"]["closed"] == 1
    assert [each["id"] for each in given.shares] == ["roads"]
    assert (nothing.shares, found["issues"]["count"]) == ((), 1)


def test_more_holders_than_are_counted_are_refused() -> None:
    sums = Sums(definition("returned"))
    many = (
        Share(Holder(kind=HolderKind.UNIT, id=f"u{number}"), {"closed": 1})
        for number in range(HOLDERS_MAX + 1)
    )

    with pytest.raises(InvalidRequestError, match="more in this period"):
        sums.add("z/1", many)


def test_a_long_list_keeps_its_beginning_its_length_and_the_hash_of_all() -> None:
    one, other = Listed(), Listed()
    for number in range(KEPT_MAX + 1):
        one.add({"stream": f"z/{number}"})
        other.add({"stream": f"z/{number if number < KEPT_MAX else 'else'}"})

    first, second = one.plain(), other.plain()
    assert (first["count"], len(one.kept)) == (KEPT_MAX + 1, KEPT_MAX)
    assert first["first"] == second["first"]
    assert first["sha256"] != second["sha256"]


def test_a_difference_names_the_place_the_issue_and_both_values() -> None:
    one = {"all": {"closed": 2}, "first": [{"stream": "z/a", "n": 1}, {"stream": "z/b", "n": 1}]}
    other = {"all": {"closed": 1}, "first": [{"stream": "z/b", "n": 3}], "more": 1}

    assert list(differing(one, other)) == [
        ("all.closed", 2, 1),
        ("first.z/a", {"stream": "z/a", "n": 1}, None),
        ("first.z/b.n", 1, 3),
        ("more", None, 1),
    ]
    assert list(differing([1, {"kind": "unit", "id": "a"}], [1, {"kind": "unit", "id": "b"}])) == [
        ("unit a", {"kind": "unit", "id": "a"}, None),
        ("unit b", None, {"kind": "unit", "id": "b"}),
    ]
