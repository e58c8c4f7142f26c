"""Charts as SVG: well formed, told in words, harmless, legible without colour."""

import re
from xml.etree import ElementTree as ET

import pytest
from printed_papers import HOSTILE, chart

from audit.printed.charts import described, svg, ticks
from audit.printed.paper import Chart, ChartKind, Series
from audit.printed.texts import one_line
from domain.errors import InvalidRequestError

SVG = "{http://www.w3.org/2000/svg}"
KNOWN = {"svg", "title", "desc", "defs", "pattern", "rect", "path", "text"}
NAMES = {
    ChartKind.BARS: ("本月", "上月"),
    ChartKind.STACKED: ("甲", "乙", "丙"),
    ChartKind.LINES: ("按时率", "满意率"),
    ChartKind.LIGHTS: ("红", "黄", "绿", "无"),
}


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  # our own text


@pytest.mark.parametrize("kind", list(ChartKind))
def test_a_chart_has_its_title_its_words_and_every_label(kind: ChartKind) -> None:
    drawn = chart(kind, *NAMES[kind])
    root = parsed(svg(drawn, "zh", id="one"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "one-t one-d"
    assert root.findtext(f"{SVG}title") == "各单位"
    said = root.findtext(f"{SVG}desc") or ""
    assert all(f"{name}: 用工<b>" in said for name in NAMES[kind])
    texts = {each.text for each in root.iter(f"{SVG}text")}
    assert {*NAMES[kind], *drawn.labels, "各单位"} <= texts


@pytest.mark.parametrize("kind", list(ChartKind))
def test_nothing_in_a_chart_runs_is_styled_or_comes_from_elsewhere(kind: ChartKind) -> None:
    text = svg(chart(kind, *NAMES[kind]), id='x" onload="y')
    root = parsed(text)
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= KNOWN
    names = {name for each in root.iter() for name in each.attrib}
    assert not [each for each in names if each.startswith("on") or "href" in each]
    assert "style" not in names
    urls = re.findall(r"url\(([^)]*)\)", text)
    assert {each for each in urls if not each.startswith("#x--onload--y-p")} == set()


@pytest.mark.parametrize("kind", list(ChartKind))
def test_no_two_series_look_alike_without_colour(kind: ChartKind) -> None:
    series = tuple(Series(f"s{place}", (1.0,)) for place in range(8))
    if kind is ChartKind.LIGHTS:
        series = chart(kind, *NAMES[kind]).series
        series = tuple(Series(each.name, (1.0,), each.light) for each in series)
    root = parsed(svg(Chart("t", kind, ("甲",), series)))
    if kind is ChartKind.LINES:
        looks = [each.get("stroke-dasharray") for each in root.iter() if each.get("stroke-width")]
        shapes = [each.get("d") for each in root.iter() if each.get("transform")]
        assert len(set(shapes)) == len(series)
        assert len(set(looks)) == len(series)
        return
    fills = {each.get("fill") for each in root if each.tag == f"{SVG}rect"}
    hatches = [each.get("d") for each in root.iter() if each.get("class") == "chart-hatch"]
    solid = [each for each in fills if each and not each.startswith("url")]
    assert len(fills) == len(series)
    assert len(set(hatches)) == len(hatches) == len(series) - len(solid)
    assert len(solid) <= 1


@pytest.mark.parametrize("text", [*HOSTILE, "<script>alert(1)</script>", "]]>&\"'", "\x00\u202e"])
def test_a_hostile_text_stays_text(text: str) -> None:
    hostile = Chart(text, ChartKind.BARS, (text,), (Series(text, (1,)),), text, text)
    root = parsed(svg(hostile))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= KNOWN
    assert (root.findtext(f"{SVG}title"), root.find(f"{SVG}script")) == (one_line(text), None)


def test_what_is_not_known_is_a_gap_and_not_a_zero() -> None:
    drawn = chart(ChartKind.LINES, "本月")
    root = parsed(svg(drawn))
    _, line = [each for each in root.iter() if each.get("class") == "chart-s1 chart-line"]
    assert (line.get("d") or "").count("M") == 2
    assert "物流& —" in described(drawn, "zh")


def test_two_charts_on_a_page_share_no_id() -> None:
    one, other = (svg(chart(ChartKind.BARS, "甲", "乙"), id=name) for name in ("a", "b"))
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_grid_lines_reach_the_highest_value() -> None:
    for highest in (0, 0.3, 1, 7, 96.5, 100, 12_345):
        found = ticks(highest)
        assert found[0] == 0
        assert found[-1] >= highest
        assert len(found) <= 6


@pytest.mark.parametrize(
    "odd",
    [
        Chart("t", ChartKind.BARS, (), (Series("a", ()),)),
        Chart("t", ChartKind.BARS, ("x",), ()),
        Chart("t", ChartKind.BARS, ("x",), (Series("a", (1, 2)),)),
        Chart("t", ChartKind.LINES, ("x",), (Series("a", (-1,)),)),
    ],
)
def test_a_chart_that_does_not_fit_itself_is_refused(odd: Chart) -> None:
    with pytest.raises(InvalidRequestError):
        svg(odd)
