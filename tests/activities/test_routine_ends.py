"""What became of each run that was due: done on time, caught up with, left out, refused."""

from collections import Counter
from datetime import date, timedelta

import pytest
from routine_office import TO_ON, Office, year

from activities.routine import Routines
from desk.callbacks import Asked, CallbackDesk
from domain.routines import RoutineKind, RunEnd

Ends = Counter[tuple[RoutineKind, RunEnd]]


class CountedOffice(Office):
    """One that counts what became of runs."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: Ends = Counter()
        self.routines = self.counted()

    def counted(self) -> Routines:
        """Return the routines of another worker, counted as well."""

        def count(routine: RoutineKind, end: RunEnd) -> None:
            self.ends[routine, end] += 1

        return Routines(self.another_desk(), on_run=count)

    async def told(self, routine: RoutineKind) -> dict[str, int]:
        """Call a routine and return what became of its runs since the last time."""
        self.ends.clear()
        await self.call(routine)
        assert {kind for kind, _ in self.ends} <= {routine}
        return {end.value: count for (_, end), count in self.ends.items()}


@pytest.fixture
async def office() -> CountedOffice:
    opened = CountedOffice()
    await year().lay(opened.ledger)
    return opened


async def test_reports_that_nobody_called_for_are_caught_up_with_and_counted(
    office: CountedOffice,
) -> None:
    office.clock.at = office.local(date(2026, 4, 7), "20:00")
    assert await office.told(RoutineKind.DAILY) == {"on_time": 1}
    assert await office.told(RoutineKind.DAILY) == {}

    office.clock.at = office.local(date(2026, 4, 10), "19:00")
    assert await office.told(RoutineKind.DAILY) == {"caught_up": 2, "on_time": 1}


async def test_what_is_not_made_up_for_is_counted_as_missed_once(office: CountedOffice) -> None:
    office.clock.at = office.local(date(2026, 4, 7), "08:30")
    assert await office.told(RoutineKind.DIGEST) == {"on_time": 1}

    office.clock.at = office.local(date(2026, 4, 10), "08:30")
    assert await office.told(RoutineKind.DIGEST) == {"missed": 2, "on_time": 1}
    assert await office.told(RoutineKind.DIGEST) == {}
    office.routines = office.counted()
    assert await office.told(RoutineKind.DIGEST) == {}, "nor by another worker"


async def test_the_first_run_of_a_zone_is_not_late_however_long_it_was_due(
    office: CountedOffice,
) -> None:
    office.clock.at = office.local(TO_ON, "12:00")
    assert await office.told(RoutineKind.WEEKLY) == {"on_time": 1}
    office.clock.at = office.local(TO_ON + timedelta(days=11), "23:00")
    assert "caught_up" in await office.told(RoutineKind.WEEKLY)


async def test_a_run_that_is_refused_is_counted_as_that(office: CountedOffice) -> None:
    from_at = office.local(date(2026, 3, 1), "00:00")
    taken = Asked(
        id=f"routine-{office.zone}-2026-04-05",
        zone=office.zone,
        from_at=from_at,
        to_at=from_at + timedelta(days=1),
    )
    await CallbackDesk(office.desk).draw(taken, office.officer("supervisor"))
    assert await office.told(RoutineKind.CALLBACKS) == {"refused": 1}
