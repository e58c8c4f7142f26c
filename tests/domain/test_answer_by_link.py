"""A one-time link: for one person, one round, one answer, and not for ever (R8)."""

from datetime import timedelta

import builders as b
import pytest
from builders import MON_9, MON_10, MON_11, kinds, when
from builders_sign_off import BY_LINK, LINK, LINKED, LINKING

from domain.commands_of_rounds import IssueAnswerLink
from domain.decisions.answer_links import LINKS_MAX
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.people import Officer, Representative
from domain.phases import Phase, SignOffOutcome

ASKED = b.given(*b.IN_SIGN_OFF, terms=LINKING)
SENT = b.given(*LINKED, terms=LINKING)


def link(issue=ASKED, command=LINK, actor=b.COORDINATOR, at=MON_10, terms=LINKING):
    return when(issue, command, actor, at, terms=terms)


def by(**changes):
    return Representative.model_validate(BY_LINK.model_dump() | changes)


# --- making one ---


def test_a_coordinator_has_a_link_made_for_a_person_of_the_enterprise():
    decision = link()

    (made,) = decision.events
    assert (made.kind, made.link, made.person) == ("answer_link_issued", "1.1", "mill.b")
    assert made.expires_at == MON_10 + timedelta(hours=24)
    assert [each.id for each in decision.issue.sign_off.links] == ["1.1"]
    assert link(decision.issue).events[0].link == "1.2"


def test_a_zone_without_links_makes_none():
    with pytest.raises(WrongPhaseError):
        link(b.given(*b.IN_SIGN_OFF), terms=b.TERMS)


def test_one_round_has_only_so_many():
    issue = ASKED
    for _ in range(LINKS_MAX):
        issue = link(issue).issue

    with pytest.raises(WrongPhaseError) as refusal:
        link(issue)
    assert refusal.value.field == "links"


@pytest.mark.parametrize("person", ["head-east.b", "coordination.a", "coordination.d"])
def test_no_link_is_made_for_one_of_the_zones_own_nor_for_a_deputy(person):
    with pytest.raises(InvalidRequestError) as refusal:
        link(command=IssueAnswerLink(person=person))
    assert refusal.value.field == "person"


def test_none_is_made_once_the_enterprise_has_answered_but_after_silence_one_is():
    answered = b.given(*b.ANSWERED, terms=LINKING)
    silent = b.given(*b.IN_SIGN_OFF, b.Step(b.ENGINE, b.ring("sign_off"), b.THU_9), terms=LINKING)

    with pytest.raises(WrongPhaseError):
        link(answered)
    assert kinds(link(silent, at=b.THU_9)) == ["answer_link_issued"]


def test_who_proposed_does_not_have_the_link_made_and_who_does_does_not_verify():
    both = [
        post | {"people": ["busy"]} if post["id"] in ("coordination", "head-east") else post
        for post in LINKING.handbook.model_dump(mode="json")["posts"]
    ]
    terms = b.terms_of(
        **{**LINKING.handbook.model_dump(mode="json"), "posts": both, "delegations": []}
    )
    clerk, head = (Officer(person="busy", post=post) for post in ("coordination", "head-east"))
    up = b.Step(b.OFFICER, b.ESCALATE, MON_9)
    own = b.given(*b.IN_HANDLING, up, b.Step(head, b.PROPOSE, MON_9), terms=terms)

    with pytest.raises(NotPermittedError):
        link(own, actor=clerk, terms=terms)
    sent = link(b.given(*b.IN_SIGN_OFF, terms=terms), actor=clerk, terms=terms).issue
    answered = when(sent, b.CONFIRM, b.ENTERPRISE, MON_11, terms=terms).issue
    with pytest.raises(NotPermittedError):
        when(answered, b.VERIFY, head, MON_11, terms=terms)


# --- answering by one ---


@pytest.mark.parametrize(
    ("command", "outcome"),
    [(b.CONFIRM, SignOffOutcome.ACCEPTED), (b.REJECT, SignOffOutcome.REJECTED)],
)
def test_its_person_answers_by_it_and_it_is_used_up(command, outcome):
    decision = when(SENT, command, BY_LINK, MON_11, terms=LINKING)

    sign_off = decision.issue.sign_off
    assert (sign_off.outcome, sign_off.answered_by) == (outcome, "mill.b")
    assert [each.used for each in sign_off.links] == [True]
    with pytest.raises(NotPermittedError, match="has been used"):
        when(decision.issue, command, BY_LINK, MON_11, terms=LINKING)


def test_it_answers_to_the_last_millisecond_of_its_time_and_not_after():
    until = SENT.sign_off.links[0].expires_at
    just = until - timedelta(milliseconds=1)

    assert when(SENT, b.CONFIRM, BY_LINK, just, terms=LINKING).events
    with pytest.raises(NotPermittedError, match=r"expired at 2026-03-03T02:00:00\.000Z"):
        when(SENT, b.CONFIRM, BY_LINK, until, terms=LINKING)


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        (by(link="1.2"), "No such one-time link"),
        (by(link="7.1"), "for another round"),
        (by(person="mill.a"), "made for another person"),
    ],
)
def test_a_link_that_is_not_theirs_says_why(actor, said):
    with pytest.raises(NotPermittedError, match=said):
        when(SENT, b.CONFIRM, actor, MON_11, terms=LINKING)


def test_a_link_of_another_enterprise_is_no_link_to_this_issue():
    with pytest.raises(NotPermittedError):
        when(SENT, b.CONFIRM, by(enterprise="bakery"), MON_11, terms=LINKING)


def test_a_link_of_an_earlier_round_is_over_with_it():
    again = b.given(
        *LINKED,
        b.Step(b.ENTERPRISE, b.REJECT, MON_10),
        b.Step(b.OFFICER, b.PROPOSE, MON_10),
        terms=LINKING,
    )

    with pytest.raises(NotPermittedError, match="for another round"):
        when(again, b.CONFIRM, BY_LINK, MON_11, terms=LINKING)


def test_a_link_from_before_the_reopening_is_none_of_the_new_rounds_links():
    again = b.given(
        *LINKED,
        b.Step(b.ENTERPRISE, b.CONFIRM, MON_10),
        b.Step(b.HEAD, b.VERIFY, MON_10),
        b.Step(b.ENTERPRISE, b.REOPEN, MON_10),
        b.Step(b.OFFICER, b.PROPOSE, MON_10),
        terms=LINKING,
    )
    sent = link(again).issue

    assert (sent.sign_off.round, sent.sign_off.links[0].id) == (1, "1.1.1")
    with pytest.raises(NotPermittedError, match="No such one-time link"):
        when(sent, b.CONFIRM, BY_LINK, MON_11, terms=LINKING)
    assert when(sent, b.CONFIRM, by(link="1.1.1"), MON_11, terms=LINKING).events


def test_before_anything_is_proposed_there_is_no_round_to_have_a_link_of():
    with pytest.raises(NotPermittedError, match="for another round"):
        when(b.given(*b.IN_HANDLING, terms=LINKING), b.CONFIRM, BY_LINK, MON_11, terms=LINKING)


@pytest.mark.parametrize("command", [b.WITHDRAW, b.NOTE], ids=lambda each: each.kind)
def test_it_answers_and_does_nothing_else(command):
    with pytest.raises(NotPermittedError, match="one answer to one resolution"):
        when(SENT, command, BY_LINK, MON_11, terms=LINKING)


def test_nothing_is_reported_by_a_link():
    with pytest.raises(NotPermittedError, match="one answer to one resolution"):
        when(None, b.report(), BY_LINK, MON_9, terms=LINKING)


def test_in_a_zone_without_links_nobody_comes_by_one():
    with pytest.raises(NotPermittedError, match="knows no one-time links"):
        when(b.given(*b.IN_SIGN_OFF), b.CONFIRM, BY_LINK, MON_11)


def test_the_enterprise_may_still_answer_without_its_link():
    decision = when(SENT, b.CONFIRM, b.ENTERPRISE, MON_11, terms=LINKING)

    assert decision.issue.phase is Phase.SIGN_OFF
    assert [each.used for each in decision.issue.sign_off.links] == [False]
