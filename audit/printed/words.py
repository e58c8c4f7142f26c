"""What printed papers call things, in Chinese or English: texts are data."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, assert_never

from audit.printed.paper import Cell, Language, Paper, Ratio
from audit.printed.texts import plain
from domain.days import zone_of
from domain.lights import Light

MINUTE: Final = timedelta(minutes=1)
DAY_HOURS_SHOWN: Final = 72
"""A longer time is told in days and hours."""


def word(name: str, language: Language) -> str:
    """Return a text by its name, `family.code`; a code that has none stands for itself."""
    said = _words().get(name)
    return name.partition(".")[2] if said is None else said[language]


def shown(cell: Cell, language: Language, time_zone: str) -> str:
    """Return what stands in a cell, as text."""
    said: str
    match cell:
        case None:
            said = ""
        case Light():
            said = word(f"light.{cell.value}", language)
        case str():
            said = plain(cell)
        case int():
            said = str(cell)
        case float():
            said = f"{cell:g}"
        case Ratio():
            said = ratio_shown(cell, language)
        case datetime():
            said = cell.astimezone(zone_of(time_zone)).strftime("%Y-%m-%d %H:%M")
        case date():
            said = cell.isoformat()
        case timedelta():
            said = length_shown(cell, language)
        case _:
            assert_never(cell)
    return said


def ratio_shown(ratio: Ratio, language: Language) -> str:
    """Return a ratio with what it is of, and what was left out of it."""
    value = ratio.value
    rate = word("paper.none", language) if value is None else f"{value:.1%}"
    left_out = f"; {word('paper.excluded', language)} {ratio.excluded}" if ratio.excluded else ""
    return f"{rate} ({ratio.numerator}/{ratio.denominator}{left_out})"


def length_shown(length: timedelta, language: Language) -> str:
    """Return a length of time in hours and minutes; a longer one in days and hours."""
    sign = "-" if length < timedelta() else ""
    minutes = round(abs(length) / MINUTE)
    hours, minutes = divmod(minutes, 60)
    units = [word(f"paper.{each}", language) for each in ("days", "hours", "minutes")]
    if hours >= DAY_HOURS_SHOWN:
        days, hours = divmod(hours, 24)
        told = [(days, units[0]), (hours, units[1])]
    else:
        told = [(hours, units[1]), (minutes, units[2])]
    said = " ".join(f"{number} {unit}" for number, unit in told if number)
    return sign + said if said else f"0 {units[2]}"


def stated(paper: Paper) -> Iterator[tuple[str, str]]:
    """Yield what stands under the title: the paper's facts, its cut-off, its instant."""
    yield from paper.facts
    yield word("paper.position", paper.language), str(paper.position)
    made = shown(paper.made_at, paper.language, paper.time_zone)
    yield word("paper.made_at", paper.language), f"{made} ({paper.time_zone})"


@cache
def _words() -> Mapping[str, Mapping[Language, str]]:
    data = tomllib.loads(files("audit.printed").joinpath("words.toml").read_text(encoding="utf-8"))
    return {
        f"{family}.{name}": said for family, texts in data.items() for name, said in texts.items()
    }
