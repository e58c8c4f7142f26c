"""The marks that charts are drawn with: every series has a colour, a pattern, a dash and a shape of
its own, so that none is known by its colour alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from audit.printed.paper import Series
from audit.printed.texts import one_line
from domain.lights import Light

FONT: Final = "Noto Sans SC, Noto Sans CJK SC, sans-serif"
INK: Final = "#1b1f1d"
GRID: Final = "#c9cfca"
SERIES: Final = (
    *("#17683a", "#1d4ed8", "#b45309", "#7e22ce"),
    *("#be123c", "#0f766e", "#6b4f1d", "#475569"),
)
LIGHTS: Final = {
    Light.RED: ("#c02626", 2),
    Light.YELLOW: ("#d9a514", 3),
    Light.GREEN: ("#17683a", 1),
    Light.NONE: ("#9aa39d", 5),
}
"""Of each light its colour and the number of its pattern."""
PATTERNS: Final = (
    "",
    "M-1 1L1 -1M0 6L6 0M5 7L7 5",
    "M0 0L6 6M-1 5L1 7M5 -1L7 1",
    "M0 3L6 3",
    "M3 0L3 6",
    "M0 3L6 3M3 0L3 6",
    "M0 0L6 6M6 0L0 6",
    "M2.5 3L3.5 3",
)
"""What is drawn in white over the colour of each series; nothing over the first."""
DASHES: Final = ("", "6 3", "2 3", "8 3 2 3", "1 2", "10 4", "4 2 1 2", "12 3 3 3")
SHAPES: Final = (
    "M-3.5 -3.5H3.5V3.5H-3.5Z",
    "M0 -4.5L4.5 3.5H-4.5Z",
    "M0 -4.5L4.5 0L0 4.5L-4.5 0Z",
    "M-4 -1.3H-1.3V-4H1.3V-1.3H4V1.3H1.3V4H-1.3V1.3H-4Z",
    "M0 4.5L4.5 -3.5H-4.5Z",
    "M-4.5 -2H4.5V2H-4.5Z",
    "M-2 -4.5H2V4.5H-2Z",
    "M-4 0L-2 -3.5H2L4 0L2 3.5H-2Z",
)
SIZE: Final = 12
WIDE_EM: Final = 1.0
NARROW_EM: Final = 0.6
WIDE_FROM: Final = 0x2E80


@dataclass(frozen=True, slots=True)
class Mark:
    """How one series is drawn."""

    token: str
    colour: str
    number: int
    fill: str
    dash: str
    shape: str


def marks_of(series: Sequence[Series], id_: str) -> list[Mark]:
    """Return the marks of a chart's series; a light keeps its own."""
    return [_mark(each, place, id_) for place, each in enumerate(series)]


def _mark(series: Series, place: int, id_: str) -> Mark:
    if series.light is None:
        colour, number, token = SERIES[place], place, f"chart-s{place + 1}"
    else:
        colour, number = LIGHTS[series.light]
        token = f"chart-{series.light.value}"
    fill = f"url(#{id_}-p{number})" if PATTERNS[number] else colour
    return Mark(token, colour, number, fill, DASHES[place], SHAPES[place])


def patterns(marks: Sequence[Mark], id_: str) -> str:
    """Return the definitions of the patterns that marks are filled with."""
    told = [
        f'<pattern id="{id_}-p{mark.number}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect class="{mark.token}" width="6" height="6" fill="{mark.colour}"/>'
        f'<path class="chart-hatch" d="{PATTERNS[mark.number]}" stroke="#ffffff" '
        'stroke-width="1.2" fill="none"/></pattern>'
        for mark in marks
        if PATTERNS[mark.number]
    ]
    return f"<defs>{''.join(told)}</defs>" if told else ""


def swatch(mark: Mark, x: float, y: float, *, line: bool) -> str:
    """Return the sample of a series that stands in the legend."""
    if not line:
        return box(mark, x, y - 9, 16, 11)
    return (
        f'<path class="{mark.token} chart-line" d="M{x:g} {y - 4:g}H{x + 16:g}" '
        f'stroke="{mark.colour}" stroke-width="2" fill="none"{dashes(mark)}/>'
        + point(mark, x + 8, y - 4)
    )


def box(mark: Mark, x: float, y: float, width: float, height: float) -> str:
    """Return a bar, or a piece of one."""
    token = "" if mark.fill.startswith("url") else f' class="{mark.token}"'
    return (
        f'<rect{token} x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" '
        f'height="{height:.1f}" fill="{mark.fill}" stroke="{mark.colour}" stroke-width="0.6"/>'
    )


def point(mark: Mark, x: float, y: float) -> str:
    """Return the shape at one value of a line."""
    return (
        f'<path class="{mark.token}" d="{mark.shape}" fill="{mark.colour}" '
        f'transform="translate({x:.1f} {y:.1f})"/>'
    )


def dashes(mark: Mark) -> str:
    """Return the attribute that breaks a line, if it is broken."""
    return f' stroke-dasharray="{mark.dash}"' if mark.dash else ""


def text(said: str, x: float, y: float, *, anchor: str = "start", size: float = SIZE) -> str:
    """Return a line of text, whatever is in it."""
    return (
        f'<text class="chart-text" x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" '
        f'text-anchor="{anchor}" fill="currentColor">{escape(one_line(said))}</text>'
    )


def attribute(said: str) -> str:
    """Return a text as the value of an attribute, with its quotes."""
    return quoteattr(one_line(said))


def width_of(said: str, size: float = SIZE) -> float:
    """Return about how wide a text is."""
    return size * sum(WIDE_EM if ord(each) >= WIDE_FROM else NARROW_EM for each in said)


def fitted(said: str, width: float, size: float = SIZE) -> str:
    """Return a text cut to a width."""
    said = one_line(said)
    if width_of(said, size) <= width:
        return said
    while said and width_of(said, size) > width - size:
        said = said[:-1]
    return f"{said}…"
