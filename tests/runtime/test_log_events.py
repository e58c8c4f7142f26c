"""The words of the log: each a word, each in the list with its level, and none there but them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house_documents import read
from house_tree import ROOT

PACKAGES = (
    *("activities", "api", "audit", "console", "demo", "desk", "domain", "face", "handbooks"),
    *("ledger", "runtime", "terminal", "workflows"),
)
LEVELS = {"debug", "info", "warning", "error", "exception"}
WORD = re.compile(r"[a-z]+(_[a-z]+)*")
STREAMS = ("order", "matter")
"""What desks and guards of streams put into their words."""


def written() -> Iterator[tuple[str, str, str]]:
    """Yield every word that the program logs, with its level, and where."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    for file in [*files, ROOT / "worker.py", ROOT / "cli.py"]:
        text = file.read_text(encoding="utf-8")
        if "get_logger(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log"), attr=level), args=[said, *_]
                ) if level in LEVELS:
                    for word in words(said):
                        yield word, level, f"{file.relative_to(ROOT)}:{node.lineno}"


def words(said: ast.expr) -> list[str]:
    """Return the words that an expression may come to."""
    match said:
        case ast.Constant(value=str(word)):
            return [word]
        case ast.JoinedStr(values=[ast.FormattedValue(), ast.Constant(value=str(end))]):
            return [f"{stream}{end}" for stream in STREAMS]
        case _:
            raise AssertionError(f"what is logged here cannot be read: {ast.unparse(said)}")


def listed() -> set[tuple[str, str]]:
    """Return every word of the list, with its level."""
    text = read(Path("docs/operations/events.md"))
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (\w+) \| [^|]+ \|$", text, re.MULTILINE)
    return {(word, level) for names, level in rows for word in re.findall(r"`(\w+)`", names)}


def test_every_event_is_a_word_and_listed_with_its_level_and_no_other_is() -> None:
    found = list(written())
    told = {(word, level) for word, level, _ in found}

    assert [(word, where) for word, _, where in found if not WORD.fullmatch(word)] == []
    assert sorted(told - listed()) == []
    assert sorted(listed() - told) == []
