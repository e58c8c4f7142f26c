"""JSON lines: every column of every event and command, and the terms they name, as they are kept.

A line is `export`, `terms`, `event`, `command` or, the last, `end`. Whoever has the file can verify
it, and decide everything again.
"""

import json
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import ClassVar

from audit.exports.files import Outlet
from audit.exports.forms import Counts, Statement
from audit.exports.told import Told
from domain.chain import Record
from domain.model import written
from ledger.port import CommandRow

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_RECORD = [field.name for field in fields(Record)]
_COMMAND = [field.name for field in fields(CommandRow)]
_record_of = attrgetter(*_RECORD)
_command_of = attrgetter(*_COMMAND)


class JsonLines:
    """An export in JSON lines."""

    name: ClassVar[str] = "jsonl"
    is_whole: ClassVar[bool] = True
    has_others: ClassVar[bool] = True
    looks_back: ClassVar[bool] = False

    def begin(self, file: Outlet, statement: Statement) -> None:
        """Write what the file is."""
        file.write(_line("export", statement.plain))

    def terms(self, file: Outlet, hash_: str, text: str | None) -> None:
        """Write a version of terms; its text is null if the ledger has lost it."""
        file.write(_line("terms", {"hash": hash_, "text": text}))

    def add(self, file: Outlet, told: Told) -> None:
        """Write a stream's commands, then its events."""
        lines = [
            _line("command", dict(zip(_COMMAND, map(_plain, _command_of(row)), strict=True)))
            for row in told.commands
        ]
        for position, record in told.events:
            columns = dict(zip(_RECORD, map(_plain, _record_of(record)), strict=True))
            lines.append(_line("event", {"position": position, **columns}))
        file.write("".join(lines))

    def end(self, file: Outlet, counts: Counts) -> None:
        """Write how much there is, so that a file that breaks off is known."""
        file.write(_line("end", dict(counts.plain)))


def _plain(value: object) -> object:
    """An instant is written out in full: a column may hold more than was ever written."""
    if not isinstance(value, datetime):
        return value
    return written(value) if value.microsecond % 1000 == 0 else value.isoformat()


def _line(kind: str, plain: dict[str, object]) -> str:
    return f"{_encode({kind: plain})}\n"
