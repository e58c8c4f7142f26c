"""The package businesstimedelta as a process of its own, in an environment made from its lock."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from benchmarks.beside import python

PROGRAM = Path(__file__).parent / "business_program.py"


class Business:
    """Answers as businesstimedelta does, and says what that cost it."""

    def __init__(self, sent: IO[str], heard: IO[str], told: dict[str, Any]) -> None:
        self._sent = sent
        self._heard = heard
        self._say(told)

    def answers(self, op: str, name: str) -> list[int]:
        """Return its answers to a group of cases: in minutes since 1970, or minutes worked."""
        self._say({"op": op, "name": name})
        return [int(minute) for minute in json.loads(self._heard.readline())]

    def seconds_each(self, op: str, name: str, seconds_min: float) -> float:
        """Return CPU seconds of its process for each case of a group."""
        self._say({"op": op, "name": name, "seconds_min": seconds_min})
        return float(json.loads(self._heard.readline()))

    def _say(self, plain: dict[str, Any]) -> None:
        self._sent.write(json.dumps(plain) + "\n")
        self._sent.flush()


@contextmanager
def standing(told: dict[str, Any]) -> Iterator[Business]:
    """Run the package's process, told its rules and cases, until the end of the block."""
    child = subprocess.Popen(
        [python(), PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            yield Business(child.stdin, child.stdout, told)
        finally:
            child.kill()
