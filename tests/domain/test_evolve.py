"""The fold: what each event makes of an issue, and streams that no issue can have."""

import pytest
from builders import (
    CLOSED_OUT,
    CONFIRM,
    ENGINE,
    ENTERPRISE,
    HEAD,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    KEY,
    MON_9,
    MON_10,
    MON_17,
    NOTE,
    OFFICER,
    REJECT,
    REOPEN,
    SOLVED,
    TERMS,
    TUE_9,
    WITH_A_TEAM,
    WITHDRAW,
    ZONE,
    Step,
    given,
    ring,
    told,
)

from domain import events as ev
from domain.events import EVENT
from domain.evolve import StreamError, evolve, part_of_clock
from domain.issue import Issue
from domain.phases import SignOffOutcome

STORIES = {
    "closed": CLOSED_OUT,
    "reopened": (*CLOSED_OUT, Step(ENTERPRISE, REOPEN, TUE_9)),
    "team": (*WITH_A_TEAM, Step(ENGINE, ring("part.1.cable"), MON_17)),
    "rejected": (*IN_SIGN_OFF, Step(ENTERPRISE, REJECT)),
    "withdrawn": (*IN_HANDLING, Step(ENTERPRISE, WITHDRAW)),
}


def fold(events, issue=None):
    for event in events:
        issue = evolve(issue, event, zone=ZONE, key=KEY, terms=TERMS.hash)
    return issue


@pytest.mark.parametrize("name", STORIES)
def test_the_fold_of_the_events_is_the_issue_that_was_decided(name):
    story = told(*STORIES[name])

    assert fold(story.events) == story.issue


@pytest.mark.parametrize("name", STORIES)
def test_the_fold_of_what_was_written_is_the_same_issue(name):
    story = told(*STORIES[name])

    assert fold(EVENT.validate_json(event.model_dump_json()) for event in story.events) == (
        story.issue
    )


@pytest.mark.parametrize("name", STORIES)
def test_an_issue_reads_back_from_its_snapshot(name):
    issue = told(*STORIES[name]).issue

    assert Issue.model_validate_json(issue.model_dump_json()) == issue


@pytest.mark.parametrize("name", STORIES)
def test_the_version_counts_events_and_the_last_one_says_when(name):
    story = told(*STORIES[name])

    assert (story.issue.version, story.issue.changed_at) == (
        len(story.events),
        story.events[-1].at,
    )


def test_a_stream_begins_with_a_report():
    note = ev.NoteAdded(at=MON_9, by=OFFICER, text="-")

    with pytest.raises(StreamError, match=r"begins with note_added"):
        fold([note])


def test_an_issue_is_reported_once():
    story = told(*IN_HANDLING)

    with pytest.raises(StreamError, match="reports its issue twice"):
        fold([story.events[0]], story.issue)


@pytest.mark.parametrize(
    "event",
    [
        ev.PartAccepted(at=MON_10, by=OFFICER, part="survey"),
        ev.PartRefused(at=MON_10, by=OFFICER, part="survey", reason="-"),
        ev.PartFinished(at=MON_10, by=OFFICER, part="survey", summary="-"),
        ev.PartWaived(at=MON_10, by=OFFICER, part="survey", reason="-"),
    ],
    ids=lambda event: event.kind,
)
def test_a_part_without_a_team_is_no_stream_of_an_issue(event):
    with pytest.raises(StreamError, match="no team for part 'survey'"):
        fold([event], given(*IN_HANDLING))


@pytest.mark.parametrize(
    "event",
    [
        ev.ResolutionRejected(at=MON_10, by=ENTERPRISE, round=1, reason="-"),
        ev.SignOffLapsed(at=MON_10, by=ENGINE, round=1),
        ev.SignOffAnswered(at=MON_10, by=ENTERPRISE, round=1, outcome=SignOffOutcome.ACCEPTED),
    ],
    ids=lambda event: event.kind,
)
def test_an_answer_to_nothing_leaves_no_sign_off(event):
    assert fold([event], given(*IN_HANDLING)).sign_off is None


def test_a_rung_of_a_former_cycle_leaves_the_present_one_alone():
    issue = given(*IN_HANDLING).model_copy(update={"team": None})
    fired = ev.RungFired(
        at=MON_10,
        by=ENGINE,
        clock="handling",
        cycle=9,
        rung="due",
        percent=100,
        effect="record",
        due_at=MON_10,
    )

    assert fold([fired], issue).clocks == issue.clocks


def test_the_due_rung_of_a_part_marks_that_part_and_no_other():
    story = told(*WITH_A_TEAM, Step(ENGINE, ring("part.1.cable"), MON_17))
    fired = next(e for e in story.events if e.kind == "rung_fired" and e.clock == "part.1.cable")
    due = fired.model_copy(update={"rung": "due", "percent": 100})

    issue = fold([due], given(*WITH_A_TEAM))

    assert [part.id for part in issue.team.parts if part.late] == ["cable"]


@pytest.mark.parametrize(
    ("clock", "part"),
    [("part.1.survey", "survey"), ("part.12.a.b", "a.b"), ("handling", None), ("a.b", None)],
)
def test_the_clock_of_a_part_names_it(clock, part):
    assert part_of_clock(clock) == part


def test_a_withdrawal_is_a_round_of_its_own_that_binds_who_had_proposed():
    issue = given(*IN_SIGN_OFF, Step(ENTERPRISE, CONFIRM), Step(ENTERPRISE, WITHDRAW))

    assert (issue.sign_off.round, issue.sign_off.proposed_by) == (2, OFFICER.person)
    assert issue.sign_off.resolution != SOLVED
    assert issue.sign_off.answered_by == "mill.a"


def test_the_stream_is_named_for_zone_and_key():
    assert given(*IN_INTAKE).stream == "harbour/issue-1"


def test_an_unchanged_issue_shares_its_clocks_with_the_one_before():
    issue = given(*IN_HANDLING)

    assert fold([ev.NoteAdded(at=MON_10, by=HEAD, text=NOTE.text)], issue).clocks is issue.clocks
