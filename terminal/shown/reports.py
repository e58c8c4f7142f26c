"""Stored reports, attestations and routines, as the terminal shows them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from audit.reports import RecomputedReport
from desk.attesting import DayAttested
from desk.reports import ReportPage, Stored
from desk.routines import RoutineStanding
from domain.model import Name, written
from ledger.reports import AttestationRow, ReportRow, RunRow
from terminal.shown.frames import Sheet, kept, wrapped
from terminal.shown.times import local
from terminal.shown.words import both

NONE = "—"
ROWS_SHOWN_MAX = 20
SECOND_MS = 1000
ATTESTED = {
    True: Name(zh="无异常", en="no abnormality"),
    False: Name(zh="有异常", en="abnormality found"),
}


def row_plain(row: ReportRow) -> dict[str, object]:
    """Return what is known of one version of a report, but for what it says."""
    return {
        "id": row.id,
        "number": row.number,
        "version": row.version,
        "kind": row.kind,
        "zone": row.zone,
        "from_on": row.from_on,
        "to_on": row.to_on,
        "from_at": written(row.from_at),
        "to_at": written(row.to_at),
        "position": row.position,
        "terms": row.terms,
        "sha256": row.sha256,
        "at": written(row.at),
        "author": row.author,
        "reason": row.reason or None,
        "log": {"kind": "report", "key": row.id},
    }


def row_shown(row: ReportRow) -> RenderableType:
    """Return one line on a report that was made."""
    return (
        f"{row.number} version {row.version}: {row.from_on} to {row.to_on}, up to position "
        f"{row.position}, by {row.author}.\n`closeout reports show {row.number}` tells what it "
        "says."
    )


def page_plain(page: ReportPage) -> dict[str, object]:
    """Return a page for a machine."""
    return {"reports": [row_plain(row) for row in page.rows], "next": page.next}


def page_shown(page: ReportPage, time_zone: str) -> RenderableType:
    """Return a line for each report."""
    if not page.rows:
        return "No report has been stored yet."
    sheet = Sheet(
        [
            kept("number"),
            kept("version"),
            kept("period"),
            kept("made"),
            kept("up to"),
            wrapped("by"),
        ]
    )
    for row in page.rows:
        period = row.to_on if row.from_on == row.to_on else f"{row.from_on} to {row.to_on}"
        made = local(row.at, time_zone)
        sheet.add(row.number, str(row.version), period, made, str(row.position), row.author)
    return sheet


def stored_plain(stored: Stored) -> dict[str, object]:
    """Return a report for a machine, with its body and what is known of its versions."""
    return {
        **row_plain(stored.row),
        "body": dict(stored.body),
        "versions": [row_plain(row) for row in stored.versions],
    }


def stored_shown(stored: Stored, time_zone: str) -> RenderableType:
    """Return a report section by section; of long tables the first rows."""
    row = stored.row
    head: list[RenderableType] = [
        Text(_said(stored.body["title"]), style="bold"),
        f"{row.number} version {row.version}, {row.from_on} to {row.to_on}, up to position "
        f"{row.position}, made {local(row.at, time_zone)} by {row.author}",
    ]
    if row.reason:
        head.append(f"Corrects version {row.version - 1}: {row.reason}")
    if row.version < len(stored.versions):
        head.append(f"Version {len(stored.versions)} corrects this one.")
    parts: list[RenderableType] = [*head]
    for section in stored.body["sections"]:
        parts += ["", Text(_said(section["title"]), style="bold"), *_section(section, time_zone)]
    return Group(*parts)


def _section(section: Mapping[str, Any], time_zone: str) -> Iterator[RenderableType]:
    match section["kind"]:
        case "table":
            yield from _table(section, time_zone)
        case "figures":
            sheet = Sheet(
                [wrapped("figure"), kept("value", right=True), kept("of"), kept("left out")]
            )
            for line in section["lines"]:
                value = _cell(line["value"], line["unit"], time_zone)
                left_out = str(line["excluded"] or "")
                sheet.add(_said(line["title"]), value, str(line.get("of", "")), left_out)
            yield sheet
        case "chart":
            sheet = Sheet(
                [wrapped("figure"), *(kept(each, right=True) for each in section["labels"])]
            )
            for series in section["series"]:
                values = [NONE if each is None else f"{each}" for each in series["values"]]
                sheet.add(_said(series["name"]), *values)
            yield sheet
        case _:
            yield from (_said(each) for each in section.get("texts", ()))


def _table(section: Mapping[str, Any], time_zone: str) -> Iterator[RenderableType]:
    rows = section["rows"]
    if not rows:
        yield NONE
        return
    columns = section["columns"]
    sheet = Sheet(
        [
            wrapped(_said(each["head"]))
            if each["kind"] == "text"
            else kept(_said(each["head"]), right=each["kind"] in ("count", "ratio", "length"))
            for each in columns
        ]
    )
    for row in rows[:ROWS_SHOWN_MAX]:
        cells = zip(row, columns, strict=True)
        sheet.add(*(_cell(cell, each["kind"], time_zone) for cell, each in cells))
    yield sheet
    if len(rows) > ROWS_SHOWN_MAX:
        yield f"… and {len(rows) - ROWS_SHOWN_MAX} more: --json has all."
    if "note" in section:
        yield _said(section["note"])


def _cell(value: Any, kind: str, time_zone: str) -> str:
    if value is None:
        return NONE
    match kind:
        case "ratio":
            return _ratio(value)
        case "moment":
            return local(datetime.fromisoformat(value), time_zone)
        case "length":
            return _length(value)
        case _:
            return _said(value)


def _ratio(value: Mapping[str, int]) -> str:
    """Return a ratio in per cent with both its numbers; of nothing there is none."""
    above, below = value["numerator"], value["denominator"]
    if not below:
        return NONE
    return f"{100 * above / below:.1f} % ({above}/{below})"


def _length(value: Any) -> str:
    ms = value["numerator"] // value["denominator"] if isinstance(value, dict) else int(value)
    minutes = ms // SECOND_MS // 60
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _said(value: Any) -> str:
    """Return a text; of one in both languages both, once where they are the same."""
    if isinstance(value, dict):
        zh, en = str(value["zh"]), str(value["en"])
        return zh if zh == en else f"{zh} {en}"
    return str(value)


def verified_plain(found: Sequence[RecomputedReport]) -> dict[str, object]:
    """Return for a machine what came out of composing reports again."""
    return {
        "same": all(each.same for each in found),
        "reports": [
            {
                "id": each.row.id,
                "sha256": each.row.sha256,
                "same": each.same,
                "problem": each.problem or None,
            }
            for each in found
        ],
    }


def verified_shown(found: Sequence[RecomputedReport]) -> RenderableType:
    """Return what differs, or that nothing does."""
    differing = [each for each in found if not each.same]
    if not differing:
        return f"{len(found)} stored reports were composed again: the same bytes."
    lines = [f"{each.row.id}: {each.problem or 'other bytes come out'}" for each in differing]
    return "\n".join((*lines, f"{len(differing)} of {len(found)} stored reports differ."))


def attested_plain(told: DayAttested, now: datetime) -> dict[str, object]:
    """Return for a machine what was attested of a day."""
    return {
        "zone": told.zone,
        "day": told.day.isoformat(),
        "limit_at": None if told.limit_at is None else written(told.limit_at),
        "overdue": told.is_overdue(now),
        "wanted": list(told.wanted),
        "missing": list(told.missing),
        "given": [_attestation_plain(row) for row in told.given],
    }


def _attestation_plain(row: AttestationRow) -> dict[str, object]:
    return {
        "id": row.id,
        "post": row.post,
        "version": row.version,
        "no_abnormality": row.no_abnormality,
        "text": row.text or None,
        "at": written(row.at),
        "late": row.late,
        "actor": json.loads(row.actor),
    }


def attested_shown(told: DayAttested, now: datetime, time_zone: str) -> RenderableType:
    """Return who attested what of a day, and who has not."""
    if told.limit_at is None and not told.given:
        return f"{told.day} is not worked in {told.zone}: nobody has to attest."
    sheet = Sheet([kept("post"), kept("attested"), kept("at"), wrapped("said")])
    for row in told.given:
        word = both(ATTESTED[row.no_abnormality])
        at = f"{local(row.at, time_zone)}{' late' if row.late else ''}"
        sheet.add(row.post, word, at, row.text or NONE)
    for post in told.missing:
        sheet.add(post, "missing" if told.is_overdue(now) else "not yet", NONE, NONE)
    limit = local(told.limit_at, time_zone)
    return Group(f"{told.zone}, {told.day}; by {limit}", sheet)


def routines_plain(found: Sequence[RoutineStanding]) -> dict[str, object]:
    """Return for a machine how routines stand."""
    return {
        "routines": [
            {
                "routine": each.routine.value,
                "local_time": each.local_time,
                "time_zone": each.time_zone,
                "last": None if each.last is None else _run_plain(each.last),
                "next_at": None if each.next is None else written(each.next.due_at),
                "next_period": None if each.next is None else each.next.period,
                "missed": [run.period for run in each.missed],
            }
            for each in found
        ]
    }


def _run_plain(row: RunRow) -> dict[str, object]:
    return {
        "period": row.period,
        "due_at": written(row.due_at),
        "at": written(row.at),
        "result": json.loads(row.result),
    }


def routines_shown(found: Sequence[RoutineStanding]) -> RenderableType:
    """Return a line for each routine."""
    sheet = Sheet(
        [
            kept("routine"),
            kept("next"),
            kept("last"),
            kept("of"),
            wrapped("came to"),
            wrapped("missed"),
        ]
    )
    for each in found:
        last = each.last
        sheet.add(
            each.routine.value,
            NONE if each.next is None else local(each.next.due_at, each.time_zone),
            NONE if last is None else local(last.at, each.time_zone),
            NONE if last is None else last.period,
            NONE if last is None else _result(last.result),
            ", ".join(run.period for run in each.missed) or NONE,
        )
    return sheet


def _result(text: str) -> str:
    said = json.loads(text)
    return ", ".join(
        f"{name} {value}" for name, value in said.items() if name not in {"sha256", "anchored"}
    )
