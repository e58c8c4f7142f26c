"""Another handbook of the same shape: every id and name another, or every number another."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import StringConstraints

from domain.calendar import WorkingCalendar
from domain.durations import NaturalDays, OpenHours, Wall, WorkingDays
from domain.handbook import Handbook
from domain.matters.register.words import Of
from domain.model import ClockId, Code, Frozen, Name
from domain.terms import Terms

F = TypeVar("F", bound=Frozen)
ENGINES_OWN = {
    ("Condition", "events"),
    ("NoticeRule", "on"),
    ("Delegation", "commands"),
    ("JudgeSuggestion", "method"),
}
"""Codes that no handbook chooses: the engine's words for what happens and what is asked."""
STRUCTURE = {"level", "tier", "tiers", "weekdays"}
"""Numbers that name something: the place of a tier in the chain, a day of the week."""
DENOMINATORS = {each.value for each in Of}
"""What a rate may be of, beside a field that the handbook names."""
PERCENT = 100
PATTERNS = {
    each.pattern
    for kind in (Code, ClockId)
    for each in get_args(kind)
    if isinstance(each, StringConstraints)
}


def is_engines_own(where: tuple[str, str], value: str) -> bool:
    """Return whether a code in a field of a form is one that no handbook chooses."""
    return where in ENGINES_OWN or (where == ("RateRule", "of") and value in DENOMINATORS)


class Renaming:
    """A bijection between ids, and the way back through any text that holds them.

    New ids stand in the order of the old ones, or `reversed` in the opposite one.
    """

    def __init__(self, *, reverse: bool = False) -> None:
        self._mark, self._turn = ("z", 0xFF) if reverse else ("q", 0)
        self._token_of = re.compile(self._mark + "((?:[0-9a-f]{2})+)")

    def id(self, old: str) -> str:
        """Return the new id. What is put together with dots, the parts of it are renamed."""
        return ".".join(part if part.isdigit() else self._token(part) for part in old.split("."))

    def _token(self, old: str) -> str:
        return self._mark + bytes(each ^ self._turn for each in old.encode()).hex()

    def name(self, old: Name) -> Name:
        return Name(zh=f"名{self._token(old.zh)}", en=f"name {self._token(old.en)}")

    def back(self, text: str) -> str:
        """Return `text` with every new id in it replaced by the old one."""
        return self._token_of.sub(self._old, text)

    def _old(self, found: re.Match[str]) -> str:
        return bytes(each ^ self._turn for each in bytes.fromhex(found[1])).decode()

    def of(self, value: F) -> F:
        """Return a value of the domain with every id in it renamed."""
        return _mapped(value, self._leaf)

    def terms(self, terms: Terms) -> Terms:
        """Return a zone's terms renamed, the ids of the calendars as well."""
        return Terms(
            handbook=self.of(terms.handbook),
            calendar=self._calendar(terms.calendar),
            calendars=tuple(map(self._calendar, terms.calendars)),
        )

    def _calendar(self, calendar: WorkingCalendar) -> WorkingCalendar:
        return calendar.model_copy(update={"id": self.id(calendar.id)})

    def _leaf(self, where: tuple[str, str], value: object, *, is_id: bool) -> object:
        if isinstance(value, Name):
            return self.name(value)
        if is_id and isinstance(value, str) and not is_engines_own(where, value):
            return self.id(value)
        return value


Leaf = Callable[..., object]


def _mapped(value: F, leaf: Leaf) -> F:
    """Return a copy of `value`, made anew and judged anew, with every leaf of it mapped."""
    kind = type(value)
    fields = {
        name: _of_field(getattr(value, name), (kind.__name__, name), ids, leaf)
        for name, ids in _fields(kind).items()
        if name in value.model_fields_set
    }
    return kind.model_validate(fields)


def _of_field(
    value: object, where: tuple[str, str], is_id: bool, leaf: Leaf
) -> object:  # what the field holds
    if isinstance(value, tuple):
        return tuple(_of_field(each, where, is_id, leaf) for each in value)
    if isinstance(value, Frozen) and not isinstance(value, Name):
        return _mapped(value, leaf)
    return value if isinstance(value, StrEnum) else leaf(where, value, is_id=is_id)


@lru_cache
def _fields(kind: type[Frozen]) -> dict[str, bool]:
    """Return the fields of a model, and of each whether it holds ids."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: _holds_ids(hints[name]) for name in kind.model_fields}


def _holds_ids(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        base, *rules = get_args(hint)
        patterns = {each.pattern for each in rules if isinstance(each, StringConstraints)}
        return bool(patterns & PATTERNS) or _holds_ids(base)
    return any(_holds_ids(each) for each in get_args(hint))


def ids_in(value: Frozen) -> Iterator[str]:
    """Yield every id that a handbook chooses for itself."""
    found: list[str] = []

    def leaf(where: tuple[str, str], held: object, *, is_id: bool) -> object:
        if is_id and isinstance(held, str) and not is_engines_own(where, held):
            found.append(held)
        return held

    _mapped(value, leaf)
    yield from dict.fromkeys(found)


def with_other_numbers(handbook: Handbook) -> Handbook:
    """Return the handbook with every number, length, day and hour another, but for STRUCTURE."""
    return _mapped(handbook, _other_number)


def _other_number(where: tuple[str, str], value: object, *, is_id: bool) -> object:
    form, field = where
    if isinstance(value, bool) or is_id:
        return value
    if isinstance(value, date):
        return value + timedelta(days=1)
    if isinstance(value, str) and form == "Shift" and field in ("begins", "ends"):
        hour, minute = divmod((int(value[:2]) * 60 + int(value[3:]) + 45) % 1440, 60)
        return f"{hour:02}:{minute:02}"
    if not isinstance(value, int) or field in STRUCTURE:
        return value
    if "percent" in field:
        return value if value == PERCENT else value - 7
    if field in ("from_tier", "appeal_to_tier"):
        return 2 if value > 2 else value + 1  # another tier that there is
    return value * 2 + 5 if form in LENGTHS else value + 1


LENGTHS = {kind.__name__ for kind in (Wall, OpenHours)}
DAYS = {kind.__name__ for kind in (WorkingDays, NaturalDays)}


def numbers_of(handbook: Handbook) -> list[object]:
    """Return every number, day and hour of a handbook that is not STRUCTURE, in its order."""
    found: list[object] = []

    def leaf(where: tuple[str, str], value: object, *, is_id: bool) -> object:
        form, field = where
        hours = form == "Shift" and field in ("begins", "ends")
        counts = isinstance(value, int) and not isinstance(value, bool) and field not in STRUCTURE
        if (counts or hours or isinstance(value, date)) and not is_id and value != PERCENT:
            found.append(value)
        return value

    _mapped(handbook, leaf)
    return found
