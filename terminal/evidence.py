"""`closeout evidence`: one file that proves one issue, and the program that checks it."""

import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.actors import VARIABLE
from terminal.auditing import named_stream
from terminal.reads import note_read
from terminal.session import Session

if TYPE_CHECKING:
    from audit.evidence import Evidence
    from desk.desk import Desk
    from ledger.signing import Signer

VERIFIER = "closeout_verify_evidence.py"
TRIES_MAX = 5
"""An issue at work may gain an event between the checkpoint and the reading."""


async def evidence_make(
    session: Session,
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="A ledger number, or ZONE/KEY.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the evidence goes.")],
    anchor: Annotated[
        bool, typer.Option("--anchor", help="Give the checkpoint to every anchor first.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Take the place of a file that is there already.")
    ] = False,
    actor: Annotated[
        str | None,
        typer.Option("--as", metavar="ACTOR", envvar=VARIABLE, help="Who asks; it goes on record."),
    ] = None,
) -> None:
    """Write the signed evidence of one issue: events, rules, proofs, timeline, in one file.

    Whoever has the log's key (`closeout log key`) checks it without Closeout: `evidence verifier`.
    """
    from audit.exports.files import PartFile
    from terminal.shown.evidence import evidence_plain, evidence_shown

    signer = _signer(session)
    with PartFile(file, replace=force) as part:
        async with session.desk() as desk:
            stream = await named_stream(desk, issue, None)
            await note_read(session, desk, "evidence", {"stream": stream}, actor=actor)
            made = await _made(session, desk, stream, signer, anchor=anchor)
        part.write(made.text)
        written = part.finish()
    vkey = signer.key.text
    session.out.answer(
        evidence_plain(made, written, vkey), lambda: evidence_shown(made, written, vkey)
    )


async def evidence_verifier(session: Session) -> None:
    """Print the program that checks evidence: one Python file that needs nothing of Closeout."""
    source = files("audit").joinpath("verifier", VERIFIER).read_text(encoding="utf-8")
    if session.as_json:
        session.out.answer({"name": VERIFIER, "source": source}, lambda: "")
    else:
        sys.stdout.write(source)  # as it is: a console would break its lines


def _signer(session: Session) -> "Signer":
    from ledger.signing import LogKeyError, read_signer

    settings = session.place.settings
    if settings.log_key is None:
        raise LogKeyError("No key is named that signs the log: set CLOSEOUT_LOG_KEY.")
    return read_signer(settings.log_key, settings.log_origin)


async def _made(
    session: Session, desk: "Desk", stream: str, signer: "Signer", *, anchor: bool
) -> "Evidence":
    """Carry the log on until a checkpoint has all of the issue, and return its evidence."""
    from audit.evidence import NotLoggedError, make_evidence
    from desk.log_opening import open_keeper
    from ledger.postgres_log import log_of

    log = log_of(desk.ledger)
    keeper = open_keeper(log, session.place.settings)
    for _ in range(TRIES_MAX - 1):
        await keeper.carry_on(datetime.now(UTC), anchor_now=anchor)
        try:
            return await make_evidence(desk.ledger, log, stream, signer, datetime.now(UTC))
        except NotLoggedError:
            continue
    await keeper.carry_on(datetime.now(UTC), anchor_now=anchor)
    return await make_evidence(desk.ledger, log, stream, signer, datetime.now(UTC))
