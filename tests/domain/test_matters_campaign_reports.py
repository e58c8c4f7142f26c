"""Daily reports: in time, late, missing; what was said to be normal; rates of the last day."""

from datetime import date
from typing import Any

import builders as b
import builders_matters as m
import campaigns_told as c
import pytest

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.campaign.events import ReportsClosed, ReportsMissing, StepRecorded
from domain.matters.campaign.state import ROUNDS_KEPT, Round
from domain.matters.values import Count, Quantity
from domain.phases import Origin

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
CUT_OFF = b.local(hour=16)


def staff(part: int, whole: int = 100, **more: Any) -> dict[str, Any]:
    """Return the values of a report."""
    return {"staff": {"kind": "ratio", "part": part, "whole": whole}} | more


def report(enterprise: str = "mill", **more: Any) -> Any:
    """Return a report that says that nothing was wrong."""
    return c.taken(enterprise, "report", **({"values": staff(90), "no_abnormality": True} | more))


def counted(story: m.MatterStory, on: date) -> Round:
    """Return the reports of a day."""
    found = c.campaign(story).round_of(on)
    assert found is not None
    return found


def test_a_report_that_is_missing_at_the_cut_off_alarms_the_line_and_the_enterprise() -> None:
    story = c.opened("daily").then(b.MON_10, report("mill"), b.ENTERPRISE)
    story.then(b.MON_11, report("foundry"), b.OFFICER)
    c.until(story, CUT_OFF)
    closed, alarm = story.events[-2:]
    assert isinstance(closed, ReportsClosed)
    assert (closed.at, closed.on, closed.expected, closed.reported) == (CUT_OFF, MONDAY, 3, 2)
    assert isinstance(alarm, ReportsMissing)
    assert (alarm.missing, alarm.tells) == (("bakery",), ("head-west", "bakery"))


def test_a_day_on_which_everybody_reported_alarms_nobody() -> None:
    story = c.opened("daily").then(
        b.MON_10, c.of_many(c.THREE, "report", values=staff(5), no_abnormality=True)
    )
    c.until(story, CUT_OFF)
    assert c.kinds(story)[-1] == "reports_closed"
    assert c.last(story).tells == ()


def test_a_late_report_is_accepted_and_marked_for_as_many_days_as_the_rule_says() -> None:
    story = c.until(c.opened("daily"), b.TUE_9)
    story.then(b.TUE_9, report("mill", on="2026-03-02"), b.ENTERPRISE)
    event = c.last(story)
    assert isinstance(event, StepRecorded)
    assert (event.report_on, event.late) == (MONDAY, ("mill",))
    there = counted(story, MONDAY)
    assert (there.expected, there.reported, there.late, there.absent) == (3, 0, 1, 2)
    c.until(story, b.WED_17).then(b.WED_17, report("bakery", on="2026-03-02"))
    c.until(story, b.THU_9)
    with pytest.raises(InvalidRequestError, match="too late") as refused:
        story.when(b.THU_9, report("foundry", on="2026-03-02"))
    assert (refused.value.field, refused.value.allowed) == ("on", "up to 2026-03-04")


def test_days_off_do_not_use_up_the_time_for_a_late_report() -> None:
    story = c.until(c.opened("daily"), b.NEXT_MON_9)
    story.then(b.NEXT_MON_9, report("mill", on="2026-03-06"))
    assert counted(story, date(2026, 3, 6)).late == 1


def test_no_report_is_asked_for_a_day_before_the_campaign() -> None:
    with pytest.raises(InvalidRequestError, match="No report is asked"):
        c.opened("daily").when(b.MON_10, report("mill", on="2026-02-27"))


def test_after_the_cut_off_a_report_for_the_same_day_is_late() -> None:
    story = c.opened("daily").then(b.MON_17, report("mill"), b.ENTERPRISE)
    event = c.last(story)
    assert isinstance(event, StepRecorded)
    assert event.late == ("mill",)


def test_no_report_is_asked_on_days_off_and_the_next_is_due_on_monday() -> None:
    story = c.until(c.opened("daily"), b.SAT_12)
    assert [due.about for due in story.matter.dues] == ["2026-03-09"]
    with pytest.raises(InvalidRequestError, match="No report is asked"):
        story.when(b.SAT_12, report("mill"))


def test_every_day_means_days_off_too() -> None:
    always = c.DAILY | {"cadence": c.DAILY["cadence"] | {"days": "every_day", "cut_off": "24:00"}}
    story = c.until(c.opened("daily", judged_by=c.terms([always])), b.NEXT_MON_9)
    assert len(c.campaign(story).rounds) == 7
    assert story.matter.dues[0].due_at == b.local(8, 0)


def test_a_report_is_never_for_a_day_to_come() -> None:
    with pytest.raises(InvalidRequestError, match="day to come") as refused:
        c.opened("daily").when(b.MON_10, report("mill", on="2026-03-03"))
    assert refused.value.field == "on"


def test_one_report_a_day_and_another_is_a_correction() -> None:
    story = c.opened("daily").then(b.MON_10, report("mill"), b.ENTERPRISE)
    with pytest.raises(ConflictError, match="there already"):
        story.when(b.MON_11, report("mill"))
    c.until(story, b.MON_17)
    with pytest.raises(ConflictError, match="there already"):
        story.when(b.MON_17, report("mill"))


def correction(**more: Any) -> Any:
    """Return the correction of the mill's report."""
    fields = {"enterprise": "mill", "step": "report", "values": staff(80), "reason": "Counted anew"}
    return m.asked(kind="correct_step", **(fields | more))


def test_a_corrected_report_counts_once_and_may_no_longer_be_normal() -> None:
    story = c.opened("daily").then(b.MON_10, report("mill"), b.ENTERPRISE)
    assert counted(story, MONDAY).no_abnormality == 1
    story.then(b.MON_11, correction(no_abnormality=False), b.ENTERPRISE)
    assert counted(story, MONDAY).no_abnormality == 0
    assert c.figures(story)["report.staff"].part == Count(n=80)
    story.then(b.MON_13, correction(no_abnormality=True), b.ENTERPRISE)
    assert counted(story, MONDAY).no_abnormality == 1
    with pytest.raises(InvalidRequestError, match="Only the last report"):
        story.when(b.MON_15, correction(on="2026-03-01"))


def test_normal_is_said_outright_and_never_beside_a_problem() -> None:
    problem = {"category": "road-access", "title": "Gate", "text": "Blocked."}
    story = c.opened("daily")
    with pytest.raises(InvalidRequestError, match="not both") as refused:
        story.when(b.MON_10, report("mill", problems=[problem]))
    assert refused.value.field == "no_abnormality"
    with pytest.raises(InvalidRequestError, match="outright"):
        story.when(b.MON_10, report("mill", no_abnormality=False))
    story.then(b.MON_10, report("mill", no_abnormality=False, problems=[problem]))
    assert c.last(story).found[0].origin is Origin.INSPECTION
    story.then(b.MON_10, report("bakery", no_abnormality=False, note="A lorry broke down."))
    assert counted(story, MONDAY).no_abnormality == 0


def test_a_step_that_is_not_about_it_is_not_told_that_nothing_was_wrong() -> None:
    with pytest.raises(InvalidRequestError, match="does not ask"):
        c.opened("visits").when(b.MON_10, c.taken("mill", "visit", no_abnormality=True))


def test_a_rate_has_its_denominator() -> None:
    none = {"staff": {"kind": "ratio", "part": 5}}
    for values in (none, staff(5, 0)):
        with pytest.raises(InvalidRequestError, match="denominator"):
            c.opened("daily").when(b.MON_10, report("mill", values=values))


def test_rates_and_sums_are_those_of_the_last_day_with_how_many_reported() -> None:
    masks = {"masks": {"kind": "quantity", "thousandths": 2500, "unit": "box"}}
    story = c.opened("daily")
    for firm, part, whole in (("mill", 10, 100), ("foundry", 20, 100), ("bakery", 30, 100)):
        story.then(b.MON_10, report(firm, values=staff(part, whole)))
    story.then(b.TUE_9, report("mill", values=staff(60, 80, **masks)))
    story.then(b.TUE_9, report("foundry", values=staff(20, 20)))
    numbers = c.figures(story)
    assert (numbers["report.staff"].part, numbers["report.staff"].whole) == (
        Count(n=80),
        Count(n=100),
    )
    assert numbers["report.staff.enterprises"].part == Count(n=2)
    assert numbers["report.masks"].part == Quantity(thousandths=2500, unit="box")
    assert numbers["report.capacity"].part is None
    assert numbers["report.acts"].part == Count(n=5)


def test_a_late_report_of_an_earlier_day_does_not_stand_for_the_last_one() -> None:
    story = c.until(c.opened("daily"), b.TUE_9)
    story.then(b.TUE_9, report("mill", values=staff(70)))
    story.then(b.TUE_9, report("mill", values=staff(10), on="2026-03-02"))
    assert c.figures(story)["report.staff"].part == Count(n=70)


def test_reports_are_counted_over_all_days_and_for_the_last() -> None:
    story = c.opened("daily").then(b.MON_10, report("mill"))
    c.until(story, b.TUE_17)
    numbers = c.figures(story)
    assert [
        (numbers[f"rounds.{id_}"].part, numbers[f"last_round.{id_}"].part)
        for id_ in ("reported", "late", "missing", "no_abnormality")
    ] == [
        (Count(n=1), Count(n=0)),
        (Count(n=0), Count(n=0)),
        (Count(n=5), Count(n=3)),
        (Count(n=1), Count(n=0)),
    ]
    assert numbers["rounds.reported"].whole == Count(n=6)


def test_who_is_taken_out_or_comes_later_is_asked_accordingly() -> None:
    story = c.opened("daily", targets=("mill", "bakery"))
    story.then(b.MON_10, m.asked(kind="exclude_target", enterprise="bakery", reason="Closed."))
    c.until(story, b.MON_17)
    assert counted(story, MONDAY).missing == ("mill",)
    story.then(b.TUE_9, m.asked(kind="add_target", enterprise="foundry"))
    with pytest.raises(ConflictError, match="not asked for"):
        story.when(b.TUE_9, report("foundry", on="2026-03-02"))
    c.until(story, b.TUE_17)
    assert counted(story, TUESDAY).missing == ("mill", "foundry")


def test_a_campaign_opened_after_the_cut_off_begins_on_the_next_working_day() -> None:
    story = c.opened("daily", at=b.FRI_17)
    assert story.matter.dues[0].about == "2026-03-09"
    with pytest.raises(InvalidRequestError, match="No report is asked"):
        story.when(b.FRI_17, report("mill"))


def test_the_last_day_is_reported_and_then_over() -> None:
    story = c.until(c.opened("daily", to_on="2026-03-03"), b.WED_17)
    assert [each.on for each in c.campaign(story).rounds] == [MONDAY, TUESDAY]
    assert (story.matter.stage, story.matter.dues) == ("ended", ())
    story.then(b.WED_17, report("mill", on="2026-03-03"))
    assert counted(story, TUESDAY).late == 1


def test_days_that_nobody_looked_at_are_all_counted_at_the_next_act() -> None:
    story = c.opened("daily").then(b.local(400), m.asked(kind="note_matter", text="Back again."))
    closed = [each for each in story.events if isinstance(each, ReportsClosed)]
    assert len(closed) == 286
    assert len({each.on for each in closed}) == 286


def test_what_is_kept_of_days_is_bounded_and_adds_up() -> None:
    story = c.opened("daily")
    for day in range(100):
        if day % 7 < 5:
            story.then(b.local(day, 10), report("mill"))
            c.until(story, b.local(day, 17))
    kept, before = c.campaign(story).rounds, c.campaign(story).before
    assert len(kept) == ROUNDS_KEPT
    assert before is not None
    assert before.days == 72 - ROUNDS_KEPT
    assert before.expected + sum(each.expected for each in kept) == 3 * 72
    assert c.figures(story)["rounds.reported"].part == Count(n=72)
    assert [each.on for each in kept if each.missing] == [each.on for each in kept[-3:]]
