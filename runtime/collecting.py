"""How often a process that serves looks for cycles of objects that nothing else reaches."""

import gc

YOUNG_OBJECTS_MAX = 50_000
"""New objects before the youngest are looked through. A command makes some thousand, which leave by
their counts; Python begins with 700."""
SELDOM = 20
"""Of so many looks through the younger, one goes through the older too."""


def look_seldom_for_cycles() -> None:
    """Never again look through what is there by now, and less often through the rest.

    Whoever begins to serve calls it once. Cycles are still found, after more objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, SELDOM, SELDOM)
