"""The ledger, narrowed like the board: a page that prints on A4, and the same as a file."""

from functools import partial
from typing import Annotated, Final, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from audit.printed.fonts import FontFolders
from audit.printed.pages import pdf_bytes
from audit.printed.paper import Cell, Column, Kind, Paper, Table
from audit.printed.workbook import workbook_bytes
from console.asked import MaybeCode, MaybeCursor, MaybeText, MaybeTier, Unfilled, address_of
from console.page import Page
from console.press import printed
from console.queries.ledger_page import LedgerLine, ledger_page
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone, Visit, ZoneVisit
from domain.access import Act, Horizon
from domain.errors import InvalidRequestError
from domain.phases import Phase
from face.looked import noted
from ledger.lists import Narrowed

LEDGER: Final = Page("ledger", "/reports/ledger", frozenset({Act.READ_BOARD}))
pages: tuple[Page, ...] = (LEDGER,)
router = page_router()

FileForm = Literal["pdf", "xlsx"]
MEDIA: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ROWS_MAX: Final = 5_000
"""So many issues are printed while somebody waits; `closeout print ledger` prints all."""
MOMENTS: Final = frozenset({"reported", "due", "closed"})
HEADS: Final = (
    *("number", "enterprise", "category", "what", "owner", "handler", "tier", "phase"),
    *("reported", "due", "closed", "outcome"),
)


class Narrowing(BaseModel):
    """What the ledger is narrowed by; what a form leaves empty asks for nothing."""

    phase: Annotated[Phase | None, Unfilled] = None
    tier: MaybeTier = None
    category: MaybeCode = None
    enterprise: MaybeCode = None
    owner: MaybeCode = None
    title: MaybeText = None
    open: bool = False

    def narrowed(self, zone: str) -> Narrowed:
        """Return it as lists are narrowed."""
        return Narrowed(
            zone=zone,
            phase=self.phase,
            tier=self.tier,
            category=self.category,
            enterprise=self.enterprise,
            owner=self.owner,
            title=self.title,
            open_only=self.open,
        )


class PageAsked(Narrowing):
    """A page of it."""

    after: MaybeCursor = None


class FileAsked(Narrowing):
    """All of it as a file."""

    form: FileForm = Field()


@router.get("/{zone}/reports/ledger")
async def show(visit: InZone, asked: Annotated[PageAsked, Query()]) -> Response:
    """Show a page of the ledger."""
    within = visit.within(Act.READ_BOARD)
    question = asked.model_dump(exclude={"after"})
    await noted(visit.house, visit.caller, "issues", {"zone": visit.zone, **question})
    filters = asked.narrowed(visit.zone)
    found = await ledger_page(visit.desk, visit.handbook, within, filters, asked.after)
    naming = Naming(visit.handbook)
    here = LEDGER.address(visit.zone)
    data = {
        "found": found,
        "asked": asked,
        "phases": [(each, visit.said(f"enterprises_phase.{each}")) for each in Phase],
        "tiers": [(id_, visit.name(name)) for id_, name in naming.tiers()],
        "categories": [(id_, visit.name(name)) for id_, name in naming.categories()],
        "posts": [(id_, visit.name(name)) for id_, name in naming.posts()],
        "reports": here.removesuffix("/ledger"),
        "further": found.next and address_of(here, question | {"after": found.next}),
    }
    return visit.show(LEDGER, data)


@router.get("/{zone}/reports/ledger/file")
async def file(visit: InZone, asked: Annotated[FileAsked, Query()]) -> Response:
    """Return the ledger as a file, narrowed like the page: made apart from what others wait for."""
    within = visit.within(Act.READ_BOARD)
    question = asked.model_dump()
    await noted(visit.house, visit.caller, "issues", {"zone": visit.zone, **question})
    paper = await _paper(visit, await _every(visit, within, asked.narrowed(visit.zone)))
    return await as_file(visit, paper, asked.form, f"{visit.zone}-ledger")


async def as_file(visit: Visit, paper: Paper, form: FileForm, name: str) -> Response:
    """Return a paper as a file to be kept. Raises IssueError where it cannot be printed,
    TooManyRequestsError."""
    fonts = FontFolders(own=visit.house.settings.font_dir)
    made = await printed(partial(_printed, paper, form, fonts))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "no-store",
    }
    return Response(made, media_type=MEDIA[form], headers=headers)


def _printed(paper: Paper, form: FileForm, fonts: FontFolders) -> bytes:
    """Return the file. One character that no font has, in one title, keeps nobody from printing:
    it is spelled out."""
    if form == "pdf":
        return pdf_bytes(paper, fonts, spell_missing=True)
    return workbook_bytes(paper)


async def _every(visit: ZoneVisit, within: Horizon, filters: Narrowed) -> list[LedgerLine]:
    """Return all that fits. Raises InvalidRequestError where that is too much."""
    lines: list[LedgerLine] = []
    after: str | None = None
    while after is not None or not lines:
        page = await ledger_page(visit.desk, visit.handbook, within, filters, after)
        lines += page.lines
        after = page.next
        if after is None:
            break
        if len(lines) >= ROWS_MAX:
            raise InvalidRequestError(
                "This is too far.", field="rows", value=len(lines), allowed=f"at most {ROWS_MAX}"
            )
    return lines


async def _paper(visit: ZoneVisit, lines: list[LedgerLine]) -> Paper:
    columns = tuple(
        Column(visit.said(f"ledger.{each}"), Kind.MOMENT if each in MOMENTS else Kind.TEXT)
        for each in HEADS
    )
    rows = tuple(_row(visit, each) for each in lines)
    title = visit.said("ledger.title")
    return Paper(
        title=title,
        language=visit.language,
        time_zone=visit.time_zone,
        made_at=visit.at,
        position=await visit.desk.ledger.safe_position(),
        issuer=visit.name(visit.handbook.name),
        landscape=True,
        sections=(Table(title=title, columns=columns, rows=rows, id="ledger"),),
    )


def _row(visit: ZoneVisit, line: LedgerLine) -> tuple[Cell, ...]:
    issue = line.issue
    return (
        issue.number or issue.key,
        visit.name(line.enterprise),
        visit.name(line.category),
        issue.title,
        visit.name(line.owner),
        visit.name(line.handler),
        visit.name(line.tier),
        visit.said(f"enterprises_phase.{issue.phase}"),
        issue.reported_at,
        None if issue.deadline is None else issue.deadline.due_at,
        issue.closed_at,
        None if issue.outcome is None else visit.said(f"ledger_outcome.{issue.outcome}"),
    )
