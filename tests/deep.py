"""How deep the deep suites go: in full with CLOSEOUT_DEEP=1 (`make deep`), with a tenth with
CLOSEOUT_TENTH=1 (`make check`), else with an eightieth (`make test`)."""

import os

import pytest

IN_FULL = os.environ.get("CLOSEOUT_DEEP") == "1"
A_TENTH = os.environ.get("CLOSEOUT_TENTH") == "1"
IN_CHECK = pytest.mark.skipif(
    not (A_TENTH or IN_FULL), reason="a long one: in make check and make deep"
)
"""For tests that two cores have no room for within the eight minutes of `make test`."""
SHARE = 10
COUNTS: dict[str, tuple[int, int]] = {}
FOUND: list[str] = []
"""What deep suites came to, for the last lines."""


def deep(what: str, in_full: int, share: int = SHARE, light: int = 8) -> int:
    """Return how many of `what` to go through, and remember both figures for the last lines.

    `make check` goes through one of `share`, `make test` through one of `light` times as many.
    """
    parted = share if A_TENTH else share * light
    count = in_full if IN_FULL else max(1, in_full // parted)
    COUNTS[what] = (count, in_full)
    return count
