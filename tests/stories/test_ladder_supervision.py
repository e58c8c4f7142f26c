"""A supervision order that nobody answers: time raises it, step by step, to the last instrument."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from databases import Database
from deep import IN_CHECK
from ladder_world import World, beijing, world_of
from temporalio.client import Client

from audit.lights import board_now, board_then
from audit.warnings import read_facts
from domain import commands as cmd
from domain import order_commands as oc
from domain import order_events as ev
from domain.lights import Light
from domain.order_words import OrderStanding
from domain.orders import RuleGround, order_stream
from domain.phases import Origin
from domain.responsibility import Holder, HolderKind
from domain.supervision_rules import WarningFact
from domain.warnings import count, span_of

FIRM, UNIT = "xinghe-precision", "finance-office"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[World]:
    """The fictional zone; nobody works on an issue that was sent to the finance office."""
    async with world_of("xinghe", database, skipper, "2026-03-02 09:00") as world:
        report = cmd.Report(
            enterprise=FIRM,
            category="FIN-3",
            title="融资无着",
            text="银行两次退件。",
            origin=Origin.ENTERPRISE,
        )
        await world.do("idle", world.firm(FIRM), report)
        await world.do("idle", world.officer("xinghe-grid-east-1"), cmd.Accept())
        yield world


async def acts(world: World, name: str) -> list[tuple[str, str, datetime]]:
    """Return what became of an order: each event, the instrument or the rung, and when."""
    found: list[tuple[str, str, datetime]] = []
    for record in await world.ledger.records(order_stream(world.zone, world.key(name))):
        match event := record.order_event:
            case ev.OrderRungFired():
                found.append((event.kind, event.rung, event.at))
            case ev.OrderRaised():
                found.append((event.kind, event.to, event.at))
            case ev.OrderIssued() | ev.OrderUnanswered():
                found.append((event.kind, event.instrument, event.at))
            case _:
                found.append((event.kind, "", event.at))
    return found


async def told(world: World, name: str, kind: str) -> list[tuple[str, datetime | None]]:
    """Return who was told of a kind of event of an order, and when."""
    rows = await world.ledger.notices(order_stream(world.zone, world.key(name)))
    return sorted((row.addressee, row.delivered_at) for row in rows if row.kind == kind)


async def light(world: World) -> Light:
    """Return what the one open issue shows now; history must say the same."""
    at = world.clock.now()
    now = await board_now(world.ledger, at=at, zone=world.zone)
    assert now == await board_then(world.ledger, at=at, zone=world.zone)
    (shown,) = (light for light, issues in now.lights.items() if issues)
    return shown


@IN_CHECK
async def test_an_unanswered_order_is_raised_to_the_last_instrument_and_counts_for_the_unit(
    xinghe: World,
) -> None:
    supervisor = xinghe.officer("xinghe-supervisor")
    await xinghe.until("2026-03-10 10:00")
    assert await light(xinghe) is Light.GREEN
    await xinghe.order(
        "ask",
        supervisor,
        oc.IssueOrder(
            instrument="notice",
            unit=UNIT,
            ground=RuleGround(rule="handling"),
            issues=(xinghe.key("idle"),),
            question="为何逾期？何时办结？",
        ),
    )
    seen = await xinghe.order_glimpse("ask")
    assert (seen.instrument, seen.due_at) == ("notice", beijing("2026-03-13 17:30"))
    # At the top tier since the evening before, and not signed for within a working day.
    for time, shown in (("16:05", Light.GREEN), ("16:06", Light.YELLOW), ("17:30", Light.RED)):
        await xinghe.until(f"2026-03-10 {time}")
        assert await light(xinghe) is shown
    await xinghe.until("2026-03-24 09:00")

    # Three working days, then one, then five; offices are open seven hours a day.
    assert await acts(xinghe, "ask") == [
        ("order_issued", "notice", beijing("2026-03-10 10:00")),
        ("order_rung_fired", "near", beijing("2026-03-13 10:36")),
        ("order_rung_fired", "due", beijing("2026-03-13 17:30")),
        ("order_unanswered", "notice", beijing("2026-03-13 17:30")),
        ("order_raised", "order", beijing("2026-03-13 17:30")),
        ("order_rung_fired", "half", beijing("2026-03-16 14:00")),
        ("order_rung_fired", "due", beijing("2026-03-16 17:30")),
        ("order_unanswered", "order", beijing("2026-03-16 17:30")),
        ("order_raised", "criticism", beijing("2026-03-16 17:30")),
        ("order_rung_fired", "near", beijing("2026-03-20 17:30")),
        ("order_rung_fired", "due", beijing("2026-03-23 17:30")),
        ("order_unanswered", "criticism", beijing("2026-03-23 17:30")),
    ]
    seen = await xinghe.order_glimpse("ask")
    assert (seen.standing, seen.instrument) == (OrderStanding.OPEN, "criticism")
    assert seen.overdue
    assert await told(xinghe, "ask", "order_unanswered") == [
        (post, beijing(f"2026-03-{day} 17:30"))
        for post in ("xinghe-finance", "xinghe-supervisor")
        for day in (13, 16, 23)
    ]
    assert await told(xinghe, "ask", "order_rung_fired") == [
        ("xinghe-finance", beijing("2026-03-13 10:36")),
        ("xinghe-finance", beijing("2026-03-16 14:00")),
        ("xinghe-finance", beijing("2026-03-20 17:30")),
    ]
    assert await light(xinghe) is Light.RED
    await require_red_card(xinghe)

    # A late answer is an answer: the order ends, and what counted still counts.
    reply = oc.ReplyToOrder(text="已与银行会商，本周放款。")
    await xinghe.order("ask", xinghe.officer("xinghe-finance"), reply)
    other = xinghe.officer("xinghe-supervisor", 1)
    await xinghe.order("ask", other, oc.AcceptReply(note="可。"))
    assert (await xinghe.order_now("ask")).replies[-1].late
    assert (await xinghe.order_closing("ask"))["standing"] == "settled"
    await require_red_card(xinghe)
    await xinghe.proved("idle", orders=("ask",))


async def require_red_card(world: World) -> None:
    """The order's steps and silences, and the limit that passed while the unit had the work."""
    rule = world.handbook.supervision
    assert rule is not None
    assert rule.warnings is not None
    span = span_of("2026-03")
    read = await read_facts(world.ledger, world.zone, span, "Asia/Shanghai")
    tallies = count(read.facts, rule.warnings, span, "Asia/Shanghai")
    unit = Holder(kind=HolderKind.UNIT, id=UNIT)
    (tally,) = (each for each in tallies if each.charged == unit)
    assert [(each.fact.fact, each.fact.instrument, each.points) for each in tally.warnings] == [
        (WarningFact.BREACH, None, 1),
        (WarningFact.ORDER_UNANSWERED, "notice", 2),
        (WarningFact.ORDER_ISSUED, "order", 1),
        (WarningFact.ORDER_UNANSWERED, "order", 2),
        (WarningFact.ORDER_ISSUED, "criticism", 3),
        (WarningFact.ORDER_UNANSWERED, "criticism", 2),
    ]
    assert (tally.points, [card.points for card in tally.cards]) == (11, [5, 10])
