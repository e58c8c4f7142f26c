"""What pipelines refuse: each with a message of its own, and nothing recorded."""

from collections.abc import Callable
from typing import Any

import builders as b
import builders_matters as m
import builders_pipelines as p
import pytest
from pydantic import ValidationError

from domain.errors import ConflictError, InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.matters.acts import AdoptMatterTerms
from domain.matters.decide import decide_matter
from domain.people import ENGINE, Actor

Made = Callable[[], m.MatterStory]
BARE = {"kind": "amount", "hundredths": 500}
DOLLARS = {"kind": "amount", "hundredths": 500, "currency": "USD"}
MONTHS = {"months": {"kind": "count", "n": 12}}
PROBLEM = {"category": "road-access", "title": "No road", "text": "There is none."}


def approved() -> m.MatterStory:
    """Return a loan in approval, with a maturity, a bank and a guarantor."""
    story = p.loan(
        dates={"maturity": "2026-03-06"},
        parties=[{"party": "bank"}, {"party": "guarantor", "status": "asked"}],
    )
    return story.then(b.MON_9, p.moved("approval"))


def funded() -> m.MatterStory:
    """Return a loan that was paid."""
    return approved().then(b.MON_9, p.funded())


def refused() -> m.MatterStory:
    """Return a loan that was refused."""
    return approved().then(b.MON_9, p.moved("refused"))


def repaid() -> m.MatterStory:
    """Return a loan that was paid back."""
    return funded().then(b.MON_9, p.moved("repaid"))


def over() -> m.MatterStory:
    """Return meetings that are over."""
    return p.meetings().then(b.MON_9, p.moved("over"))


def crowded() -> m.MatterStory:
    """Return a loan with as many parties as there may be."""
    return p.loan(parties=[{"party": f"bank-{n}", "type": "bank"} for n in range(32)])


@pytest.mark.parametrize(
    ("changes", "says", "field"),
    [
        ({"enterprise": None}, "some enterprise's", "enterprise"),
        ({"enterprise": "nobody"}, "no such enterprise", "enterprise"),
        ({"procedure": "meetings"}, "no one enterprise", "enterprise"),
        ({"stage": "nowhere"}, "no such stage", "stage"),
        ({"stage": "repaid"}, "does not begin at an end", "stage"),
        ({"stage": "funded", "values": MONTHS}, "how much money", "amount"),
        ({"amount": BARE}, "in which currency", "amount.currency"),
        ({"amount": DOLLARS}, "another currency", "amount.currency"),
        ({"values": MONTHS}, "no such field", "values.months"),
        ({"dates": {"birthday": "2026-04-01"}}, "no such date", "dates.birthday"),
        ({"dates": {"maturity": "9999-12-31"}}, "outside the working", "dates.maturity"),
        ({"parties": [{"party": "bank"}, {"party": "bank"}]}, "twice", "parties.1.party"),
        ({"parties": [{"party": "customs"}]}, "no such kind of party", "parties.0.type"),
        (
            {"parties": [{"party": "bank", "next_check_on": "2026-03-01"}]},
            "lies in the past",
            "parties.0.next_check_on",
        ),
        ({"details": MONTHS}, "no such field", "details.months"),
    ],
)
def test_an_opening_that_cannot_be_is_refused(
    changes: dict[str, Any], says: str, field: str
) -> None:
    with pytest.raises(InvalidRequestError, match=says) as refusal:
        p.loan(**changes)
    assert refusal.value.field == field


def test_a_date_that_the_procedure_asks_for_is_not_left_out() -> None:
    terms = p.changed(p.LOANS, dates=[p.named("maturity", required=True)])
    with pytest.raises(InvalidRequestError, match="date that the procedure asks for") as refusal:
        p.loan(terms)
    assert refusal.value.field == "dates.maturity"


@pytest.mark.parametrize(
    ("story", "command", "error", "says"),
    [
        (approved, p.moved("nowhere"), InvalidRequestError, "no such stage"),
        (approved, p.moved("repaid"), ConflictError, "does not go there"),
        (p.loan, p.moved("demand"), ConflictError, "does not go there"),
        (repaid, p.moved("demand"), ConflictError, "does not go there"),
        (approved, p.funded(amount=None), InvalidRequestError, "how much money"),
        (approved, p.funded(amount=BARE), InvalidRequestError, "in which currency"),
        (approved, p.funded(amount=DOLLARS), InvalidRequestError, "another currency"),
        (approved, p.funded(values={}), InvalidRequestError, "missing"),
        (approved, p.moved("refused", exemption="luck"), InvalidRequestError, "goes with a fail"),
        (approved, p.funded(exemption="due-care"), InvalidRequestError, "goes with a failure"),
        (approved, p.party("lost"), InvalidRequestError, "statuses of its own"),
        (approved, p.party(party="customs"), InvalidRequestError, "no such kind of party"),
        (approved, p.party(type="guarantor"), InvalidRequestError, "is of another"),
        (approved, p.party(next_check_on="2026-03-01"), InvalidRequestError, "in the past"),
        (approved, p.party(next_check_on="9999-12-31"), InvalidRequestError, "outside the work"),
        (crowded, p.party(party="one-more", type="bank"), InvalidRequestError, "too many part"),
        (refused, p.party(), WrongPhaseError, "come to its end"),
        (refused, p.dated("2026-04-01", reason="New."), WrongPhaseError, "come to its end"),
        (approved, p.dated("2026-04-01", "birthday"), InvalidRequestError, "no such date"),
        (approved, p.dated("2026-04-01"), InvalidRequestError, "says why"),
        (approved, p.dated("2026-03-06", reason="Same."), ConflictError, "that day already"),
        (approved, p.dated("1999-01-01", reason="Old."), InvalidRequestError, "outside the work"),
        (approved, p.met(p.outcome()), InvalidRequestError, "keeps no meetings"),
        (p.meetings, p.met(on="2026-03-03"), InvalidRequestError, "once it was held"),
        (p.meetings, p.met(parties=["third"]), InvalidRequestError, "no such party"),
        (p.meetings, p.met(parties=["first", "first"]), InvalidRequestError, "named twice"),
        (p.meetings, p.met(p.outcome("nobody")), InvalidRequestError, "no such enterprise"),
        (p.meetings, p.met(p.outcome(rate=BARE)), InvalidRequestError, "no such field"),
        (p.meetings, p.met(p.outcome(loan=BARE)), InvalidRequestError, "in which currency"),
        (
            p.meetings,
            p.met(p.outcome("mill", "i-1"), p.outcome("bakery", "i-1")),
            InvalidRequestError,
            "answers an issue once",
        ),
        (
            p.meetings,
            p.met(*(p.outcome("mill", f"i-{n}") for n in range(201))),
            InvalidRequestError,
            "answers too many issues",
        ),
        (p.meetings, p.met(problems=[PROBLEM]), InvalidRequestError, "some enterprise's"),
        (over, p.met(p.outcome()), WrongPhaseError, "come to its end"),
    ],
)
def test_what_cannot_be_is_refused(
    story: Made, command: Any, error: type[Exception], says: str
) -> None:
    made = story()
    before = made.now
    with pytest.raises(error, match=says):
        made.then(b.MON_10, command)
    assert made.now == before


@pytest.mark.parametrize(
    ("story", "command", "actor"),
    [
        (approved, p.funded(), b.OFFICER),
        (approved, p.funded(), b.ENTERPRISE),
        (funded, p.moved("extended"), b.COORDINATOR),
        (funded, p.moved("extended"), b.NEIGHBOUR),
        (approved, p.party(), b.OFFICER),
        (approved, p.party("asked", party="guarantor"), b.HOTLINE),
        (approved, p.dated("2026-04-01", reason="New."), b.HEAD),
        (p.meetings, p.met(p.outcome()), b.DIRECTOR),
    ],
)
def test_who_is_not_among_the_rows_may_not(story: Made, command: Any, actor: Actor) -> None:
    made = story()
    with pytest.raises(NotPermittedError):
        made.then(b.MON_10, command, actor)


def test_no_more_is_met_about_than_one_matter_holds() -> None:
    story = p.meetings()
    for _ in range(4):
        story.then(b.MON_9, p.met(*(p.outcome() for _ in range(500))))
    with pytest.raises(InvalidRequestError, match="too much for one matter"):
        story.then(b.MON_10, p.met(p.outcome()))
    for _ in range(96):
        decision = story.when(b.MON_10, p.met())
        story.now = decision.matter
    with pytest.raises(InvalidRequestError, match="Too many meetings"):
        story.when(b.MON_10, p.met())


def _without(id_: str, **changes: Any) -> list[dict[str, Any]]:
    """Return the stages of a loan without one, and without ways to it."""
    return [
        each | {"to": [to for to in each.get("to", []) if to != id_]} | changes
        for each in p.LOANS["stages"]
        if each["id"] != id_
    ]


@pytest.mark.parametrize(
    ("story", "changes", "says"),
    [
        (approved, {"stages": _without("approval")}, "no longer has what the pipeline"),
        (approved, {"parties": [p.named("guarantor")]}, "no longer has what the pipeline"),
        (approved, {"dates": [p.named("audit")]}, "no longer has what the pipeline"),
        (
            repaid,
            {"stages": [*_without("repaid"), p.named("repaid", end="failed")]},
            "means something else",
        ),
        (approved, {"meets": True}, "keeps something else"),
    ],
)
def test_terms_that_lack_what_a_pipeline_stands_on_are_not_adopted(
    story: Made, changes: dict[str, Any], says: str
) -> None:
    made, target = story(), p.changed(p.LOANS, **changes)
    adopt = m.sent(AdoptMatterTerms(terms=target.hash), ENGINE)
    with pytest.raises(InvalidRequestError, match=says):
        decide_matter(made.now, adopt, b.context(b.MON_10, made.terms, target))


def test_terms_that_hold_what_a_pipeline_stands_on_are_adopted() -> None:
    made = approved()
    target = p.changed(p.LOANS, stages=_without("extended"))
    adopt = m.sent(AdoptMatterTerms(terms=target.hash), ENGINE)
    decision = decide_matter(made.now, adopt, b.context(b.MON_10, made.terms, target))
    assert decision.matter.terms == target.hash


@pytest.mark.parametrize(
    ("rule", "changes", "says"),
    [
        (p.LOANS, {"stages": []}, "at least 1 item"),
        (p.LOANS, {"stages": [p.named("a"), p.named("a")]}, "stage 'a' twice"),
        (p.LOANS, {"stages": [p.named("a", to=["b"])]}, "stage a: to: no stage 'b'"),
        (p.LOANS, {"stages": [p.named("a", end="done")]}, "the first stage is no end"),
        (
            p.LOANS,
            {
                "stages": [
                    p.named("a"),
                    p.named("b", end="done", due={"within": p.wall(1), "levels": [{"tier": 1}]}),
                ]
            },
            "has no `due`",
        ),
        (p.LOANS, {"stages": [p.named("a.b")]}, "pattern"),
        (p.LOANS, {"stages": [p.named("a", fields=[p.field("f" * 62, "flag")])]}, "too long"),
        (p.LOANS, {"parties": [p.named("bank"), p.named("bank")]}, "party 'bank' twice"),
        (p.LOANS, {"parties": [p.named("b", statuses=[p.named("s" * 60)])]}, "too long"),
        (p.LOANS, {"dates": [p.named("day"), p.named("day")]}, "date 'day' twice"),
        (p.LOANS, {"exemptions": [p.named("e" * 40)]}, "too long"),
        (p.LOANS, {"outcome": p.MEETINGS["outcome"]}, "for a procedure that meets"),
        (p.LOANS, {"meets_by": [{"tier": 1}]}, "for a procedure that meets"),
        (p.LOANS, {"runs": [{"post": "nobody"}]}, "no post 'nobody'"),
    ],
)
def test_a_procedure_that_contradicts_itself_is_no_procedure(
    rule: dict[str, Any], changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        p.changed(rule, **changes)
