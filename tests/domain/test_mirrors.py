"""What an issue's outcome is to its duplicates: a proposal to each enterprise, no close (R10.3)."""

import builders as b
import pytest
from builders_kin import (
    KIN,
    UNMERGE,
    World,
    add_child,
    duplicates,
    kin_terms,
    merge,
    release,
    unlink,
    world,
)

from domain import commands as cmd
from domain import commands_of_kin as ck
from domain.errors import NotPermittedError, WrongPhaseError
from domain.issue import Promise, Resolution
from domain.kin import TIES_MAX, KinNews, Tie
from domain.people import ENGINE
from domain.phases import LinkType, Outcome, Phase, ResultClass, SignOffOutcome

DUPLICATE = LinkType.DUPLICATES


def pair(**changes) -> World:
    """Return a world where `second` duplicates `first`, which the bakery reported."""
    told = World(terms=kin_terms(**changes) if changes else KIN)
    told.report("second")
    told.report("first", enterprise="bakery")
    told.do("second", duplicates("first"))
    told.settle()
    return told


def closed_first(told: World, resolution=b.SOLVED) -> None:
    told.do("first", cmd.ProposeResolution(resolution=resolution), b.NEIGHBOUR)
    told.do("first", b.CONFIRM, b.OTHER_ENTERPRISE)
    solved = resolution.result is ResultClass.SOLVED
    told.do("first", b.VERIFY, b.OTHER_HEAD if solved else b.DIRECTOR)


def news(what="ended", *, version=99, **changes) -> ck.RecordKin:
    fields = {"what": what, "type": DUPLICATE, "version": version} | changes
    return ck.RecordKin(other="first", news=KinNews.model_validate(fields))


def test_the_outcome_is_proposed_to_the_duplicates_enterprise_and_closes_nothing():
    told = pair()
    closed_first(told)

    told.settle()

    second = told.issues["second"]
    event = next(e for e in told.streams["second"] if e.kind == "resolution_proposed")
    assert (event.mirrors, event.by, event.proposers) == ("first", ENGINE, ("grid-west-1.a",))
    assert (second.phase, second.sign_off.resolution) == (Phase.SIGN_OFF, b.SOLVED)
    assert second.sign_off.outcome is None
    assert second.clock("sign_off").is_live
    tie = second.tie(DUPLICATE, "first")
    assert (tie.open, tie.outcome) == (False, Outcome.CLOSED_OUT)


def test_the_news_says_how_the_other_enterprise_had_its_say():
    told = pair()
    closed_first(told)

    sent = told.due[-1].command.news

    assert (sent.outcome, sent.sign_off) == (Outcome.CLOSED_OUT, SignOffOutcome.ACCEPTED)


def test_the_duplicates_enterprise_may_refuse_what_the_other_accepted():
    told = pair()
    closed_first(told)
    told.settle()

    told.do("second", b.REJECT, b.ENTERPRISE)

    second = told.issues["second"]
    assert (second.phase, second.rejections) == (Phase.HANDLING, 1)
    assert told.issues["first"].phase is Phase.CLOSED


def test_who_proposed_there_does_not_verify_here():
    told = World(terms=KIN)
    told.report("second", "first")
    told.do("second", duplicates("first"))
    for key in ("first", "second"):
        told.do(key, b.ESCALATE)
    told.settle()
    told.do("first", b.PROPOSE, b.HEAD)
    told.do("first", b.CONFIRM, b.ENTERPRISE)
    told.do("first", b.VERIFY, b.DIRECTOR)
    told.settle()
    told.do("second", b.CONFIRM, b.ENTERPRISE)

    with pytest.raises(NotPermittedError):
        told.do("second", b.VERIFY, b.HEAD)
    assert told.do("second", b.VERIFY, b.VICE_DIRECTOR).issue.outcome is Outcome.CLOSED_OUT


def test_what_was_promised_there_is_promised_here_and_followed_up_for_either_enterprise():
    promised = Resolution(
        result=ResultClass.PARTLY,
        summary="One lane.",
        reason="The bridge.",
        follow_up=Promise(text="The second lane."),
    )
    told = pair()
    closed_first(told, promised)
    told.settle()

    assert told.issues["second"].sign_off.resolution == promised
    told.do("second", b.CONFIRM, b.ENTERPRISE)
    told.do("second", b.VERIFY, b.VICE_DIRECTOR)
    told.settle()
    assert {"first.f1", "second.f1"} <= told.issues.keys()


def test_a_duplicate_of_a_duplicate_hears_of_it_in_its_turn():
    told = pair()
    told.report("third")
    told.do("third", duplicates("second"))
    closed_first(told)
    told.settle()
    told.do("second", b.CONFIRM, b.ENTERPRISE)
    told.do("second", b.VERIFY, b.HEAD)

    told.settle()

    event = next(e for e in told.streams["third"] if e.kind == "resolution_proposed")
    assert (event.mirrors, event.proposers) == ("second", ("grid-west-1.a",))


def test_an_issue_linked_to_one_that_is_closed_already_hears_of_its_outcome():
    told = World(terms=KIN)
    told.report("second")
    told.report("first", enterprise="bakery")
    closed_first(told)

    told.do("second", duplicates("first"))
    told.settle()

    assert told.issues["second"].sign_off.mirrors == "first"


def proposed(told: World) -> bool:
    return any(e.kind == "resolution_proposed" for e in told.streams["second"])


def test_where_a_team_is_at_work_the_news_is_only_kept():
    told = pair()
    told.do("second", b.ESCALATE)
    told.do("second", b.CONVENE, b.HEAD)
    closed_first(told)
    told.settle()

    assert not proposed(told)
    assert told.issues["second"].tie(DUPLICATE, "first").outcome is Outcome.CLOSED_OUT


def test_where_a_part_of_it_is_open_the_news_is_only_kept():
    told = pair()
    told.report("child")
    told.do("second", add_child("child"))
    closed_first(told)
    told.settle()

    assert not proposed(told)


def test_where_it_is_not_accepted_the_news_is_only_kept():
    told = World(terms=KIN)
    told.report("second", accepted=False)
    told.report("first", enterprise="bakery")
    told.do("second", duplicates("first"))
    told.settle()
    closed_first(told)
    told.settle()

    assert (proposed(told), told.issues["second"].phase) == (False, Phase.INTAKE)


def test_an_own_proposal_stays_as_it_is():
    told = pair()
    own = Resolution(result=ResultClass.SOLVED, summary="The gate was moved.")
    told.do("second", cmd.ProposeResolution(resolution=own))
    closed_first(told)
    told.settle()

    assert told.issues["second"].sign_off.resolution == own


def test_any_other_end_is_only_kept():
    told = pair()
    told.do("first", b.WITHDRAW, b.OTHER_ENTERPRISE)
    told.do("first", b.VERIFY, b.OTHER_HEAD)
    told.settle()

    assert not proposed(told)
    assert told.issues["second"].tie(DUPLICATE, "first").outcome is Outcome.WITHDRAWN


def test_an_issue_that_is_no_duplicate_any_more_is_proposed_nothing():
    told = pair()
    closed_first(told)
    told.do("second", unlink("first", DUPLICATE))
    told.settle()

    assert not proposed(told)
    assert told.issues["second"].ties == ()


def test_a_duplicate_hears_when_the_other_issue_is_open_again():
    told = pair()
    closed_first(told)
    told.do("first", b.REOPEN, b.OTHER_ENTERPRISE)
    told.settle()

    assert told.issues["second"].tie(DUPLICATE, "first").open is True
    assert told.issues["second"].phase is Phase.SIGN_OFF


# --- news ---


def test_news_is_heard_once():
    told = pair()
    first = told.do("second", news(outgoing=True, outcome=Outcome.WITHDRAWN), ENGINE)
    again = told.do("second", news(outgoing=True, outcome=Outcome.WITHDRAWN), ENGINE)

    assert b.kinds(first) == ["kin_recorded"]
    assert again.events == ()


def test_older_news_is_no_news():
    told = pair()
    told.do("second", news("reopened", version=20, outgoing=True), ENGINE)

    late = told.do("second", news(version=19, outgoing=True, outcome=Outcome.WITHDRAWN), ENGINE)

    assert late.events == ()
    assert told.issues["second"].tie(DUPLICATE, "first").open is True


def test_a_link_that_was_undone_before_it_was_heard_of_is_not_made():
    told = world("a")
    told.do("a", news("unlinked", version=6), ENGINE)

    late = told.do("a", news("linked", version=5), ENGINE)

    assert late.events == ()
    assert told.issues["a"].ties == ()


@pytest.mark.parametrize("what", ["ended", "reopened"])
def test_news_of_a_link_that_is_not_there_is_no_news(what):
    told = world("a")

    assert told.do("a", news(what, outgoing=True), ENGINE).events == ()


def test_only_closeout_itself_passes_news_on():
    with pytest.raises(NotPermittedError):
        pair().do("second", news(outgoing=True), b.OFFICER)


def test_an_issue_with_too_many_links_says_so_to_whoever_links_one_more():
    told = world("a")
    full = tuple(Tie(type=LinkType.RELATES, other=f"k{n}") for n in range(TIES_MAX))
    told.issues["a"] = told.issues["a"].model_copy(update={"ties": full})

    with pytest.raises(WrongPhaseError, match="as many links"):
        told.do("a", news("linked"), ENGINE)


def with_merged_child() -> World:
    told = world("parent", "child", "other")
    told.do("parent", add_child("child"))
    told.do("child", merge("other"))
    told.settle()
    return told


def test_a_merged_child_is_waited_for_until_what_it_goes_on_in_is_closed_out():
    told = with_merged_child()
    with pytest.raises(WrongPhaseError) as refused:
        told.do("parent", b.PROPOSE)
    assert "child" in str(refused.value)

    told.close("other")
    told.settle()

    assert told.issues["parent"].children_open == ()
    told.do("other", b.REOPEN, b.ENTERPRISE)
    told.settle()
    assert told.issues["parent"].children_open == ("child",)


def test_a_parent_comes_back_when_what_its_merged_child_goes_on_in_does():
    told = with_merged_child()
    told.close("other")
    told.settle()
    told.close("parent")

    told.do("other", b.REOPEN, b.ENTERPRISE)
    told.settle()

    assert told.issues["parent"].phase is Phase.HANDLING


def test_a_merged_child_is_waited_for_when_it_stands_by_itself_again_and_not_when_released():
    told = with_merged_child()
    told.do("child", UNMERGE)
    told.settle()
    assert told.issues["parent"].children_open == ("child",)

    told.do("parent", release("child"))

    assert told.issues["parent"].children_open == ()


def test_a_child_merged_before_it_was_added_is_waited_for():
    told = world("parent", "child", "other")
    told.do("child", merge("other"))
    told.do("parent", add_child("child"))
    told.settle()

    assert told.issues["parent"].children_open == ("child",)


def test_the_duplicate_of_a_merged_primary_hears_what_becomes_of_it_and_is_proposed_nothing():
    told = world("second", "first", "other")
    told.do("second", duplicates("first"))
    told.do("first", merge("other"))
    told.settle()
    tie = told.issues["second"].tie(DUPLICATE, "first")
    assert tie.outcome is Outcome.MERGED

    told.close("other")
    told.settle()

    second = told.issues["second"]
    assert second.tie(DUPLICATE, "first").outcome is Outcome.CLOSED_OUT
    assert (second.phase, second.sign_off) == (Phase.HANDLING, None)


def test_a_child_taken_up_again_before_it_hears_of_its_parent_is_waited_for():
    told = world("parent", "child")
    told.close("child")
    told.do("parent", add_child("child"))
    told.do("child", b.REOPEN, b.ENTERPRISE)

    told.settle()

    assert told.issues["parent"].children_open == ("child",)


def test_a_child_closed_before_it_hears_of_its_parent_is_not_waited_for():
    told = world("parent", "child")
    told.do("parent", add_child("child"))
    told.close("child")

    told.settle()

    assert told.issues["parent"].children_open == ()


def test_what_was_on_its_way_when_a_child_was_taken_back_is_older_than_what_was_seen_of_it():
    told = world("parent", "child")
    told.do("parent", add_child("child"))
    told.settle()
    told.close("child")
    late = told.due.pop()
    told.do("parent", release("child"))
    told.settle()
    told.do("child", b.REOPEN, b.ENTERPRISE)
    told.do("parent", add_child("child"))
    told.settle()

    assert told.run(late).events == ()
    assert told.issues["parent"].children_open == ("child",)
