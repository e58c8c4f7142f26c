"""What every ledger shows on boards: open issues counted by plain loops over the facts as well."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from contract import LedgerContract

from audit.lights import board_now
from demo.year import Year, generate_year
from domain.access import Horizon
from domain.issue import Issue
from domain.lights import Light, light_of
from domain.organization import enterprise
from domain.responsibility import working
from ledger.dashboards import (
    By,
    Card,
    Few,
    Lights,
    Shown,
    by_handler,
    by_holder,
    by_owner,
    by_person,
)
from ledger.day_lists import DayOf
from ledger.lists import Place
from ledger.port import Ledger

ZONE = "xinghe"
FROM_ON, UNTIL_ON = date(2026, 6, 8), date(2026, 6, 12)
DAY = timedelta(days=1)
WHOLE = Horizon(zone=ZONE, whole=True)
HORIZONS = (
    WHOLE,
    Horizon(zone=ZONE, posts=frozenset({"xinghe-area-east", "xinghe-grid-west-1"})),
    Horizon(zone=ZONE, enterprises=frozenset({"xinghe-optics", "xinghe-foods"})),
    Horizon(zone=ZONE, units=frozenset({"works-bureau"}), posts=frozenset({"xinghe-works"})),
    Horizon(zone=ZONE, units=frozenset({"nobody"})),
    Horizon(zone="elsewhere", whole=True),
)
SHOWN = (
    Shown(),
    Shown(phase="handling"),
    Shown(tier=2, light=Light.RED),
    Shown(light=Light.NONE),
    Shown(light=Light.YELLOW, enterprise="xinghe-optics"),
    Shown(grid="xinghe-east-1", light=Light.GREEN),
    Shown(holder="economy-bureau"),
    Shown(owner="xinghe-grid-west-1", handler="xinghe-economy"),
    Shown(category="LOG-1", priority="ordinary"),
    Shown(title="log-1 Y00"),
    Shown(enterprises=frozenset({"xinghe-optics", "xinghe-foods"})),
    Shown(enterprises=frozenset(), phase="handling"),
)


@lru_cache
def week() -> Year:
    """Return four days of a zone, made once: most issues are open at their end."""
    return generate_year(70, from_on=FROM_ON, until_on=UNTIL_ON)


AFTERNOON_AT = week().until_at + timedelta(hours=14)
"""Of the day after, on which nobody did anything: some issues turn red, some are about to."""


def seen(horizon: Horizon) -> list[Issue]:
    """Return the open issues within a horizon."""
    return [issue for issue in week().issues.values() if issue.is_open and horizon.sees(issue)]


def shows(issue: Issue, at: datetime) -> Light:
    """Return an issue's light, told by its clocks."""
    return light_of(issue, week().terms, at).light


def counted(
    issues: Iterable[Issue], of: Callable[[Issue], object], at: datetime
) -> dict[object, Lights]:
    """Count issues by hand."""
    counts = Counter((of(issue), shows(issue, at)) for issue in issues)
    keys = {key for key, _ in counts}
    return {key: Lights(*(counts[key, light] for light in Light)) for key in keys}


def grid_of(issue: Issue) -> str | None:
    """Return where an issue's enterprise stands."""
    place = enterprise(week().terms.handbook, issue.enterprise)
    return None if place is None else place.grid


def holder_of(issue: Issue) -> object:
    """Return who has the work."""
    return working(issue, week().terms.handbook)


def named(few: Few) -> list[str]:
    """Return the streams of cards."""
    return [card.stream for card in few.cards]


def happened(horizon: Horizon, kind: str, from_at: datetime) -> list[str]:
    """Return to which issues an event of this kind happened since, the newest first."""
    last = {r.stream: r.at for r in week().records if r.kind == kind and r.at >= from_at}
    own = [stream for stream in last if horizon.sees(week().issues[stream])]
    return sorted(own, key=lambda stream: (last[stream], stream), reverse=True)


class DashboardsContract(LedgerContract):
    """Standing, today, boards, load, coverage, and the issues of an enterprise."""

    async def test_open_issues_are_counted_as_they_stand(self, ledger: Ledger) -> None:
        await week().lay(ledger)
        for at in (week().until_at, week().until_at + DAY / 3, week().until_at + 20 * DAY):
            for horizon in HORIZONS:
                own = seen(horizon)
                found = await ledger.standing(horizon, at=at)
                assert found.lights == counted(own, lambda _: "", at).get("", Lights())
                assert found.by_tier == counted(own, lambda issue: issue.tier, at)
                assert found.by_holder == counted(own, holder_of, at)
                assert found.by_grid == counted(own, grid_of, at)
                assert found.by_handler == counted(own, lambda issue: issue.handler, at)
                assert list(found.by_tier) == sorted(found.by_tier)
            board = await board_now(ledger, at=at, zone=ZONE)
            standing = await ledger.standing(WHOLE, at=at)
            assert standing.lights.open == board.issues > 15
            assert {tier: lights for (_, tier), lights in board.by_tier.items()} == {
                tier: {light: lights.of(light) for light in Light}
                for tier, lights in standing.by_tier.items()
            }
            assert {holder for _, holder in board.by_holder} == set(standing.by_holder)

    async def test_a_day_shows_what_is_late_what_will_be_and_what_happened(
        self, ledger: Ledger
    ) -> None:
        await week().lay(ledger)
        at, from_at = AFTERNOON_AT, week().until_at - 2 * DAY
        to_at = week().until_at + DAY
        for horizon in HORIZONS:
            whole = await ledger.today(horizon, at=at, from_at=from_at, to_at=to_at, limit=50)
            first = await ledger.today(horizon, at=at, from_at=from_at, to_at=to_at, limit=2)
            none = await ledger.today(horizon, at=at, from_at=from_at, to_at=to_at, limit=0)
            own = seen(horizon)
            ends = {i.stream: light_of(i, week().terms, at).clock for i in own}
            reds = {i.stream for i in own if shows(i, at) is Light.RED}
            yellows = {i.stream for i in own if shows(i, at) is Light.YELLOW}
            assert set(named(whole.overdue)) == reds
            assert set(named(whole.at_risk)) == yellows
            due = {i.stream for i in own if i.stream not in reds and shows(i, to_at) is Light.RED}
            assert set(named(whole.due_today)) == due
            assert all(ends[stream] is not None for stream in reds | yellows | due)
            assert named(whole.reported) == happened(horizon, "issue_reported", from_at)
            assert named(whole.escalated) == happened(horizon, "issue_escalated", from_at)
            assert named(whole.rejected) == happened(horizon, "resolution_rejected", from_at)
            assert named(whole.silent) == happened(horizon, "sign_off_lapsed", from_at)
            for name in ("overdue", "at_risk", "due_today", "reported", "escalated", "silent"):
                every: Few = getattr(whole, name)
                some: Few = getattr(first, name)
                assert every.count == some.count == getattr(none, name).count == len(every.cards)
                assert some.cards == every.cards[:2]
                assert getattr(none, name).cards == ()
            worst = [card.red_at for card in whole.overdue.cards if card.red_at is not None]
            assert worst == sorted(worst)
            standing = await ledger.standing(horizon, at=at)
            for limit, alone in ((50, whole), (2, first), (0, none)):
                found = await ledger.day(horizon, at=at, from_at=from_at, to_at=to_at, limit=limit)
                assert found == (standing, alone)
        whole = await ledger.today(WHOLE, at=at, from_at=from_at, to_at=to_at, limit=50)
        counts = [whole.overdue.count, whole.at_risk.count, whole.due_today.count]
        assert min(counts) > 0
        assert any(not card.open for card in whole.reported.cards), "closed ones are told of too"

    async def test_the_pages_of_what_happened_in_a_day_are_all_of_it(self, ledger: Ledger) -> None:
        await week().lay(ledger)
        at, from_at, to_at = AFTERNOON_AT, week().until_at - 3 * DAY, AFTERNOON_AT + DAY
        for horizon in HORIZONS:
            whole = await ledger.today(horizon, at=at, from_at=from_at, to_at=to_at, limit=50)
            for of in DayOf:
                every: Few = getattr(whole, of.value)
                cards, after = list[Card](), None
                while True:
                    page = await ledger.of_day(
                        horizon, of, at=at, from_at=from_at, to_at=to_at, after=after, limit=3
                    )
                    assert page.count == every.count
                    cards += page.cards
                    after = page.next
                    if after is None:
                        break
                assert tuple(cards[: len(every.cards)]) == every.cards
                assert len(cards) == every.count
        reported = await ledger.of_day(
            WHOLE, DayOf.REPORTED, at=at, from_at=from_at, to_at=to_at, limit=3
        )
        assert reported.count > 6, "several pages were gone through"

    async def test_the_pages_of_each_column_are_the_whole_column(self, ledger: Ledger) -> None:
        await week().lay(ledger)
        at = week().until_at
        for by in By:
            for shown in SHOWN:
                assert await columns_by_hand(ledger, WHOLE, shown, by, at) is not None
            for horizon in HORIZONS:
                await columns_by_hand(ledger, horizon, Shown(), by, at)

    async def test_a_load_says_whose_it_is(self, ledger: Ledger) -> None:
        await week().lay(ledger)
        at, handbook = week().until_at, week().terms.handbook
        for horizon in HORIZONS:
            own = seen(horizon)
            load = await ledger.load(horizon, at=at)
            assert by_owner(load) == counted(own, lambda issue: issue.owner, at)
            assert by_handler(load) == counted(own, lambda issue: issue.handler, at)
            assert by_holder(load) == counted(own, holder_of, at)
            covered = await ledger.coverage(horizon, at=at)
            assert {(c.grid, c.enterprise): c.lights for c in covered} == counted(
                own, lambda issue: (grid_of(issue), issue.enterprise), at
            )
        people = by_person(await ledger.load(WHOLE, at=at), handbook, UNTIL_ON)
        mine = [issue for issue in seen(WHOLE) if issue.handler == "xinghe-grid-west-1"]
        assert people["xinghe-p05"] == counted(mine, lambda _: "", at)[""]
        assert "xinghe-p06" not in people, "who comes in July holds nothing yet"

    async def test_an_enterprise_has_its_open_and_its_closed_issues(self, ledger: Ledger) -> None:
        await week().lay(ledger)
        at = week().until_at
        for horizon in HORIZONS:
            own = [
                issue
                for issue in week().issues.values()
                if issue.enterprise == "xinghe-optics" and horizon.sees(issue)
            ]
            own.sort(key=lambda issue: (issue.reported_at, issue.stream), reverse=True)
            streams: list[str] = []
            after: Place | None = None
            while True:
                page = await ledger.of_enterprise(
                    horizon, "xinghe-optics", at=at, after=after, limit=4
                )
                streams += [card.stream for card in page.cards]
                after = page.next
                if after is None:
                    break
            opened = [issue for issue in own if issue.is_open]
            assert streams == [issue.stream for issue in own]
            assert page.lights == counted(opened, lambda _: "", at).get("", Lights())
            assert page.closed == len(own) - len(opened)


async def columns_by_hand(
    ledger: Ledger, horizon: Horizon, shown: Shown, by: By, at: datetime
) -> list[str]:
    """Page through each column, and hold it against issues that were looked at one by one."""
    own = [issue for issue in seen(horizon) if fits(issue, shown, at)]
    names = list(dict.fromkeys(sorted(getattr(issue, by.value) for issue in own)))
    if by is By.PHASE:
        process = ("intake", "handling", "sign_off", "parked")
        names = [name for name in process if name in names]
    first = await ledger.columns(horizon, shown, by, at=at, per_column=2)
    assert [column.name for column in first] == [str(name) for name in names]
    for column in first:
        inside = [issue for issue in own if str(getattr(issue, by.value)) == column.name]
        assert column.lights == counted(inside, lambda _: "", at)[""]
        cards, after = list(column.cards), column.next
        while after is not None:
            again = await ledger.columns(
                horizon, shown, by, at=at, per_column=2, after={column.name: after}
            )
            page = next(each for each in again if each.name == column.name)
            others = [each for each in again if each.name != column.name]
            assert others == [each for each in first if each.name != column.name]
            cards += page.cards
            after = page.next
        assert {card.stream for card in cards} == {issue.stream for issue in inside}
        assert len(cards) == len(inside)
        places = [(card.red_at is None, card.red_at or at, card.stream) for card in cards]
        assert places == sorted(places)
        assert all(card.light is shows(week().issues[card.stream], at) for card in cards)
    return [column.name for column in first]


def fits(issue: Issue, shown: Shown, at: datetime) -> bool:
    """Say by hand whether a board shows an issue."""
    holder = working(issue, week().terms.handbook)
    own = {"phase": issue.phase.value, "tier": issue.tier, "category": issue.category}
    own |= {"enterprise": issue.enterprise, "grid": grid_of(issue), "owner": issue.owner}
    own |= {"handler": issue.handler, "holder": holder.id, "priority": issue.priority.value}
    asked = {name: getattr(shown, name) for name in own if getattr(shown, name) is not None}
    return (
        all(own[name] == value for name, value in asked.items())
        and shown.light in (None, shows(issue, at))
        and (shown.enterprises is None or issue.enterprise in shown.enterprises)
        and (shown.title is None or shown.title.lower() in issue.title.lower())
    )
