"""What follows on another issue, and what one message tells: reports beyond the ordinary."""

from datetime import timedelta
from typing import Any

import builders as b
import builders_forms as f
import pytest
from builders_kin import KIN, world

from domain import commands as cmd
from domain.decisions import decide
from domain.errors import InvalidRequestError, IssueError, NotPermittedError
from domain.kin import Tie
from domain.people import ENGINE
from domain.phases import LinkType, Origin


def follow_up(**changes: Any) -> cmd.Report:
    fields = {"origin": Origin.FOLLOW_UP, "succeeds": "issue-0"}
    return b.report(**(fields | changes))


def test_closeout_itself_reports_what_follows_on_another_issue():
    promise = {"text": "The second lane.", "within": "10wd"}

    issue = b.when(None, follow_up(promise=promise, report_id="mail-7"), ENGINE).issue

    assert issue.ties == (Tie(type=LinkType.SUCCEEDS, other="issue-0"),)
    assert issue.promise.text == "The second lane."
    assert issue.report_id == "mail-7"
    assert issue.reported_by == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"succeeds": None}, "actor"),
        ({"origin": Origin.SERVICE}, "origin"),
        ({"tier": 2}, "actor"),
        ({"succeeds": b.KEY}, "succeeds"),
        ({"application": {"form": f.FORM}}, "origin"),
        ({"rectify": {"items": ["x"]}}, "origin"),
    ],
)
def test_and_nothing_else(changes, field):
    with pytest.raises(IssueError) as refused:
        b.when(None, follow_up(**changes), ENGINE, terms=f.FORMS)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"succeeds": "issue-0"}, "succeeds"),
        ({"promise": {"text": "Later."}}, "promise"),
        ({"origin": Origin.FOLLOW_UP}, "origin"),
        ({"reporters": ("mill.a",)}, "reporters"),
    ],
)
@pytest.mark.parametrize(
    "actor", [b.ENTERPRISE, b.OFFICER, b.HOTLINE], ids=["mill", "post", "line"]
)
def test_nobody_else_says_what_an_issue_follows_on(changes, field, actor):
    with pytest.raises(NotPermittedError) as refused:
        b.when(None, b.report(**changes), actor)

    assert refused.value.field == field


def test_several_problems_of_one_message_share_its_id():
    reported = b.when(None, b.report(report_id="mail-7"), b.ENTERPRISE)

    assert reported.events[0].report_id == reported.issue.report_id == "mail-7"
    assert "reporters" not in reported.events[0].model_dump()


@pytest.mark.parametrize("ending", ["f1", "s12"])
def test_the_keys_of_what_comes_of_others_are_closeouts_own_where_something_may(ending):
    key = f"issue-0.{ending}"
    sent = b.submission(b.report(), b.ENTERPRISE, key=key)

    with pytest.raises(InvalidRequestError) as refused:
        decide(None, sent, b.context(b.MON_9, KIN))
    assert (refused.value.field, refused.value.value) == ("key", key)
    assert decide(None, sent, b.context(b.MON_9, b.TERMS)).events
    plain = sent.model_copy(update={"key": f"issue-0.{ending}x"})
    assert decide(None, plain, b.context(b.MON_9, KIN)).events


def test_whose_report_the_first_was_stays_known_in_what_comes_of_it():
    known = b.when(None, follow_up(reporters=("mill.a", "mill.b")), ENGINE, terms=f.FORMS).issue
    plain = b.when(None, follow_up(reporters=("mill.a",)), ENGINE, terms=KIN).issue

    assert known.reported_by == ("mill.a", "mill.b")
    assert plain.reported_by == ()


def test_a_successor_is_their_report_who_reported_the_first_and_whose_who_asked_for_it():
    told = world("a")
    told.close("a")
    told.issues["a"] = told.issues["a"].model_copy(update={"reported_by": ("mill.b",)})
    told.at = b.MON_10 + timedelta(days=60)
    told.do("a", b.REOPEN, b.ENTERPRISE)

    assert told.due[-1].command.reporters == ("mill.b", "mill.a")
