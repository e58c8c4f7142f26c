"""How deep the deep suites go: in full with CLOSEOUT_DEEP=1 (`make deep`), else with a tenth."""

import os

IN_FULL = os.environ.get("CLOSEOUT_DEEP") == "1"
SHARE = 10
COUNTS: dict[str, tuple[int, int]] = {}
FOUND: list[str] = []
"""What deep suites came to, for the last lines."""


def deep(what: str, in_full: int, share: int = SHARE) -> int:
    """Return how many of `what` to go through, and remember both figures for the last lines.

    Outside the deep suites it is one of `share`.
    """
    count = in_full if IN_FULL else max(1, in_full // share)
    COUNTS[what] = (count, in_full)
    return count
