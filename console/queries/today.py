"""The day of a zone in ten seconds: what is late and why, what will be, who holds what."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar

from desk.attesting import DayAttested, missing_attestations
from desk.desk import Desk
from domain.access import Horizon
from domain.clocks import Clock
from domain.days import zone_of
from domain.handbook import Handbook
from domain.lights import light_of
from domain.organization import holders
from domain.responsibility import Holder
from domain.terms import Terms
from ledger.dashboards import NO_LIGHTS, Card, Few, Lights, Standing, Today

WORST: Final = 8
HOLDING: Final = 8
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Why:
    """An issue that is late or near it, and the clock that shows it; None: it has moved on since
    it was counted."""

    card: Card
    clock: Clock | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A post, who is in it today, and the lights of what it works on."""

    post: str
    people: tuple[str, ...]
    lights: Lights


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it stands at an instant. `by_unit`, `by_grid` and `holding` begin with what is worst
    off; `elsewhere`: what stands in no grid. `attested` is None where nobody has to report today.
    """

    standing: Standing
    today: Today
    worst: tuple[Why, ...]
    by_unit: tuple[tuple[Holder, Lights], ...]
    by_grid: tuple[tuple[str, Lights], ...]
    elsewhere: Lights
    holding: tuple[Holding, ...]
    holding_all: int
    attested: DayAttested | None

    @property
    def is_report_late(self) -> bool:
        """Return whether a daily report is missing past its limit."""
        return self.attested is not None and self.attested.is_overdue(self.standing.at)


async def day_of(desk: Desk, within: Horizon, terms: Terms, day: date, *, at: datetime) -> Day:
    """Return the day of a zone as far as a horizon reaches."""
    from_at, to_at = bounds_of(day, terms.calendar.time_zone)
    (standing, today), asked = await asyncio.gather(
        desk.ledger.day(within, at=at, from_at=from_at, to_at=to_at, limit=WORST),
        missing_attestations(desk, within.zone, at),
    )
    posts = _worst_first(standing.by_handler, str)
    grids = {id_: lights for id_, lights in standing.by_grid.items() if id_ is not None}
    return Day(
        standing=standing,
        today=today,
        worst=await _worst(desk, (today.overdue, today.at_risk), at),
        by_unit=_worst_first(standing.by_holder, lambda holder: holder.id),
        by_grid=_worst_first(grids, str),
        elsewhere=standing.by_grid.get(None, NO_LIGHTS),
        holding=tuple(_holding(terms.handbook, *each, day) for each in posts[:HOLDING]),
        holding_all=len(posts),
        attested=asked if asked.limit_at is not None and asked.wanted else None,
    )


def bounds_of(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """Return when a zone's local day begins and when it is over."""
    here = zone_of(time_zone)
    first, next_one = (
        datetime.combine(each, time.min, tzinfo=here).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    )
    return first, next_one


async def _worst(desk: Desk, kinds: Iterable[Few], at: datetime) -> tuple[Why, ...]:
    cards = [card for few in kinds for card in few.cards][:WORST]
    return tuple(await asyncio.gather(*(_why(desk, card, at) for card in cards)))


async def _why(desk: Desk, card: Card, at: datetime) -> Why:
    row = await desk.ledger.issue(card.stream)
    if row is None or not row.issue.is_open:
        return Why(card, None)
    terms = await desk.shelf.version(row.issue.terms)
    return Why(card, light_of(row.issue, terms, max(at, row.issue.changed_at)).clock)


def _holding(handbook: Handbook, post: str, lights: Lights, day: date) -> Holding:
    found = handbook.posts_by_id.get(post)
    return Holding(post, () if found is None else holders(found, day), lights)


def _worst_first(
    found: Mapping[K, Lights], name: Callable[[K], str]
) -> tuple[tuple[K, Lights], ...]:
    return tuple(sorted(found.items(), key=lambda each: (_rank(each[1]), name(each[0]))))


def _rank(lights: Lights) -> tuple[int, int, int]:
    return -lights.red, -lights.yellow, -lights.open
