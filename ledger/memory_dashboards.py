"""Boards and dashboards in memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from domain.access import Horizon
from domain.issue import Issue
from domain.lights import Light
from domain.phases import Phase
from domain.responsibility import Holder, HolderKind
from ledger.board_rows import BoardRow
from ledger.dashboards import (
    EQUAL,
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
from ledger.lists import Place, bounded, folded_case, parts_of
from ledger.memory_tables import Tables

NEVER = datetime.max.replace(tzinfo=UTC)
PLACES = {phase.value: place for place, phase in enumerate(Phase)}
ONE_OF: dict[Light, Lights] = {each: Lights(**{each.value: 1}) for each in Light}


class MemoryDashboards:
    """The part of the ledger that boards and dashboards are read from."""

    _tables: Tables

    async def standing(self, horizon: Horizon, *, at: datetime) -> Standing:
        """Return how all open issues stand."""
        every = [(row, _one(row, at)) for row in self._within(horizon)]
        return Standing(
            at=at,
            lights=summed(("", lights) for _, lights in every).get("", Lights()),
            by_tier=dict(sorted(summed((row.tier, lights) for row, lights in every).items())),
            by_holder=in_order(summed((_holder(row), lights) for row, lights in every), name_of),
            by_grid=in_order(
                summed((row.grid, lights) for row, lights in every), lambda grid: grid or ""
            ),
            by_handler=in_order(summed((row.handler, lights) for row, lights in every), str),
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
        cards = self.open_cards(horizon, at)

        def first(some: Iterable[Card]) -> Few:
            found = tuple(some)
            return Few(len(found), found[: few(limit)])

        def news(kind: str) -> Few:
            return first(self.happened(horizon, kind, from_at, at))

        return Today(
            at=at,
            overdue=first(card for card in cards if card.light is Light.RED),
            at_risk=first(card for card in cards if card.light is Light.YELLOW),
            due_today=first(c for c in cards if c.red_at is not None and at < c.red_at <= to_at),
            reported=news("issue_reported"),
            escalated=news("issue_escalated"),
            rejected=news("resolution_rejected"),
            silent=news("sign_off_lapsed"),
        )

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
        standing = await self.standing(horizon, at=at)
        return standing, await self.today(horizon, at=at, from_at=from_at, to_at=to_at, limit=limit)

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
        found: dict[str, list[Card]] = {}
        for row in self._within(horizon):
            if _fits(row, shown, at):
                found.setdefault(str(getattr(row, by.value)), []).append(_card(row, at))
        return tuple(
            _column(name, found[name], after.get(name), per_column)
            for name in sorted(found, key=_order_of(by))
        )

    async def load(self, horizon: Horizon, *, at: datetime) -> tuple[Load, ...]:
        """Return what is open, by whom it is with."""
        sums = summed(
            ((row.owner, row.handler, row.holder, row.holder_kind), _one(row, at))
            for row in self._within(horizon)
        )
        return tuple(
            Load(owner, handler, Holder(kind=HolderKind(kind), id=holder), lights)
            for (owner, handler, holder, kind), lights in sorted(sums.items(), key=lambda e: e[0])
        )

    async def coverage(self, horizon: Horizon, *, at: datetime) -> tuple[Covered, ...]:
        """Return what is open, by enterprise and where it stands."""
        sums = summed(((row.grid, row.enterprise), _one(row, at)) for row in self._within(horizon))
        ordered = sorted(sums.items(), key=lambda each: (each[0][0] or "", each[0][1]))
        return tuple(Covered(grid, enterprise, lights) for (grid, enterprise), lights in ordered)

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
        boards = [row for row in self._within(horizon) if row.enterprise == enterprise]
        own = [
            row.issue
            for row in self._tables.issues.values()
            if row.issue.enterprise == enterprise and horizon.sees(row.issue)
        ]
        own.sort(key=lambda issue: (issue.reported_at, issue.stream), reverse=True)
        wanted = bounded(limit)
        behind = [
            issue
            for issue in own
            if after is None or (issue.reported_at, issue.stream) < (after.value, after.stream)
        ]
        cards = tuple(self._card_of(issue, at) for issue in behind[:wanted])
        return OfEnterprise(
            lights=summed(("", _one(row, at)) for row in boards).get("", Lights()),
            closed=sum(not issue.is_open for issue in own),
            cards=cards,
            next=Place(cards[-1].stream, cards[-1].reported_at) if len(behind) > wanted else None,
        )

    def _within(self, horizon: Horizon) -> Iterator[BoardRow]:
        team = {*parts_of(horizon.units), *(f"post:{each}" for each in horizon.posts)}
        for row in self._tables.boards.values():
            if row.zone == horizon.zone and (
                horizon.whole
                or row.enterprise in horizon.enterprises
                or not horizon.posts.isdisjoint((row.owner, row.handler))
                or not team.isdisjoint(row.parts)
            ):
                yield row

    def open_cards(self, horizon: Horizon, at: datetime) -> list[Card]:
        """Return the cards of open issues, the worst first."""
        return sorted((_card(row, at) for row in self._within(horizon)), key=_worst)

    def last_of(self, kind: str, from_at: datetime, to_at: datetime) -> dict[str, datetime]:
        """Return when an event of this kind happened last, by stream."""
        last: dict[str, datetime] = {}
        for record in self._tables.positions:
            if record.kind == kind and from_at <= record.at <= to_at:
                last[record.stream] = max(record.at, last.get(record.stream, record.at))
        return last

    def happened(
        self, horizon: Horizon, kind: str, from_at: datetime, to_at: datetime
    ) -> Iterator[Card]:
        """Yield the cards of issues that an event of this kind happened to, the newest first."""
        last = self.last_of(kind, from_at, to_at)
        for stream in sorted(last, key=lambda name: (last[name], name), reverse=True):
            row = self._tables.issues.get(stream)
            if row is not None and horizon.sees(row.issue):
                yield self._card_of(row.issue, to_at)

    def _card_of(self, issue: Issue, at: datetime) -> Card:
        row = self._tables.boards.get(issue.stream)
        return _closed(issue) if row is None else _card(row, at)


def _holder(row: BoardRow) -> Holder:
    return Holder(kind=HolderKind(row.holder_kind), id=row.holder)


def _one(row: BoardRow, at: datetime) -> Lights:
    return ONE_OF[light_at(row.yellow_at, row.red_at, at)]


def _card(row: BoardRow, at: datetime) -> Card:
    return Card(
        stream=row.stream,
        zone=row.zone,
        key=row.key,
        version=row.version,
        number=row.number,
        title=row.title,
        enterprise=row.enterprise,
        category=row.category,
        priority=row.priority,
        phase=row.phase,
        tier=row.tier,
        owner=row.owner,
        handler=row.handler,
        holder=_holder(row),
        grid=row.grid,
        reported_at=row.reported_at,
        yellow_at=row.yellow_at,
        red_at=row.red_at,
        light=light_at(row.yellow_at, row.red_at, at),
        open=True,
    )


def _closed(issue: Issue) -> Card:
    return Card(
        stream=issue.stream,
        zone=issue.zone,
        key=issue.key,
        version=issue.version,
        number=issue.number,
        title=issue.title.replace("\x00", ""),
        enterprise=issue.enterprise,
        category=issue.category,
        priority=issue.priority.value,
        phase=issue.phase.value,
        tier=issue.tier,
        owner=issue.owner,
        handler=issue.handler,
        holder=None,
        grid=None,
        reported_at=issue.reported_at,
        yellow_at=None,
        red_at=None,
        light=Light.NONE,
        open=issue.is_open,
    )


def _worst(card: Card) -> tuple[datetime, str]:
    return card.red_at or NEVER, card.stream


def _order_of(by: By) -> Callable[[str], int]:
    return (lambda name: PLACES[name]) if by is By.PHASE else int


def _column(name: str, cards: list[Card], after: Place | None, limit: int) -> Column:
    cards.sort(key=_worst)
    lights = summed(("", ONE_OF[card.light]) for card in cards)[""]
    if after is not None:
        place = (after.value if isinstance(after.value, datetime) else NEVER, after.stream)
        cards = [card for card in cards if _worst(card) > place]
    wanted = per_column(limit)
    here = tuple(cards[:wanted])
    return Column(name, lights, here, here[-1].place if len(cards) > wanted else None)


def _fits(row: BoardRow, shown: Shown, at: datetime) -> bool:
    wanted = ((getattr(shown, name), getattr(row, name)) for name in EQUAL)
    return (
        all(value is None or value == own for value, own in wanted)
        and (shown.enterprises is None or row.enterprise in shown.enterprises)
        and shown.light in (None, light_at(row.yellow_at, row.red_at, at))
        and (shown.title is None or folded_case(shown.title) in folded_case(row.title))
    )
