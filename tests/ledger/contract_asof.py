"""What every ledger tells of the past: issues as they stood from any sight, page by page."""

from datetime import datetime
from itertools import product

import pytest
from contract import LedgerContract
from lives import DAY, Life, accepted, at, closed_out, note, reported, rung_fired, write

from domain.events_of_time import FactCorrected
from domain.issue import Issue
from domain.people import ENGINE
from domain.sight import Sight, folded, seen_from
from ledger import asof
from ledger.asof import EVERY, Filters, stood
from ledger.port import Ledger

FILTERS = (
    EVERY,
    Filters(zone="z2"),
    Filters(phase="closed"),
    Filters(owner="district"),
    Filters(category="none"),
    Filters(overdue=True),
    Filters(zone="z1", open_only=True),
)
EVENTS = 11
INSTANTS = (None, at(-1), at(0), at(2), at(5), at(30), at(99))


def corrected(hours: float, version: int, took_place: float) -> FactCorrected:
    """The word that an event took place earlier."""
    return FactCorrected(
        at=at(hours), by=ENGINE, version=version, took_place_at=at(took_place), reason="Phoned."
    )


async def grown(ledger: Ledger) -> None:
    """Let five issues grow beside one another, one of them closed, one known of late."""
    a, b, c, d, e = (Life("a"), Life("b"), Life("c"), Life("d", "z2"), Life("e"))
    await write(ledger, a.step(reported()))
    await write(ledger, b.step(reported(1, owner="district")))
    await write(ledger, a.step(accepted("No-1", 1)))
    await write(ledger, d.step(reported(2), tell=["x", "y"]))
    await write(ledger, c.step(reported(3)))
    await write(ledger, a.step(note(4), closed_out(5, cycle=2)))
    await write(ledger, e.step(reported(6)))
    await write(ledger, d.step(rung_fired("half", 15), tell=["z"]))
    await write(ledger, e.step(corrected(20, 1, 1)))
    await write(ledger, b.step(note(31)))


async def by_hand(ledger: Ledger, sight: Sight, filters: Filters) -> list[tuple[Issue, str]]:
    """Tell every stream whole and leave out what does not fit."""
    found = []
    async for stream in ledger.streams():
        placed = zip(await ledger.positions(stream), await ledger.records(stream), strict=True)
        seen = seen_from(sight, [r for position, r in placed if position <= sight.position])
        issue = folded(seen)
        if issue is not None and filters.fit(issue, sight.at):
            found.append((issue, seen[-1].hash))
    return found


class AsOfContract(LedgerContract):
    """The past, positions, what had been delivered."""

    async def test_issues_are_listed_as_they_stood_from_any_sight(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asof, "PAGE", 2)
        await grown(ledger)
        newest = await ledger.safe_position()
        shown: set[tuple[str, int]] = set()

        async def check(sight: Sight, filters: Filters) -> None:
            rows = [(row.issue, row.hash) async for row in stood(ledger, sight, filters)]
            assert rows == await by_hand(ledger, sight, filters), (sight, filters)
            shown.update((issue.stream, issue.version) for issue, _ in rows)

        for position in range(newest + 1):
            await check(Sight(at(99), position), EVERY)
        for number, (as_of, known_at) in enumerate(product(INSTANTS, INSTANTS)):
            position = newest - number % 3
            for filters in (EVERY, FILTERS[number % len(FILTERS)]):
                moment = as_of or known_at or at(99)
                await check(Sight(moment, position, known_at, as_of), filters)
        for filters in FILTERS:
            await check(Sight(at(3), newest, as_of_at=at(3)), filters)

        assert len(shown) == EVENTS

    async def test_what_was_open_then_is_listed_though_it_is_closed_now(
        self, ledger: Ledger
    ) -> None:
        await grown(ledger)
        newest = await ledger.safe_position()

        async def listed(as_of: datetime, known_at: datetime | None = None) -> list[str]:
            sight = Sight(as_of, newest, known_at, as_of)
            rows = stood(ledger, sight, Filters(zone="z1", open_only=True))
            return [row.issue.key async for row in rows]

        assert await listed(at(4)) == ["a", "b", "c", "e"]
        assert await listed(at(4), at(4)) == ["a", "b", "c"]
        assert await listed(at(5)) == ["b", "c", "e"]

    async def test_a_list_goes_on_after_an_issue(self, ledger: Ledger) -> None:
        await grown(ledger)
        sight = Sight(at(30), await ledger.safe_position(), as_of_at=at(30))

        rows = [row.issue.stream async for row in stood(ledger, sight, after="z1/b")]

        assert rows == ["z1/c", "z1/e", "z2/d"]

    async def test_each_event_has_a_position_and_a_position_its_instant(
        self, ledger: Ledger
    ) -> None:
        await grown(ledger)
        own = await ledger.positions("z1/a")

        assert len(own) == 4
        assert own == sorted(own)
        assert await ledger.positions("z1/a", from_version=3) == own[2:]
        assert await ledger.positions("z1/none") == []
        assert await ledger.position_at(own[0] - 1) is None
        assert await ledger.position_at(own[3]) == at(5)
        assert await ledger.position_at(10**9) == at(31)

    async def test_what_had_not_been_delivered_then_is_named(self, ledger: Ledger) -> None:
        await grown(ledger)
        await ledger.mark_delivered("z2/d/1/x", at(10))
        first, all_ = {"z2/d": 1, "z1/a": 4}, {"z2/d": 2}

        assert await ledger.undelivered_then(first, at(9)) == {"z2/d": ("z2/d/1/x", "z2/d/1/y")}
        assert await ledger.undelivered_then(first, at(10)) == {"z2/d": ("z2/d/1/y",)}
        assert await ledger.undelivered_then(all_, at(10) + DAY) == {
            "z2/d": ("z2/d/1/y", "z2/d/2/z")
        }
