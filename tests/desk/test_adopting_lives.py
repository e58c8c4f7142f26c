"""Lives by chance that move to other terms: back again every deadline is where it was."""

from datetime import timedelta
from typing import Any

import builders as b
from adoptions import LONGER, SHORTER, aim, calendar, limits
from deep import deep
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from laws import lives

from desk.moves import move_of
from domain.decisions import Context, decide
from domain.errors import IssueError
from domain.issue import Issue
from domain.model import to_millisecond
from domain.terms import Terms

DAY = timedelta(days=1)
LIVES = deep("lives that move to another handbook and back", 600)
random_lives = settings(
    max_examples=LIVES,
    deadline=None,
    suppress_health_check=[
        *(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    ],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
fewer_lives = settings(random_lives, max_examples=LIVES // 3)
TARGETS = [
    Terms(handbook=terms.handbook, calendar=b.CALENDAR)
    for terms in (
        LONGER,
        SHORTER,
        *(
            limits(1, **{each["id"]: {"retarget": {"handbook": answer}} for each in b.CLOCKS})
            for answer in ("restart", "keep_old_target", "strictest_of", "from_anchor_with_credit")
        ),
    )
]
CALENDARS = [
    b.TERMS.with_calendar(calendar(2030, *days))
    for days in ((), (b.FIRST_MONDAY + DAY,), tuple(b.FIRST_MONDAY + n * DAY for n in range(40)))
]


def moved(issue: Issue, command: Any, terms: Terms, target: Terms, at: Any) -> Issue:
    """Return the issue after the engine moved it."""
    sent = b.submission(command, b.ENGINE, key=issue.key)
    decision = decide(issue, sent, Context(at=at, terms=terms, target=target))
    foreseen = move_of(issue, decision.events)
    live = [clock.id for clock in issue.clocks if clock.is_live]
    assert {clock.clock for clock in foreseen.clocks} <= set(live) | {
        clock.id for clock in decision.issue.clocks
    }
    assert decision.issue.terms == target.hash
    return decision.issue


@random_lives
@for_all(
    lives(),
    st.sampled_from(TARGETS),
    st.sampled_from([0, 1, 60_000, 3_600_000, 86_400_000, 500_000_000]),
)
def test_to_another_handbook_and_back_leaves_every_deadline_where_it_was(life, target, ms):
    issue = life.issue
    assume(issue is not None and issue.is_open)
    at = to_millisecond(max(life.at, issue.changed_at))
    issue = decide(issue, b.submission(b.ring(), b.ENGINE), b.context(at)).issue
    rung = issue.next_rung
    later = at + timedelta(milliseconds=ms)
    # Rungs that fall due meanwhile change the issue by their own right.
    if rung is not None:
        later = min(later, rung[1].due_at - timedelta(milliseconds=1))
    there = moved(issue, b.adopt_handbook(target), b.TERMS, target, at)
    if there.next_rung is not None and there.next_rung[1].due_at <= later:
        later = at
    assume(there.next_rung is None or there.next_rung[1].due_at > later)
    back = moved(there, b.adopt_handbook(b.TERMS, undo=True), target, b.TERMS, later)
    assert [aim(clock) for clock in back.clocks if clock.is_live] == [
        aim(clock) for clock in issue.clocks if clock.is_live
    ]


@fewer_lives
@for_all(lives(), st.sampled_from(CALENDARS))
def test_a_publication_moves_live_clocks_only_and_is_the_same_again(life, target):
    issue = life.issue
    assume(issue is not None and issue.is_open)
    at = max(life.at, issue.changed_at)
    issue = decide(issue, b.submission(b.ring(), b.ENGINE), b.context(at)).issue
    try:
        after = moved(issue, b.adopt_calendar(target), b.TERMS, target, at)
    except IssueError:
        assert target is CALENDARS[-1]
        return
    ended = [clock for clock in issue.clocks if not clock.is_live]
    assert [clock for clock in after.clocks if clock.id in {e.id for e in ended}] == ended
    again = decide(
        after,
        b.submission(b.adopt_calendar(target), b.ENGINE, key=issue.key),
        Context(at=at, terms=target, target=target),
    )
    assert [event.kind for event in again.events if event.kind != "rung_fired"] == []
