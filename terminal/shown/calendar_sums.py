"""A sum of working time: from when to when, every day that counted or did not, and why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rich.console import Group, RenderableType
from rich.text import Text

from domain.calendar import WorkingCalendar
from domain.calendar_sums import Sum
from domain.days import to_ms
from domain.duration_text import written_duration
from domain.durations import Basis, NaturalDays
from terminal.shown.days import day_lines
from terminal.shown.frames import SECOND, Column, Sheet, facts, inline, kept
from terminal.shown.times import exact, local


def plain_sum(derived: Sum) -> dict[str, object]:
    """Return the sum as plain fields."""
    calendar = derived.calendar
    return derived.plain | {
        "local_from": _there(derived.from_at, calendar),
        "local_to": _there(derived.to_at, calendar),
    }


def shown_sum(derived: Sum) -> RenderableType:
    """Return the sum for people: facts, a line a day, the total."""
    zone = derived.calendar.time_zone
    sheet = Sheet((kept("Day"), kept("Counted", right=True), kept("From to"), Column("Why")))
    for line in day_lines(derived.spans, zone):
        sheet.add(*line)
    sheet.add("sum", Text(exact(derived.counted_ms), "bold"), "", _verdict(derived))
    return Group(
        facts(_facts(derived)),
        Text(""),
        sheet,
        Text(""),
        Text(f"times in {zone}, tzdata {derived.calendar.tzdata}", SECOND),
    )


def _facts(derived: Sum) -> Iterator[tuple[str, str | Text | None]]:
    calendar = derived.calendar
    named = inline(calendar.name).append(f"  {calendar.id} {calendar.hash[:12]}", SECOND)
    yield "calendar", named
    yield "from", _instant(derived.from_at, calendar.time_zone)
    if derived.duration is not None and derived.budget_ms is not None:
        counted = "opening hours" if derived.basis is Basis.OPEN else "all time"
        text = f"{written_duration(derived.duration)} = {exact(derived.budget_ms)} of {counted}"
        yield "length", text
    if isinstance(derived.duration, NaturalDays):
        first = derived.calendar.day_of(derived.from_at)
        first += timedelta(days=int(derived.duration.count_from == "next_day"))
        yield "days", f"{first} to {first + timedelta(days=derived.duration.days - 1)}"
    to = _instant(derived.to_at, calendar.time_zone)
    if derived.provisional:
        to.append(f"  provisional: the days are published to {calendar.valid_until}", "yellow")
    yield "due" if derived.duration is not None else "to", to


def _instant(at: datetime, zone: str) -> Text:
    text = Text(local(at, zone, seconds=True), "bold")
    return text.append(f"  {at.astimezone(UTC).isoformat(timespec='milliseconds')}", SECOND)


def _verdict(derived: Sum) -> Text:
    if derived.budget_ms is None:
        all_ms = to_ms(derived.to_at) - to_ms(derived.from_at)
        return Text(f"of {exact(all_ms)} in all", SECOND)
    if derived.budget_ms == derived.counted_ms:
        return Text("= length", "green")
    return Text(f"is not the length of {exact(derived.budget_ms)}", "red")


def _there(at: datetime, calendar: WorkingCalendar) -> str:
    return local(at, calendar.time_zone, seconds=True)
