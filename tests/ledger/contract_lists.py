"""What every ledger lists: what lies within a horizon and fits, in order, cut by the ledger."""

import random
from datetime import timedelta
from itertools import product

from contract import LedgerContract
from lives import Life, accepted, at, closed_out, note, reported, rung_fired, write

from domain.access import Horizon
from domain.events import Event, IssueHandedOver, IssueReported, PartAsked, TeamConvened
from domain.issue import Issue
from domain.people import ENGINE
from domain.phases import Duty
from domain.sight import Sight, folded
from ledger.asof import stood
from ledger.lists import Narrowed, Order, Place, Sort, hands_of
from ledger.port import Changes, Ledger

NOW = at(30)
SEED = 20260302
NUMBERED = "N-k0000"
"""The number of an issue that is there in every ledger that has grown."""
ORDERS = [Order(by, descending) for by, descending in product(Sort, (False, True))]
HORIZONS = (
    Horizon(zone="z1", whole=True),
    Horizon(zone="z1", enterprises=frozenset({"E1", "E3"})),
    Horizon(zone="z1", posts=frozenset({"street", "proxy-1"})),
    Horizon(zone="z1", units=frozenset({"roads"}), posts=frozenset({"repairs"})),
    Horizon(zone="z2", whole=True),
    Horizon(zone="z2", units=frozenset({"nobody"})),
)
FILTERS = (
    Narrowed(),
    Narrowed(phase="closed"),
    Narrowed(owner="district", open_only=True),
    Narrowed(handler="repairs"),
    Narrowed(unit="roads"),
    Narrowed(parts_of=("roads", "power")),
    Narrowed(enterprise="E1", category="lifts"),
    Narrowed(tier=1, priority="ordinary"),
    Narrowed(number=NUMBERED),
    Narrowed(report_id="message-2"),
    Narrowed(overdue=True),
    Narrowed(at_risk=True),
    Narrowed(due_before=at(26)),
    Narrowed(title='LIFT "unit":"roads"'),
    Narrowed(title="升降机É"),
    Narrowed(title="升降机é"),
)


def reported_by(draw: random.Random, hours: float) -> IssueReported:
    """A report of somebody's about something."""
    event = reported(hours, owner=draw.choice(["street", "district"]))
    titles = ['Lift "unit":"roads"', '"team":{"parts":[{"unit":"roads"}]', "升降机É", "x%_\\"]
    return event.model_copy(
        update={
            "enterprise": draw.choice(["E1", "E2", "E3"]),
            "category": draw.choice(["lifts", "roads"]),
            "title": draw.choice(titles),
            "report_id": draw.choice([None, None, "message-2"]),
        }
    )


def convened(hours: float, *units: str) -> TeamConvened:
    """A joint team, with somebody who acts for customs."""
    parts = [
        PartAsked(id=f"p-{unit}", unit=unit, duty=Duty.CO, deliverable='"unit":"faked"')
        for unit in units
    ]
    outside = PartAsked(id="out", unit="customs", duty=Duty.CO, deliverable="x", proxy="proxy-1")
    return TeamConvened(at=at(hours), by=ENGINE, number=1, lead=units[0], parts=(*parts, outside))


def handed_over(hours: float, unit: str) -> IssueHandedOver:
    """The work goes to a unit."""
    return IssueHandedOver(
        at=at(hours), by=ENGINE, unit=unit, handler=f"{unit}-desk", reason="Theirs."
    )


async def grown(ledger: Ledger, count: int = 40) -> None:
    """Let issues grow beside one another; the same in every ledger."""
    draw = random.Random(SEED)  # noqa: S311  # the same every time is what is wanted
    lives: list[Life] = []
    for hour in range(count):
        hours = hour / 2
        life = Life(f"k{hour * 7919 % 10_000:04}", draw.choice(["z1", "z1", "z2"]))
        lives.append(life)
        await write(ledger, life.step(reported_by(draw, hours)))
        for _ in range(draw.randrange(3)):
            await write(ledger, _next(draw, draw.choice(lives), hours))


def _next(draw: random.Random, life: Life, hours: float) -> Changes:
    issue = life.issue
    assert issue is not None
    some: list[Event] = [note(hours)]
    if issue.number is None and issue.is_open:
        some = [accepted(f"N-{life.key}", hours)]
    elif issue.is_open:
        some += [
            convened(hours, "roads", "power"),
            convened(hours, "water"),
            handed_over(hours, "roads"),
            closed_out(hours, cycle=2),
            rung_fired("half", hours, cycle=2),
        ]
    return life.step(draw.choice(some))


async def every_issue(ledger: Ledger) -> list[tuple[Issue, int]]:
    """Fold every stream; beside each issue the position of its last event."""
    found = []
    async for stream in ledger.streams():
        issue = folded(await ledger.records(stream))
        assert issue is not None
        found.append((issue, (await ledger.positions(stream))[-1]))
    return found


def by_hand(
    every: list[tuple[Issue, int]], horizon: Horizon, filters: Narrowed, order: Order
) -> list[tuple[str, int]]:
    """Keep what is seen and fits, and sort it."""
    found: list[tuple[bool, float, str, int]] = []
    for issue, last in every:
        if horizon.sees(issue) and filters.fit(issue, NOW):
            due_at = None if issue.deadline is None else issue.deadline.due_at
            value = {
                Sort.STREAM: 0.0,
                Sort.REPORTED_AT: issue.reported_at.timestamp(),
                Sort.DEADLINE_AT: None if due_at is None else due_at.timestamp(),
                Sort.CHANGED: float(last),
            }[order.by]
            found.append((value is None, value or 0.0, issue.stream, issue.version))
    found.sort(key=lambda each: each[1:3], reverse=order.descending)
    found.sort(key=lambda each: each[0])
    return [(stream, version) for _, _, stream, version in found]


class ListsContract(LedgerContract):
    async def test_a_list_is_what_the_folded_streams_come_to(self, ledger: Ledger) -> None:
        await grown(ledger)
        every = await every_issue(ledger)
        seen = 0
        for horizon, filters, order in product(HORIZONS, FILTERS, ORDERS):
            found = await ledger.listed(horizon, filters, order, at=NOW, limit=201)
            expected = by_hand(every, horizon, filters, order)
            told = [(each.row.issue.stream, each.row.issue.version) for each in found]
            assert told == expected, (horizon, filters, order)
            seen += len(found)
        assert seen > 1000

    async def test_pages_fit_one_another_wherever_they_are_cut(self, ledger: Ledger) -> None:
        await grown(ledger)
        for horizon, order in product(HORIZONS[:4], ORDERS):
            whole = await ledger.listed(horizon, Narrowed(), order, at=NOW, limit=201)
            after: Place | None = None
            paged: list[Place] = []
            for _ in range(len(whole) + 1):
                page = await ledger.listed(horizon, Narrowed(), order, at=NOW, after=after, limit=3)
                paged += [each.place for each in page]
                if len(page) < 3:
                    break
                after = page[-1].place
            assert paged == [each.place for each in whole]

    async def test_a_place_that_nobody_stands_at_has_a_page_behind_it(self, ledger: Ledger) -> None:
        await grown(ledger)
        for order in ORDERS:
            value = {
                Sort.STREAM: None,
                Sort.REPORTED_AT: at(7.1),
                Sort.DEADLINE_AT: at(33.1),
                Sort.CHANGED: 27,
            }[order.by]
            whole = await ledger.listed(HORIZONS[0], Narrowed(), order, at=NOW, limit=201)
            place = Place("z1/k5", value)
            found = await ledger.listed(HORIZONS[0], Narrowed(), order, at=NOW, after=place)
            assert 0 < len(found) < len(whole)
            assert [each.place for each in found] == [e.place for e in whole][-len(found) :]

    async def test_the_past_within_a_horizon_is_the_past_of_what_is_seen_now(
        self, ledger: Ledger
    ) -> None:
        await grown(ledger)
        last = await ledger.safe_position()
        for horizon, position in product(HORIZONS, (1, last // 2, last)):
            sight = Sight(at(position / 4), position)
            wide = [row.issue async for row in stood(ledger, sight)]
            kept = await ledger.kept_within(horizon, sight, Narrowed(), after="", limit=500)
            streams = [each.stream for each in kept]
            now = {row.issue.stream: row.issue for row in await ledger.find(limit=1000)}
            expected = [i.stream for i in wide if horizon.sees(now[i.stream])]
            assert [s for s in streams if s in {i.stream for i in wide}] == expected
            newest, after = [], None
            while page := await ledger.kept_newest(
                horizon, sight, Narrowed(), after=after, limit=3
            ):
                newest += page
                after = page[-1][1]
            told = sorted(kept, key=lambda each: (now[each.stream].reported_at, each.stream))
            assert [each for each, _ in newest] == told[::-1]
            assert [place.value for _, place in newest] == [
                now[each.stream].reported_at for each, _ in newest
            ]

    async def test_the_past_is_narrowed_by_how_it_stood_and_not_by_how_it_stands(
        self, ledger: Ledger
    ) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        await write(ledger, life.step(accepted("N-1", 1)))
        then, now = Sight(at(0), 1), Sight(at(1), 2)
        whole = HORIZONS[0]
        numbered = Narrowed(number="N-1")
        kept = await ledger.kept_within(whole, now, numbered, after="", limit=9)
        assert [each.issue is not None for each in kept] == [True]
        kept = await ledger.kept_within(whole, then, numbered, after="", limit=9)
        assert [each.issue for each in kept] == [None], "it is told from its events, and fits not"
        assert await ledger.kept_within(whole, now, Narrowed(number="N"), after="", limit=9) == []
        assert await ledger.kept_within(whole, now, Narrowed(), after="z1/a", limit=9) == []

    async def test_whom_an_issue_concerns_follows_it_from_hand_to_hand(
        self, ledger: Ledger
    ) -> None:
        life = Life("a")
        roads = Horizon(zone="z1", units=frozenset({"power"}))
        await write(ledger, life.step(reported()))
        assert await ledger.listed(roads, Narrowed(), Order(), at=NOW) == []
        await write(ledger, life.step(accepted("N-1", 1)))
        await write(ledger, life.step(convened(2, "roads", "power")))
        found = await ledger.listed(roads, Narrowed(), Order(), at=NOW)
        assert [each.row.issue.key for each in found] == ["a"]
        assert hands_of(found[0].row.issue)[-4:] == [
            "part:roads",
            "part:power",
            "part:customs",
            "post:proxy-1",
        ]

    async def test_a_page_has_at_most_200_and_one_to_look_ahead(self, ledger: Ledger) -> None:
        await grown(ledger, 4)
        whole = HORIZONS[0]
        assert len(await ledger.listed(whole, Narrowed(), Order(), at=NOW, limit=0)) == 1
        later = NOW + timedelta(days=9)
        assert await ledger.listed(whole, Narrowed(), Order(), at=later, limit=99_999)
