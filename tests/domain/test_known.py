"""As known then and as known now (R3.5): the second view is shown, the first one decides."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import builders as b

from domain import commands_of_time as tm
from domain.chain import Record, breaks
from domain.clocks import Standing, Verdict
from domain.commands import Command
from domain.days import ClosedDay, Label
from domain.decisions import decide
from domain.issue import Issue
from domain.known import Ground, KnownClock, known_now
from domain.people import ENGINE, Actor
from domain.retold import retold
from domain.terms import Terms

TERMS = {b.TERMS.hash: b.TERMS}


@dataclass(frozen=True)
class Act:
    """What somebody does at `at`, and when by their word it took place."""

    actor: Actor
    command: Command
    at: datetime
    occurred_at: datetime | None = None


def recorded(*acts: Act, terms: Terms = b.TERMS) -> list[Record]:
    """Return the records of acts, each with its own `occurred_at`."""
    issue: Issue | None = None
    records: list[Record] = []
    for act in acts:
        sent = b.submission(act.command, act.actor, occurred_at=act.occurred_at)
        decision = decide(issue, sent, b.context(act.at, terms))
        records += b.records_of(decision, sent, terms, after=records)
        issue = decision.issue
    return records


def correct(version: int, took_place_at: datetime, at: datetime) -> Act:
    """Return a coordinator's correction."""
    command = tm.Correct(version=version, took_place_at=took_place_at, reason="The log book.")
    return Act(b.COORDINATOR, command, at)


def clock(known: tuple[KnownClock, ...], id_: str, cycle: int = 1) -> KnownClock:
    return next(each for each in known if (each.clock, each.cycle) == (id_, cycle))


def hours(ms: int) -> float:
    return ms / b.HOUR_MS


PHONED = Act(b.HOTLINE, b.report(), b.MON_11, occurred_at=b.MON_9)
ACCEPTED = Act(b.OFFICER, b.ACCEPT, b.MON_13)


def test_a_phone_report_of_nine_that_was_typed_at_eleven_counts_from_nine_as_known_now() -> None:
    found = clock(known_now(recorded(PHONED, ACCEPTED), TERMS), "acceptance")

    assert (found.then.started_at, found.now.started_at) == (b.MON_11, b.MON_9)
    assert (hours(found.then.elapsed_ms), hours(found.now.elapsed_ms)) == (2, 4)
    assert (found.then.due_at, found.now.due_at) == (b.MON_15, b.MON_13)
    assert (found.then.breached, found.now.breached) == (False, True)
    assert found.verdict is Verdict.MET
    assert [(d.version, d.kind, d.ground) for d in found.differences] == [
        (1, "issue_reported", Ground.CLAIMED)
    ]
    assert found.differences[0].counted_at == found.differences[0].took_place_at == b.MON_9


def test_the_clock_of_an_act_recorded_at_once_is_the_same_in_both_views() -> None:
    found = clock(known_now(recorded(PHONED, ACCEPTED), TERMS, b.TUE_9), "handling")

    assert found.then == found.now
    assert found.differences == ()
    assert hours(found.then.elapsed_ms) == 4


def test_what_was_done_at_two_in_the_night_of_the_flood_and_typed_at_eleven() -> None:
    night = b.local(1, 2)
    records = recorded(
        Act(b.ENTERPRISE, b.report(priority="emergency"), b.local(1, 11), night),
        Act(b.OFFICER, b.ACCEPT, b.local(1, 11, 5), night + timedelta(minutes=10)),
        Act(b.OFFICER, b.PROPOSE, b.local(1, 11, 10), night + 3 * b.HOUR),
        Act(b.ENTERPRISE, b.CONFIRM, b.local(1, 11, 20)),
    )

    known = known_now(records, TERMS)

    accepting, handling = clock(known, "acceptance"), clock(known, "handling")
    minutes = [view.elapsed_ms // 60_000 for view in (accepting.then, accepting.now)]
    assert minutes == [5, 10]
    minutes = [view.elapsed_ms // 60_000 for view in (handling.then, handling.now)]
    assert minutes == [5, 170]
    assert (handling.then.breached, handling.now.breached) == (False, True)
    assert handling.now.due_at == night + timedelta(minutes=130)
    assert [d.kind for d in handling.differences] == ["issue_accepted", "resolution_proposed"]
    answering = clock(known, "sign_off")
    assert answering.now.ended_at == answering.then.ended_at == b.local(1, 11, 20)
    assert answering.now.started_at == night + 3 * b.HOUR


def in_a_day() -> list[Act]:
    """Versions 1 to 5: reported, accepted, proposed, answered, closed out."""
    return [
        Act(b.ENTERPRISE, b.report(), b.MON_9),
        Act(b.OFFICER, b.ACCEPT, b.MON_9),
        Act(b.OFFICER, b.PROPOSE, b.MON_13),
        Act(b.ENTERPRISE, b.CONFIRM, b.MON_15),
        Act(b.HEAD, b.VERIFY, b.MON_17),
    ]


def test_a_wrong_time_of_closing_is_corrected_beside_what_was_recorded() -> None:
    records = recorded(*in_a_day(), correct(5, b.MON_15 + b.HOUR, b.TUE_9))

    known = known_now(records, TERMS, b.NEXT_MON_9)

    found = clock(known, "verification")
    assert (found.then.ended_at, found.now.ended_at) == (b.MON_17, b.MON_15 + b.HOUR)
    assert (hours(found.then.elapsed_ms), hours(found.now.elapsed_ms)) == (2, 1)
    assert found.differences[0].ground is Ground.CORRECTED
    assert found.differences[0].kind == "issue_closed_out"
    resolving = clock(known, "resolution")
    assert hours(resolving.then.elapsed_ms) == 4
    assert resolving.now.elapsed_ms == resolving.then.elapsed_ms
    assert resolving.now.ended_at == b.MON_15 + b.HOUR


def test_nothing_that_was_recorded_is_written_over() -> None:
    before = recorded(*in_a_day())
    after = recorded(*in_a_day(), correct(3, b.MON_11, b.TUE_9))

    assert len(after) == len(before) + 1
    assert [r.event for r in after[: len(before)]] == [r.event for r in before]
    assert list(breaks(after)) == []
    assert after[-1].event.clocks == ()
    now, then = known_now(after, TERMS, b.TUE_9), known_now(before, TERMS, b.TUE_9)
    assert [each.then for each in now] == [each.then for each in then]
    assert [each.now for each in now] != [each.now for each in then]


def test_of_two_corrections_of_one_event_the_later_wins() -> None:
    records = recorded(
        *in_a_day(), correct(3, b.MON_10, b.TUE_9), correct(3, b.MON_11, b.TUE_9 + b.HOUR)
    )

    assert clock(known_now(records, TERMS), "handling").now.ended_at == b.MON_11


def test_to_correct_a_correction_is_to_correct_what_it_spoke_of() -> None:
    acts = [
        *in_a_day(),
        correct(3, b.MON_10, b.TUE_9),
        correct(6, b.MON_11, b.TUE_9 + b.HOUR),
        correct(7, b.MON_11 + b.HOUR, b.TUE_9 + 2 * b.HOUR),
    ]

    once, twice = recorded(*acts[:7]), recorded(*acts)

    assert [record.kind for record in twice[5:]] == ["fact_corrected"] * 3
    assert clock(known_now(once, TERMS), "handling").now.ended_at == b.MON_11
    assert clock(known_now(twice, TERMS), "handling").now.ended_at == b.MON_11 + b.HOUR


def test_a_correction_wins_over_the_word_of_whoever_acted() -> None:
    records = recorded(PHONED, ACCEPTED, correct(1, b.MON_10, b.MON_15))

    found = clock(known_now(records, TERMS), "acceptance")

    assert found.now.started_at == b.MON_10
    assert found.differences[0].ground is Ground.CORRECTED


def test_no_fact_counts_after_it_was_recorded() -> None:
    records = recorded(
        Act(b.ENTERPRISE, b.report(), b.MON_9),
        Act(b.OFFICER, b.ACCEPT, b.MON_10),
        correct(1, b.MON_11, b.MON_15),
    )

    found = clock(known_now(records, TERMS), "acceptance")

    assert found.now == found.then
    assert (found.differences[0].took_place_at, found.differences[0].counted_at) == (
        b.MON_11,
        b.MON_9,
    )


def test_moves_keep_their_order_whatever_is_claimed() -> None:
    records = recorded(
        Act(b.ENTERPRISE, b.report(), b.MON_9),
        Act(b.OFFICER, b.ACCEPT, b.MON_10),
        Act(b.OFFICER, b.PAUSE, b.MON_13),
        Act(b.OFFICER, b.RESUME, b.MON_15, occurred_at=b.MON_11),
    )

    found = clock(known_now(records, TERMS, b.MON_17), "handling")

    assert found.differences[0].counted_at == b.MON_13
    assert hours(found.then.elapsed_ms) == 5
    assert hours(found.now.elapsed_ms) == 7
    assert found.now.due_at == b.WED_9 + b.HOUR


def test_what_time_did_before_an_act_did_not_happen_when_the_act_did() -> None:
    """An act's `occurred_at` stands on every event of its submission, also on the rungs that had
    fallen due before it, and on the escalation that they caused."""
    records = recorded(
        Act(b.ENTERPRISE, b.report(), b.MON_9),
        Act(b.OFFICER, b.NOTE, b.MON_15, occurred_at=b.MON_10),
    )
    assert "issue_escalated" in [record.kind for record in records]
    assert records[-2].occurred_at == b.MON_10

    known = known_now(records, TERMS)

    assert [each.differences for each in known] == [(), ()]
    assert all(each.now == each.then for each in known)


def test_a_limit_in_days_is_resolved_anew_from_where_the_clock_is_known_to_begin() -> None:
    """Two working days to the day's end, from Monday 15:00 or from the Friday before it."""
    two_days = {"duration": {"kind": "working_days", "days": 2}}
    terms = b.terms_of(clocks=b.clock_rule("handling", budgets=[two_days]))
    records = recorded(
        Act(b.ENTERPRISE, b.report(), b.MON_15, occurred_at=b.local(-3, 9)),
        Act(b.OFFICER, b.ACCEPT, b.MON_15, occurred_at=b.local(-3, 11)),
        terms=terms,
    )

    found = clock(known_now(records, {terms.hash: terms}, b.TUE_9), "handling")

    assert (found.then.due_at, found.now.due_at) == (b.WED_17, b.TUE_17)
    assert (hours(found.then.budget_ms), hours(found.now.budget_ms)) == (18, 22)
    assert (hours(found.then.elapsed_ms), hours(found.now.elapsed_ms)) == (2, 14)


def test_a_pause_leaves_the_deadline_of_the_last_run_standing_in_both_views() -> None:
    records = recorded(
        Act(b.ENTERPRISE, b.report(), b.MON_9),
        Act(b.OFFICER, b.ACCEPT, b.MON_11, occurred_at=b.MON_9),
        Act(b.OFFICER, b.PAUSE, b.MON_13),
    )

    found = clock(known_now(records, TERMS, b.TUE_9), "handling")

    assert found.standing is Standing.PAUSED
    assert (found.then.due_at, found.now.due_at) == (b.WED_9 + 2 * b.HOUR, b.TUE_17)
    assert (hours(found.then.elapsed_ms), hours(found.now.elapsed_ms)) == (2, 4)


def test_a_clock_runs_on_through_an_extension_in_both_views() -> None:
    records = recorded(
        *in_a_day()[:2],
        Act(b.OFFICER, b.ASK_EXTENSION, b.MON_10),
        Act(b.HEAD, b.GRANT, b.MON_10),
        Act(b.OFFICER, b.PROPOSE, b.MON_15),
        correct(5, b.MON_13, b.TUE_9),
    )

    found = clock(known_now(records, TERMS), "handling")

    assert (hours(found.then.elapsed_ms), hours(found.now.elapsed_ms)) == (6, 4)
    assert found.then.budget_ms == found.now.budget_ms == 32 * b.HOUR_MS
    assert found.then.due_at == found.now.due_at == b.local(3, 17)


def test_both_views_count_by_the_calendar_that_was_adopted_last() -> None:
    """Monday was closed until a notice opened it: its eight hours count in both views."""
    monday = ClosedDay(on=b.FIRST_MONDAY, name=Label(zh="停工", en="standstill"))
    old = b.TERMS.with_calendar(b.CALENDAR.model_copy(update={"overrides": (monday,)}))
    records = recorded(
        Act(b.ENTERPRISE, b.report(), b.MON_9),
        Act(b.OFFICER, b.ACCEPT, b.MON_9),
        Act(b.OFFICER, b.PAUSE, b.TUE_9 + 2 * b.HOUR),
        terms=old,
    )
    issue = list(retold(records, {old.hash: old}))[-1].after
    for command, actor, target in (
        (b.adopt_calendar(b.TERMS), ENGINE, b.TERMS),
        (tm.Correct(version=3, took_place_at=b.TUE_9, reason="-"), b.COORDINATOR, None),
    ):
        sent = b.submission(command, actor)
        terms = old if target is not None else b.TERMS
        decision = decide(issue, sent, b.context(b.local(1, 13), terms, target))
        records += b.records_of(decision, sent, terms, after=records)
        issue = decision.issue

    found = clock(known_now(records, TERMS | {old.hash: old}), "handling")

    assert (hours(found.then.elapsed_ms), hours(found.now.elapsed_ms)) == (10, 8)


def test_a_clock_that_counts_from_the_report_moves_with_the_report() -> None:
    """Its own cycle began with the acceptance; a change of priority had it count from the report,
    which was typed two hours after the call."""
    rule = b.clock_rule(
        "handling",
        retarget={"priority": "from_anchor_with_credit", "anchor": "reported"},
        budgets=[
            {"duration": {"kind": "open_hours", "minutes": 720}, "priority": "expedited"},
            {"duration": {"kind": "open_hours", "minutes": 960}},
        ],
    )
    terms = b.terms_of(clocks=rule)
    records = recorded(
        PHONED,
        ACCEPTED,
        Act(b.COORDINATOR, tm.Reclassify(priority="expedited", reason="-"), b.MON_15),
        terms=terms,
    )

    found = clock(known_now(records, {terms.hash: terms}, b.MON_17), "handling")

    assert (hours(found.then.elapsed_ms), hours(found.now.elapsed_ms)) == (6, 8)
    assert found.then.started_at == found.now.started_at == b.MON_13
    assert (found.then.due_at, found.now.due_at) == (b.local(1, 15), b.local(1, 13))
    assert [(d.version, d.kind) for d in found.differences] == [(1, "issue_reported")]
