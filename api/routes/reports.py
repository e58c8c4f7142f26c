"""Stored reports: what was made, one of them word for word, in what versions differ; made where the
routine has not, and corrected by a next version that names its reason."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, JsonValue

from activities.reporting import correct_report, foresee_correction, make_or_find
from api.describing import PROBLEMS
from desk.reports import report_differences, reports_of, stored_report
from domain.access import Act
from domain.model import Code, Moment, Text
from domain.report_differences import Compared
from face.asking import Day, InPerson, not_there
from face.dependencies import Caller, TheHouse, ZoneName, horizon_in, terms_in_force
from face.looked import noted
from face.looking import reader_for, stands_at
from face.stating import officer_for, one_at_a_time
from ledger.reports import ReportRow

router = APIRouter(prefix="/reports", tags=["reports"])

LIST_MAX: Final = 100
VERSION_MAX: Final = 10_000
CELLS_TOLD_MAX: Final = 2000
BY_COMMAND: Final = "closeout reports"

Number = Annotated[Code, Path(description="The report's number.", examples=["xinghe-W-2026-10"])]
AVersion = Annotated[int | None, Query(ge=1, le=VERSION_MAX, description="The newest if unset.")]


class ReportHead(BaseModel):
    """One version of a stored report. `position`: up to where the ledger was read for it."""

    number: Code
    version: int
    kind: Code
    zone: Code
    from_on: date
    to_on: date
    from_at: Moment
    to_at: Moment
    position: int
    sha256: str = Field(description="Of the report's text in UTF-8.")
    at: Moment
    author: str
    reason: str = Field(description="Why it was corrected; empty for the first version.")

    @classmethod
    def of(cls, row: ReportRow) -> "ReportHead":
        """Return it as it is told."""
        return cls.model_validate(row, from_attributes=True)


class ReportsTold(BaseModel):
    """A page of reports in their newest versions, the newest period first."""

    reports: list[ReportHead]
    next: str | None = Field(description="Goes on after this page, as `after`.")


class ReportTold(ReportHead):
    """A report with all that it says, and its versions, oldest first."""

    body: JsonValue
    versions: list[ReportHead]


class CellDiffers(BaseModel):
    """A cell that two versions tell otherwise; null: it is not there."""

    section: JsonValue
    row: JsonValue
    column: JsonValue
    kind: str
    before: JsonValue
    after: JsonValue


class ReportsCompared(BaseModel):
    """In what two versions differ, cell by cell; `fields` names what differs besides."""

    first: ReportHead
    second: ReportHead
    same: bool
    cells: list[CellDiffers]
    more: int = Field(description="So many cells differ besides.")
    fields: list[str]


class Correction(BaseModel):
    """In what a correction would differ from the newest version. Nothing was written."""

    newest: ReportHead
    position: int = Field(description="Up to where the ledger would be read.")
    same: bool = Field(description="Nothing is told otherwise: there is nothing to correct.")
    cells: list[CellDiffers]
    more: int
    fields: list[str]


class NewReport(InPerson):
    """Which report is to be made: of the period that ends on this day."""

    kind: Code = Field(description="daily, weekly or monthly.", examples=["weekly"])
    to_on: Day = Field(description="The last local day of its period.", examples=["2026-03-08"])


class NewCorrection(InPerson):
    """Why a report is corrected, and which version was looked at."""

    expected_version: Annotated[int, Field(ge=1, le=VERSION_MAX)]
    reason: Text = Field(description="Why; everybody can read it.")


@router.get("/{zone}", summary="Stored reports of a zone", responses=PROBLEMS(404))
async def listed(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    response: Response,
    kind: Annotated[Code | None, Query(description="daily, weekly or monthly.")] = None,
    after: Annotated[
        str | None, Query(min_length=1, max_length=200, description="`next` of a page.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=LIST_MAX, description="At most so many.")] = 20,
) -> ReportsTold:
    """List the newest version of each report of a zone."""
    await horizon_in(house.desk, caller, Act.READ_FIGURES, zone)
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "figures", {"zone": zone, "of": "reports"}, reached)
    page = await reports_of(desk, zone, kind=kind, after=after, limit=limit)
    stands_at(response, reached)
    return ReportsTold(reports=[ReportHead.of(row) for row in page.rows], next=page.next)


@router.post("/{zone}", status_code=201, summary="Make a report", responses=PROBLEMS(404, 409, 422))
async def make(
    house: TheHouse, caller: Caller, zone: ZoneName, body: NewReport, response: Response
) -> ReportHead:
    """Make a report that the routine has not made, of a period that is over. One that is there
    already is answered with 200."""
    await horizon_in(house.desk, caller, Act.MAKE_REPORTS, zone)
    terms = await terms_in_force(house.desk, zone)
    officer = officer_for(house, caller, terms, post=body.post, on_behalf_of=body.on_behalf_of)
    async with one_at_a_time(f"{BY_COMMAND} make"):
        row, is_new = await make_or_find(house.desk, zone, body.kind, body.to_on, officer)
    if not is_new:
        response.status_code = 200
    _at(response, row)
    return ReportHead.of(row)


@router.get("/{zone}/{number}", summary="One stored report", responses=PROBLEMS(404))
async def one(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    number: Number,
    response: Response,
    version: AVersion = None,
) -> ReportTold:
    """Show a stored report word for word, with its versions."""
    await horizon_in(house.desk, caller, Act.READ_FIGURES, zone)
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    await noted(house, caller, "figures", {"zone": zone, "report": number}, reached)
    await _require_of(house, zone, number)
    found = await stored_report(desk, number, version)
    stands_at(response, reached)
    return ReportTold(
        **ReportHead.of(found.row).model_dump(),
        body=dict(found.body),
        versions=[ReportHead.of(row) for row in found.versions],
    )


@router.get(
    "/{zone}/{number}/differences", summary="In what two versions differ", responses=PROBLEMS(404)
)
async def differences(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    number: Number,
    response: Response,
    first: Annotated[
        int | None, Query(ge=1, le=VERSION_MAX, description="The one before `second` if unset.")
    ] = None,
    second: AVersion = None,
) -> ReportsCompared:
    """Say cell by cell in what two versions of a report differ."""
    await horizon_in(house.desk, caller, Act.READ_FIGURES, zone)
    desk = reader_for(house, caller)
    reached = await desk.ledger.safe_position()
    scope = {"zone": zone, "report": number, "first": first, "second": second}
    await noted(house, caller, "figures", scope, reached)
    await _require_of(house, zone, number)
    earlier, later, found = await report_differences(desk, number, first, second)
    stands_at(response, reached)
    return ReportsCompared(
        first=ReportHead.of(earlier), second=ReportHead.of(later), **_told(found)
    )


@router.get(
    "/{zone}/{number}/correction",
    summary="What a correction would say",
    responses=PROBLEMS(404, 422, 429),
)
async def foresee(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    number: Number,
    post: Annotated[Code | None, Query(description="In which of one's posts.")] = None,
    on_behalf_of: Annotated[Code | None, Query(description="For whom a deputy asks.")] = None,
) -> Correction:
    """Compose a report again as the ledger stands now, and compare. Nothing is written."""
    await horizon_in(house.desk, caller, Act.MAKE_REPORTS, zone)
    terms = await terms_in_force(house.desk, zone)
    await _require_of(house, zone, number)
    officer = officer_for(house, caller, terms, post=post, on_behalf_of=on_behalf_of)
    async with one_at_a_time(f"{BY_COMMAND} correct"):
        newest, found, position = await foresee_correction(house.desk, number, officer)
    return Correction(newest=ReportHead.of(newest), position=position, **_told(found))


@router.post(
    "/{zone}/{number}/correction",
    status_code=201,
    summary="Correct a report",
    responses=PROBLEMS(404, 409, 422, 429),
)
async def correct(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    number: Number,
    body: NewCorrection,
    response: Response,
) -> ReportHead:
    """Make the next version of a report as the ledger stands now; the ones before stay. Refused
    where nothing would be told otherwise, and where another version is the newest by now."""
    await horizon_in(house.desk, caller, Act.MAKE_REPORTS, zone)
    terms = await terms_in_force(house.desk, zone)
    await _require_of(house, zone, number)
    officer = officer_for(house, caller, terms, post=body.post, on_behalf_of=body.on_behalf_of)
    async with one_at_a_time(f"{BY_COMMAND} correct"):
        row = await correct_report(
            house.desk, number, officer, body.reason, expected_version=body.expected_version
        )
    _at(response, row)
    return ReportHead.of(row)


async def _require_of(house: TheHouse, zone: str, number: str) -> None:
    """Of another zone's report nothing is learned: it is not there."""
    row = await house.desk.ledger.report(number)
    if row is None or row.zone != zone:
        raise not_there("There is no such report.")


def _told(found: Compared) -> dict[str, Any]:
    return {
        "same": found.is_same,
        "cells": [
            CellDiffers.model_validate(each, from_attributes=True)
            for each in found.cells[:CELLS_TOLD_MAX]
        ],
        "more": max(0, len(found.cells) - CELLS_TOLD_MAX),
        "fields": list(found.fields),
    }


def _at(response: Response, row: ReportRow) -> None:
    response.headers["Location"] = f"/v1/reports/{row.zone}/{row.number}"
    stands_at(response, row.position)
