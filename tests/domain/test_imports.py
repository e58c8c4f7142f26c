"""Issues that were kept in another ledger: they begin where it has them, and go on as any other."""

from datetime import timedelta
from typing import Any

import builders as b
import builders_ladder as bl
import pytest
from builders_import import BY_PHASE, KEY, NUMBER, Played, import_issue, stated
from deep import deep
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain import commands as cmd
from domain.clocks import Standing
from domain.commands_of_import import ImportIssue, StatedClock
from domain.decisions import decide
from domain.decisions.importing import imported_key, is_ours
from domain.errors import ConflictError, IssueError, NotPermittedError
from domain.events import RungFired
from domain.events_of_import import IssueImported
from domain.phases import Outcome, Phase, Priority

MINUTE = timedelta(minutes=1)
CHANCES = deep("clocks that were stated in another ledger", 800)
SAME = {
    Phase.INTAKE: b.IN_INTAKE,
    Phase.HANDLING: b.IN_HANDLING,
    Phase.SIGN_OFF: b.IN_SIGN_OFF,
    Phase.CLOSED: b.CLOSED_OUT,
}
TO_THE_END = {
    Phase.INTAKE: (
        (b.ACCEPT, b.OFFICER),
        (b.PROPOSE, b.OFFICER),
        (b.CONFIRM, b.ENTERPRISE),
        (b.VERIFY, b.HEAD),
    ),
    Phase.HANDLING: (
        (b.PROPOSE, b.OFFICER),
        (b.CONFIRM, b.ENTERPRISE),
        (b.VERIFY, b.HEAD),
    ),
    Phase.SIGN_OFF: ((b.CONFIRM, b.ENTERPRISE), (b.VERIFY, b.HEAD)),
    Phase.CLOSED: (
        (b.REOPEN, b.ENTERPRISE),
        (b.PROPOSE, b.OFFICER),
        (b.CONFIRM, b.ENTERPRISE),
        (b.VERIFY, b.HEAD),
    ),
}


def test_one_event_says_where_the_issue_comes_from_and_how_it_stands() -> None:
    life = Played(import_issue(tier=2, handler="roads-desk"))

    (record,) = life.records
    event = record.event
    assert isinstance(event, IssueImported)
    assert (event.source.line, event.number, event.by) == (18, NUMBER, b.COORDINATOR)
    assert (life.issue.number, life.issue.key) == (NUMBER, KEY)
    assert (life.issue.owner, life.issue.handler, life.issue.unit) == (
        "head-east",
        "roads-desk",
        "roads",
    )
    assert life.issue.reported_at == b.local(-7)
    assert life.issue.imported is not None
    assert life.issue.imported.source == event.source


@pytest.mark.parametrize("phase", TO_THE_END)
def test_an_imported_issue_is_carried_to_its_close_out(phase: Phase) -> None:
    life = Played(import_issue(phase))

    for command, actor in TO_THE_END[phase]:
        life.do(command, actor)

    assert (life.issue.phase, life.issue.outcome) == (Phase.CLOSED, Outcome.CLOSED_OUT)
    assert not any(clock.is_live for clock in life.issue.clocks)


@pytest.mark.parametrize("phase", SAME)
def test_its_clocks_stand_where_those_of_an_issue_of_ours_would(phase: Phase) -> None:
    brought, ours = Played(import_issue(phase)).issue, b.given(*SAME[phase])

    def live(issue: Any) -> dict[str, object]:
        return {
            clock.id: (clock.standing, clock.basis, clock.budget_ms, clock.due_at, clock.rungs)
            for clock in issue.clocks
            if clock.is_live
        }

    assert live(brought) == live(ours)


def test_a_clock_that_waits_goes_on_once_the_wait_is_over() -> None:
    life = Played(import_issue(Phase.SIGN_OFF))
    waiting = life.issue.clock("resolution")
    assert waiting is not None
    assert (waiting.standing, waiting.due_at, waiting.rungs) == (Standing.PAUSED, None, ())

    life.do(b.REJECT, b.ENTERPRISE, b.TUE_9)

    running = life.issue.clock("resolution")
    assert running is not None
    assert (running.standing, running.elapsed_ms) == (Standing.RUNNING, 0)
    assert running.due_at == b.local(14, 17)


@settings(max_examples=CHANCES, deadline=None)
@given(
    minutes=st.integers(-60 * 24 * 6, 60 * 24 * 400),
    clock=st.sampled_from(["handling", "resolution"]),
)
def test_a_stated_deadline_is_the_clocks_deadline_and_past_it_rings_once(
    minutes: int, clock: str
) -> None:
    due_at = b.MON_9 + minutes * MINUTE
    assume(due_at > b.local(-6))

    life = Played(import_issue(clocks=stated(clock, due=due_at)))

    brought = life.issue.clock(clock)
    assert brought is not None
    assert brought.due_at == due_at
    assert brought.anchor_at == b.local(-6)
    if due_at > b.MON_9:
        assert brought.breached_at is None
        assert all(rung.due_at > b.MON_9 for rung in brought.rungs)
        return
    assert (brought.breached_at, brought.born_breached) == (due_at, True)
    assert brought.superseded == ("at-50", "at-80")
    kinds = life.ring()
    fired = [r.event for r in life.records if isinstance(r.event, RungFired)]
    assert [(each.clock, each.rung, each.late_by_us) for each in fired] == [(clock, "due", False)]
    assert kinds[1:] == (["issue_escalated"] if clock == "handling" else [])


@settings(max_examples=CHANCES, deadline=None)
@given(minutes=st.integers(0, 60 * 24 * 6))
def test_counted_from_its_beginning_there_a_clock_ends_as_it_would_have_here(minutes: int) -> None:
    since_at = b.MON_9 - minutes * MINUTE
    early = [b.Step(step.actor, step.command, since_at) for step in b.IN_HANDLING]
    ours = b.given(*early).clock("resolution")
    assert ours is not None

    clocks = stated("resolution", since=since_at)
    brought = Played(import_issue(clocks=clocks)).issue.clock("resolution")

    assert brought is not None
    assert (brought.due_at, brought.budget_ms, brought.basis, brought.anchor_at) == (
        ours.due_at,
        ours.budget_ms,
        ours.basis,
        since_at,
    )
    ahead = tuple(rung for rung in ours.rungs if rung.due_at > b.MON_9)
    assert brought.rungs == ahead


def test_of_repeats_that_have_passed_the_next_lies_ahead_and_effects_are_not_lost() -> None:
    rungs = [
        {"id": "due", "percent": 100, "effect": "record"},
        {
            "id": "again",
            "every": {"kind": "wall", "minutes": 1440},
            "times": 30,
            "effect": "remind",
        },
        {"id": "late", "after": {"kind": "wall", "minutes": 60}, "effect": "escalate"},
    ]
    terms = b.terms_of(clocks=b.clock_rule("handling", rungs=rungs))
    life = Played(
        import_issue(clocks=stated(since=b.local(-5), due=b.local(-4, 9, 30))), terms=terms
    )

    brought = life.issue.clock("handling")
    assert brought is not None
    assert brought.superseded == ("again.1", "again.2", "again.3")
    assert [(each.id, each.due_at) for each in brought.rungs] == [
        ("due", b.MON_9),
        ("late", b.MON_9),
        ("again.4", b.local(0, 9, 30)),
    ]
    assert life.ring() == ["rung_fired", "rung_fired", "issue_escalated"]


def test_a_stated_deadline_is_moved_by_no_later_handbook_and_ends_with_its_cycle() -> None:
    longer = {"kind": "open_hours", "minutes": 60 * 40}
    target = b.terms_of(revision=2, clocks=b.clock_rule("handling", budgets=[{"duration": longer}]))
    life = Played(import_issue(clocks=stated(due=b.local(3, 16))))
    sent = b.submission(b.adopt_handbook(target), b.ENGINE, key=KEY)

    adopted = decide(life.issue, sent, b.context(b.MON_10, b.TERMS, target)).issue
    escalated = decide(
        adopted, b.submission(b.ESCALATE, b.OFFICER, key=KEY), b.context(b.MON_11, target)
    ).issue

    kept, anew = adopted.clock("handling"), escalated.clock("handling")
    assert kept is not None
    assert anew is not None
    assert kept.due_at == b.local(3, 16)
    assert anew.budget_ms == 40 * b.HOUR_MS


def test_nobody_who_may_have_proposed_it_answers_or_verifies() -> None:
    terms = b.terms_of(sign_off={"by_persons_tier": False})
    life = Played(import_issue(Phase.SIGN_OFF, tier=3, handler="head-east"), terms=terms)
    sign_off = life.issue.sign_off
    assert sign_off is not None
    assert set(sign_off.hands) == {
        *("coordination.a", "director.a", "director.b", "head-east.a", "head-east.b")
    }
    life.do(b.CONFIRM, b.ENTERPRISE)

    with pytest.raises(NotPermittedError):
        life.do(b.VERIFY, b.DIRECTOR)


@pytest.mark.parametrize("actor", [a for a in b.ACTORS.values() if a != b.COORDINATOR], ids=str)
def test_nobody_but_a_coordinator_imports(actor: Any) -> None:
    with pytest.raises(NotPermittedError):
        b.when(None, import_issue(), actor, b.MON_9, key=KEY)


REFUSED: dict[str, tuple[ImportIssue, str]] = {
    "no such enterprise": (import_issue(enterprise="nobody"), "enterprise"),
    "no such category": (import_issue(category="nothing"), "category"),
    "a tier that is none": (import_issue(tier=4), "tier"),
    "an owner of another area": (import_issue(owner="grid-west-1"), "owner"),
    "an owner of another tier": (import_issue(owner="head-east"), "owner"),
    "a handler that is none": (import_issue(handler="nobody"), "handler"),
    "our own number": (import_issue(number="HARBOUR-2026-000001"), "number"),
    "parked": (import_issue().model_copy(update={"phase": Phase.PARKED}), "phase"),
    "in hand and not accepted": (import_issue(accepted_at=None), "accepted_at"),
    "in hand and closed": (import_issue(closed_at=b.local(-3)), "closed_at"),
    "closed and not said when": (import_issue(Phase.CLOSED, closed_at=None), "closed_at"),
    "merged": (import_issue(Phase.CLOSED, outcome=Outcome.MERGED), "outcome"),
    "waiting for nothing": (import_issue(Phase.SIGN_OFF, resolution=None), "resolution"),
    "reported tomorrow": (import_issue(Phase.INTAKE, reported_at=b.TUE_9), "reported_at"),
    "accepted before it was reported": (import_issue(accepted_at=b.local(-8)), "accepted_at"),
    "closed before it was reported": (
        import_issue(Phase.CLOSED, closed_at=b.local(-9)),
        "closed_at",
    ),
    "eleven years ago": (import_issue(reported_at=b.local(-4000)), "reported_at"),
    "a clock that does not run": (
        import_issue(clocks=stated("acceptance", due=b.TUE_9)),
        "clocks.acceptance",
    ),
    "a clock that stands": (
        import_issue(Phase.SIGN_OFF, clocks=stated("resolution", due=b.TUE_9)),
        "clocks.resolution",
    ),
    "a clock stated twice": (
        import_issue(clocks=(*stated(due=b.TUE_9), *stated(due=b.WED_9))),
        "clocks",
    ),
    "a clock that begins tomorrow": (
        import_issue(clocks=stated(since=b.TUE_9)),
        "clocks.handling.since_at",
    ),
    "a clock that ends before it begins": (
        import_issue(clocks=stated(since=b.local(-2), due=b.local(-3))),
        "clocks.handling.due_at",
    ),
    "a clock of six years": (
        import_issue(clocks=stated(due=b.local(2200))),
        "clocks.handling.due_at",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_by_its_field(what: str) -> None:
    command, field = REFUSED[what]

    with pytest.raises(IssueError) as refused:
        b.when(None, command, b.COORDINATOR, b.MON_9, key=imported_key(command.number))

    assert refused.value.field == field


def test_an_emergency_is_declared_where_the_handbook_knows_emergencies() -> None:
    command = import_issue(priority=Priority.EMERGENCY)
    with pytest.raises(IssueError, match="declared") as refused:
        b.when(None, command, b.COORDINATOR, b.MON_9, key=KEY, terms=bl.ladder_terms())

    assert refused.value.field == "priority"


def test_a_post_that_nobody_holds_owns_nothing() -> None:
    posts = [p | ({"people": []} if p["id"] == "grid-east-1" else {}) for p in POSTS]

    with pytest.raises(IssueError, match="Nobody holds") as refused:
        b.when(None, import_issue(), b.COORDINATOR, key=KEY, terms=b.terms_of(posts=posts))

    assert refused.value.field == "owner"


POSTS: list[dict[str, Any]] = b.HANDBOOK_DATA["posts"]


def test_a_number_leads_to_one_issue_only() -> None:
    life = Played(import_issue())

    with pytest.raises(ConflictError, match="reported under this key"):
        b.when(life.issue, import_issue(), b.COORDINATOR, key=KEY)
    with pytest.raises(IssueError, match="called by its number") as refused:
        b.when(None, import_issue(), b.COORDINATOR, key="other")

    assert refused.value.allowed == KEY


@pytest.mark.parametrize(
    ("number", "key"),
    [("17", "old-17"), ("东港〔2025〕12号", "old-"), ("a b", "old-"), ("x" * 61, "old-")],
)
def test_every_number_makes_a_key(number: str, key: str) -> None:
    assert imported_key(number).startswith(key)
    assert b.submission(b.NOTE, key=imported_key(number)).key == imported_key(number)
    assert imported_key(number) != imported_key(f"{number}.")


def test_numbers_of_our_own_form_are_known() -> None:
    assert is_ours("HARBOUR-2026-000001", "harbour")
    assert is_ours("HARBOUR-2026-1000001", "harbour")
    assert not is_ours("HARBOUR-2026-17", "harbour")
    assert not is_ours("harbour-2026-000001", "harbour")


@pytest.mark.parametrize(
    "said",
    [
        {"clock": "handling"},
        {"clock": "handling", "due_at": b.MON_9 + timedelta(seconds=1)},
        {"clock": "handling", "since_at": b.MON_9 + timedelta(milliseconds=1)},
    ],
)
def test_a_clock_is_stated_by_whole_minutes(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="clock"):
        StatedClock.model_validate(said)


def test_every_phase_but_the_parked_has_its_fields() -> None:
    assert set(BY_PHASE) == set(Phase) - {Phase.PARKED}
    assert (
        cmd.SUBMISSION.validate_json(
            b.submission(import_issue(), key=KEY).model_dump_json()
        ).command
        == import_issue()
    )
