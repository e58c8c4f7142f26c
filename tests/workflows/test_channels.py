"""Telling: bounded, never given up, never in the way of the clock."""

from collections import Counter
from datetime import timedelta

import builders as b
import pytest
from cities import City, city_on, count, until
from databases import Database
from deep import IN_CHECK
from temporalio.client import Client
from temporalio.common import RetryPolicy

from activities import notifier
from domain.phases import Phase
from workflows import steps

pytestmark = IN_CHECK

A_MOMENT = timedelta(milliseconds=120)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on a channel within a moment, and try it again once or twice a day."""
    monkeypatch.setattr(notifier, "A_MOMENT", A_MOMENT)
    monkeypatch.setattr(steps, "TIME_TO_TELL", A_MOMENT)
    patient = RetryPolicy(initial_interval=timedelta(hours=12), maximum_interval=timedelta(days=1))
    monkeypatch.setattr(steps, "PATIENT", patient)


async def all_told(city: City, *, once: bool = True) -> None:
    """Check that every notice was delivered, and once; not `once`: where tries were being given up
    as the channel began to answer, one may have been taken before that was on record."""
    await city.lapse.settle()
    notices = await city.ledger.notices(f"{b.ZONE}/{city.key}")
    assert all(notice.delivered_at for notice in notices)
    wanted = Counter((notice.addressee, notice.kind) for notice in notices)
    told = Counter((to, kind) for to, kind, _ in city.post.delivered)
    assert told == wanted if once else told >= wanted


@pytest.mark.usefixtures("impatient")
async def test_a_channel_that_hangs_for_a_week_delays_no_rung_and_is_told_when_it_answers(
    city: City,
) -> None:
    city.post.answers.clear()
    await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=city.key))
    await city.hasty.advance_to(b.local(7))
    fired = await city.fired()
    assert len(fired) >= 8
    assert {each.fired_at - each.due_at for each in fired} == {timedelta(0)}
    assert city.post.delivered == []
    assert city.post.attempts > len(await city.ledger.notices(f"{b.ZONE}/{city.key}"))
    assert len((await city.history()).events) < 400
    city.post.answers.set()
    await city.hasty.advance_to(b.local(14))
    await all_told(city, once=False)


@pytest.mark.usefixtures("impatient")
async def test_a_channel_that_fails_at_first_delivers_in_the_end(city: City) -> None:
    city.post.failures_left = 2
    await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=city.key))
    await city.hasty.advance_to(b.local(2))
    await all_told(city, once=False)  # tries are given up soon: a starved worker tells twice


async def test_a_channel_that_answers_costs_one_event_for_all_that_is_told(city: City) -> None:
    await city.do(b.report(), b.ENTERPRISE)
    history = await city.history()
    assert len(city.post.delivered) == 2
    assert count(history, "ACTIVITY_TASK_SCHEDULED") == 0
    assert count(history, "MARKER_RECORDED") == 2  # the look, and one for all that was told
    await all_told(city)


async def test_more_notices_than_a_poke_names_are_all_told(
    ring: str, database: Database, temporal: Client
) -> None:
    terms = b.terms_of(notices=[{"on": "note_added", "to": ["owner", "coordinator"]}])
    async with city_on(database, temporal, ring, terms=terms, relay=False) as city:
        await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=city.key))
        for _ in range(23):
            await city.desk.carry_out(b.submission(b.NOTE, key=city.key))
        async with city.relaying():
            await all_told(city, once=False)  # a starved worker tells twice rather than never
        assert len(city.post.delivered) >= 46


@pytest.mark.usefixtures("impatient")
async def test_a_notice_beyond_those_named_is_told_though_a_ring_comes_in_between(
    ring: str, database: Database, temporal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ring's answer names only what it added: it must not hide that there is more."""
    monkeypatch.setattr(steps, "PATIENT", RetryPolicy(initial_interval=timedelta(seconds=0.05)))
    terms = b.terms_of(notices=[{"on": "note_added", "to": ["owner", "coordinator"]}])
    async with city_on(database, temporal, ring, terms=terms, relay=False) as city:
        city.post.answers.clear()
        await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=city.key))
        for _ in range(12):
            await city.desk.carry_out(b.submission(b.NOTE, key=city.key))
        due = (await city.view()).next_rung
        assert due is not None
        city.clock.at = due.due_at
        city.clock.offset += timedelta(hours=3)  # the rung is past as the workflow begins
        async with city.relaying():
            await city.recorded("rung_fired")
            await until(
                lambda: city.post.attempts >= 40
            )  # each of the first twenty was tried twice
            city.post.answers.set()
            await all_told(city, once=False)
        assert len(await city.ledger.notices(f"{b.ZONE}/{city.key}")) == 24


@pytest.mark.usefixtures("impatient")
async def test_a_closed_issue_keeps_its_workflow_until_all_is_told(city: City) -> None:
    city.post.answers.clear()
    await city.desk.carry_out(b.submission(b.report(), b.ENTERPRISE, key=city.key))
    await city.desk.carry_out(b.submission(b.WITHDRAW, b.ENTERPRISE, key=city.key))
    await city.drained()
    await city.recorded("issue_withdrawn")
    assert (await city.handle().describe()).close_time is None
    assert (await city.view()).phase is Phase.CLOSED
    city.post.answers.set()
    skipper = city.lapse._skipper
    await skipper.fast_forward(city.handle(), timedelta(days=1))
    assert (await city.ended())["outcome"] == "withdrawn"
    await all_told(city)
