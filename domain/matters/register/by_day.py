"""What was recorded of one local day: numerators and denominators per subject and day (002:137)."""

from collections.abc import Iterable, Sequence
from datetime import date

from domain.matters.acts import MatterHappened
from domain.matters.figures import Figure
from domain.matters.register.events import StatusSet, SubjectRemoved, ValuesRecorded
from domain.matters.register.figures import count_recorded
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register, Subject
from domain.matters.values import Values


def figures_of_day(
    rule: RegisterProcedure, register: Register, events: Iterable[MatterHappened], on: date
) -> tuple[Figure, ...]:
    """Return what the fields, and the rates of fields, come to for one day alone. `events` are
    those of the register's stream, up to the cut-off, and `register` what they come to."""
    values = _values_of(events, on)
    there = tuple(_on_that_day(each, values.get(each.id), on) for each in register.subjects)
    return count_recorded(rule, register.model_copy(update={"subjects": there}))


def days_recorded(events: Sequence[MatterHappened]) -> tuple[date, ...]:
    """Return the days that anything was recorded of, in order."""
    return tuple(
        sorted(
            {
                each.on
                for each in events
                if isinstance(each, StatusSet | ValuesRecorded) and each.values
            }
        )
    )


def _values_of(events: Iterable[MatterHappened], on: date) -> dict[str, Values]:
    values: dict[str, Values] = {}
    for event in events:
        if isinstance(event, SubjectRemoved):
            values.pop(event.subject, None)
        elif isinstance(event, StatusSet | ValuesRecorded) and event.on == on and event.values:
            values[event.subject] = event.values
    return values


def _on_that_day(subject: Subject, values: Values | None, on: date) -> Subject:
    if values is None:
        return subject.model_copy(update={"values": {}, "recorded_on": ()})
    return subject.model_copy(update={"values": values, "recorded_on": (on,)})
