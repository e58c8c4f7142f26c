"""What people say of suggested issues is kept, and links nothing by itself (R10.5)."""

import builders as b
import pytest
from builders_kin import (
    KIN,
    world,
)
from test_kin_links import judged, kin

from domain import commands_of_kin as ck
from domain.errors import (
    InvalidRequestError,
    UnknownIssueError,
    WrongPhaseError,
)
from domain.likeness import METHOD


def suggested(key: str, *, same: bool = True) -> ck.JudgeSuggestion:
    return ck.JudgeSuggestion(suggested=key, same=same, score=87, method=METHOD)


def test_what_is_said_of_a_suggestion_is_kept_and_links_nothing():
    told = world("a", "b")

    event = told.do("a", suggested("b", same=False)).events[0]
    told.do("a", suggested("b"))

    assert (event.kind, event.same, event.score) == ("suggestion_judged", False, 87)
    assert told.issues["a"].suggestions == ("b",)
    assert told.issues["a"].ties == ()
    assert told.due == []


def test_an_issue_is_not_suggested_to_itself():
    with pytest.raises(InvalidRequestError) as refused:
        world("a").do("a", suggested("a"))

    assert refused.value.field == "suggested"


def test_only_what_is_there_is_judged():
    with pytest.raises(UnknownIssueError) as refused:
        judged(suggested("ghost"), None)

    assert (refused.value.field, refused.value.value) == ("suggested", "ghost")


def test_a_suggestion_is_judged_by_a_method_that_there_is_or_by_hand():
    made_up = suggested("b").model_copy(update={"method": "made-up"})

    with pytest.raises(InvalidRequestError) as refused:
        judged(made_up, kin("b"))

    assert (refused.value.field, refused.value.allowed) == ("method", f"{METHOD}, by-hand")
    by_hand = suggested("b").model_copy(update={"method": "by-hand"})
    assert b.kinds(judged(by_hand, kin("b"))) == ["suggestion_judged"]


def test_so_many_suggestions_are_judged_and_no_more():
    issue = b.given(*b.IN_HANDLING, terms=KIN)
    judged_before = tuple(f"k{number}" for number in range(100))
    issue = issue.model_copy(update={"suggestions": judged_before})

    with pytest.raises(WrongPhaseError, match="As many suggestions"):
        judged(suggested("b"), kin("b"), issue)

    again = judged(suggested("k7"), kin("k7"), issue)
    assert again.issue.suggestions == judged_before
