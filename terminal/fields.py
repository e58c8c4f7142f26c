"""A command's fields, as the command line gives them: `key=text`, `key:=JSON`, or one object."""

import json
from collections.abc import Iterator, Sequence
from typing import get_args

from domain.commands import SignOffCommand, WorkCommand
from domain.commands_of_ladder import LadderCommand
from domain.commands_of_modes import ModeCommand
from domain.commands_of_time import TimeCommand
from domain.errors import InvalidRequestError
from domain.model import Frozen

FORMS = 'key=text, key:=JSON, outer.inner=text, or one JSON object such as \'{"reason": "…"}\''


def kinds() -> Iterator[tuple[str, type[Frozen]]]:
    """Yield what people may ask of an issue that is reported, and the model of each."""
    for family in (WorkCommand, LadderCommand, ModeCommand, TimeCommand, SignOffCommand):
        for command in get_args(family):
            yield command.model_fields["kind"].default, command


def read_kind(word: str) -> str:
    """Return the kind of command that the word names, with hyphens or underscores."""
    kind = word.replace("-", "_")
    known = [each for each, _ in kinds()]
    if kind not in known:
        raise InvalidRequestError(
            "There is no such command.",
            field="command",
            value=word,
            allowed=[each.replace("_", "-") for each in known],
        )
    return kind


def read_fields(words: Sequence[str]) -> dict[str, object]:
    """Return the fields that the words give; raises InvalidRequestError naming the word."""
    if len(words) == 1 and words[0].lstrip().startswith("{"):
        return _object(words[0])
    fields: dict[str, object] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.strip(":"):
            raise _unreadable("This gives no field.", word)
        if name.endswith(":"):
            _put(fields, name[:-1], _json(word, text), word)
        else:
            _put(fields, name, text, word)
    return fields


def _put(fields: dict[str, object], name: str, value: object, word: str) -> None:
    *outer, inner = name.split(".")
    for part in outer:
        below = fields.setdefault(part, {})
        if not isinstance(below, dict):
            raise _unreadable(f"{part} has a value already.", word)
        fields = below
    if inner in fields:
        raise _unreadable(f"{inner} is given twice.", word)
    fields[inner] = value


def _object(text: str) -> dict[str, object]:
    value = _json(text, text)
    if not isinstance(value, dict):
        raise _unreadable("This is no JSON object.", text)
    return value


def _json(word: str, text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError as error:
        raise _unreadable(f"This is no JSON: {error}.", word) from error
    return value


def _unreadable(message: str, word: str) -> InvalidRequestError:
    return InvalidRequestError(message, field="fields", value=word, allowed=FORMS)
