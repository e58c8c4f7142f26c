"""Campaigns as they are lived: visits, notices, surveys, checklists, briefings."""

import builders as b
import builders_matters as m
import campaigns_told as c
import pytest

from domain.evolve import StreamError
from domain.matters.acts import MatterClosed, TotalStated
from domain.matters.campaign.events import (
    CampaignEnded,
    StepOverdue,
    StepRecorded,
    TargetAdded,
)
from domain.matters.evolve import fold_matter
from domain.matters.values import Count
from domain.matters.words import MatterStanding, Precision
from domain.people import ENGINE
from domain.phases import Origin

PROBLEMS = [
    {"category": "road-access", "title": f"Problem {number}", "text": "The gate is blocked."}
    for number in (1, 2, 3)
]


def test_a_visit_that_finds_three_problems_opens_three_issues_under_one_report() -> None:
    story = c.opened("visits").then(
        b.MON_10, c.taken("mill", "visit", problems=PROBLEMS), b.OFFICER
    )
    event = c.last(story)
    assert isinstance(event, StepRecorded)
    assert len({each.issue for each in event.found}) == 3
    assert len({each.report_id for each in event.found}) == 1
    assert {(each.enterprise, each.origin) for each in event.found} == {("mill", Origin.VISIT)}
    assert [tie.issue for tie in story.matter.ties] == [each.issue for each in event.found]
    assert c.figures(story)["issues"].part == Count(n=3)


def test_the_post_that_opens_a_campaign_is_accountable_for_it() -> None:
    story = c.opened("visits", from_list="east", targets=())
    assert story.matter.post == "coordination"
    assert story.matter.enterprises == ("mill", "foundry")
    assert (c.campaign(story).from_list, c.campaign(story).list_revision) == ("east", 4)
    assert c.campaign(story).from_on == b.FIRST_MONDAY


def test_without_targets_or_a_list_every_eligible_enterprise_is_meant() -> None:
    assert c.opened("policy", targets=()).matter.enterprises == c.FIRMS
    assert len(c.opened("visits", targets=()).matter.enterprises) == len(c.ENTERPRISES)


def test_those_of_a_list_that_are_not_eligible_are_named_in_the_opening() -> None:
    story = c.opened("policy", targets=(), from_list="small-ones")
    assert c.first(story).targets == c.FIRMS[:3]
    assert c.first(story).left_out == ("mill", "firm-barred")
    assert c.figures(story)["left_out"].part == Count(n=2)


def test_coverage_of_hundred_days_is_those_visited_of_those_still_in() -> None:
    story = c.opened("visits", to_on="2026-06-09")
    story.then(b.MON_10, c.taken("mill", "visit"), b.OFFICER)
    story.then(b.MON_11, c.taken("mill", "visit"), b.OFFICER)
    story.then(b.MON_13, c.taken("bakery", "visit"), b.NEIGHBOUR)
    done = c.figures(story)["visit.done"]
    assert (done.part, done.whole) == (Count(n=2), Count(n=3))
    assert c.figures(story)["visit.acts"].part == Count(n=3)
    story.then(
        b.MON_15, m.asked(kind="exclude_target", enterprise="foundry", reason="It moved away.")
    )
    done = c.figures(story)["visit.done"]
    assert (done.part, done.whole) == (Count(n=2), Count(n=2))
    assert c.figures(story)["excluded"].part == Count(n=1)


def test_what_is_counted_on_every_visit_adds_up_and_only_the_last_is_corrected() -> None:
    story = c.opened("visits")
    for number in (2, 3, 4):
        values = {"visitors": {"kind": "count", "n": number}}
        story.then(b.MON_10, c.taken("mill", "visit", values=values))
    story.then(b.MON_10, c.taken("bakery", "visit"))
    assert c.figures(story)["visit.visitors"].part == Count(n=9)
    assert c.figures(story)["visit.visitors.enterprises"].part == Count(n=1)
    about = {"visitors": {"kind": "count", "n": 5, "precision": "about"}}
    right = m.asked(
        kind="correct_step", enterprise="mill", step="visit", values=about, reason="Counted anew."
    )
    story.then(b.MON_11, right)
    assert c.figures(story)["visit.visitors"].part == Count(n=10, precision=Precision.ABOUT)


def test_a_stream_that_corrects_what_never_was_is_no_campaigns() -> None:
    story = c.opened("visits").then(b.MON_10, c.taken("mill", "visit"))
    right = m.asked(kind="correct_step", enterprise="mill", step="visit", reason="?")
    (event,) = story.when(b.MON_11, right).events
    with pytest.raises(StreamError, match="corrected"):
        fold_matter([story.events[0], event], zone=b.ZONE, key=m.KEY, terms=story.terms.hash)


def test_the_last_day_ends_a_campaign_and_tells_who_runs_it_what_is_left() -> None:
    story = c.opened("visits", to_on="2026-03-03")
    story.then(b.MON_10, c.taken("mill", "visit"), b.OFFICER)
    c.until(story, b.WED_9)
    event = c.last(story)
    assert isinstance(event, CampaignEnded)
    assert (event.left, event.reason, event.tells) == (2, None, ("coordination",))
    assert event.at == b.local(1, 23, 59) + b.HOUR / 60
    assert (story.matter.stage, story.matter.is_open, story.matter.dues) == ("ended", True, ())


def test_what_was_done_in_time_may_still_be_written_down_after_the_end() -> None:
    story = c.until(c.opened("visits", to_on="2026-03-03"), b.WED_9)
    story.then(b.WED_9, c.taken("mill", "visit", on="2026-03-03"), b.OFFICER)
    assert c.target_of(story, "mill").finished


def test_a_campaign_can_be_ended_early_and_closed_at_any_time() -> None:
    story = c.opened("notices", to_on="2026-03-31")
    story.then(b.MON_10, c.of_many(c.THREE, "delivered"))
    assert {due.id for due in story.matter.dues} == {"end", "step-read"}
    story.then(b.TUE_9, m.asked(kind="end_campaign", reason="It is no longer needed."))
    event = c.last(story)
    assert isinstance(event, CampaignEnded)
    assert (event.left, event.on.isoformat(), story.matter.dues) == (3, "2026-03-03", ())
    story.then(b.TUE_9, m.asked(kind="close_matter", ending="Taken over by another."))
    assert isinstance(c.last(story), MatterClosed)
    assert story.matter.standing is MatterStanding.CLOSED
    assert c.campaign(story).left == 3


def test_a_notice_that_stays_unread_climbs_from_tier_to_tier() -> None:
    story = c.opened("notices").then(b.MON_10, c.of_many(("mill", "bakery"), "delivered"))
    assert c.last(story).tells == ("mill", "bakery")
    story.then(b.MON_11, c.taken("bakery", "read"), c.representative("bakery"))
    c.until(story, b.NEXT_MON_9)
    climbed = [each for each in story.events if isinstance(each, StepOverdue)]
    assert [(each.at, each.level, each.tells) for each in climbed] == [
        (b.local(2, 10), 1, ("grid-east-1",)),
        (b.local(3, 10), 2, ("head-east",)),
        (b.local(4, 10), 3, ("director",)),
    ]
    assert c.target_of(story, "mill").overdue == ("read",)
    assert c.figures(story)["read.overdue"].part == Count(n=1)


def test_a_notice_read_late_is_marked_and_climbs_no_further() -> None:
    story = c.opened("notices").then(b.MON_10, c.taken("mill", "delivered"), b.OFFICER)
    c.until(story, b.THU_9).then(b.THU_9, c.taken("mill", "read"), b.ENTERPRISE)
    event = c.last(story)
    assert isinstance(event, StepRecorded)
    assert (event.late, event.meets, story.matter.dues) == (("mill",), ("step-read",), ())
    assert (c.target_of(story, "mill").overdue, c.figures(story)["read.late"].part) == (
        (),
        Count(n=1),
    )


def test_time_that_nobody_rang_passes_before_the_next_act() -> None:
    story = c.opened("notices").then(b.MON_10, c.taken("mill", "delivered"), b.OFFICER)
    story.then(b.FRI_17, c.taken("mill", "read"), b.ENTERPRISE)
    levels = [each.level for each in story.events if isinstance(each, StepOverdue)]
    assert levels == [1, 2, 3]
    assert c.kinds(story)[-1] == "step_recorded"


def test_a_question_about_a_notice_becomes_the_enterprises_own_issue() -> None:
    story = c.opened("notices").then(b.MON_10, c.taken("mill", "delivered"), b.OFFICER)
    asked = c.taken("mill", "read", problems=PROBLEMS[:1], note="What does point 3 mean?")
    story.then(b.MON_11, asked, b.ENTERPRISE)
    (found,) = c.last(story).found
    assert (found.origin, found.enterprise) == (Origin.ENTERPRISE, "mill")


def test_a_notice_acknowledged_is_over_for_the_enterprise() -> None:
    story = c.opened("notices").then(b.MON_10, c.taken("mill", "delivered"), b.OFFICER)
    story.then(b.MON_11, c.taken("mill", "read"), b.ENTERPRISE)
    story.then(b.MON_11, c.taken("mill", "acknowledged"), b.ENTERPRISE)
    assert c.target_of(story, "mill").finished
    finished = c.figures(story)["finished"]
    assert (finished.part, finished.whole, c.campaign(story).left) == (Count(n=1), Count(n=3), 2)


def test_clocks_are_counted_by_step_and_not_by_enterprise() -> None:
    story = c.opened("notices", targets=c.FIRMS).then(b.MON_10, c.of_many(c.FIRMS, "delivered"))
    (due,) = story.matter.dues
    assert (due.clock, due.due_at, due.cycle) == ("step-read", b.local(2, 10), 1)
    c.until(story, b.local(2, 10))
    event = c.last(story)
    assert isinstance(event, StepOverdue)
    assert len(event.overdue) == len(c.FIRMS)
    assert event.tells == ("grid-west-1",)


def test_a_shared_clock_stands_at_whoever_is_due_first() -> None:
    story = c.opened("notices").then(b.MON_10, c.taken("mill", "delivered"))
    story.then(b.local(1, 11), c.taken("bakery", "delivered"))
    story.then(b.local(1, 12), c.taken("mill", "read"))
    (due,) = story.matter.dues
    assert due.due_at == b.local(3, 11)
    c.until(story, due.due_at)
    event = c.last(story)
    assert isinstance(event, StepOverdue)
    assert [each.enterprise for each in event.overdue] == ["bakery"]


def test_an_enterprise_is_taken_in_later_with_its_own_time_and_back_in_with_what_it_did() -> None:
    story = c.opened("survey", targets=["mill"])
    story.then(b.TUE_9, m.asked(kind="add_target", enterprise="bakery"))
    event = c.last(story)
    assert isinstance(event, TargetAdded)
    assert [wait.due_at for wait in event.waits] == [b.WED_9]
    story.then(b.TUE_9, c.taken("bakery", "answered", values=ANSWER))
    out = m.asked(kind="exclude_target", enterprise="bakery", reason="It closed.")
    back = m.asked(kind="add_target", enterprise="bakery", reason="It did not.")
    story.then(b.TUE_9, out).then(b.TUE_9, back)
    bakery = c.target_of(story, "bakery")
    assert (bakery.excluded, bakery.finished, bakery.waits) == (False, True, ())


ANSWER = {
    "orders": {"kind": "choice", "id": "up"},
    "hires": {"kind": "flag", "yes": True},
    "vacancies": {"kind": "count", "n": 12, "precision": "over"},
}


def test_who_comes_back_in_is_waited_for_anew_for_what_is_still_open() -> None:
    story = c.opened("notices").then(b.MON_10, c.taken("mill", "delivered"))
    story.then(b.MON_11, m.asked(kind="exclude_target", enterprise="mill", reason="It closed."))
    assert story.matter.dues == ()
    story.then(b.local(1, 11), m.asked(kind="add_target", enterprise="mill"))
    assert [due.due_at for due in story.matter.dues] == [b.local(3, 11)]


def test_answers_of_a_survey_are_counted_and_may_bring_problems_to_light() -> None:
    story = c.opened("survey")
    story.then(b.MON_10, c.taken("mill", "answered", values=ANSWER), b.ENTERPRISE)
    down = {"orders": {"kind": "choice", "id": "down"}, "vacancies": {"kind": "count", "n": 3}}
    story.then(b.MON_11, c.taken("bakery", "answered", values=down, problems=PROBLEMS[:1]))
    assert c.last(story).found[0].origin is Origin.SURVEY
    numbers = c.figures(story)
    up = numbers["answered.orders.up"]
    assert (up.part, up.whole) == (Count(n=1), Count(n=2))
    assert numbers["answered.hires.yes"].whole == Count(n=1)
    vacancies = numbers["answered.vacancies"].part
    assert isinstance(vacancies, Count)
    assert (vacancies.n, vacancies.precision) == (15, "over")


def test_whoever_gives_no_sign_at_all_is_told_of_once_and_counted() -> None:
    story = c.opened("survey").then(b.MON_10, c.taken("mill", "answered", values=ANSWER))
    c.until(story, b.WED_9)
    event = c.last(story)
    assert isinstance(event, StepOverdue)
    assert (event.step, event.tells) == (None, ("coordination",))
    assert [each.enterprise for each in event.overdue] == ["foundry", "bakery"]
    silent = c.figures(story)["silent"]
    assert (silent.part, silent.whole) == (Count(n=2), Count(n=3))
    story.then(b.WED_9, c.taken("bakery", "answered", values=ANSWER))
    assert c.figures(story)["silent"].part == Count(n=1)


def test_a_checklist_is_done_when_every_item_is() -> None:
    story = c.opened("tens", targets=["mill"])
    for number in range(1, 11):
        assert c.campaign(story).left == 1
        story.then(b.MON_10, c.taken("mill", f"one-{number}"), b.OFFICER)
    assert c.campaign(story).left == 0
    assert c.figures(story)["finished"].part == Count(n=1)


def test_who_came_to_a_briefing_can_be_stated_as_a_total() -> None:
    story = c.opened("visits").then(
        b.MON_10,
        m.asked(
            kind="state_total",
            label="Policy briefing",
            figures={
                "enterprises": {"kind": "count", "n": 40, "precision": "over"},
                "booklets": {"kind": "count", "n": 500, "precision": "over"},
                "held_on": None,
            },
            source="004:66-68",
        ),
    )
    assert isinstance(c.last(story), TotalStated)
    assert story.matter.totals[0].figures["held_on"] is None


def test_nothing_is_waited_for_before_the_first_day() -> None:
    story = c.opened("survey", from_on="2026-03-05")
    assert [due.due_at for due in story.matter.dues] == [b.local(4, 0)]


def test_what_is_due_at_the_very_end_is_said_before_the_end() -> None:
    at_midnight = c.changed(
        c.NOTICES,
        "read",
        due={"within": {"kind": "natural_days", "days": 1}, "levels": [c.GRID]},
    )
    story = c.opened("notices", judged_by=c.terms([at_midnight]), to_on="2026-03-03")
    story.then(b.MON_10, c.taken("mill", "delivered"))
    assert {due.due_at for due in story.matter.dues} == {b.local(2, 0)}
    c.until(story, b.WED_9)
    assert [kind for kind in c.kinds(story) if kind != "due_passed"][-2:] == [
        "step_overdue",
        "campaign_ended",
    ]


def test_what_would_be_due_after_the_end_is_never_overdue() -> None:
    story = c.opened("notices", to_on="2026-03-03").then(b.MON_10, c.taken("mill", "delivered"))
    story.then(b.TUE_9, c.taken("bakery", "delivered"))
    story.then(b.NEXT_MON_9, m.asked(kind="note_matter", text="Nobody looked for days."))
    assert "step_overdue" not in c.kinds(story)


def test_a_ring_that_comes_again_changes_nothing() -> None:
    story = c.opened("notices", to_on="2026-03-03")
    rung = c.ring(story)
    story.then(b.WED_9, rung, ENGINE)
    before = story.matter.version
    story.then(b.WED_9, rung, ENGINE)
    assert story.matter.version == before
