"""Supervision: orders by form from end to end, warnings, what is parked, draws."""

import re
from datetime import datetime, timedelta

import builders as b
import builders_ladder as ladder
import builders_orders as o
import pytest
from consoles import Console, console_over
from desks import StandingClock
from supervised import (
    NASTY,
    NASTY_SHOWN,
    ROOT,
    console_of,
    ordered,
    part_of,
    sent,
    status,
)
from supervised import terms as supervised_terms

from audit.warnings import read_facts
from console.queries import supervision_counts
from desk.supervising import SupervisionDesk
from domain.drawing import CloseOut
from domain.supervision_rules import WarningRule
from domain.warnings import count, span_of
from ledger.memory import MemoryLedger

NEW = {
    "id": "console-1",
    "key": "order-1",
    "unit": "roads",
    "instrument": "reminder",
    "issues": b.KEY,
    "rule": "",
    "words": NASTY,
    "question": NASTY,
}
ACT = {"id": "console-2", "expected_version": "1", "post": "roads-desk"}


@pytest.fixture
async def office() -> Console:
    """A console over a zone with one issue that was accepted, and the bakery's report."""
    console = console_of()
    await console.counter.accepted()
    await console.counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="bakery-1")
    return console


async def test_an_order_is_given_answered_and_settled_by_forms(office: Console) -> None:
    form = await office.page("supervisor", f"{ROOT}/supervision/new-order?issue={b.KEY}")
    assert f'value="{b.KEY}"' in form
    given = await sent(office, "supervisor", "/supervision/orders", NEW)
    again = await sent(office, "supervisor", "/supervision/orders", NEW)
    assert (given.status_code, again.status_code) == (303, 303)
    assert given.headers["location"] == f"{ROOT}/supervision/orders/order-1"
    reply = await sent(
        office,
        "section",
        "/supervision/orders/order-1",
        ACT | {"kind": "reply_to_order", "text": NASTY},
    )
    assert reply.status_code == 303
    settle = {"id": "console-3", "expected_version": "2", "kind": "accept_reply", "note": ""}
    assert (
        await sent(office, "supervisor", "/supervision/orders/order-1", settle)
    ).status_code == 303
    row = await SupervisionDesk(office.counter.desk).row(b.ZONE, "order-1")
    assert (row.order.standing, row.order.version) == ("settled", 3)
    text = await office.page("supervisor", f"{ROOT}/supervision/orders/order-1")
    assert text.count(NASTY_SHOWN) >= 3
    assert "<script>alert" not in text
    assert text.count('<tr id="event-') == 3


async def test_only_what_the_decision_would_take_is_offered(office: Console) -> None:
    await ordered(office, o.issue())
    address = f"{ROOT}/supervision/orders/order-1"
    kinds = re.compile(r'name="kind" value="(\w+)"')
    of_unit = set(kinds.findall(await office.page("section", address)))
    of_issuer = set(kinds.findall(await office.page("supervisor", address)))
    of_auditor = set(kinds.findall(await office.page("auditor", address)))
    assert of_unit == {"reply_to_order", "appeal_order"}
    assert of_issuer == {"lift_order", "raise_order"}
    assert of_auditor == set()
    await ordered(office, o.REPLY, o.UNIT)
    assert set(kinds.findall(await office.page("supervisor", address))) == {
        "accept_reply",
        "refuse_reply",
        "lift_order",
    }


async def test_whoever_was_slower_is_told_kindly(office: Console) -> None:
    await ordered(office, o.issue())
    await ordered(office, o.REPLY, o.UNIT)
    late = ACT | {"kind": "reply_to_order", "text": "On Monday."}
    answer = await sent(office, "section", "/supervision/orders/order-1", late)
    assert answer.status_code == 409
    assert "Open the page again" in answer.text


async def test_a_form_that_says_too_little_is_refused_and_nothing_is_written(
    office: Console,
) -> None:
    for changes in (
        {"words": ""},
        {"issues": "nothing"},
        {"instrument": "thunder"},
        {"unit": ""},
        {"issues": f"{b.KEY} {b.KEY} nowhere"},
    ):
        answer = await sent(office, "supervisor", "/supervision/orders", NEW | changes)
        assert answer.status_code == 422, changes
    assert await office.counter.ledger.find_orders(zone=b.ZONE, limit=10) == []


async def test_orders_out_of_sight_are_neither_listed_nor_opened(office: Console) -> None:
    await ordered(office, o.issue(issues=("bakery-1",), unit="power"))
    assert "order-1" in await office.page("neighbour", f"{ROOT}/supervision")
    assert "orders/order-1" not in await office.page("officer", f"{ROOT}/supervision")
    assert await status(office, "officer", "/supervision/orders/order-1") == 404
    assert await status(office, "enterprise", "/supervision") == 403
    assert (await sent(office, "auditor", "/supervision/orders", NEW)).status_code == 403


async def test_the_head_counts_what_the_ledger_has(office: Console) -> None:
    for number in range(3):
        await ordered(office, o.issue(), key=f"order-{number}")
    await ordered(office, o.REPLY, o.UNIT, key="order-0")
    await ordered(office, o.LIFT, key="order-1")
    text = await office.page("supervisor", f"{ROOT}/supervision")
    assert re.findall(r'class="value">(\d+)<', text) == ["2", "0", "1"]
    assert text.count(f'href="{ROOT}/supervision/orders/order-') == 2
    every = await office.page("supervisor", f"{ROOT}/supervision?every=true&unit=roads")
    assert every.count(f'href="{ROOT}/supervision/orders/order-') == 3


async def test_warnings_are_those_that_the_rule_counts_each_with_its_event() -> None:
    clock = StandingClock()
    console = console_of(clock)
    await console.counter.accepted()
    await ordered(console, o.issue(instrument="order"), o.LEADER)
    clock.at += timedelta(days=7)
    await ordered(console, o.issue(), key="order-2")
    text = await console.page("supervisor", f"{ROOT}/supervision/warnings?period=2026-Q1")
    rule = console.counter.desk.shelf.shipped(b.ZONE).handbook.supervision.warnings
    assert isinstance(rule, WarningRule)
    span = span_of("2026-Q1")
    read = await read_facts(console.counter.ledger, b.ZONE, span, "Asia/Shanghai")
    tallies = count(read.facts, rule, span, "Asia/Shanghai")
    assert tallies
    assert text.count("#event-") == sum(
        len([each for each in tally.warnings if each.fact.stream.startswith("order/")])
        for tally in tallies
    )
    for tally in tallies:
        assert f"{tally.points} points" in text
    assert "This cannot be counted" in await console.page(
        "supervisor", f"{ROOT}/supervision/warnings?period=2026-03"
    )
    assert "Nothing counts" in await console.page(
        "supervisor", f"{ROOT}/supervision/warnings?period=2025-Q1"
    )


async def test_more_than_is_read_while_one_waits_is_said(
    office: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision_counts, "STREAMS_READ_MAX", 1)
    text = await office.page("supervisor", f"{ROOT}/supervision/warnings")
    assert "closeout warnings" in text


class CountingLedger(MemoryLedger):
    """Counts how often a period's close-outs are read: a draw is made from them."""

    read = 0

    async def close_outs(
        self, zone: str, from_at: datetime, to_at: datetime, *, horizon: int, limit: int
    ) -> list[CloseOut]:
        self.read += 1
        return await super().close_outs(zone, from_at, to_at, horizon=horizon, limit=limit)


async def test_a_draw_is_shown_as_it_is_on_record_and_drawn_again_only_when_asked() -> None:
    clock, ledger = StandingClock(), CountingLedger()
    console = console_over(ledger, clock, supervised_terms())
    for key in ("a-1", "a-2"):
        await console.counter.closed_out(key)
    clock.at += timedelta(days=3)
    form = {"id": "draw-1", "from_on": "2026-03-01", "to_on": "2026-03-03", "seed": "", "post": ""}
    address = (await sent(console, "supervisor", "/supervision/callbacks", form)).headers[
        "location"
    ]
    await console.page("supervisor", f"{ROOT}/supervision/callbacks")
    read = ledger.read
    before = await ledger.safe_position()
    one = await console.page("auditor", address)
    assert one == await console.page("auditor", address)
    await console.page("supervisor", f"{ROOT}/supervision/callbacks")
    assert ledger.read == read
    assert await ledger.safe_position() == before
    await sent(console, "supervisor", address.removeprefix(ROOT), {})
    assert ledger.read == read + 1


async def test_draws_are_made_by_form_and_come_out_again() -> None:
    clock = StandingClock()
    console = console_of(clock)
    for key in ("a-1", "a-2", "a-3"):
        await console.counter.closed_out(key)
    clock.at += timedelta(days=3)
    form = {"id": "draw-1", "from_on": "2026-03-01", "to_on": "2026-03-03", "seed": "", "post": ""}
    drawn = await sent(console, "supervisor", "/supervision/callbacks", form)
    again = await sent(console, "supervisor", "/supervision/callbacks", form)
    assert (drawn.status_code, again.status_code) == (303, 303)
    address = drawn.headers["location"]
    text = await console.page("auditor", address, language="zh")
    row = await console.counter.ledger.drawing("draw-1")
    assert row is not None
    assert row.drawn == 2
    assert "完全一致" not in text
    assert text.count('data-label="签号"') == 2
    compared = await sent(console, "supervisor", address.removeprefix(ROOT), {})
    assert "the same came out" in compared.text
    lots = re.compile(r"<code>[0-9a-f]{16}</code>")
    assert sorted(lots.findall(compared.text)) == sorted(lots.findall(text))
    assert "draw-1" in await console.page("coordinator", f"{ROOT}/supervision/callbacks")
    assert await status(console, "officer", "/supervision/callbacks") == 403
    assert await status(console, "auditor", "/supervision/callbacks/none") == 404
    assert (await sent(console, "auditor", "/supervision/callbacks", form)).status_code == 403
    early = form | {"id": "draw-2", "to_on": "2026-04-01"}
    assert (await sent(console, "supervisor", "/supervision/callbacks", early)).status_code == 422


async def test_every_part_refreshes_alone(office: Console) -> None:
    for path in ("", "/warnings", "/parked", "/callbacks", "/new-order"):
        assert "<h1>" in await part_of(office, "supervisor", f"/supervision{path}")


async def test_what_is_parked_is_shown_with_its_next_review_and_reason() -> None:
    clock = StandingClock()
    console = console_over(MemoryLedger(), clock, ladder.LADDER)
    asking = ladder.ASK_PARKING.model_copy(update={"reason": NASTY})
    await console.counter.accepted()
    await console.counter.do(b.ESCALATE)
    await console.counter.do(asking, b.HEAD)
    await console.counter.do(b.GRANT, b.DIRECTOR)
    text = await console.page("supervisor", f"{ROOT}/supervision/parked")
    issue = (await console.counter.desk.row(b.ZONE, b.KEY)).issue
    review = issue.clock(ladder.LADDER.handbook.parking.review)
    assert review is not None
    assert f'<time datetime="{review.due_at.isoformat()}">' in text
    assert NASTY_SHOWN in text
    assert re.findall(r'class="value">(\d+)<', text) == ["1", "0"]
    clock.at = review.due_at + timedelta(hours=1)
    late = await console.page("supervisor", f"{ROOT}/supervision/parked", language="zh")
    assert re.findall(r'class="value">(\d+)<', late) == ["1", "1"]
    assert "Nothing is parked." in await console.page("neighbour", f"{ROOT}/supervision/parked")
