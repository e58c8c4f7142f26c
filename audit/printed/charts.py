"""Charts as SVG: bars, stacked bars, lines, lights. No script, no style, nothing from elsewhere.

Colours are presentation attributes, legible in print; a page's own style sheet wins over them by
the classes `chart-s1` … `chart-s8`, `chart-red` …, `chart-grid`, `chart-text`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

from audit.printed.marks import (
    FONT,
    GRID,
    INK,
    SIZE,
    Mark,
    box,
    dashes,
    fitted,
    marks_of,
    patterns,
    point,
    swatch,
    text,
    width_of,
)
from audit.printed.paper import Chart, ChartKind, Language, require_sound
from audit.printed.texts import one_line
from audit.printed.words import word

WIDTH: Final = 640
MARGIN: Final = 8
TITLE_SIZE: Final = 15
LEGEND_ROW: Final = 20
BAR: Final = 16
GAP: Final = 10
LABELS_SHARE_MAX: Final = 0.3
PLOT_HEIGHT: Final = 220
TICKS: Final = 4
TEN: Final = 10
STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
DESCRIBED_MAX: Final = 600
_ODD_ID: Final = re.compile(r"[^A-Za-z0-9_-]")


def svg(chart: Chart, language: Language = "zh", *, id: str = "chart", width: int = WIDTH) -> str:
    """Return a chart as an SVG element, with its title and its values in words for whoever cannot
    see it. `id` has to differ from that of other charts on a page. Raises InvalidRequestError for
    a chart that does not fit itself."""
    require_sound(chart)
    name = _ODD_ID.sub("-", id) or "chart"
    marks = marks_of(chart.series, name)
    legend, below = _legend(chart, marks, width)
    if chart.kind is ChartKind.LINES:
        drawn, height = _lines(chart, marks, width, below, language)
    else:
        drawn, height = _bars(chart, marks, width, below, language)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" '
        f'aria-labelledby="{name}-t {name}-d" viewBox="0 0 {width} {height:.0f}" '
        f'width="{width}" height="{height:.0f}" font-family="{FONT}" color="{INK}">'
        f'<title id="{name}-t">{escape(one_line(chart.title))}</title>'
        f'<desc id="{name}-d">{escape(described(chart, language))}</desc>'
        f"{patterns(marks, name)}"
        f"{text(fitted(chart.title, width - 2 * MARGIN, TITLE_SIZE), MARGIN, 20, size=TITLE_SIZE)}"
        f"{''.join(legend)}{''.join(drawn)}</svg>"
    )


def described(chart: Chart, language: Language) -> str:
    """Return a chart in words: what it says of itself, then its values."""
    told = [] if not chart.description else [one_line(chart.description)]
    for series in chart.series:
        pairs = ", ".join(
            f"{one_line(label)} {number(value, chart.unit, language)}"
            for label, value in zip(chart.labels, series.values, strict=True)
        )
        told.append(f"{one_line(series.name)}: {pairs}")
    said = ". ".join(told)
    return said if len(said) <= DESCRIBED_MAX else f"{said[: DESCRIBED_MAX - 1]}…"


def number(value: float | None, unit: str, language: Language) -> str:
    """Return a value as charts label it."""
    if value is None:
        return word("paper.none", language)
    said = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return f"{said}{unit}" if unit == "%" else said


def ticks(highest: float) -> list[float]:
    """Return the values of the grid lines, from 0 to at or above the highest."""
    if highest <= 0:
        return [0.0, 1.0]
    rough, power = highest / TICKS, 1.0
    while rough / power >= TEN:
        power *= TEN
    while rough / power < 1:
        power /= TEN
    step = next(each for each in STEPS if each * power >= rough) * power
    found = [0.0]
    while found[-1] < highest:
        found.append(round(found[-1] + step, 6))
    return found


def _legend(chart: Chart, marks: Sequence[Mark], width: int) -> tuple[list[str], float]:
    """Return the legend, and where it ends."""
    drawn: list[str] = []
    x, y = float(MARGIN), 42.0
    for series, mark in zip(chart.series, marks, strict=True):
        name = fitted(series.name, width / 2)
        wide = 22 + width_of(name) + 18
        if x > MARGIN and x + wide > width:
            x, y = float(MARGIN), y + LEGEND_ROW
        drawn += [
            swatch(mark, x, y, line=chart.kind is ChartKind.LINES),
            text(name, x + 22, y),
        ]
        x += wide
    return drawn, y + GAP


def _bars(
    chart: Chart, marks: Sequence[Mark], width: int, top: float, language: Language
) -> tuple[list[str], float]:
    """Draw bars from left to right, a label before each, its value behind it."""
    piled = chart.kind is not ChartKind.BARS
    totals = [sum(each.values[at] or 0 for each in chart.series) for at in range(len(chart.labels))]
    highest = max(
        totals if piled else [value or 0 for each in chart.series for value in each.values]
    )
    longest = max((width_of(one_line(label)) for label in chart.labels), default=0)
    left = min(longest, width * LABELS_SHARE_MAX) + 2 * MARGIN
    room = width - left - MARGIN - max(width_of(number(highest, chart.unit, language)), 30) - 4
    scale = room / highest if highest else 0.0
    rows = 1 if piled else len(chart.series)
    drawn = [f'<path class="chart-grid" d="M{left:.1f} {top:.1f}V{{end}}" stroke="{GRID}"/>']
    y = top + GAP / 2
    for at, label in enumerate(chart.labels):
        middle = y + rows * BAR / 2 + SIZE / 3
        drawn.append(text(fitted(label, left - 2 * MARGIN), left - MARGIN, middle, anchor="end"))
        if piled:
            drawn += _pile(chart, marks, at, left, y, scale)
            total = number(totals[at], chart.unit, language)
            drawn.append(text(total, left + totals[at] * scale + 4, middle))
        else:
            drawn += _group(chart, marks, at, left, y, scale, language)
        y += rows * BAR + GAP
    drawn[0] = drawn[0].format(end=f"{y - GAP / 2:.1f}")
    return drawn, y + MARGIN


def _pile(
    chart: Chart, marks: Sequence[Mark], at: int, left: float, y: float, scale: float
) -> Iterator[str]:
    x = left
    for series, mark in zip(chart.series, marks, strict=True):
        wide = (series.values[at] or 0) * scale
        if wide:
            yield box(mark, x, y, wide, BAR - 2)
        x += wide


def _group(
    chart: Chart,
    marks: Sequence[Mark],
    at: int,
    left: float,
    y: float,
    scale: float,
    language: Language,
) -> Iterator[str]:
    for series, mark in zip(chart.series, marks, strict=True):
        value = series.values[at]
        wide = (value or 0) * scale
        if wide:
            yield box(mark, left, y, wide, BAR - 3)
        yield text(number(value, chart.unit, language), left + wide + 4, y + BAR - 5, size=11)
        y += BAR


def _lines(
    chart: Chart, marks: Sequence[Mark], width: int, top: float, language: Language
) -> tuple[list[str], float]:
    """Draw a line for each series; it breaks where nothing is known."""
    grid = ticks(max((value or 0 for each in chart.series for value in each.values), default=0))
    left = MARGIN + max(width_of(number(each, chart.unit, language)) for each in grid) + 6
    right, bottom = width - 3.0 * MARGIN, top + GAP + PLOT_HEIGHT
    scale = PLOT_HEIGHT / grid[-1]
    steps = max(1, len(chart.labels) - 1)
    xs = [left + (right - left) * at / steps for at in range(steps + 1)]
    drawn: list[str] = []
    for each in grid:
        y = bottom - each * scale
        drawn += [
            f'<path class="chart-grid" d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="{GRID}"/>',
            text(number(each, chart.unit, language), left - 6, y + 4, anchor="end", size=11),
        ]
    for series, mark in zip(chart.series, marks, strict=True):
        drawn += _line(series.values, mark, xs, bottom, scale)
    every = max(1, round(len(chart.labels) * 50 / (right - left) + 0.5))
    drawn += [
        text(fitted(label, every * (right - left) / steps), xs[at], bottom + 18, anchor="middle")
        for at, label in enumerate(chart.labels)
        if at % every == 0
    ]
    return drawn, bottom + 30


def _line(
    values: Sequence[float | None], mark: Mark, xs: Sequence[float], bottom: float, scale: float
) -> Iterator[str]:
    path, drawing = "", False
    for x, value in zip(xs, values, strict=False):
        if value is None:
            drawing = False
            continue
        path += f"{'L' if drawing else 'M'}{x:.1f} {bottom - value * scale:.1f}"
        drawing = True
        yield point(mark, x, bottom - value * scale)
    if path:
        yield (
            f'<path class="{mark.token} chart-line" d="{path}" stroke="{mark.colour}" '
            f'stroke-width="2" fill="none"{dashes(mark)}/>'
        )
