"""Makes and corrects stored reports: composed by the audit's reading, kept at the desk."""

import json
from datetime import date, datetime
from typing import Any

from audit.reports import Wanted, compose_report, cut_off
from desk.desk import Desk
from desk.reports import body_of, require_maker, stored_report
from domain.canonical import sha256
from domain.errors import ConflictError, InvalidRequestError
from domain.handbook_routines import routines_rule
from domain.model import to_millisecond, written
from domain.people import ENGINE, Officer, named
from domain.report_differences import Compared, compared
from domain.routines import REPORTS, RoutineKind, Run, report_number, run_of
from domain.terms import Terms
from ledger.reports import ReportRow, report_id

FIRST = 1


async def make_report(desk: Desk, terms: Terms, run: Run, *, author: str = "") -> ReportRow:
    """Make a report unless it is there; return its newest version. Of two makers the first stays.

    `author` empty: the engine.
    """
    zone = terms.handbook.zone
    number = report_number(zone, run.routine, run)
    kept = await desk.ledger.report(number)
    if kept is not None:
        return kept
    row = await _composed(desk, terms, run, number, FIRST, author or named(ENGINE), "")
    if await desk.ledger.put_report(row):
        return row
    return (await stored_report(desk, number)).row


async def make_report_of(
    desk: Desk, zone: str, kind: str, to_on: date, actor: Officer
) -> ReportRow:
    """Make the report whose period ends on a local day, if it is over and was not made. Raises
    IssueError."""
    row, _ = await make_or_find(desk, zone, kind, to_on, actor)
    return row


async def make_or_find(
    desk: Desk, zone: str, kind: str, to_on: date, actor: Officer
) -> tuple[ReportRow, bool]:
    """Do the same, and return beside it whether the report was not there before."""
    at = to_millisecond(desk.clock.now())
    terms = await desk.shelf.current(zone, at)
    require_maker(desk, terms, actor)
    run = run_of(routines_rule(terms.handbook.routines), terms.calendar, _kind(kind), to_on)
    if run is None:
        raise InvalidRequestError(
            "No such period ends on this day.",
            field="to",
            value=to_on.isoformat(),
            allowed="the last local day of a period: a worked day, the day before the weekly "
            "tracking, the end of a month",
        )
    if run.to_at > at:
        raise InvalidRequestError(
            "The period is not over.",
            field="to",
            value=to_on.isoformat(),
            allowed=f"after {written(run.to_at)}",
        )
    number = report_number(zone, run.routine, run)
    is_there = await desk.ledger.report(number) is not None
    return await make_report(desk, terms, run, author=named(actor)), not is_there


async def correct_report(
    desk: Desk, number: str, actor: Officer, reason: str, *, expected_version: int | None = None
) -> ReportRow:
    """Make the next version of a report, as the ledger stands now; the ones before stay.

    `expected_version` is the one that was looked at. Raises IssueError: where nothing but the
    position would differ, nothing is written.
    """
    before, row = await _again(desk, number, actor, reason)
    if expected_version not in (None, before.version):
        raise _corrected(number, before.version)
    if _said(body_of(row)) == _said(body_of(before)):
        raise InvalidRequestError(
            "Nothing in this report has changed: there is nothing to correct.",
            field="number",
            value=number,
            allowed="a report whose facts are told otherwise by now",
        )
    if not await desk.ledger.put_report(row):
        raise _corrected(number, row.version)
    return row


async def foresee_correction(
    desk: Desk, number: str, actor: Officer
) -> tuple[ReportRow, Compared, int]:
    """Return the newest version of a report, in what a correction would differ from it, and up to
    which position it would be told. Writes nothing. Raises IssueError."""
    before, row = await _again(desk, number, actor, "")
    return before, compared(body_of(before), body_of(row)), row.position


async def _again(
    desk: Desk, number: str, actor: Officer, reason: str
) -> tuple[ReportRow, ReportRow]:
    """Return the newest version of a report, and the next as it would be made now."""
    before = (await stored_report(desk, number)).row
    at = to_millisecond(desk.clock.now())
    terms = await desk.shelf.current(before.zone, at)
    require_maker(desk, terms, actor)
    run, version = _run_again(before), before.version + 1
    return before, await _composed(desk, terms, run, number, version, named(actor), reason)


def _corrected(number: str, newest: int) -> ConflictError:
    return ConflictError(
        "Somebody has corrected this report meanwhile.",
        field="number",
        value=number,
        allowed=f"its newest version, {newest}",
    )


async def _composed(
    desk: Desk, terms: Terms, run: Run, number: str, version: int, author: str, reason: str
) -> ReportRow:
    at = to_millisecond(desk.clock.now())
    zone = terms.handbook.zone
    position = await desk.ledger.safe_position()
    wanted = Wanted(number, zone, run, position, cut_off(run, version, at))
    body = await compose_report(desk.ledger, wanted, terms)
    return ReportRow(
        id=report_id(number, version),
        number=number,
        version=version,
        kind=run.routine.value,
        zone=zone,
        from_at=run.from_at,
        to_at=run.to_at,
        from_on=run.from_on.isoformat(),
        to_on=run.to_on.isoformat(),
        position=position,
        terms=terms.hash,
        body=body,
        sha256=sha256(body),
        at=at,
        author=author,
        reason=reason,
    )


def _run_again(row: ReportRow) -> Run:
    """Return the run that a stored report was made for: its period stays, whatever the handbook
    says of routines by now."""
    days = date.fromisoformat(row.from_on), date.fromisoformat(row.to_on)
    due_at: datetime = row.to_at
    return Run(RoutineKind(row.kind), *days, row.from_at, row.to_at, due_at)


def _said(body: dict[str, Any]) -> str:
    """Return what a report says, without up to where it was told."""
    kept = {name: body[name] for name in body if name not in {"position", "terms"}}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def _kind(kind: str) -> RoutineKind:
    known = {each.value: each for each in REPORTS}
    if kind not in known:
        raise InvalidRequestError(
            "There is no such kind of report.", field="kind", value=kind, allowed=known
        )
    return known[kind]
