"""Where the pieces of a clock's picture stand: in thousandths of its width."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.queries.issue_clocks import ClockPicture, Did
from domain.days import to_ms
from domain.responsibility import HolderKind, Total

WIDTH: Final = 1000
NARROWEST: Final = 0.8
"""What is narrower cannot be seen: it goes to what stands before it."""

MARK_WIDTH: Final = 3.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a picture: what it says by its class, where it begins, how wide it is."""

    kind: str
    x: float
    width: float
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant in a picture: `due`, `fired`, `ahead` or `now`."""

    kind: str
    x: float
    at: datetime
    rung: str | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A clock's picture, laid out."""

    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A holder's part of the whole, as a bar and in tenths of a percent."""

    total: Total
    x: float
    width: float
    permille: int
    colour: str


def drawing_of(picture: ClockPicture) -> Drawing:
    """Return the layout of a clock's picture."""
    from_ms = to_ms(picture.from_at)
    scale = WIDTH / max(1, to_ms(picture.to_at) - from_ms)

    def place(at: datetime) -> float:
        return min(float(WIDTH), max(0.0, (to_ms(at) - from_ms) * scale))

    bars = tuple(
        _wide_enough(
            Bar(
                each.did.value,
                round(place(each.from_at), 2),
                round(place(each.to_at) - place(each.from_at), 2),
                each.from_at,
                each.to_at,
            )
            for each in picture.pieces
        )
    )
    marks = tuple(
        Mark(kind, round(min(place(at), WIDTH - MARK_WIDTH), 2), at, rung)
        for kind, at, rung in _instants(picture)
        if picture.from_at <= at <= picture.to_at
    )
    there = {each.kind for each in bars}
    return Drawing(bars, marks, tuple(did.value for did in Did if did.value in there))


def _instants(picture: ClockPicture) -> Iterator[tuple[str, datetime, str | None]]:
    for rung in picture.rungs:
        at = rung.due_at if rung.is_due_itself else rung.fired_at or rung.due_at
        if at is not None:
            told = "ahead" if rung.fired_at is None else "fired"
            yield ("due" if rung.is_due_itself else told), at, rung.id
    if picture.is_live:
        yield "now", picture.at, None


def _wide_enough(bars: Iterable[Bar]) -> Iterator[Bar]:
    last: Bar | None = None
    for bar in bars:
        if last is not None and bar.width < NARROWEST:
            last = Bar(last.kind, last.x, round(last.width + bar.width, 2), last.from_at, bar.to_at)
            continue
        if last is not None:
            yield last
        last = bar
    if last is not None:
        yield last


def shares_of(totals: Sequence[Total]) -> tuple[Share, ...]:
    """Return what each holder held of what counts, as a bar; what does not count has no width."""
    whole = sum(each.counted_ms for each in totals)
    found, x = [], 0.0
    for n, each in enumerate(totals):
        width = round(WIDTH * each.counted_ms / whole, 2) if whole else 0.0
        permille = round(1000 * each.counted_ms / whole) if whole else 0
        found.append(Share(each, round(x, 2), width, permille, _colour(each, n)))
        x += width
    return tuple(found)


def _colour(total: Total, place: int) -> str:
    if total.holder.kind in (HolderKind.CALENDAR, HolderKind.PLATFORM, HolderKind.PARKED):
        return "off"
    return f"series-{place % 5 + 1}"
