"""The board: open issues in columns or in one table, the worst first, a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from console.asked import MaybeCode, MaybeCursor, MaybeText, MaybeTier, Unfilled, query_text
from domain.access import Horizon
from domain.days import from_ms, to_ms
from domain.handbook import Handbook
from domain.lights import Light
from domain.model import Frozen
from domain.phases import Phase, Priority
from face.cursors import cursor_text, garbled, read_text
from face.listing import MOMENTS_MS_MAX, STREAM_CHARACTERS_MAX
from ledger.dashboards import By, Card, Column, Lights, Shown
from ledger.day_lists import DayOf as Of
from ledger.lists import Place
from ledger.port import Ledger

IN_COLUMN: Final = 12
IN_TABLE: Final = 50
NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Layout(StrEnum):
    """How a board is laid out."""

    COLUMNS = "columns"
    TABLE = "table"


class BoardQuery(Frozen):
    """What stands in the address of a board. `holder`: the unit, or post without one, that has the
    work; `text` stands in the title. `after` and `more` belong to a page, not to the question."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    by: By = By.PHASE
    layout: Annotated[Layout, Field(alias="as")] = Layout.COLUMNS
    of: Annotated[Of | None, Unfilled] = None
    phase: Annotated[Phase | None, Unfilled] = None
    tier: MaybeTier = None
    holder: MaybeCode = None
    owner: MaybeCode = None
    handler: MaybeCode = None
    grid: MaybeCode = None
    category: MaybeCode = None
    enterprise: MaybeCode = None
    priority: Annotated[Priority | None, Unfilled] = None
    segment: MaybeCode = None
    light: Annotated[Light | None, Unfilled] = None
    text: MaybeText = None
    after: MaybeCursor = None
    more: bool = False

    def shown(self, handbook: Handbook) -> Shown:
        """Return its filters. Which enterprises are of a segment the handbook in force says."""
        return Shown(
            phase=None if self.phase is None else self.phase.value,
            tier=self.tier,
            category=self.category,
            enterprise=self.enterprise,
            grid=self.grid,
            owner=self.owner,
            handler=self.handler,
            holder=self.holder,
            priority=None if self.priority is None else self.priority.value,
            light=self.light,
            title=self.text,
            enterprises=None
            if self.segment is None
            else frozenset(e.id for e in handbook.enterprises if e.segment == self.segment),
        )

    @property
    def is_narrowed(self) -> bool:
        """Return whether any filter is set."""
        of_page = {"by", "layout", "after", "more"}
        return bool(self.model_dump(exclude=of_page, exclude_none=True))

    def query(self, **changes: object) -> str:
        """Return the question as an address says it, without its page, some of it changed."""
        said = self.model_dump(mode="json", by_alias=True, exclude={"after", "more"})
        said = {name: value for name, value in said.items() if (name, value) not in DEFAULTS}
        return query_text(said | {name.removesuffix("_"): each for name, each in changes.items()})


DEFAULTS: Final = frozenset({("by", By.PHASE.value), ("as", Layout.COLUMNS.value)})


@dataclass(frozen=True, slots=True)
class Shelf:
    """A column as it is shown: `more` is the cursor of what follows, None at its end."""

    name: str
    lights: Lights
    cards: tuple[Card, ...]
    more: str | None


@dataclass(frozen=True, slots=True)
class BoardShown:
    """A board. `count` is of all that fits, `cards` and `next` are of a table."""

    count: int
    lights: Lights | None
    shelves: tuple[Shelf, ...] = ()
    cards: tuple[Card, ...] = ()
    next: str | None = None


async def board_of(
    ledger: Ledger, within: Horizon, asked: BoardQuery, handbook: Handbook, *, at: datetime
) -> BoardShown:
    """Return what is asked for, of the open issues within a horizon. Raises InvalidRequestError."""
    place = None if asked.after is None else read_place(asked.after)
    after = {} if place is None else dict.fromkeys(_names(asked.by), place)
    in_table = asked.layout is Layout.TABLE
    columns = await ledger.columns(
        within,
        asked.shown(handbook),
        asked.by,
        at=at,
        per_column=IN_TABLE if in_table else IN_COLUMN,
        after=after,
    )
    lights = Lights()
    for column in columns:
        lights = lights.plus(column.lights)
    if in_table:
        cards, following = _one_table(columns)
        return BoardShown(lights.open, lights, cards=cards, next=following)
    return BoardShown(lights.open, lights, shelves=tuple(map(_shelf, columns)))


async def of_today(
    ledger: Ledger,
    within: Horizon,
    of: Of,
    after: str | None,
    *,
    at: datetime,
    from_at: datetime,
    to_at: datetime,
) -> BoardShown:
    """Return a page of the issues of a day by what happened to them. Raises
    InvalidRequestError."""
    place = None if after is None else read_place(after)
    if place is not None and place.value is None:
        raise garbled(after or "")
    found = await ledger.of_day(
        within, of, at=at, from_at=from_at, to_at=to_at, after=place, limit=IN_TABLE
    )
    following = None if found.next is None else place_text(found.next)
    return BoardShown(found.count, None, cards=found.cards, next=following)


def place_text(place: Place) -> str:
    """Return where a column goes on, for an address."""
    value = place.value
    return cursor_text(
        {"s": place.stream, "v": to_ms(value) if isinstance(value, datetime) else None}
    )


def read_place(text: str) -> Place:
    """Return where a column goes on. Raises InvalidRequestError."""
    plain = read_text(text)
    stream, value = plain.get("s"), plain.get("v")
    is_moment = isinstance(value, int) and not isinstance(value, bool)
    if (
        plain.keys() != {"s", "v"}
        or not isinstance(stream, str)
        or not 0 < len(stream) <= STREAM_CHARACTERS_MAX
        or not (stream.isascii() and stream.isprintable())
        or not (value is None or (is_moment and 0 <= value <= MOMENTS_MS_MAX))
    ):
        raise garbled(text)
    return Place(stream, None if value is None else from_ms(value))


def _names(by: By) -> Iterable[str]:
    return map(str, range(1, 6)) if by is By.TIER else (each.value for each in Phase)


def _shelf(column: Column) -> Shelf:
    more = None if column.next is None else place_text(column.next)
    return Shelf(column.name, column.lights, column.cards, more)


def _one_table(columns: Iterable[Column]) -> tuple[tuple[Card, ...], str | None]:
    """Return the first of all columns together: each is in the one order, and behind one place."""
    every = list(columns)
    cards = sorted(
        (card for column in every for card in column.cards),
        key=lambda card: (card.red_at or NEVER, card.stream),
    )
    is_more = len(cards) > IN_TABLE or any(column.next is not None for column in every)
    shown = tuple(cards[:IN_TABLE])
    return shown, place_text(shown[-1].place) if is_more and shown else None
