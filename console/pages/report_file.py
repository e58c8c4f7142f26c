"""Stored reports as files, PDF or Excel: made apart from what others wait for."""

from typing import Annotated

from fastapi import Query, Response

from audit.printed.reports import ReportHead, paper_of_report
from console.pages.ledger_page import FileForm, as_file
from console.pages.reports import VERSION_MAX, Number
from console.routing import page_router
from console.visit import InZone
from desk.reports import stored_report
from domain.access import Act
from face.asking import not_there
from face.looked import noted

router = page_router()


@router.get("/{zone}/reports/{number}/file")
async def report_file(
    visit: InZone,
    number: Number,
    form: FileForm,
    version: Annotated[int | None, Query(ge=1, le=VERSION_MAX)] = None,
) -> Response:
    """Return a stored report as a file."""
    visit.within(Act.READ_FIGURES)
    await noted(
        visit.house, visit.caller, "figures", {"zone": visit.zone, "report": number, "form": form}
    )
    found = await stored_report(visit.desk, number, version)
    row = found.row
    if row.zone != visit.zone:
        raise not_there("There is no such report.")
    head = ReportHead(
        number=row.number,
        version=row.version,
        zone_name=visit.handbook.name,
        period=(row.from_on, row.to_on),
        position=row.position,
        made_at=row.at,
        time_zone=visit.time_zone,
        author=row.author,
        correction=row.reason,
    )
    paper = paper_of_report(dict(found.body), head, visit.language)
    return await as_file(visit, paper, form, row.id.replace("/", "-v"))
