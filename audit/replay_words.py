"""How a cross-check names things: where two values part, and what was found there."""

import json
from dataclasses import dataclass

from pydantic import JsonValue

SHOWN_CHARACTERS_MAX = 80
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that ledger and histories do not tell alike.

    `kind`: input, result (both have it, and say different things); missing (the ledger has it, no
    history does); surplus (a history has it, the ledger does not); delivery (a notice that only one
    of them calls told); foreign (of another issue); history, ledger (cannot be read).
    `about` is the id of the command or notice, if it has one; `field` the way into input or result.
    """

    kind: str
    stream: str
    about: str
    run_id: str | None
    event_id: int | None
    field: str
    message: str


def first_difference(left: JsonValue, right: JsonValue, path: str) -> tuple[str, str, str] | None:
    """Return where two JSON values part first, below `path`, and what each has there."""
    if isinstance(left, dict) and isinstance(right, dict):
        names = [*left, *(name for name in right if name not in left)]
        pairs = [(f"{path}.{n}", left.get(n, _ABSENT), right.get(n, _ABSENT)) for n in names]
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = [
            (f"{path}.{place}", one, other)
            for place, (one, other) in enumerate(zip(left, right, strict=True))
        ]
    elif type(left) is type(right) and left == right:
        return None
    else:
        return path, shown(left), shown(right)
    for name, one, other in pairs:
        found = first_difference(one, other, name)  # type: ignore[arg-type]  # or the absent one
        if found is not None:
            return found
    return None


def shown(value: object) -> str:
    """Return a value as a finding quotes it."""
    if value is _ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[: SHOWN_CHARACTERS_MAX - 1]}…"
