"""Merging moves nothing and can be undone (R10.4)."""

from datetime import timedelta

import builders as b
import pytest
from builders_kin import KIN, UNMERGE, World, add_child, kin_terms, merge, world
from test_kin_links import judged, kin

from domain import commands as cmd
from domain.clocks import Standing, Verdict
from domain.errors import (
    InvalidRequestError,
    IssueClosedError,
    NotPermittedError,
    WrongPhaseError,
)
from domain.issue import Incident, Promise, Request
from domain.people import ENGINE
from domain.phases import LinkType, Outcome, Phase

INTO = LinkType.MERGED_INTO


def merged(*, accepted: bool = True) -> World:
    """Return a world in which `a`, after an hour of work, goes on in `b`."""
    told = world("b")
    told.report("a", accepted=accepted)
    told.at = b.MON_10
    told.do("a", merge("b"))
    told.settle()
    return told


def test_a_merged_issue_is_closed_and_the_other_one_knows():
    told = merged()

    issue = told.issues["a"]
    assert (issue.phase, issue.outcome) == (Phase.CLOSED, Outcome.MERGED)
    assert (issue.closed_at, issue.merged_from) == (b.MON_10, Phase.HANDLING)
    assert issue.tie(INTO, "b") is not None
    assert told.issues["b"].tie(INTO, "a", incoming=True) is not None
    assert told.issues["b"].version == 3


def test_no_clock_of_a_merged_issue_runs_and_none_is_called_met():
    issue = merged().issues["a"]

    ended = {clock.id: clock.verdict for clock in issue.clocks if clock.id != "acceptance"}
    assert not any(clock.is_live for clock in issue.clocks)
    assert ended == {"handling": Verdict.WITHDRAWN, "resolution": Verdict.WITHDRAWN}


@pytest.mark.parametrize("command", [b.ESCALATE, b.NOTE, b.PROPOSE, merge("b"), b.REOPEN])
def test_a_merged_issue_can_neither_rise_nor_be_worked_on(command):
    told = merged()
    actor = b.ENTERPRISE if isinstance(command, cmd.Reopen) else b.OFFICER

    with pytest.raises((IssueClosedError, WrongPhaseError)):
        told.do("a", command, b.HEAD if command == merge("b") else actor)


@pytest.mark.parametrize(("accepted", "phase"), [(True, Phase.HANDLING), (False, Phase.INTAKE)])
def test_an_unmerged_issue_stands_where_it_stood(accepted, phase):
    told = merged(accepted=accepted)

    told.do("a", UNMERGE)
    told.settle()

    issue = told.issues["a"]
    assert (issue.phase, issue.outcome, issue.closed_at) == (phase, None, None)
    assert (issue.merged_from, issue.ties, issue.owner) == (None, (), "grid-east-1")
    assert told.issues["b"].ties == ()


def test_an_unmerged_issue_has_the_time_that_was_left_and_no_more():
    told = merged()
    told.at = b.WED_9

    told.do("a", UNMERGE)

    clock = told.issues["a"].clock("handling")
    assert (clock.cycle, clock.standing) == (2, Standing.RUNNING)
    assert clock.budget_ms == 15 * b.HOUR_MS
    assert clock.due_at == b.WED_9 + timedelta(days=1, hours=7)


def test_an_issue_is_merged_twice_and_no_more():
    told = merged()
    told.do("a", UNMERGE)
    told.settle()

    told.do("a", merge("b"))
    told.settle()

    assert told.issues["a"].outcome is Outcome.MERGED
    assert told.issues["b"].tie(INTO, "a", incoming=True) is not None
    assert told.issues["b"].parted == ()
    told.do("a", UNMERGE)
    with pytest.raises(WrongPhaseError) as refused:
        told.do("a", merge("b"))
    assert (refused.value.field, refused.value.value) == ("merges", "2")


def test_the_handbook_has_to_know_merging():
    told = world("a", "b", terms=kin_terms(merges=False))

    with pytest.raises(WrongPhaseError, match="knows no merging"):
        told.do("a", merge("b"))


def test_an_issue_goes_on_in_an_open_one_of_its_own_enterprise():
    told = world("a", "b")
    told.report("c", enterprise="foundry")
    told.close("b")

    with pytest.raises(WrongPhaseError, match="open one"):
        told.do("a", merge("b"))
    with pytest.raises(InvalidRequestError, match="lose its say"):
        told.do("a", merge("c"))


def test_issues_cannot_be_merged_in_a_circle():
    with pytest.raises(InvalidRequestError, match="lead to itself"):
        judged(merge("b"), kin(lineage=("c", b.KEY)))


def test_an_issue_with_open_parts_is_not_merged():
    told = world("a", "b", "child")
    told.do("a", add_child("child"))

    with pytest.raises(WrongPhaseError) as refused:
        told.do("a", merge("b"))

    assert refused.value.field == "children"


def test_an_issue_whose_team_is_at_work_is_not_merged():
    issue = b.given(*b.WITH_A_TEAM, terms=KIN)

    with pytest.raises(WrongPhaseError) as refused:
        judged(merge("b"), kin(), issue, b.COORDINATOR)

    assert refused.value.field == "team"


def test_an_issue_that_awaits_its_sign_off_is_not_merged():
    issue = b.given(*b.IN_SIGN_OFF, terms=KIN)

    with pytest.raises(WrongPhaseError) as refused:
        judged(merge("b"), kin(), issue)

    assert refused.value.field == "phase"


def test_only_a_merge_is_undone_and_not_after_the_days_for_it():
    told = world("a", "b")
    with pytest.raises(WrongPhaseError):
        told.do("a", UNMERGE)
    told.close("a")
    with pytest.raises(WrongPhaseError, match="was merged"):
        told.do("a", UNMERGE)

    late = merged()
    late.at = b.MON_10 + timedelta(days=30)
    assert late.do("a", UNMERGE).issue.is_open
    later = merged()
    later.at = b.MON_10 + timedelta(days=30, seconds=1)
    with pytest.raises(WrongPhaseError) as refused:
        later.do("a", UNMERGE)
    assert refused.value.allowed == "within 30 days of the merge"


@pytest.mark.parametrize("actor", [b.ENTERPRISE, b.OFFICER, b.SECTION])
def test_neither_the_enterprise_nor_whoever_is_to_deal_with_it_merges_an_issue(actor):
    with pytest.raises(NotPermittedError):
        judged(merge("b"), kin(), actor=actor)


def test_a_superior_who_owns_the_issue_does_not_merge_it_from_another_post():
    issue = b.given(*b.IN_HANDLING, terms=KIN).model_copy(update={"handler": "area-head"})
    owned = issue.model_copy(update={"owner": "director", "tier": 3})

    with pytest.raises(NotPermittedError):
        judged(merge("b"), kin(), owned, b.DIRECTOR)


def test_the_enterprise_may_have_its_issue_back():
    assert merged().do("a", UNMERGE, b.ENTERPRISE).issue.is_open


def test_an_issue_goes_on_in_one_that_was_taken_on():
    told = world("a")
    told.report("b", accepted=False)

    with pytest.raises(WrongPhaseError, match="taken on"):
        told.do("a", merge("b"))


STANDS = {
    "pause": (b.PAUSE,),
    "reply_wanted": (b.DEMAND_REPLY,),
    "rejections": (b.PROPOSE, b.REJECT),
    "promise": (),
    "incident": (),
    "request": (),
}
BY = {"demand_reply": b.SUPERVISOR, "reject": b.ENTERPRISE}
BY_HAND = {
    "promise": {"promise": Promise(text="The second lane.")},
    "incident": {"incident": Incident(id="flood", stage="response")},
    "request": {"request": Request(asked="extension", asked_at=b.MON_9, asked_by="x", note="-")},
}


@pytest.mark.parametrize("field", STANDS)
def test_an_issue_is_not_merged_away_from_what_is_owed_in_it(field):
    told = world("a", "b")
    for command in STANDS[field]:
        told.do("a", command, BY.get(command.kind, b.OFFICER))
    told.issues["a"] = told.issues["a"].model_copy(update=BY_HAND.get(field, {}))

    with pytest.raises(WrongPhaseError) as refused:
        told.do("a", merge("b"))

    assert refused.value.field == field


def test_an_issue_sent_back_without_a_count_is_not_merged_either():
    told = world("a", "b")
    told.do("a", b.PROPOSE)
    told.do("a", b.CONFIRM, b.ENTERPRISE)
    told.do("a", b.SEND_BACK, b.HEAD)

    with pytest.raises(WrongPhaseError, match="rejections"):
        told.do("a", merge("b"))


def ended(told: World, key: str, how: str) -> None:
    if how == "closed out":
        told.close(key)
    else:
        told.do(key, b.WITHDRAW, b.ENTERPRISE)
        told.do(key, b.VERIFY, b.DIRECTOR)


def test_what_was_merged_stands_by_itself_again_once_the_other_ends_and_nothing_was_done():
    told = merged()
    told.at = b.MON_10 + timedelta(days=60)
    ended(told, "b", "withdrawn")

    told.settle()

    issue, event = told.issues["a"], told.streams["a"][-1]
    assert (issue.phase, issue.outcome, issue.ties) == (Phase.HANDLING, None, ())
    assert (event.kind, event.by) == ("issue_unmerged", ENGINE)
    assert event.reason.endswith("b, ended as withdrawn.")
    assert issue.clock("handling").is_live


def test_what_was_merged_stays_so_once_the_other_is_closed_out():
    told = merged()
    ended(told, "b", "closed out")

    told.settle()

    issue = told.issues["a"]
    assert (issue.phase, issue.outcome) == (Phase.CLOSED, Outcome.MERGED)
    assert issue.tie(INTO, "b").outcome is Outcome.CLOSED_OUT


def test_a_target_that_ended_before_it_heard_of_the_merge_gives_the_issue_back():
    told = world("a", "b")
    told.do("a", merge("b"))
    ended(told, "b", "withdrawn")
    assert [errand.to for errand in told.due] == ["b"]

    told.settle()

    assert told.issues["a"].phase is Phase.HANDLING


@pytest.mark.parametrize(("how", "outcome"), [("withdrawn", None), ("closed out", "merged")])
def test_what_becomes_of_a_chain_of_merges_reaches_its_first_issue(how, outcome):
    told = world("a", "b", "c")
    told.do("a", merge("b"))
    told.do("b", merge("c"))
    told.settle()
    assert told.issues["a"].tie(INTO, "b").outcome is Outcome.MERGED

    ended(told, "c", how)
    told.settle()

    # Nothing done in c gives b back; a goes on in b, which is open again.
    assert told.issues["b"].outcome == outcome
    tie = told.issues["a"].tie(INTO, "b")
    assert (tie.open, tie.outcome) == ((True, None) if outcome is None else (False, "closed_out"))


def test_the_event_of_a_merge_says_what_version_the_other_had():
    event = next(e for e in merged().streams["a"] if e.kind == "merged_into")

    assert event.heard == 2
