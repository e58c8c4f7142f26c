"""The outlet of a command's answer: JSON for machines, or text and tables for people."""

import json
import os
import sys
from collections.abc import Callable
from functools import cached_property

from pydantic_core import to_jsonable_python
from rich.console import Console, RenderableType

UNMEASURED_WIDTH = 120
"""Columns when nobody says how wide the paper is: a pipe or a file."""


class Output:
    """Prints answers to stdout and everything else to stderr."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    @cached_property
    def console(self) -> Console:
        """The console of the answer."""
        unmeasured = not sys.stdout.isatty() and "COLUMNS" not in os.environ
        return Console(
            highlight=False,
            markup=False,
            emoji=False,
            width=UNMEASURED_WIDTH if unmeasured else None,
        )

    @cached_property
    def aside(self) -> Console:
        """The console for what is not the answer: progress, problems."""
        return Console(stderr=True, highlight=False, markup=False, emoji=False)

    def answer(self, plain: object, shown: Callable[[], RenderableType]) -> None:
        """Print the answer in the form that was asked for."""
        if self.as_json:
            text = json.dumps(to_jsonable_python(plain), ensure_ascii=False, indent=2)
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        else:
            self.console.print(shown())
