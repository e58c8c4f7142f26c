"""Reporting, accepting, turning away: what is let in, and how a refusal names what is wrong."""

from datetime import timedelta

import pytest
from builders import (
    ACCEPT,
    AUDITOR,
    CLOSED_OUT,
    DIRECTOR,
    ENTERPRISE,
    HANDBOOK_DATA,
    HEAD,
    HOTLINE,
    IN_HANDLING,
    IN_INTAKE,
    MON_9,
    MON_10,
    MON_13,
    NEIGHBOUR,
    NUMBER,
    OFFICER,
    OTHER_HEAD,
    TERMS,
    TURN_AWAY,
    VERIFY,
    Step,
    context,
    given,
    kinds,
    report,
    submission,
    terms_of,
    when,
)

from domain import commands as cmd
from domain.decisions import Context, decide
from domain.decisions.draft import Draft
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueClosedError,
    NotPermittedError,
    UnknownCategoryError,
    UnknownIssueError,
    WrongPhaseError,
)
from domain.people import ENGINE, Officer
from domain.phases import Outcome, Phase, Priority


def test_a_report_opens_an_issue_with_the_first_tier_as_owner():
    decision = when(None, report(), ENTERPRISE, MON_9)

    assert kinds(decision) == ["issue_reported"]
    assert decision.issue.phase is Phase.INTAKE
    assert (decision.issue.owner, decision.issue.handler) == ("grid-east-1", "grid-east-1")
    assert decision.events[0].owner_person == "grid-east-1.a"
    assert decision.issue.version == 1
    assert decision.issue.terms == TERMS.hash


def test_only_the_acceptance_clock_runs_after_a_report():
    issue = given(*IN_INTAKE)

    assert [clock.id for clock in issue.clocks] == ["acceptance"]
    assert issue.clock("acceptance").due_at == MON_13


def test_an_emergency_has_an_hour_by_any_clock():
    issue = when(None, report(priority=Priority.EMERGENCY), HOTLINE, MON_9).issue

    assert issue.clock("acceptance").due_at == MON_9 + timedelta(hours=1)


def test_a_service_reports_for_any_enterprise():
    decision = when(None, report(enterprise="bakery"), HOTLINE, MON_9)

    assert decision.issue.owner == "grid-west-1"


def test_an_officer_of_the_second_tier_opens_an_issue_at_that_tier():
    issue = when(None, report(tier=2, origin="leader"), HEAD, MON_9).issue

    assert (issue.tier, issue.tier_reached, issue.owner) == (2, 2, "head-east")


@pytest.mark.parametrize(
    "actor", [ENTERPRISE, HOTLINE, OFFICER, OTHER_HEAD, DIRECTOR], ids=lambda actor: actor.kind
)
def test_an_issue_enters_above_the_first_tier_only_through_an_officer_of_that_tier(actor):
    with pytest.raises(NotPermittedError) as refused:
        when(None, report(tier=2), actor, MON_9)

    assert refused.value.allowed == "head-east"


def test_a_tier_that_the_zone_does_not_have_is_named_with_those_it_has():
    with pytest.raises(InvalidRequestError) as refused:
        when(None, report(tier=4), OFFICER, MON_9)

    assert (refused.value.field, refused.value.value) == ("tier", "4")
    assert refused.value.allowed == "1 to 3"


def test_an_unknown_category_is_refused_with_the_known_ones():
    with pytest.raises(UnknownCategoryError) as refused:
        when(None, report(category="weather"), ENTERPRISE, MON_9)

    assert (refused.value.field, refused.value.value) == ("category", "weather")
    assert refused.value.allowed == "power-supply, road-access"


def test_an_enterprise_outside_every_grid_is_refused():
    with pytest.raises(InvalidRequestError) as refused:
        when(None, report(enterprise="lighthouse"), HOTLINE, MON_9)

    assert (refused.value.field, refused.value.value) == ("enterprise", "lighthouse")


def test_a_representative_does_not_report_for_another_enterprise():
    with pytest.raises(NotPermittedError) as refused:
        when(None, report(enterprise="bakery"), ENTERPRISE, MON_9)

    assert refused.value.allowed == "mill"


def test_closeout_itself_reports_nothing():
    with pytest.raises(NotPermittedError):
        when(None, report(), ENGINE, MON_9)


@pytest.mark.parametrize(
    ("officer", "field"),
    [
        (Officer(person="grid-east-1.a", post="harbour-master"), "actor.post"),
        (Officer(person="somebody", post="grid-east-1"), "actor.person"),
        (Officer(person="spare.a", post="spare"), "actor.person"),
    ],
)
def test_nobody_reports_from_a_post_that_is_not_theirs(officer, field):
    with pytest.raises(NotPermittedError) as refused:
        when(None, report(), officer, MON_9)

    assert refused.value.field == field


def test_an_officer_of_another_grid_may_report_what_is_seen_on_a_visit():
    decision = when(None, report(origin="visit"), NEIGHBOUR, MON_9)

    assert decision.issue.owner == "grid-east-1"


def test_a_report_dated_in_the_future_is_refused():
    with pytest.raises(InvalidRequestError) as refused:
        when(None, report(), ENTERPRISE, MON_9, occurred_at=MON_10)

    assert (refused.value.field, refused.value.value) == ("occurred_at", MON_10.isoformat())
    assert MON_9.isoformat() in refused.value.allowed


def test_a_report_older_than_ten_years_is_refused():
    with pytest.raises(InvalidRequestError) as refused:
        when(None, report(), ENTERPRISE, MON_9, occurred_at=MON_9 - timedelta(days=3661))

    assert refused.value.field == "occurred_at"


@pytest.mark.parametrize("age", [timedelta(), timedelta(days=1), timedelta(days=3660)])
def test_a_late_record_of_what_happened_earlier_is_taken_and_clocks_start_now(age):
    issue = when(None, report(), ENTERPRISE, MON_9, occurred_at=MON_9 - age).issue

    assert issue.clock("acceptance").anchor_at == MON_9


def test_a_report_under_a_used_key_is_a_conflict():
    with pytest.raises(ConflictError) as refused:
        when(given(*IN_INTAKE), report(), ENTERPRISE)

    assert (refused.value.field, refused.value.value) == ("key", "issue-1")


def test_a_report_under_the_key_of_a_closed_issue_is_a_conflict_too():
    with pytest.raises(ConflictError):
        when(given(*CLOSED_OUT), report(), ENTERPRISE)


def test_nothing_but_a_report_begins_an_issue():
    with pytest.raises(UnknownIssueError) as refused:
        when(None, ACCEPT, OFFICER)

    assert refused.value.field == "key"


def test_a_stale_expected_version_is_a_conflict_that_names_the_present_one():
    with pytest.raises(ConflictError) as refused:
        when(given(*IN_HANDLING), ACCEPT, OFFICER, expected_version=1)

    assert (refused.value.field, refused.value.value) == ("expected_version", "1")
    assert refused.value.allowed.startswith("2,")


def test_a_report_may_expect_that_there_is_no_issue_yet():
    decision = when(None, report(), ENTERPRISE, MON_9, expected_version=0)

    assert kinds(decision) == ["issue_reported"]


def test_acceptance_gives_the_number_and_starts_handling():
    decision = when(given(*IN_INTAKE), ACCEPT, OFFICER, MON_10)

    assert kinds(decision) == ["issue_accepted"]
    assert decision.issue.number == NUMBER
    assert (decision.issue.phase, decision.issue.accepted_at) == (Phase.HANDLING, MON_10)
    assert {clock.id for clock in decision.issue.clocks if clock.is_live} == {
        "handling",
        "resolution",
    }


def test_acceptance_corrects_the_reporters_category():
    issue = when(given(*IN_INTAKE), cmd.Accept(category="power-supply"), OFFICER).issue

    assert issue.category == "power-supply"


def test_acceptance_into_an_unknown_category_is_refused():
    with pytest.raises(UnknownCategoryError):
        when(given(*IN_INTAKE), cmd.Accept(category="weather"), OFFICER)


def test_an_issue_is_accepted_once():
    with pytest.raises(WrongPhaseError) as refused:
        when(given(*IN_HANDLING), ACCEPT, OFFICER)

    assert (refused.value.value, refused.value.allowed) == ("handling", "intake")


def test_an_acceptance_without_a_number_at_hand_is_the_callers_mistake():
    with pytest.raises(LookupError, match="ledger number"):
        decide(given(*IN_INTAKE), submission(ACCEPT), Context(at=MON_10, terms=TERMS))


def test_a_revision_of_the_rules_that_this_code_does_not_know_is_the_callers_mistake():
    with pytest.raises(ValueError, match="rules revision 99"):
        decide(None, submission(report(), ENTERPRISE), Context(at=MON_9, terms=TERMS, rules=99))


def test_turning_away_closes_the_issue_with_a_code_and_a_way_on():
    command = TURN_AWAY.model_copy(update={"referral": "The next zone's hotline"})

    decision = when(given(*IN_INTAKE), command, OFFICER)

    assert kinds(decision) == ["issue_turned_away"]
    assert decision.issue.outcome is Outcome.TURNED_AWAY
    assert decision.issue.closed_at == MON_10
    assert decision.events[0].referral == "The next zone's hotline"
    assert decision.issue.next_rung is None


def test_what_was_accepted_cannot_be_turned_away():
    with pytest.raises(WrongPhaseError):
        when(given(*IN_HANDLING), TURN_AWAY, OFFICER)


def test_an_issue_that_was_turned_away_takes_no_further_act():
    closed = given(*IN_INTAKE, Step(OFFICER, TURN_AWAY))

    with pytest.raises(IssueClosedError) as refused:
        when(closed, ACCEPT, OFFICER)

    assert refused.value.code == "issue_closed"


def test_a_closed_issue_says_so_even_to_those_without_a_role_in_it():
    with pytest.raises(IssueClosedError):
        when(given(*CLOSED_OUT), VERIFY, AUDITOR)


@pytest.mark.parametrize("year", [1999, 2200])
def test_an_instant_outside_the_calendar_is_refused_by_the_calendars_name(year):
    with pytest.raises(InvalidRequestError) as refused:
        when(None, report(), ENTERPRISE, MON_9.replace(year=year))

    assert (refused.value.field, refused.value.value) == ("calendar", "plain")


def test_a_draft_of_nothing_has_no_issue():
    draft = Draft(None, "harbour", "issue-1", ENTERPRISE, context(MON_9))

    with pytest.raises(LookupError, match="harbour/issue-1"):
        draft.decision()


def test_an_issue_at_a_tier_for_which_the_terms_have_no_post_is_refused_not_lost():
    """The issue's enterprise has left the handbook: no post is accountable any more."""
    others = [e for e in HANDBOOK_DATA["enterprises"] if e["id"] != "mill"]
    terms = terms_of(enterprises=others)

    with pytest.raises(InvalidRequestError) as refused:
        decide(
            given(*IN_HANDLING),
            submission(cmd.Escalate(reason="Up.")),
            context(MON_10, terms),
        )

    assert (refused.value.field, refused.value.value) == ("to_tier", "2")
