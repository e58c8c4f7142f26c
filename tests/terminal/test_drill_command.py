"""`closeout drill` and `restore` as an operator types them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from deep import IN_CHECK

CLI = Path(__file__).parents[2] / "cli.py"
FOREIGN = ("CLOSEOUT_", "TEMPORAL_", "PG")


def typed(*words: str) -> tuple[int, Any]:
    """Return the exit code of a command and what it says, without any setting of ours."""
    done = subprocess.run(
        [sys.executable, str(CLI), *words, "--json"],
        env={name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@IN_CHECK
def test_a_ledger_comes_back_beside_a_newer_temporal_and_nothing_is_lost_unnamed() -> None:
    code, told = typed("drill", "--issues", "8")
    assert (code, told["findings"]) == (0, [])
    assert (told["before"], told["after"]) == (16, 17)
    assert told["named"] > 0
    assert told["unnamed"] > 0
    assert told["rungs"] > told["issues"]
    assert told["rpo_s"] > 0
    assert sum(told["restore_s"].values()) <= told["rto_s"]
    print(f"\nRPO {told['rpo_s']} s, RTO {told['rto_s']} s on {told['cores']} cores")


@IN_CHECK
def test_a_ledger_comes_back_where_temporal_is_lost_too_and_says_so_itself() -> None:
    code, told = typed("drill", "--issues", "4", "--temporal-lost")
    assert (code, told["findings"]) == (0, [])
    assert (told["named"], told["unnamed"]) == (0, 0)


def test_a_folder_that_is_no_backup_touches_nothing(tmp_path: Path) -> None:
    tmp_path.joinpath("b").mkdir()
    code, told = typed("restore", str(tmp_path / "b"), "--into", str(tmp_path / "data"))
    assert code == 1
    assert "is no backup" in told["error"]["message"]
    assert not tmp_path.joinpath("data").exists()
