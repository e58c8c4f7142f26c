"""Time travel (I2): what is seen from any sight is the fold of a prefix of the events.

CLOSEOUT_DEEP=1 looks at ten times as many lives.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import builders as b
import pytest
from deep import deep
from hypothesis import HealthCheck, assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from laws import MILLISECOND, Life, lives
from test_known import ACCEPTED, PHONED, Act, correct, recorded

from domain import commands_of_time as tm
from domain.chain import Record
from domain.evolve import evolve
from domain.issue import Issue
from domain.people import ENGINE, Engine
from domain.phases import Phase
from domain.sight import Sight, counted_at, folded, seen_from

SIGHTS = deep("sights of the past", 300)
LAWS = settings(
    max_examples=SIGHTS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
HALF_PAST_9 = b.MON_9 + b.HOUR / 2
FAR = timedelta(days=40) // MILLISECOND


def versions(
    records: list[Record], as_of: datetime | None = None, known_at: datetime | None = None
) -> int:
    """Return how many events are seen."""
    at = as_of or known_at or records[-1].at
    return len(seen_from(Sight(at, 0, known_at=known_at, as_of_at=as_of), records))


# --- by example ---


def test_what_was_phoned_at_nine_and_typed_at_eleven_had_happened_at_ten_though_nobody_knew() -> (
    None
):
    records = recorded(PHONED, ACCEPTED)

    assert versions(records, as_of=b.MON_9 - MILLISECOND) == 0
    assert versions(records, as_of=b.MON_9) == 1
    assert versions(records, as_of=b.MON_10, known_at=b.MON_11 - MILLISECOND) == 0
    assert versions(records, as_of=b.MON_10, known_at=b.MON_11) == 1
    assert versions(records, known_at=b.MON_10) == 0


def test_a_correction_moves_an_event_for_those_who_know_of_it() -> None:
    records = recorded(
        Act(b.HOTLINE, b.report(), b.MON_9),
        Act(b.OFFICER, b.ACCEPT, b.MON_10),
        correct(2, HALF_PAST_9, at=b.MON_13),
    )

    assert versions(records, as_of=HALF_PAST_9) == 2
    assert versions(records, as_of=HALF_PAST_9, known_at=b.MON_13 - MILLISECOND) == 1
    assert versions(records, as_of=HALF_PAST_9, known_at=b.MON_13) == 2
    assert versions(records, known_at=HALF_PAST_9) == 1


def test_no_event_counts_before_the_one_that_it_follows() -> None:
    records = recorded(
        Act(b.HOTLINE, b.report(), b.MON_9),
        Act(b.OFFICER, b.ACCEPT, b.MON_10),
        Act(b.OFFICER, b.NOTE, b.MON_11, occurred_at=HALF_PAST_9),
    )

    assert list(counted_at(records)) == [b.MON_9, b.MON_10, b.MON_10]
    assert versions(records, as_of=HALF_PAST_9) == 1


def test_nothing_is_there_before_the_first_event() -> None:
    assert folded(()) is None
    assert list(counted_at(())) == []


def test_a_closed_issue_is_open_to_whoever_looks_from_before() -> None:
    records = recorded(
        Act(b.ENTERPRISE, b.report(), b.MON_9),
        Act(b.OFFICER, b.ACCEPT, b.MON_10),
        Act(b.OFFICER, b.PROPOSE, b.MON_11),
        Act(b.ENTERPRISE, b.CONFIRM, b.MON_13),
        Act(b.HEAD, b.VERIFY, b.MON_15),
    )

    def phase(at: datetime) -> Phase:
        issue = folded(seen_from(Sight(at, 0, as_of_at=at), records))
        assert issue is not None
        return issue.phase

    assert phase(b.MON_15) is Phase.CLOSED
    assert phase(b.MON_15 - MILLISECOND) is Phase.SIGN_OFF


# --- the laws ---


def stages(records: list[Record]) -> Iterator[Issue | None]:
    """Yield the issue before any event and after each."""
    issue: Issue | None = None
    yield issue
    for record in records:
        issue = evolve(issue, record.event, zone=b.ZONE, key=b.KEY, terms=record.terms)
        yield issue


def took_place(records: list[Record]) -> list[datetime]:
    """Return when each event took place by the last word on it, found by asking one by one."""

    def spoke_of(version: int) -> int:
        event = records[version - 1].event
        return spoke_of(event.version) if event.kind == "fact_corrected" else version

    found = []
    for record in records:
        at = record.at
        if record.occurred_at is not None and not isinstance(record.event.by, Engine):
            at = record.occurred_at
        for later in records:
            event = later.event
            if event.kind == "fact_corrected" and spoke_of(event.version) == record.version:
                at = event.took_place_at
        found.append(at)
    return found


def claimed(data: st.DataObject, records: list[Record]) -> list[Record]:
    """Return the records with claims by chance of when events took place."""
    backs = data.draw(st.lists(st.none() | st.integers(0, FAR), max_size=len(records)))
    backs += [None] * (len(records) - len(backs))
    return [
        record if back is None else replace(record, occurred_at=record.at - back * MILLISECOND)
        for record, back in zip(records, backs, strict=True)
    ]


def correct_by_chance(data: st.DataObject, life: Life) -> None:
    people = [r.version for r in life.records if r.event.by != ENGINE]
    version = data.draw(st.sampled_from(people))
    back = data.draw(st.integers(0, FAR)) * MILLISECOND
    took_place_at = life.records[version - 1].at - back
    command = tm.Correct(version=version, took_place_at=took_place_at, reason="The log book.")
    assume(life.try_(command, b.COORDINATOR))


def instants(records: list[Record]) -> st.SearchStrategy[datetime]:
    """Draw an instant at which something is recorded or took place, beside one, or between."""
    known = [record.at for record in records] + took_place(records)
    length = (records[-1].at - min(known)) // MILLISECOND
    beside = st.tuples(st.sampled_from(known), st.sampled_from([-1, 0, 0, 1]))
    between = st.integers(-1, length + 1).map(lambda ms: min(known) + ms * MILLISECOND)
    return beside.map(lambda pair: pair[0] + pair[1] * MILLISECOND) | between


@pytest.mark.deep
@LAWS
@for_all(lives(), st.data())
def test_whatever_is_asked_the_answer_is_the_fold_of_a_prefix_of_the_events(
    life: Life, data: st.DataObject
) -> None:
    for _ in range(data.draw(st.integers(0, 3))):
        correct_by_chance(data, life)
    records = claimed(data, life.records)
    lived = list(stages(records))
    as_of = data.draw(st.none() | instants(records))
    known_at = data.draw(st.none() | instants(records))
    position = data.draw(st.integers(0, len(records)))
    sight = Sight(as_of or known_at or life.at, position, known_at=known_at, as_of_at=as_of)

    seen = seen_from(sight, records[:position])

    known = [r for r in records[:position] if known_at is None or r.at <= known_at]
    expected = 0
    for record, at in zip(known, took_place(known), strict=True):
        if as_of is not None and min(at, record.at) > as_of:
            break
        expected += 1
    assert list(seen) == records[:expected]
    assert folded(seen) == lived[expected]


@pytest.mark.deep
@LAWS
@for_all(lives(), st.data())
def test_where_nobody_says_otherwise_both_axes_are_one(life: Life, data: st.DataObject) -> None:
    at = data.draw(instants(life.records))

    assert versions(life.records, as_of=at) == versions(life.records, known_at=at)


@pytest.mark.deep
@LAWS
@for_all(lives(), st.data())
def test_a_correction_changes_only_what_is_known_after_it(life: Life, data: st.DataObject) -> None:
    before = claimed(data, life.records)
    life.at += data.draw(st.integers(1, FAR)) * MILLISECOND
    correct_by_chance(data, life)
    after = [*before, *life.records[len(before) :]]
    corrected_at = after[len(before)].at
    as_of = data.draw(instants(after))
    known_at = data.draw(instants(after))
    assume(known_at < corrected_at)

    assert versions(after, as_of, known_at) == versions(before, as_of, known_at)
    assert versions(after, known_at=known_at) == versions(before, known_at=known_at)
    assert versions(after[: len(before)], as_of) == versions(before, as_of)


@pytest.mark.deep
@LAWS
@for_all(lives(), st.data())
def test_what_was_known_at_an_instant_is_all_that_had_happened_by_it_as_known_then(
    life: Life, data: st.DataObject
) -> None:
    records = claimed(data, life.records)
    at = data.draw(instants(records))

    assert versions(records, known_at=at) == versions(records, as_of=at, known_at=at)
    assert versions(records, as_of=at) >= versions(records, known_at=at)
