"""XES (IEEE 1849-2016): a trace an issue, for process mining by one notion of a case.

Supervision orders and matters are cases of other kinds, and are left to the form that has many:
OCEL.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import ClassVar
from xml.sax.saxutils import quoteattr

from audit.exports.fields import Sort, resource, values
from audit.exports.files import Outlet
from audit.exports.forms import Counts, Statement
from audit.exports.told import Step, Told, steps
from domain.issue import Issue
from domain.model import written

Value = str | int | bool | datetime | date | None

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle"\
 uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <global scope="trace">
    <string key="concept:name" value="UNKNOWN"/>
  </global>
  <global scope="event">
    <string key="concept:name" value="UNKNOWN"/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000Z"/>
    <string key="lifecycle:transition" value="complete"/>
    <string key="org:resource" value="UNKNOWN"/>
    <string key="org:role" value="UNKNOWN"/>
  </global>
  <classifier name="Activity" keys="concept:name"/>
  <classifier name="Activity and resource" keys="concept:name org:resource"/>
"""
COUNT_DIGITS = 15
SPECIAL = re.compile(r"""[&<>"\n\r\t]""")
"""What has to be written otherwise within quotes; `quoteattr` takes its time."""


class Xes:
    """An export in XES."""

    name: ClassVar[str] = "xes"
    is_whole: ClassVar[bool] = False
    has_others: ClassVar[bool] = False
    looks_back: ClassVar[bool] = True

    def __init__(self) -> None:
        self._open: dict[str, int] = {}

    def begin(self, file: Outlet, statement: Statement) -> None:
        """Write the head, and room for the counts that only the end knows."""
        file.write(HEAD)
        file.write(_attribute("concept:name", "closeout", 1))
        file.write(_attribute("lifecycle:model", "standard", 1))
        file.write(_attribute("ledger_position", statement.position, 1))
        file.write(_attribute("exported_at", statement.at, 1))
        file.write(_attribute("read", statement.read, 1))
        for name, value in statement.choice.plain.items():
            file.write(_attribute(f"filter_{name}", _plain(value), 1))
        for name in ("issues", "events"):
            before = f'  <int key="{name}" value="'
            file.write(before)
            self._open[name] = file.tell()
            file.write(f'{"0" * COUNT_DIGITS}"/>\n')

    def terms(self, file: Outlet, hash_: str, text: str | None) -> None:
        """Write nothing: traces name their terms."""

    def add(self, file: Outlet, told: Told) -> None:
        """Write a trace."""
        told_steps = list(steps(told))
        lines = ["  <trace>\n"]
        lines += (_attribute(key, value, 2) for key, value in _of_issue(told_steps[-1].after))
        for step in told_steps:
            lines.append("    <event>\n")
            lines += (_attribute(key, value, 3) for key, value in _of_event(step))
            lines.append("    </event>\n")
        lines.append("  </trace>\n")
        file.write("".join(lines))

    def end(self, file: Outlet, counts: Counts) -> None:
        """Fill in the counts."""
        file.write("</log>\n")
        file.patch(self._open["issues"], f"{counts.issues:0{COUNT_DIGITS}d}")
        file.patch(self._open["events"], f"{counts.events:0{COUNT_DIGITS}d}")


def _of_issue(issue: Issue) -> Iterator[tuple[str, Value]]:
    """Where the issue stood at the position."""
    yield "concept:name", issue.stream
    yield "zone", issue.zone
    yield "key", issue.key
    yield "number", issue.number
    yield "enterprise", issue.enterprise
    yield "origin", issue.origin.value
    yield "category", issue.category
    yield "priority", issue.priority.value
    yield "phase", issue.phase.value
    yield "outcome", None if issue.outcome is None else issue.outcome.value
    yield "owner", issue.owner
    yield "handler", issue.handler
    yield "unit", issue.unit
    yield "tier", issue.tier
    yield "tier_reached", issue.tier_reached
    yield "reported_at", issue.reported_at
    yield "closed_at", issue.closed_at
    yield "terms", issue.terms


def _of_event(step: Step) -> Iterator[tuple[str, Value]]:
    record, actor = step.record, step.event.by
    yield "concept:name", record.kind
    yield "concept:instance", step.id
    yield "time:timestamp", record.at
    yield "lifecycle:transition", "complete"
    yield "org:resource", resource(actor)
    yield "org:role", actor.kind
    if step.after.unit is not None:
        yield "org:group", step.after.unit
    yield "occurred_at", record.occurred_at
    yield "phase", step.after.phase.value
    yield "ledger_position", step.position
    yield "ledger_version", record.version
    yield "ledger_hash", record.hash
    for field, sort, value in values(step.event):
        yield f"event_{field}", str(value) if sort is Sort.STRING else value


def _attribute(key: str, value: Value, depth: int) -> str:
    match value:
        case None:
            return ""
        case bool():
            name, text = "boolean", "true" if value else "false"
        case int():
            name, text = "int", str(value)
        case datetime():
            name, text = "date", written(value)
        case _:
            name, text = "string", str(value)
    quoted = quoteattr(text) if SPECIAL.search(text) else f'"{text}"'
    return f'{"  " * depth}<{name} key="{key}" value={quoted}/>\n'


def _plain(value: object) -> Value:
    return value if isinstance(value, bool) else str(value)
