"""One issue with one act changed, beside what was recorded."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from audit.course import Course
from audit.fork import Fork
from audit.timeline import Row, timeline
from domain.chain import Record
from domain.model import written
from domain.terms import Terms
from terminal.shown.backtests import course_plain, deadlines_apart, forbidden_plain
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Sheet, inline, kept, wrapped
from terminal.shown.names import Names
from terminal.shown.times import local

EVENTS_SHOWN_MAX = 40
UNKNOWN = (
    "All else stands as it was recorded: what people would have done then nobody knows. "
    "Nothing was written."
)


def fork_plain(found: Fork) -> dict[str, object]:
    """Return both lives: where they part, every event after that, and what each came to."""
    issue, changed, instead = found.issue, found.changed, found.instead
    return {
        "zone": issue.zone,
        "key": issue.key,
        "number": issue.number,
        "until_at": written(found.until_at),
        "changed": None
        if changed is None
        else {
            "command_id": changed.id,
            "command": changed.kind,
            "at": written(changed.at),
            "version": changed.first_version,
            "instead": None if instead is None else instead.model_dump(mode="json"),
        },
        "is_the_same": found.is_the_same,
        "events_alike": found.alike,
        "was": course_plain(found.was),
        "would_be": None if found.after is None else course_plain(found.after),
        "events": [_event_plain(record) for record in found.recorded[found.alike :]],
        "events_would_be": [_event_plain(record) for record in found.records[found.alike :]],
        "forbidden": [forbidden_plain(act) for act in found.forbidden],
    }


def fork_shown(found: Fork, terms: Mapping[str, Terms], names: Names) -> RenderableType:
    """Return what was changed, what either life came to, and their events where they part."""
    issue = found.issue
    head = Text(f"{issue.number or issue.stream}  {issue.title}", "bold")
    if found.is_the_same:
        same = f"{many(len(found.records), 'event')} again, the same to the byte."
        return Group(head, Text(same), Text(UNKNOWN, SECOND))
    parts: list[RenderableType] = [head, Text(_told(found, names)), Text()]
    if found.after is None:
        parts.append(Text("The issue would not have been reported."))
    else:
        parts += [_sums(found.was, found.after, names), Text()]
        parts += [_deadlines(found.was, found.after, names), Text()]
        alike = f"{many(found.alike, 'event')} alike; then, as it was and as it would have been:"
        parts += [Text(alike), _events(found, terms, names)]
    parts += [
        Text(f"{act.kind} of {local(act.at, names.time_zone)} would have been refused: {act.code}.")
        for act in found.forbidden
    ]
    parts += [Text(), Text(UNKNOWN, SECOND)]
    return Group(*parts)


def _told(found: Fork, names: Names) -> str:
    changed, instead = found.changed, found.instead
    if changed is None:
        return "Played again without a change, it does not come out the same."
    told = f"At event {changed.first_version}, {local(changed.at, names.time_zone)}: "
    if instead is None:
        return f"{told}{changed.kind} left out."
    moved = "" if instead.at is None else f" at {local(instead.at, names.time_zone)}"
    return f"{told}{instead.command.kind}{moved} instead of {changed.kind}."


def _sums(was: Course, after: Course, names: Names) -> RenderableType:
    sheet = Sheet((kept(""), kept("Was"), kept("Would be")))
    for label, then, now in (
        ("phase", was.phase.value, after.phase.value),
        ("outcome", _word(was.outcome), _word(after.outcome)),
        ("tier", str(was.tier), str(after.tier)),
        ("owner", names.post(was.owner).en, names.post(after.owner).en),
        ("escalations", str(was.escalations), str(after.escalations)),
        ("deadlines passed", str(was.breaches), str(after.breaches)),
        ("rungs fired", str(len(was.rungs)), str(len(after.rungs))),
    ):
        sheet.add(label, then, now)
    return sheet


def _word(outcome: object) -> str:
    return "—" if outcome is None else str(outcome)


def _deadlines(was: Course, after: Course, names: Names) -> RenderableType:
    rows = list(deadlines_apart(was, after))
    if not rows:
        return Text("No deadline would have been another.")
    sheet = Sheet((kept("Clock"), kept("Due"), kept("Would be due")))
    for clock, old, new in rows:
        sheet.add(clock, local(old, names.time_zone), local(new, names.time_zone))
    return sheet


def _events(found: Fork, terms: Mapping[str, Terms], names: Names) -> RenderableType:
    sheet = Sheet((kept("", right=True), kept("At"), wrapped("What"), kept("")))
    sides = (
        ("was", _after(found.recorded, found.alike, terms)),
        ("would be", _after(found.records, found.alike, terms)),
    )
    lines = sorted(
        (
            (row.at, place, row.version, row, side)
            for place, (side, rows) in enumerate(sides)
            for row in rows
        ),
        key=lambda line: line[:3],
    )
    for _, place, version, row, side in lines[:EVENTS_SHOWN_MAX]:
        what = inline(row.title).append(f"  {row.summary}", SECOND)
        style = "yellow" if place else SECOND
        sheet.add(str(version), local(row.at, names.time_zone), what, Text(side, style))
    left = len(lines) - EVENTS_SHOWN_MAX
    if left <= 0:
        return sheet
    return Group(sheet, Text(f"… and {many(left, 'event')} more: --json has them", SECOND))


def _after(records: Sequence[Record], alike: int, terms: Mapping[str, Terms]) -> Iterator[Row]:
    yield from list(timeline(records, terms))[alike:]


def _event_plain(record: Record) -> dict[str, object]:
    return {
        "version": record.version,
        "at": written(record.at),
        "kind": record.kind,
        "command_id": record.command_id,
        "event": record.event.model_dump(mode="json"),
    }
