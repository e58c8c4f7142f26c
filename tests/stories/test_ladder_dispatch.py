"""A unit refuses what was sent to it: the arbiter has the word, and the enterprise's time runs on.

Three issues of one enterprise are reported and accepted at the same instants. One is refused twice
and ruled on, one is refused and nobody rules, one is left in peace.
"""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import World, beijing, world_of
from temporalio.client import Client

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain.errors import NotPermittedError, WrongPhaseError
from domain.events_of_ladder import DispatchBound, DispatchRefused, DispatchRuled
from domain.phases import Origin
from domain.responsibility import HolderKind

pytestmark = IN_CHECK

FIRM = "xinghe-materials"
OWNER = "xinghe-grid-east-2"
KEYS = ("disputed", "unruled", "quiet")
DISPUTE_CLOCKS = {"refusal", "ruling"}
FIRST = "xinghe-coordinator"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[World]:
    """The fictional zone on a Monday; the three issues have come to the economic bureau."""
    async with world_of("xinghe", database, skipper, "2026-03-02 09:00") as world:
        for key in KEYS:
            await world.do(
                key,
                world.firm(FIRM),
                cmd.Report(
                    enterprise=FIRM,
                    category="SUP-1",
                    title="断供",
                    text="上游停产。",
                    origin=Origin.ENTERPRISE,
                ),
            )
        await world.until("2026-03-02 09:30")
        for key in KEYS:
            await world.do(key, world.officer(OWNER), cmd.Accept())
        yield world


def refusal(why: str, suggested: str | None = None) -> ld.RefuseDispatch:
    return ld.RefuseDispatch(reason=why, suggested=suggested)


def ruling(unit: str) -> ld.RuleDispatch:
    return ld.RuleDispatch(unit=unit, reason="按职责分工。")


async def asked_arbiter(world: World, key: str) -> str:
    """Return which of the handbook's arbiters has the word."""
    dispatch, rule = (await world.issue(key)).dispatch, world.handbook.dispatch
    assert rule is not None
    assert dispatch is not None
    assert dispatch.arbiter in rule.arbiters
    return dispatch.arbiter


async def held_by_arbiters(world: World, key: str) -> list[tuple[str, str, str]]:
    """Return which arbiter held an issue, and between which local times."""
    local = timedelta(hours=8)
    return [
        (each.holder.id, f"{each.from_at + local:%d %H:%M}", f"{each.to_at + local:%d %H:%M}")
        for each in await world.held(key)
        if each.holder.kind is HolderKind.ARBITER
    ]


async def require_same_reporters_time(world: World, key: str) -> None:
    """Every clock but the dispute's own did what it did in the issue that nobody refused."""

    async def of_reporter(name: str) -> list[object]:
        return [move for move in await world.moves(name) if move[1].clock not in DISPUTE_CLOCKS]

    moved = await of_reporter(key)
    assert moved == await of_reporter("quiet")
    # Started by report and acceptance, reset twice by time: the comparison is not of nothing.
    assert len(moved) > 6
    fired = [e for e in await world.fired(key) if e.clock not in DISPUTE_CLOCKS]
    quiet = [e for e in await world.fired("quiet") if e.clock not in DISPUTE_CLOCKS]
    assert fired == quiet
    assert {e.clock for e in quiet if e.rung == "due"} >= {"handling"}


async def test_a_dispatch_refused_twice_is_bound_by_the_arbiter_and_no_limit_has_stood_still(
    xinghe: World,
) -> None:
    first = xinghe.officer(FIRST)
    economy, finance = xinghe.officer("xinghe-economy"), xinghe.officer("xinghe-finance")
    works = xinghe.officer("xinghe-works")
    reason = "此件属金融口。"
    await xinghe.do("disputed", economy, refusal(reason, "finance-office"), at="2026-03-02 10:00")
    assert xinghe.told("disputed", "dispatch_refused") == [
        (FIRST, beijing("2026-03-02 10:00")),
        (OWNER, beijing("2026-03-02 10:00")),
    ]
    owner, elsewhere = xinghe.officer(OWNER), cmd.HandOver(unit="works-bureau", reason="转办。")
    with pytest.raises(WrongPhaseError, match="arbiter has the word"):
        await xinghe.do("disputed", owner, elsewhere)
    with pytest.raises(NotPermittedError):
        await xinghe.do("disputed", economy, ruling("finance-office"))

    await xinghe.do("disputed", first, ruling("finance-office"), at="2026-03-02 14:00")
    assert (await xinghe.glimpse("disputed")).unit == "finance-office"
    await xinghe.do("disputed", finance, refusal("此件属建设口。"), at="2026-03-02 15:00")
    second = await asked_arbiter(xinghe, "disputed")
    last = xinghe.officer(second), ruling("works-bureau")
    await xinghe.do("disputed", *last, at="2026-03-02 16:00")
    with pytest.raises(WrongPhaseError, match="binds"):
        await xinghe.do("disputed", works, refusal("也不归我们。"))

    seen = await xinghe.glimpse("disputed")
    assert (seen.owner, seen.unit) == (OWNER, "works-bureau")
    dispute = await xinghe.events("disputed", "dispatch_refused", "dispatch_ruled")
    hops = [(e.hop, e.unit, e.arbiter) for e in dispute if isinstance(e, DispatchRefused)]
    rulings = [
        (e.unit, e.handler, e.overruled, e.binding) for e in dispute if isinstance(e, DispatchRuled)
    ]
    assert hops == [
        (1, "economy-bureau", FIRST),
        (2, "finance-office", second),
    ]
    assert rulings == [
        ("finance-office", "xinghe-finance", False, False),
        ("works-bureau", "xinghe-works", False, True),
    ]
    assert xinghe.told("disputed", "dispatch_ruled") == [
        ("xinghe-finance", beijing("2026-03-02 14:00")),
        (OWNER, beijing("2026-03-02 14:00")),
        (OWNER, beijing("2026-03-02 16:00")),
        ("xinghe-works", beijing("2026-03-02 16:00")),
    ]
    # Two hours to noon and half an hour after it; then one hour.
    assert await held_by_arbiters(xinghe, "disputed") == [
        (FIRST, "02 10:00", "02 12:00"),
        (FIRST, "02 13:30", "02 14:00"),
        (second, "02 15:00", "02 16:00"),
    ]
    await xinghe.until("2026-03-10 09:00")
    await require_same_reporters_time(xinghe, "disputed")
    await xinghe.proved(*KEYS)


@IN_CHECK
async def test_time_binds_the_fallback_where_the_arbiter_stays_silent(xinghe: World) -> None:
    economy = xinghe.officer("xinghe-economy")
    await xinghe.do("unruled", economy, refusal("不属本局。"), at="2026-03-02 10:00")
    await xinghe.until("2026-03-02 17:29")
    assert (await xinghe.glimpse("unruled")).unit == "economy-bureau"
    await xinghe.until("2026-03-02 17:30")

    (bound,) = await xinghe.events("unruled", "dispatch_bound")
    assert isinstance(bound, DispatchBound)
    assert (bound.unit, bound.handler) == ("service-centre", "xinghe-service")
    assert (bound.clock, bound.at) == ("ruling", beijing("2026-03-02 17:30"))
    seen = await xinghe.glimpse("unruled")
    assert (seen.owner, seen.unit) == (OWNER, "service-centre")
    assert xinghe.told("unruled", "dispatch_bound") == [
        (OWNER, beijing("2026-03-02 17:30")),
        ("xinghe-service", beijing("2026-03-02 17:30")),
    ]
    with pytest.raises(WrongPhaseError, match="binds"):
        await xinghe.do("unruled", xinghe.officer("xinghe-service"), refusal("也不属本中心。"))
    assert await held_by_arbiters(xinghe, "unruled") == [
        (FIRST, "02 10:00", "02 12:00"),
        (FIRST, "02 13:30", "02 17:30"),
    ]
    await xinghe.until("2026-03-10 09:00")
    await require_same_reporters_time(xinghe, "unruled")
    await xinghe.proved(*KEYS)
