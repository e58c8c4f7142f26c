"""Laws of supervision orders, over any life: the fold is the decision, every rung fires once."""

from collections import Counter
from datetime import datetime, timedelta

import builders as b
import builders_orders as o
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.chain import breaks
from domain.decisions.orders import decide_order
from domain.errors import IssueError
from domain.evolve import StreamError
from domain.order_commands import OrderCommand
from domain.order_events import LimitSet, OrderEvent, OrderReplied, OrderRungFired
from domain.order_evolve import fold_order
from domain.order_words import OrderStanding
from domain.orders import SupervisionOrder
from domain.people import ENGINE, Actor

Act = tuple[OrderCommand, Actor]

ACTS: list[Act] = [
    (o.REPLY, o.UNIT),
    (o.REPLY, o.COLLEAGUE),
    (o.ACCEPT, o.SUPERVISOR),
    (o.REFUSE, o.OTHER_SUPERVISOR),
    (o.LIFT, o.SUPERVISOR),
    (o.RAISE, o.SUPERVISOR),
    (o.RAISE.model_copy(update={"to": "interview"}), o.LEADER),
    (o.APPEAL, o.UNIT),
    (o.ANNUL, o.OTHER_LEADER),
    (o.UPHOLD, o.OTHER_LEADER),
    (o.ACCEPT, o.UNIT),
]
STEPS = st.lists(
    st.tuples(st.integers(min_value=0, max_value=3 * 24 * 60), st.sampled_from(ACTS)), max_size=12
)
INSTRUMENTS = st.sampled_from(["reminder", "notice", "order", "criticism"])


def lived(steps: list[tuple[int, Act]], instrument: str, *, rings: bool) -> o.OrderStory:
    """Play acts, so many minutes after one another; with `rings` each rung is rung at its instant.

    What is refused leaves no trace.
    """
    story = o.issued(instrument=instrument)
    at: datetime = b.MON_9
    for minutes, (command, actor) in steps:
        at += timedelta(minutes=minutes)
        if rings:
            story.until(at)
        try:
            story.then(at, command, actor)
        except IssueError:
            continue
    return story


@given(STEPS, INSTRUMENTS, st.booleans())
@settings(max_examples=150, deadline=None)
def test_the_fold_of_the_events_is_the_order_that_was_decided_on(
    steps: list[tuple[int, Act]], instrument: str, rings: bool
) -> None:
    story = lived(steps, instrument, rings=rings)
    events = [record.order_event for record in story.records]
    assert events == story.events
    folded = fold_order(events, zone=b.ZONE, key=o.KEY, terms=o.TERMS.hash)
    assert folded == story.now
    assert story.now.version == len(events)
    assert list(breaks(story.records)) == []


@given(STEPS, INSTRUMENTS, st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_rung_fires_at_most_once_and_none_that_was_due_is_left(
    steps: list[tuple[int, Act]], instrument: str, rings: bool
) -> None:
    story = lived(steps, instrument, rings=rings)
    fired = Counter(
        (event.cycle, name)
        for event in story.events
        if isinstance(event, OrderRungFired)
        for name in (event.rung, *event.skipped)
    )
    assert all(times == 1 for times in fired.values())
    rung = story.now.next_rung
    assert rung is None or rung.due_at > story.events[-1].at


@given(STEPS, INSTRUMENTS)
@settings(max_examples=150, deadline=None)
def test_what_was_decided_is_decided_again_to_the_same_events(
    steps: list[tuple[int, Act]], instrument: str
) -> None:
    story = lived(steps, instrument, rings=True)
    order: SupervisionOrder | None = None
    events: list[OrderEvent] = []
    for submission, at in story.sent:
        decision = decide_order(order, submission, o.context(at))
        order = decision.order
        events += decision.events
    assert events == story.events


@given(STEPS, INSTRUMENTS)
@settings(max_examples=150, deadline=None)
def test_an_order_that_is_owed_always_has_a_deadline_and_no_other_has_one(
    steps: list[tuple[int, Act]], instrument: str
) -> None:
    now = lived(steps, instrument, rings=True).now
    assert (now.run is not None) == (now.standing is OrderStanding.OPEN)
    assert (now.ended_at is not None) == (not now.is_open)


@given(STEPS, INSTRUMENTS)
@settings(max_examples=150, deadline=None)
def test_every_limit_begins_a_cycle_and_nobody_who_asked_has_answered(
    steps: list[tuple[int, Act]], instrument: str
) -> None:
    story = lived(steps, instrument, rings=True)
    limits = [e for e in story.events if isinstance(e, LimitSet) and e.run is not None]
    assert story.now.cycle == len(limits)
    replied = [e for e in story.events if isinstance(e, OrderReplied)]
    assert len(story.now.replies) == len(replied)
    answered = {person for reply in story.now.replies for person in reply.people}
    assert answered.isdisjoint(story.now.pressed_by)


@given(st.lists(st.integers(min_value=0, max_value=5 * 24 * 60), max_size=8), INSTRUMENTS)
@settings(max_examples=100, deadline=None)
def test_a_ring_repeated_or_late_changes_nothing_more(waits: list[int], instrument: str) -> None:
    """Whatever rungs are rung when, again and again: each comes to what stood, or to nothing."""
    story = o.issued(instrument=instrument)
    at: datetime = b.MON_9
    for minutes in waits:
        at += timedelta(minutes=minutes)
        for cycle in range(1, story.now.cycle + 1):
            for rung in ("half", "limit", "again.1"):
                story.then(at, o.ring(cycle, rung), ENGINE)
                again = o.when(story.now, o.ring(cycle, rung), ENGINE, at)
                assert again.events == ()


def test_a_stream_that_no_order_can_have_cannot_be_folded() -> None:
    issued, fired, *_ = o.issued().until(b.MON_11).events
    replied = o.issued().then(b.MON_9, o.REPLY, o.UNIT).events[1]
    judged = o.issued().then(b.MON_9, o.REPLY, o.UNIT).then(b.MON_9, o.ACCEPT).events[2]
    for events in (
        [fired],
        [issued, issued],
        [issued, replied, fired],
        [issued, judged],
    ):
        with pytest.raises(StreamError):
            fold_order(events, zone=b.ZONE, key=o.KEY, terms=o.TERMS.hash)
