"""A zone with some weeks of a generated year, its clock, and the routines that are called there."""

import asyncio
from datetime import date, datetime, timedelta
from functools import cache

from activities.routine import Routines
from demo.year import Year, generate_year
from desk.desk import Desk
from desk.shelf import Shelf
from domain.organization import holders
from domain.people import Officer
from domain.routines import RoutineAsked, RoutineKind, at_local
from ledger.memory import MemoryLedger
from ledger.reports import ReportRow

TO_ON = date(2026, 4, 10)
"""A Friday; what is open then stays open."""


@cache
def year() -> Year:
    return generate_year(issues=40, from_on=date(2026, 2, 15), until_on=TO_ON)


class StandingClock:
    """Stands where a test puts it."""

    offset = timedelta(0)

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class BusyLedger(MemoryLedger):
    """Lets others go first before it answers what is there, as a database does."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0

    async def report(self, number: str, version: int | None = None) -> ReportRow | None:
        await asyncio.sleep(0)
        return await super().report(number, version)

    async def put_report(self, row: ReportRow) -> bool:
        await asyncio.sleep(0)
        kept = await super().put_report(row)
        self.refused += not kept
        return kept


class Office:
    """A zone with some months of its own, and the routines that are called there."""

    def __init__(self) -> None:
        self.zone, self.terms = year().zone, year().terms
        self.ledger = BusyLedger()
        self.clock = StandingClock(self.local(TO_ON, "07:00"))
        self.desk = self.another_desk()
        self.routines = Routines(self.desk)

    def another_desk(self) -> Desk:
        """Return the desk of another process on the same ledger."""
        return Desk(self.ledger, Shelf(self.ledger, {self.zone: self.terms}), self.clock)

    def local(self, day: date, time: str) -> datetime:
        """Return a local time of the zone."""
        return at_local(self.terms.calendar, day, time)

    async def call(self, routine: RoutineKind) -> tuple[str, ...]:
        """Call a routine as its schedule does; return the periods that it did."""
        return (await self.routines.do(self.asked(routine))).periods

    def asked(self, routine: RoutineKind) -> RoutineAsked:
        return RoutineAsked(zone=self.zone, routine=routine)

    async def newest(self, kind: str) -> ReportRow:
        return (await self.ledger.reports(self.zone, kind=kind))[0]

    def officer(self, post: str) -> Officer:
        """Return who holds a post."""
        held = self.terms.handbook.posts_by_id[f"{self.zone}-{post}"]
        return Officer(person=holders(held, TO_ON)[0], post=held.id)
