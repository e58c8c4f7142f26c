"""A data folder belongs to one process at a time."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.errors import FolderTakenError, FolderUnusableError
from runtime.lock import DataFolder, holder

HOLDER = """
import sys, time
from pathlib import Path
from runtime.lock import DataFolder
with DataFolder(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_folder_that_does_not_exist_is_made_and_held(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data"

    with DataFolder(path):
        assert holder(path) == os.getpid()

    assert holder(path) is None


def test_a_taken_folder_is_refused_with_the_pid_that_holds_it(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        said = re.escape(f"The folder {tmp_path} is in use by process {other.pid}.")
        with pytest.raises(FolderTakenError, match=said):
            DataFolder(tmp_path).hold()
    finally:
        other.kill()
        other.wait()
        if other.stdout:
            other.stdout.close()

    with DataFolder(tmp_path):
        assert holder(tmp_path) == os.getpid()


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("")

    with pytest.raises(FolderUnusableError, match=f"{path} is a file"):
        DataFolder(path).hold()


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("")

    with pytest.raises(FolderUnusableError, match="cannot be made"):
        DataFolder(tmp_path / "file" / "data").hold()


def test_a_look_at_who_holds_the_folder_takes_it_from_nobody(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        for _ in range(3):
            holder(tmp_path)
        assert folder.is_held
        with pytest.raises(FolderTakenError):
            DataFolder(tmp_path).hold()
