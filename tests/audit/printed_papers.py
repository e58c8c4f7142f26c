"""Papers that tests print, and what a reader finds in them."""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pypdf

from audit.printed.paper import (
    Cell,
    Chart,
    ChartKind,
    Column,
    FigureLine,
    Figures,
    Kind,
    Paper,
    Paragraphs,
    Ratio,
    Series,
    Table,
)
from audit.printed.words import shown
from domain.lights import Light

AT = datetime(2026, 11, 1, 1, 30, tzinfo=UTC)
ZONE = "Asia/Shanghai"
FORMULAS = (
    "=cmd|' /C calc'!A0",
    "+1",
    "@SUM(A1:A2)",
    "-2",
    "\t=1+1",
    '=HYPERLINK("https://evil.example","x")',
    "https://evil.example/",
    "123",
    "{=1+1}",
    "_x0041_",
    "'=1",
)
MARKUP = (
    '#panic("x")',
    "$x$ *b* _i_ `c`",
    "@preview",
    "\\ ",
    "<a>",
    "#import",
    "= head",
    "// gone",
    "/* gone */",
    '"straight" -- ... ~',
)
HOSTILE = (*FORMULAS, *MARKUP)
KINDS = (
    *(Kind.TEXT, Kind.LIGHT, Kind.RATIO, Kind.MOMENT),
    *(Kind.DAY, Kind.LENGTH, Kind.COUNT, Kind.NUMBER),
)


def row(number: int) -> tuple[Cell, ...]:
    """Return a row that has a cell of every kind."""
    return (
        HOSTILE[number % len(HOSTILE)],
        tuple(Light)[number % 4],
        Ratio(number, 40, number % 3),
        AT + timedelta(days=number),
        date(2026, 1, 1) + timedelta(days=number),
        timedelta(minutes=61 * number),
        number,
        number + 0.5,
    )


def table(rows: int = 30, title: str = "超期问题") -> Table:
    """Return a table of every kind of cell."""
    columns = tuple(Column(f"列{kind.value}", kind, 14) for kind in KINDS)
    return Table(title, columns, [row(number) for number in range(rows)], note="注：#完")


def chart(kind: ChartKind, *names: str) -> Chart:
    """Return a chart; its series are named."""
    lights = tuple(Light) if kind is ChartKind.LIGHTS else (None,) * len(names)
    series = tuple(
        Series(name, (place + 1, None, 12.5), light)
        for place, (name, light) in enumerate(zip(names, lights, strict=False))
    )
    return Chart("各单位", kind, ("用工<b>", "物流&", "融资"), series, unit="%")


def paper(*sections: Any, **changes: Any) -> Paper:
    """Return a paper with these sections, or with one of each kind."""
    given = sections or (
        Paragraphs("总体", MARKUP),
        Figures(
            "指标",
            (
                FigureLine("按时率", Ratio(25, 30, 2), "on_time@2"),
                FigureLine("无分母", Ratio(0, 0), "response@1", "说明"),
                FigureLine("中位数", timedelta(hours=5, minutes=3), of=12),
                FigureLine("件数", 7, excluded=1),
            ),
        ),
        chart(ChartKind.LIGHTS, "红", "黄", "绿", "无"),
        chart(ChartKind.LINES, "本月", "上月"),
        table(),
    )
    base = {
        "title": "企业问题月分析",
        "language": "zh",
        "time_zone": ZONE,
        "made_at": AT,
        "position": 4711,
        "issuer": "测试园区",
        "number": "test-M-2026-10",
        "sections": given,
    }
    return Paper(**(base | changes))


def squeezed(text: str) -> str:
    """Return a text without what lines and columns put into it."""
    return "".join(text.split()).replace("\u200b", "")


def read_pdf(content: bytes) -> tuple[pypdf.PdfReader, str]:
    """Return a PDF, and all of its text squeezed, without the feet of its pages."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    pages = [
        squeezed(page.extract_text()).removesuffix(f"—{number}—")
        for number, page in enumerate(reader.pages, 1)
    ]
    return reader, "".join(pages)


def told(cells: Sequence[Cell], language: Any = "zh", time_zone: str = ZONE) -> str:
    """Return a row as it stands in the text of a PDF."""
    return squeezed("".join(shown(cell, language, time_zone) for cell in cells))


def embedded(reader: pypdf.PdfReader) -> Iterator[bool]:
    """Yield of each font of each page whether it is in the file."""
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            (inner,) = font.get_object()["/DescendantFonts"]
            described = inner.get_object()["/FontDescriptor"].get_object()
            yield any(name in described for name in ("/FontFile2", "/FontFile3"))
