"""The time that a clock counted, a line a day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from rich.text import Text

from domain.calendar import Span
from domain.model import Name
from terminal.shown.frames import SECOND, inline
from terminal.shown.times import exact, local

Line = tuple[str, Text, str, Text]
"""Day, what was counted, from and to, why."""


@dataclass(slots=True)
class _Day:
    first_on: date
    last_on: date
    counted_ms: int
    ranges: list[str]
    why: list[Name] = field(default_factory=list)

    def goes_on(self, other: "_Day") -> bool:
        """Return whether `other` is one more day without counting, for the same reason."""
        return not (self.counted_ms or other.counted_ms) and self.why == other.why


def day_lines(spans: Iterable[Span], time_zone: str) -> Iterator[Line]:
    """Return a line for each local day; days that do not count, for one reason, share a line."""
    zone = ZoneInfo(time_zone)
    merged: list[_Day] = []
    for each in _days(spans, zone):
        if merged and merged[-1].goes_on(each):
            merged[-1].last_on = each.last_on
        else:
            merged.append(each)
    for day in merged:
        yield _line(day)


def _days(spans: Iterable[Span], zone: ZoneInfo) -> Iterator[_Day]:
    for on, group in groupby(spans, lambda span: span.from_at.astimezone(zone).date()):
        all_day = list(group)
        # What is closed on a day that opens goes without saying.
        shown = [span for span in all_day if span.counted_ms] or all_day
        why = [span.rule for i, span in enumerate(shown) if span.rule not in _rules(shown[:i])]
        yield _Day(
            on,
            on,
            sum(span.counted_ms for span in all_day),
            [_range(span, zone) for span in shown if span.counted_ms],
            why,
        )


def _rules(spans: Iterable[Span]) -> list[Name]:
    return [span.rule for span in spans]


def _range(span: Span, zone: ZoneInfo) -> str:
    start, end = span.from_at.astimezone(zone), span.to_at.astimezone(zone)
    if start.date() == end.date():
        return f"{_clock(start)}–{_clock(end)}"
    return f"{_clock(start)} to {local(span.to_at, zone.key)}"


def _clock(at: datetime) -> str:
    return at.strftime("%H:%M:%S" if at.second or at.microsecond else "%H:%M")


def _line(day: _Day) -> Line:
    when = f"{day.first_on} {day.first_on:%a}"
    if day.last_on != day.first_on:
        when += f" to {day.last_on:%m-%d}"
    counted = Text(exact(day.counted_ms)) if day.counted_ms else Text("—", SECOND)
    return when, counted, " ".join(day.ranges), Text(", ").join(inline(name) for name in day.why)
