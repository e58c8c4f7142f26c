"""Taking a closed issue up again: resume, new cycle, successor; what its clocks have (R10.1)."""

from datetime import timedelta

import builders as b
import pytest
from builders_kin import KIN, World, add_child, kin_terms, reopening_terms, world

from domain import commands as cmd
from domain.clocks import Standing, Verdict
from domain.decisions.reopening import SUCCESSORS_MAX
from domain.derivation import derivations
from domain.errors import WrongPhaseError
from domain.issue import Issue, Promise, Resolution
from domain.people import ENGINE
from domain.phases import LinkType, Origin, Outcome, Phase, ReopenMode, ResultClass

CLOSED_AT = b.MON_10
AFTER = {
    ReopenMode.RESUME: timedelta(days=3),
    ReopenMode.NEW_CYCLE: timedelta(days=30),
    ReopenMode.SUCCESSOR: timedelta(days=365),
}
"""The last instant of each row of the builders' handbook."""


def closed(terms=KIN) -> World:
    """Return a world whose issue `a` was refused once and closed out after an hour of work."""
    told = World(terms=terms)
    told.report("a")
    told.do("a", b.PROPOSE)
    told.do("a", b.REJECT, b.ENTERPRISE)
    told.at = CLOSED_AT
    told.close("a")
    return told


def reopened(told: World, at=None) -> Issue:
    told.at = at or told.at
    told.do("a", b.REOPEN, b.ENTERPRISE)
    return told.issues["a"]


@pytest.mark.parametrize("mode", [ReopenMode.RESUME, ReopenMode.NEW_CYCLE])
def test_how_an_issue_is_reopened_goes_by_the_age_of_its_close_out(mode):
    told = closed()

    issue = reopened(told, CLOSED_AT + AFTER[mode])

    assert told.streams["a"][-1].mode is mode
    assert (issue.phase, issue.reopened, issue.sign_off) == (Phase.HANDLING, 1, None)


def test_a_resumed_issue_keeps_its_refusals_and_a_new_cycle_does_not():
    assert reopened(closed(), CLOSED_AT).rejections == 1
    assert reopened(closed(), CLOSED_AT + AFTER[ReopenMode.NEW_CYCLE]).rejections == 0


def test_a_resumed_issue_keeps_its_team():
    told = World(terms=KIN)
    told.report("a")
    told.do("a", b.ESCALATE)
    told.do("a", b.CONVENE, b.HEAD)
    for part in ("survey", "cable"):
        told.do("a", cmd.WaivePart(part=part, reason="Done before."), b.HEAD)
    told.do("a", b.PROPOSE, b.HEAD)
    told.do("a", b.CONFIRM, b.ENTERPRISE)
    told.do("a", b.VERIFY, b.DIRECTOR)

    issue = reopened(told)

    assert [part.id for part in issue.team.parts] == ["survey", "cable", "permit"]
    assert issue.owner == "head-east"


def test_after_the_last_row_it_is_over():
    told = closed()
    told.at = CLOSED_AT + AFTER[ReopenMode.SUCCESSOR] + timedelta(milliseconds=1)

    with pytest.raises(WrongPhaseError) as refused:
        told.do("a", b.REOPEN, b.ENTERPRISE)

    assert refused.value.allowed == "within 365 days of close-out"


def test_a_handbook_without_rows_reopens_as_ever_and_records_no_mode():
    told = closed(kin_terms(sign_off={}))

    reopened(told, CLOSED_AT + timedelta(days=30))

    event = told.streams["a"][-1]
    assert (event.kind, event.mode) == ("issue_reopened", None)
    assert "mode" not in event.model_dump(mode="json")
    late = closed(kin_terms(sign_off={}))
    late.at = CLOSED_AT + timedelta(days=31)
    with pytest.raises(WrongPhaseError):
        late.do("a", b.REOPEN, b.ENTERPRISE)


def test_what_was_never_closed_out_is_not_reopened():
    told = World(terms=KIN)
    told.report("a", accepted=False)
    told.do("a", b.WITHDRAW, b.ENTERPRISE)

    with pytest.raises(WrongPhaseError) as refused:
        told.do("a", b.REOPEN, b.ENTERPRISE)

    assert refused.value.field == "outcome"


def test_an_open_issue_is_not_reopened():
    with pytest.raises(WrongPhaseError) as refused:
        world("a").do("a", b.REOPEN, b.ENTERPRISE)

    assert refused.value.field == "phase"


# --- clocks ---


def test_resumed_the_clock_has_what_its_last_cycle_left_and_the_first_verdict_stays():
    told = closed()
    first = told.issues["a"].clock("handling")

    clock = reopened(told, b.TUE_9).clock("handling")

    assert first.verdict is Verdict.MET
    assert (clock.cycle, clock.standing) == (first.cycle + 1, Standing.RUNNING)
    assert clock.budget_ms == first.budget_ms - first.elapsed_ms == 15 * b.HOUR_MS
    assert clock.due_at == b.WED_9 + timedelta(hours=7)
    assert clock.duration is None


def test_in_a_new_cycle_the_clock_has_all_its_time():
    clock = reopened(closed(), CLOSED_AT + timedelta(days=7)).clock("handling")

    assert clock.budget_ms == 16 * b.HOUR_MS


@pytest.mark.parametrize(
    ("mode", "on_reopening", "hours"),
    [("resume", "restart", 16), ("new_cycle", "carry_on", 15), ("new_cycle", "restart", 16)],
)
def test_what_a_clock_has_on_reopening_is_the_handbooks_to_say(mode, on_reopening, hours):
    terms = reopening_terms((30, mode), handling={"on_reopening": on_reopening})

    clock = reopened(closed(terms), b.TUE_9).clock("handling")

    assert clock.budget_ms == hours * b.HOUR_MS


def test_a_clock_that_had_nothing_left_is_due_at_once_and_breached_once_more():
    rungs = [{"id": "due", "percent": 100, "effect": "record"}]
    told = World(terms=reopening_terms((30, "resume"), handling={"rungs": rungs}))
    told.report("a")
    told.at = b.THU_9
    told.close("a")
    first = told.issues["a"].clock("handling")

    clock = reopened(told).clock("handling")
    told.do("a", b.ring(cycle=2), ENGINE)

    assert first.verdict is Verdict.BREACHED_THEN_MET
    assert (clock.budget_ms, clock.due_at) == (0, b.THU_9)
    assert told.issues["a"].clock("handling").breached_at == b.THU_9


def test_a_clock_of_which_there_was_no_cycle_begins_in_full():
    redo = {"start": [{"events": ["resolution_rejected", "issue_reopened"]}]}
    told = World(terms=reopening_terms((30, "resume"), redo=redo))
    told.report("a")
    told.close("a")

    clock = reopened(told).clock("redo")

    assert (clock.cycle, clock.budget_ms) == (1, 2 * b.DAY_MS)


# --- successors ---


def test_later_a_new_issue_succeeds_the_closed_one():
    told = closed()
    told.at = CLOSED_AT + timedelta(days=100)
    decision = told.do("a", b.REOPEN, b.ENTERPRISE)

    told.settle()

    old, new = told.issues["a"], told.issues["a.s1"]
    assert b.kinds(decision) == ["successor_asked"]
    assert (old.phase, old.reopened, old.successors) == (Phase.CLOSED, 0, 1)
    assert (new.phase, new.origin, new.title) == (Phase.INTAKE, Origin.FOLLOW_UP, old.title)
    assert told.streams["a.s1"][0].text == b.REOPEN.reason
    assert new.tie(LinkType.SUCCEEDS, "a") is not None
    assert old.tie(LinkType.SUCCEEDS, "a.s1", incoming=True) is not None


def test_each_successor_has_a_key_of_its_own_and_there_are_not_too_many():
    told = closed()
    told.at = CLOSED_AT + timedelta(days=100)
    for _ in range(SUCCESSORS_MAX):
        told.do("a", b.REOPEN, b.ENTERPRISE)

    keys = [event.successor for event in told.streams["a"] if event.kind == "successor_asked"]
    assert len(set(keys)) == SUCCESSORS_MAX
    with pytest.raises(WrongPhaseError) as refused:
        told.do("a", b.REOPEN, b.ENTERPRISE)
    assert refused.value.field == "successors"


def by_review(told: World, key: str = "a") -> None:
    """Let the stream end as a closing review ends it."""
    issue = told.issues[key]
    update = {"outcome": Outcome.CLOSED_BY_REVIEW}
    told.issues[key] = issue.model_copy(update=update)


def test_what_a_closing_review_let_stand_has_successors_only():
    told = closed()
    by_review(told)
    told.at = CLOSED_AT + timedelta(days=1)

    assert b.kinds(told.do("a", b.REOPEN, b.ENTERPRISE)) == ["successor_asked"]

    none = closed(reopening_terms((30, "new_cycle")))
    by_review(none)
    with pytest.raises(WrongPhaseError) as refused:
        none.do("a", b.REOPEN, b.ENTERPRISE)
    assert refused.value.field == "outcome"


# --- what follows up a promise ---

PROMISED = Resolution(
    result=ResultClass.PARTLY,
    summary="One lane is open.",
    reason="The bridge is closed.",
    follow_up=Promise(text="The second lane opens in May."),
)


def test_a_promise_leads_to_an_issue_that_follows_it_up():
    told = world("a")

    decision = told.close("a", PROMISED)
    told.settle()

    new = told.issues["a.f1"]
    assert b.kinds(decision) == ["issue_closed_out", "successor_asked"]
    assert told.streams["a.f1"][0].text == "The second lane opens in May."
    assert new.promise == PROMISED.follow_up
    assert new.tie(LinkType.SUCCEEDS, "a") is not None


def test_each_close_out_has_a_follow_up_of_its_own():
    told = world("a")
    told.close("a", PROMISED)
    told.do("a", b.REOPEN, b.ENTERPRISE)
    told.close("a", PROMISED)
    told.settle()

    assert {"a.f1", "a.f2"} <= told.issues.keys()


def test_without_a_promise_or_without_the_rule_nothing_follows():
    plain, without_rule = world("a"), world("a", terms=kin_terms(sign_off={}))
    plain.close("a")
    without_rule.close("a", PROMISED)

    assert plain.issues["a"].successors == without_rule.issues["a"].successors == 0


def test_a_withdrawn_issue_promises_nothing():
    told = world("a")
    told.do("a", b.WITHDRAW, b.ENTERPRISE)
    told.do("a", b.VERIFY, b.HEAD)

    assert (told.issues["a"].outcome, told.issues["a"].successors) == (Outcome.WITHDRAWN, 0)


# --- a parent is taken up again with its part ---


def family(terms=KIN) -> World:
    """Return a parent and its child, both closed out on Monday at nine."""
    told = world("parent", "child", "other", terms=terms)
    told.do("parent", add_child("child"))
    told.do("parent", add_child("other"))
    told.settle()
    for key in ("child", "other", "parent"):
        told.close(key)
        told.settle()
    return told


def test_a_child_that_is_reopened_reopens_its_parent_and_not_its_sister():
    told = family()

    told.do("child", b.REOPEN, b.ENTERPRISE)
    told.settle()

    parent = told.issues["parent"]
    event = told.streams["parent"][-1]
    assert (event.kind, event.child, event.by) == ("issue_reopened", "child", ENGINE)
    assert (event.reason, event.mode) == (b.REOPEN.reason, ReopenMode.RESUME)
    assert (parent.phase, parent.children_open) == (Phase.HANDLING, ("child",))
    assert not told.issues["other"].is_open


def test_a_parent_closed_too_long_ago_only_hears_of_it():
    told = family(reopening_terms((5, "new_cycle"), (30, "successor")))
    told.at = b.MON_9 + timedelta(days=4)
    told.do("child", b.REOPEN, b.ENTERPRISE)
    told.at = b.MON_9 + timedelta(days=6)

    told.settle()

    parent = told.issues["parent"]
    assert told.streams["parent"][-1].kind == "kin_recorded"
    assert (parent.phase, parent.children_open) == (Phase.CLOSED, ("child",))


def test_an_open_parent_only_hears_of_it():
    told = world("parent", "child")
    told.do("parent", add_child("child"))
    told.settle()
    told.close("child")
    told.settle()

    told.do("child", b.REOPEN, b.ENTERPRISE)
    told.settle()

    assert told.issues["parent"].children_open == ("child",)
    assert told.streams["parent"][-1].kind == "kin_recorded"


def test_the_derivation_says_that_the_time_was_carried_on_and_names_no_budget():
    submissions = (b.PROPOSE, b.OFFICER), (b.CONFIRM, b.ENTERPRISE), (b.VERIFY, b.HEAD)
    steps = [*b.IN_HANDLING, *(b.Step(actor, command, b.MON_10) for command, actor in submissions)]
    story = b.told(*steps, b.Step(b.ENTERPRISE, b.REOPEN, b.TUE_9), terms=KIN)

    every = derivations(story.records, {KIN.hash: KIN})
    first, second = (each for each in every if each.clock == "handling")

    assert (first.targets[0].carried, first.targets[0].choice.tier) == (False, 1)
    target = second.targets[0]
    assert (target.carried, target.choice, target.duration) == (True, None, None)
    assert (target.budget_ms, target.adds_up) == (15 * b.HOUR_MS, True)
