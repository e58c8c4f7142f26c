"""Our documents: their links, their blocks of code, the tables in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from house_tree import ROOT, files

README = Path("README.md")
PROCESS = Path("docs/process.md")
OPERATIONS = Path("docs/operations.md")
GLOSSARY = Path("docs/glossary.md")

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def documents() -> list[Path]:
    """Return every document, as a path relative to the root."""
    return list(files("*.md"))


def read(document: Path) -> str:
    """Return a document's text."""
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: Path, language: str) -> list[str]:
    """Return the blocks of one language, in order."""
    return [text for kind, text in _BLOCK.findall(read(document)) if kind == language]


def links(document: Path) -> Iterator[tuple[str, str]]:
    """Yield every link within the repository: path and anchor, either of them perhaps empty."""
    for target in _LINK.findall(_BLOCK.sub("", read(document))):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield path, anchor


def anchors(document: Path) -> set[str]:
    """Return the anchors that a reader's page makes of the headings."""
    headings = _HEADING.findall(_BLOCK.sub("", read(document)))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def typed(document: Path, program: str) -> list[list[str]]:
    """Return what the document has a reader type for `program`, word by word, in order."""
    found = []
    for block in blocks(document, "console"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith(f"$ {program} "):
                found.append(shlex.split(line[2:], comments=True)[1:])
    return found
