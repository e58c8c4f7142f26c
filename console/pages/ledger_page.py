"""The ledger, narrowed like the board: a page that prints on A4, and the same as a file."""

import asyncio
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from audit.printed.fonts import FontFolders
from audit.printed.ledger import Asked, ledger_paper, write_ledger
from audit.printed.pages import pdf_bytes
from audit.printed.paper import Paper
from audit.printed.workbook import workbook_bytes
from console.asked import MaybeCode, MaybeCursor, MaybeText, MaybeTier, Unfilled, address_of
from console.page import Page
from console.press import printed, taken
from console.queries.ledger_page import ledger_page, sight_at
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone, Visit, ZoneVisit
from domain.access import Act, Horizon
from domain.days import to_ms
from domain.errors import InvalidRequestError
from domain.phases import Phase
from face.listing import MOMENTS_MS_MAX, POSITION_MAX
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
LOOKED_AT_MAX: Final = 50_000
"""So many issues are looked at while somebody waits; `closeout print ledger` prints all."""


MaybePosition = Annotated[Annotated[int, Field(ge=1, le=POSITION_MAX)] | None, Unfilled]
MaybeMoment = Annotated[Annotated[int, Field(ge=0, le=MOMENTS_MS_MAX)] | None, Unfilled]


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
    """All of it as a file, as it stood at the position `at`, the last one if left out, with the
    lights of `moment`, in milliseconds."""

    form: FileForm = Field()
    at: MaybePosition = None
    moment: MaybeMoment = None


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
    seen = question | {"at": found.sight.position or None, "moment": to_ms(found.sight.at)}
    data = {
        "found": found,
        "asked": asked,
        "phases": [(each, visit.said(f"enterprises_phase.{each}")) for each in Phase],
        "tiers": [(id_, visit.name(name)) for id_, name in naming.tiers()],
        "categories": [(id_, visit.name(name)) for id_, name in naming.categories()],
        "posts": [(id_, visit.name(name)) for id_, name in naming.posts()],
        "reports": here.removesuffix("/ledger"),
        "further": found.next and address_of(here, question | {"after": found.next}),
        "files": [(form, address_of(f"{here}/file", seen | {"form": form})) for form in MEDIA],
    }
    return visit.show(LEDGER, data)


@router.get("/{zone}/reports/ledger/file")
async def file(visit: InZone, asked: Annotated[FileAsked, Query()]) -> Response:
    """Return the ledger as a file, narrowed like the page and of the same position: exact, as the
    command line prints it."""
    within = visit.within(Act.READ_BOARD)
    question = asked.model_dump()
    await noted(visit.house, visit.caller, "issues", {"zone": visit.zone, **question})
    return _answer(await _file(visit, within, asked), asked.form, f"{visit.zone}-ledger")


async def as_file(visit: Visit, paper: Paper, form: FileForm, name: str) -> Response:
    """Return a paper as a file to be kept. Raises IssueError where it cannot be printed,
    TooManyRequestsError."""
    fonts = FontFolders(own=visit.house.settings.font_dir)
    return _answer(await printed(partial(_printed, paper, form, fonts)), form, name)


def _printed(paper: Paper, form: FileForm, fonts: FontFolders) -> bytes:
    """Return the file. One character that no font has, in one title, keeps nobody from printing:
    it is spelled out."""
    if form == "pdf":
        return pdf_bytes(paper, fonts, spell_missing=True)
    return workbook_bytes(paper)


async def _file(visit: ZoneVisit, within: Horizon, asked: FileAsked) -> bytes:
    """Return the ledger as it stood at the position that is asked for, read issue by issue. Raises
    InvalidRequestError where that is too much, TooManyRequestsError."""
    printing = Asked(
        horizon=within,
        filters=asked.narrowed(visit.zone),
        sight=await sight_at(visit.desk, asked.at, asked.moment),
        language=visit.language,
        name=visit.handbook.name,
        time_zone=visit.time_zone,
    )
    if asked.form == "pdf":
        paper, _ = await ledger_paper(visit.desk.ledger, printing, progress=_bounded)
        fonts = FontFolders(own=visit.house.settings.font_dir)
        return await printed(partial(_printed, paper, "pdf", fonts))
    async with taken():
        with TemporaryDirectory(prefix="closeout-ledger-") as folder:
            path = Path(folder) / "ledger.xlsx"
            await write_ledger(visit.desk.ledger, printing, path, progress=_bounded)
            return await asyncio.to_thread(path.read_bytes)


def _bounded(looked_at: int) -> None:
    if looked_at > LOOKED_AT_MAX:
        raise InvalidRequestError(
            "This is too far.", field="rows", value=looked_at, allowed=f"at most {LOOKED_AT_MAX}"
        )


def _answer(made: bytes, form: FileForm, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "no-store",
    }
    return Response(made, media_type=MEDIA[form], headers=headers)
