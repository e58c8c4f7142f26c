"""Boards and dashboards in PostgreSQL."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from domain.access import Horizon
from domain.lights import Light
from domain.phases import Phase
from domain.responsibility import Holder, HolderKind
from ledger import dashboard_queries as queries
from ledger.dashboards import (
    NO_LIGHTS,
    NO_PLACES,
    By,
    Card,
    Column,
    Covered,
    Few,
    Lights,
    Load,
    OfEnterprise,
    Shown,
    Standing,
    Today,
    few,
    in_order,
    light_at,
    name_of,
    per_column,
    summed,
)
from ledger.lists import Place, bounded
from ledger.postgres_publications import Pooled

PLACES: Final = {phase.value: place for place, phase in enumerate(Phase)}
TIERS, HOLDERS, GRIDS, HANDLERS = 1, 2, 3, 4
"""What the rows of a standing are counted by."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many issues a day asks for."""

    red: int
    yellow: int
    due: int


@dataclass(frozen=True, slots=True)
class News:
    """What happened in a day."""

    reported: Few
    escalated: Few
    rejected: Few
    silent: Few


class PostgresDashboards(Pooled):
    """The part of the ledger that boards and dashboards are read from."""

    async def standing(self, horizon: Horizon, *, at: datetime) -> Standing:
        """Return how all open issues stand."""
        standing, _ = await self._standing(horizon, at, at)
        return standing

    async def today(
        self,
        horizon: Horizon,
        *,
        at: datetime,
        from_at: datetime,
        to_at: datetime,
        limit: int = 10,
    ) -> Today:
        """Return what the day asks for, and what happened since."""
        shown = few(limit)
        rows, news = await asyncio.gather(
            self._asked(queries.day_counts(horizon, at, to_at)),
            self._news_of(horizon, from_at, at, shown),
        )
        return await self._today(Counts(*rows[0]), news, horizon, at, to_at, shown)

    async def day(
        self,
        horizon: Horizon,
        *,
        at: datetime,
        from_at: datetime,
        to_at: datetime,
        limit: int = 10,
    ) -> tuple[Standing, Today]:
        """Return how all open issues stand, and what the day asks for."""
        shown = few(limit)
        (standing, due), news = await asyncio.gather(
            self._standing(horizon, at, to_at), self._news_of(horizon, from_at, at, shown)
        )
        counts = Counts(standing.lights.red, standing.lights.yellow, due)
        return standing, await self._today(counts, news, horizon, at, to_at, shown)

    async def columns(
        self,
        horizon: Horizon,
        shown: Shown,
        by: By,
        *,
        at: datetime,
        per_column: int = 20,
        after: Mapping[str, Place] = NO_PLACES,
    ) -> tuple[Column, ...]:
        """Return the columns that have open issues, each from its place on."""
        found = {
            name: Lights(*counts)
            for name, *counts in await self._asked(queries.column_lights(horizon, shown, by, at))
        }
        names = sorted(found, key=lambda name: PLACES[name] if by is By.PHASE else int(name))
        return tuple(
            [
                await self._column(
                    horizon, shown, by, name, found[name], at, after.get(name), per_column
                )
                for name in names
            ]
        )

    async def load(self, horizon: Horizon, *, at: datetime) -> tuple[Load, ...]:
        """Return what is open, by whom it is with."""
        names = ("owner", "handler", "holder", "holder_kind")
        rows = await self._asked(queries.grouped(horizon, at, *names))
        return tuple(
            Load(owner, handler, _holder(kind, holder), Lights(*counts))
            for owner, handler, holder, kind, *counts in sorted(map(tuple, rows))
        )

    async def coverage(self, horizon: Horizon, *, at: datetime) -> tuple[Covered, ...]:
        """Return what is open, by enterprise and where it stands."""
        rows = await self._asked(queries.grouped(horizon, at, "grid", "enterprise"))
        found = [Covered(grid, enterprise, Lights(*counts)) for grid, enterprise, *counts in rows]
        return tuple(sorted(found, key=lambda each: (each.grid or "", each.enterprise)))

    async def of_enterprise(
        self,
        horizon: Horizon,
        enterprise: str,
        *,
        at: datetime,
        after: Place | None = None,
        limit: int = 50,
    ) -> OfEnterprise:
        """Return the issues of an enterprise, the last reported first."""
        wanted = bounded(limit)
        *lights, closed = (await self._asked(queries.enterprise_counts(horizon, enterprise, at)))[0]
        rows = await self._asked(queries.of_enterprise(horizon, enterprise, after, wanted + 1))
        cards = tuple(card_of(row, at) for row in rows[:wanted])
        more = len(rows) > wanted
        return OfEnterprise(
            lights=Lights(*lights),
            closed=closed,
            cards=cards,
            next=Place(cards[-1].stream, cards[-1].reported_at) if more else None,
        )

    async def _standing(
        self, horizon: Horizon, at: datetime, to_at: datetime
    ) -> tuple[Standing, int]:
        """Return the standing, and how many issues turn red by `to_at`."""
        rows = await self._asked(queries.standing(horizon, at, to_at))
        by_tier = {row[1]: Lights(*row[6:10]) for row in rows if row[0] == TIERS}
        by_holder = {_holder(*row[2:4]): Lights(*row[6:10]) for row in rows if row[0] == HOLDERS}
        by_grid = {row[4]: Lights(*row[6:10]) for row in rows if row[0] == GRIDS}
        by_handler = {row[5]: Lights(*row[6:10]) for row in rows if row[0] == HANDLERS}
        standing = Standing(
            at=at,
            lights=summed(("", lights) for lights in by_tier.values()).get("", NO_LIGHTS),
            by_tier=dict(sorted(by_tier.items())),
            by_holder=in_order(by_holder, name_of),
            by_grid=in_order(by_grid, lambda grid: grid or ""),
            by_handler=in_order(by_handler, str),
        )
        return standing, sum(row[10] for row in rows if row[0] == TIERS)

    async def _today(
        self,
        counts: Counts,
        news: News,
        horizon: Horizon,
        at: datetime,
        to_at: datetime,
        limit: int,
    ) -> Today:
        """No more is asked for than was counted: the search for one more would go to the end."""

        def lit(light: Light, count: int) -> queries.Statement:
            return queries.lit(horizon, light, at, min(limit, count))

        overdue, at_risk, due_today = await asyncio.gather(
            self._few(counts.red, lit(Light.RED, counts.red), at),
            self._few(counts.yellow, lit(Light.YELLOW, counts.yellow), at),
            self._few(counts.due, queries.due(horizon, at, to_at, min(limit, counts.due)), at),
        )
        return Today(
            at=at,
            overdue=overdue,
            at_risk=at_risk,
            due_today=due_today,
            reported=news.reported,
            escalated=news.escalated,
            rejected=news.rejected,
            silent=news.silent,
        )

    async def _column(
        self,
        horizon: Horizon,
        shown: Shown,
        by: By,
        name: str,
        lights: Lights,
        at: datetime,
        after: Place | None,
        limit: int,
    ) -> Column:
        wanted = per_column(limit)
        statement = queries.column(horizon, shown, by, name, at, after, wanted + 1)
        cards = tuple(card_of(row, at) for row in await self._asked(statement))
        here = cards[:wanted]
        return Column(name, lights, here, here[-1].place if len(cards) > wanted else None)

    async def _news_of(self, horizon: Horizon, from_at: datetime, at: datetime, limit: int) -> News:
        return News(
            reported=await self._news(queries.reported(horizon, from_at, at, limit), at),
            escalated=await self._happened("issue_escalated", horizon, from_at, at, limit),
            rejected=await self._happened("resolution_rejected", horizon, from_at, at, limit),
            silent=await self._happened("sign_off_lapsed", horizon, from_at, at, limit),
        )

    async def _happened(
        self, kind: str, horizon: Horizon, from_at: datetime, at: datetime, limit: int
    ) -> Few:
        return await self._news(queries.happened(kind, horizon, from_at, at, limit), at)

    async def _news(self, statement: queries.Statement, at: datetime) -> Few:
        rows = await self._asked(statement)
        cards = tuple(card_of(row[:-2], at) for row in rows if row[0] is not None)
        return Few(rows[0][-1], cards)

    async def _few(self, count: int, statement: queries.Statement, at: datetime) -> Few:
        rows = await self._asked(statement) if count else ()
        return Few(count, tuple(card_of(row, at) for row in rows))

    async def _asked(self, statement: queries.Statement) -> "list[Sequence[Any]]":
        text, arguments = statement
        return [tuple(row) for row in await self._fetch(text, *arguments)]


@lru_cache(maxsize=4096)
def _holder(kind: str, id_: str) -> Holder:
    return Holder(kind=HolderKind(kind), id=id_)


def card_of(row: "Sequence[Any]", at: datetime) -> Card:
    """Return an issue as a statement has it."""
    stream, zone, version, *plain = row
    number, title, enterprise, category, priority, phase, tier, owner, handler = plain[:9]
    kind, holder, grid, reported_at, yellow_at, red_at, is_open = plain[9:]
    return Card(
        stream=stream,
        zone=zone,
        key=stream.partition("/")[2],
        version=version,
        number=number,
        title=title,
        enterprise=enterprise,
        category=category,
        priority=priority,
        phase=phase,
        tier=tier,
        owner=owner,
        handler=handler,
        holder=None if holder is None else _holder(kind, holder),
        grid=grid,
        reported_at=reported_at,
        yellow_at=yellow_at,
        red_at=red_at,
        light=light_at(yellow_at, red_at, at),
        open=is_open,
    )
