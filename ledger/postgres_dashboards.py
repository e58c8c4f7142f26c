"""Boards and dashboards in PostgreSQL."""

from collections.abc import Mapping, Sequence
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
KINDS, HOLDERS, GRIDS = 1, 2, 3
"""What the rows of a standing are counted by."""


class PostgresDashboards(Pooled):
    """The part of the ledger that boards and dashboards are read from."""

    async def standing(self, horizon: Horizon, *, at: datetime) -> Standing:
        """Return how all open issues stand."""
        rows = await self._asked(queries.standing(horizon, at))
        kinds = [(tuple(row[1:4]), Lights(*row[7:])) for row in rows if row[0] == KINDS]
        by_holder = {_holder(*row[4:6]): Lights(*row[7:]) for row in rows if row[0] == HOLDERS}
        by_grid = {row[6]: Lights(*row[7:]) for row in rows if row[0] == GRIDS}
        by_tier = summed((tier, lights) for (tier, _, _), lights in kinds)
        by_phase = summed((phase, lights) for (_, phase, _), lights in kinds)
        by_category = summed((category, lights) for (_, _, category), lights in kinds)
        return Standing(
            at=at,
            lights=summed(("", lights) for _, lights in kinds).get("", NO_LIGHTS),
            by_tier=dict(sorted(by_tier.items())),
            by_holder=in_order(by_holder, name_of),
            by_grid=in_order(by_grid, lambda grid: grid or ""),
            by_phase=in_order(by_phase, lambda phase: str(PLACES[phase])),
            by_category=in_order(by_category, str),
        )

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
        red, yellow, due = (await self._asked(queries.day_counts(horizon, at, to_at)))[0]
        return Today(
            at=at,
            overdue=await self._few(red, queries.lit(horizon, Light.RED, at, shown), at),
            at_risk=await self._few(yellow, queries.lit(horizon, Light.YELLOW, at, shown), at),
            due_today=await self._few(due, queries.due(horizon, at, to_at, shown), at),
            reported=await self._news(queries.reported(horizon, from_at, at, shown), at),
            escalated=await self._happened("issue_escalated", horizon, from_at, at, shown),
            rejected=await self._happened("resolution_rejected", horizon, from_at, at, shown),
            silent=await self._happened("sign_off_lapsed", horizon, from_at, at, shown),
        )

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
        cards = tuple(_card(row, at) for row in rows[:wanted])
        more = len(rows) > wanted
        return OfEnterprise(
            lights=Lights(*lights),
            closed=closed,
            cards=cards,
            next=Place(cards[-1].stream, cards[-1].reported_at) if more else None,
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
        cards = tuple(_card(row, at) for row in await self._asked(statement))
        here = cards[:wanted]
        return Column(name, lights, here, here[-1].place if len(cards) > wanted else None)

    async def _happened(
        self, kind: str, horizon: Horizon, from_at: datetime, at: datetime, limit: int
    ) -> Few:
        return await self._news(queries.happened(kind, horizon, from_at, at, limit), at)

    async def _news(self, statement: queries.Statement, at: datetime) -> Few:
        rows = await self._asked(statement)
        cards = tuple(_card(row[:-1], at) for row in rows if row[0] is not None)
        return Few(rows[0][-1], cards)

    async def _few(self, count: int, statement: queries.Statement, at: datetime) -> Few:
        rows = await self._asked(statement) if count else ()
        return Few(count, tuple(_card(row, at) for row in rows))

    async def _asked(self, statement: queries.Statement) -> "list[Sequence[Any]]":
        text, arguments = statement
        return [tuple(row) for row in await self._fetch(text, *arguments)]


@lru_cache(maxsize=4096)
def _holder(kind: str, id_: str) -> Holder:
    return Holder(kind=HolderKind(kind), id=id_)


def _card(row: "Sequence[Any]", at: datetime) -> Card:
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
