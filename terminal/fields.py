"""A command's fields, as the command line gives them: `key=text`, `key:=JSON`, or one object."""

import json
from collections.abc import Iterator, Sequence
from typing import get_args

from domain.commands import SignOffCommand, WorkCommand
from domain.commands_of_callbacks import CallbackCommand
from domain.commands_of_exclusions import ExclusionCommand
from domain.commands_of_forms import FormCommand
from domain.commands_of_kin import KinCommand
from domain.commands_of_ladder import LadderCommand
from domain.commands_of_modes import ModeCommand
from domain.commands_of_rounds import RoundCommand
from domain.commands_of_team import TeamCommand
from domain.commands_of_time import TimeCommand
from domain.errors import InvalidRequestError
from domain.model import Frozen

FORMS = 'key=text, key:=JSON, outer.inner=text, or one JSON object such as \'{"reason": "…"}\''

DEPTH_MAX = 32
"""How far fields stand within one another; no command needs a quarter of it."""

FAMILIES = (
    WorkCommand,
    TeamCommand,
    LadderCommand,
    ModeCommand,
    TimeCommand,
    RoundCommand,
    SignOffCommand,
    KinCommand,
    FormCommand,
    CallbackCommand,
    ExclusionCommand,
)
"""What people may ask of an issue, in the order of the help."""


def kinds() -> Iterator[tuple[str, type[Frozen]]]:
    """Yield what people may ask of an issue that is reported, and the model of each."""
    for family in FAMILIES:
        for command in get_args(family) or (family,):
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
    *outer, inner = name.split(".", DEPTH_MAX)
    if "." in inner:
        raise _too_deep(word)
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
    except RecursionError as error:
        raise _too_deep(word) from error
    within = [value]
    for _ in range(DEPTH_MAX):
        within = [each for outer in within for each in _parts(outer)]
    if within:
        raise _too_deep(word)
    return value


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _too_deep(word: str) -> InvalidRequestError:
    return InvalidRequestError(
        "These fields stand too far within one another.",
        field="fields",
        value=word,
        allowed=f"fields at most {DEPTH_MAX} deep",
    )


def _unreadable(message: str, word: str) -> InvalidRequestError:
    return InvalidRequestError(message, field="fields", value=word, allowed=FORMS)
