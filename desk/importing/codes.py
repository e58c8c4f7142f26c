"""Identifiers for what a log calls by a name of its own."""

import re

CODE_CHARACTERS_MAX = 64
NOT_IN_A_CODE = re.compile(r"[^A-Za-z0-9._-]+")
UNNAMED = "x"


class Codes:
    """Gives each text a code that is like it and that no other text has."""

    def __init__(self, characters_max: int = CODE_CHARACTERS_MAX, prefix: str = "") -> None:
        self._most = characters_max
        self._prefix = prefix
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def of(self, text: str) -> str:
        """Return the code of a text, always the same."""
        code = self._given.get(text)
        if code is None:
            code = self._given[text] = self.another(text)
        return code

    def another(self, text: str) -> str:
        """Return a code like `text` that was never given before."""
        like = NOT_IN_A_CODE.sub("-", text).strip("-._") or UNNAMED
        number = self._last.get(like, 0) + 1
        while (code := self._fitting(like, number)) in self._taken:
            number += 1
        self._last[like] = number
        self._taken.add(code)
        return code

    def _fitting(self, like: str, number: int) -> str:
        ending = f".{number}" if number > 1 else ""
        return f"{self._prefix}{like[: self._most - len(self._prefix) - len(ending)]}{ending}"
