"""`closeout report` and `closeout do`: something is asked of an issue."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from domain.phases import Origin, Priority
from terminal.actors import FORMS, VARIABLE, read_actor
from terminal.session import Session, stdin_is_terminal

if TYPE_CHECKING:
    from domain.commands import Submission

Zone = Annotated[str, typer.Argument(metavar="ZONE", help="A zone of `closeout zones`.")]
Key = Annotated[
    str,
    typer.Argument(metavar="KEY", help="Your own name for the issue: letters, digits, . _ - (64)."),
]
Actor = Annotated[
    str | None, typer.Option("--as", metavar="ACTOR", envvar=VARIABLE, help=f"Who acts: {FORMS}.")
]
Id = Annotated[
    str | None,
    typer.Option(
        "--id", metavar="ID", help="Makes it safe to send again.", show_default="a new one"
    ),
]
OccurredAt = Annotated[
    str | None,
    typer.Option(metavar="INSTANT", help="When it took place, such as 2026-03-02T09:00+08:00."),
]
Expect = Annotated[
    int | None, typer.Option(metavar="VERSION", help="Refuse if the issue has moved on from this.")
]
File = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Take the whole submission as JSON from a file; - is stdin."),
]
Under = Annotated[
    str | None,
    typer.Option(
        metavar="DECISION", help="What a meeting decided and this carries out, such as 1.plan."
    ),
]


async def report(
    session: Session,
    zone: Zone,
    key: Key,
    enterprise: Annotated[str, typer.Option(metavar="ID", help="Whose issue it is.")],
    category: Annotated[str, typer.Option(metavar="ID", help="What kind of issue it is.")],
    title: Annotated[str, typer.Option(metavar="TEXT", help="One line, up to 200 characters.")],
    text: Annotated[str, typer.Option(metavar="TEXT", help="The issue, up to 4,000 characters.")],
    origin: Annotated[
        Origin,
        typer.Option(metavar="WORD", help=f"How it came to be known: {', '.join(Origin)}."),
    ] = Origin.ENTERPRISE,
    priority: Annotated[
        Priority,
        typer.Option(metavar="WORD", help=f"How fast it must go: {', '.join(Priority)}."),
    ] = Priority.ORDINARY,
    tier: Annotated[int, typer.Option(metavar="1-5", help="Where it enters.")] = 1,
    incident: Annotated[
        str | None, typer.Option(metavar="ID", help="The emergency that it belongs to.")
    ] = None,
    report_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Of a message that tells of several problems: its name."),
    ] = None,
    rectify: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="What the enterprise has to put right; repeat for more."),
    ] = None,
    limit: Annotated[
        str | None,
        typer.Option(
            metavar="LENGTH", help="Within what time, such as 5wd.", show_default="the handbook's"
        ),
    ] = None,
    apply: Annotated[
        str | None, typer.Option(metavar="FORM", help="Apply for this, a form of the handbook.")
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="What the form asks and holds here; repeat for more."),
    ] = None,
    actor: Actor = None,
    id_: Id = None,
    occurred_at: OccurredAt = None,
    expect: Expect = None,
) -> None:
    """Report an issue of an enterprise."""
    command = {
        "kind": "report",
        "enterprise": enterprise,
        "category": category,
        "title": title,
        "text": text,
        "origin": origin,
        "priority": priority,
        "tier": tier,
        "incident": incident,
        "report_id": report_id,
        "rectify": _rectify(rectify, limit),
        "application": _apply(apply, claim),
    }
    await _send(session, _submission(zone, key, command, actor, id_, occurred_at, expect))


async def do(
    session: Session,
    zone: Annotated[str | None, typer.Argument(metavar="ZONE", help="The issue's zone.")] = None,
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="The issue's key.")] = None,
    command: Annotated[
        str | None, typer.Argument(metavar="COMMAND", help="What is asked; --commands lists them.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD", help="key=text, key:=JSON, a.b=text, or one object."),
    ] = None,
    actor: Actor = None,
    id_: Id = None,
    occurred_at: OccurredAt = None,
    expect: Expect = None,
    under: Under = None,
    file: File = None,
    commands: Annotated[
        bool, typer.Option("--commands", help="List the commands, their fields, and who may.")
    ] = False,
) -> None:
    """Ask something of an issue: accept, escalate, propose a resolution, confirm, verify …

    closeout do cedz k1 accept --as officer:cedz-p01@cedz-grid-officer-1
    """
    if commands:
        from terminal.shown.commands import command_list, commands_plain

        session.out.answer(commands_plain(), command_list)
        return
    if file is not None:
        if zone is not None:
            raise typer.BadParameter("a file says it all: leave out ZONE, KEY and COMMAND")
        await _send(session, _read(file))
        return
    if zone is None or key is None or command is None:
        raise typer.BadParameter("give ZONE KEY COMMAND, or --file; --commands lists what there is")
    from terminal.fields import read_fields, read_kind

    asked = {**read_fields(fields or ()), "kind": read_kind(command)}
    sent = _submission(zone, key, asked, actor, id_, occurred_at, expect, under)
    await _send(session, sent)


def _rectify(items: list[str] | None, limit: str | None) -> dict[str, Any] | None:
    if limit is not None and not items:
        raise typer.BadParameter("goes with --rectify", param_hint="'--limit'")
    return {"items": items} | ({} if limit is None else {"limit": limit}) if items else None


def _apply(form: str | None, claims: list[str] | None) -> dict[str, Any] | None:
    if claims and form is None:
        raise typer.BadParameter("goes with --apply", param_hint="'--claim'")
    return None if form is None else {"form": form, "claims": claims or []}


def _submission(
    zone: str,
    key: str,
    command: dict[str, Any],
    actor: str | None,
    id_: str | None,
    occurred_at: str | None,
    expected_version: int | None,
    under: str | None = None,
) -> "Submission":
    """Return what is sent; raises InvalidRequestError naming the field that is wrong."""
    from domain.commands import read_submission

    document = {
        "id": id_ or f"cli-{uuid4()}",
        "zone": zone,
        "key": key,
        "actor": read_actor(actor),
        "command": command,
        "expected_version": expected_version,
        "occurred_at": occurred_at,
        "under": _decision(under),
    }
    return read_submission(json.dumps(document))


def _decision(text: str | None) -> dict[str, str] | None:
    """Return a decision that is written as `closeout show` names it."""
    if text is None:
        return None
    meeting, _, decision = text.partition(".")
    return {"meeting": meeting, "decision": decision}


def _read(file: str) -> "Submission":
    from domain.commands import SUBMISSION_BYTES_MAX, read_submission

    if file != "-":
        try:
            with Path(file).open("rb") as opened:
                return read_submission(opened.read(SUBMISSION_BYTES_MAX + 1))
        except OSError as error:
            raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="'--file'") from error
    if stdin_is_terminal():
        typer.echo("Reading a submission as JSON; end with Ctrl-D.", err=True)
    return read_submission(sys.stdin.buffer.read(SUBMISSION_BYTES_MAX + 1))


async def _send(session: Session, submission: "Submission") -> None:
    async with session.desk() as desk:
        result = await desk.carry_out(submission)
        stream = f"{submission.zone}/{submission.key}"
        own = await desk.ledger.positions(stream, from_version=result.version)
        position = own[0] if own else None
        if session.as_json:
            session.out.answer(result.model_dump(mode="json") | {"position": position}, str)
            return
        from terminal.shown.issues import Seen, command_result
        from terminal.shown.names import Names

        row = await desk.row(submission.zone, submission.key)
        names = Names(await desk.shelf.version(row.issue.terms))
        seen = Seen(desk.seer.view(row), names)
        session.out.answer(result, lambda: command_result(result, seen, position))
