"""A stranger's machine: an empty folder, the verifier, Python and `cryptography`; nothing else."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

VERIFIER = Path(__file__).parents[1] / "audit/verifier/closeout_verify_evidence.py"
NEEDED = ("cryptography", "cffi", "_cffi_backend")
AT_ONCE = 100
ALONE = """
import importlib.util, runpy, sys
only, verifier, *arguments = sys.argv[1:]
sys.path.append(only)
for name in ("domain", "audit", "pydantic", "rfc8785", "temporalio", "asyncpg"):
    assert importlib.util.find_spec(name) is None, f"{name} can be imported here"
def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.system", "sqlite3.")):
        raise SystemExit(f"the verifier tried {event}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise SystemExit(f"the verifier writes {arguments[0]}")
sys.addaudithook(watch)
sys.argv = [verifier, *arguments]
runpy.run_path(verifier, run_name="__main__")
"""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Whoever gets files, and was told the log's key by somebody else."""

    folder: Path

    def runs(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the verifier: no packages of this environment but `cryptography`, no variables."""
        only, verifier = self.folder / "only", self.folder / VERIFIER.name
        return subprocess.run(
            [sys.executable, "-I", "-S", "-c", ALONE, str(only), str(verifier), *arguments],
            cwd=self.folder,
            env={},
            capture_output=True,
            check=False,
            encoding="utf-8",
        )

    def judges(self, files: Sequence[str | bytes], vkey: str) -> list[str]:
        """Return the verdict on each file: its line, without its name."""
        said: list[str] = []
        for start in range(0, len(files), AT_ONCE):
            names = []
            for number, content in enumerate(files[start : start + AT_ONCE]):
                names.append(f"{number}.json")
                plain = content if isinstance(content, bytes) else content.encode()
                (self.folder / names[-1]).write_bytes(plain)
            done = self.runs(*names, "--key", vkey)
            assert done.returncode in {0, 1}, done.stderr
            lines = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
            assert done.stderr == ""
            assert (done.returncode == 0) is all(line.startswith("accepted") for line in lines)
            for name, line in zip(names, lines, strict=True):
                verdict, told, why = line.partition(f": {name}: ")
                assert told, line
                said.append(f"{verdict}: {why}")
        return said


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """A stranger's machine."""
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "only").mkdir()
    for name in NEEDED:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            found = origin.parent if spec.submodule_search_locations else origin
            (folder / "only" / found.name).symlink_to(found)
    (folder / VERIFIER.name).write_bytes(VERIFIER.read_bytes())
    return Stranger(folder)
