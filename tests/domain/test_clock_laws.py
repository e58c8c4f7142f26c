"""The laws of one clock (R1.7), beside a count of minutes that knows no segments."""

from datetime import datetime, timedelta

from builders import (
    ASK_EXTENSION,
    CONTACT,
    ENGINE,
    ESCALATE,
    GRANT,
    HEAD,
    IN_HANDLING,
    MON_9,
    NOTE,
    OFFICER,
    PAUSE,
    RAISE,
    RESUME,
    SHANGHAI,
    clock_rule,
    given,
    ring,
    terms_of,
    when,
)
from deep import deep
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.clocks import Standing
from domain.days import MINUTE_MS
from domain.errors import IssueError
from domain.events import EVENT, Event
from domain.evolve import evolve
from domain.issue import Issue
from domain.phases import Phase
from domain.reading import read, spent_ms

MINUTE = timedelta(minutes=1)
RECORDED = [
    {"id": "half", "percent": 50},
    {"id": "due", "percent": 100, "effect": "record"},
    {"id": "again", "every": {"kind": "open_hours", "minutes": 60}, "times": 3},
]
TERMS = terms_of(
    clocks=clock_rule(
        "handling",
        reset=[{"events": ["issue_escalated"], "paused": False}],
        budgets=[
            {"duration": {"kind": "wall", "minutes": 400}, "priority": "emergency"},
            {"duration": {"kind": "open_hours", "minutes": 600}},
        ],
        rungs=RECORDED,
    )
)
OPENED = given(*IN_HANDLING, terms=TERMS)
ACTS = {
    "note": (NOTE, OFFICER),
    "contact": (CONTACT, OFFICER),
    "pause": (PAUSE, OFFICER),
    "resume": (RESUME, OFFICER),
    "escalate": (ESCALATE, HEAD),
    "ask": (ASK_EXTENSION, OFFICER),
    "grant": (GRANT, HEAD),
    "raise": (RAISE, HEAD),
    "ring": (ring(), ENGINE),
}
LIVES = st.lists(
    st.tuples(st.integers(0, 3 * 24 * 60), st.sampled_from(sorted(ACTS))), min_size=1, max_size=9
)


def is_open(at: datetime) -> bool:
    """The zone's week, told by a wall clock: Monday to Friday, nine to five."""
    there = at.astimezone(SHANGHAI)
    return there.weekday() < 5 and 9 <= there.hour < 17


class Minutes:
    """Counts a clock by looking at it every minute."""

    def __init__(self) -> None:
        self.at = MON_9
        self.all = self.open = 0

    def until(self, at: datetime, *, counting: bool) -> None:
        while self.at < at:
            self.all += counting
            self.open += counting and is_open(self.at)
            self.at += MINUTE

    def elapsed_ms(self, basis: str) -> int:
        return (self.open if basis == "open" else self.all) * MINUTE_MS


def live(acts: list[tuple[int, str]]) -> tuple[Issue, datetime, list[Event], Minutes]:
    """Play acts at whole minutes and count `handling` beside them, cycle by cycle."""
    issue, at, events, minutes = OPENED, MON_9, [], Minutes()
    for gap, name in acts:
        at += gap * MINUTE
        before = issue.clock("handling")
        minutes.until(at, counting=before.standing is Standing.RUNNING)
        try:
            decision = when(issue, *ACTS[name], at, terms=TERMS)
        except IssueError:
            continue
        issue = decision.issue
        events += decision.events
        if issue.clock("handling").cycle != before.cycle:
            minutes.all = minutes.open = 0
    return issue, at, events, minutes


@settings(max_examples=deep("clocks counted minute by minute", 20_000), deadline=None)
@for_all(LIVES)
def test_what_the_fold_has_spent_is_what_a_count_of_minutes_gives(acts):
    issue, at, events, minutes = live(acts)
    clock = issue.clock("handling")

    shown = read(clock, TERMS.calendar, at)
    assert spent_ms(clock, TERMS.calendar, at) == minutes.elapsed_ms(clock.basis)
    assert shown.net_ms == minutes.elapsed_ms(clock.basis)
    assert shown.net_ms + shown.remaining_ms - shown.over_ms == clock.budget_ms
    assert (shown.due_at is None) == (clock.standing is not Standing.RUNNING)
    assert (shown.due_at_if_resumed_now is None) == (clock.standing is not Standing.PAUSED)
    check_read_back(events, issue)
    check_ringing_again(issue, at, events)


def check_read_back(events: list[Event], issue: Issue) -> None:
    """The fold of the events, written and read again, is the issue."""
    folded = OPENED
    for event in events:
        again = EVENT.validate_json(event.model_dump_json())
        folded = evolve(folded, again, zone=folded.zone, key=folded.key, terms=TERMS.hash)
    assert folded == issue


def check_ringing_again(issue: Issue, at: datetime, events: list[Event]) -> None:
    """A rung that has fired and is rung again changes nothing."""
    assert issue.phase is Phase.HANDLING
    fired = [e for e in events if e.kind == "rung_fired"]
    assert len({(e.clock, e.cycle, e.rung) for e in fired}) == len(fired)
    settled = when(issue, ring(), ENGINE, at, terms=TERMS).issue
    for event in fired:
        again = when(settled, ring(event.clock, event.cycle, event.rung), ENGINE, at, terms=TERMS)
        assert again.events == ()
        assert again.issue.clocks == settled.clocks
