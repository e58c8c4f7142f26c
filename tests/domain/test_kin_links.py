"""Links between issues: what may be linked, and what each of the two then knows (R10.2)."""

import builders as b
import pytest
from builders_kin import (
    KIN,
    World,
    add_child,
    duplicates,
    link,
    merge,
    release,
    unlink,
    usual,
    world,
)

from domain import commands_of_kin as ck
from domain.decisions import Context, decide
from domain.errors import (
    InvalidRequestError,
    IssueClosedError,
    NotPermittedError,
    UnknownIssueError,
    WrongPhaseError,
)
from domain.kin import (
    LINEAGE_MAX,
    PARTED_MAX,
    TIES_ASKED_MAX,
    Kin,
    KinNews,
    Tie,
    derived_key,
)
from domain.people import ENGINE
from domain.phases import LinkType, Outcome, Phase

RELATED, DUPLICATE, PART = LinkType.RELATES, LinkType.DUPLICATES, LinkType.PART_OF


def bare(tie: Tie) -> tuple[object, ...]:
    return tie.type, tie.other, tie.incoming


def ties(told: World, key: str) -> list[tuple[object, ...]]:
    return [bare(tie) for tie in told.issues[key].ties]


def kin(key: str = "b", **changes: object) -> Kin:
    return Kin.model_validate({"key": key, "enterprise": "mill", "open": True} | changes)


def judged(command: ck.KinCommand, known: Kin | None, issue: object = None, actor: object = None):
    """Decide a command with what is known of the other issue given by hand."""
    context = Context(at=b.MON_10, terms=KIN, number=b.NUMBER, kin=known)
    issue = issue or b.given(*b.IN_HANDLING, terms=KIN)
    return decide(issue, b.submission(command, actor or usual(command)), context)


# --- links ---


@pytest.mark.parametrize("type_", ck.OWN_LINKS)
def test_a_link_is_known_in_both_issues_once_its_errand_is_run(type_):
    told = world("a", "b")

    event = told.do("a", link("b", type_)).events[0]
    told.settle()

    assert (event.kind, event.open, event.heard) == ("issue_linked", True, 2)
    assert ties(told, "a") == [(type_, "b", False)]
    assert ties(told, "b") == [(type_, "a", True)]


def test_an_unlinked_pair_knows_nothing_of_each_other_any_more():
    told = world("a", "b")
    told.do("a", link("b"))
    told.settle()

    told.do("a", unlink("b"))
    told.settle()

    assert ties(told, "a") == ties(told, "b") == []
    assert [bare(tie) for tie in told.issues["b"].parted] == [(RELATED, "a", True)]


def test_what_was_unlinked_can_be_linked_again():
    told = world("a", "b")
    for command in (link("b"), unlink("b"), link("b")):
        told.do("a", command)
        told.settle()

    assert ties(told, "b") == [(RELATED, "a", True)]
    assert told.issues["b"].parted == ()


def test_an_issue_that_nobody_reported_cannot_be_linked():
    with pytest.raises(UnknownIssueError) as refused:
        world("a").do("a", link("nowhere"))

    assert (refused.value.field, refused.value.value) == ("target", "nowhere")


def test_an_issue_is_not_linked_with_itself():
    with pytest.raises(InvalidRequestError, match="itself"):
        world("a").do("a", link("a"))


def test_two_issues_are_linked_in_one_way_once():
    told = world("a", "b")
    told.do("a", link("b"))

    with pytest.raises(WrongPhaseError) as refused:
        told.do("a", link("b"))

    assert refused.value.allowed == "unlink relates first"


def test_that_two_issues_relate_is_said_from_one_side_only():
    told = world("a", "b")
    told.do("a", link("b"))
    told.settle()

    with pytest.raises(WrongPhaseError, match="linked so already"):
        told.do("b", link("a"))


def test_two_issues_may_be_linked_in_two_ways():
    told = world("a", "b")
    told.do("a", link("b"))
    told.do("a", link("b", LinkType.CAUSED_BY))

    assert [tie.type for tie in told.issues["a"].ties] == [RELATED, LinkType.CAUSED_BY]


@pytest.mark.parametrize("type_", [PART, LinkType.MERGED_INTO])
def test_parts_and_merges_have_commands_of_their_own(type_):
    told = world("a", "b")
    for command in (link("b", type_), unlink("b", type_)):
        with pytest.raises(InvalidRequestError) as refused:
            told.do("a", command)
        assert "add_child" in refused.value.allowed


def test_a_circle_of_links_is_refused_and_its_chain_is_named():
    told = world("a", "b", "c")
    told.do("a", link("b", LinkType.CAUSED_BY))
    told.do("b", link("c", LinkType.CAUSED_BY))

    with pytest.raises(InvalidRequestError) as refused:
        told.do("c", link("a", LinkType.CAUSED_BY))

    assert "a → b → c" in refused.value.message


def test_links_of_another_type_make_no_circle():
    told = world("a", "b")
    told.do("a", link("b", LinkType.CAUSED_BY))

    told.do("b", link("a", LinkType.SUCCEEDS))

    assert ties(told, "b") == [(LinkType.SUCCEEDS, "a", False)]


def test_a_chain_too_long_to_follow_is_refused():
    far = tuple(f"k{number}" for number in range(LINEAGE_MAX))
    with pytest.raises(InvalidRequestError) as refused:
        judged(duplicates("b"), kin(lineage=far))

    assert str(LINEAGE_MAX) in refused.value.allowed
    assert judged(duplicates("b"), kin(lineage=far[1:])).events[0].lineage == far[1:]


def test_an_issue_has_no_more_links_than_it_may():
    issue = b.given(*b.IN_HANDLING, terms=KIN)
    nearly = tuple(Tie(type=RELATED, other=f"k{number}") for number in range(TIES_ASKED_MAX - 1))
    full = (*nearly, Tie(type=RELATED, other="last", incoming=True))

    assert judged(link("b"), kin(), issue.model_copy(update={"ties": nearly})).events
    with pytest.raises(WrongPhaseError, match="as many links"):
        judged(link("b"), kin(), issue.model_copy(update={"ties": full}))


@pytest.mark.parametrize(
    ("command", "field"),
    [(duplicates("b"), "target"), (merge("b"), "target"), (add_child("b"), "child")],
)
def test_nor_is_one_linked_with_an_issue_that_has_as_many(command, field):
    assert judged(command, kin(ties=TIES_ASKED_MAX - 1)).events
    with pytest.raises(WrongPhaseError, match="issue b has as many links") as refused:
        judged(command, kin(ties=TIES_ASKED_MAX))

    assert refused.value.field == field


def test_of_links_that_are_no_more_an_issue_forgets_the_oldest():
    told = world("a")
    for number in range(PARTED_MAX + 1):
        gone = KinNews(what="unlinked", type=RELATED, version=1)
        told.do("a", ck.RecordKin(other=f"k{number}", news=gone), ENGINE)

    parted = told.issues["a"].parted
    assert (len(parted), parted[0].other) == (PARTED_MAX, "k1")


def test_an_issue_duplicates_at_most_one():
    told = world("a", "b", "c")
    told.do("a", duplicates("b"))

    with pytest.raises(WrongPhaseError) as refused:
        told.do("a", duplicates("c"))

    assert refused.value.allowed == "b; unlink it first"


def test_two_enterprises_may_report_one_matter():
    told = world("a")
    told.report("b", enterprise="bakery")

    told.do("a", duplicates("b"))

    assert ties(told, "a") == [(DUPLICATE, "b", False)]


def test_a_link_that_is_not_there_cannot_be_undone():
    told = world("a", "b", "c")
    told.do("a", link("b"))
    told.settle()

    with pytest.raises(InvalidRequestError) as refused:
        told.do("a", unlink("c"))
    with pytest.raises(InvalidRequestError, match="no such link"):
        told.do("b", unlink("a"))

    assert refused.value.allowed == "b"


def test_a_closed_issue_links_nothing():
    told = world("a", "b")
    told.close("a")

    with pytest.raises(IssueClosedError):
        told.do("a", link("b"))


def test_the_enterprise_does_not_link():
    with pytest.raises(NotPermittedError):
        judged(link("b"), kin(), actor=b.ENTERPRISE)


# --- parents and children ---


def test_a_parent_waits_for_a_child_until_it_is_closed():
    told = world("parent", "child")
    told.do("parent", add_child("child"))
    told.settle()
    waited_for = told.issues["parent"].children_open

    told.close("child")
    told.settle()

    tie = told.issues["parent"].tie(PART, "child", incoming=True)
    assert waited_for == ("child",)
    assert ties(told, "child") == [(PART, "parent", False)]
    assert told.issues["parent"].children_open == ()
    assert (tie.open, tie.outcome) == (False, Outcome.CLOSED_OUT)


def test_a_child_that_is_closed_already_is_not_waited_for():
    told = world("parent", "child")
    told.close("child")

    told.do("parent", add_child("child"))

    assert told.issues["parent"].children_open == ()


def test_a_released_child_is_not_waited_for():
    told = world("parent", "child")
    told.do("parent", add_child("child"))
    told.settle()

    told.do("parent", release("child"))
    told.settle()

    assert ties(told, "parent") == ties(told, "child") == []


def test_only_a_part_of_the_issue_can_be_released():
    told = world("parent", "child", "other")
    with pytest.raises(InvalidRequestError, match="no parts"):
        told.do("parent", release("child"))
    told.do("parent", add_child("child"))

    with pytest.raises(InvalidRequestError) as refused:
        told.do("parent", release("other"))

    assert refused.value.allowed == "child"


def test_an_issue_is_part_of_one_issue_only():
    told = world("parent", "second", "child")
    told.do("parent", add_child("child"))

    with pytest.raises(WrongPhaseError, match="already"):
        told.do("parent", add_child("child"))
    with pytest.raises(WrongPhaseError, match="another one"):
        told.do("second", add_child("child"))


def test_an_ancestor_cannot_become_a_part():
    told = world("top", "middle", "low")
    told.do("top", add_child("middle"))
    told.do("middle", add_child("low"))

    with pytest.raises(InvalidRequestError) as refused:
        told.do("low", add_child("top"))

    assert "low → middle → top" in refused.value.message


def test_an_issue_has_no_parts_before_it_is_accepted():
    told = world("child")
    told.report("parent", accepted=False)

    with pytest.raises(WrongPhaseError) as refused:
        told.do("parent", add_child("child"))

    assert refused.value.field == "phase"


def test_a_parent_cannot_be_added_to_itself():
    with pytest.raises(InvalidRequestError, match="itself"):
        world("a").do("a", add_child("a"))


# --- keys ---


def test_the_key_of_an_issue_that_comes_of_another_says_so_and_is_never_too_long():
    long = "k" * 64

    assert derived_key("a", "s1") == "a.s1"
    assert derived_key("k" * 61, "s1") == "k" * 61 + ".s1"
    assert len(derived_key(long, "s1")) <= 64
    assert derived_key(long, "s1") != derived_key(long[:-1] + "j", "s1")
    assert derived_key(long, "s1") != derived_key(long, "s2")


def test_nothing_is_linked_to_an_issue_where_nothing_goes_on_but_through_its_merge():
    told = world("a", "b", "c")
    told.do("a", merge("b"))

    told.do("c", link("a"))

    assert told.issues["a"].phase is Phase.CLOSED
    assert ties(told, "c") == [(RELATED, "a", False)]
