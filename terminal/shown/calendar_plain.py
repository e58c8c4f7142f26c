"""Calendars and what they differ in, as plain data for machines."""

from domain.calendar import WorkingCalendar
from handbooks.calendars.comparison import Comparison, DayDifference
from handbooks.calendars.days import CalendarDay
from handbooks.calendars.imports import SourceCheck


def facts_plain(calendar: WorkingCalendar) -> dict[str, object]:
    """Return what a calendar is, without its days."""
    kinds = [each.kind for each in calendar.overrides]
    return {
        "id": calendar.id,
        "name": calendar.name,
        "hash": calendar.hash,
        "time_zone": calendar.time_zone,
        "tzdata": calendar.tzdata,
        "valid_from": calendar.valid_from,
        "valid_until": calendar.valid_until,
        "overrides": {kind: kinds.count(kind) for kind in ("closed", "open", "make_up")},
        "sources": calendar.sources,
    }


def day_plain(day: CalendarDay) -> dict[str, object]:
    """Return one day."""
    return {
        "on": day.on,
        "ranges": day.ranges,
        "kind": day.kind,
        "name": day.label,
        "provisional": day.provisional,
    }


def comparison_plain(found: Comparison) -> dict[str, object]:
    """Return everything in which two calendars differ."""
    return {
        "same": found.is_same,
        "first": {"id": found.first.id, "hash": found.first.hash},
        "second": {"id": found.second.id, "hash": found.second.hash},
        "compared": {"first_on": found.first_on, "last_on": found.last_on},
        "fields": [
            {"field": each.field, "first": each.first, "second": each.second}
            for each in found.fields
        ],
        "days": [
            {**_both(each), "hours_differ": each.hours_differ, "by_week": each.by_week}
            for each in found.days
        ],
    }


def check_plain(check: SourceCheck) -> dict[str, object]:
    """Return what two sources do not say alike."""
    return {
        "first": check.first,
        "second": check.second,
        "agrees": check.agrees,
        "by_hours": check.by_hours,
        "years_only_in_first": check.silent,
        "days": [_both(each) for each in check.days],
    }


def _both(day: DayDifference) -> dict[str, object]:
    return {
        "on": day.on,
        "first": {**day_plain(day.first), "says": day.first.says},
        "second": {**day_plain(day.second), "says": day.second.says},
    }
