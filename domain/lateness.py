"""How late a fact was recorded (Q9): what took place long before the ledger heard of it."""

from collections.abc import Iterable, Iterator

from domain.chain import Record
from domain.days import MINUTE_MS, to_ms
from domain.events import Event, IssueReported
from domain.events_of_import import IssueImported
from domain.events_of_modes import EmergencyDeclared, EmergencyEnded, GreenChannelOpened
from domain.events_of_time import IssueReclassified
from domain.handbook import Handbook
from domain.people import Engine
from domain.phases import Priority


def recorded_late_ms(record: Record, handbook: Handbook, *, emergency: bool = False) -> int | None:
    """Return how long after it took place a fact was recorded, if longer than the handbook lets
    pass unflagged; else None. In an `emergency` its rule says how long, if it does.

    Order and limits go by `at` all the same. What the engine recorded is never late: a submission
    gives its `occurred_at` to every event that it causes, also to the rungs that time fired before
    the act was judged.
    """
    minutes = _unflagged_minutes(handbook, emergency=emergency)
    if record.occurred_at is None or minutes is None:
        return None
    late_ms = to_ms(record.at) - to_ms(record.occurred_at)
    if late_ms <= minutes * MINUTE_MS:
        return None
    return None if isinstance(record.event.by, Engine) else late_ms


def emergencies(records: Iterable[Record]) -> Iterator[bool]:
    """Yield for each event of one stream, told from its beginning, whether the issue was an
    emergency: before the event or by it."""
    priority: Priority | None = None
    for record in records:
        before, priority = priority, _priority_after(priority, record.event)
        yield Priority.EMERGENCY in (before, priority)


def _unflagged_minutes(handbook: Handbook, *, emergency: bool) -> int | None:
    rule = handbook.emergency
    if emergency and rule is not None and rule.late_record_minutes is not None:
        return rule.late_record_minutes
    return handbook.late_record_minutes


def _priority_after(priority: Priority | None, event: Event) -> Priority | None:
    match event:
        case IssueReported() | IssueImported():
            return event.priority
        case EmergencyDeclared():
            return Priority.EMERGENCY
        case IssueReclassified() | GreenChannelOpened() | EmergencyEnded():
            return event.to_priority
        case _:
            return priority
