"""What every ledger tells of a matter as it stood."""

import random
from datetime import timedelta
from typing import Any

import builders as b
import builders_grants as g
import builders_zone as z
import pytest
from contract import LedgerContract
from contract_matters import OPEN, STREAM, act, stored
from lives import Life, reported, write

from domain.matters.matter import matter_stream
from domain.matters.state import Matter
from domain.sight import Sight
from ledger.matter_past import matter_then
from ledger.port import Ledger

ACTS = 14
PAGES = (1, 2, 3, 500)


def _acts(seed: int) -> list[Any]:
    """Return what is done in a store, in some order."""
    lots = random.Random(seed)  # noqa: S311  # to be had again
    return [
        g.received(lots.randint(1, 300)) if lots.random() < 0.6 else g.issued(lots.randint(1, 3))
        for _ in range(ACTS)
    ]


class MattersPastContract(LedgerContract):
    """A matter at every position and instant, with others growing beside it."""

    @pytest.mark.parametrize("seed", [1, 2])
    async def test_a_matter_at_each_position_stands_as_it_stood_when_that_was_the_last(
        self, ledger: Ledger, seed: int
    ) -> None:
        lots = random.Random(seed)  # noqa: S311  # to be had again
        at = b.MON_9
        stood: list[tuple[int, Any, Matter | None]] = []
        await act(ledger, at, OPEN, key="beside")
        stood.append((await ledger.safe_position(), at, None))
        await act(ledger, at, OPEN)
        await act(ledger, at, g.received(500))
        for number, command in enumerate(_acts(seed)):
            stood.append((await ledger.safe_position(), at, await stored(ledger)))
            at += timedelta(minutes=1)
            if lots.random() < 0.3:
                await write(ledger, Life(f"i-{number}").step(reported()))
                await act(ledger, at, g.received(1), key="beside")
            await act(ledger, at, command)
        row = await ledger.matter(STREAM)
        assert row is not None
        stood.append((await ledger.safe_position(), at, row.matter))
        assert len({each.version for _, _, each in stood if each}) == ACTS + 1
        for position, instant, matter in stood:
            for page in PAGES:
                then = await matter_then(ledger, STREAM, Sight(b.NEXT_MON_9, position), page=page)
                assert (None if then is None else then.matter) == matter
            for sight in (
                Sight(instant, stood[-1][0], known_at=instant),
                Sight(instant, stood[-1][0], as_of_at=instant),
            ):
                then = await matter_then(ledger, STREAM, sight, page=4)
                if position > stood[0][0]:
                    assert then is not None
                    assert then.matter == matter
        last = await matter_then(ledger, STREAM, Sight(at, stood[-1][0]))
        assert last is not None
        assert (last.matter, last.hash, last.notices) == (row.matter, row.hash, ())

    async def test_what_a_visitor_said_took_place_earlier_is_seen_by_then_but_was_not_known(
        self, ledger: Ledger
    ) -> None:
        await act(ledger, b.MON_9, OPEN)
        earlier = b.MON_9 + timedelta(minutes=5)
        await act(ledger, b.MON_10, g.received(300), occurred_at=earlier)
        reached = await ledger.safe_position()
        for sight, version in (
            (Sight(earlier, reached, as_of_at=earlier), 2),
            (Sight(earlier, reached, as_of_at=earlier - timedelta(milliseconds=1)), 1),
            (Sight(earlier, reached, known_at=earlier), 1),
            (Sight(b.MON_10, reached, known_at=b.MON_10, as_of_at=earlier), 2),
        ):
            then = await matter_then(ledger, STREAM, sight)
            assert then is not None
            assert then.matter.version == version

    async def test_events_of_a_matter_are_read_a_page_at_a_time_up_to_a_position(
        self, ledger: Ledger
    ) -> None:
        await act(ledger, b.MON_9, OPEN)
        await act(ledger, b.MON_9, OPEN, key="beside")
        await act(ledger, b.MON_9, g.received(300))
        await act(ledger, b.MON_9, g.received(200))
        placed = await ledger.positions(STREAM)

        async def versions(position: int, after: int, limit: int) -> list[int]:
            found = await ledger.matter_records(STREAM, position=position, after=after, limit=limit)
            assert {each.stream for each in found} <= {STREAM}
            return [each.version for each in found]

        assert await versions(placed[2], 0, 9) == [1, 2, 3]
        assert await versions(placed[2] - 1, 0, 9) == [1, 2]
        assert await versions(placed[2], 1, 1) == [2]
        assert await versions(placed[0] - 1, 0, 9) == []
        assert await versions(placed[2], 3, 9) == []
        nobody = matter_stream(z.ZONE, "nothing")
        assert await matter_then(ledger, nobody, Sight(b.MON_9, placed[2])) is None
