"""The environment of what stands beside us: made from its own lock, never the product's."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).parent
ENVIRONMENT = FOLDER / ".venv"
LOCK = FOLDER / "requirements.lock"


def python() -> Path:
    """Return the environment's Python; made anew whenever lock or interpreter are others."""
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / "made-from"
    wanted = f"{sys.version}\n{hashlib.sha256(LOCK.read_bytes()).hexdigest()}\n"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
        pip.append("--disable-pip-version-check")
        subprocess.run([*pip, "--require-hashes", "--no-deps", "-r", LOCK], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def pinned(package: str) -> str:
    """Return the version of a package that the lock names."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    found = next(line for line in lines if line.startswith(f"{package}=="))
    return found.split()[0].partition("==")[2]
