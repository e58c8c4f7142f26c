"""What the face says, in Chinese or English: texts are data, logic knows their names only."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from starlette.requests import HTTPConnection

Language = Literal["zh", "en"]
DEFAULT: Final[Language] = "en"
ACCEPTED_CHARACTERS_MAX: Final = 200
LANGUAGE_COOKIE: Final = "closeout-language"
"""What somebody chose in the console holds for all that this browser is told."""


def said(name: str, language: Language) -> str:
    """Return a text by its name. A name without a text is itself the text."""
    return _texts().get(name, {}).get(language, name)


def language_of(connection: HTTPConnection) -> Language:
    """Return the language that the caller chose, or would rather read, by Accept-Language."""
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("zh", "en"):
        return "zh" if chosen == "zh" else "en"
    wanted = connection.headers.get("accept-language", "")[:ACCEPTED_CHARACTERS_MAX]
    best: Language = DEFAULT
    weight = 0.0
    for each in wanted.split(","):
        tag, _, parameters = each.strip().lower().partition(";")
        language = tag.partition("-")[0]
        quality = _quality(parameters)
        if language in ("zh", "en") and quality > weight:
            best = "zh" if language == "zh" else "en"
            weight = quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    data = tomllib.loads(files("face").joinpath("words.toml").read_text(encoding="utf-8"))
    return {
        f"{family}.{name}": text for family, texts in data.items() for name, text in texts.items()
    }
