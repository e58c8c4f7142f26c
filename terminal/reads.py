"""Who looked: audits, exports, looks at personal text are noted, and `closeout reads` tells."""

import getpass
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.actors import VARIABLE, read_actor
from terminal.session import Session

if TYPE_CHECKING:
    from desk.desk import Desk
    from ledger.reads import ReadKind

SCOPE_CHARACTERS_MAX = 2000
LIST_MAX = 1000


async def note_read(
    session: Session,
    desk: "Desk",
    kind: "ReadKind",
    scope: Mapping[str, object],
    *,
    position: int | None = None,
    actor: str | None = None,
) -> bool:
    """Note before reading that somebody is about to: who (`actor` as on the command line, or the
    environment's, or else the account), what, and how far the ledger went. Returns whether that
    is in the ledger now.
    """
    from uuid import uuid4

    from domain.canonical import canonical
    from ledger.reads import AuditReadRow

    said = {name: value for name, value in scope.items() if value is not None}
    who = canonical(reading_actor(actor))

    async def put(writer: "Desk") -> None:
        row = AuditReadRow(
            id=str(uuid4()),
            kind=kind,
            scope=canonical(said)[:SCOPE_CHARACTERS_MAX],
            position=await desk.ledger.safe_position() if position is None else position,
            actor=who,
            at=desk.clock.now(),
        )
        await writer.ledger.put_audit_read(row)

    return await put_on_record(session, desk, f"This {kind}", put)


async def put_on_record(
    session: Session, desk: "Desk", what: str, put: "Callable[[Desk], Awaitable[None]]"
) -> bool:
    """Have `put` write of an audit by `desk`; return whether it did.

    The reader's role adds nothing, so that it goes through the writer's. Where that is not named or
    not reached, stderr says so of `what`: a damaged ledger is audited all the same.
    """
    from ledger.port import LedgerError

    problem = "only the reader's role is named (CLOSEOUT_DATABASE_URL is not set)"
    try:
        async with writing(session, desk) as writer:
            if writer is not None:
                await put(writer)
                return True
    except LedgerError as error:
        problem = str(error)
    session.out.aside.print(f"{what} was not noted in the ledger: {problem}.")
    return False


@asynccontextmanager
async def writing(session: Session, desk: "Desk") -> "AsyncIterator[Desk | None]":
    """Open a desk that may write beside `desk`, which reads; None if no writer is named."""
    settings = session.place.settings
    if settings.reader_database_url is None:
        yield desk
    elif settings.database_url is None:
        yield None
    else:
        async with session.desk() as writer:
            yield writer


def reading_actor(named: str | None) -> dict[str, object]:
    """Return who reads. What an account is called is the operating system's word, not a desk's."""
    said = named or os.environ.get(VARIABLE)
    if said:
        return dict(read_actor(said))
    return {"kind": "account", "name": account()}


def account() -> str:
    """Return what the operating system calls whoever types."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


async def reads(
    session: Session,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Of one kind: verify, replay, export, evidence, board …"),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=LIST_MAX, help="How many, newest first.")] = 100,
) -> None:
    """List who verified, replayed, exported or read personal text, and how far the ledger went."""
    from domain.errors import InvalidRequestError
    from ledger.reads import KINDS
    from terminal.shown.reads import reads_plain, reads_shown

    async with session.desk(reading=True) as desk:
        found = await desk.ledger.audit_reads(kind=kind, limit=limit)
    if kind is not None and not found and kind not in KINDS:
        raise InvalidRequestError(
            "No read is of such a kind.", field="kind", value=kind, allowed=KINDS
        )
    session.out.answer(reads_plain(found), lambda: reads_shown(found, kind))
