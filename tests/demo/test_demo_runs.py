"""The main job, as a newcomer runs it: `closeout demo` on a folder of its own."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from deep import A_TENTH, IN_CHECK, IN_FULL

README = Path(__file__).parents[2] / "README.md"
PROOFS = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("✓ ")]
"""What the README says that the demo ends with."""

TIMES = 2 if A_TENTH or IN_FULL else 1
"""Each time takes a core for ten seconds, and `make test` has eight minutes for everything."""


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "demo", "--data-dir", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)


@pytest.fixture
def folder():
    made = Path(tempfile.mkdtemp(prefix="closeout-demo-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@IN_CHECK
@pytest.mark.timeout(360)
def test_the_demo_plays_everything_to_its_end_and_can_be_played_again(folder: Path):
    assert len(PROOFS) == 7
    for _ in range(TIMES):
        run = demo(folder)

        assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
        told = " ".join(run.stdout.split())
        assert [proof for proof in PROOFS if not re.search(as_told(proof), told)] == []


def as_told(proof: str) -> str:
    """Return the pattern of a line: how many facts there are varies a little, and the folder."""
    pattern = re.escape(proof).replace("…", r"\S*")
    return re.sub(r"\d+(?=\\ facts)", r"\\d+", pattern)


@IN_CHECK
def test_the_demo_removes_nothing_that_it_did_not_make(folder: Path):
    precious = folder / "demo" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("mine")

    run = demo(folder)

    assert run.returncode == 1
    assert "did not make" in run.stdout + run.stderr
    assert precious.read_text() == "mine"
