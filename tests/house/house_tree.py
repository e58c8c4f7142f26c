"""The repository as its files: what is ours, and what a tool left there."""

import ast
import os
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HIDDEN_BUT_OURS = {".ci", ".gitignore"}
MADE_BY_TOOLS = {"__pycache__", "build", "dist", "htmlcov", "node_modules"}
BESIDE_THE_PROGRAM = {"tests", "benchmarks", "docs"}


def files(pattern: str = "*") -> Iterator[Path]:
    """Yield our files whose names fit `pattern`, as paths relative to the root, in order."""
    found = []
    for folder, below, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        below[:] = [name for name in below if _is_ours(name)]
        found += [here / name for name in names if _is_ours(name) and fnmatch(name, pattern)]
    return iter(sorted(found))


def text_of(path: Path) -> str | None:
    """Return a file's text, None if it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def project() -> dict[str, Any]:
    """Return what pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def top_level() -> set[str]:
    """Return the packages and modules of the program, as they stand in the tree."""
    tops = {path.parts[0] for path in files("*.py")}
    return tops - BESIDE_THE_PROGRAM


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and the length in lines of every function in a module."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def _is_ours(name: str) -> bool:
    return not (
        name in MADE_BY_TOOLS
        or name.endswith(".egg-info")
        or (name.startswith(".") and name not in HIDDEN_BUT_OURS)
    )
