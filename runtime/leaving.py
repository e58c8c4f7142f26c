"""How a process ends once it has used the Temporal SDK."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn


def leave_after(work: Callable[[], object]) -> NoReturn:
    """Do `work`, flush, and end the process at once with the exit code that `work` leaves.

    The SDK's threads may abort a Python that takes its time to shut down (its issue 300), and turn
    a success into exit code 134.
    """
    code: object = 0
    try:
        work()
    except SystemExit as ended:
        code = ended.code
    if "temporalio" not in sys.modules or not isinstance(code, int | None):
        sys.exit(code)  # type: ignore[arg-type]  # whatever SystemExit carried, it may carry again
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)
