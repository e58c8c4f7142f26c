"""Votes: by whom, for whom, again, too late, and by the fallback where too few may (R6.2-R6.4)."""

from itertools import permutations

import pytest
from builders import (
    CONFIRM,
    COORDINATOR,
    DEPUTY_HEAD,
    DIRECTOR,
    ENTERPRISE,
    GRANT,
    HEAD,
    IN_HANDLING,
    MON_9,
    MON_10,
    MON_11,
    OFFICER,
    PROPOSE,
    VERIFY,
    VICE_DIRECTOR,
    Step,
    given,
    kinds,
    when,
)
from builders_ladder import posts_with
from builders_rounds import (
    ABSTAIN,
    ANSWERED,
    APPROVE,
    AREAS_DEPUTY,
    BOARD,
    CHANCERY,
    EXTENSION,
    FOR,
    RECUSE,
    REJECT,
    SETTLE,
    SETTLE_NOT,
    STAND_IN,
    SUPERVISOR,
    VERIFYING,
    VOTED_FOR,
    asked,
    by,
    played,
    round_terms,
    rule,
    vote,
)

from domain import commands as cmd
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.people import ENGINE, Officer
from domain.phases import Choice, Phase, RoundOutcome

OTHER_STAND_IN = Officer(person="head-west.a", post="coordination", on_behalf_of="coordination.a")


def test_a_vote_says_who_voted_how_and_why():
    decision = when(asked(), vote("approve", reason="It is needed."), DIRECTOR, terms=EXTENSION)

    cast = decision.events[0]
    assert kinds(decision) == ["vote_cast"]
    assert (cast.elector, cast.choice, cast.reason) == ("director.a", "approve", "It is needed.")
    assert not cast.late
    assert decision.issue.request is not None


@pytest.mark.parametrize("actor", [OFFICER, HEAD, CHANCERY, ENTERPRISE])
def test_only_electors_vote(actor):
    with pytest.raises(NotPermittedError):
        when(asked(), APPROVE, actor, terms=EXTENSION)


def test_nobody_votes_where_there_is_no_round():
    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING, terms=EXTENSION), APPROVE, DIRECTOR, terms=EXTENSION)


def test_an_elector_votes_in_the_post_by_which_they_were_asked():
    also = posts_with(coordination={"people": ["coordination.a", "director.a"]})
    terms = round_terms(rule("extension"), posts=also)

    with pytest.raises(NotPermittedError):
        when(
            asked(terms=terms),
            APPROVE,
            Officer(person="director.a", post="coordination"),
            terms=terms,
        )


def test_a_changed_vote_is_a_new_one_until_the_round_closes():
    decision = played(asked(), by(DIRECTOR, REJECT), by(DIRECTOR, APPROVE))

    assert [(each.person, each.choice) for each in decision.issue.round.votes] == [
        ("director.a", Choice.APPROVE)
    ]


def test_the_same_vote_again_is_refused():
    with pytest.raises(InvalidRequestError, match="how this vote stands"):
        played(asked(), by(DIRECTOR, REJECT), by(DIRECTOR, REJECT))


def test_in_whatever_order_they_vote_the_round_ends_the_same():
    votes = (
        by(DIRECTOR, REJECT),
        by(VICE_DIRECTOR, RECUSE),
        by(SUPERVISOR, APPROVE),
        by(COORDINATOR, APPROVE),
    )

    for order in permutations(votes):
        decision = played(asked(), *order)
        assert decision.issue.round.outcome is RoundOutcome.APPROVED
        assert decision.issue.extensions == 1


def test_whoever_was_not_for_it_does_not_carry_it_out():
    terms = round_terms(rule("extension", passes={"needs": "all"}))
    approved = (by(DIRECTOR, APPROVE), by(VICE_DIRECTOR, APPROVE), by(SUPERVISOR, APPROVE))
    recused = by(COORDINATOR, vote("recuse", reason="My brother works there."))

    decision = played(asked(terms=terms), *approved, recused, terms=terms)

    closed, granted = decision.events[1:]
    assert (closed.outcome, closed.recuse, closed.reason) == (RoundOutcome.APPROVED, 1, None)
    assert (closed.by, granted.by) == (ENGINE, ENGINE)


def test_an_abstention_that_makes_approval_impossible_is_nobodys_refusal():
    terms = round_terms(rule("extension", passes={"needs": "all"}))

    decision = played(asked(terms=terms), by(DIRECTOR, ABSTAIN), terms=terms)

    assert kinds(decision) == ["vote_cast", "round_closed", "request_refused"]
    assert decision.events[2].by == ENGINE
    assert decision.events[2].reason == "Round 1: rejected."


def test_a_veto_ends_it_at_once():
    rows = [{"post": "director", "veto": True}, *BOARD[1:]]
    terms = round_terms(rule("extension", electors=rows, passes={"needs": "any"}))

    waits = played(asked(terms=terms), by(SUPERVISOR, APPROVE), terms=terms)
    decision = played(waits.issue, by(VICE_DIRECTOR, REJECT), terms=terms)

    assert waits.issue.round.is_open
    assert decision.issue.round.outcome is RoundOutcome.REJECTED


CALLED_BACK = round_terms(rule("verification"), callbacks={})
"""Where closed issues are drawn for callbacks, it matters who struck them off."""


def test_all_who_approved_and_for_whom_have_struck_the_number_off():
    answered = given(*ANSWERED, terms=CALLED_BACK)

    decision = played(
        answered,
        by(DIRECTOR, REJECT),
        by(AREAS_DEPUTY, APPROVE),
        by(DEPUTY_HEAD, APPROVE),
        terms=CALLED_BACK,
    )

    people = {"coordination.d", "head-east.a", "head-east.b"}
    assert set(decision.events[-1].verifiers) == people


def test_of_a_verification_that_was_settled_it_was_whoever_settled_it():
    terms = round_terms(rule("verification", electors=[{"tier": 2}]), callbacks={})
    answered = given(*ANSWERED, terms=terms)

    decision = played(
        answered,
        by(HEAD, RECUSE),
        by(DEPUTY_HEAD, APPROVE),
        by(DIRECTOR, SETTLE),
        terms=terms,
    )

    assert decision.events[-1].verifiers == ("director.a",)


def test_votes_on_another_question_strike_nothing_off():
    terms = round_terms(rule("extension"), callbacks={})
    extended = played(asked(terms=terms), *FOR, terms=terms).issue

    decision = played(
        extended,
        Step(OFFICER, PROPOSE, MON_10),
        Step(ENTERPRISE, CONFIRM, MON_10),
        Step(HEAD, VERIFY, MON_10),
        terms=terms,
    )

    assert decision.events[-1].verifiers == ("head-east.a",)


# --- late votes ---


def test_a_late_vote_is_kept_and_changes_nothing():
    decided = played(asked(), by(DIRECTOR, APPROVE), by(SUPERVISOR, APPROVE)).issue

    decision = when(decided, REJECT, COORDINATOR, MON_11, terms=EXTENSION)

    assert kinds(decision) == ["vote_cast"]
    assert decision.events[0].late
    assert decision.issue.round == decided.round
    assert decision.issue.clocks == decided.clocks


def test_a_late_vote_is_kept_even_when_the_issue_is_closed():
    closed = played(
        given(*ANSWERED, terms=VERIFYING),
        by(DIRECTOR, APPROVE),
        by(HEAD, APPROVE),
        terms=VERIFYING,
    ).issue
    assert closed.phase is Phase.CLOSED

    decision = when(closed, REJECT, DEPUTY_HEAD, MON_11, terms=VERIFYING)

    assert [each.late for each in decision.events] == [True]
    assert (decision.issue.phase, decision.issue.round) == (closed.phase, closed.round)


@pytest.mark.parametrize("number", [2, 50])
def test_a_vote_names_the_round_that_it_is_for(number):
    with pytest.raises(InvalidRequestError, match="present or last round") as refused:
        when(asked(), vote("approve", number), DIRECTOR, terms=EXTENSION)

    assert refused.value.allowed == "1"


# --- deputies ---


def test_a_deputy_votes_for_the_elector_and_both_are_on_the_record():
    decision = when(asked(), APPROVE, STAND_IN, terms=EXTENSION)

    assert (decision.events[0].elector, decision.events[0].by) == ("supervision.a", STAND_IN)
    (cast,) = decision.issue.round.votes
    assert (cast.person, cast.voted_by) == ("supervision.a", "head-west.a")


def test_a_deputy_who_is_party_to_it_does_not_vote_for_the_elector():
    asker = {"post": "director", "principal": "director.a", "deputy": "grid-east-1.a"}
    terms = round_terms(rule("extension"), delegations=[VOTED_FOR | asker])
    deputy = Officer(person="grid-east-1.a", post="director", on_behalf_of="director.a")

    with pytest.raises(NotPermittedError, match="asked for") as refused:
        when(asked(terms=terms), APPROVE, deputy, terms=terms)

    assert refused.value.allowed == "the elector in person, or another deputy"


def test_nobody_casts_the_votes_of_two():
    also = VOTED_FOR | {"id": "more", "post": "coordination", "principal": "coordination.a"}
    terms = round_terms(rule("extension"), delegations=[VOTED_FOR, also])
    with pytest.raises(NotPermittedError, match="votes of two"):
        played(asked(terms=terms), by(STAND_IN, APPROVE), by(OTHER_STAND_IN, APPROVE), terms=terms)

    own = VOTED_FOR | {"deputy": "director.a"}
    terms = round_terms(rule("extension"), delegations=[own])
    elector = Officer(person="director.a", post="supervision", on_behalf_of="supervision.a")
    with pytest.raises(NotPermittedError, match="votes of two"):
        when(asked(terms=terms), APPROVE, elector, terms=terms)


def test_a_deputy_may_change_the_vote_that_they_cast():
    decision = played(asked(), by(STAND_IN, REJECT), by(STAND_IN, APPROVE))

    assert [each.choice for each in decision.issue.round.votes] == [Choice.APPROVE]


def test_an_elector_who_has_come_to_handle_it_since_can_only_recuse():
    assigned = when(
        asked(), cmd.Assign(handler="coordination"), OFFICER, MON_9, terms=EXTENSION
    ).issue
    with pytest.raises(NotPermittedError, match="handle") as refused:
        when(assigned, APPROVE, COORDINATOR, terms=EXTENSION)
    assert refused.value.allowed == "recuse"

    decision = when(assigned, RECUSE, COORDINATOR, terms=EXTENSION)

    assert kinds(decision) == ["vote_cast"]


# --- too few ---

THREE = round_terms(rule("extension", electors=BOARD[:1], passes={"needs": "at_least", "n": 3}))


@pytest.mark.parametrize(
    ("command", "outcome", "last"),
    [
        (SETTLE, RoundOutcome.SETTLED_APPROVED, "extension_granted"),
        (SETTLE_NOT, RoundOutcome.SETTLED_REJECTED, "request_refused"),
    ],
)
def test_the_fallback_settles_what_too_few_may_vote_on(command, outcome, last):
    decision = when(asked(terms=THREE), command, CHANCERY, terms=THREE)

    assert kinds(decision) == ["round_closed", last]
    assert [each.by for each in decision.events] == [CHANCERY, CHANCERY]
    assert (decision.issue.round.outcome, decision.events[0].reason) == (outcome, command.reason)


@pytest.mark.parametrize("actor", [DIRECTOR, HEAD, OFFICER])
def test_nobody_else_settles_it(actor):
    with pytest.raises(NotPermittedError):
        when(asked(terms=THREE), SETTLE, actor, terms=THREE)


def test_the_fallback_settles_nothing_while_enough_may_vote():
    with pytest.raises(NotPermittedError):
        when(asked(), SETTLE, CHANCERY, terms=EXTENSION)


def test_it_names_itself_while_several_wait_for_it():
    with pytest.raises(WrongPhaseError) as refused:
        when(asked(terms=THREE), GRANT, HEAD, terms=THREE)

    assert refused.value.allowed == "settle_round, by chancery-desk"


def test_what_is_settled_is_not_settled_again():
    settled = when(asked(terms=THREE), SETTLE, CHANCERY, terms=THREE).issue

    with pytest.raises(WrongPhaseError, match="is decided"):
        when(settled, SETTLE_NOT, CHANCERY, terms=THREE)


def test_whoever_asked_does_not_settle_it_in_another_post():
    both = posts_with(chancery_desk={"people": ["chancery-desk.a", "grid-east-1.a"]})
    electors = {"electors": BOARD[:1], "passes": {"needs": "at_least", "n": 3}}
    terms = round_terms(rule("extension", **electors), posts=both)

    with pytest.raises(NotPermittedError):
        when(
            asked(terms=terms),
            SETTLE,
            Officer(person="grid-east-1.a", post="chancery-desk"),
            terms=terms,
        )


def test_whoever_handles_it_does_not_settle_it_either():
    assigned = when(
        asked(terms=THREE), cmd.Assign(handler="chancery-desk"), OFFICER, MON_9, terms=THREE
    ).issue

    with pytest.raises(NotPermittedError, match="handle"):
        when(assigned, SETTLE, CHANCERY, terms=THREE)


def test_when_too_many_recuse_the_fallback_settles_it():
    recused = (by(DIRECTOR, RECUSE), by(VICE_DIRECTOR, RECUSE), by(SUPERVISOR, RECUSE))

    decision = played(asked(), *recused)

    assert decision.events[-1].decider == "chancery-desk"
    assert decision.issue.round.decider == "chancery-desk"
    settled = when(decision.issue, SETTLE, CHANCERY, MON_11, terms=EXTENSION)
    assert settled.issue.extensions == 1


def test_a_recusal_taken_back_gives_the_round_back_to_its_electors():
    recused = (by(DIRECTOR, RECUSE), by(VICE_DIRECTOR, RECUSE), by(SUPERVISOR, RECUSE))

    decision = played(asked(), *recused, by(SUPERVISOR, APPROVE), by(COORDINATOR, APPROVE))

    assert decision.issue.round.outcome is RoundOutcome.APPROVED
    assert decision.issue.round.decider is None


def test_where_too_few_are_left_to_approve_one_of_them_can_still_refuse():
    recused = (by(DIRECTOR, RECUSE), by(VICE_DIRECTOR, RECUSE), by(SUPERVISOR, RECUSE))

    decision = played(asked(), *recused, by(COORDINATOR, REJECT))

    assert decision.issue.round.outcome is RoundOutcome.REJECTED
