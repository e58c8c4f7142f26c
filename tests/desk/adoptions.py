"""Calendars to publish, and an office whose zone counts by one that ends with 2026."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import builders as b
from desks import Counter, StandingClock

from audit.reexecute import reexecute_all
from audit.verify import verify_all
from desk.adopting import Adopter
from desk.grounds import Ground
from desk.moves import Figures
from desk.publishing import Publishing
from domain.calendar import WorkingCalendar
from domain.clocks import Clock
from domain.events_of_time import ClockMigrated, TermsAdopted
from domain.people import Officer
from domain.terms import Terms
from ledger.port import Ledger

DECEMBER = datetime(2026, 12, 28, 1, tzinfo=UTC)
"""Monday, 09:00 in Shanghai: ten working days reach into 2027."""
AUTHOR = b.COORDINATOR
REASON = "国务院办公厅通知"


def closed(*days: date) -> list[dict[str, Any]]:
    """Return overrides that close days."""
    name = {"zh": "放假", "en": "holiday"}
    return [{"kind": "closed", "on": day, "name": name} for day in days]


def calendar(until: int = 2026, *days: date, **fields: Any) -> WorkingCalendar:
    """Return the zone's plain week, published to the end of a year, with closed days."""
    form = b.CALENDAR.model_dump() | {
        "valid_until": date(until, 12, 31),
        "overrides": closed(*days),
    }
    return WorkingCalendar.model_validate(form | fields)


def week(first: date) -> tuple[date, ...]:
    """Return seven days from `first`."""
    return tuple(first + timedelta(days=number) for number in range(7))


ENDS_2026 = calendar(2026)
TO_2026 = Terms(handbook=b.HANDBOOK, calendar=ENDS_2026)
"""The zone's terms with days published to the end of 2026 only."""
IN_2027 = calendar(2027, *week(date(2027, 1, 1)))
"""2027 with a week off at its beginning."""
EXTENDED = calendar(2026, *week(date(2026, 3, 3)))
"""2026 with a week off from 3 March, which nobody knew of on the 2nd."""
FREED = calendar(2026, date(2030, 12, 30), valid_until=date(2030, 12, 31))
"""Later years are published, and nothing of 2026 changes."""


class Office(Counter):
    """A counter whose zone counts by the calendar that ends with 2026."""

    def __init__(self, ledger: Ledger, clock: StandingClock, *, terms: Terms = TO_2026) -> None:
        super().__init__(ledger, clock, terms=terms)

    async def published(
        self, new: WorkingCalendar, *, author: Officer = AUTHOR, reason: str = REASON
    ) -> Ground:
        """Publish a calendar and move nothing yet."""
        return await Publishing(self.desk).publish(new, reason=reason, author=author)

    async def moved(self, ground: Ground) -> tuple[int, int]:
        """Move every open issue."""
        return await Adopter(self.desk).run(ground)

    async def publish(self, new: WorkingCalendar) -> Figures:
        """Publish a calendar, move every open issue, and return what that did."""
        ground = await self.published(new)
        await self.moved(ground)
        return await self.figures(ground)

    async def figures(self, ground: Ground) -> Figures:
        """Return what a ground has done so far."""
        figures = Figures()
        async for move in Adopter(self.desk).done(ground.reference):
            figures = figures.plus(move)
        return figures

    async def terms_of(self, key: str = b.KEY) -> Terms:
        """Return the terms that an issue is judged by."""
        return await self.desk.shelf.version((await self.desk.row(b.ZONE, key)).issue.terms)

    async def adopted(self, key: str = b.KEY) -> list[TermsAdopted]:
        """Return the events by which an issue moved to other terms."""
        events = [record.event for record in await self.ledger.records(f"{b.ZONE}/{key}")]
        return [event for event in events if isinstance(event, TermsAdopted)]

    async def migrated(self, key: str = b.KEY) -> list[ClockMigrated]:
        """Return the events by which its clocks moved."""
        events = [record.event for record in await self.ledger.records(f"{b.ZONE}/{key}")]
        return [event for event in events if isinstance(event, ClockMigrated)]

    async def due(self, clock: str, key: str = b.KEY) -> datetime:
        """Return a clock's deadline."""
        found = (await self.desk.row(b.ZONE, key)).issue.clock(clock)
        assert found is not None
        assert found.due_at is not None
        return found.due_at

    async def is_sound(self) -> bool:
        """Verify the whole ledger and decide all of it again."""
        findings = await verify_all(self.ledger)
        again = await reexecute_all(self.ledger)
        assert findings.found == ()
        assert again.differences == ()
        return again.decisions > 0


def budgets(rule: dict[str, Any], change: int) -> list[dict[str, Any]]:
    """Return a rule's budgets, each longer by so many hours or days."""
    changed = []
    for budget in rule["budgets"]:
        duration = dict(budget["duration"])
        if "days" in duration:
            duration["days"] = max(1, duration["days"] + change)
        else:
            duration["minutes"] = max(30, duration["minutes"] + 60 * change)
        changed.append(budget | {"duration": duration})
    return changed


def limits(change: int, **fields: Any) -> Terms:
    """Return the zone's terms with other limits in every clock."""
    clocks = [
        rule | {"budgets": budgets(rule, change)} | fields.get(rule["id"], {}) for rule in b.CLOCKS
    ]
    return Terms(handbook=b.handbook(revision=2, clocks=clocks), calendar=ENDS_2026)


def aim(clock: Clock) -> tuple[object, ...]:
    """Return all of a clock that a deadline hangs on."""
    return (
        *(clock.id, clock.cycle, clock.standing, clock.basis, clock.budget_ms, clock.anchor_at),
        *(clock.due_at, clock.provisional, clock.extended_ms),
        clock.breached_at is not None or clock.born_breached,
        tuple((rung.id, rung.due_at) for rung in clock.rungs),
    )


LONGER = limits(2)
SHORTER = limits(-1)
