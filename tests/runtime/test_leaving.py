"""A process that has used the Temporal SDK ends at once, with its own exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import atexit, sys
from runtime.leaving import leave_after
{before}
atexit.register(lambda: print("the long way"))
def work():
    print("done")
    {end}
leave_after(work)
"""


@pytest.mark.parametrize(
    ("before", "end", "code", "said"),
    [
        ("", "pass", 0, "done\nthe long way\n"),
        ("", "sys.exit(3)", 3, "done\nthe long way\n"),
        ("import temporalio", "pass", 0, "done\n"),
        ("import temporalio", "sys.exit(5)", 5, "done\n"),
        ("import temporalio", "sys.exit()", 0, "done\n"),
        ("import temporalio", "sys.exit('why')", 1, "done\nthe long way\n"),
    ],
)
def test_the_exit_code_is_the_works_own(before: str, end: str, code: int, said: str) -> None:
    program = PROGRAM.format(before=before, end=end)

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (code, said)
