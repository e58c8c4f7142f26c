"""The law of the back-test: what it tells of a policy is what a desk under that policy would have
come to, had the same been asked of it at the same instants."""

import asyncio
from datetime import timedelta
from typing import Any

from deep import deep
from fresh_run import acts_of, course_of, done_afresh, lives_of_a_year
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from audit.backtest import try_life
from audit.backtest_run import UnderHandbook
from domain.handbook import Handbook
from domain.terms import Terms

TRIES = deep("back-tests of random handbooks", 2000, light=4)
TENTHS = st.sampled_from((1, 3, 5, 8, 12, 20, 50))
PERCENTS = st.lists(st.integers(1, 99), min_size=1, max_size=3, unique=True).map(sorted)


@st.composite
def changed_handbooks(draw: st.DrawFn, terms: Terms) -> Handbook:
    """Return the handbook with some budgets of other lengths, and some rungs at other shares."""
    told: dict[str, Any] = terms.handbook.model_dump(mode="json")
    for clock in told["clocks"]:
        if not draw(st.booleans()):
            continue
        tenths = draw(TENTHS)
        for budget in clock["budgets"]:
            _resized(budget["duration"], tenths)
        early = [rung for rung in clock["rungs"] if 0 < rung.get("percent", 100) < 100]
        for rung, percent in zip(early, draw(PERCENTS), strict=False):
            rung["percent"] = percent
    try:
        return Handbook.model_validate(told)
    except ValidationError:
        assume(False)
        raise


def _resized(duration: dict[str, Any], tenths: int) -> None:
    for name in ("days", "minutes", "hours"):
        if isinstance(duration.get(name), int):
            duration[name] = max(1, duration[name] * tenths // 10)


@settings(max_examples=TRIES)
@given(data=st.data())
def test_a_back_test_tells_what_a_desk_under_that_handbook_would_have_come_to(
    data: st.DataObject,
) -> None:
    lives, terms = lives_of_a_year()
    life = lives[data.draw(st.integers(0, len(lives) - 1))]
    handbook = data.draw(changed_handbooks(terms))
    policy = UnderHandbook(handbook, (terms.calendar, *terms.calendars))
    until_at = life.records[-1].at + timedelta(days=data.draw(st.integers(0, 60)))

    async def known(_: str) -> Terms:
        return terms

    async def both() -> None:
        trial = await try_life(life, known, policy, until_at)
        tried, acts = policy(terms), list(acts_of(life))
        ledger = await done_afresh(life.stream, acts, tried, until_at)
        fresh = await course_of(ledger, life.stream, tried, until_at)
        assert trial.after == fresh
        rows = await ledger.clocks(life.stream)
        due = {(row.clock, row.cycle): row.due_at for row in rows if row.due_at is not None}
        aimed = {(each.clock, each.cycle): each.due_at for each in trial.after.deadlines}
        assert due == {cycle: aimed[cycle] for cycle in due}

    asyncio.run(both())
