"""What a stored cell reads like on paper, worked out without the program that prints."""

from datetime import datetime
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

UNITS: Final = {"zh": ("天", "小时", "分"), "en": ("d", "h", "min")}
LIGHTS: Final = {
    "zh": {"red": "▲ 红灯", "yellow": "◆ 黄灯", "green": "● 绿灯", "none": "○ 无灯"},
    "en": {"red": "▲ red", "yellow": "◆ yellow", "green": "● green", "none": "○ none"},
}
EXCLUDED: Final = {"zh": "剔除", "en": "Excluded"}
NONE: Final = "—"
MINUTE_MS: Final = 60_000
HOURS_TOLD_MAX: Final = 72


def text_in(told: Any, language: str) -> str:
    """Return a text of a stored body in a language."""
    return str(told[language] if isinstance(told, dict) else told)


def cell_text(told: Any, kind: str, language: str, zone: ZoneInfo) -> str:
    """Return what a stored cell of a column reads like."""
    if told is None:
        return ""
    match kind:
        case "text":
            return text_in(told, language)
        case "count":
            return str(told)
        case "light":
            return LIGHTS[language][told]
        case "ratio":
            above, below, out = told["numerator"], told["denominator"], told.get("excluded", 0)
            left_out = f"; {EXCLUDED[language]} {out}" if out else ""
            return f"{rate_text(above, below)} ({above}/{below}{left_out})"
        case "length":
            return length_text(told, language)
        case "moment":
            return f"{datetime.fromisoformat(told).astimezone(zone):%Y-%m-%d %H:%M}"
        case "day":
            return str(told)
        case _:
            raise AssertionError(f"no stored report has cells of the kind {kind}")


def rate_text(above: int, below: int) -> str:
    """Return a share in percent, to one digit."""
    return f"{above / below:.1%}" if below else NONE


def length_text(told: Any, language: str) -> str:
    """Return a length of milliseconds, or an exact ratio of them, in the two largest units."""
    exact = Fraction(told) if isinstance(told, int) else None
    if exact is None:
        if not told["denominator"]:
            return ""
        exact = Fraction(told["numerator"], told["denominator"])
    days_, hours_, minutes_ = UNITS[language]
    hours, minutes = divmod(round(exact / MINUTE_MS), 60)
    if hours >= HOURS_TOLD_MAX:
        told_in = [(hours // 24, days_), (hours % 24, hours_)]
    else:
        told_in = [(hours, hours_), (minutes, minutes_)]
    return " ".join(f"{count} {unit}" for count, unit in told_in if count) or f"0 {minutes_}"


def figure_cells(line: dict[str, Any], language: str) -> list[str]:
    """Return what a stored figure reads like: title, value, numerator, denominator, left out, of,
    definition, note."""
    value, unit, out = line["value"], line["unit"], line.get("excluded", 0)
    tail = [line["definition"], text_in(line.get("note") or "", language)]
    of = line.get("of")
    if unit == "ratio":
        above, below = value["numerator"], value["denominator"]
        counts = [str(above), str(below), str(value.get("excluded") or out), ""]
        return [text_in(line["title"], language), rate_text(above, below), *counts, *tail]
    said = NONE
    if value is not None:
        said = str(value) if unit == "count" else length_text(value, language)
    counts = ["", "", str(out), "" if of is None else str(of)]
    return [text_in(line["title"], language), said, *counts, *tail]
