"""`closeout incident`: all issues of one emergency, and the next stage for each of them."""

from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from terminal.asking import Actor, Id
from terminal.session import Session

if TYPE_CHECKING:
    from desk.incidents import Sent
    from domain.commands import Submission
    from domain.issue import Issue
    from terminal.shown.issues import Seen


async def incident(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="INCIDENT", help="What the emergency is called.")],
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Of this zone.")] = None,
    stage: Annotated[
        str | None, typer.Option(metavar="ID", help="Bring each open issue to this stage.")
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why, with --stage.")] = None,
    actor: Actor = None,
    id_: Id = None,
) -> int:
    """List the issues of an emergency, or bring each of them to its next stage.

    One command an issue: what is refused is told, and the others are done all the same. The exit
    code is then that of the first refusal. Sent again under one --id nothing is done twice.
    """
    if (stage is None) != (reason is None):
        raise typer.BadParameter("go together", param_hint="'--stage' / '--reason'")
    from desk.incidents import issues_of, sent_to_each
    from terminal.looking import seen

    sent: list[Sent] = []
    async with session.desk() as desk:
        rows = await issues_of(desk, name, zone)
        if stage is not None:
            under = id_ or f"cli-{uuid4()}"
            command = {"kind": "enter_stage", "stage": stage, "reason": reason}
            sent = [
                each
                async for each in sent_to_each(
                    desk, rows, lambda issue: _submission(issue, command, actor, under)
                )
            ]
            rows = await issues_of(desk, name, zone)
        issues = [await seen(desk, row) for row in rows]
    from terminal.shown.incidents import incident_shown

    plain = {
        "incident": name,
        "issues": [_brief(each) for each in issues],
        "sent": [_told(each) for each in sent],
    }
    session.out.answer(plain, lambda: incident_shown(name, issues, sent))
    return _exit_code(session, sent)


def _submission(
    issue: "Issue", command: dict[str, str | None], actor: str | None, under: str
) -> "Submission":
    import json

    from desk.incidents import command_id
    from domain.commands import read_submission
    from terminal.actors import read_actor

    document = {
        "id": command_id(under, issue),
        "zone": issue.zone,
        "key": issue.key,
        "actor": read_actor(actor),
        "command": command,
    }
    return read_submission(json.dumps(document))


def _exit_code(session: Session, sent: "list[Sent]") -> int:
    refused = [each.refusal for each in sent if each.refusal is not None]
    if not refused:
        return 0
    codes = session.wiring.exit_codes()
    return next(codes[kind] for kind in type(refused[0]).__mro__ if kind in codes)


def _brief(seen: "Seen") -> dict[str, object]:
    wanted = {
        *("zone", "key", "number", "enterprise", "phase", "priority", "owner", "deadline_at"),
        "incident",
    }
    return seen.view.model_dump(mode="json", include=wanted)


def _told(sent: "Sent") -> dict[str, object]:
    told: dict[str, object] = {"zone": sent.issue.zone, "key": sent.issue.key}
    if sent.refusal is not None:
        return told | {"error": sent.refusal.details()}
    return told | {"result": sent.result}
