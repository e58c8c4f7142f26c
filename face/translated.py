"""What a refusal says, in the caller's language: `refusals.toml` has the texts, `asides.toml` what
stands beside it: what would have been accepted, where something differs.

A text with fields is found by what stands between them, from left to right and never back: what a
message costs is linear in its length, whatever a caller has put into it.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from face.words import Language

MESSAGE_CHARACTERS_MAX: Final = 2_000
"""Longer ones stay English. The longest of ours lists what all commands are called."""
WITHIN_DEPTH_MAX: Final = 3
"""How often a text holds another one."""
REMEMBERED_MAX: Final = 1_024

SEVERAL: Final = ", "
ZH_SEVERAL: Final = "、"
_FIELD: Final = re.compile(r"\{(\d)\}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with fields. `literals` stand before, between and behind them."""

    literals: tuple[str, ...]
    chinese: str
    within: bool

    def fields(self, message: str) -> list[str] | None:
        """Return what the fields hold, each as short as can be; None if this is another text."""
        first, *between, last = self.literals
        end = len(message) - len(last)
        at = len(first)
        if end < at or not message.startswith(first) or not message.endswith(last):
            return None
        found = []
        for literal in between:
            # A field holds something: what follows it is looked for behind its first character.
            next_at = message.find(literal, at + 1, end)
            if next_at < 0:
                return None
            found.append(message[at:next_at])
            at = next_at + len(literal)
        found.append(message[at:end])
        return found if all(found) else None


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts: whole ones by themselves, those with fields by their first word, the most
    telling first. `endings` stand behind another text; the rest begin with a field."""

    whole: Mapping[str, str]
    endings: tuple[Pattern, ...]
    by_word: Mapping[str, tuple[Pattern, ...]]
    rest: tuple[Pattern, ...]


def in_language(message: str, language: Language) -> str:
    """Return a message in a language; in English where it has no other text."""
    if language == "en" or len(message) > MESSAGE_CHARACTERS_MAX:
        return message
    return _chinese(message) or message


def aside_in(text: str, language: Language) -> str:
    """Return what stands beside a refusal in a language: a text, or several with commas between;
    names and codes stand as they are."""
    if language == "en" or len(text) > MESSAGE_CHARACTERS_MAX:
        return text
    texts = aside_texts()
    parts = text.split(SEVERAL)
    told = [_told(each, 0, texts) for each in parts]
    if None in told and (whole := _told(text, 0, texts)) is not None:
        return whole
    if not any(told):
        return text
    return ZH_SEVERAL.join(one or other for one, other in zip(told, parts, strict=True))


@lru_cache(maxsize=REMEMBERED_MAX)
def _chinese(message: str) -> str | None:
    return _told(message, WITHIN_DEPTH_MAX, all_texts())


def _told(message: str, depth: int, texts: Texts) -> str | None:
    whole = texts.whole.get(message)
    if whole is not None:
        return whole
    word, _, _ = message.partition(" ")
    for pattern in (*texts.endings, *texts.by_word.get(word, ()), *texts.rest):
        fields = pattern.fields(message)
        if fields is not None and pattern.within:
            fields = _within(pattern, fields, depth)
        if fields is not None:
            return _filled(pattern.chinese, fields)
    return None


def _within(pattern: Pattern, fields: list[str], depth: int) -> list[str] | None:
    """Return the fields in Chinese where they are texts; None if a text was to begin here and
    there is none."""
    texts = all_texts()
    told = [_told(each, depth - 1, texts) if depth else None for each in fields]
    if told[0] is None and not pattern.literals[0]:
        return None
    return [one or other for one, other in zip(told, fields, strict=True)]


def _filled(template: str, fields: list[str]) -> str:
    return _FIELD.sub(lambda field: fields[int(field[1])], template)


@cache
def all_texts() -> Texts:
    """Return the texts of `refusals.toml`, made ready."""
    return _ready(rows())


@cache
def aside_texts() -> Texts:
    """Return the texts of `asides.toml`, made ready."""
    return _ready([{"en": en, "zh": zh} for en, zh in aside_rows().items()])


def _ready(texts: Iterable[Mapping[str, Any]]) -> Texts:
    whole: dict[str, str] = {}
    patterns: dict[str, list[Pattern]] = {}
    for row in texts:
        literals = tuple(_FIELD.split(row["en"])[::2])
        if len(literals) == 1:
            whole[row["en"]] = row["zh"]
            continue
        word, blank, _ = literals[0].partition(" ")
        pattern = Pattern(literals, row["zh"], row.get("within", False))
        patterns.setdefault(word if blank else "", []).append(pattern)
    ready = {word: tuple(sorted(each, key=_telling)) for word, each in patterns.items()}
    wordless = ready.pop("", ())
    endings = tuple(each for each in wordless if each.within and not each.literals[0])
    return Texts(whole, endings, ready, tuple(each for each in wordless if each not in endings))


def _telling(pattern: Pattern) -> int:
    return -sum(map(len, pattern.literals))


def rows() -> list[dict[str, Any]]:
    """Return the rows of `refusals.toml` as they are written."""
    data = tomllib.loads(files("face").joinpath("refusals.toml").read_text(encoding="utf-8"))
    texts: list[dict[str, Any]] = data["text"]
    return texts


def aside_rows() -> dict[str, str]:
    """Return the texts of `asides.toml` as they are written, by their English."""
    data = tomllib.loads(files("face").joinpath("asides.toml").read_text(encoding="utf-8"))
    texts: dict[str, str] = data["text"]
    return texts
