"""`closeout import ledger`: an office's old ledger, tried or taken over, told row by row."""

from pathlib import Path
from typing import Annotated

import typer

from terminal.actors import read_actor
from terminal.asking import Actor
from terminal.auditing import FOUND
from terminal.intake import acting_as, read_within, require_new_table, write_table
from terminal.progress import bars
from terminal.session import Session


async def import_ledger(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or .xlsx.")],
    zone: Annotated[str, typer.Option("--zone", metavar="ZONE", help="Whose issues these are.")],
    mapping: Annotated[
        Path, typer.Option("--mapping", metavar="MAP.toml", help="What its columns and words mean.")
    ],
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Import what can be; without it nothing is written.")
    ] = False,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="Of a workbook; else the first.")
    ] = None,
    answer: Annotated[
        Path | None,
        typer.Option("--answer", metavar="FILE", help="Write the answer here too: .csv or .xlsx."),
    ] = None,
    zh: Annotated[bool, typer.Option("--zh", help="Heads of --answer in Chinese.")] = False,
    actor: Actor = None,
) -> int:
    """Say what would become of each row of an old ledger, or with --confirm take it over.

    Numbers stay as they are, open clocks go on. A row that is wrong leaves no trace and stops no
    other; what was imported is not imported again. Exit code 6 if a row is wrong. Who acts must
    hold a post that coordinates.
    """
    from desk.importing.old_ledger import Taking, taken_over
    from desk.importing.old_mapping import MAPPING_BYTES_MAX, read_old_mapping
    from desk.importing.old_told import old_csv, old_workbook
    from desk.intake.bounds import BYTES_MAX
    from desk.intake.tables import read_table
    from terminal.shown.old_ledger import old_plain, old_shown

    meant = read_old_mapping(read_within(mapping, MAPPING_BYTES_MAX), str(mapping))
    require_new_table(answer)
    table = read_table(read_within(file, BYTES_MAX), sheet, by_line=True)
    acting = acting_as(read_actor(actor))
    async with session.desk() as desk:
        with bars(session) as shown:
            terms = await desk.shelf.current(zone, desk.clock.now())
            shown.move("rows", total=len(table.lines), completed=0)
            taking = Taking(
                desk=desk,
                terms=terms,
                actor=acting,
                confirmed=confirm,
                progress=lambda done: shown.move("rows", completed=done),
            )
            found = await taken_over(taking, table, meant)
    if answer is not None:
        language = "zh" if zh else "en"
        as_csv = answer.suffix.lower() == ".csv"
        write_table(answer, (old_csv if as_csv else old_workbook)(found, language))
    session.out.answer(old_plain(found), lambda: old_shown(found))
    return 0 if found.is_clean else FOUND
