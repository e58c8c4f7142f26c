"""Reports are made where the routine has not, compared version by version, and corrected: what a
correction would say is shown beside what stands before anybody confirms it."""

from typing import Annotated, Any, Final

from fastapi import Form, Query, Response
from pydantic import BaseModel, Field

from activities.reporting import correct_report, foresee_correction, make_report_of
from console.asked import MaybeCode
from console.page import Page
from console.pages.reports import REPORTS, VERSION_MAX, Number
from console.queries import report_versions as query
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from desk.reports import report_differences
from domain.access import Act
from domain.model import Code, Text
from domain.report_differences import Compared
from face.asking import Day, not_there
from face.looked import noted
from face.stating import officer_for, one_at_a_time

MAKES: Final = frozenset({Act.MAKE_REPORTS})
VERSIONS: Final = Page(
    "report_versions", "/reports/{number}/versions", frozenset({Act.READ_FIGURES})
)
CORRECTION: Final = Page("report_correction", "/reports/{number}/correction", MAKES)
pages: tuple[Page, ...] = (VERSIONS, CORRECTION)
router = page_router()

MaybeVersion = Annotated[int | None, Query(ge=1, le=VERSION_MAX)]


class Made(BaseModel):
    """The form by which a report is made."""

    kind: Code
    to_on: Day
    post: MaybeCode = None


class Corrected(BaseModel):
    """The form by which a report is corrected, after what it would say was looked at."""

    expected_version: Annotated[int, Field(ge=1, le=VERSION_MAX)]
    reason: Text
    post: MaybeCode = None


@router.post("/{zone}/reports/make")
async def make(visit: InZone, form: Annotated[Made, Form()]) -> Response:
    """Make a report that the routine has not made; one that is there is shown."""
    visit.within(Act.MAKE_REPORTS)
    officer = officer_for(visit.house, visit.caller, visit.terms, post=form.post)
    async with one_at_a_time("closeout reports make"):
        row = await make_report_of(visit.house.desk, visit.zone, form.kind, form.to_on, officer)
    return visit.elsewhere(f"{REPORTS.address(visit.zone)}/{row.number}")


@router.get("/{zone}/reports/{number}/versions")
async def versions(
    visit: InZone, number: Number, first: MaybeVersion = None, second: MaybeVersion = None
) -> Response:
    """Show two versions of a report side by side, as far as they differ."""
    visit.within(Act.READ_FIGURES)
    scope = {"zone": visit.zone, "report": number, "first": first, "second": second}
    await noted(visit.house, visit.caller, "figures", scope)
    await _require_of(visit, number)
    earlier, later, found = await report_differences(visit.desk, number, first, second)
    rows = await visit.desk.ledger.report_versions(number)
    data = {
        "number": number,
        "first": earlier,
        "second": later,
        "options": [(str(row.version), str(row.version)) for row in rows],
        **_shown(visit, found),
    }
    return visit.show(VERSIONS, data)


@router.get("/{zone}/reports/{number}/correction")
async def foresee(visit: InZone, number: Number, post: MaybeCode = None) -> Response:
    """Compose a report again and show what would be told otherwise. Nothing is written."""
    visit.within(Act.MAKE_REPORTS)
    scope = {"zone": visit.zone, "report": number, "of": "correction"}
    await noted(visit.house, visit.caller, "figures", scope)
    await _require_of(visit, number)
    officer = officer_for(visit.house, visit.caller, visit.terms, post=post or _able(visit))
    async with one_at_a_time("closeout reports correct"):
        newest, found, position = await foresee_correction(visit.house.desk, number, officer)
    data = {
        "number": number,
        "newest": newest,
        "position": position,
        "post": officer.post,
        "post_name": visit.name(Naming(visit.handbook).post(officer.post)),
        **_shown(visit, found),
    }
    return visit.show(CORRECTION, data)


@router.post("/{zone}/reports/{number}/correction")
async def correct(visit: InZone, number: Number, form: Annotated[Corrected, Form()]) -> Response:
    """Make the next version, and show it beside the one before."""
    visit.within(Act.MAKE_REPORTS)
    await _require_of(visit, number)
    officer = officer_for(visit.house, visit.caller, visit.terms, post=form.post)
    async with one_at_a_time("closeout reports correct"):
        await correct_report(
            visit.house.desk,
            number,
            officer,
            form.reason,
            expected_version=form.expected_version,
        )
    return visit.elsewhere(f"{REPORTS.address(visit.zone)}/{number}/versions")


def _able(visit: ZoneVisit) -> str | None:
    """Return a post of the visitor's that makes reports, so that the page need not ask."""
    return next(iter(query.making_posts(visit.posts())), None)


async def _require_of(visit: ZoneVisit, number: str) -> None:
    row = await visit.desk.ledger.report(number)
    if row is None or row.zone != visit.zone:
        raise not_there("There is no such report.")


def _shown(visit: ZoneVisit, found: Compared) -> dict[str, Any]:
    return {
        "sections": query.differing(found, visit.language, visit.time_zone),
        "more": max(0, len(found.cells) - query.CELLS_SHOWN_MAX),
        "fields": found.fields,
        "same": found.is_same,
    }
