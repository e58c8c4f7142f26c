"""How pure computation is timed: by the CPU time of its process, whatever else the machine does."""

import time
from collections.abc import Callable


def seconds_each(one_pass: Callable[[], int], seconds_min: float) -> float:
    """Return CPU seconds for each of what `one_pass` does; it says how many that were.

    Passes are repeated until they have taken `seconds_min`.
    """
    done, began = 0, time.process_time()
    while True:
        done += one_pass()
        taken = time.process_time() - began
        if taken >= seconds_min:
            return taken / done
