"""The ladder (R5): who is there when an issue comes, what is signed for, taken over, passed by."""

from datetime import timedelta

import pytest
from builders import (
    CONTACT,
    COORDINATOR,
    DEESCALATE,
    DEPUTY_HEAD,
    DIRECTOR,
    ENTERPRISE,
    ESCALATE,
    HEAD,
    HOTLINE,
    IN_HANDLING,
    MON_9,
    MON_10,
    MON_11,
    OFFICER,
    REPORTED,
    SAT_12,
    SOLVED,
    TUE_9,
    TUE_17,
    Step,
    given,
    kinds,
    local,
    report,
    ring,
    told,
    when,
)
from rota import DUTY, civil, posts, rota, tiers

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.ladder import enter, everyone
from domain.people import ENGINE

ACKNOWLEDGE = ld.Acknowledge()
TAKE_OVER = ld.TakeOver(reason="It is for me.")
TERMS = rota()
UP = Step(OFFICER, ESCALATE, MON_10)
AT_HEADS = (*IN_HANDLING, UP)
SIGNED = Step(DEPUTY_HEAD, ACKNOWLEDGE, MON_10)


def test_who_was_on_duty_by_which_roster_is_recorded_at_entry():
    decision = when(given(*IN_HANDLING, terms=TERMS), ESCALATE, OFFICER, MON_10, terms=TERMS)

    risen = decision.events[-1]
    assert (risen.people, risen.roster) == (("head-east.b",), "head-duty@4")
    assert decision.issue.level.people == ("head-east.b",)


def test_a_later_roster_does_not_rewrite_who_was_there():
    issue = given(*AT_HEADS, terms=TERMS)
    other = rota(rosters=[DUTY | {"shifts": [], "revision": 5}])

    assert when(issue, CONTACT, HEAD, MON_11, terms=other).issue.level.people == ("head-east.b",)


def test_a_level_off_duty_is_passed_and_the_skip_is_an_event_with_its_reason():
    issue = given(*IN_HANDLING, terms=TERMS)

    decision = when(issue, cmd.Escalate(reason="Now."), OFFICER, local(0, 20), terms=TERMS)

    fired, skipped, risen = decision.events[-3:]
    assert (skipped.kind, skipped.tier, skipped.post) == ("level_skipped", 2, "head-east")
    assert (skipped.reason, skipped.roster) == ("off_duty", "head-duty@4")
    assert (risen.to_tier, risen.owner, risen.skipped) == (3, "director", (2,))
    assert fired.kind != "issue_escalated"


def test_time_passes_an_empty_level_on_at_once():
    """Silence over the weekend: the handling clock runs out at a moment when no head is there."""
    terms = rota(rosters=[DUTY | {"shifts": []}])
    issue = given(*IN_HANDLING, terms=terms)

    decision = when(issue, ring(), ENGINE, TUE_17, terms=terms)

    assert kinds(decision)[-2:] == ["level_skipped", "issue_escalated"]
    assert (decision.issue.tier, decision.issue.owner) == (3, "director")


def test_a_report_that_nobody_is_there_for_goes_up_in_the_same_decision():
    terms = rota(posts=posts(grid_east_1={"people": []}, head_east={"roster": "head-duty"}))

    decision = when(None, report(), ENTERPRISE, MON_10, terms=terms)

    assert kinds(decision) == ["issue_reported", "level_skipped", "issue_escalated"]
    assert decision.events[1].reason == "vacant"
    assert (decision.issue.tier, decision.issue.owner) == (2, "head-east")
    assert decision.events[2].by == ENGINE


def test_a_second_post_of_the_level_takes_what_the_first_cannot():
    spare = {"id": "stand-in", "name": {"zh": "-", "en": "-"}, "covers": "harbour", "tier": 2}
    terms = rota(posts=[*posts(head_east={"people": []}), spare | {"people": ["s"]}])

    decision = when(given(*IN_HANDLING, terms=terms), ESCALATE, OFFICER, MON_10, terms=terms)

    assert kinds(decision) == ["level_skipped", "issue_escalated"]
    assert (decision.issue.tier, decision.issue.owner) == (2, "stand-in")


def test_a_levels_fallback_unit_takes_what_it_cannot():
    empty = posts(head_east={"people": []})
    fallback = [
        tier | ({"on_empty": "fallback_unit", "fallback": "roads"} if tier["level"] == 2 else {})
        for tier in tiers()
    ]
    terms = rota(tiers=fallback, posts=empty)

    decision = when(given(*IN_HANDLING, terms=terms), ESCALATE, OFFICER, MON_10, terms=terms)

    assert kinds(decision) == ["level_skipped", "issue_escalated"]
    assert (decision.issue.tier, decision.issue.owner) == (2, "roads-desk")


def test_a_level_that_holds_keeps_the_issue_and_says_that_nobody_is_there():
    terms = rota(tiers=tiers(on_empty="hold_and_alarm"), posts=posts(head_east={"people": []}))

    decision = when(given(*IN_HANDLING, terms=terms), ESCALATE, OFFICER, MON_10, terms=terms)

    assert kinds(decision) == ["issue_escalated", "level_held"]
    assert decision.issue.level.people == ()
    assert (decision.issue.tier, decision.issue.owner) == (2, "head-east")


def test_what_no_level_can_take_comes_to_the_fallback_post():
    nobody = posts(head_east={"people": []}, director={"people": []})
    terms = rota(posts=nobody, ladder={"fallback": "coordination"})

    decision = when(given(*IN_HANDLING, terms=terms), ESCALATE, OFFICER, MON_10, terms=terms)

    assert kinds(decision) == ["level_skipped", "level_skipped", "issue_escalated"]
    assert (decision.issue.tier, decision.issue.owner) == (3, "coordination")


def test_with_nobody_anywhere_it_is_held_at_the_top_with_an_alarm():
    terms = rota(posts=posts(head_east={"people": []}, director={"people": []}))

    decision = when(given(*IN_HANDLING, terms=terms), ESCALATE, OFFICER, MON_10, terms=terms)

    assert "level_held" in kinds(decision)
    assert (decision.issue.tier, decision.issue.owner) == (3, "director")


def test_a_zone_that_says_nothing_of_empty_levels_enters_them_as_before():
    terms = rota(tiers=tiers(), posts=posts(head_east={"people": []}), rosters=[])

    decision = when(given(*IN_HANDLING, terms=terms), ESCALATE, OFFICER, MON_10, terms=terms)

    assert kinds(decision) == ["issue_escalated"]
    assert decision.events[0].owner_person is None


def test_lowering_to_a_level_with_nobody_is_refused():
    terms = rota(posts=posts(grid_east_1={"people": []}, head_east={"roster": "head-duty"}))
    issue = given(REPORTED, Step(HEAD, cmd.Accept(), MON_10), terms=terms)

    with pytest.raises(InvalidRequestError, match="Nobody is there now"):
        when(issue, DEESCALATE, HEAD, MON_11, terms=terms)


def test_the_way_in_ends_at_the_tiers_there_are():
    assert enter(TERMS.handbook, "mill", 4, civil(MON_9)) is None
    assert enter(TERMS.handbook, "lighthouse", 1, civil(MON_9)) is None


def test_everyone_of_the_ladder_is_named_with_who_is_there():
    found = list(everyone(TERMS.handbook, "mill", civil(SAT_12)))

    assert [(each.tier, each.post, each.people) for each in found] == [
        (1, "grid-east-1", ("grid-east-1.a",)),
        (2, "head-east", ()),
        (3, "director", ("director.a", "director.b")),
    ]


# --- signed for ---


def test_signing_for_an_issue_is_a_promise_with_a_clock_of_its_own():
    decision = when(given(*AT_HEADS, terms=TERMS), ACKNOWLEDGE, DEPUTY_HEAD, MON_11, terms=TERMS)

    assert kinds(decision) == ["issue_acknowledged"]
    assert decision.issue.level.acknowledged_by == "head-east.b"
    assert not decision.issue.clock("sign-for").is_live
    assert decision.issue.clock("progress").is_live


def test_what_was_signed_for_is_not_signed_for_again():
    with pytest.raises(WrongPhaseError, match="signed for this issue already"):
        when(given(*AT_HEADS, SIGNED, terms=TERMS), ACKNOWLEDGE, HEAD, MON_11, terms=TERMS)


def test_a_promise_of_which_nothing_comes_reopens_the_ladder_at_the_same_level_then_the_next():
    issue = given(*AT_HEADS, SIGNED, terms=TERMS)

    once = when(issue, ring("progress"), ENGINE, TUE_9 + timedelta(hours=1), terms=TERMS)
    assert kinds(once)[-1] == "acknowledgement_expired"
    assert (once.issue.tier, once.issue.level.acknowledged_at) == (2, None)
    assert once.issue.clock("sign-for").is_live

    again = when(once.issue, ACKNOWLEDGE, HEAD, TUE_9 + timedelta(hours=2), terms=TERMS).issue
    at = again.clock("progress").due_at
    twice = when(again, ring("progress", 2), ENGINE, at, terms=TERMS)
    assert "acknowledgement_expired" not in kinds(twice)
    assert (twice.issue.tier, twice.issue.owner) == (3, "director")


def test_a_promise_kept_leaves_the_ladder_alone():
    steps = (SIGNED, Step(HEAD, CONTACT, MON_11))
    issue = given(*AT_HEADS, *steps, terms=TERMS)

    assert issue.clock("progress").cycle == 2
    assert (
        kinds(when(issue, ring("progress"), ENGINE, TUE_9, terms=TERMS)).count(
            "acknowledgement_expired"
        )
        == 0
    )


def test_silence_at_a_level_that_must_sign_goes_to_the_next():
    decision = when(given(*AT_HEADS, terms=TERMS), ring("sign-for"), ENGINE, TUE_17, terms=TERMS)

    risen = next(event for event in decision.events if event.kind == "issue_escalated")
    assert (risen.passed, risen.to_tier) == ("sign-for", 3)


# --- up and down by act ---


def test_a_higher_tier_takes_an_issue_to_itself():
    decision = when(given(*IN_HANDLING, terms=TERMS), TAKE_OVER, DIRECTOR, MON_10, terms=TERMS)

    risen = decision.events[-1]
    assert (risen.owner, risen.to_tier, risen.taken_over) == ("director", 3, True)
    assert (risen.people, risen.skipped) == (("director.a", "director.b"), (2,))


@pytest.mark.parametrize("actor", [OFFICER, COORDINATOR, HOTLINE, ENTERPRISE])
def test_nobody_beside_or_below_takes_it(actor):
    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING, terms=TERMS), TAKE_OVER, actor, MON_10, terms=TERMS)


def test_up_and_down_by_act_has_an_end():
    down = Step(DIRECTOR, DEESCALATE, MON_10)
    issue = given(*AT_HEADS, down, Step(OFFICER, ESCALATE, MON_10), terms=TERMS)

    with pytest.raises(WrongPhaseError, match="lowered by act as often"):
        when(issue, DEESCALATE, DIRECTOR, MON_11, terms=TERMS)
    with pytest.raises(WrongPhaseError, match="raised by act as often"):
        when(issue, cmd.Escalate(reason="-"), COORDINATOR, MON_11, terms=TERMS)
    assert (issue.raised, issue.lowered) == (2, 1)


def test_what_time_does_is_not_counted_as_an_act():
    issue = given(*IN_HANDLING, terms=TERMS)

    assert when(issue, ring(), ENGINE, TUE_17, terms=TERMS).issue.raised == 0


def test_where_a_level_says_so_time_sends_to_the_top_or_to_the_review():
    to_top = rota(tiers=tiers(on_timeout="top"))
    to_review = rota(tiers=tiers(on_timeout="review"))

    assert (
        when(given(*IN_HANDLING, terms=to_top), ring(), ENGINE, TUE_17, terms=to_top).issue.tier
        == 3
    )
    reviewed = when(given(*IN_HANDLING, terms=to_review), ring(), ENGINE, TUE_17, terms=to_review)
    assert (reviewed.issue.tier, reviewed.issue.under_review) == (1, True)


def test_whoever_acts_on_an_older_view_is_told_how_it_stands_now():
    issue = given(*AT_HEADS, terms=TERMS)

    with pytest.raises(ConflictError) as refused:
        when(issue, TAKE_OVER, DIRECTOR, MON_11, terms=TERMS, expected_version=2)

    told_now = refused.value.details()
    assert told_now["current_version"] == str(issue.version)
    assert (told_now["current_tier"], told_now["current_owner"]) == ("2", "head-east")
    assert told_now["current_deadline"].startswith("sign-for ")


def test_time_and_the_second_refusal_climb_over_an_empty_level_too():
    terms = rota(rosters=[DUTY | {"shifts": []}])
    propose, reject = cmd.ProposeResolution(resolution=SOLVED), cmd.Reject(reason="No.")
    steps = [Step(OFFICER, propose, MON_10), Step(ENTERPRISE, reject, MON_10)] * 2

    story = told(*IN_HANDLING, *steps, terms=terms)

    assert [event.kind for event in story.events[-3:]] == [
        "resolution_rejected",
        "level_skipped",
        "issue_escalated",
    ]
    assert story.issue.owner == "director"


def test_a_reopening_by_night_finds_who_is_there():
    verify = Step(HEAD, cmd.Verify(), MON_10)
    propose = Step(OFFICER, cmd.ProposeResolution(resolution=SOLVED), MON_10)
    confirm = Step(ENTERPRISE, cmd.Confirm(), MON_10)
    terms = rota(
        tiers=tiers(on_empty="next"),
        posts=posts(grid_east_1={"roster": "head-grid"}),
        rosters=[
            DUTY
            | {
                "id": "head-grid",
                "shifts": [{"people": ["grid-east-1.a"], "begins": "08:00", "ends": "18:00"}],
            }
        ],
    )
    closed = given(*IN_HANDLING, propose, confirm, verify, terms=terms)

    decision = when(closed, cmd.Reopen(reason="Again."), ENTERPRISE, local(1, 22), terms=terms)

    assert kinds(decision) == ["issue_reopened", "level_skipped"]
    assert (decision.issue.tier, decision.issue.owner) == (2, "head-east")
