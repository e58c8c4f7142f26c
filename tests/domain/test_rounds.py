"""Rounds: when several are asked, who of them may decide, what follows, and what ends it (R6)."""

import pytest
from builders import (
    ASK_EXTENSION,
    ASK_PAUSE,
    CONFIRM,
    DIRECTOR,
    ENTERPRISE,
    ESCALATED,
    GRANT,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    MON_9,
    MON_11,
    NOTE,
    OFFICER,
    PAUSE,
    REFUSE,
    RESUME,
    SECTION,
    Step,
    given,
    kinds,
    report,
    ring,
    when,
)
from builders_ladder import (
    ASK_PARKING,
    DECLARE,
    END_EMERGENCY,
    LADDER_DATA,
    OPEN_CHANNEL,
    posts_with,
)
from builders_rounds import (
    APPROVE,
    BALLOT,
    CHANNEL,
    EXTENSION,
    FOR,
    NOT,
    REFUSED,
    REVIEWING,
    SUPERVISOR,
    VERIFYING,
    asked,
    by,
    played,
    round_terms,
    rule,
)

from domain import commands as cmd
from domain.ballots import ELECTORS_MAX, ROUNDS_MAX
from domain.clocks import Standing
from domain.commands_of_modes import EndEmergency
from domain.decisions.rounds import KEPT_FOR_SIGN_OFF
from domain.errors import NotPermittedError, WrongPhaseError
from domain.events_of_rounds import RoundClosed
from domain.events_of_time import RequestRefused
from domain.people import ENGINE
from domain.phases import Origin, Outcome, Phase, Priority, RoundOutcome


def voters(issue):
    return [each.person for each in issue.round.electors]


# --- who is asked ---


def test_what_several_decide_opens_a_round_with_its_electorate_and_its_clock():
    decision = when(given(*IN_HANDLING, terms=EXTENSION), ASK_EXTENSION, OFFICER, terms=EXTENSION)

    assert kinds(decision) == ["extension_asked", "round_opened"]
    opened = decision.events[1]
    assert (opened.number, opened.subject, opened.by) == (1, "extension", OFFICER)
    assert (opened.reason, opened.decider) == (ASK_EXTENSION.reason, None)
    assert [(each.person, each.post) for each in opened.electors] == [
        ("director.a", "director"),
        ("director.b", "director"),
        ("supervision.a", "supervision"),
        ("coordination.a", "coordination"),
    ]
    assert decision.issue.clock("ballot").standing is Standing.RUNNING


def test_without_a_rule_for_it_one_person_decides_as_ever():
    decision = when(given(*IN_HANDLING, terms=CHANNEL), ASK_EXTENSION, OFFICER, terms=CHANNEL)

    assert kinds(decision) == ["extension_asked"]
    assert decision.issue.round is None


@pytest.mark.parametrize(("command", "said"), [(GRANT, "approve"), (REFUSE, "reject")])
def test_while_several_decide_nobody_does_alone(command, said):
    with pytest.raises(WrongPhaseError, match="Several decide this"):
        when(asked(), command, HEAD, terms=EXTENSION)


def test_each_person_is_asked_once_by_the_first_row_that_names_them():
    rows = [{"tier": 3, "weight": 5, "veto": True}, {"post": "director"}, {"role": "auditor"}]
    terms = round_terms(rule("extension", electors=rows))

    electors = asked(terms=terms).round.electors

    assert [(each.person, each.weight, each.veto) for each in electors] == [
        ("director.a", 5, True),
        ("director.b", 5, True),
        ("audit-office.a", 1, False),
    ]


def test_who_asked_who_owns_and_who_handles_it_are_not_asked():
    rows = [{"tier": 1}, {"tier": 2}, {"post": "roads-desk"}, {"post": "director"}]
    terms = round_terms(rule("extension", electors=rows))
    before = given(*IN_HANDLING, ESCALATED, terms=terms)
    handled = when(before, cmd.Assign(handler="roads-desk"), HEAD, MON_9, terms=terms).issue

    issue = when(handled, ASK_EXTENSION, SECTION, terms=terms).issue

    assert voters(issue) == ["grid-east-1.a", "director.a", "director.b"]


def test_who_reported_it_and_deputies_of_the_owner_are_not_asked_either():
    rows = [{"post": "director"}, {"post": "coordination"}]
    terms = round_terms(
        rule("extension", electors=rows),
        posts=posts_with(coordination={"people": ["coordination.a", "coordination.d"]}),
    )
    before = given(*IN_HANDLING, ESCALATED, terms=terms)
    told = before.model_copy(update={"reported_by": ("director.b",)})

    issue = when(told, ASK_EXTENSION, HEAD, terms=terms).issue

    assert voters(issue) == ["director.a", "coordination.a"]


@pytest.mark.parametrize(
    ("own_unit_out", "expected"),
    [
        (True, ["director.a", "adviser.a"]),
        (False, ["director.a", "roads-head.a", "adviser.a"]),
    ],
)
def test_nobody_of_the_unit_that_is_judged_where_the_handbook_says_so(own_unit_out, expected):
    named = {"name": {"zh": "测试", "en": "test"}, "covers": "harbour"}
    posts = [
        *posts_with(director={"people": ["director.a"]}),
        named | {"id": "roads-head", "unit": "roads", "people": ["roads-head.a"]},
        named | {"id": "adviser", "people": ["roads-head.a", "adviser.a"]},
    ]
    rows = [{"post": "director"}, {"post": "adviser"}]
    terms = round_terms(rule("extension", electors=rows, own_unit_out=own_unit_out), posts=posts)

    handed = given(*IN_HANDLING, Step(OFFICER, cmd.Assign(handler="roads-desk")), terms=terms)

    assert voters(when(handed, ASK_EXTENSION, SECTION, terms=terms).issue) == expected


def test_where_too_few_may_vote_the_fallback_settles_it_at_once():
    rows = [{"post": "director"}, {"tier": 1}]
    terms = round_terms(rule("extension", electors=rows, passes={"needs": "at_least", "n": 3}))

    issue = asked(terms=terms)

    assert issue.round.decider == "chancery-desk"
    assert voters(issue) == ["director.a", "director.b"]


def test_an_electorate_of_nobody_is_settled_by_the_fallback():
    terms = round_terms(rule("extension", electors=[{"post": "spare"}], passes={"needs": "any"}))

    assert (asked(terms=terms).round.decider, voters(asked(terms=terms))) == ("chancery-desk", [])


def test_no_electorate_is_larger_than_a_round_may_have():
    many = [f"director.{number}" for number in range(ELECTORS_MAX + 6)]
    terms = round_terms(rule("extension"), posts=posts_with(director={"people": many}))

    assert voters(asked(terms=terms)) == many[:ELECTORS_MAX]


def test_one_round_at_a_time():
    terms = round_terms(rule("extension"), rule("green_channel"))

    with pytest.raises(WrongPhaseError, match="something else already") as refused:
        when(asked(terms=terms), OPEN_CHANNEL, HEAD, terms=terms)

    assert refused.value.value == "1, on extension"


def test_people_cannot_ask_for_rounds_without_end_and_sign_off_keeps_some():
    most = ROUNDS_MAX - KEPT_FOR_SIGN_OFF
    spent = given(*IN_HANDLING, terms=EXTENSION).model_copy(update={"rounds": most})
    with pytest.raises(WrongPhaseError, match="As many rounds"):
        when(spent, ASK_EXTENSION, OFFICER, terms=EXTENSION)

    proposed = given(*IN_SIGN_OFF, terms=VERIFYING)
    some, none = (proposed.model_copy(update={"rounds": n}) for n in (most, ROUNDS_MAX))
    assert when(some, CONFIRM, ENTERPRISE, terms=VERIFYING).issue.round.number == most + 1
    assert when(none, CONFIRM, ENTERPRISE, terms=VERIFYING).issue.round is None


# --- what follows from it ---


def test_an_extension_that_several_approve_is_granted():
    before = asked()

    decision = played(before, *FOR, terms=EXTENSION)

    assert kinds(decision) == ["vote_cast", "round_closed", "extension_granted"]
    closed, granted = decision.events[1:]
    assert (closed.outcome, closed.approve, closed.unasked) == (RoundOutcome.APPROVED, 2, 2)
    assert granted.by == SUPERVISOR
    assert decision.issue.extensions == 1
    assert decision.issue.clock("handling").due_at > before.clock("handling").due_at
    assert decision.issue.clock("ballot").standing is Standing.STOPPED


def test_an_extension_that_several_refuse_leaves_the_clock_as_it_was():
    before = asked()

    decision = played(before, *NOT, terms=EXTENSION)

    assert kinds(decision) == ["vote_cast", "round_closed", "request_refused"]
    assert decision.issue.request is None
    assert decision.issue.clock("handling") == before.clock("handling")


def test_a_pause_beyond_the_limit_is_decided_by_several():
    terms = round_terms(rule("pause"), pauses={"times_max": 1})
    waited = (*IN_HANDLING, Step(OFFICER, PAUSE), Step(OFFICER, RESUME), Step(OFFICER, ASK_PAUSE))

    decision = played(given(*waited, terms=terms), *FOR, terms=terms)

    assert kinds(decision)[1:] == ["round_closed", "pause_granted", "issue_paused"]
    assert decision.issue.pause.reason is ASK_PAUSE.reason


def test_a_parking_is_decided_by_several():
    terms = round_terms(rule("parking"))
    shelved = given(*IN_HANDLING, Step(OFFICER, ASK_PARKING), terms=terms)

    decision = played(shelved, *FOR, terms=terms)

    assert kinds(decision)[1:] == ["round_closed", "issue_parked"]
    assert decision.issue.parking.approved_by == SUPERVISOR.person


def test_the_green_channel_opens_when_several_have_approved_it():
    opening = when(given(*IN_HANDLING, terms=CHANNEL), OPEN_CHANNEL, HEAD, terms=CHANNEL)
    assert kinds(opening) == ["round_opened"]
    assert opening.issue.priority is Priority.ORDINARY

    decision = played(opening.issue, *FOR, terms=CHANNEL)

    assert kinds(decision)[1:] == ["round_closed", "green_channel_opened"]
    assert decision.events[2].reason == OPEN_CHANNEL.reason
    assert (decision.issue.priority, decision.issue.green_channels) == (Priority.EXPEDITED, 1)


def test_a_green_channel_that_is_refused_changes_nothing():
    opening = when(given(*IN_INTAKE, terms=CHANNEL), OPEN_CHANNEL, HEAD, terms=CHANNEL)

    decision = played(opening.issue, *NOT, terms=CHANNEL)

    assert kinds(decision) == ["vote_cast", "round_closed"]
    assert decision.issue.priority is Priority.ORDINARY


def test_there_is_no_way_around_the_round_into_the_green_channel():
    fast = report(priority=Priority.EXPEDITED, origin=Origin.VISIT)
    with pytest.raises(NotPermittedError, match="by authority"):
        when(None, fast, HEAD, MON_9, terms=CHANNEL)
    assert when(None, fast, HEAD, MON_9, terms=EXTENSION).issue.priority is Priority.EXPEDITED

    flooded = given(*IN_HANDLING, Step(HEAD, DECLARE), terms=CHANNEL)
    fast_end = EndEmergency(reason="Back.", priority=Priority.EXPEDITED)
    with pytest.raises(NotPermittedError, match="by authority"):
        when(flooded, fast_end, DIRECTOR, terms=CHANNEL)
    assert when(flooded, END_EMERGENCY, DIRECTOR, terms=CHANNEL).issue.priority == "ordinary"


@pytest.mark.parametrize(
    ("votes", "outcome", "phase"),
    [(FOR, Outcome.CLOSED_BY_REVIEW, Phase.CLOSED), (NOT, None, Phase.HANDLING)],
)
def test_a_closing_review_lets_the_result_stand_or_sends_it_back(votes, outcome, phase):
    before = given(*REFUSED, terms=REVIEWING)
    assert before.round.subject == "closing_review"

    decision = played(before, *votes, terms=REVIEWING)

    assert (decision.issue.outcome, decision.issue.phase) == (outcome, phase)


def test_the_time_to_vote_ends_as_the_handbook_says_whoever_finds_it_over():
    due_at = asked().clock("ballot").due_at

    rung = when(asked(), ring("ballot"), ENGINE, due_at, terms=EXTENSION)
    noted = when(asked(), NOTE, ENTERPRISE, due_at, terms=EXTENSION)

    assert kinds(rung)[-3:] == ["rung_fired", "round_closed", "request_refused"]
    assert kinds(noted)[:-1] == kinds(rung)
    for decision in (rung, noted):
        closed = next(each for each in decision.events if isinstance(each, RoundClosed))
        refused = next(each for each in decision.events if isinstance(each, RequestRefused))
        assert (closed.outcome, closed.clock) == (RoundOutcome.EXPIRED_REJECTED, "ballot")
        assert (closed.by, refused.by) == (ENGINE, ENGINE)


def test_what_silence_approved_is_never_called_approved():
    terms = round_terms(rule("extension", expires="expired_approved"))
    issue = asked(by(DIRECTOR, APPROVE), terms=terms)

    decision = when(issue, ring("ballot"), ENGINE, issue.clock("ballot").due_at, terms=terms)

    assert kinds(decision)[-2:] == ["round_closed", "extension_granted"]
    assert decision.issue.round.outcome is RoundOutcome.EXPIRED_APPROVED


def test_the_end_of_another_rounds_clock_ends_nothing():
    hour = [{"duration": {"kind": "open_hours", "minutes": 60}}]
    quick = BALLOT | {"id": "quick", "budgets": hour}
    terms = round_terms(
        rule("extension"),
        rule("parking", clock="quick"),
        clocks=[*LADDER_DATA["clocks"], BALLOT, quick],
    )
    issue = asked(terms=terms)

    decision = when(issue, ring("quick"), ENGINE, MON_11, terms=terms)

    assert kinds(decision) == ["rung_fired", "rung_fired"]
    assert decision.issue.round.is_open
