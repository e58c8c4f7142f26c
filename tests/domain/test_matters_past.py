"""A matter of the past is the fold of the first events of its stream, from wherever one looks."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import builders as b
import builders_matters as m
import builders_zone as z
import pytest
from deep import deep
from hypothesis import given, settings
from hypothesis import strategies as st
from test_matters_told import STORIES, stock, visits

from domain.chain import GENESIS, Origin, Record, recorded
from domain.matters.evolve import fold_matter
from domain.matters.past import MatterFold
from domain.matters.state import Matter
from domain.people import Engine
from domain.sight import Sight

HOURS = st.integers(-60, 60)
MILLISECOND = timedelta(milliseconds=1)

told_once = cache(lambda number: STORIES[number]())


def records_of(story: m.MatterStory, hours: list[int | None]) -> list[Record]:
    """Return the events of a story as a ledger has them, each said to have taken place so many
    hours before it was recorded, or after; None: nothing was said."""
    records: list[Record] = []
    previous = GENESIS
    for number, event in enumerate(story.events):
        said = hours[number % len(hours)] if hours else None
        origin = Origin(
            stream=story.matter.stream,
            command_id=f"c-{number}",
            command_hash="0" * 64,
            terms=story.terms.hash,
            rules=1,
            occurred_at=None if said is None else event.at - timedelta(hours=said),
        )
        records += recorded([event], origin, after_version=number, previous=previous)
        previous = records[-1].hash
    return records


def first(story: m.MatterStory, number: int) -> Matter | None:
    """Return what the first events of a story come to."""
    return fold_matter(story.events[:number], zone=z.ZONE, key=m.KEY, terms=story.terms.hash)


@pytest.mark.parametrize("told", STORIES)
def test_a_matter_at_each_version_is_the_fold_of_the_events_up_to_it(
    told: Callable[[], m.MatterStory],
) -> None:
    story = told()
    records = records_of(story, [])
    for number in range(len(records) + 1):
        fold = MatterFold(Sight(b.NEXT_FRI_9, number))
        assert fold.take(records[:number])
        assert fold.matter == first(story, number)
        assert fold.hash == (records[number - 1].hash if number else "")
    assert story.matter == first(story, len(records))


@settings(max_examples=deep("sights of matters", in_full=4000), deadline=None)
@given(
    st.integers(0, len(STORIES) - 1), st.lists(st.none() | HOURS, max_size=4), HOURS, HOURS, HOURS
)
def test_from_any_sight_the_longest_beginning_is_seen_that_was_known_and_had_happened(
    told: int, hours: list[int | None], as_of: int, known: int, held: int
) -> None:
    story = told_once(told)
    as_of_at, known_at = b.MON_10 + timedelta(hours=as_of), b.MON_10 + timedelta(hours=known)
    records = records_of(story, hours)
    seen = 0
    for record, event in zip(records, story.events, strict=True):
        took_place = record.at
        if record.occurred_at is not None and not isinstance(event.by, Engine):
            took_place = min(record.at, record.occurred_at)
        if record.at > known_at or took_place > as_of_at:
            break
        seen += 1
    fold, at = MatterFold(Sight(b.MON_10, len(records), known_at, as_of_at)), 0
    step = 1 + held % 5
    while at < len(records) and fold.take(records[at : at + step]):
        at += step
    assert fold.matter == first(story, seen)


def test_what_took_place_earlier_is_seen_from_then_on_but_not_before_its_cause() -> None:
    story = stock()
    late = records_of(story, [None, 2])
    opened_at, received_at = story.events[0].at, story.events[1].at
    assert opened_at < received_at

    def seen(as_of_at: object) -> int:
        fold = MatterFold(Sight(b.NEXT_FRI_9, 99, as_of_at=as_of_at))  # type: ignore[arg-type]  # instants
        fold.take(late[:2])
        return 0 if fold.matter is None else fold.matter.version

    assert [seen(opened_at - MILLISECOND), seen(opened_at)] == [0, 2]
    assert seen(received_at) == 2


def test_after_an_event_that_is_not_seen_none_is() -> None:
    story = visits()
    records = records_of(story, [])
    fold = MatterFold(Sight(b.NEXT_FRI_9, 99, known_at=story.events[0].at))
    assert fold.take(records[:1])
    assert not fold.take(records[1:])
    assert fold.matter == first(story, 1)
