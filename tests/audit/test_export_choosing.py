"""Which issues go into an export, and how their lives are read."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import pytest
from kept_ledger import KeptLedger

from audit.exports import choosing
from audit.exports.choosing import Choice, lives
from audit.exports.told import Told, steps
from domain.chain import Record
from domain.issue import Issue
from domain.orders import is_order_stream
from domain.streams import StreamKind
from ledger.exports import StreamRow

LEDGER = KeptLedger()
WITHOUT_ROWS = KeptLedger(rows=False)


class Paged(KeptLedger):
    """A ledger that keeps between which names its streams were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.between: list[tuple[str, str]] = []

    async def streams_between(
        self, position: int, after: str, before: str, limit: int
    ) -> list[StreamRow]:
        self.between.append((after, before))
        return await super().streams_between(position, after, before, limit)


def issue_of(stream: str) -> Issue:
    row = LEDGER._tables.issues[stream]
    return row.issue


async def chosen(
    ledger: KeptLedger, choice: Choice, position: int | None = None, **given: bool
) -> list[Told]:
    at = await ledger.safe_position() if position is None else position
    return [told async for told in lives(ledger, choice, at, **given)]


async def test_without_filters_every_event_and_command_is_in_once() -> None:
    told = await chosen(LEDGER, Choice(), with_commands=True)

    assert [each.stream for each in told] == LEDGER.streams_kept
    for each in told:
        assert [record for _, record in each.events] == await LEDGER.records(each.stream)
        assert list(each.commands) == await LEDGER.commands(each.stream)


@pytest.mark.parametrize("ledger", [LEDGER, WITHOUT_ROWS], ids=["by rows", "by events"])
async def test_filters_choose_whole_issues_whether_rows_or_events_tell(ledger: KeptLedger) -> None:
    issues = {stream: issue_of(stream) for stream in LEDGER.streams_kept if "order/" not in stream}
    middle = sorted(issue.reported_at for issue in issues.values())[len(issues) // 2]
    category = next(iter(issues.values())).category
    for choice, fits in (
        (Choice(zone="xinghe"), lambda i: i.zone == "xinghe"),
        (Choice(category=category), lambda i: i.category == category),
        (Choice(open=True), lambda i: i.is_open),
        (Choice(open=False, zone="xinghe"), lambda i: not i.is_open and i.zone == "xinghe"),
        (Choice(from_at=middle), lambda i: i.reported_at >= middle),
        (Choice(to_at=middle), lambda i: i.reported_at < middle),
    ):
        told = await chosen(ledger, choice, with_others=False)

        wanted = [stream for stream, issue in issues.items() if fits(issue)]
        assert [each.stream for each in told] == sorted(wanted)
        assert wanted
        assert all(len(each.events) == issues[each.stream].version for each in told)


async def test_an_issue_is_judged_by_how_it_stood_at_the_position() -> None:
    stream = next(s for s in LEDGER.streams_kept if "order/" not in s and not issue_of(s).is_open)
    everything = await LEDGER.safe_position()
    (whole,) = await chosen(LEDGER, Choice(issue=stream, open=False), with_others=False)
    closing = next(p for p, record in whole.events if record.kind == "issue_closed_out")
    before = Choice(issue=stream, open=True)

    (then,) = await chosen(LEDGER, before, closing - 1, with_others=False)

    assert [p for p, _ in then.events] == [p for p, _ in whole.events if p < closing]
    *_, last = steps(then)
    assert last.after.is_open
    assert await chosen(LEDGER, before, everything, with_others=False) == []


async def test_an_order_goes_with_the_issues_that_it_covers() -> None:
    orders = {s: LEDGER._tables.orders[s].order for s in LEDGER.streams_kept if is_order_stream(s)}
    assert orders
    every = await chosen(LEDGER, Choice(zone="xinghe"))
    assert {each.stream for each in every if each.kind is StreamKind.ORDER} == set(orders)

    for order in orders.values():
        covered = f"{order.zone}/{order.issues[0]}"
        told = await chosen(LEDGER, Choice(issue=covered))

        known = covered in LEDGER.streams_kept
        wanted = {o.stream for o in orders.values() if order.issues[0] in o.issues and known}
        assert {each.stream for each in told if each.kind is StreamKind.ORDER} == wanted
        assert [each.stream for each in told if each.kind is StreamKind.ISSUE] == [covered] * known


async def test_one_issue_is_found_without_paging_through_those_of_its_zone() -> None:
    paged = Paged()
    stream = next(s for s in LEDGER.streams_kept if s.startswith("xinghe/"))

    told = await chosen(paged, Choice(issue=stream))

    assert [each.stream for each in told if each.kind is StreamKind.ISSUE] == [stream]
    assert {before for _, before in paged.between} == {"order/xinghe0", "matter/xinghe0"}


async def test_a_command_of_later_than_the_position_stays_out() -> None:
    everything = await LEDGER.safe_position()
    in_two = 0
    for position in range(everything // 2, everything // 2 + 40):
        told = await chosen(LEDGER, Choice(zone="xinghe"), position, with_commands=True)

        before = [r for r in LEDGER._tables.positions[:position] if "xinghe/" in r.stream]
        in_two += len(before) - sum(len(each.events) for each in told)
        for each in told:
            newest = each.events[-1][1].version
            assert all(c.first_version + c.count - 1 <= newest for c in each.commands)
            counted = Counter(record.command_id for _, record in each.events)
            assert counted == {c.id: c.count for c in each.commands if c.count}
    assert in_two > 0


async def test_reading_in_small_pages_and_reads_comes_to_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = await chosen(LEDGER, Choice())
    monkeypatch.setattr(choosing, "STREAMS_A_PAGE", 7)
    monkeypatch.setattr(choosing, "EVENTS_A_READ", 20)
    asked: list[int] = []

    class Counting(KeptLedger):
        async def events_up_to(self, versions: Mapping[str, int]) -> list[tuple[int, Record]]:
            found = await super().events_up_to(versions)
            asked.append(len(found))
            return found

    passed: list[int] = []
    small = Counting()
    told = [
        t async for t in lives(small, Choice(), len(small._tables.positions), passed=passed.append)
    ]

    assert told == whole
    assert sum(passed) == len(whole)
    assert max(asked) <= max(20, *(len(each.events) for each in whole))


async def test_a_zone_called_order_has_its_issues_and_its_orders_once() -> None:
    class Named(KeptLedger):
        async def streams_between(
            self, position: int, after: str, before: str, limit: int
        ) -> list[StreamRow]:
            names = ["order/a", "order/order/b", "order/xinghe/c", "orders/d"]
            there = [name for name in names if after < name < before]
            return [StreamRow(name, 1, 1) for name in there][:limit]

    for zone, wanted in (
        ("order", ["order/a", "order/order/b"]),
        ("xinghe", ["order/xinghe/c"]),
        ("orders", ["orders/d"]),
    ):
        assert [t.stream for t in await chosen(Named(), Choice(zone=zone))] == wanted


async def test_a_span_of_reports_leaves_out_its_end() -> None:
    stream = next(s for s in LEDGER.streams_kept if "order/" not in s)
    at = issue_of(stream).reported_at
    one = timedelta(milliseconds=1)

    assert await chosen(LEDGER, Choice(issue=stream, from_at=at, to_at=at + one))
    assert not await chosen(LEDGER, Choice(issue=stream, from_at=at - one, to_at=at))
