"""How late a fact was recorded (Q9): what took place long before the ledger heard of it."""

from domain.chain import Record
from domain.days import MINUTE_MS, to_ms
from domain.handbook import Handbook
from domain.people import Engine


def recorded_late_ms(record: Record, handbook: Handbook) -> int | None:
    """Return how long after it took place a fact was recorded, if longer than the handbook lets
    pass unflagged; else None.

    Order and limits go by `at` all the same. What the engine recorded is never late: a submission
    gives its `occurred_at` to every event that it causes, also to the rungs that time fired before
    the act was judged.
    """
    if record.occurred_at is None or handbook.late_record_minutes is None:
        return None
    late_ms = to_ms(record.at) - to_ms(record.occurred_at)
    if late_ms <= handbook.late_record_minutes * MINUTE_MS:
        return None
    return None if isinstance(record.event.by, Engine) else late_ms
