"""What serves looks seldom for cycles, and still finds them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import gc, weakref
from runtime.collecting import YOUNG_OBJECTS_MAX, look_seldom_for_cycles

class Knot:
    pass

look_seldom_for_cycles()
knot = Knot()
knot.itself = knot
gone = weakref.ref(knot)
del knot
kept = [[number] for number in range(YOUNG_OBJECTS_MAX // 2)]
early = gone() is not None
kept += [[number] for number in range(YOUNG_OBJECTS_MAX)]
print(gc.get_freeze_count() > 1000, early, gone() is None)
"""


def test_cycles_are_looked_for_seldom_and_found() -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["True", "True", "True"]
