"""What each event did to a clock: the first fact that failed, what won, and what lost."""

from dataclasses import replace

import builders as b
import pytest
from builders import Step, clock_rule, given, terms_of, told
from deep import deep
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from laws import lives
from moving_lives import MovingLife, moving_lives

from domain import commands as cmd
from domain.chain import Record
from domain.clock_rules import Condition
from domain.clocks import Clock, Move, Standing
from domain.conditions import Asked, failing, held
from domain.events import NoteAdded
from domain.phases import PartStanding, PauseReason, Priority
from domain.reasons import ORDER, Bearing, EventJudged, Obstacle, judge, judgements, tried
from domain.reasons import judged as judge_event
from domain.retold import Told, retold
from domain.terms import Terms

many_lives = settings(
    max_examples=deep("lives whose rules are asked again", 1200),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
NOTE_EVENT = NoteAdded(at=b.MON_10, by=b.OFFICER, text="Called.")


def judged(*steps: Step, clock: str, terms: Terms = b.TERMS) -> tuple[EventJudged, ...]:
    return judgements(told(*steps, terms=terms).records, {terms.hash: terms}, clock)


def check_agreement(life: list[Told], clocks: set[str]) -> None:
    """Check that the rules say of every event what it recorded, and say so move by move."""
    for clock in clocks:
        for each in (judge_event(told_, clock) for told_ in life):
            assert each.agrees
            judgement = each.judgement
            if judgement.bearing is Bearing.JUDGED:
                assert [move.move for move in judgement.moves] == list(ORDER)
                made = [move.move for move in judgement.moves if move.can_be_made]
                assert made == ([judgement.won, *judgement.lost] if judgement.won else [])


@many_lives
@for_all(moving_lives())
def test_the_rules_say_of_every_event_what_it_recorded_though_targets_move(life: MovingLife):
    check_agreement(
        list(retold(life.records, life.by_hash)), {clock.id for clock in life.issue.clocks}
    )


@settings(many_lives, max_examples=100)
@for_all(lives())
def test_the_rules_say_of_every_event_of_a_whole_life_what_it_recorded(life):
    kinds = {rule.id for rule in b.HANDBOOK.clocks if rule.id != "part"}
    had = {clock.id for clock in life.issue.clocks}
    check_agreement(list(retold(life.records, {b.TERMS.hash: b.TERMS})), kinds | had)


FACTS = [
    ({"events": ["issue_paused"]}, Asked.EVENTS, ("issue_paused",), "note_added"),
    ({"phases": ["closed", "sign_off"]}, Asked.PHASES, ("closed", "sign_off"), "handling"),
    ({"parts": ["asked"]}, Asked.PARTS, ("asked",), "none"),
    ({"paused": True}, Asked.PAUSED, ("yes",), "no"),
    ({"waiting": ["waiting_outside"]}, Asked.WAITING, ("waiting_outside",), "none"),
    ({"tiers": [2, 3]}, Asked.TIERS, ("2", "3"), "1"),
    ({"priorities": ["emergency"]}, Asked.PRIORITIES, ("emergency",), "ordinary"),
    ({"categories": ["weather"]}, Asked.CATEGORIES, ("weather",), "road-access"),
]


@pytest.mark.parametrize(("asks", "asked", "wanted", "found"), FACTS)
def test_a_condition_that_failed_names_the_question_what_would_have_done_and_what_was_found(
    asks, asked, wanted, found
):
    failure = tried(Condition(**asks), given(*b.IN_HANDLING), NOTE_EVENT, None).failure

    assert (failure.asked, failure.wanted, failure.found) == (asked, wanted, found)


@pytest.mark.parametrize(
    "asks",
    [
        {"events": ["note_added", "issue_paused"]},
        {"phases": ["handling"], "paused": False},
        {"tiers": [1], "priorities": ["ordinary"], "categories": ["road-access"]},
    ],
)
def test_a_condition_that_held_shows_every_fact_that_bore_it_out(asks):
    one = tried(Condition(**asks), given(*b.IN_HANDLING), NOTE_EVENT, None)

    assert one.holds
    assert [answer.asked for answer in one.answers] == list(asks)
    assert all(answer.found in answer.wanted for answer in one.answers)


def test_only_the_first_question_that_failed_is_the_failure():
    both = Condition(events=("issue_paused",), phases=("closed",))

    one = tried(both, given(*b.IN_HANDLING), NOTE_EVENT, None)

    assert [answer.asked for answer in one.answers] == [Asked.EVENTS, Asked.PHASES]
    assert one.failure is one.answers[0]
    assert failing(both, given(*b.IN_HANDLING), NOTE_EVENT, None) is Asked.EVENTS


def test_what_a_pause_waits_for_and_where_a_part_stands_are_facts_as_well():
    paused = given(*b.IN_HANDLING, b.PAUSED_FOR_PAPERS)
    part = given(*b.WITH_A_TEAM).team.part("cable")

    waiting = Condition(waiting=(PauseReason.WAITING_ENTERPRISE,))
    asked = Condition(parts=(PartStanding.FINISHED,))
    assert tried(waiting, paused, NOTE_EVENT, None).holds
    assert tried(asked, given(*b.WITH_A_TEAM), NOTE_EVENT, part).failure.found == "asked"


def test_an_event_tells_which_move_won_and_which_lost():
    on_note = [{"events": ["note_added"]}]
    terms = terms_of(clocks=clock_rule("handling", stop=on_note, cancel=on_note, pause=on_note))

    note = judged(*b.IN_HANDLING, Step(b.OFFICER, b.NOTE, b.MON_10), clock="handling", terms=terms)

    judgement = note[-1].judgement
    assert (judgement.won, judgement.lost) == (Move.STOP, (Move.CANCEL, Move.PAUSE))
    assert judgement.winner.tried[0].answers[0].found == "note_added"
    assert note[-1].recorded.won_over == judgement.lost


def test_a_start_that_its_own_end_bars_says_so():
    terms = terms_of(clocks=clock_rule("acceptance", stop=[{"phases": ["intake"]}]))

    (only,) = judged(b.REPORTED, clock="acceptance", terms=terms)

    start = only.judgement.moves[-1]
    assert (start.move, start.holds, start.barred_by) == (Move.START, True, (Move.STOP,))
    assert only.judgement.won is None
    assert only.agrees


def test_a_move_that_the_clock_cannot_make_names_what_stands_in_its_way():
    rule, issue = b.TERMS.rules_by_id["handling"], given(*b.IN_HANDLING)
    running = issue.clock("handling")
    paused = running.model_copy(update={"standing": Standing.PAUSED})
    ended = running.model_copy(update={"standing": Standing.STOPPED})

    def obstacles(clock: Clock | None) -> list[Obstacle | None]:
        return [move.obstacle for move in judge(rule, issue, NOTE_EVENT, None, clock).moves]

    assert obstacles(None) == [Obstacle.NEVER_STARTED] * 5 + [None]
    assert obstacles(ended) == [Obstacle.ENDED] * 5 + [None]
    assert obstacles(running) == [None, None, None, None, Obstacle.RUNNING, Obstacle.LIVE]
    assert obstacles(paused) == [None, None, None, Obstacle.PAUSED, None, Obstacle.LIVE]


def test_a_resume_tries_the_pauses_conditions_and_holds_when_none_does():
    steps = (*b.IN_HANDLING, b.PAUSED_FOR_PAPERS, Step(b.OFFICER, b.NOTE, b.MON_11))

    noted, resumed = judged(*steps, Step(b.OFFICER, b.RESUME, b.MON_13), clock="handling")[-2:]

    waits = next(move for move in noted.judgement.moves if move.move is Move.RESUME)
    assert (waits.holds, waits.tried[0].answers[0].found) == (False, "yes")
    assert resumed.judgement.won is Move.RESUME
    assert resumed.judgement.winner.tried[0].failure.found == "no"


def test_a_part_has_no_say_before_its_team_and_is_cancelled_when_another_takes_its_place():
    second = cmd.ConveneTeam(lead="power", parts=(b.POWER_PART,))
    waived = [
        Step(b.HEAD, cmd.WaivePart(part=part, reason="-"), b.MON_9) for part in ("survey", "cable")
    ]

    every = judged(*b.WITH_A_TEAM, *waived, Step(b.HEAD, second, b.MON_10), clock="part.1.permit")

    bearings = [each.judgement.bearing for each in every]
    assert bearings[:3] == [Bearing.NO_SUCH_PART] * 3
    assert (bearings[3], every[3].judgement.won) == (Bearing.JUDGED, Move.START)
    assert (bearings[-1], every[-1].judgement.won) == (Bearing.LEFT_BEHIND, Move.CANCEL)
    assert all(each.agrees for each in every)


def test_a_record_that_does_not_follow_the_rules_does_not_agree():
    story = told(*b.IN_HANDLING)
    text = story.records[1].text.replace('"move":"start"', '"move":"reset"', 1)
    assert text != story.records[1].text
    forged = (story.records[0], _with_text(story.records[1], text))

    every = judgements(forged, {b.TERMS.hash: b.TERMS}, "handling")

    assert [each.agrees for each in every] == [True, False]


def test_what_holds_is_the_same_for_the_clock_and_for_the_explanation():
    rule = b.TERMS.rules_by_id["handling"]
    issue = given(*b.IN_HANDLING).model_copy(update={"priority": Priority.EMERGENCY})

    judgement = judge(rule, issue, NOTE_EVENT, None, None)

    assert [judgement.won] == held(rule, issue, NOTE_EVENT, None, None) == [Move.START]


def _with_text(record: Record, text: str) -> Record:
    return replace(record, text=text)
