"""Rounds whose question goes while they are open: closed by the same decision, with a reason."""

import pytest
from builders import (
    ACCEPT,
    ASK_EXTENSION,
    ASK_PAUSE,
    CONFIRM,
    DIRECTOR,
    ENTERPRISE,
    ESCALATE,
    GRANT,
    HANDBOOK_DATA,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    MON_9,
    MON_10,
    MON_11,
    NEXT_TUE_9,
    NOTE,
    OFFICER,
    PROPOSE,
    REFUSE,
    REJECT,
    THU_9,
    TUE_9,
    WED_9,
    WITHDRAW,
    Step,
    adopt_handbook,
    context,
    given,
    kinds,
    ring,
    when,
)
from builders_ladder import (
    ASK_PARKING,
    DECLARE,
    LADDER_DATA,
    OPEN_CHANNEL,
    ladder_terms,
)
from builders_rounds import (
    ANSWERED,
    APPROVE,
    ASKED,
    BALLOT,
    CHANNEL,
    EXTENSION,
    FOR,
    NOT,
    REFUSED,
    REVIEWING,
    VERIFYING,
    asked,
    played,
    round_terms,
    rule,
)

from domain.commands_of_ladder import Instruct
from domain.decisions.draft import Draft
from domain.decisions.voting import vote as cast_vote
from domain.durations import OpenHours
from domain.errors import NotPermittedError, WrongPhaseError
from domain.events import RungFired
from domain.events_of_rounds import RoundClosed, RoundOpened, VoteCast
from domain.evolve import evolve
from domain.evolve_team import StreamError
from domain.people import ENGINE
from domain.phases import Choice, Phase, RoundOutcome

NO_WAIT = Instruct(text="Nobody waits.", expires_at=TUE_9, no_wait=True)
AN_HOUR = OpenHours(minutes=60)
WEEK = [{"duration": {"kind": "working_days", "days": 5, "due": "same_time"}}]
SLOW = round_terms(rule("extension"), clocks=[*LADDER_DATA["clocks"], BALLOT | {"budgets": WEEK}])
"""Time to vote longer than what is left of the clock that is to be extended."""


def not_needed(decision):
    closed = next(each for each in decision.events if isinstance(each, RoundClosed))
    assert (closed.outcome, closed.by) == (RoundOutcome.NOT_NEEDED, ENGINE)
    assert decision.issue.round.outcome is RoundOutcome.NOT_NEEDED
    return closed.reason


def ended_with_it(decision):
    refused = decision.events[-1]
    assert (refused.kind, refused.by) == ("request_refused", ENGINE)
    assert refused.reason == not_needed(decision)
    assert decision.issue.request is None


CHANNEL_ASKED = (*IN_HANDLING, Step(HEAD, OPEN_CHANNEL, MON_9))
VERIFIED_BY_SILENCE = (*IN_SIGN_OFF, Step(ENGINE, ring("sign_off"), THU_9))


@pytest.mark.parametrize(
    ("steps", "terms", "command", "actor", "at", "reason"),
    [
        (ASKED, EXTENSION, PROPOSE, OFFICER, MON_10, "The request is not open any more."),
        (ASKED, EXTENSION, ESCALATE, OFFICER, MON_10, "The request is not open any more."),
        (CHANNEL_ASKED, CHANNEL, PROPOSE, OFFICER, MON_10, "does not wait for the green channel"),
        (CHANNEL_ASKED, CHANNEL, DECLARE, HEAD, MON_10, "does not wait for the green channel"),
        (VERIFIED_BY_SILENCE, VERIFYING, REJECT, ENTERPRISE, THU_9, "The sign-off has moved on."),
        (REFUSED, REVIEWING, WITHDRAW, ENTERPRISE, MON_10, "The sign-off has moved on."),
    ],
)
def test_a_round_whose_question_has_gone_is_closed_by_the_same_decision(
    steps, terms, command, actor, at, reason
):
    decision = when(given(*steps, terms=terms), command, actor, at, terms=terms)

    assert reason in not_needed(decision)


def test_a_withdrawal_is_another_question_than_the_resolution_was():
    before = given(*ANSWERED, Step(DIRECTOR, APPROVE), terms=VERIFYING)

    late = when(
        given(*VERIFIED_BY_SILENCE, Step(DIRECTOR, APPROVE, THU_9), terms=VERIFYING),
        WITHDRAW,
        ENTERPRISE,
        THU_9,
        terms=VERIFYING,
    )

    assert before.round.is_open
    assert kinds(late) == ["issue_withdrawn", "round_closed", "round_opened"]
    assert (late.issue.round.number, late.issue.round.votes) == (2, ())


def test_a_later_answer_in_person_keeps_the_round_and_its_votes():
    before = given(*VERIFIED_BY_SILENCE, Step(DIRECTOR, APPROVE, THU_9), terms=VERIFYING)

    decision = when(before, CONFIRM, ENTERPRISE, THU_9, terms=VERIFYING)

    assert kinds(decision) == ["sign_off_answered"]
    assert decision.issue.round == before.round


def test_a_clock_that_has_run_out_is_not_extended_by_a_round_on_it():
    issue = asked(terms=SLOW)

    decision = when(issue, NOTE, ENTERPRISE, WED_9, terms=SLOW)

    assert "round_closed" in kinds(decision)
    assert not decision.issue.round.is_open


def test_time_that_takes_the_question_comes_before_a_vote_on_it():
    decision = when(asked(terms=SLOW), APPROVE, DIRECTOR, WED_9, terms=SLOW)

    vote = decision.events[-1]
    assert (vote.kind, vote.late) == ("vote_cast", True)


def test_an_issue_that_is_closed_leaves_no_round_open():
    issue = when(given(*IN_INTAKE, terms=CHANNEL), OPEN_CHANNEL, HEAD, terms=CHANNEL).issue

    decision = when(issue, WITHDRAW, ENTERPRISE, terms=CHANNEL)

    assert not_needed(decision) == "The issue is closed."
    assert decision.issue.phase is Phase.CLOSED


def test_an_approval_that_can_no_longer_be_carried_out_is_none():
    once = round_terms(rule("parking"))
    shelved = given(*IN_HANDLING, Step(OFFICER, ASK_PARKING), terms=once)
    spent = shelved.model_copy(update={"parked": 3})

    decision = played(spent, *FOR, terms=once)

    assert kinds(decision) == ["vote_cast", "round_closed", "request_refused"]
    assert "as often as the handbook allows" in not_needed(decision)
    assert decision.issue.phase is Phase.HANDLING
    ended_with_it(decision)


def test_a_request_that_several_were_asked_ends_with_a_round_that_decides_nothing():
    """Else, once its instruction has run out, one person gives alone what the round could not."""
    terms = round_terms(rule("pause"), pauses={"times_max": 0})
    waiting = given(*IN_HANDLING, Step(OFFICER, ASK_PAUSE), terms=terms)
    barred = when(waiting, NO_WAIT, DIRECTOR, terms=terms).issue

    decision = played(barred, *FOR, terms=terms)

    assert kinds(decision) == ["vote_cast", "round_closed", "request_refused"]
    ended_with_it(decision)
    with pytest.raises(NotPermittedError):
        when(decision.issue, GRANT, DIRECTOR, NEXT_TUE_9, terms=terms)


@pytest.mark.parametrize("command", [GRANT, REFUSE])
def test_nobody_answers_alone_what_several_were_asked(command):
    decided = played(asked(), *NOT).issue
    stuck = decided.model_copy(update={"request": asked().request})

    with pytest.raises(WrongPhaseError, match="Several were asked this") as refused:
        when(stuck, command, HEAD, terms=EXTENSION)

    assert (refused.value.value, refused.value.allowed) == ("1", "ask again")


def test_one_person_answers_what_was_asked_before_several_were_to_decide_it():
    plain = ladder_terms(clocks=[*LADDER_DATA["clocks"], BALLOT])
    issue = given(*ASKED, terms=plain)
    earlier = issue.model_copy(update={"round": played(asked(), *NOT).issue.round})
    later = earlier.request.model_copy(update={"asked_at": MON_11})

    assert kinds(when(issue, GRANT, HEAD, terms=EXTENSION)) == ["extension_granted"]
    old = earlier.model_copy(update={"request": later})
    assert kinds(when(old, GRANT, HEAD, MON_11, terms=EXTENSION)) == ["extension_granted"]


def test_under_a_handbook_without_the_rule_it_is_asked_for_again_of_one_person():
    issue = asked()
    plain = ladder_terms(clocks=[*LADDER_DATA["clocks"], BALLOT])

    decision = when(issue, adopt_handbook(plain), ENGINE, terms=EXTENSION, target=plain)

    assert "no more" in not_needed(decision)
    ended_with_it(decision)
    again = when(decision.issue, ASK_EXTENSION, OFFICER, MON_11, terms=plain).issue
    assert kinds(when(again, GRANT, HEAD, MON_11, terms=plain)) == ["extension_granted"]


def test_a_round_that_nothing_limits_does_not_stay_open():
    ballot = BALLOT | {"cancel": [{"events": ["note_added"]}]}
    terms = round_terms(rule("extension"), clocks=[*LADDER_DATA["clocks"], ballot])

    decision = when(asked(terms=terms), NOTE, ENTERPRISE, terms=terms)

    assert "Nothing limits" in not_needed(decision)


# --- the fold ---


def test_a_stream_votes_only_in_a_round_that_it_has_opened():
    issue = given(*IN_HANDLING)
    cast = VoteCast(at=MON_10, by=DIRECTOR, round=1, elector="director.a", choice=Choice.APPROVE)

    with pytest.raises(StreamError, match="no round"):
        evolve(issue, cast, zone=issue.zone, key=issue.key, terms=issue.terms)


def test_each_round_is_its_own_and_nothing_of_the_last_is_left():
    refused = played(asked(), *NOT, terms=EXTENSION).issue

    again = when(refused, ASK_EXTENSION, OFFICER, MON_11, terms=EXTENSION)

    opened = again.events[-1]
    assert isinstance(opened, RoundOpened)
    assert (again.issue.round.number, again.issue.round.votes) == (2, ())
    assert again.issue.round.is_open


def test_a_clock_that_was_stopped_is_not_extended_by_a_round_on_it():
    early = ASK_EXTENSION.model_copy(update={"clock": "acceptance", "extra": AN_HOUR})
    clocks = {"extensions": HANDBOOK_DATA["extensions"] | {"clocks": ["acceptance"]}}
    terms = round_terms(rule("extension"), **clocks)
    issue = given(*IN_INTAKE, Step(OFFICER, early, MON_9), terms=terms)

    decision = when(issue, ACCEPT, OFFICER, terms=terms)

    assert not_needed(decision) == "The clock that was to be extended has ended or run out."
    ended_with_it(decision)


def test_the_end_of_the_time_to_vote_comes_too_late_for_a_question_that_has_gone():
    decision = when(asked(terms=SLOW), NOTE, ENTERPRISE, NEXT_TUE_9, terms=SLOW)

    fired = [e.clock for e in decision.events if isinstance(e, RungFired) and e.percent == 100]
    assert "ballot" in fired
    assert [e.outcome for e in decision.events if isinstance(e, RoundClosed)] == ["not_needed"]


def test_no_vote_is_judged_under_terms_that_have_no_such_round():
    issue = asked()
    draft = Draft(issue, issue.zone, issue.key, DIRECTOR, context(MON_10, CHANNEL))

    with pytest.raises(LookupError, match="no rule"):
        cast_vote(draft, APPROVE)
