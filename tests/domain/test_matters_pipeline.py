"""Pipelines: stages, outside parties, hard dates, meetings, and what time does to them."""

from datetime import date, datetime
from typing import Any

import builders as b
import builders_matters as m
import builders_pipelines as p
import pytest

from domain.matters.pipeline.events import MeetingRecorded
from domain.matters.pipeline.rules import Ending
from domain.matters.words import MatterStanding, Tying
from domain.people import ENGINE

PROBLEM = {"category": "power-supply", "title": "No power", "text": "The new line has none."}


def test_a_loan_goes_from_stage_to_stage_and_keeps_what_was_known_at_each() -> None:
    story = p.loan(amount=p.cny(300))
    story.then(b.MON_10, p.moved("approval")).then(b.MON_11, p.funded(200))
    state = p.pipeline(story)
    assert (state.stage, state.enterprises) == ("funded", ("mill",))
    amounts = {each.stage: each.amount and each.amount.hundredths for each in state.reached}
    assert amounts == {"demand": 30_000, "approval": 30_000, "funded": 20_000}
    assert set(state.reached[-1].values) == {"months"}


def test_a_stage_that_may_be_reached_again_counts_how_often_it_was() -> None:
    story = p.loan().then(b.MON_9, p.moved("approval")).then(b.MON_9, p.funded(1))
    story.then(b.MON_10, p.moved("extended"), b.OFFICER)
    story.then(b.MON_11, p.moved("extended"), b.HOTLINE)
    reached = p.pipeline(story).reached_stage("extended")
    assert reached is not None
    assert (reached.times, reached.first_at, reached.last_at) == (2, b.MON_10, b.MON_11)


def test_a_stage_without_next_ones_leads_to_any_other() -> None:
    for to in ("approval", "extended", "repaid", "refused"):
        actor = b.OFFICER if to == "extended" else b.COORDINATOR
        assert p.loan().then(b.MON_10, p.moved(to), actor).matter.stage == to


def test_a_stage_kept_for_too_long_climbs_and_is_marked() -> None:
    story = p.loan().then(b.MON_9, p.moved("approval"))
    story.then(b.local(3), p.ring("stage"), ENGINE)
    assert p.since(story, 2) == [
        ("due_passed", ("head-east",)),
        ("stage_overdue", ()),
        ("due_passed", ("director",)),
    ]
    state = p.pipeline(story)
    assert (state.overdue, state.dues) == (True, ())
    later = p.pipeline(story.then(b.local(3, 10), p.funded(1)))
    assert not later.overdue
    assert [each.stage for each in later.reached if each.overdue] == ["approval"]


def test_a_stage_left_in_time_alarms_nobody() -> None:
    story = p.loan().then(b.MON_10, p.moved("approval")).then(b.MON_11, p.funded(1))
    assert story.matter.dues == ()


@pytest.mark.parametrize(
    ("within", "due_at"),
    [
        ({"kind": "working_days", "days": 1}, b.local(2, 17)),
        ({"kind": "working_days", "days": 4}, b.local(7, 17)),
        ({"kind": "working_days", "days": 1, "count_from": "today"}, b.local(2, 17)),
        ({"kind": "natural_days", "days": 1}, b.local(3, 0)),
        ({"kind": "open_hours", "minutes": 60}, b.local(2, 10)),
        ({"kind": "wall", "minutes": 60}, b.local(2, 1)),
    ],
)
def test_after_a_missed_day_the_next_one_is_the_first(
    within: dict[str, Any], due_at: datetime
) -> None:
    terms = p.changed(p.LOANS, check=p.LOANS["check"] | {"within": within})
    story = p.loan(terms=terms).then(b.MON_10, p.party(next_check_on="2026-03-03"))
    story.then(b.local(2, 0), p.ring("check.bank"), ENGINE)
    assert [due.due_at for due in story.matter.dues if due.id == "unchecked"] == [due_at]


def test_a_next_check_that_is_missed_is_told_at_midnight_and_climbs() -> None:
    story = p.loan(amount=p.cny(1)).then(b.MON_9, p.moved("approval")).then(b.MON_9, p.funded(1))
    story.then(b.MON_10, p.party(next_check_on="2026-03-03"))
    story.then(b.local(4), p.ring("check.bank"), ENGINE)
    assert p.since(story, 4) == [
        ("due_passed", ()),
        ("check_missed", ("coordination",)),
        ("due_passed", ("grid-east-1",)),
        ("due_passed", ("director",)),
    ]
    bank = p.pipeline(story).party("bank")
    assert bank is not None
    assert (bank.missed, bank.status) == (True, "asked")
    story.then(b.local(4, 10), p.party("agreed"), b.HOTLINE)
    assert story.matter.dues == ()
    bank = p.pipeline(story).party("bank")
    assert bank is not None
    assert (bank.missed, bank.status, bank.known_at) == (False, "agreed", b.local(4, 10))


def test_a_check_of_today_may_be_made_until_midnight() -> None:
    story = p.loan().then(b.MON_10, p.party(next_check_on="2026-03-02"))
    due = story.matter.due("check", "bank")
    assert due is not None
    assert due.due_at == b.local(1, 0)


def test_a_party_keeps_its_name_and_its_kind() -> None:
    story = p.loan(parties=[{"party": "first", "type": "bank", "name": "First Bank"}])
    story.then(b.MON_10, p.party("agreed", party="first"))
    first = p.pipeline(story).party("first")
    assert first is not None
    assert (first.type, first.name, first.status) == ("bank", "First Bank", "agreed")


def test_a_maturity_warns_before_and_passes_once_at_the_end_of_its_day() -> None:
    story = p.loan(dates={"maturity": "2026-03-06"}, amount=p.cny(1))
    story.then(b.MON_9, p.moved("approval")).then(b.MON_9, p.funded(1))
    story.then(b.local(5, 0), p.ring("date.maturity"), ENGINE)
    assert [each for each in p.since(story, 3) if each[0] != "due_passed"] == [
        ("hard_date_near", ("coordination", "grid-east-1")),
        ("hard_date_near", ("coordination", "head-east")),
        ("hard_date_passed", ("coordination", "director", "mill")),
    ]
    story.then(b.local(6), m.asked(kind="note_matter", text="Still unpaid."))
    assert [each.kind for each in story.events].count("hard_date_passed") == 1
    assert p.pipeline(story).dates[0].passed


def test_a_maturity_that_is_nearer_than_its_warning_is_told_at_once() -> None:
    story = p.loan(dates={"maturity": "2026-03-04"})
    assert story.events[0].tells == ("grid-east-1",)
    assert [due.clock for due in story.matter.dues if due.about] == [
        "warning-2.maturity",
        "date.maturity",
    ]


def test_a_maturity_that_lies_behind_has_passed_as_soon_as_it_is_known() -> None:
    story = p.loan(dates={"maturity": "2026-02-27"})
    assert [each.kind for each in story.events] == ["pipeline_opened", "hard_date_passed"]
    story = p.loan().then(b.MON_10, p.dated("2026-03-01"))
    assert [each.kind for each in story.events[1:]] == ["hard_date_set", "hard_date_passed"]
    assert p.pipeline(story).dates[0].passed


def test_a_changed_maturity_is_a_new_fact_with_its_reason() -> None:
    story = p.loan(dates={"maturity": "2026-03-06"})
    story.then(b.MON_10, p.dated("2026-06-05", reason="The bank extends it for three months."))
    event = story.events[-1]
    assert event.kind == "hard_date_set"
    assert (event.was, event.hard_date.on) == (date(2026, 3, 6), date(2026, 6, 5))
    due = story.matter.due("date", "maturity")
    assert due is not None
    assert due.due_at == b.local(96, 0)
    assert p.pipeline(story).dates[0].changes == 1


def test_a_maturity_that_passed_and_is_set_anew_is_waited_for_again() -> None:
    story = p.loan(dates={"maturity": "2026-02-27"})
    story.then(b.MON_10, p.dated("2026-06-05", reason="Extended."))
    assert not p.pipeline(story).dates[0].passed
    assert story.matter.due("date", "maturity") is not None


def test_a_party_and_a_date_of_one_name_do_not_touch_each_other() -> None:
    terms = p.changed(p.LOANS, dates=[p.named("bank")])
    story = p.loan(terms, dates={"bank": "2026-03-06"})
    story.then(b.MON_10, p.party(next_check_on="2026-03-05")).then(b.MON_11, p.party("agreed"))
    assert [due.clock for due in story.matter.dues] == ["stage", "date.bank"]
    story.then(b.MON_11, p.party(next_check_on="2026-03-05"))
    story.then(b.MON_11, p.dated("2026-03-09", "bank", reason="Moved."))
    assert {due.clock for due in story.matter.dues} == {"stage", "check.bank", "date.bank"}


def test_nothing_is_waited_for_at_an_end_and_all_of_it_again_after_it() -> None:
    story = p.loan(dates={"maturity": "2026-06-05"})
    story.then(b.MON_9, p.party(next_check_on="2026-03-05"))
    waited = {due.clock for due in story.matter.dues}
    story.then(b.MON_10, p.moved("refused", exemption="due-care"))
    state = p.pipeline(story)
    assert (state.ended, state.exemption, state.dues) == (Ending.FAILED, "due-care", ())
    story.then(b.MON_11, p.moved("demand"))
    assert {due.clock for due in story.matter.dues} == waited
    assert p.pipeline(story).ended is None


def test_what_passed_while_a_pipeline_stood_at_an_end_is_told_when_it_goes_on() -> None:
    story = p.loan(dates={"maturity": "2026-03-06"})
    story.then(b.MON_9, p.party(next_check_on="2026-03-05")).then(b.MON_10, p.moved("refused"))
    story.then(b.local(7), p.moved("demand"))
    assert p.since(story, 3) == [
        ("stage_moved", ()),
        ("hard_date_passed", ("coordination", "director", "mill")),
        ("check_missed", ("coordination",)),
    ]
    assert [due.clock for due in story.matter.dues] == ["stage", "unchecked.bank"]
    assert p.pipeline(story).dates[0].passed


def test_what_comes_to_light_on_the_way_is_opened_as_an_issue() -> None:
    story = p.loan().then(b.MON_10, p.moved("approval", problems=[PROBLEM]))
    (found,) = story.events[-1].found
    assert (found.enterprise, found.category) == ("mill", "power-supply")


def test_a_meeting_answers_many_issues_in_one_event() -> None:
    story = p.meetings().then(b.MON_9, m.asked(kind="tie_issue", issue="i-1"))
    story.then(
        b.MON_10,
        p.met(
            p.outcome("mill", "i-1", credit=p.cny(5)),
            p.outcome("bakery", "i-2", loan=p.cny(7)),
            p.outcome("foundry"),
            problems=[PROBLEM | {"enterprise": "bakery"}],
        ),
        b.SUPERVISOR,
    )
    event = story.events[-1]
    assert isinstance(event, MeetingRecorded)
    assert event.tells == ("mill", "bakery", "foundry")
    tied = {tie.issue: tie.tying for tie in story.matter.ties}
    assert tied == {
        "i-1": Tying.ANSWERS,
        "i-2": Tying.ANSWERS,
        event.found[0].issue: Tying.OPENED,
    }
    assert p.pipeline(story).enterprises == ("mill", "bakery", "foundry")


def test_a_pipeline_is_closed_where_it_stands_with_words_for_it() -> None:
    story = p.loan().then(b.MON_10, m.asked(kind="close_matter", ending="The mill needs none."))
    assert (story.matter.standing, story.matter.stage) == (MatterStanding.CLOSED, "demand")
    assert story.matter.dues == ()
