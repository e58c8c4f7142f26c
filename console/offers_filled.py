"""A form that somebody has filled in: the command that it means, and what is wrong where."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from pydantic import BaseModel, ValidationError

from console.offers_fields import MODELS, Entry, Field, Input, entries_of, fields_of
from domain.calendar import CalendarError, WorkingCalendar
from domain.calendar_forms import INSTANT_FORMS, instant_in
from domain.commands import Command
from domain.errors import IssueError

Values = Mapping[str, tuple[str, ...]]
"""What was filled in, by the path of each field."""

TYPED_CHARACTERS_MAX: Final = 8_000
"""Of one field: twice what the longest text may have, so that it is given back whole."""

TOP: Final = ""
"""Where a mistake stands that is of no field."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What somebody filled in, and the English text of each mistake by the path that it is of."""

    values: Values = field(default_factory=dict)
    mistakes: Mapping[str, str] = field(default_factory=dict)

    def with_refusal(self, kind: str, refusal: IssueError) -> "Filled":
        """Return it with a refusal at its field, or above the form."""
        path = place_of(kind, refusal.field)
        return Filled(self.values, {**self.mistakes, path: refusal.message})


def typed(kind: str, form: Sequence[tuple[str, str]]) -> Values:
    """Return what a form has for the fields of a command, cut where it is beyond all bounds."""
    known = {each.path for each in fields_of(entries_of(kind))}
    found: dict[str, tuple[str, ...]] = {}
    for path, text in form:
        if path in known:
            found[path] = (*found.get(path, ()), text[:TYPED_CHARACTERS_MAX])
    return found


def command_of(
    kind: str, values: Values, calendar: WorkingCalendar
) -> tuple[Command | None, Filled]:
    """Return the command that a form means, None if it means none; and the form with its mistakes.
    Moments without an offset are the zone's own."""
    mistakes: dict[str, str] = {}
    data = _data(entries_of(kind), values, calendar, mistakes)
    if mistakes:
        return None, Filled(values, mistakes)
    model: type[BaseModel] = MODELS[kind]
    try:
        # The models of a kind are those of the union: what is validated is one of it.
        return cast("Command", model.model_validate(data)), Filled(values)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            place = _path_of(kind, [str(part) for part in each["loc"]])
            mistakes.setdefault(place, sentence(each["msg"]))
        return None, Filled(values, mistakes)


def moment_of(text: str, calendar: WorkingCalendar) -> str | None:
    """Return an instant as a command takes it; None if the text names none."""
    try:
        return instant_in(calendar, text).isoformat()
    except CalendarError:
        return None


def place_of(kind: str, named: str | None) -> str:
    """Return the path of the field that a refusal names, or the top."""
    if named is None:
        return TOP
    last = "" if named.startswith("actor") else named.rpartition(".")[2]
    tried: tuple[Callable[[Field], bool], ...] = (
        lambda each: each.path == named,
        lambda each: named in (each.place, _many(each.place)),
        lambda each: each.name == last,
    )
    for fits in tried:
        for each in fields_of(entries_of(kind)):
            if fits(each):
                return each.path
    return TOP


def _many(place: str) -> str:
    """A part that is added alone is told of as those of a whole team are."""
    return place.replace("part.", "parts.", 1) if place.startswith("part.") else place


def _data(
    entries: Sequence[Entry],
    values: Values,
    calendar: WorkingCalendar,
    mistakes: dict[str, str],
) -> dict[str, object]:
    """Return what was filled in as the model takes it; what was left empty is left out."""
    found: dict[str, object] = {}
    for entry in entries:
        if isinstance(entry, Field):
            value = value_in(entry, values, calendar, mistakes)
            if value is not None:
                found[entry.name] = value
            continue
        rows = [
            _data(row, values, calendar, mistakes) for row in entry.rows if is_said(row, values)
        ]
        if entry.is_list and rows:
            found[entry.name] = rows
        elif rows:
            found[entry.name] = rows[0]
        elif entry.required and not entry.is_list:
            found[entry.name] = {}
    return found


def is_said(row: Sequence[Entry], values: Values) -> bool:
    """Whether anybody wrote or chose anything in a row: a tick by itself says nothing."""
    return any(
        text.strip()
        for each in fields_of(tuple(row))
        if each.input is not Input.CHECK
        for text in values.get(each.path, ())
    )


def value_in(
    entry: Field, values: Values, calendar: WorkingCalendar, mistakes: dict[str, str]
) -> object:
    """Return what was filled in as a model takes it, None if nothing was."""
    given = [text.strip() for text in values.get(entry.path, ()) if text.strip()]
    if entry.input is Input.CHECK:
        return bool(given)
    if not given:
        return None
    if entry.many:
        return given if len(given) > 1 else given[0].replace(",", " ").split()
    if entry.input is Input.MOMENT:
        at = moment_of(given[0], calendar)
        if at is None:
            mistakes[entry.path] = f"Allowed: {INSTANT_FORMS}."
        return at
    return given[0]


def _path_of(kind: str, place: Sequence[str]) -> str:
    """Return the path of the field that a validation names: the longest that leads to it; of a
    block its first field."""
    entries = entries_of(kind)
    paths = [each.path for each in fields_of(entries)]
    for length in range(len(place), 0, -1):
        path = ".".join(place[:length])
        if path in paths:
            return path
        first = next((each for each in paths if each.startswith(f"{path}.")), None)
        if first is not None:
            return first
    return TOP


def sentence(message: str) -> str:
    """Return what a validation says as a sentence."""
    text = message.removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."
