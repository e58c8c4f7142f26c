"""Pages of several zones together, and the cursors between them."""

from itertools import product

import pytest
from contract_lists import NOW, ORDERS, by_hand, every_issue, grown

from domain.access import Horizon
from domain.sight import Sight
from face.listing import asked_of, page_now, page_then, read_cursor, text_of
from ledger.lists import Narrowed, Order, Sort
from ledger.memory import MemoryLedger
from ledger.port import IssueRow

ZONES = (
    Horizon(zone="z2", whole=True),
    Horizon(zone="z1", units=frozenset({"roads"}), posts=frozenset({"street"})),
)


def named(rows: list[IssueRow]) -> list[str]:
    """Return the streams of rows, in their order."""
    return [row.issue.stream for row in rows]


@pytest.mark.parametrize("order", ORDERS, ids=lambda each: f"{each.by}{each.descending}")
async def test_the_pages_of_several_zones_are_one_list(order: Order) -> None:
    ledger = MemoryLedger()
    await grown(ledger)
    every = await every_issue(ledger)
    position = {issue.stream: last for issue, last in every}
    of_zones = [by_hand(every, zone, Narrowed(), order) for zone in ZONES]
    expected = {stream for listed in of_zones for stream, _ in listed}

    rows: list[IssueRow] = []
    after = None
    while True:
        page = await page_now(
            ledger, ZONES, Narrowed(), order, at=NOW, asked="x", after=after, limit=3
        )
        rows += page.rows
        if page.next is None:
            break
        after = read_cursor(text_of(page.next), "x", order).place

    assert set(named(rows)) == expected
    assert len(rows) == len(expected)
    match order.by:
        case Sort.STREAM:
            keys: list[object] = list(named(rows))
        case Sort.REPORTED_AT:
            keys = [row.issue.reported_at for row in rows]
        case Sort.DEADLINE_AT:
            dues = [row.issue.deadline and row.issue.deadline.due_at for row in rows]
            keys = [due_at for due_at in dues if due_at is not None]
            assert dues[: len(keys)] == keys, "those without one come last"
        case Sort.CHANGED:
            keys = [position[stream] for stream in named(rows)]
    assert keys == sorted(keys, reverse=order.descending)  # type: ignore[type-var]  # of one type


async def test_the_past_of_several_zones_is_one_list_too() -> None:
    ledger = MemoryLedger()
    await grown(ledger)
    last = await ledger.safe_position()
    orders = [order for order in ORDERS if order.by is not Sort.CHANGED]

    for order, position in product(orders, (last // 3, last)):
        at = await ledger.position_at(position)
        assert at is not None
        sight = Sight(at, position)
        whole = await page_then(
            ledger, ZONES, Narrowed(), order, sight, asked="x", after=None, limit=200
        )
        rows: list[IssueRow] = []
        after = None
        while True:
            page = await page_then(
                ledger, ZONES, Narrowed(), order, sight, asked="x", after=after, limit=2
            )
            rows += page.rows
            if page.next is None:
                break
            assert page.next.position == position
            after = page.next.place
        assert named(rows) == named(list(whole.rows))
        assert 3 < len(rows) < len(await every_issue(ledger))


def test_a_cursor_belongs_to_one_question() -> None:
    asked = {
        asked_of(filters, order, at)
        for filters in (Narrowed(), Narrowed(zone="z"), Narrowed(tier=1), Narrowed(title="z"))
        for order in ORDERS
        for at in ({}, {"as_of": "1"}, {"known_at": "1"})
    }
    assert len(asked) == 4 * len(ORDERS) * 3
