"""The two instants tell the light of an issue at every instant from its last event on."""

from datetime import datetime, timedelta

import builders as b
from deep import deep
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.clocks import Clock, Standing
from domain.days import MINUTE_MS
from domain.durations import Basis, due_at
from domain.issue import Issue
from domain.light_times import LightTimes, light_times
from domain.lights import WORST_FIRST, Light, light_of
from domain.supervision_rules import LightRule, SupervisionRule
from domain.terms import Terms

OPENED = b.given(*b.IN_HANDLING)
CHANGED_AT = b.MON_9 + timedelta(days=1)
TICK = timedelta(milliseconds=1)
RULES = [rule.id for rule in b.TERMS.handbook.clocks]
AT_HAND = deep("lights told by two instants", 3000)


def terms_by(rule: LightRule) -> Terms:
    """Return the zone's terms with such lights."""
    supervision = SupervisionRule(lights=rule)
    handbook = b.TERMS.handbook.model_copy(update={"supervision": supervision})
    return b.TERMS.model_copy(update={"handbook": handbook})


@st.composite
def clocks(draw: st.DrawFn, number: int) -> Clock:
    """A clock as an event may have left it: running or not, breached or not, with any budget."""
    basis = draw(st.sampled_from(Basis))
    since_at = CHANGED_AT - timedelta(minutes=draw(st.integers(0, 4000)))
    budget_ms = draw(st.integers(1, 5000)) * MINUTE_MS + draw(st.integers(0, 3))
    elapsed_ms = draw(st.integers(0, budget_ms + 60 * MINUTE_MS))
    standing = draw(st.sampled_from([Standing.RUNNING, Standing.RUNNING, Standing.PAUSED]))
    ends_at = due_at(basis, b.CALENDAR, since_at, budget_ms - elapsed_ms)
    moved = draw(st.sampled_from([0, 0, 0, -90, 90]))
    return Clock(
        id=f"clock-{number}",
        rule=draw(st.sampled_from([*RULES, "gone"])),
        cycle=1,
        standing=standing,
        basis=basis,
        budget_ms=budget_ms,
        anchor_at=since_at,
        since_at=since_at,
        elapsed_ms=elapsed_ms,
        due_at=ends_at + timedelta(minutes=moved) if standing is Standing.RUNNING else None,
    )


@st.composite
def issues(draw: st.DrawFn) -> Issue:
    """An issue with up to four clocks."""
    count = draw(st.integers(0, 4))
    own = tuple(draw(clocks(number)) for number in range(count))
    return OPENED.model_copy(update={"clocks": own, "changed_at": CHANGED_AT})


def asked_at(times: LightTimes, minutes: int) -> list[datetime]:
    """Return an instant, and those about which the light turns, none before the last event."""
    turns = [at for at in (times.yellow_at, times.red_at) if at is not None]
    near = [CHANGED_AT + timedelta(minutes=minutes), *turns, *(at - TICK for at in turns)]
    return [max(at, CHANGED_AT) for at in near]


@settings(max_examples=AT_HAND, deadline=None)
@for_all(
    issues(),
    st.integers(1, 99),
    st.lists(st.sampled_from(RULES), max_size=2),
    st.integers(0, 20_000),
)
def test_two_instants_tell_the_light_at_every_instant(
    issue: Issue, percent: int, named: list[str], minutes: int
) -> None:
    terms = terms_by(LightRule(yellow_percent=percent, clocks=tuple(named)))
    times = light_times(issue, terms)
    for at in asked_at(times, minutes):
        assert times.light(at) is light_of(issue, terms, at).light


def test_a_light_turns_yellow_before_it_turns_red() -> None:
    times = light_times(OPENED, b.TERMS)
    assert times.yellow_at is not None
    assert times.red_at is not None
    assert OPENED.changed_at < times.yellow_at < times.red_at
    lights = [times.light(at) for at in (OPENED.changed_at, times.yellow_at, times.red_at)]
    assert lights == [Light.GREEN, Light.YELLOW, Light.RED]


def test_what_stands_has_no_light_to_turn() -> None:
    paused = b.given(*b.IN_HANDLING, b.Step(b.OFFICER, b.PAUSE))
    own = [clock for clock in paused.clocks if clock.standing is Standing.RUNNING]
    times = light_times(paused, b.TERMS)
    assert (times.red_at is None) == (not own)
    assert set(WORST_FIRST) == set(Light)
