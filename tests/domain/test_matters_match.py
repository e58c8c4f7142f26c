"""Matches: needs and offers, proposals, both sides' answers, steps, outcomes."""

from datetime import date

import builders as b
import builders_matches as t
import builders_matters as m
import builders_pipelines as p

from domain.matters.match.events import ProposalConsented, ProposalOverdue
from domain.matters.match.state import Answer, ProposalStanding, Side
from domain.matters.values import Count
from domain.people import ENGINE

PROBLEM = {"category": "road-access", "title": "No bus", "text": "No bus goes to the bakery."}


def test_two_firms_agree_and_people_are_lent() -> None:
    story = t.posted(places=10)
    stages = [story.matter.stage]
    for at, command in (
        (b.MON_10, t.proposed(places=10)),
        (b.MON_11, t.yes("posting")),
        (b.MON_11, t.yes("counterpart")),
        (b.MON_13, t.came(4)),
    ):
        stages.append(story.then(at, command).matter.stage)
    assert stages == ["posted", "proposed", "proposed", "agreed", "partly_met"]
    state = t.match(story)
    assert (state.filled, state.left, state.is_met) == (4, 6, False)
    assert state.enterprises == ("mill", "bakery")
    story.then(b.MON_13, t.proposed("p-2", "foundry", places=6))
    t.agreed(story, "p-2").then(b.MON_15, t.came(6, "p-2"))
    assert (story.matter.stage, t.match(story).left) == ("met", 0)


def test_an_enterprise_consents_for_itself_and_an_officer_on_its_behalf() -> None:
    story = t.posted().then(b.MON_10, t.proposed())
    story.then(b.MON_11, t.yes("counterpart"), b.OTHER_ENTERPRISE)
    story.then(b.MON_11, t.yes("posting"), b.OFFICER)
    first, second = (each for each in story.events if isinstance(each, ProposalConsented))
    assert (first.on_behalf, first.by, first.agreed) == (False, b.OTHER_ENTERPRISE, False)
    assert (second.on_behalf, second.by, second.agreed) == (True, b.OFFICER, True)


def test_both_firms_and_the_accountable_post_are_told_but_not_who_acts() -> None:
    story = t.posted().then(b.MON_10, t.proposed())
    assert story.events[-1].tells == ("bakery", "mill")
    story.then(b.MON_11, t.yes("counterpart"), b.OTHER_ENTERPRISE)
    assert story.events[-1].tells == ("mill", "coordination")


def test_a_no_gives_its_reason_and_ends_the_proposal() -> None:
    story = t.posted().then(b.MON_10, t.proposed()).then(b.MON_11, t.yes("posting"))
    story.then(b.MON_11, t.no("too-dear", note="Twice the wage."), b.OTHER_ENTERPRISE)
    made = t.proposal(story)
    assert (made.standing, made.declined_by, made.reason) == (
        ProposalStanding.DECLINED,
        Side.COUNTERPART,
        "too-dear",
    )
    assert (made.posting, made.counterpart) == (Answer.CONSENTED, Answer.DECLINED)
    assert (story.matter.dues, story.matter.stage) == ((), "posted")


def test_a_firm_that_said_no_may_be_proposed_again() -> None:
    story = t.posted().then(b.MON_10, t.proposed()).then(b.MON_11, t.no())
    story.then(b.MON_13, t.proposed("p-2"))
    assert story.matter.stage == "proposed"


def test_a_proposal_that_nobody_answers_climbs_and_is_marked_once() -> None:
    story = t.posted().then(b.MON_10, t.proposed())
    story.then(b.local(3), p.ring("answer.p-1"), ENGINE)
    assert p.since(story, 2) == [
        ("due_passed", ("bakery",)),
        ("proposal_overdue", ()),
        ("due_passed", ("head-west",)),
    ]
    (overdue,) = (each for each in story.events if isinstance(each, ProposalOverdue))
    assert overdue.awaited == (Side.POSTING, Side.COUNTERPART)
    assert t.proposal(story).overdue


def test_who_has_not_answered_is_the_one_who_is_told() -> None:
    story = t.posted().then(b.MON_10, t.proposed())
    story.then(b.MON_11, t.yes("counterpart"), b.OTHER_ENTERPRISE)
    story.then(b.local(1, 11), p.ring("answer.p-1"), ENGINE)
    assert p.since(story, 3) == [("due_passed", ("mill",)), ("proposal_overdue", ())]


def test_both_answers_stop_the_wait() -> None:
    story = t.posted().then(b.MON_10, t.proposed()).then(b.MON_11, t.yes("posting"))
    assert [due.clock for due in story.matter.dues] == ["answer.p-1"]
    assert story.then(b.MON_11, t.yes("counterpart")).matter.dues == ()


def test_with_the_last_place_filled_no_more_answers_are_waited_for() -> None:
    story = t.posted(places=5).then(b.MON_10, t.proposed(places=5))
    story.then(b.MON_10, t.proposed("p-2", "foundry", places=5))
    assert t.agreed(story).then(b.MON_13, t.came(5)).matter.dues == ()


def test_seekers_may_be_more_than_vacancies_and_those_hired_may_not() -> None:
    story = t.posted("recruitment", side="vacancies", places=30)
    story.then(b.MON_10, t.proposed("p-1", None, others="seekers of two townships", places=120))
    story.then(b.MON_11, t.step("interview", interviewed=t.number(90)))
    t.agreed(story).then(b.MON_13, t.came(25, values={}))
    state = t.match(story)
    assert (state.enterprises, state.filled, state.left) == ((), 25, 5)


def test_a_bus_is_of_the_posting_and_its_seats_add_up_over_the_days() -> None:
    story = t.posted("recruitment", side="vacancies")
    free = {"kind": "flag", "yes": True}
    for hour, seats in ((b.MON_10, 40), (b.MON_11, 30)):
        story.then(hour, t.step("bus", None, seats=t.number(seats), free=free))
    (bus,) = t.match(story).steps
    assert (bus.times, bus.on, bus.values["seats"]) == (2, date(2026, 3, 2), Count(n=30))
    assert bus.sums["seats"] == (Count(n=70),)


def test_the_zone_offers_land_and_a_firm_asks_for_it_itself() -> None:
    story = t.posted("land", side="offer")
    story.then(b.MON_10, t.proposed(), b.OTHER_ENTERPRISE)
    story.then(b.MON_11, t.yes("counterpart"), b.OTHER_ENTERPRISE).then(b.MON_11, t.yes("posting"))
    consent = story.events[-1]
    assert isinstance(consent, ProposalConsented)
    assert not consent.on_behalf
    story.then(b.MON_13, t.step("viewing"))
    area = {"kind": "quantity", "thousandths": 500_000, "unit": "m2"}
    story.then(b.MON_15, t.came(None, values={"area": area}))
    assert (story.matter.stage, story.matter.enterprises) == ("met", ("bakery",))


def test_a_step_may_be_recorded_by_either_firm() -> None:
    for actor in (b.ENTERPRISE, b.OTHER_ENTERPRISE):
        story = t.posted().then(b.MON_10, t.proposed())
        story.then(b.MON_11, t.step("trial", days=t.number(3)), actor)
        assert t.proposal(story).steps[0].values["days"] == Count(n=3)


def test_what_comes_to_light_is_opened_as_an_issue_of_the_enterprise_that_answers() -> None:
    story = t.posted().then(b.MON_10, t.proposed())
    story.then(b.MON_11, t.yes("counterpart", problems=[PROBLEM]), b.OTHER_ENTERPRISE)
    (found,) = story.events[-1].found
    assert (found.enterprise, found.category) == ("bakery", "road-access")


def test_a_posting_is_closed_once_no_proposal_is_pending() -> None:
    story = t.posted().then(b.MON_10, t.proposed()).then(b.MON_11, t.withdrawn())
    assert story.matter.dues == ()
    story.then(b.MON_13, m.asked(kind="close_matter", ending="Found elsewhere."))
    assert not story.matter.is_open
