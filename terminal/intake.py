"""`closeout intake`: a table of reports, tried or taken in, told row by row."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.actors import read_actor
from terminal.asking import Actor
from terminal.auditing import FOUND
from terminal.progress import bars
from terminal.session import Session

if TYPE_CHECKING:
    from desk.intake.told import IntakeAnswer
    from domain.people import Actor as Acting

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or .xlsx.")]
Zone = Annotated[str, typer.Option("--zone", metavar="ZONE", help="Whose issues these are.")]
Map = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="MAP.toml", help="Which column holds what."),
]
SheetName = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME", help="Of a workbook; else the first.")
]
Answer = Annotated[
    Path | None,
    typer.Option("--answer", metavar="FILE", help="Write the answer here too: .csv or .xlsx."),
]
Chinese = Annotated[bool, typer.Option("--zh", help="Heads of --answer in Chinese.")]


async def intake_check(
    session: Session,
    file: File,
    zone: Zone,
    mapping: Map = None,
    sheet: SheetName = None,
    answer: Answer = None,
    zh: Chinese = False,
    actor: Actor = None,
) -> int:
    """Say what would become of each row, and write nothing.

    Names what is wrong, the nearest names there are, rows that say the same, open issues that may
    be the same. Exit code 6 if a row cannot be reported.
    """
    acting = read_actor("service:intake" if actor is None else actor)
    return await _taken(session, file, zone, mapping, sheet, answer, acting, zh=zh, dry_run=True)


async def intake_run(
    session: Session,
    file: File,
    zone: Zone,
    mapping: Map = None,
    sheet: SheetName = None,
    answer: Answer = None,
    zh: Chinese = False,
    actor: Actor = None,
) -> int:
    """Report every row that can be reported; the same file again changes nothing.

    A row that fails leaves no trace and stops no other. Exit code 6 if there is one.
    """
    acting = read_actor(actor)
    return await _taken(session, file, zone, mapping, sheet, answer, acting, zh=zh, dry_run=False)


async def _taken(
    session: Session,
    file: Path,
    zone: str,
    mapping: Path | None,
    sheet: str | None,
    answer: Path | None,
    acting: dict[str, str],
    *,
    zh: bool,
    dry_run: bool,
) -> int:
    from desk.intake.bounds import BYTES_MAX, ROWS_MAX
    from desk.intake.columns import MAPPING_BYTES_MAX, NO_MAPPING, read_mapping
    from desk.intake.tables import read_table
    from desk.intake.taking import Taking, taken_in
    from terminal.shown.intake import intake_plain, intake_shown

    own = NO_MAPPING if mapping is None else read_mapping(read_within(mapping, MAPPING_BYTES_MAX))
    require_new_table(answer)
    table = read_table(read_within(file, BYTES_MAX), sheet)
    async with session.desk() as desk:
        with bars(session) as shown:
            terms = await desk.shelf.current(zone, desk.clock.now())
            shown.move("rows", total=len(table.lines), completed=0)
            taking = Taking(
                desk=desk,
                terms=terms,
                actor=acting_as(acting),
                dry_run=dry_run,
                compare_max=ROWS_MAX,
                progress=lambda done: shown.move("rows", completed=done),
            )
            found = await taken_in(taking, table, own)
    if answer is not None:
        _write(answer, found, "zh" if zh else "en")
    session.out.answer(intake_plain(found), lambda: intake_shown(found))
    return 0 if found.is_clean else FOUND


def acting_as(acting: dict[str, str]) -> "Acting":
    """Return who acts. Raises InvalidRequestError."""
    from pydantic import TypeAdapter, ValidationError

    from domain.errors import from_validation
    from domain.people import Actor as AnyActor

    adapter: TypeAdapter[Acting] = TypeAdapter(AnyActor)
    try:
        return adapter.validate_python(acting)
    except ValidationError as error:
        raise from_validation(error) from None


def read_within(path: Path, bytes_max: int) -> bytes:
    """Return what a file holds. Raises InvalidRequestError."""
    from domain.errors import InvalidRequestError
    from handbooks.operator_files import FileReadError, read_bytes

    try:
        return read_bytes(path, bytes_max)
    except FileReadError as error:
        raise InvalidRequestError(f"The file {error}.", field="file", value=path) from error


def require_new_table(answer: Path | None) -> None:
    """Refuse a file that an answer cannot be written to. Raises InvalidRequestError."""
    from domain.errors import InvalidRequestError

    if answer is None:
        return
    if answer.suffix.lower() not in (".csv", ".xlsx"):
        raise InvalidRequestError(
            "The answer is written as CSV or as a workbook.",
            field="--answer",
            value=answer,
            allowed="a name that ends in .csv or .xlsx",
        )
    if answer.exists():
        raise InvalidRequestError(
            "There is such a file already.", field="--answer", value=answer, allowed="a new file"
        )


def _write(answer: Path, found: "IntakeAnswer", language: str) -> None:
    from desk.intake.writing import as_csv, as_workbook

    write = as_csv if answer.suffix.lower() == ".csv" else as_workbook
    write_table(answer, write(found, language))


def write_table(answer: Path, content: bytes) -> None:
    """Write an answer to a new file. Raises InvalidRequestError."""
    from domain.errors import InvalidRequestError

    try:
        with answer.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise InvalidRequestError(
            f"The answer cannot be written: {error.strerror}.", field="--answer", value=answer
        ) from error
