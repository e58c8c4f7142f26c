"""What follows a refusal: the ladder step by step, its cap, the closing review (R8.3)."""

import builders as b
import builders_rounds as br
import pytest
from builders import MON_9, MON_10, kinds, when
from builders_sign_off import (
    REVIEWED,
    STEPS,
    laddered,
    refused,
    sign_off_terms,
    with_child,
)

from domain.ballots import ROUNDS_MAX
from domain.clocks import Standing
from domain.decisions.team import TEAMS_MAX
from domain.errors import WrongPhaseError
from domain.people import ENGINE
from domain.phases import (
    Outcome,
    Phase,
    Priority,
    RejectionStep,
    RoundOutcome,
    SignOffOutcome,
    Subject,
)
from domain.terms import Terms

ONE_TIER = [{"level": 1, "id": "grid", "name": {"zh": "网格", "en": "grid"}}]


def reject(issue, terms, **changes):
    return when(issue, b.REJECT, b.ENTERPRISE, MON_10, terms=terms, **changes)


def in_review(*steps: b.Step, terms: Terms = REVIEWED):
    """Return an issue whose second refusal has called the closing review."""
    return b.given(*refused(2), *steps, terms=terms)


# --- the ladder ---


@pytest.mark.parametrize(
    ("before", "step", "events"),
    [
        (0, RejectionStep.SAME_UNIT, ["resolution_rejected"]),
        (1, RejectionStep.NEXT_TIER, ["resolution_rejected", "issue_escalated"]),
    ],
)
def test_each_refusal_takes_the_next_step_and_says_which(before, step, events):
    terms = laddered(*STEPS)
    issue = b.given(*refused(before), b.PROPOSED, terms=terms)

    decision = reject(issue, terms)

    assert kinds(decision) == events
    assert decision.events[0].step is step
    assert decision.issue.phase is Phase.HANDLING


def test_the_last_step_holds_for_every_further_refusal():
    terms = laddered("same_unit", "supervision")
    issue = b.given(*refused(3), b.PROPOSED, terms=terms)

    decision = reject(issue, terms)

    assert decision.events[0].step is RejectionStep.SUPERVISION


def test_without_a_ladder_no_step_is_recorded():
    decision = reject(b.given(*b.IN_SIGN_OFF), b.TERMS)

    assert decision.events[0].step is None


def test_at_the_top_tier_the_next_tier_is_nowhere():
    terms = laddered("next_tier")
    issue = b.given(*b.IN_HANDLING, b.AT_THE_TOP, b.Step(b.DIRECTOR, b.PROPOSE, MON_9), terms=terms)

    assert kinds(reject(issue, terms)) == ["resolution_rejected"]


def test_supervision_asks_why_unless_a_reply_is_wanted_already():
    terms = laddered("supervision")
    first = reject(b.given(*b.IN_SIGN_OFF, terms=terms), terms)
    again = reject(b.given(*refused(1), b.PROPOSED, terms=terms), terms)

    assert kinds(first) == ["resolution_rejected", "reply_demanded"]
    assert first.events[1].by == ENGINE
    assert "1 in all" in first.events[1].question
    assert kinds(again) == ["resolution_rejected"]
    assert again.issue.reply_wanted


def test_the_standing_team_is_convened_one_tier_up_where_teams_are_called():
    terms = laddered("joint_team", team="works")

    decision = reject(b.given(*b.IN_SIGN_OFF, terms=terms), terms)

    assert kinds(decision) == ["resolution_rejected", "issue_escalated", "team_convened"]
    team = decision.events[2]
    assert (team.by, team.template, team.reason) == (ENGINE, "works", b.REJECT.reason)
    assert decision.issue.tier == 2
    assert {part.unit for part in decision.issue.team.parts} == {"roads", "power"}


def test_in_an_emergency_the_team_is_convened_where_the_issue_is():
    terms = laddered("joint_team", team="works")
    flood = b.Step(b.ENTERPRISE, b.report(priority=Priority.EMERGENCY), MON_9)
    issue = b.given(flood, b.ACCEPTED, b.PROPOSED, terms=terms)

    decision = when(issue, b.REJECT, b.ENTERPRISE, MON_9, terms=terms)

    assert kinds(decision) == ["resolution_rejected", "team_convened"]


def test_without_a_standing_team_the_owner_has_to_convene_one_before_the_next_proposal():
    terms = laddered("joint_team")
    wanted = reject(b.given(*b.IN_SIGN_OFF, terms=terms), terms)

    assert kinds(wanted)[-1] == "team_wanted"
    with pytest.raises(WrongPhaseError) as refusal:
        when(wanted.issue, b.PROPOSE, b.HEAD, MON_10, terms=terms)
    assert refusal.value.allowed == "convene_team"

    convened = when(wanted.issue, b.CONVENE, b.HEAD, MON_10, terms=terms)
    assert not convened.issue.team_wanted


def test_a_standing_team_that_cannot_be_convened_leaves_it_to_the_owner():
    """Its template names a lead that the handbook has made external since."""
    terms = laddered("joint_team", team="works")
    units = [
        unit | {"external": True} if unit["id"] == "roads" else unit
        for unit in b.HANDBOOK_DATA["units"]
    ]
    broken = terms.model_copy(
        update={
            "handbook": terms.handbook.model_copy(update={"units": b.handbook(units=units).units})
        }
    )

    decision = reject(b.given(*b.IN_SIGN_OFF, terms=terms), broken)

    assert kinds(decision)[-1] == "team_wanted"
    assert decision.issue.team is None


def test_after_as_many_teams_as_may_be_the_unit_does_it_again():
    terms = laddered("joint_team")
    issue = b.given(*b.WITH_A_TEAM, terms=terms)
    done = tuple(part.model_copy(update={"standing": "waived"}) for part in issue.team.parts)
    team = issue.team.model_copy(update={"number": TEAMS_MAX, "parts": done})
    proposed = when(issue.model_copy(update={"team": team}), b.PROPOSE, b.HEAD, MON_9, terms=terms)

    assert kinds(reject(proposed.issue, terms)) == ["resolution_rejected"]


def test_a_zone_of_one_tier_convenes_no_team():
    posts = [post for post in b.HANDBOOK_DATA["posts"] if post.get("tier") in (None, 1)]
    terms = b.terms_of(tiers=ONE_TIER, posts=posts, sign_off={"rejected": ["joint_team"]})

    assert kinds(reject(b.given(*b.IN_SIGN_OFF, terms=terms), terms)) == ["resolution_rejected"]


def test_what_a_verifier_sends_back_climbs_the_same_ladder_where_it_counts():
    terms = laddered("next_tier", sent_back_counts=True)

    decision = when(b.given(*b.ANSWERED, terms=terms), b.SEND_BACK, b.HEAD, MON_10, terms=terms)

    assert kinds(decision) == ["resolution_sent_back", "issue_escalated"]
    assert decision.issue.rejections == 1


# --- the cap, and the closing review ---


def test_the_refusal_at_the_cap_calls_the_closing_review_instead_of_a_step():
    issue = b.given(*refused(1), b.PROPOSED, terms=REVIEWED)

    decision = reject(issue, REVIEWED)

    assert kinds(decision) == ["resolution_rejected", "closing_review_called", "round_opened"]
    assert decision.events[0].step is None
    after = decision.issue
    assert (after.phase, after.sign_off.outcome) == (Phase.SIGN_OFF, SignOffOutcome.REJECTED)
    assert (after.round.subject, after.round.is_open) == (Subject.CLOSING_REVIEW, True)
    assert after.deadline.rule == "ballot"


@pytest.mark.parametrize(
    ("command", "actor"),
    [
        (b.CONFIRM, b.ENTERPRISE),
        (b.REJECT, b.ENTERPRISE),
        (b.UNREACHABLE, b.COORDINATOR),
        (b.VERIFY, b.HEAD),
        (b.SEND_BACK, b.HEAD),
        (b.PROPOSE, b.OFFICER),
    ],
    ids=lambda each: getattr(each, "kind", ""),
)
def test_while_the_closing_review_decides_nobody_else_does(command, actor):
    with pytest.raises(WrongPhaseError):
        when(in_review(), command, actor, MON_10, terms=REVIEWED)


def test_the_enterprise_may_withdraw_while_the_closing_review_decides():
    decision = when(in_review(), b.WITHDRAW, b.ENTERPRISE, MON_10, terms=REVIEWED)

    assert kinds(decision) == ["issue_withdrawn", "round_closed"]
    assert decision.events[1].outcome is RoundOutcome.NOT_NEEDED
    assert decision.issue.sign_off.outcome is SignOffOutcome.WITHDRAWN
    closed = when(decision.issue, b.VERIFY, b.HEAD, MON_10, terms=REVIEWED)
    assert closed.issue.outcome is Outcome.WITHDRAWN


def test_a_review_that_lets_it_stand_closes_the_issue_as_refused_and_not_as_accepted():
    voted = in_review(b.Step(b.DIRECTOR, br.APPROVE, MON_10), terms=REVIEWED)

    decision = when(voted, br.APPROVE, b.SUPERVISOR, MON_10, terms=REVIEWED)

    assert kinds(decision) == ["vote_cast", "round_closed", "issue_closed_out"]
    out = decision.events[-1]
    assert (out.outcome, out.sign_off) == (Outcome.CLOSED_BY_REVIEW, SignOffOutcome.REJECTED)
    assert decision.issue.phase is Phase.CLOSED


def test_a_review_that_does_not_sends_it_back_without_calling_the_next_at_once():
    terms = sign_off_terms(
        br.rule("closing_review", passes={"needs": "all"}),
        rejected=["same_unit"],
        rejections_max=2,
        sent_back_counts=True,
    )
    issue = in_review(terms=terms)

    decision = when(issue, br.REJECT, b.SUPERVISOR, MON_10, terms=terms)

    assert kinds(decision) == ["vote_cast", "round_closed", "resolution_sent_back"]
    assert (decision.issue.phase, decision.issue.rejections) == (Phase.HANDLING, 2)
    assert decision.issue.clock("redo").standing is Standing.RUNNING
    third = b.given(*refused(2), b.Step(b.SUPERVISOR, br.REJECT, MON_9), b.PROPOSED, terms=terms)
    assert "closing_review_called" in kinds(reject(third, terms))


def test_a_review_waits_for_a_part_that_is_open_again_by_sending_the_issue_back():
    voted = in_review(b.Step(b.DIRECTOR, br.APPROVE, MON_10), terms=REVIEWED)

    decision = when(with_child(voted), br.APPROVE, b.SUPERVISOR, MON_10, terms=REVIEWED)

    assert kinds(decision) == ["vote_cast", "round_closed", "resolution_sent_back"]
    assert decision.issue.phase is Phase.HANDLING


def test_a_send_back_at_the_cap_calls_the_review_and_leaves_the_enterprises_word_what_it_was():
    terms = sign_off_terms(br.rule("closing_review"), rejections_max=1, sent_back_counts=True)
    decision = when(b.given(*b.ANSWERED, terms=terms), b.SEND_BACK, b.HEAD, MON_10, terms=terms)

    assert kinds(decision) == ["resolution_sent_back", "closing_review_called", "round_opened"]
    first = when(decision.issue, br.APPROVE, b.DIRECTOR, MON_10, terms=terms)
    second = when(first.issue, br.APPROVE, b.SUPERVISOR, MON_10, terms=terms)
    out = second.events[-1]
    assert (out.outcome, out.sign_off) == (Outcome.CLOSED_BY_REVIEW, SignOffOutcome.ACCEPTED)


def test_a_send_back_before_the_enterprise_had_its_say_calls_no_review():
    terms = sign_off_terms(br.rule("closing_review"), rejections_max=1, sent_back_counts=True)

    decision = when(b.given(*b.IN_SIGN_OFF, terms=terms), b.SEND_BACK, b.HEAD, MON_10, terms=terms)

    assert kinds(decision) == ["resolution_sent_back"]
    assert decision.issue.phase is Phase.HANDLING


@pytest.mark.parametrize("steps", [STEPS, ("next_tier",)])
def test_a_withdrawal_that_is_sent_back_is_no_refusal_and_calls_no_review(steps):
    terms = sign_off_terms(
        br.rule("closing_review"), rejected=list(steps), rejections_max=2, sent_back_counts=True
    )
    issue = b.given(*b.IN_HANDLING, terms=terms)
    for _ in range(3):
        withdrawn = when(issue, b.WITHDRAW, b.ENTERPRISE, MON_10, terms=terms).issue
        decision = when(withdrawn, b.SEND_BACK, b.HEAD, MON_10, terms=terms)
        issue = decision.issue

    assert kinds(decision) == ["resolution_sent_back"]
    assert (issue.phase, issue.rejections, issue.tier) == (Phase.HANDLING, 0, 1)


def test_without_a_ladder_a_withdrawal_sent_back_counts_as_it_always_has():
    terms = b.terms_of(sign_off={"sent_back_counts": True})
    withdrawn = b.given(*b.IN_HANDLING, b.Step(b.ENTERPRISE, b.WITHDRAW, MON_9), terms=terms)

    decision = when(withdrawn, b.SEND_BACK, b.HEAD, MON_10, terms=terms)

    assert decision.issue.rejections == 1


def test_no_closing_review_closes_what_was_withdrawn():
    voted = in_review(b.Step(b.DIRECTOR, br.APPROVE, MON_10), terms=REVIEWED)
    said = voted.sign_off.model_copy(update={"outcome": SignOffOutcome.WITHDRAWN})
    withdrawn = voted.model_copy(update={"sign_off": said})

    decision = when(withdrawn, br.APPROVE, b.SUPERVISOR, MON_10, terms=REVIEWED)

    assert kinds(decision) == ["vote_cast", "round_closed", "resolution_sent_back"]
    assert decision.issue.phase is Phase.HANDLING


def owing(issue):
    """Return the issue with a team whose parts are open."""
    team = b.given(*b.WITH_A_TEAM).team
    assert team.open_parts
    return issue.model_copy(update={"team": team})


def test_while_the_team_owes_parts_no_closing_review_is_called():
    issue = owing(b.given(*refused(1), b.PROPOSED, terms=REVIEWED))

    decision = reject(issue, REVIEWED)

    assert kinds(decision) == ["resolution_rejected"]
    assert decision.events[0].step is RejectionStep.SAME_UNIT


def test_a_review_waits_for_the_teams_parts_too():
    voted = in_review(b.Step(b.DIRECTOR, br.APPROVE, MON_10), terms=REVIEWED)

    decision = when(owing(voted), br.APPROVE, b.SUPERVISOR, MON_10, terms=REVIEWED)

    assert kinds(decision) == ["vote_cast", "round_closed", "resolution_sent_back"]


def test_once_a_review_has_lost_its_round_the_verifier_can_only_send_back():
    """Another handbook was adopted meanwhile."""
    issue = in_review().model_copy(update={"round": None})

    with pytest.raises(WrongPhaseError) as refusal:
        when(issue, b.VERIFY, b.HEAD, MON_10, terms=REVIEWED)
    assert refusal.value.allowed == "send_back"
    assert kinds(when(issue, b.SEND_BACK, b.HEAD, MON_10)) == ["resolution_sent_back"]


def test_after_as_many_rounds_as_may_be_the_ladder_goes_on_instead_of_a_review():
    terms = sign_off_terms(br.rule("closing_review"), rejected=["supervision"], rejections_max=1)
    issue = b.given(*b.IN_SIGN_OFF, terms=terms).model_copy(update={"rounds": ROUNDS_MAX})

    assert kinds(reject(issue, terms)) == ["resolution_rejected", "reply_demanded"]
