"""Stored reports as a desk shows them: the list of a zone, and one of them with its versions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.desk import Desk
from domain.days import zone_of
from domain.errors import InvalidRequestError, NotPermittedError
from domain.model import to_millisecond
from domain.people import Officer
from domain.permissions import Setting, officer_post
from domain.report_differences import Compared, compared
from domain.routines import REPORTS
from domain.staffing import Role
from domain.terms import Terms
from ledger.port import UnreadableRowError
from ledger.reports import REPORTS_MAX, ReportRow

MAKING_ROLES = (Role.COORDINATOR, Role.SUPERVISOR)
COMMAND = "correct_report"
"""What a delegation has to name for a deputy to make or correct reports."""
BETWEEN = "~"


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A page of a zone's reports, newest first; `next` goes on after it, None at the end."""

    rows: tuple[ReportRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of a report, what it says, and all its versions, oldest first."""

    row: ReportRow
    body: Mapping[str, Any]
    versions: tuple[ReportRow, ...]


async def reports_of(
    desk: Desk, zone: str, *, kind: str | None = None, after: str | None = None, limit: int = 50
) -> ReportPage:
    """Return the newest version of each report of a zone. Raises UnknownZoneError,
    InvalidRequestError."""
    await desk.shelf.current(zone, to_millisecond(desk.clock.now()))
    known = sorted(each.value for each in REPORTS)
    if kind is not None and kind not in known:
        raise InvalidRequestError(
            "There is no such kind of report.", field="kind", value=kind, allowed=known
        )
    bounded = max(1, min(limit, REPORTS_MAX - 1))
    before = None if after is None else _place(after)
    rows = await desk.ledger.reports(zone, kind=kind, before=before, limit=bounded + 1)
    page = tuple(rows[:bounded])
    more = len(rows) > bounded
    return ReportPage(page, f"{page[-1].to_on}{BETWEEN}{page[-1].id}" if more else None)


async def stored_report(desk: Desk, number: str, version: int | None = None) -> Stored:
    """Return one version of a report, or its newest. Raises InvalidRequestError."""
    row = await desk.ledger.report(number, version)
    if row is None:
        raise InvalidRequestError(
            "There is no such report." if version is None else "There is no such version.",
            field="number" if version is None else "version",
            value=number if version is None else version,
            allowed="a number of `closeout report list`",
        )
    return Stored(row, body_of(row), tuple(await desk.ledger.report_versions(number)))


async def report_differences(
    desk: Desk, number: str, first: int | None, second: int | None
) -> tuple[ReportRow, ReportRow, Compared]:
    """Return two versions of a report and in what they differ: the newest against the one before
    it, unless others are named. Raises InvalidRequestError."""
    later = await stored_report(desk, number, second)
    earlier = await stored_report(desk, number, first or max(1, later.row.version - 1))
    return earlier.row, later.row, compared(earlier.body, later.body)


def body_of(row: ReportRow) -> dict[str, Any]:
    """Return what a report says. Raises UnreadableRowError."""
    try:
        body = json.loads(row.body)
    except ValueError as error:
        raise UnreadableRowError(f"report {row.id}: its body is no JSON") from error
    if not isinstance(body, dict):
        raise UnreadableRowError(f"report {row.id}: its body is no object")
    return body


def require_maker(desk: Desk, terms: Terms, actor: Officer) -> None:
    """Refuse whoever may not make or correct reports of the zone. Raises NotPermittedError."""
    local = desk.clock.now().astimezone(zone_of(terms.calendar.time_zone))
    held = officer_post(actor, Setting(handbook=terms.handbook, local=local, command=COMMAND))
    if not set(held.roles).intersection(MAKING_ROLES):
        raise NotPermittedError(
            "This post may not make or correct reports.",
            field="actor.post",
            value=held.id,
            allowed=[
                each.id
                for each in terms.handbook.posts
                if set(each.roles).intersection(MAKING_ROLES)
            ],
        )


def _place(after: str) -> tuple[str, str]:
    day, between, id_ = after.partition(BETWEEN)
    if not between:
        raise InvalidRequestError(
            "This is no place in the list.", field="after", value=after, allowed="`next` of a page"
        )
    return day, id_
