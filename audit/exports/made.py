"""The forms of export by their names, each with what it needs to be made."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from audit.exports.csv import Csv
from audit.exports.forms import Form
from audit.exports.jsonl import JsonLines
from audit.exports.ocel import Ocel
from audit.exports.xes import Xes

_SIMPLE: Final[Mapping[str, Callable[[], Form]]] = {"jsonl": JsonLines, "csv": Csv, "xes": Xes}


@contextmanager
def form_called(name: str, folder: Path) -> Iterator[Form]:
    """Lend a new form: jsonl, csv, xes or ocel. `folder` is for what does not belong in memory."""
    if name in _SIMPLE:
        yield _SIMPLE[name]()
        return
    with Ocel(folder) as form:
        yield form
