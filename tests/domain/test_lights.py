"""Lights (R11): a pure function of clocks, alike live and from history, whatever rang late."""

from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import builders as b
import pytest
from builders import Step
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from moving_lives import MovingLife, moving_lives

from domain.chain import Record
from domain.evolve import evolve
from domain.issue import Issue
from domain.lights import WORST_FIRST, Light, ShownThen, light, light_of, light_then
from domain.phases import Phase
from domain.sight import Sight, folded, seen_from
from domain.supervision_rules import LightRule
from domain.terms import Terms

MILLISECOND = timedelta(milliseconds=1)
HANDLED = (b.REPORTED, b.ACCEPTED)
"""From Monday at nine: sixteen hours for the tier, until Tuesday at five; ten days in all."""
YELLOW_AT = b.TUE_9 + timedelta(hours=4, minutes=48)
"""When 80 % of the sixteen hours are spent."""


def shown(at: datetime, issue: Issue | None = None, terms: Terms = b.TERMS) -> tuple[str, str]:
    found = light_of(issue or b.given(*HANDLED), terms, at)
    return found.light.value, "" if found.clock is None else found.clock.id


def lights_at(records: list[Record], terms: dict[str, Terms], at: datetime) -> ShownThen | None:
    """Return what an issue showed at a past instant, by what was known then."""
    issue = folded(seen_from(Sight(at, 0, known_at=at), records))
    return None if issue is None else light_then(issue, terms[issue.terms], at)


def ruled(**lights: Any) -> Terms:
    return b.terms_of(supervision={"lights": lights})


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (b.MON_9, "green"),
        (YELLOW_AT - MILLISECOND, "green"),
        (YELLOW_AT, "yellow"),
        (b.TUE_17 - MILLISECOND, "yellow"),
        (b.TUE_17, "red"),
        (b.SAT_12, "red"),
    ],
)
def test_a_light_turns_at_the_share_and_at_the_limit_to_the_millisecond(
    at: datetime, expected: str
) -> None:
    assert shown(at)[0] == expected


def test_an_issue_shows_its_worst_clock_and_of_several_the_one_that_ends_first() -> None:
    assert shown(b.MON_10) == ("green", "handling")
    assert shown(YELLOW_AT) == ("yellow", "handling")
    later = b.given(*HANDLED, Step(b.HEAD, b.ESCALATE, b.local(10, 10)))
    assert shown(b.local(10, 11), later) == ("yellow", "resolution")


def test_the_handbook_says_when_yellow_begins_and_which_clocks_count() -> None:
    early, only = ruled(yellow_percent=10), ruled(clocks=["resolution"])

    assert shown(b.MON_11, terms=early)[0] == "yellow"
    assert shown(b.SAT_12, terms=only) == ("green", "resolution")
    assert shown(b.SAT_12, terms=ruled(clocks=["redo"])) == ("none", "")


def test_what_stands_or_is_closed_shows_nothing() -> None:
    waiting = b.given(*HANDLED, b.PAUSED_FOR_PAPERS)

    assert shown(b.SAT_12, waiting) == ("none", "")
    assert shown(b.SAT_12, b.given(*b.CLOSED_OUT)) == ("none", "")


def test_a_limit_that_nobody_has_rung_is_red_all_the_same() -> None:
    issue = b.given(*HANDLED)
    handling = issue.clock("handling")
    assert handling is not None
    assert handling.breached_at is None

    assert light(handling, b.TUE_17, b.CALENDAR, LightRule()) is Light.RED


def test_the_past_is_told_from_the_events_up_to_then() -> None:
    late = Step(b.ENGINE, b.ring(), b.WED_17)
    records = b.told(*HANDLED, late).records
    terms = {b.TERMS.hash: b.TERMS}

    def then(at: datetime) -> tuple[int, str]:
        found = lights_at(records, terms, at)
        assert found is not None
        return found.issue.tier, found.shown.light.value

    assert lights_at(records, terms, b.MON_9 - MILLISECOND) is None
    assert then(b.MON_10) == (1, "green")
    assert then(b.WED_17 - MILLISECOND) == (1, "red")
    assert then(b.WED_17) == (2, "green")


# --- the laws ---


def states(life: MovingLife) -> list[tuple[datetime, Issue]]:
    """Return the issue after each event, as it was then."""
    found: list[tuple[datetime, Issue]] = []
    issue: Issue | None = None
    for record in life.records:
        issue = evolve(issue, record.event, zone=b.ZONE, key=b.KEY, terms=record.terms)
        found.append((record.at, issue))
    assert issue == life.issue
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@for_all(moving_lives(), st.data())
def test_live_and_from_history_the_lights_are_the_same(
    life: MovingLife, data: st.DataObject
) -> None:
    lived = states(life)
    times = [at for at, _ in lived]
    length = (life.at - times[0]) // MILLISECOND
    at = data.draw(
        st.sampled_from(times)
        | st.integers(0, length).map(lambda after: times[0] + after * MILLISECOND)
    )
    _, live = lived[bisect_right(times, at) - 1]

    found = lights_at(life.records, life.by_hash, at)

    assert found is not None
    assert found.issue == live
    assert found.shown == light_of(live, life.by_hash[live.terms], at)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@for_all(moving_lives())
def test_while_a_clock_runs_its_light_only_gets_worse(life: MovingLife) -> None:
    lived = states(life)
    ends = [at for at, _ in lived[1:]] + [life.at + timedelta(days=9)]

    for (start, issue), end in zip(lived, ends, strict=True):
        terms = life.by_hash[issue.terms]
        steps = [start + (end - start) * step // 12 for step in range(12)]
        for clock in issue.clocks:
            if clock.rule not in terms.rules_by_id:
                continue
            calendar = terms.calendar_of(terms.rules_by_id[clock.rule])
            lights = [light(clock, at, calendar, LightRule(yellow_percent=50)) for at in steps]
            ranks = [WORST_FIRST.index(each) for each in lights]
            assert all(before >= after for before, after in pairwise(ranks)), clock.id


RECORDING = [
    rule | {"rungs": [rung | {"effect": "record"} for rung in rule["rungs"]]} for rule in b.CLOCKS
]
RECORDED_ONLY = b.terms_of(clocks=RECORDING)
ACTS = st.lists(
    st.tuples(st.sampled_from(["note", "pause", "resume"]), st.integers(1, 40)), max_size=8
)


def told_with(acts: list[tuple[str, int]], *, rings: bool) -> list[Record]:
    """Lead one issue by `acts`, hours apart; ring every rung at its instant, or leave it to the
    next act."""
    steps: list[Step] = list(HANDLED)
    at = b.MON_9
    for act, after in acts:
        at += timedelta(hours=after)
        if rings:
            steps += rung_by_rung(steps, at)
        issue = b.given(*steps, terms=RECORDED_ONLY)
        if act == "note" or (act == "pause") is (issue.pause is not None):
            steps.append(Step(b.OFFICER, b.NOTE, at))
        else:
            steps.append(Step(b.OFFICER, b.PAUSE if act == "pause" else b.RESUME, at))
    return list(b.told(*steps, terms=RECORDED_ONLY).records)


def rung_by_rung(steps: list[Step], until: datetime) -> list[Step]:
    added: list[Step] = []
    while True:
        following = b.given(*steps, *added, terms=RECORDED_ONLY).next_rung
        if following is None or following[1].due_at > until:
            return added
        clock, due = following
        added.append(Step(b.ENGINE, b.ring(clock.id, clock.cycle, due.id), due.due_at))


@settings(max_examples=30, deadline=None)
@for_all(ACTS, st.lists(st.integers(0, 300 * 60), min_size=1, max_size=12))
def test_rings_that_came_late_or_never_change_no_light(
    acts: list[tuple[str, int]], minutes: list[int]
) -> None:
    prompt, late = told_with(acts, rings=True), told_with(acts, rings=False)
    terms = {RECORDED_ONLY.hash: RECORDED_ONLY}

    for at in (b.MON_9 + timedelta(minutes=each) for each in minutes):
        one, other = lights_at(prompt, terms, at), lights_at(late, terms, at)
        assert one is not None
        assert other is not None
        assert one.issue.phase is Phase.HANDLING
        assert one.shown.light is other.shown.light
        ends = [None if s.clock is None else s.clock.due_at for s in (one.shown, other.shown)]
        assert ends[0] == ends[1]
