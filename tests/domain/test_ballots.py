"""What votes come to (R6.1): against every way in which the rest could still vote."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.ballots import BallotRule, Cast, Elector, Needs, Round, Tally, tally
from domain.phases import Choice, Subject
from domain.procedures import ElectorRow, RoundRule

PEOPLE = "abcd"
RULES = (
    [BallotRule(needs=Needs.ANY), BallotRule(needs=Needs.ALL)]
    + [BallotRule(needs=Needs.AT_LEAST, n=n) for n in (1, 2, 3)]
    + [
        BallotRule(needs=needs, percent=percent)
        for needs in (Needs.PERCENT, Needs.WEIGHTED)
        for percent in (1, 33, 50, 51, 67, 100)
    ]
)
Votes = dict[str, Choice]


@st.composite
def ballots(draw: st.DrawFn) -> tuple[BallotRule, tuple[Elector, ...], Votes]:
    electors = tuple(
        Elector(
            person=person,
            post="p",
            weight=draw(st.integers(1, 5)),
            veto=draw(st.integers(0, 3)) == 0,
        )
        for person in PEOPLE[: draw(st.integers(0, 4))]
    )
    votes = {
        each.person: choice
        for each in electors
        if (choice := draw(st.sampled_from([None, *Choice]))) is not None
    }
    return draw(st.sampled_from(RULES)), electors, votes


def cast(votes: Votes) -> list[Cast]:
    return [Cast(person=person, choice=choice) for person, choice in votes.items()]


def passed(rule: BallotRule, electors: Sequence[Elector], votes: Votes) -> bool:
    """Say by the words of R6 alone whether a whole set of votes approves."""
    left = [each for each in electors if votes[each.person] is not Choice.RECUSE]
    yes = [each for each in left if votes[each.person] is Choice.APPROVE]
    if not yes or any(e.veto and votes[e.person] is Choice.REJECT for e in left):
        return False
    share = Fraction(len(yes), len(left))
    weight = Fraction(sum(e.weight for e in yes), sum(e.weight for e in left))
    return {
        Needs.ANY: True,
        Needs.ALL: yes == left,
        Needs.AT_LEAST: len(yes) >= (rule.n or 0),
        Needs.PERCENT: share >= Fraction(rule.percent or 0, 100),
        Needs.WEIGHTED: weight >= Fraction(rule.percent or 0, 100),
    }[rule.needs]


def endings(electors: Sequence[Elector], votes: Votes) -> Iterator[Votes]:
    """Yield every way in which those who have not voted could."""
    awaited = [each.person for each in electors if each.person not in votes]
    for choices in product(Choice, repeat=len(awaited)):
        yield votes | dict(zip(awaited, choices, strict=True))


@given(ballots())
def test_an_outcome_is_certain_exactly_when_nobody_left_can_change_it(ballot):
    rule, electors, votes = ballot
    results = {passed(rule, electors, whole) for whole in endings(electors, votes)}

    found = tally(rule, electors, cast(votes))

    refused = any(choice in (Choice.REJECT, Choice.ABSTAIN) for choice in votes.values())
    if results == {True}:
        assert found is Tally.APPROVED
    elif results == {False}:
        assert found is (Tally.REJECTED if refused else Tally.UNFILLABLE)
    else:
        assert found is Tally.OPEN


@given(ballots(), st.data())
def test_in_whatever_order_votes_arrive_they_come_to_the_same(ballot, data):
    rule, electors, votes = ballot

    def outcome(order: Sequence[str]) -> Tally:
        result = tally(rule, electors, ())
        for count in range(1, len(order) + 1):
            result = tally(rule, electors, cast({who: votes[who] for who in order[:count]}))
            if result in (Tally.APPROVED, Tally.REJECTED):
                break
        return result

    order = list(votes)
    assert outcome(data.draw(st.permutations(order))) is outcome(order)


@given(ballots(), st.data())
def test_one_more_approval_never_undoes_one(ballot, data):
    rule, electors, votes = ballot
    if tally(rule, electors, cast(votes)) is Tally.APPROVED:
        who = data.draw(st.sampled_from(electors)).person

        assert tally(rule, electors, cast(votes | {who: Choice.APPROVE})) is Tally.APPROVED


def electors(*weights: int, veto: int | None = None) -> tuple[Elector, ...]:
    return tuple(
        Elector(person=PEOPLE[at], post="p", weight=weight, veto=at == veto)
        for at, weight in enumerate(weights)
    )


def said(letters: str) -> list[Cast]:
    """Votes of a, b, c, d in order: y, n, abstains `-`, recuses `r`, not yet `.`."""
    meant = dict(zip("yn-r", Choice, strict=True))
    voted = zip(PEOPLE, letters, strict=False)
    return [Cast(person=who, choice=meant[each]) for who, each in voted if each != "."]


HALF = BallotRule(needs=Needs.PERCENT, percent=50)
HEAVY = BallotRule(needs=Needs.WEIGHTED, percent=60)
ALL = BallotRule(needs=Needs.ALL)
PAIR = BallotRule(needs=Needs.AT_LEAST, n=2)


@pytest.mark.parametrize(
    ("rule", "votes", "expected"),
    [
        (HALF, "y...", Tally.OPEN),
        (HALF, "yy..", Tally.APPROVED),
        (HALF, "y-nr", Tally.REJECTED),
        (HALF, "y-r.", Tally.OPEN),
        (HALF, "y-rr", Tally.APPROVED),
        (ALL, "yyy-", Tally.REJECTED),
        (ALL, "yyyr", Tally.APPROVED),
        (PAIR, "rrr.", Tally.UNFILLABLE),
        (PAIR, "rrr-", Tally.REJECTED),
        (PAIR, "nn.r", Tally.REJECTED),
    ],
)
def test_who_recuses_leaves_the_count_and_who_abstains_stays_in_it(rule, votes, expected):
    assert tally(rule, electors(1, 1, 1, 1), said(votes)) is expected


@pytest.mark.parametrize(
    ("votes", "expected"),
    [("y..", Tally.OPEN), ("yy.", Tally.APPROVED), (".ny", Tally.OPEN), ("nr.", Tally.REJECTED)],
)
def test_votes_are_weighed_not_counted(votes, expected):
    assert tally(HEAVY, electors(4, 3, 1), said(votes)) is expected


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ("y..", Tally.OPEN),
        ("yn.", Tally.REJECTED),
        ("y-.", Tally.APPROVED),
        ("yr.", Tally.APPROVED),
    ],
)
def test_approval_waits_for_whoever_may_veto_it(votes, expected):
    rule = BallotRule(needs=Needs.ANY)

    assert tally(rule, electors(1, 1, 1, veto=1), said(votes)) is expected


def test_another_vote_of_the_same_elector_takes_the_place_of_the_first():
    first = Cast(person="a", choice=Choice.REJECT)
    others = [Cast(person="b", choice=Choice.APPROVE)]
    again = Cast(person="a", choice=Choice.APPROVE)
    for order in permutations([first, *others]):
        held = Round.model_construct(votes=order).votes_with(again)
        assert {(each.person, each.choice) for each in held} == {
            ("a", Choice.APPROVE),
            ("b", Choice.APPROVE),
        }


@pytest.mark.parametrize(
    "rule",
    [
        {"needs": "at_least"},
        {"needs": "percent", "n": 2},
        {"needs": "weighted"},
        {"needs": "any", "n": 1},
        {"needs": "all", "percent": 50},
        {"needs": "percent", "percent": 101},
    ],
)
def test_a_rule_says_how_many_exactly_where_that_means_something(rule):
    with pytest.raises(ValidationError):
        BallotRule.model_validate(rule)


@pytest.mark.parametrize("row", [{}, {"post": "a", "tier": 1}, {"role": "auditor", "post": "a"}])
def test_a_row_of_electors_names_one_thing(row):
    with pytest.raises(ValidationError, match="one of post, role, tier"):
        ElectorRow.model_validate(row)


def round_rule(**changes: object) -> dict[str, object]:
    row = {"post": "director"}
    fields = {"id": "r", "electors": [row], "passes": {"needs": "any"}, "clock": "c"}
    return fields | {"fallback": "director", "subject": "extension"} | changes


def test_time_brings_only_what_is_marked_as_its_own():
    with pytest.raises(ValidationError, match="expired_approved, expired_rejected"):
        RoundRule.model_validate(round_rule(expires="approved"))


@pytest.mark.parametrize("subject", [Subject.VERIFICATION, Subject.CLOSING_REVIEW])
def test_nothing_is_struck_off_by_silence(subject):
    quiet = round_rule(subject=subject, expires="expired_approved")
    with pytest.raises(ValidationError, match="nothing is struck off by silence"):
        RoundRule.model_validate(quiet)
