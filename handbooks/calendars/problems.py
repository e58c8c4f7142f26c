"""What is wrong with a file of calendars: where, against which rule, and what would show it."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from handbooks.operator_files import FileReadError

VERSION_RULE = "R2.2"
"""What a calendar version is made of, and that unpublished days are never guessed."""
ZONE_RULE = "R2.4"

TAGS = {"closed", "open", "make_up"}
"""What pydantic puts into a place to say which kind of override it tried."""
PLAIN = {
    "extra_forbidden": "there is no such field",
    "missing": "this field is missing",
    "union_tag_invalid": "there is no such kind of override",
    "union_tag_not_found": "an override needs its kind",
}
"""What pydantic says otherwise in its own words, by the kind of its error."""


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One broken rule. `key` is a field, a line or None for the file as a whole."""

    file: str
    key: str | None
    rule: str
    message: str
    counter_example: str | None = None
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return everything on one line."""
        place = self.file if self.key is None else f"{self.file}: {self.key}"
        shows = self.counter_example
        example = f" {shows[0].upper()}{shows[1:]}." if shows else ""
        choice = f" Allowed: {', '.join(self.allowed)}." if self.allowed else ""
        return f"{place}: {self.message} ({self.rule}).{example}{choice}"


class CalendarFileError(ValueError):
    """No calendar can be made of the files; every broken rule is in `problems`."""

    def __init__(self, *problems: FileProblem) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))

    @property
    def first(self) -> FileProblem:
        """The first of the problems, in the order of the file."""
        return self.problems[0]


def unread(file: str, error: FileReadError) -> CalendarFileError:
    """Return why a file could not be read, as a broken rule of the file."""
    line = None if error.line is None else f"line {error.line}"
    return CalendarFileError(FileProblem(file, line, VERSION_RULE, str(error)))


def closest(value: object, allowed: Iterable[str]) -> tuple[str, ...]:
    """Return the few allowed words that look most like `value`."""
    return tuple(difflib.get_close_matches(str(value), list(allowed), n=3, cutoff=0.4))


def form_problems(
    error: ValidationError, file: str, fields: Mapping[str, Iterable[str]]
) -> list[FileProblem]:
    """Return what pydantic found, in the words of the file.

    `fields` has the allowed fields by the place that holds them: "" is the file itself.
    """
    found = []
    for each in error.errors(include_url=False):
        place = tuple(part for part in each["loc"] if part not in TAGS)
        # What a calendar is asked as a whole is the order of its first and last day.
        whole = "valid_until" if each["type"] == "value_error" else None
        found.append(
            FileProblem(
                file,
                written_place(place) or whole,
                VERSION_RULE,
                _message(each["type"], each["msg"], each["input"]),
                allowed=_allowed(each["type"], each.get("ctx") or {}, place, fields),
            )
        )
    return found


def written_place(place: Iterable[int | str]) -> str:
    """Return a place inside a file as it is written: `overrides.2.works_as`, counted from 0."""
    return ".".join(map(str, place))


def _message(kind: str, text: str, given: object) -> str:
    said = PLAIN.get(kind, text.removeprefix("Value error, ").rstrip("."))
    if isinstance(given, dict | list | tuple) or given is None:
        return said
    return f"{str(given)[:60]!r}: {said}"


def _allowed(
    kind: str,
    context: Mapping[str, Any],
    place: tuple[int | str, ...],
    fields: Mapping[str, Iterable[str]],
) -> tuple[str, ...]:
    if kind == "extra_forbidden":
        return tuple(fields.get(str(place[0]) if len(place) > 1 else "", ()))
    return tuple(
        str(text) for name, text in context.items() if name in {"expected", "expected_tags"}
    )
