"""Sums of working time as somebody asks for them: what was counted, day by day, and why."""

from dataclasses import dataclass
from datetime import datetime

from domain.calendar import CalendarError, Span, WorkingCalendar
from domain.calendar_forms import instant_in
from domain.days import to_ms
from domain.duration_text import DurationTextError, parse_duration, written_duration
from domain.durations import Basis, Duration, budget_of, due_at, spans_of
from domain.errors import InvalidRequestError
from domain.model import written


@dataclass(frozen=True, slots=True)
class Sum:
    """What was counted between two instants. `budget_ms` is what was to be counted, if anything."""

    calendar: WorkingCalendar
    from_at: datetime
    to_at: datetime
    basis: Basis
    spans: tuple[Span, ...]
    duration: Duration | None = None
    budget_ms: int | None = None

    @property
    def counted_ms(self) -> int:
        """Return the sum of the spans."""
        return sum(span.counted_ms for span in self.spans)

    @property
    def provisional(self) -> bool:
        """Return whether the sum hangs on days that are not yet published."""
        return self.basis is Basis.OPEN and self.calendar.needs_beyond(self.to_at)

    @property
    def plain(self) -> dict[str, object]:
        """Return the sum as plain fields."""
        calendar, duration = self.calendar, self.duration
        asked = {} if duration is None else {"duration": written_duration(duration)}
        return {
            "calendar": calendar.id,
            "calendar_hash": calendar.hash,
            "time_zone": calendar.time_zone,
            "tzdata": calendar.tzdata,
            "valid_until": calendar.valid_until,
            **asked,
            "basis": self.basis,
            "from_at": written(self.from_at),
            "to_at": written(self.to_at),
            "provisional": self.provisional,
            "budget_ms": self.budget_ms,
            "counted_ms": self.counted_ms,
            "all_ms": to_ms(self.to_at) - to_ms(self.from_at),
            "adds_up": self.budget_ms in (None, self.counted_ms),
            "spans": [span.model_dump(mode="json") for span in self.spans],
        }


def added(calendar: WorkingCalendar, start: str, duration: str) -> Sum:
    """Return when a length of time that begins at `start` is over. Raises InvalidRequestError."""
    try:
        length = parse_duration(duration)
    except DurationTextError as error:
        raise InvalidRequestError(str(error), field="duration", value=duration) from error
    try:
        from_at = instant_in(calendar, start)
        budget = budget_of(length, calendar, from_at)
        to_at = due_at(budget.basis, calendar, from_at, budget.ms)
        spans = spans_of(budget.basis, calendar, from_at, to_at)
    except CalendarError as error:
        raise InvalidRequestError(str(error), field="start", value=start) from error
    return Sum(calendar, from_at, to_at, budget.basis, spans, length, budget.ms)


def elapsed(calendar: WorkingCalendar, from_: str, to: str) -> Sum:
    """Return the opening hours between two instants. Raises InvalidRequestError."""
    try:
        from_at, to_at = instant_in(calendar, from_), instant_in(calendar, to)
        spans = spans_of(Basis.OPEN, calendar, from_at, to_at)
    except CalendarError as error:
        raise InvalidRequestError(str(error), field="from, to", value=f"{from_}, {to}") from error
    return Sum(calendar, from_at, to_at, Basis.OPEN, spans)
