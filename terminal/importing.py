"""`closeout import xes`: another system's log played as commands, and counted twice."""

from pathlib import Path
from typing import Annotated

import typer

from terminal.auditing import FOUND, counting
from terminal.session import Session


async def import_xes(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A XES log, plain or gzipped.")],
    mapping: Annotated[
        Path,
        typer.Option(metavar="MAP.toml", help="Which attribute holds what."),
    ],
) -> int:
    """Play a log through the engine and count the log and the ledger. Needs no stack.

    The ledger is in memory and gone afterwards. Exit code 6 if the two counts differ.
    """
    from desk.importing.mapping import read_mapping
    from desk.importing.playing import import_xes as played
    from terminal.shown.importing import imported, plain

    meant = read_mapping(mapping)
    with counting(session, "playing") as progress:
        found = await played(file, meant, on_issue=progress)
    session.out.answer(plain(found), lambda: imported(found, file))
    return 0 if found.is_equal else FOUND
