"""Errands: the same whenever they are worked out, and in whatever order they are run."""

from random import Random

import builders as b
from builders_kin import (
    KIN,
    PART,
    UNMERGE,
    World,
    add_child,
    duplicates,
    link,
    merge,
    release,
    unlink,
)
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain import commands as cmd
from domain.errands import ERRAND_PREFIX, Errand, errands_of, outcome_told
from domain.errors import IssueError
from domain.evolve import evolve
from domain.kin import Tie
from domain.phases import LinkType

KEYS = ("a", "b", "c")
SOME = settings(max_examples=200, deadline=None)
SOONER = 0.4
"""How often an errand is run between two acts; the others are left for later."""

Bare = tuple[LinkType, str, bool]


def of_stream(told: World, key: str) -> list[Errand]:
    """Return every errand of a stream, worked out again event by event."""
    issue, errands = None, []
    for event in told.streams[key]:
        before = issue
        issue = evolve(before, event, zone=b.ZONE, key=key, terms=told.terms.hash)
        errands += errands_of(before, (event,), issue)
    return errands


def bare(ties: tuple[Tie, ...]) -> set[Bare]:
    return {(tie.type, tie.other, tie.incoming) for tie in ties}


def wanted(told: World, key: str) -> set[Bare]:
    """Return the links that an issue should know of, by what was recorded in both streams."""
    ours = {(type_, to, False) for type_, at, to in told.edges if at == key}
    return ours | {(type_, at, True) for type_, at, to in told.edges if to == key}


def settle_wildly(told: World, dice: Random) -> None:
    """Run what is due in any order, some of it twice, some of what was run long ago once more."""
    while told.due:
        errand = told.due.pop(dice.randrange(len(told.due)))
        for each in (errand, *dice.sample(told.sent, k=min(1, len(told.sent)))):
            try:
                told.run(each)
            except IssueError:
                assert not isinstance(each.command, cmd.RecordKin)


def tell(told: World, key: str, other: str, what: str) -> None:
    """Try one act; what is refused is refused."""
    acts = {
        "link": [(link(other), b.OFFICER)],
        "cause": [(link(other, LinkType.CAUSED_BY), b.OFFICER)],
        "duplicate": [(duplicates(other), b.OFFICER)],
        "unlink": [(unlink(other), b.OFFICER)],
        "part": [(unlink(other, LinkType.DUPLICATES), b.OFFICER)],
        "adopt": [(add_child(other), b.OFFICER)],
        "release": [(release(other), b.OFFICER)],
        "merge": [(merge(other), b.HEAD)],
        "unmerge": [(UNMERGE, b.OFFICER)],
        "close": [(b.PROPOSE, b.OFFICER), (b.CONFIRM, b.ENTERPRISE), (b.VERIFY, b.HEAD)],
        "withdraw": [(b.WITHDRAW, b.ENTERPRISE), (b.VERIFY, b.HEAD)],
        "reopen": [(b.REOPEN, b.ENTERPRISE)],
    }
    for command, actor in acts[what]:
        try:
            told.do(key, command, actor)
        except IssueError:
            return


ACTS = st.tuples(
    st.sampled_from(KEYS),
    st.sampled_from(KEYS),
    st.sampled_from(
        (
            *("link", "cause", "duplicate", "unlink", "part", "adopt", "release"),
            *("merge", "unmerge", "close", "withdraw", "reopen"),
        )
    ),
)

DICE = st.integers(0, 2**32).map(Random)


@SOME
@for_all(st.lists(ACTS, min_size=10, max_size=30), DICE)
def test_in_whatever_order_errands_are_run_both_issues_come_to_know_the_same(acts, dice):
    told = World()
    told.report(*KEYS)
    for act in acts:
        tell(told, *act)
        if told.due and dice.random() < SOONER:
            told.run(told.due.pop(dice.randrange(len(told.due))))
    settle_wildly(told, dice)

    for key, issue in told.issues.items():
        assert bare(issue.ties) == wanted(told, key)
        assert bare(issue.parted).isdisjoint(bare(issue.ties))
        for tie in issue.ties:
            if tie.open is not None:
                other = told.issues[tie.other]
                assert (tie.open, tie.outcome) == (other.is_open, outcome_told(other))
        assert of_stream(told, key) == [e for e in all_of(told) if e.key == key]


def all_of(told: World) -> list[Errand]:
    """Return every errand there ever was, each once, in the order of their streams."""
    once = {errand.id: errand for errand in (*told.due, *told.sent)}
    return sorted(once.values(), key=lambda e: (e.key, e.version, e.number))


@SOME
@for_all(st.lists(ACTS, min_size=10, max_size=30), DICE)
def test_no_issue_ever_leads_to_itself_and_no_parent_closes_before_its_parts(acts, dice):
    told = World()
    told.report(*KEYS)
    for act in acts:
        tell(told, *act)
        if told.due and dice.random() < SOONER:
            told.run(told.due.pop(dice.randrange(len(told.due))))

    parents = [at for type_, at, _ in told.edges if type_ is PART]
    assert len(parents) == len(set(parents))
    for type_, at, _ in told.edges:
        if type_ is not LinkType.RELATES:
            assert at not in told._led(type_, at)
    for key in told.streams:
        issue = None
        for event in told.streams[key]:
            before = issue
            issue = evolve(before, event, zone=b.ZONE, key=key, terms=KIN.hash)
            if before is not None and before.is_open and not issue.is_open:
                assert before.children_open == ()


def test_an_errand_has_the_id_that_its_cause_gives():
    told = World()
    told.report("a", "b")
    told.do("a", link("b"))

    (errand,) = told.due

    assert errand.id == f"{ERRAND_PREFIX}{b.ZONE}/a/3/1"
    assert errand.submission.id == errand.id
    assert (errand.submission.key, errand.submission.actor) == ("b", b.ENGINE)


def test_the_errands_of_one_event_are_numbered():
    told = World()
    told.report("parent", "child", "twin", "third")
    told.do("parent", add_child("child"))
    for key in ("twin", "third"):
        told.do(key, duplicates("child"))
    told.settle()

    told.close("child")

    assert [(e.number, e.to) for e in told.due] == [(1, "parent"), (2, "twin"), (3, "third")]
    assert [e.command.mirror is None for e in told.due] == [True, False, False]


def test_what_concerns_nobody_else_sends_nothing():
    told = World()
    told.report("a", "b")
    told.do("a", b.NOTE)
    told.close("a")

    assert told.due == []


def test_a_report_turned_away_is_told_to_its_duplicates():
    told = World()
    told.report("a")
    told.report("b", accepted=False)
    told.do("a", duplicates("b"))
    told.settle()

    told.do("b", b.TURN_AWAY)
    told.settle()

    tie = told.issues["a"].tie(LinkType.DUPLICATES, "b")
    assert (tie.open, tie.outcome) == (False, "turned_away")


def test_a_withdrawal_that_closes_nothing_yet_is_told_to_nobody():
    told = World()
    told.report("a", "b")
    told.do("a", duplicates("b"))
    told.settle()

    told.do("b", b.WITHDRAW, b.ENTERPRISE)

    assert told.due == []
