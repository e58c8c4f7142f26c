"""One sheet of a workbook, written row by row: memory does not grow with the rows.

Text goes in as text, never as a formula, a link or a number, whatever it begins with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, assert_never

from audit.printed.fonts import workbook_fonts
from audit.printed.paper import Cell, Column, Kind, Language, Ratio
from audit.printed.texts import cut, one_line, plain
from audit.printed.words import shown, word
from domain.days import zone_of
from domain.errors import InvalidRequestError
from domain.lights import Light

ROWS_MAX: Final = 1_048_576
"""So many rows a sheet has, its heads included."""
A4: Final = 9
ONE_DAY: Final = timedelta(days=1)
FIRST_DAY: Final = date(1900, 3, 1)
"""Before it the days of workbooks are not those of the calendar."""
MOMENT_FORMAT: Final = "yyyy-mm-dd hh:mm"
DAY_FORMATS: Final[Mapping[Language, str]] = {"zh": 'yyyy"年"m"月"d"日"', "en": "yyyy-mm-dd"}
FORMATS: Final[Mapping[Kind, str]] = {
    Kind.COUNT: "0",
    Kind.NUMBER: "0.##",
    Kind.RATIO: "0.0%",
    Kind.MOMENT: MOMENT_FORMAT,
    Kind.LENGTH: "[h]:mm",
    Kind.TEXT: "@",
    Kind.LIGHT: "@",
}
FILLS: Final = {
    Light.RED: ("#9C0006", "#FFC7CE"),
    Light.YELLOW: ("#7F6000", "#FFEB9C"),
    Light.GREEN: ("#006100", "#C6EFCE"),
}
RATIO_PARTS: Final = ("numerator", "denominator", "excluded")
TITLE_POINTS: Final = 16
HEAD_POINTS: Final = 10.5
BODY_POINTS: Final = 10
ROW_TITLE, ROW_FACTS, ROW_HEADS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over a sheet: its title, and one line of facts."""

    title: str
    facts: str
    language: Language
    time_zone: str


class Formats:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Any, language: Language) -> None:
        fonts = workbook_fonts()
        body = {"font_name": fonts["body"], "font_size": BODY_POINTS, "valign": "vcenter"}
        cell = {**body, "border": 1}
        self.title = book.add_format(
            {
                "font_name": fonts["title"],
                "font_size": TITLE_POINTS,
                "align": "center",
                "valign": "vcenter",
            }
        )
        self.facts = book.add_format({**body, "num_format": "@"})
        self.wrapped = book.add_format({**body, "num_format": "@", "text_wrap": True})
        self.head = book.add_format(
            {
                **cell,
                "font_name": fonts["head"],
                "font_size": HEAD_POINTS,
                "align": "center",
                "text_wrap": True,
                "bg_color": "#EDEDED",
                "num_format": "@",
            }
        )
        texts = (Kind.TEXT, Kind.LIGHT)
        self.by_kind = {
            kind: book.add_format(
                {**cell, "num_format": form, **({"text_wrap": True} if kind in texts else {})}
            )
            for kind, form in {**FORMATS, Kind.DAY: DAY_FORMATS[language]}.items()
        }
        self.lights = {
            light: book.add_format({"font_color": ink, "bg_color": fill})
            for light, (ink, fill) in FILLS.items()
        }


class SheetRows:
    """A sheet under way. A ratio takes four columns: the rate, and what it is of."""

    def __init__(
        self, sheet: Any, formats: Formats, heading: Heading, columns: Sequence[Column]
    ) -> None:
        self._sheet, self._formats, self._heading = sheet, formats, heading
        self._columns = _spread(columns, heading.language)
        self._zone = zone_of(heading.time_zone)
        self._next = ROW_HEADS + 1
        self._begin()

    @property
    def rows(self) -> int:
        """Return how many rows are written, heads not counted."""
        return self._next - ROW_HEADS - 1

    def add(self, cells: Sequence[Cell]) -> None:
        """Write a row. Raises InvalidRequestError where the sheet is full."""
        if self._next >= ROWS_MAX:
            raise InvalidRequestError(
                "There are more rows than a sheet of a workbook has.",
                field="rows",
                allowed=f"at most {ROWS_MAX - ROW_HEADS - 1:,}; narrow what is printed",
            )
        place = 0
        for cell in cells:
            place = self._put(place, cell)
        self._next += 1

    def end(self, note: str = "") -> None:
        """Set what hangs on how many rows there are; a note stands below them."""
        last, width = max(self._next - 1, ROW_HEADS), len(self._columns) - 1
        self._sheet.autofilter(ROW_HEADS, 0, last, width)
        self._sheet.print_area(0, 0, last + (2 if note else 0), width)
        for place, column in enumerate(self._columns):
            if column.kind is Kind.LIGHT and self.rows:
                self._colour(place, last)
        if note and last + 2 < ROWS_MAX:
            self._sheet.write_string(last + 2, 0, cut(plain(note)), self._formats.facts)

    def _begin(self) -> None:
        sheet, heading, width = self._sheet, self._heading, len(self._columns) - 1
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.set_footer(f"&C{word('paper.page', heading.language)}")
        sheet.repeat_rows(ROW_HEADS)
        sheet.freeze_panes(ROW_HEADS + 1, 0)
        for place, column in enumerate(self._columns):
            sheet.set_column(place, place, column.width)
        sheet.set_row(ROW_TITLE, 2 * TITLE_POINTS)
        title = cut(one_line(heading.title))
        if width:
            sheet.merge_range(ROW_TITLE, 0, ROW_TITLE, width, "", self._formats.title)
        sheet.write_string(ROW_TITLE, 0, title, self._formats.title)
        sheet.write_string(ROW_FACTS, 0, cut(one_line(heading.facts)), self._formats.facts)
        for place, column in enumerate(self._columns):
            sheet.write_string(ROW_HEADS, place, cut(plain(column.head)), self._formats.head)

    def _put(self, place: int, cell: Cell) -> int:
        """Write a cell as what it is, and return where the next one goes."""
        if self._columns[place].kind is Kind.RATIO:
            return self._put_ratio(place, cell if isinstance(cell, Ratio) else None)
        match cell:
            case None:
                style = self._formats.by_kind[self._columns[place].kind]
                self._sheet.write_blank(self._next, place, None, style)
            case Light():
                self._text(place, shown(cell, self._heading.language, self._heading.time_zone))
            case str():
                self._text(place, plain(cell))
            case int():
                self._number(place, cell, Kind.COUNT)
            case float():
                self._number(place, cell, Kind.NUMBER)
            case datetime():
                self._moment(place, cell)
            case date():
                self._day(place, cell)
            case timedelta():
                self._number(place, cell / ONE_DAY, Kind.LENGTH)
            case Ratio():
                self._number(place, cell.value, Kind.RATIO)
            case _:
                assert_never(cell)
        return place + 1

    def _number(self, place: int, value: float | None, kind: Kind) -> None:
        """Write a number; None leaves its cell empty."""
        style = self._formats.by_kind[kind]
        if value is None:
            self._sheet.write_blank(self._next, place, None, style)
        else:
            self._sheet.write_number(self._next, place, value, style)

    def _text(self, place: int, text: str) -> None:
        style = self._formats.by_kind[Kind.TEXT]
        self._sheet.write_string(self._next, place, cut(text), style)

    def _moment(self, place: int, at: datetime) -> None:
        there = at.astimezone(self._zone).replace(tzinfo=None)
        if there.date() < FIRST_DAY:
            self._text(place, there.strftime("%Y-%m-%d %H:%M"))
        else:
            style = self._formats.by_kind[Kind.MOMENT]
            self._sheet.write_datetime(self._next, place, there, style)

    def _day(self, place: int, day: date) -> None:
        if day < FIRST_DAY:
            self._text(place, day.isoformat())
        else:
            style = self._formats.by_kind[Kind.DAY]
            self._sheet.write_datetime(self._next, place, datetime.combine(day, time()), style)

    def _put_ratio(self, place: int, ratio: Ratio | None) -> int:
        """A rate of nothing is none: its cell stays empty, and its denominator says why."""
        self._number(place, None if ratio is None else ratio.value, Kind.RATIO)
        for offset, part in enumerate(RATIO_PARTS, 1):
            value = None if ratio is None else getattr(ratio, part)
            self._number(place + offset, value, Kind.COUNT)
        return place + 1 + len(RATIO_PARTS)

    def _colour(self, place: int, last: int) -> None:
        for light, style in self._formats.lights.items():
            told = shown(light, self._heading.language, self._heading.time_zone)
            self._sheet.conditional_format(
                *(ROW_HEADS + 1, place, last, place),
                {"type": "cell", "criteria": "==", "value": f'"{told}"', "format": style},
            )


def _spread(columns: Sequence[Column], language: Language) -> list[Column]:
    """Return the columns as they are in a sheet."""
    found: list[Column] = []
    for column in columns:
        found.append(column)
        if column.kind is Kind.RATIO:
            found += [
                Column(f"{column.head} {word(f'paper.{part}', language)}", Kind.COUNT, 9)
                for part in RATIO_PARTS
            ]
    return found
