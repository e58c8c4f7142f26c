"""Registers: who is on the list, how each stands, what is recorded, who waits for whom."""

from datetime import date
from typing import Any

import builders as b
import builders_matters as m
import builders_registers as r
import pytest

from domain.evolve import StreamError
from domain.matters.events import MATTER_EVENT
from domain.matters.register.chain import held_up_by, key_firms, waiting_for, waits_for
from domain.matters.register.events import ChainReported, StatusSet, SubjectsOverdue
from domain.matters.register.evolve import evolve_register
from domain.matters.register.state import DAYS_KEPT, Register
from domain.matters.state import MATTER
from domain.matters.values import Ratio
from domain.people import ENGINE
from domain.phases import Origin

MON, TUE, WED = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)


def test_a_register_takes_the_handbooks_list_as_the_first_version_of_its_own() -> None:
    state = r.register(r.opened())
    assert [each.id for each in state.subjects] == ["mill", "foundry"]
    assert (state.list_version, state.from_list, state.list_revision) == (1, "above-scale", 3)
    assert {each.status for each in state.subjects} == {"closed"}
    assert (state.enterprises, state.stage) == (("mill", "foundry"), None)


def test_without_a_list_every_enterprise_of_the_zone_is_on_it() -> None:
    state = r.register(r.opened("watched"))
    assert [each.id for each in state.listed] == ["mill", "foundry", "bakery"]


def test_a_register_that_names_no_members_has_no_list_yet() -> None:
    state = r.register(r.opened(members=[]))
    assert (state.list_version, state.subjects, state.dues) == (0, (), ())


def test_a_new_version_of_the_list_says_who_joined_who_left_and_in_which_classes() -> None:
    story = r.opened().then(
        b.MON_10, r.revised(members=r.members("bakery", mill=["part", "leader"]))
    )
    state = r.register(story)
    assert state.list_version == 2
    assert {each.id: each.classes for each in state.listed} == {
        "mill": ("leader", "part"),
        "bakery": (),
    }
    assert story.events[-1].tells == ()
    assert not r.subject(story, "foundry").listed
    story.then(b.MON_11, r.revised(joins=r.members(bakery=["part"]), leaves=["mill"]))
    assert [each.id for each in r.register(story).listed] == ["bakery"]
    assert r.subject(story, "bakery").classes == ("part",)
    assert r.subject(story).classes == ()
    assert r.register(story).list_reason == "Checked anew."


def test_a_status_holds_since_the_day_from_which_it_did_not_change() -> None:
    story = r.opened().then(b.MON_10, r.status("resumed"))
    story.then(b.TUE_9, r.status("resumed")).then(b.WED_9, r.status("resumed"))
    mill = r.subject(story)
    assert (mill.status, mill.since, mill.stated_on) == ("resumed", MON, WED)
    last = story.events[-1]
    assert isinstance(last, StatusSet)
    assert last.before == "resumed"


def test_a_correction_brings_back_what_stood_before_the_mistake() -> None:
    story = r.opened().then(b.MON_10, r.status("closed"))
    story.then(b.WED_9, r.status("resumed"))
    story.then(b.WED_9, r.status("closed", corrects=True))
    assert (r.subject(story).status, r.subject(story).since) == ("closed", MON)


def test_a_correction_may_put_a_status_on_an_earlier_day() -> None:
    story = r.opened().then(b.WED_9, r.status("resumed"))
    story.then(b.WED_9, r.status("resumed", on=TUE, corrects=True))
    assert r.subject(story).since == TUE


def test_a_correction_to_a_third_status_holds_from_its_own_day() -> None:
    story = r.opened().then(b.WED_9, r.status("resumed"))
    story.then(b.WED_9, r.status("moved-away", on=TUE, corrects=True))
    assert (r.subject(story).status, r.subject(story).since) == ("moved-away", TUE)


def test_the_last_day_counts_whatever_day_was_recorded_last() -> None:
    story = r.opened().then(b.WED_9, r.values(on=WED, present=r.count(9)))
    story.then(b.WED_9, r.values(on=MON, present=r.count(4)))
    mill = r.subject(story)
    assert mill.values["present"].model_dump()["n"] == 9
    assert (mill.last_on, mill.recorded_on) == (WED, (MON, WED))
    story.then(b.WED_9, r.values(on=WED, corrects=True, present=r.count(8)))
    assert r.subject(story).values["present"].model_dump()["n"] == 8


def test_a_status_may_bring_the_values_of_its_day() -> None:
    story = r.opened().then(b.MON_10, r.status("resumed", values={"present": r.count(3)}))
    assert r.subject(story).recorded_on == (MON,)


def test_only_the_last_days_are_kept() -> None:
    story = r.opened()
    for day in range(DAYS_KEPT + 1):
        story.then(b.local(day), r.values(present=r.count(day)))
    assert r.subject(story).recorded_on[0] == TUE
    assert len(r.subject(story).recorded_on) == DAYS_KEPT


def test_a_change_of_status_opens_the_issue_behind_it_and_saying_it_again_does_not() -> None:
    story = r.opened().then(b.MON_10, r.status("partly", problems=[r.problem()]))
    (found,) = story.events[-1].found
    assert (found.enterprise, found.origin) == ("mill", Origin.FOLLOW_UP)
    assert r.subject(story).issues == (found.issue,)
    assert story.events[-1].tells == ("head-east",)
    story.then(b.TUE_9, r.status("partly"))
    assert story.events[-1].found == ()
    assert story.events[-1].tells == ()


def test_a_sticking_point_of_a_project_is_its_builders_if_the_builder_tells_of_it() -> None:
    story = r.opened("projects").then(b.MON_9, r.project(enterprise="bakery", builder="mill"))
    stuck = r.status("stuck", "dam", problems=[r.problem()])
    story.then(b.MON_10, stuck, b.ENTERPRISE)
    (found,) = story.events[-1].found
    assert (found.enterprise, found.origin) == ("mill", Origin.ENTERPRISE)
    story.then(b.TUE_9, r.about("record_values", "dam", **PROGRESS), b.HOTLINE)
    (found,) = story.events[-1].found
    assert (found.enterprise, found.origin) == ("bakery", Origin.SERVICE)
    assert len(r.subject(story, "dam").issues) == 2
    assert {tie.issue for tie in story.matter.ties} == {*r.subject(story, "dam").issues}


PROGRESS: dict[str, Any] = {
    "values": {"progress": r.ratio(2, 5), "safety": {"kind": "flag", "yes": True}},
    "problems": [r.problem("No cement")],
}


def test_whoever_is_not_looked_at_in_time_is_told_of_level_after_level() -> None:
    story = r.opened().then(b.MON_10, r.status("resumed", "foundry"))
    story.then(b.TUE_9, r.values("foundry", present=r.count(1)))
    story.then(b.local(2, 1), r.ring(), ENGINE)
    overdue = story.events[-1]
    assert isinstance(overdue, SubjectsOverdue)
    assert [each.subject for each in overdue.overdue] == ["mill"]
    assert (overdue.level, overdue.tells) == (1, ("grid-east-1",))
    assert r.subject(story).overdue
    story.then(b.local(3, 1), r.ring(2), ENGINE)
    last = [each for each in story.events if isinstance(each, SubjectsOverdue)][1:]
    assert [(each.level, each.tells) for each in last] == [
        (1, ("grid-east-1",)),
        (2, ("head-east",)),
    ]
    story.then(b.local(3, 2), r.status("closed"))
    assert not r.subject(story).overdue


def test_only_the_people_over_those_that_were_not_looked_at_are_told() -> None:
    story = r.opened(members=r.members("mill", "bakery")).then(b.TUE_9, r.status("closed"))
    story.then(b.local(2, 1), r.ring(), ENGINE)
    assert story.events[-1].tells == ("grid-west-1",)


def test_days_that_went_by_unseen_are_told_of_in_one_go() -> None:
    story = r.opened().then(b.local(30), r.ring(), ENGINE)
    levels = [each.level for each in story.events if isinstance(each, SubjectsOverdue)]
    assert levels == [1, 2, 3]
    assert story.matter.dues == ()
    assert story.when(b.local(31), r.ring(), ENGINE).events == ()


def test_a_subject_whose_status_needs_no_look_is_not_waited_for() -> None:
    story = r.opened(members=r.members("mill"))
    story.then(b.MON_10, r.status("moved-away"))
    assert story.matter.dues == ()
    story.then(b.MON_11, r.status("closed", corrects=True))
    assert story.matter.due("check") is not None


def test_under_monitoring_only_who_is_on_the_list_is_waited_for_and_hears_of_it() -> None:
    story = r.opened("watched", members=r.members("mill"))
    assert story.events[0].tells == ("mill",)
    story.then(b.MON_10, r.about("add_subject", "bakery"))
    assert r.subject(story, "bakery").check is None
    story.then(b.MON_11, r.revised(members=r.members("bakery", "foundry")))
    assert set(story.events[-1].tells) == {"mill", "bakery", "foundry"}
    assert r.subject(story).check is None
    assert all(r.subject(story, each).check for each in ("bakery", "foundry"))
    story.then(b.MON_13, r.revised(leaves=["bakery", "foundry"]))
    assert story.matter.dues == ()


def test_a_contact_may_tell_of_the_subjects_it_follows() -> None:
    story = r.opened().then(
        b.MON_9, m.asked(kind="appoint_contact", subjects=["mill"], post="roads-desk")
    )
    assert story.events[-1].tells == ("roads-desk",)
    story.then(b.MON_10, r.status("resumed"), b.SECTION)
    assert r.subject(story).status == "resumed"
    story.then(b.MON_11, m.asked(kind="appoint_contact", subjects=["mill", "foundry"]))
    assert story.events[-1].tells == ("roads-desk",)
    assert r.subject(story).contact is None


def test_what_was_said_of_a_project_is_put_right_and_a_project_is_taken_out() -> None:
    story = r.opened("projects").then(b.MON_9, r.project(enterprise="bakery"))
    story.then(
        b.MON_10,
        r.about(
            "describe_subject",
            "dam",
            name="The big dam",
            builder="mill",
            details={"budget": r.cny(1)},
            reason="A slip.",
        ),
    )
    dam = r.subject(story, "dam")
    assert (dam.name, dam.enterprise, dam.builder) == ("The big dam", None, "mill")
    assert dam.details["budget"].model_dump()["hundredths"] == 1
    story.then(b.MON_11, r.about("remove_subject", "dam", reason="Given up."))
    assert r.register(story).subjects == ()


def test_projects_come_on_the_list_after_they_were_added() -> None:
    story = r.opened("projects").then(b.MON_9, r.project())
    story.then(b.MON_10, r.revised(members=r.members("dam")))
    assert (r.register(story).list_version, r.subject(story, "dam").listed) == (1, True)


def test_the_handbooks_supplies_are_the_first_links() -> None:
    enterprises = [
        each | ({"supplies": ["foundry", "mill", "bakery"]} if each["id"] == "foundry" else {})
        for each in b.HANDBOOK_DATA["enterprises"]
    ]
    terms = m.terms_with(registers=[r.RESUMPTION], lists=r.LISTS, enterprises=enterprises)
    state = r.register(r.opened(terms=terms))
    assert [(each.customer, each.supplier) for each in state.links] == [("mill", "foundry")]


def chained() -> m.MatterStory:
    """Return a register in which the mill waits for the foundry, that for the bakery, and the
    bakery for the mill."""
    story = r.opened(members=r.members("foundry", "bakery", mill=["leader"]))
    story.then(b.MON_9, r.linked("mill", "foundry", part="rollers"))
    return story.then(b.MON_9, r.linked("foundry", "bakery")).then(
        b.MON_9, r.linked("bakery", "mill")
    )


def test_a_stop_reaches_all_who_wait_the_nearest_first_and_goes_round_once() -> None:
    state = r.register(chained())
    reached = [(each.subject, each.steps, each.through) for each in waiting_for(state, "bakery")]
    assert reached == [("foundry", 1, "foundry"), ("mill", 2, "foundry")]
    assert [each.subject for each in waits_for(state, "mill")] == ["foundry", "bakery"]


def test_without_classes_of_key_firms_whoever_has_a_supplier_is_one() -> None:
    terms = r.changed(r.RESUMPTION, supply_map={"up": ["resumed"]})
    story = r.opened(terms=terms).then(b.MON_9, r.linked("mill", "foundry"))
    keys = key_firms(r.rule_of(terms=terms), r.register(story))
    assert [each.id for each in keys] == ["mill"]


def test_who_is_up_again_holds_nobody_up() -> None:
    story = chained().then(b.MON_10, r.status("resumed", "foundry"))
    state, rule = r.register(story), r.rule_of()
    assert [each.id for each in held_up_by(rule, state, "mill")] == ["bakery"]
    assert [each.id for each in key_firms(rule, state)] == ["mill"]
    story.then(b.MON_10, r.status("resumed", "bakery"))
    assert held_up_by(rule, r.register(story), "mill") == ()


def test_a_map_opens_one_issue_for_the_firm_and_one_for_each_supplier_under_one_report() -> None:
    story = chained().then(b.MON_10, r.status("resumed", "foundry"))
    told = r.problem("Parts are short"), r.problem("Not delivering")
    story.then(b.MON_11, r.about("open_map_issue", problem=told[0], of_supplier=told[1]))
    event = story.events[-1]
    assert isinstance(event, ChainReported)
    assert [(each.enterprise, each.title) for each in event.found] == [
        ("mill", "Parts are short"),
        ("bakery", "Not delivering"),
    ]
    assert len({each.report_id for each in event.found}) == 1
    assert event.parent == event.found[0].issue
    assert [(e.subject, e.issue) for e in event.children] == [("bakery", event.found[1].issue)]
    assert r.subject(story, "bakery").issues == (event.found[1].issue,)
    assert len(story.matter.ties) == 2


def test_a_map_issue_may_name_some_of_the_suppliers() -> None:
    story = chained()
    story.then(
        b.MON_11,
        r.about(
            "open_map_issue",
            problem=r.problem(),
            of_supplier=r.problem(),
            suppliers=["bakery"],
        ),
    )
    assert [each.enterprise for each in story.events[-1].found] == ["mill", "bakery"]


def test_who_is_taken_out_takes_its_links_along() -> None:
    story = chained().then(b.MON_10, r.revised(leaves=["bakery"]))
    story.then(b.MON_10, r.about("remove_subject", "bakery", reason="Moved away."))
    assert [each.supplier for each in r.register(story).links] == ["foundry"]
    story.then(
        b.MON_11,
        m.asked(kind="unlink_supplier", customer="mill", supplier="foundry", reason="Bought out."),
    )
    assert r.register(story).links == ()


def test_a_stream_that_tells_of_nobody_in_the_register_is_none() -> None:
    story = r.opened().then(b.MON_10, r.values(present=r.count(1)))
    event = story.events[-1].model_copy(update={"subject": "castle"})
    with pytest.raises(StreamError, match="no subject 'castle'"):
        evolve_register(r.register(story), event)


def test_a_register_is_closed_as_it_stands() -> None:
    story = r.opened().then(b.MON_10, m.asked(kind="close_matter", ending="All at work."))
    assert not story.matter.is_open
    assert story.matter.dues == ()


def test_events_and_state_are_read_back_as_they_were_written() -> None:
    story = chained().then(b.MON_10, r.status("partly", "mill", problems=[r.problem()]))
    story.then(b.MON_10, r.values(capacity=r.ratio(1, 2))).then(b.local(4), r.ring(), ENGINE)
    for event in story.events:
        assert MATTER_EVENT.validate_json(MATTER_EVENT.dump_json(event)) == event
    again = MATTER.validate_json(MATTER.dump_json(r.register(story)))
    assert again == story.now
    assert isinstance(again, Register)
    mill = again.subject("mill")
    assert mill is not None
    assert mill.values["capacity"] == Ratio(part=1, whole=2)
