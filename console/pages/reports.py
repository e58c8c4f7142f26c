"""Reports: those that are stored, one of them with its versions, and attesting a day."""

from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import Form, Path, Query, Response
from pydantic import BaseModel, ValidationError

from console.asked import MaybeCode, MaybeCursor, Unfilled, address_of
from console.page import Menu, Page
from console.queries import reports as query
from console.queries.naming import Naming
from console.queries.report_versions import making_posts
from console.queries.supervision import actors_of
from console.routing import page_router
from console.visit import InZone, ZoneVisit
from desk.attesting import AttestDaily, attest_daily, attestations_of
from desk.reports import reports_of, stored_report
from domain.access import Act
from domain.errors import NotPermittedError, from_validation
from domain.model import Code, Text
from domain.people import Officer, named
from domain.routines import REPORTS as KINDS
from face.actors import actor_for
from face.asking import Day, not_there
from face.looked import noted

READS: Final = frozenset({Act.READ_FIGURES, Act.READ_BOARD})
REPORTS: Final = Page("reports", "/reports", READS, Menu.PROOF)
REPORT: Final = Page("stored_report", "/reports/{number}", frozenset({Act.READ_FIGURES}))
pages: tuple[Page, ...] = (REPORTS, REPORT)
router = page_router()

SHOWN: Final = 30
VERSION_MAX: Final = 10_000
BACK: Final = timedelta(days=31)

Number = Annotated[Code, Path()]
MaybeDay = Annotated[Day | None, Unfilled]


class Attested(BaseModel):
    """The form by which a day is attested."""

    day: Day
    nothing_found: bool = False
    text: Annotated[Text | None, Unfilled] = None
    post: MaybeCode = None
    on_behalf_of: MaybeCode = None


@router.get("/{zone}/reports")
async def listed(
    visit: InZone, kind: MaybeCode = None, day: MaybeDay = None, after: MaybeCursor = None
) -> Response:
    """Show what is stored, and who has attested a day: today unless another is asked for."""
    visit.within(Act.READ_BOARD)
    may_read = visit.may(Act.READ_FIGURES)
    page, further = None, None
    if may_read:
        await noted(visit.house, visit.caller, "figures", {"zone": visit.zone, "of": "reports"})
        page = await reports_of(visit.desk, visit.zone, kind=kind, after=after, limit=SHOWN)
        here = REPORTS.address(visit.zone)
        further = page.next and address_of(here, {"kind": kind, "after": page.next})
    data = {
        "page_of": page,
        "kind": kind or "",
        "kinds": [(each.value, visit.said(f"reports_kind.{each}")) for each in sorted(KINDS)],
        "further": further,
        "makers": _makers(visit),
        "naming": Naming(visit.handbook),
        **await _attested(visit, day or visit.today),
    }
    return visit.show(REPORTS, data)


@router.post("/{zone}/reports/attest")
async def attest(visit: InZone, form: Annotated[Attested, Form()]) -> Response:
    """Attest a day: that nothing was found, or what was."""
    visit.within(Act.READ_BOARD)
    actor = actor_for(
        visit.caller,
        visit.handbook,
        visit.today,
        post=form.post,
        on_behalf_of=form.on_behalf_of,
    )
    if not isinstance(actor, Officer):
        raise NotPermittedError("You may not do this here.", field="actor", value=named(actor))
    try:
        asked = AttestDaily(
            zone=visit.zone,
            day=form.day,
            no_abnormality=form.nothing_found,
            text=form.text,
        )
    except ValidationError as error:
        raise from_validation(error) from error
    await attest_daily(visit.house.desk, asked, actor)
    here = REPORTS.address(visit.zone)
    return visit.elsewhere(address_of(here, {"day": form.day.isoformat()}))


@router.get("/{zone}/reports/{number}")
async def one(
    visit: InZone,
    number: Number,
    version: Annotated[int | None, Query(ge=1, le=VERSION_MAX)] = None,
) -> Response:
    """Show a stored report, word for word, with its versions."""
    visit.within(Act.READ_FIGURES)
    await noted(visit.house, visit.caller, "figures", {"zone": visit.zone, "report": number})
    found = await stored_report(visit.desk, number, version)
    if found.row.zone != visit.zone:
        raise not_there("There is no such report.")
    try:
        shown = list(query.sections(found.body, visit.language, visit.time_zone))
    except query.UnknownSectionError:
        shown = None
    data = {
        "row": found.row,
        "title": query.title_of(found.body, visit.language),
        "sections": shown,
        "versions": found.versions,
        "newest": found.versions[-1].version,
        "may_correct": visit.may(Act.MAKE_REPORTS),
    }
    return visit.show(REPORT, data)


def _makers(visit: ZoneVisit) -> list[tuple[str, str]]:
    """Return the visitor's posts that make reports, by name."""
    if not visit.may(Act.MAKE_REPORTS):
        return []
    naming = Naming(visit.handbook)
    return [(id_, visit.name(naming.post(id_))) for id_ in making_posts(visit.posts())]


async def _attested(visit: ZoneVisit, day: date) -> dict[str, Any]:
    """Return who has attested a day, and whether the visitor has to."""
    found = await attestations_of(visit.desk, visit.zone, day)
    actors = actors_of(visit.caller, visit.handbook, visit.today)
    own = [each for each in actors if each.post in found.wanted]
    is_open = visit.today - BACK <= day <= visit.today
    return {
        "day": day,
        "attested": found,
        "is_overdue": found.is_overdue(visit.at),
        "own": own if is_open else [],
        "by_post": {row.post: row for row in found.given},
    }
