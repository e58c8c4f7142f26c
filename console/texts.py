"""What the console says, in Chinese and English: texts are data, logic knows their names only."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from face.words import Language

FOLDER: Final = "words"


class UnknownTextError(LookupError):
    """A page asks for a text that is in no file of `console/words`."""


def said(name: str, language: Language, **values: object) -> str:
    """Return a text by its name, `family.name`, with its values put in. Raises UnknownTextError."""
    try:
        text = texts()[name][language]
    except KeyError as error:
        raise UnknownTextError(f"no text {name!r} in {language!r}") from error
    return text.format(**values) if values else text


def has(name: str) -> bool:
    """Return whether there is a text of this name."""
    return name in texts()


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Return every text of every file of `console/words`: by `family.name`, then by language."""
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted(files("console").joinpath(FOLDER).iterdir(), key=lambda each: each.name):
        for family, named in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for name, text in named.items():
                found[f"{family}.{name}"] = text
    return found
