"""`closeout signoff`: one-time links for the enterprise's answer, and how sign-offs ended."""

import sys
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from terminal.asking import Actor, Id, Key, Zone
from terminal.auditing import counting
from terminal.local_days import read_days
from terminal.session import Session

if TYPE_CHECKING:
    from pydantic import SecretStr

TOKEN_READ_MAX = 4096


async def signoff_link(
    session: Session,
    zone: Zone,
    key: Key,
    person: Annotated[
        str, typer.Option(metavar="ID", help="The person of the enterprise who may answer by it.")
    ],
    actor: Actor = None,
    id_: Id = None,
) -> None:
    """Make a one-time link by which a person of the enterprise answers the resolution.

    Its token is shown once and kept nowhere; sent again under one --id it is the same.
    """
    import json

    from desk.answer_links import issue_link
    from domain.commands import read_submission
    from terminal.actors import read_actor
    from terminal.shown.names import Names
    from terminal.shown.sign_offs import link_plain, link_shown

    secret = _secret(session)
    document = {
        "id": id_ or f"cli-{uuid4()}",
        "zone": zone,
        "key": key,
        "actor": read_actor(actor),
        "command": {"kind": "issue_answer_link", "person": person},
    }
    async with session.desk() as desk:
        made = await issue_link(desk, secret, read_submission(json.dumps(document)))
        row = await desk.row(zone, key)
        names = Names(await desk.shelf.version(row.issue.terms))
    session.out.answer(link_plain(made), lambda: link_shown(made, names.time_zone))
    if not session.as_json:
        typer.echo(made.token)  # Alone and unbroken, however narrow the paper is.


async def signoff_answer(
    session: Session,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The link's token; - is stdin.")],
    accept: Annotated[bool, typer.Option("--accept", help="The enterprise agrees.")] = False,
    reject: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The enterprise refuses, and says why.")
    ] = None,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A word with an agreement.")
    ] = None,
    satisfaction: Annotated[
        int | None, typer.Option(metavar="1-5", help="How content the enterprise is.")
    ] = None,
) -> None:
    """Answer a resolution for the enterprise by a one-time link.

    The same answer once more gives the first result again; another answer is refused.
    """
    if accept == (reject is not None):
        raise typer.BadParameter("say one of the two", param_hint="'--accept' / '--reject'")
    if note is not None and not accept:
        raise typer.BadParameter("goes with --accept", param_hint="'--note'")
    from desk.answer_links import answer
    from terminal.shown.issues import Seen, command_result
    from terminal.shown.names import Names

    secret = _secret(session)
    text = sys.stdin.read(TOKEN_READ_MAX).strip() if token == "-" else token  # noqa: S105  # no password: it stands for stdin
    async with session.desk() as desk:
        result = await answer(
            desk, secret, text, accept=accept, note=reject or note, satisfaction=satisfaction
        )
        row = await desk.row(result.zone, result.key)
        names = Names(await desk.shelf.version(row.issue.terms))
        seen = Seen(desk.seer.view(row), names)
    session.out.answer(result, lambda: command_result(result, seen))


async def signoff_report(
    session: Session,
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Of this zone.")] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First local day, YYYY-MM-DD.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Last local day, YYYY-MM-DD.")
    ] = None,
) -> None:
    """Count how sign-offs ended: each outcome by itself, with what it is a share of.

    By close-out, by the first verdict of each cycle, and by the first verdict of each issue.
    """
    from audit.sign_offs import sign_offs
    from terminal.shown.sign_offs import sign_offs_plain, sign_offs_shown

    from_on, to_on = read_days(from_, to)
    async with session.desk() as desk:
        if zone is not None:
            await desk.shelf.current(zone, desk.clock.now())
        with counting(session, "reading streams") as progress:
            found = await sign_offs(
                desk.ledger, zone=zone, from_on=from_on, to_on=to_on, progress=progress
            )
    session.out.answer(
        sign_offs_plain(found, zone, from_on, to_on),
        lambda: sign_offs_shown(found, zone, from_on, to_on),
    )


def _secret(session: Session) -> "SecretStr":
    from runtime.link_secret import link_secret

    place = session.place
    return link_secret(place.settings, embedded=place.stack is not None)
