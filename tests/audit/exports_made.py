"""Exports into a folder, as a test asks for them."""

import json
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.exports.choosing import Choice
from audit.exports.csv import Csv
from audit.exports.exporting import Asked, Exported, export
from audit.exports.forms import Form
from audit.exports.jsonl import JsonLines
from audit.exports.ocel import Ocel
from audit.exports.xes import Xes
from ledger.memory import MemoryLedger

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
EVERYTHING = Choice()


async def made(
    ledger: MemoryLedger,
    form: str,
    file: Path,
    choice: Choice = EVERYTHING,
    *,
    replace: bool = False,
) -> Exported:
    """Export; `file` is in a folder of the test's own."""
    asked = Asked(f"{form}-{file.name}", choice, '{"kind":"engine"}', AT)
    with _form(form, file.parent) as writer:
        return await export(ledger, ledger, writer, file, asked, replace=replace)


async def lines(ledger: MemoryLedger, file: Path, choice: Choice = EVERYTHING) -> list[Any]:
    """Export as JSON lines, and read them."""
    await made(ledger, "jsonl", file, choice)
    return read_lines(file)


def read_lines(file: Path) -> list[Any]:
    """Read JSON lines. Only a line feed ends one."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]


def _form(name: str, folder: Path) -> AbstractContextManager[Form]:
    if name == "ocel":
        return Ocel(folder)
    return nullcontext({"jsonl": JsonLines, "csv": Csv, "xes": Xes}[name]())
