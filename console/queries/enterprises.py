"""Enterprises: a page of them with their lights, and one file each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from audit.sign_offs import SignOffs, close_outs_of, summed
from desk.desk import Desk
from domain.access import Horizon
from domain.board import Board, contact_board
from domain.days import zone_of
from domain.handbook import Enterprise, EnterpriseList, Handbook, Post
from domain.model import Name, to_millisecond
from domain.organization import owner_post
from domain.terms import Terms
from face.listing import Cursor, read_cursor, text_of
from ledger.dashboards import NO_LIGHTS, Card, Lights
from ledger.lists import Order, Sort

SHOWN: Final = 50
ISSUES_SHOWN: Final = 30
Lit = Literal["red", "yellow", "open"]
BY_REPORT: Final = Order(Sort.REPORTED_AT, descending=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of enterprises is narrowed by. `text` stands in an id or a name, A to Z like a to
    z; `light`: has an open issue that shows it, or any open one."""

    text: str | None = None
    segment: str | None = None
    listed: str | None = None
    grid: str | None = None
    light: Lit | None = None


@dataclass(frozen=True, slots=True)
class EnterpriseLine:
    """An enterprise on the list."""

    enterprise: Enterprise
    grid: Name
    segment: Name | None
    lists: tuple[Name, ...]
    owner: Post | None
    lights: Lights


@dataclass(frozen=True, slots=True)
class Register:
    """A page of enterprises by id, how many fit in all, and behind which the next one begins."""

    lines: tuple[EnterpriseLine, ...]
    count: int
    after: str | None


@dataclass(frozen=True, slots=True)
class File:
    """The file of one enterprise. `said` is what it answered to the sign-offs of the issues on this
    page, `of` of how many issues that is."""

    enterprise: Enterprise
    grid: Name
    area: Name
    segment: Name | None
    lists: tuple[EnterpriseList, ...]
    supplies: tuple[Enterprise, ...]
    suppliers: tuple[Enterprise, ...]
    board: Board
    lights: Lights
    closed: int
    cards: tuple[Card, ...]
    next: str | None
    said: SignOffs
    of: int


async def register(
    desk: Desk, handbook: Handbook, within: Horizon, wanted: Wanted, after: str
) -> Register:
    """Return a page of the enterprises that fit, with the lights of what is in sight."""
    at = to_millisecond(desk.clock.now())
    lights = {each.enterprise: each.lights for each in await desk.ledger.coverage(within, at=at)}
    fitting = sorted(
        (each for each in _fitting(handbook, wanted) if _shows(lights, each, wanted.light)),
        key=lambda each: each.id,
    )
    rest = [each for each in fitting if each.id > after]
    page = rest[:SHOWN]
    segments = {each.id: each.name for each in handbook.segments}
    return Register(
        lines=tuple(
            EnterpriseLine(
                enterprise=each,
                grid=handbook.grids_by_id[each.grid].name,
                segment=segments.get(each.segment or ""),
                lists=tuple(one.name for one in handbook.lists if each.id in one.members),
                owner=owner_post(handbook, each.id, 1),
                lights=lights.get(each.id, NO_LIGHTS),
            )
            for each in page
        ),
        count=len(fitting),
        after=page[-1].id if len(rest) > SHOWN else None,
    )


async def file(
    desk: Desk, terms: Terms, within: Horizon, id_: str, after: str | None
) -> File | None:
    """Return an enterprise's file, None if the handbook in force has no such enterprise. Raises
    InvalidRequestError."""
    book = terms.handbook
    found = book.enterprises_by_id.get(id_)
    if found is None:
        return None
    at = to_millisecond(desk.clock.now())
    place = None if after is None else read_cursor(after, id_, BY_REPORT).place
    own = await desk.ledger.of_enterprise(within, id_, at=at, after=place, limit=ISSUES_SHOWN)
    streams = [card.stream for card in own.cards]
    grid = book.grids_by_id[found.grid]
    return File(
        enterprise=found,
        grid=grid.name,
        area=next(each.name for each in book.areas if each.id == grid.area),
        segment=next((each.name for each in book.segments if each.id == found.segment), None),
        lists=tuple(each for each in book.lists if id_ in each.members),
        supplies=tuple(_named(book, found.supplies)),
        suppliers=tuple(each for each in book.enterprises if id_ in each.supplies),
        board=contact_board(book, id_, at.astimezone(zone_of(terms.calendar.time_zone))),
        lights=own.lights,
        closed=own.closed,
        cards=own.cards,
        next=None if own.next is None else text_of(Cursor(own.next, id_)),
        said=await _said(desk, streams),
        of=len(streams),
    )


async def _said(desk: Desk, streams: list[str]) -> SignOffs:
    position = await desk.ledger.safe_position()
    records = await desk.ledger.records_seen(streams, position=position)
    found = [
        each
        for stream in streams
        for each in close_outs_of(record for record in records if record.stream == stream)
    ]
    return summed(found, len(streams))


def _fitting(handbook: Handbook, wanted: Wanted) -> Iterator[Enterprise]:
    members = next((set(each.members) for each in handbook.lists if each.id == wanted.listed), None)
    text = None if wanted.text is None else wanted.text.casefold()
    for each in handbook.enterprises:
        named = f"{each.id}\n{each.name.zh}\n{each.name.en}".casefold()
        if (
            (text is None or text in named)
            and wanted.segment in (None, each.segment)
            and wanted.grid in (None, each.grid)
            and (members is None or each.id in members)
        ):
            yield each


def _shows(lights: dict[str, Lights], enterprise: Enterprise, light: Lit | None) -> bool:
    if light is None:
        return True
    own = lights.get(enterprise.id, NO_LIGHTS)
    match light:
        case "red":
            return own.red > 0
        case "yellow":
            return own.yellow > 0
        case "open":
            return own.open > 0
        case _:
            assert_never(light)


def _named(handbook: Handbook, ids: tuple[str, ...]) -> Iterator[Enterprise]:
    for id_ in ids:
        found = handbook.enterprises_by_id.get(id_)
        if found is not None:
            yield found
