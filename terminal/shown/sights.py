"""From where something was read: its position, and of the past the instants."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from domain.model import written
from domain.sight import Point
from terminal.shown.frames import SECOND
from terminal.shown.times import local
from terminal.travel import Looked


def stated_plain(position: int | None, looked: Looked | None = None) -> dict[str, object]:
    """Return for a machine where an answer stands; without a ledger there is no position."""
    return {
        "position": position,
        "as_of": None if looked is None else _plain(looked.as_of),
        "known_at": None if looked is None else _plain(looked.known_at),
    }


def stated(
    shown: RenderableType, position: int | None, looked: Looked | None, time_zone: str
) -> RenderableType:
    """Return what is shown with where it stands: of the past above it, the position below."""
    if position is None:
        return shown
    end = Text(f"position {position}", SECOND)
    if looked is None:
        return Group(shown, end)
    return Group(Text(past(looked, time_zone), "yellow"), shown, end)


def past(looked: Looked, time_zone: str) -> str:
    """Say from where the past is looked at."""
    known = "is known now"
    if looked.known_at is not None:
        known = f"was known at {_told(looked.known_at, time_zone)}"
    if isinstance(looked.as_of, int):
        return f"as of {_told(looked.as_of, time_zone)}, {local(looked.sight.at, time_zone)}"
    then = looked.sight.at if looked.as_of is None else looked.as_of
    return f"as of {_told(then, time_zone)}, by what {known}"


def _told(point: Point, time_zone: str) -> str:
    if isinstance(point, datetime):
        return local(point, time_zone, seconds=True)
    return f"position {point}"


def _plain(point: Point | None) -> str | int | None:
    return written(point) if isinstance(point, datetime) else point
