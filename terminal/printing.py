"""`closeout print`: the ledger of a zone and its stored reports, as a workbook or a PDF."""

import asyncio
import io
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.phases import Phase
from terminal.asking import Zone
from terminal.progress import bars
from terminal.reads import note_read
from terminal.session import Session
from terminal.travel import AsOf, KnownAt, looked

if TYPE_CHECKING:
    from audit.exports.files import Written
    from audit.printed.fonts import FontFolders
    from audit.printed.ledger import Asked
    from audit.printed.paper import Paper
    from desk.desk import Desk
    from ledger.lists import Narrowed

WORKBOOK, PDF = ".xlsx", ".pdf"
ENDINGS = (WORKBOOK, PDF)


class Language(StrEnum):
    """In which language it is printed."""

    ZH = "zh"
    EN = "en"


File = Annotated[
    Path, typer.Option("--to", metavar="FILE", help=f"Where it goes: {WORKBOOK} or {PDF}.")
]
InLanguage = Annotated[Language, typer.Option("--language", help="In which language.")]
Force = Annotated[
    bool, typer.Option("--force", help="Take the place of a file that is there already.")
]
Fonts = Annotated[
    Path | None,
    typer.Option(
        "--fonts",
        metavar="FOLDER",
        help="PDF: fonts to take before all others.",
        show_default="CLOSEOUT_FONT_DIR",
    ),
]
Spelled = Annotated[
    bool,
    typer.Option(
        "--spell-missing",
        help="PDF: spell out a character that no font has, as [U+1F600], instead of refusing it.",
    ),
]
By = Annotated[
    str | None,
    typer.Option("--as", metavar="ACTOR", help="Who prints; it goes on record."),
]


async def print_ledger(
    session: Session,
    zone: Zone,
    to: File,
    phase: Annotated[
        Phase | None, typer.Option(metavar="WORD", help=f"In this phase: {', '.join(Phase)}.")
    ] = None,
    owner: Annotated[str | None, typer.Option(metavar="POST", help="Owned by this post.")] = None,
    handler: Annotated[str | None, typer.Option(metavar="POST", help="Handled by it.")] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="Worked on by this unit, or in part.")
    ] = None,
    category: Annotated[str | None, typer.Option(metavar="ID", help="Of this kind.")] = None,
    enterprise: Annotated[str | None, typer.Option(metavar="ID", help="Of this one.")] = None,
    tier: Annotated[int | None, typer.Option(metavar="1-5", min=1, help="At this tier.")] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="With this in its title.")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Past their deadline only.")] = False,
    at_risk: Annotated[bool, typer.Option("--at-risk", help="Warned of only.")] = False,
    open_only: Annotated[bool, typer.Option("--open", help="Not closed only.")] = False,
    language: InLanguage = Language.ZH,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    force: Force = False,
    fonts: Fonts = None,
    spell_missing: Spelled = False,
    actor: By = None,
) -> None:
    """Print the ledger (台账) of a zone: every issue that fits, in the order of the reports.

    As it stands at one position, which it states; or as it stood.
    """
    from ledger.lists import Narrowed

    filters = Narrowed(
        zone=zone,
        phase=phase,
        owner=owner,
        handler=handler,
        unit=unit,
        category=category,
        enterprise=enterprise,
        tier=tier,
        title=title,
        overdue=overdue,
        at_risk=at_risk,
        open_only=open_only,
    )
    ending = ending_of(to)
    async with session.desk(reading=True) as desk:
        asked = await _asked(desk, filters, language, as_of, known_at)
        scope = {"zone": zone, "printed": "ledger", "form": ending[1:], **_named(filters)}
        await note_read(session, desk, "export", scope, position=asked.sight.position, actor=actor)
        printing = Printing(to, ending, folders(session, fonts), force, spell_missing)
        count, file = await _ledger_put(session, desk, asked, printing)
    _answer(session, file, asked.sight.position, count)


async def print_report(
    session: Session,
    zone: Zone,
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="A number of `closeout reports list`.")
    ],
    to: File,
    version: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Of the report.", show_default="the newest"),
    ] = None,
    language: InLanguage = Language.ZH,
    force: Force = False,
    fonts: Fonts = None,
    spell_missing: Spelled = False,
    actor: By = None,
) -> None:
    """Print a stored report, word for word: daily, weekly or monthly."""
    from audit.printed.reports import paper_of_row
    from desk.reports import stored_report
    from domain.errors import InvalidRequestError

    ending = ending_of(to)
    async with session.desk(reading=True) as desk:
        found = await stored_report(desk, number, version)
        row = found.row
        if row.zone != zone:
            raise InvalidRequestError(
                "The report is another zone's.", field="zone", value=zone, allowed=row.zone
            )
        scope = {"zone": zone, "printed": row.id, "form": ending[1:]}
        await note_read(session, desk, "export", scope, position=row.position, actor=actor)
        terms = await desk.shelf.version(row.terms)
    paper = paper_of_row(row, found.body, terms, language.value)
    printing = Printing(to, ending, folders(session, fonts), force, spell_missing)
    _answer(session, await put_paper(paper, printing), row.position, None)


@dataclass(frozen=True, slots=True)
class Printing:
    """Where a paper goes, as what, and by which fonts."""

    to: Path
    ending: str
    fonts: "FontFolders"
    replace: bool
    spell_missing: bool = False


async def _asked(
    desk: "Desk",
    filters: "Narrowed",
    language: Language,
    as_of: str | None,
    known_at: str | None,
) -> "Asked":
    from audit.printed.ledger import Asked
    from desk.travelling import sight_of
    from domain.access import Horizon

    zone = filters.zone or ""
    terms = await desk.shelf.current(zone, desk.clock.now())
    then = await looked(desk, as_of, known_at, zone)
    return Asked(
        horizon=Horizon(zone=zone, whole=True),
        filters=filters,
        sight=await sight_of(desk, None) if then is None else then.sight,
        language=language.value,
        name=terms.handbook.name,
        time_zone=terms.calendar.time_zone,
    )


async def _ledger_put(
    session: Session, desk: "Desk", asked: "Asked", printing: Printing
) -> "tuple[int, Written]":
    """Write the ledger; return how many issues it has, and the file."""
    from audit.exports.files import PartFile, scratch
    from audit.printed.ledger import ledger_paper, write_ledger

    with bars(session) as shown:

        def progress(looked_at: int) -> None:
            shown.move("issues", completed=looked_at)

        if printing.ending == PDF:
            paper, count = await ledger_paper(desk.ledger, asked, progress=progress)
            return count, await put_paper(paper, printing)
        with PartFile(printing.to, replace=printing.replace) as file, scratch(printing.to) as own:
            made = own / "ledger.xlsx"
            count = await write_ledger(desk.ledger, asked, made, progress=progress)
            with made.open("rb") as whole:
                file.append(whole)
            return count, file.finish()


async def put_paper(paper: "Paper", printing: Printing) -> "Written":
    """Write a paper; its file appears whole or not at all."""
    from audit.exports.files import PartFile
    from audit.printed.pages import pdf_bytes
    from audit.printed.workbook import workbook_bytes

    with PartFile(printing.to, replace=printing.replace) as file:
        if printing.ending == PDF:
            spelling = printing.spell_missing
            made = await asyncio.to_thread(pdf_bytes, paper, printing.fonts, spell_missing=spelling)
        else:
            made = await asyncio.to_thread(workbook_bytes, paper)
        file.append(io.BytesIO(made))
        return file.finish()


def ending_of(to: Path, field: str = "--to") -> str:
    """Return as what it is printed. Raises InvalidRequestError."""
    from domain.errors import InvalidRequestError

    ending = to.suffix.lower()
    if ending not in ENDINGS:
        raise InvalidRequestError(
            "The file's name does not say as what.", field=field, value=to.name, allowed=ENDINGS
        )
    return ending


def folders(session: Session, fonts: Path | None) -> "FontFolders":
    """Return the fonts that PDFs are set in: these, the settings', the program's."""
    from audit.printed.fonts import FontFolders

    return FontFolders(own=fonts or session.settings.font_dir)


def _named(filters: "Narrowed") -> dict[str, object]:
    return {
        each.name: value
        for each in fields(filters)
        if (value := getattr(filters, each.name)) not in (None, False, ())
    }


def _answer(session: Session, file: "Written", position: int, issues: int | None) -> None:
    plain = {
        "file": str(file.path),
        "bytes": file.size,
        "sha256": file.sha256,
        "position": position,
        "issues": issues,
    }
    counted = "" if issues is None else f", {issues:,} issues"
    session.out.answer(
        plain,
        lambda: f"{file.path}: {file.size:,} bytes{counted}, as of position {position}",
    )
