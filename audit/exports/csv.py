"""CSV: one row an event, for spreadsheets, with where it left what it happened to."""

import csv
import io
import json
from collections.abc import Iterable
from typing import ClassVar, assert_never

from audit.exports.fields import resource
from audit.exports.files import Outlet
from audit.exports.forms import Counts, Statement
from audit.exports.told import (
    AnyStep,
    MatterStep,
    OrderStep,
    Step,
    Told,
    matter_steps,
    order_steps,
    steps,
)
from domain.canonical import canonical
from domain.model import written
from domain.people import person_of
from domain.streams import StreamKind

MARK = "\ufeff"
"""By this a spreadsheet knows that the file is UTF-8."""

ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # as typed in Chinese
"""What a spreadsheet may take for the beginning of a formula."""
QUOTE = "'"

COLUMNS = (
    "position",
    "zone",
    "key",
    "stream",
    "version",
    "kind",
    "at",
    "occurred_at",
    "actor_kind",
    "actor",
    "person",
    "number",
    "category",
    "priority",
    "phase",
    "tier",
    "owner",
    "handler",
    "unit",
    "outcome",
    "command_id",
    "terms",
    "rules",
    "hash",
    "body",
)


class Csv:
    """An export in CSV (RFC 4180, UTF-8 with a byte order mark)."""

    name: ClassVar[str] = "csv"
    is_whole: ClassVar[bool] = False
    has_others: ClassVar[bool] = True
    looks_back: ClassVar[bool] = False

    def begin(self, file: Outlet, statement: Statement) -> None:
        """Write the heads of the columns. What the file is, only the manifest says."""
        del statement
        file.write(MARK)
        file.write(_rows([COLUMNS]))

    def terms(self, file: Outlet, hash_: str, text: str | None) -> None:
        """Write nothing: rows name their terms."""

    def add(self, file: Outlet, told: Told) -> None:
        """Write a row for each event."""
        file.write(_rows(_told(told)))

    def end(self, file: Outlet, counts: Counts) -> None:
        """Write nothing more."""


def safe(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe goes before. To be taken
    off without doubt, it also goes before one that is there."""
    return f"{QUOTE}{text}" if text.startswith((*ACTIVE, QUOTE)) else text


def _told(told: Told) -> Iterable[list[object]]:
    kind = told.kind
    match kind:
        case StreamKind.ISSUE:
            return map(_row, steps(told))
        case StreamKind.ORDER:
            return map(_order_row, order_steps(told))
        case StreamKind.MATTER:
            return map(_matter_row, matter_steps(told))
        case _:
            assert_never(kind)


def _rows(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow(["" if each is None else safe(str(each)) for each in row])
    return text.getvalue()


def _row(step: Step) -> list[object]:
    issue = step.after
    standing = (
        issue.number,
        issue.category,
        issue.priority,
        issue.phase,
        issue.tier,
        issue.owner,
        issue.handler,
        issue.unit,
        issue.outcome,
    )
    return [*_head(step, issue.zone, issue.key), *standing, *_tail(step)]


def _order_row(step: OrderStep) -> list[object]:
    order = step.after
    standing = (None, None, None, order.standing, None, order.issuer.post, None, order.unit, None)
    return [*_head(step, order.zone, order.key), *standing, *_tail(step)]


def _matter_row(step: MatterStep) -> list[object]:
    """A matter that is open stands in its procedure's own stage, if that has any."""
    matter = step.after
    phase = (matter.stage if matter.is_open else None) or matter.standing
    standing = (None, None, None, phase, None, matter.post, None, None, None)
    return [*_head(step, matter.zone, matter.key), *standing, *_tail(step)]


def _head(step: AnyStep, zone: str, key: str) -> tuple[object, ...]:
    record, actor = step.record, step.event.by
    occurred_at = None if record.occurred_at is None else written(record.occurred_at)
    return (
        *(step.position, zone, key, record.stream, record.version, record.kind),
        *(written(record.at), occurred_at),
        *(actor.kind, resource(actor), person_of(actor)),
    )


def _tail(step: AnyStep) -> tuple[object, ...]:
    record = step.record
    body = canonical(json.loads(record.text)["body"])
    return record.command_id, record.terms, record.rules, record.hash, body
