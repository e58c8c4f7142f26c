"""The domain is given everything: no clock, no chance, no door to the outside."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "array",
    "base64",
    "binascii",
    "bisect",
    "collections",
    "contextlib",
    "dataclasses",
    "datetime",
    "difflib",
    "domain",
    "enum",
    "functools",
    "graphlib",
    "hashlib",
    "importlib",  # days.py: the zone files of the tzdata package, whose version calendars name
    "itertools",
    "json",
    "math",
    "pydantic",
    "pydantic_core",  # the half of pydantic that names its schemas
    "re",
    "rfc8785",
    "types",
    "typing",
    "unicodedata",  # likeness.py: one width and one case; decides no fact
    "zoneinfo",
}
FORBIDDEN_CALLS = {"now", "today", "utcnow", "time", "monotonic", "uuid4", "uuid1", "urandom"}
MODULES = sorted((ROOT / "domain").rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_domain_imports_nothing_that_could_tell_it_the_time_or_a_chance(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    called = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert imported - ALLOWED - {"__future__"} == set()
    assert called & FORBIDDEN_CALLS == set()
