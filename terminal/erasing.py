"""`closeout erase`, and what `closeout show --personal` tells of persons."""

from typing import Annotated

import typer

from terminal.actors import VARIABLE, read_actor
from terminal.publishing import POST, read_officer
from terminal.session import Session, find_issue


async def erase(
    session: Session,
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="The pseudonym that the texts are kept under.")
    ],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; it stays readable, so it names nobody.")
    ],
    actor: Annotated[
        str | None,
        typer.Option("--as", metavar=POST, envvar=VARIABLE, help="Who answers for it."),
    ] = None,
) -> None:
    """Destroy the key of all texts about a person, for good: nobody can read them again, anywhere.

    By a coordinator, a supervisor or a top-tier post of a zone. Events, proofs and figures stay as
    they are. Backups of the keys folder made before have to be destroyed as well.
    """
    from pydantic import ValidationError

    from desk.erasing import Asked
    from desk.erasing import erase as erased_by
    from domain.errors import from_validation
    from terminal.shown.erasing import erased_plain, erased_shown

    officer = read_officer(actor, "--as")
    try:
        asked = Asked(subject=subject, reason=reason, actor=officer)
    except ValidationError as error:
        raise from_validation(error) from error
    async with session.desk() as desk:
        erased = await erased_by(desk, asked)
    session.out.answer(erased_plain(erased), lambda: erased_shown(erased))


async def show_personal(session: Session, issue: str, key: str | None, actor: str | None) -> None:
    """Show what an issue's events say of persons, to whoever may read it; the read is recorded."""
    from pydantic import TypeAdapter

    from desk.sealing import personal_texts
    from domain.people import Actor
    from terminal.shown.erasing import personal_plain, personal_shown

    reader: Actor = TypeAdapter[Actor](Actor).validate_python(read_actor(actor))
    async with session.desk() as desk:
        row = await find_issue(desk, issue, key)
        texts = await personal_texts(desk, row, reader)
        terms = await desk.shelf.version(row.issue.terms)
    stream, time_zone = row.issue.stream, terms.calendar.time_zone
    session.out.answer(
        personal_plain(stream, texts), lambda: personal_shown(stream, texts, time_zone)
    )
