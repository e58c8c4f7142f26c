"""What silence will mean is said on the record, and its deadline follows its clock (R8.4)."""

from datetime import date

import builders as b
import pytest
from builders import MON_9, MON_10, kinds, when
from builders_sign_off import TELLING

from domain import events_of_rounds as rd
from domain.calendar import WorkingCalendar
from domain.evolve_sign_off import said
from domain.forms import Rectification
from domain.people import ENGINE
from domain.phases import SignOffOutcome
from domain.silence import Silence, silence_of, window_of
from domain.terms import Terms
from domain.view import as_seen

TOLD = b.given(*b.IN_SIGN_OFF, terms=TELLING)


def test_right_after_the_proposal_the_enterprise_is_told_what_silence_means_and_when():
    decision = when(b.given(*b.IN_HANDLING, terms=TELLING), b.PROPOSE, b.OFFICER, terms=TELLING)

    assert kinds(decision) == ["resolution_proposed", "silence_explained"]
    told = decision.events[1]
    clock = decision.issue.clock("sign_off")
    assert (told.outcome, told.silent_at) == (SignOffOutcome.DEEMED_ACCEPTED, clock.due_at)
    assert (told.by, told.round, told.clock) == (ENGINE, 1, "sign_off")


def test_a_handbook_that_does_not_say_so_tells_nothing():
    decision = when(b.given(*b.IN_HANDLING), b.PROPOSE, b.OFFICER)

    assert kinds(decision) == ["resolution_proposed"]
    assert silence_of(decision.issue) is None


def test_without_a_clock_that_lapses_there_is_nothing_to_tell():
    clocks = [rule for rule in b.CLOCKS if rule["id"] != "sign_off"]
    terms = b.terms_of(clocks=clocks, sign_off={"says_silence": True})

    decision = when(b.given(*b.IN_HANDLING, terms=terms), b.PROPOSE, b.OFFICER, terms=terms)

    assert kinds(decision) == ["resolution_proposed"]


def test_the_view_shows_it_until_the_enterprise_has_answered():
    seen = as_seen(TOLD)
    answered = when(TOLD, b.CONFIRM, b.ENTERPRISE, MON_10, terms=TELLING).issue
    silent = when(TOLD, b.ring("sign_off"), ENGINE, b.THU_9, terms=TELLING).issue

    assert (seen["on_silence"], seen["silent_at"]) == (SignOffOutcome.DEEMED_ACCEPTED, b.WED_17)
    for issue in (answered, silent):
        assert (as_seen(issue)["on_silence"], as_seen(issue)["silent_at"]) == (None, None)


def test_a_calendar_published_since_moves_the_deadline_and_not_what_was_told():
    closed = b.CALENDAR.model_dump() | {
        "id": "plain",
        "overrides": [
            {"on": date(2026, 3, 4), "name": {"zh": "休", "en": "closed"}, "kind": "closed"}
        ],
    }
    target = Terms(handbook=TELLING.handbook, calendar=WorkingCalendar.model_validate(closed))

    adopted = when(
        TOLD, b.adopt_calendar(target), ENGINE, MON_10, terms=TELLING, target=target
    ).issue

    assert adopted.sign_off.silent_at == b.WED_17
    assert silence_of(adopted) == Silence(SignOffOutcome.DEEMED_ACCEPTED, b.local(3, 17))


def test_while_its_clock_stands_there_is_no_such_deadline():
    clock = TOLD.clock("sign_off").model_copy(update={"rungs": (), "due_at": None})
    others = tuple(each for each in TOLD.clocks if each.id != "sign_off")
    standing = TOLD.model_copy(update={"clocks": (*others, clock)})

    assert silence_of(standing) == Silence(SignOffOutcome.DEEMED_ACCEPTED, None)
    assert window_of(standing, TELLING) is None


def test_the_next_round_is_told_anew():
    issue = b.given(
        *b.IN_SIGN_OFF, b.Step(b.ENTERPRISE, b.REJECT, MON_9), b.PROPOSED, terms=TELLING
    )

    assert issue.sign_off.round == 2
    assert issue.sign_off.silent_at == b.WED_17


def test_silence_says_nothing_of_an_enterprise_that_owes_the_work():
    owed = Rectification(
        ordered_by="head-east.a",
        items=("Clear the exit.",),
        limit=b.ASK_EXTENSION.extra,
    )

    decision = when(
        TOLD.model_copy(update={"rectification": owed}),
        b.ring("sign_off"),
        ENGINE,
        b.THU_9,
        terms=TELLING,
    )

    assert set(kinds(decision)) == {"rung_fired"}


@pytest.mark.parametrize(
    "event",
    [
        rd.ClosingReviewCalled(at=MON_9, by=ENGINE, round=1),
        rd.AnswerLinkIssued(
            at=MON_9, by=ENGINE, round=1, link="1.1", person="mill.b", expires_at=b.TUE_9
        ),
    ],
)
def test_what_is_told_of_a_round_that_never_was_leaves_no_sign_off(event):
    assert said(b.given(*b.IN_HANDLING), event)["sign_off"] is None
