"""First contact, plan, reply, more time, a longer wait, a correction (domain.md §8 Q7-Q9)."""

import pytest
from builders import (
    ASK_EXTENSION,
    ASK_PAUSE,
    AT_THE_TOP,
    CLOSED_OUT,
    CONTACT,
    COORDINATOR,
    CORRECT,
    DEMAND_REPLY,
    DIRECTOR,
    ENGINE,
    ESCALATE,
    GIVE_REPLY,
    GRANT,
    HANDBOOK,
    HEAD,
    HOUR_MS,
    IN_HANDLING,
    MAKE_PLAN,
    MON_9,
    MON_10,
    MON_11,
    MON_15,
    NEXT_MON_9,
    OFFICER,
    PAUSE,
    PROPOSE,
    RAISE,
    REFUSE,
    RESUME,
    SUPERVISOR,
    TUE_9,
    TUE_17,
    VICE_DIRECTOR,
    WED_9,
    Step,
    clock_rule,
    given,
    handbook,
    kinds,
    local,
    ring,
    terms_of,
    told,
    when,
)

from domain import commands_of_time as tm
from domain.durations import OpenHours, Wall, WorkingDays
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.notices import notices_of
from domain.people import Officer
from domain.phases import Priority

ASKED = (*IN_HANDLING, Step(OFFICER, ASK_EXTENSION, MON_10))


def extension(extra, clock="handling"):
    return tm.AskExtension(clock=clock, extra=extra, reason="More to do.")


def test_an_extension_is_asked_granted_a_tier_above_and_moves_the_deadline():
    """Handling has 16 open hours from Monday nine; two working days more from its end."""
    asked = given(*ASKED)
    decision = when(asked, GRANT, HEAD, MON_11)

    (event,) = decision.events
    (move,) = event.clocks
    assert asked.clock("handling").due_at == TUE_17
    assert move.retarget.rule == "extension"
    assert (move.retarget.from_due_at, move.retarget.to_due_at) == (TUE_17, local(3, 17))
    assert decision.issue.clock("handling").due_at == local(3, 17)
    assert decision.issue.clock("handling").extended_ms == 16 * HOUR_MS
    assert (decision.issue.request, decision.issue.extensions) == (None, 1)


def test_asking_moves_no_clock_and_neither_does_a_refusal():
    asked = told(*ASKED)
    refused = when(asked.issue, REFUSE, HEAD, MON_11)

    assert asked.events[-1].clocks == ()
    assert refused.issue.clocks == asked.issue.clocks
    assert refused.issue.request is None


def test_the_enterprise_is_told_of_an_extension():
    book = handbook(notices=[{"on": "extension_granted", "to": ["enterprise"]}])
    decision = when(given(*ASKED), GRANT, HEAD, MON_11)

    told_to = [n.addressee for n in notices_of(decision.events[0], decision.issue, book)]
    assert told_to == ["mill"]


def test_a_second_extension_is_refused():
    once = given(*ASKED, Step(HEAD, GRANT, MON_11))

    with pytest.raises(WrongPhaseError, match="as often as") as refused:
        when(once, ASK_EXTENSION, OFFICER, MON_15)
    assert refused.value.allowed == "at most 1 times"


def test_more_time_is_asked_for_before_the_limit_has_passed():
    terms = terms_of(
        clocks=clock_rule("handling", rungs=[{"id": "due", "percent": 100, "effect": "record"}])
    )
    late = given(*IN_HANDLING, terms=terms)

    with pytest.raises(WrongPhaseError, match="before the limit has passed"):
        when(late, ASK_EXTENSION, OFFICER, WED_9, terms=terms)


def test_an_extension_that_was_asked_in_time_cannot_be_granted_after_the_limit():
    terms = terms_of(
        clocks=clock_rule("handling", rungs=[{"id": "due", "percent": 100, "effect": "record"}])
    )
    asked = given(*ASKED, terms=terms)

    with pytest.raises(WrongPhaseError, match="run out since"):
        when(asked, GRANT, HEAD, WED_9, terms=terms)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (extension(WorkingDays(days=4, due="same_time")), "much more time"),
        (extension(Wall(minutes=60)), "adds no time"),
        (extension(OpenHours(minutes=60), clock="resolution"), "no such limit"),
        (extension(OpenHours(minutes=60), clock="tide"), "no such limit"),
    ],
)
def test_an_extension_out_of_bounds_is_refused(command, problem):
    """Handling ends at a closing: an hour on the wall after it is no working time."""
    with pytest.raises(InvalidRequestError, match=problem) as refused:
        when(given(*IN_HANDLING), command, OFFICER, MON_10)
    assert refused.value.allowed


def test_one_thing_is_asked_for_at_a_time():
    with pytest.raises(WrongPhaseError, match="not answered"):
        when(given(*ASKED), extension(OpenHours(minutes=60)), OFFICER, MON_11)


def test_an_escalation_or_a_proposal_ends_a_request():
    assert when(given(*ASKED), ESCALATE, OFFICER, MON_11).issue.request is None
    assert when(given(*ASKED), PROPOSE, OFFICER, MON_11).issue.request is None


def test_at_the_top_another_person_of_the_top_tier_grants():
    top = (*IN_HANDLING, AT_THE_TOP, Step(DIRECTOR, ASK_EXTENSION, MON_10))

    with pytest.raises(NotPermittedError):
        when(given(*top), GRANT, DIRECTOR, MON_11)
    assert kinds(when(given(*top), GRANT, VICE_DIRECTOR, MON_11)) == ["extension_granted"]


def test_a_zone_without_extensions_says_so():
    terms = terms_of(extensions=None)

    with pytest.raises(WrongPhaseError, match="knows no extensions"):
        when(given(*IN_HANDLING, terms=terms), ASK_EXTENSION, OFFICER, MON_10, terms=terms)


def test_a_paused_clock_can_be_extended_and_shows_it_when_it_goes_on():
    paused = given(*IN_HANDLING, Step(OFFICER, PAUSE, MON_10), Step(OFFICER, ASK_EXTENSION, MON_11))
    granted = when(paused, GRANT, HEAD, MON_15).issue
    resumed = when(granted, RESUME, OFFICER, MON_15).issue

    assert granted.clock("handling").due_at is None
    assert granted.clock("handling").budget_ms == (16 + 16) * HOUR_MS
    assert resumed.clock("handling").due_at == local(4, 14)


# --- waiting beyond what the handbook allows (Q7) ---

TWICE = [
    step for at in (MON_9, MON_10) for step in (Step(OFFICER, PAUSE, at), Step(OFFICER, RESUME, at))
]
TWO = terms_of(pauses={"times_max": 2})


def test_beyond_the_maximum_the_top_tier_is_asked_and_its_grant_is_the_pause():
    issue = given(*IN_HANDLING, *TWICE, terms=TWO)

    with pytest.raises(WrongPhaseError, match="ask_pause") as refused:
        when(issue, PAUSE, OFFICER, MON_11, terms=TWO)
    assert refused.value.allowed == "at most 2 times"
    asked = when(issue, ASK_PAUSE, OFFICER, MON_11, terms=TWO).issue
    with pytest.raises(NotPermittedError):
        when(asked, GRANT, HEAD, MON_11, terms=TWO)
    granted = when(asked, GRANT, DIRECTOR, MON_11, terms=TWO)
    assert kinds(granted) == ["pause_granted", "issue_paused"]
    assert granted.issue.pause.reason == ASK_PAUSE.reason
    assert granted.issue.clock("handling").due_at is None


def test_who_may_still_pause_need_not_ask():
    with pytest.raises(WrongPhaseError, match="without asking"):
        when(given(*IN_HANDLING), ASK_PAUSE, OFFICER, MON_10)


def test_the_total_of_all_waiting_is_a_clock_and_its_end_ends_the_owners_right():
    waiting = {
        "id": "waiting",
        "name": {"zh": "等待", "en": "waiting"},
        "start": [{"events": ["issue_paused"]}],
        "stop": [{"phases": ["closed"]}],
        "pause": [{"paused": False}],
        "budgets": [{"duration": {"kind": "open_hours", "minutes": 180}}],
        "rungs": [{"id": "due", "percent": 100, "effect": "record"}],
    }
    terms = terms_of(clocks=[*clock_rule("handling"), waiting], pauses={"total": "waiting"})
    first = (Step(OFFICER, PAUSE, MON_9), Step(OFFICER, RESUME, MON_10))
    second = (Step(OFFICER, PAUSE, MON_11), Step(OFFICER, RESUME, MON_15))
    once = given(*IN_HANDLING, *first, terms=terms)
    twice = told(*IN_HANDLING, *first, *second, terms=terms)

    assert once.clock("waiting").elapsed_ms == HOUR_MS
    assert when(once, PAUSE, OFFICER, MON_11, terms=terms).issue.clock("waiting").due_at == local(
        0, 13
    )
    assert [e.due_at for e in twice.events if e.kind == "rung_fired"] == [local(0, 13)]
    with pytest.raises(WrongPhaseError, match="for as long") as refused:
        when(twice.issue, PAUSE, OFFICER, MON_15, terms=terms)
    assert refused.value.allowed == "at most 180 minutes in all, by clock waiting"
    assert kinds(when(twice.issue, ASK_PAUSE, OFFICER, MON_15, terms=terms)) == ["pause_asked"]


# --- clock kinds that wait for an act of their own ---


def kind_of_clock(start, stop):
    return {
        "id": "kind",
        "name": {"zh": "种类", "en": "kind"},
        "start": [{"events": [start]}],
        "stop": [{"events": [stop]}],
        "cancel": [{"phases": ["closed"]}],
        "budgets": [{"duration": {"kind": "open_hours", "minutes": 120}}],
        "rungs": [{"id": "due", "percent": 100, "effect": "record"}],
    }


@pytest.mark.parametrize(
    ("start", "stop", "first", "second"),
    [
        ("issue_accepted", "enterprise_contacted", None, Step(OFFICER, CONTACT, MON_10)),
        ("issue_accepted", "plan_made", None, Step(OFFICER, MAKE_PLAN, MON_10)),
        (
            "reply_demanded",
            "reply_given",
            Step(SUPERVISOR, DEMAND_REPLY, MON_9),
            Step(OFFICER, GIVE_REPLY, MON_10),
        ),
    ],
)
def test_a_contact_a_plan_and_a_reply_each_end_the_clock_that_waits_for_it(
    start, stop, first, second
):
    terms = terms_of(clocks=[*clock_rule("handling"), kind_of_clock(start, stop)])
    steps = [*IN_HANDLING, *([first] if first else []), second]

    clock = given(*steps, terms=terms).clock("kind")
    assert (clock.standing, clock.verdict, clock.elapsed_ms) == ("stopped", "met", HOUR_MS)


def test_a_reply_is_wanted_once_and_given_once():
    wanted = given(*IN_HANDLING, Step(SUPERVISOR, DEMAND_REPLY, MON_9))

    with pytest.raises(WrongPhaseError, match="wanted already"):
        when(wanted, DEMAND_REPLY, SUPERVISOR)
    given_ = when(wanted, GIVE_REPLY, OFFICER).issue
    assert (wanted.reply_wanted, given_.reply_wanted) == (True, False)
    with pytest.raises(WrongPhaseError, match="Nobody has asked"):
        when(given_, GIVE_REPLY, OFFICER)


# --- corrections (R3.5) ---


def test_a_correction_is_a_fact_of_its_own_and_changes_nothing_decided():
    issue = given(*IN_HANDLING)
    decision = when(issue, CORRECT, OFFICER, TUE_9)

    assert kinds(decision) == ["rung_fired", "fact_corrected"]
    plain = when(issue, tm.Contact(note="-"), OFFICER, TUE_9).issue
    assert decision.issue.clocks == plain.clocks


def test_what_has_not_happened_cannot_be_corrected():
    issue = given(*IN_HANDLING)

    with pytest.raises(InvalidRequestError) as unknown:
        when(issue, CORRECT.model_copy(update={"version": 9}), OFFICER)
    with pytest.raises(InvalidRequestError) as future:
        when(issue, CORRECT.model_copy(update={"took_place_at": NEXT_MON_9}), OFFICER)
    assert (unknown.value.field, unknown.value.allowed) == ("version", "1 to 2")
    assert future.value.field == "took_place_at"


def test_a_closed_issue_can_be_corrected():
    closed = given(*CLOSED_OUT)
    assert kinds(when(closed, CORRECT, COORDINATOR, TUE_9)) == ["fact_corrected"]


def test_a_ring_of_the_engine_is_refused_to_people():
    with pytest.raises(NotPermittedError):
        when(given(*IN_HANDLING), ring(), OFFICER)
    assert when(given(*IN_HANDLING), ring(), ENGINE, MON_10).events == ()


def test_a_wait_is_not_granted_to_an_issue_that_waits_already():
    """Asked under one handbook, begun by right under the next, which allows more of them."""
    asked = given(*IN_HANDLING, *TWICE, Step(OFFICER, ASK_PAUSE, MON_11), terms=TWO)
    paused = when(asked, PAUSE, OFFICER, MON_11, terms=terms_of()).issue

    with pytest.raises(WrongPhaseError, match="paused already"):
        when(paused, GRANT, DIRECTOR, MON_15)


def test_who_owns_an_issue_gives_it_no_new_limits_from_another_post():
    owner = OFFICER.person
    posts = [
        p | {"people": [*p["people"], owner]} if p["id"] == "head-east" else p
        for p in HANDBOOK.model_dump(mode="json")["posts"]
    ]
    terms = terms_of(posts=posts)
    as_head = Officer(person=owner, post="head-east")

    with pytest.raises(NotPermittedError, match="of their own"):
        when(given(*IN_HANDLING, terms=terms), RAISE, as_head, MON_10, terms=terms)


def test_a_class_is_not_changed_back_and_forth_without_end():
    terms = terms_of(reclassified_times_max=1)
    raised = given(*IN_HANDLING, Step(HEAD, RAISE, MON_9), terms=terms)
    lower = tm.Reclassify(priority=Priority.ORDINARY, reason="It was not.")

    with pytest.raises(WrongPhaseError, match="as often as"):
        when(raised, lower, HEAD, MON_9, terms=terms)
