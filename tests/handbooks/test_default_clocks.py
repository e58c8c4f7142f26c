"""The default clocks, played through the life of an issue."""

from datetime import UTC, datetime, timedelta

import pytest
from default_lives import (
    AREA_LEAD,
    COMMITTEE,
    DISTRICT,
    ENTERPRISE,
    GRID_OFFICER,
    REJECT,
    SOLVED,
    WAIT,
    Life,
)

from domain import commands as cmd
from domain.clocks import Move, Standing, Verdict
from domain.events import PartAsked
from domain.phases import Duty, Phase, Priority, TurnAwayCode


@pytest.fixture
def handled() -> Life:
    life = Life()
    life.do(GRID_OFFICER, cmd.Accept())
    return life


@pytest.fixture
def proposed(handled: Life) -> Life:
    handled.do(GRID_OFFICER, SOLVED)
    return handled


@pytest.mark.parametrize(
    ("priority", "clock", "minutes"),
    [
        (Priority.EMERGENCY, "acceptance", 30),
        (Priority.EXPEDITED, "acceptance", 240),
        (Priority.EMERGENCY, "handling", 120),
        (Priority.EXPEDITED, "handling", 1440),
    ],
)
def test_a_pressing_issue_has_the_shorter_limit(
    priority: Priority, clock: str, minutes: int
) -> None:
    life = Life(priority=priority, by=AREA_LEAD)
    life.do(GRID_OFFICER, cmd.Accept())

    assert life.clock(clock).budget_ms == minutes * 60_000


def test_an_ordinary_report_is_accepted_by_the_same_time_of_the_next_working_day() -> None:
    life = Life()

    assert life.clock("acceptance").due_at == life.at + timedelta(days=1)


def test_an_ordinary_issue_has_three_working_days_at_its_tier_and_ten_in_all(
    handled: Life,
) -> None:
    assert handled.clock("handling").due_at == datetime(2026, 6, 8, 9, 30, tzinfo=UTC)
    assert handled.clock("resolution").due_at == datetime(2026, 6, 17, 9, 30, tzinfo=UTC)


def test_a_report_turned_away_has_met_its_acceptance() -> None:
    life = Life()
    code = TurnAwayCode.OUT_OF_SCOPE
    life.do(GRID_OFFICER, cmd.TurnAway(code=code, reason="No matter of the zone."))

    assert life.verdict("acceptance") is Verdict.MET
    assert not life.live()


def test_a_report_withdrawn_at_intake_counts_neither_as_met_nor_as_missed() -> None:
    life = Life()
    life.do(ENTERPRISE, cmd.Withdraw(reason="Settled by itself."))

    assert life.verdict("acceptance") is Verdict.WITHDRAWN
    assert not life.live()


def test_silence_at_intake_climbs_tier_by_tier_and_ends_in_a_daily_review() -> None:
    life = Life()
    for tier in (2, 3, 4):
        kinds = [event.kind for _ in range(3) for event in life.ring()]
        assert kinds[-1] == "issue_escalated"
        assert life.issue is not None
        assert life.issue.tier == tier
        assert life.clock("acceptance").cycle == tier
    for _ in range(3):
        life.ring()

    days = []
    for _ in range(3):
        assert life.live() == {"acceptance", "review"}
        assert [event.kind for event in life.ring()] == ["rung_fired", "issue_put_to_review"]
        days.append(life.at.date())

    assert len(set(days)) == 3


def test_an_acceptance_ends_the_review_of_a_late_one() -> None:
    life = Life()
    while life.issue is not None and not life.issue.under_review:
        life.ring()
    life.do(DISTRICT, cmd.Accept())

    assert life.live() == {"handling", "resolution"}


def test_an_escalation_gives_the_next_tier_a_whole_limit_and_leaves_the_total(
    handled: Life,
) -> None:
    total = handled.clock("resolution")
    handled.do(GRID_OFFICER, cmd.Escalate(reason="Beyond the grid."), timedelta(days=1))

    assert handled.clock("handling").cycle == 2
    assert handled.clock("handling").elapsed_ms == 0
    assert handled.verdict("handling") is Verdict.HANDED_OVER
    assert handled.clock("resolution") == total


def test_at_any_time_at_most_one_clock_can_escalate() -> None:
    life = Life()
    seen = [life.escalating()]
    for actor, command in (
        (GRID_OFFICER, cmd.Accept()),
        (GRID_OFFICER, SOLVED),
        (ENTERPRISE, REJECT),
        (GRID_OFFICER, cmd.Escalate(reason="Beyond the grid.")),
        (AREA_LEAD, SOLVED),
        (ENTERPRISE, REJECT),
        (COMMITTEE, SOLVED),
        (ENTERPRISE, cmd.Confirm()),
        (DISTRICT, cmd.SendBack(reason="The evidence is missing.")),
        (DISTRICT, cmd.Deescalate(to_tier=1, reason="The rest is routine.")),
    ):
        life.do(actor, command)
        seen.append(life.escalating())

    redo = {"redo"}
    assert seen == [
        {"acceptance"},
        {"handling"},
        set(),
        redo,
        redo,
        set(),
        redo,
        set(),
        set(),
        redo,
        redo,
    ]


def test_a_second_refusal_gives_the_next_tier_a_whole_redo(proposed: Life) -> None:
    proposed.do(ENTERPRISE, REJECT)
    proposed.do(GRID_OFFICER, SOLVED, timedelta(hours=3))
    events = proposed.do(ENTERPRISE, REJECT)

    assert [event.kind for event in events] == ["resolution_rejected", "issue_escalated"]
    moves = [change.move for event in events for change in event.clocks if change.clock == "redo"]
    assert moves == [Move.START, Move.RESET]
    assert proposed.clock("redo").anchor_at == proposed.at


def test_the_total_stands_while_others_have_the_word_and_goes_on_after_a_refusal(
    proposed: Life,
) -> None:
    spent = proposed.clock("resolution").elapsed_ms
    assert proposed.clock("resolution").standing is Standing.PAUSED

    proposed.do(ENTERPRISE, REJECT, timedelta(days=1))

    assert proposed.clock("resolution").standing is Standing.RUNNING
    assert proposed.clock("resolution").elapsed_ms == spent
    assert proposed.clock("resolution").cycle == 1


def test_while_an_issue_waits_for_somebody_outside_only_the_waiting_is_counted(
    handled: Life,
) -> None:
    handled.do(GRID_OFFICER, WAIT)

    assert handled.issue is not None
    live = {clock.id: clock.standing for clock in handled.issue.clocks if clock.is_live}
    runs = {id_ for id_, standing in live.items() if standing is Standing.RUNNING}
    assert runs == {"waiting", "waiting_total"}
    assert {live[id_] for id_ in live.keys() - runs} == {Standing.PAUSED}
    assert handled.issue.next_rung is not None


def test_an_escalation_ends_a_pause_and_every_clock_goes_on(handled: Life) -> None:
    handled.do(GRID_OFFICER, WAIT)
    handled.do(AREA_LEAD, cmd.Escalate(reason="Taken over."))

    assert handled.issue is not None
    assert handled.issue.pause is None
    live = {clock.id: clock.standing for clock in handled.issue.clocks if clock.is_live}
    runs = {id_ for id_, standing in live.items() if standing is Standing.RUNNING}
    owed = {"handling", "resolution", "sign_for"}
    assert (runs, live.keys() - runs) == (owed, {"waiting_total"})
    assert handled.clock("handling").elapsed_ms == 0


def test_silence_lapses_and_puts_the_verifier_on_the_clock(proposed: Life) -> None:
    kinds = [event.kind for _ in range(3) for event in proposed.ring()]

    assert kinds[-1] == "sign_off_lapsed"
    assert proposed.live() == {"resolution", "verification"}


def test_an_answer_after_silence_leaves_the_verifiers_time_as_it_is(proposed: Life) -> None:
    for _ in range(3):
        proposed.ring()
    due_at = proposed.clock("verification").due_at
    proposed.do(ENTERPRISE, cmd.Confirm())

    assert proposed.clock("verification").due_at == due_at


def test_a_refusal_after_silence_takes_the_verifier_off_the_clock(proposed: Life) -> None:
    for _ in range(3):
        proposed.ring()
    proposed.do(ENTERPRISE, REJECT)

    assert proposed.live() == {"resolution", "redo"}


def test_a_verifier_who_sends_back_within_the_window_leaves_no_window_behind(
    proposed: Life,
) -> None:
    proposed.do(AREA_LEAD, cmd.SendBack(reason="No evidence."))

    assert proposed.live() == {"resolution", "redo"}


def test_a_late_verification_is_reviewed_again_each_working_day(proposed: Life) -> None:
    proposed.do(ENTERPRISE, cmd.Confirm())
    kinds = [event.kind for _ in range(4) for event in proposed.ring()]

    assert kinds.count("issue_put_to_review") == 3
    assert "issue_escalated" not in kinds
    assert proposed.live() == {"resolution", "verification", "review"}

    proposed.do(AREA_LEAD, cmd.Verify())
    assert not proposed.live()


def test_a_withdrawal_of_accepted_work_waits_for_a_verifier_alone(proposed: Life) -> None:
    proposed.do(ENTERPRISE, cmd.Withdraw(reason="Settled elsewhere."))

    assert proposed.live() == {"resolution", "verification"}
    proposed.do(AREA_LEAD, cmd.Verify())
    assert proposed.verdict("resolution") is Verdict.WITHDRAWN


def test_a_reopened_issue_has_its_limits_anew(proposed: Life) -> None:
    proposed.do(ENTERPRISE, cmd.Confirm())
    proposed.do(AREA_LEAD, cmd.Verify())
    proposed.do(ENTERPRISE, cmd.Reopen(reason="It came back."))

    assert proposed.live() == {"handling", "resolution", "sign_for"}
    assert proposed.clock("resolution").cycle == 2


def test_a_part_that_is_late_is_late_by_itself_and_moves_nothing_else(handled: Life) -> None:
    handled.do(GRID_OFFICER, cmd.Escalate(to_tier=3, reason="Several bodies are needed."))
    parts = (
        PartAsked(id="terms", unit="administrative-committee", duty=Duty.LEAD, deliverable="Terms"),
        PartAsked(id="loan", unit="financial-institutions", duty=Duty.CO, deliverable="Extension"),
    )
    handled.do(COMMITTEE, cmd.ConveneTeam(lead="administrative-committee", parts=parts))
    handled.do(COMMITTEE, cmd.FinishPart(part="terms", summary="Agreed."))
    objection, team = "part_objection.1.loan", {"team_lead", "plan"}
    assert handled.live() == {"handling", "resolution", "part.1.loan", objection, *team}

    note = cmd.Note(text="Still waiting for the bank.")
    handled.do(COMMITTEE, note, (handled.clock("part.1.loan").due_at or handled.at) - handled.at)

    assert handled.issue is not None
    assert handled.issue.team is not None
    assert {part.id: part.late for part in handled.issue.team.parts} == {
        "terms": False,
        "loan": True,
    }


def test_a_part_that_is_refused_owes_no_more_time(handled: Life) -> None:
    handled.do(GRID_OFFICER, cmd.Escalate(to_tier=3, reason="Several bodies are needed."))
    part = PartAsked(id="loan", unit="financial-institutions", duty=Duty.CO, deliverable="Loan")
    handled.do(COMMITTEE, cmd.ConveneTeam(lead="administrative-committee", parts=(part,)))
    handled.do(COMMITTEE, cmd.RefusePart(part="loan", reason="Not our borrower."))

    assert handled.verdict("part.1.loan") is Verdict.WITHDRAWN
    ruling, team = "part_ruling.1.loan", {"team_lead", "plan"}
    assert handled.live() == {"handling", "resolution", ruling, *team}


def test_an_ordinary_life_tells_people_few_times(proposed: Life) -> None:
    proposed.do(ENTERPRISE, cmd.Confirm())
    proposed.do(AREA_LEAD, cmd.Verify())

    assert proposed.issue is not None
    assert proposed.issue.phase is Phase.CLOSED
    assert proposed.told == 4
