"""What is sent again: the same command if it says the same, else a conflict."""

from pydantic import ValidationError

from domain.canonical import canonical
from domain.commands import SUBMISSION, Report, Submission
from domain.errors import ConflictError
from domain.people import Actor, identities_of, named
from domain.vouching import Sent, unvouched
from ledger.port import CommandRow, Ledger


def is_repeat(stored: CommandRow, again: Sent, hash_: str) -> bool:
    """Return whether `again`, whose hash is `hash_`, asks for what is stored. Who vouches for it is
    no part of the request: it may come through another door, or after a key was changed."""
    if stored.hash == hash_:
        return True
    try:
        first = type(again).model_validate_json(stored.body)
    except ValidationError:
        return False
    return canonical(unvouched(first)) == canonical(unvouched(again))


async def first_report(ledger: Ledger, stream: str, again: Submission) -> CommandRow:
    """Return the command that reported the issue, if `again` asks for the very same: the same
    person, the same body; else raise ConflictError naming what differs (R10.5). Neither the
    command's id nor when it took place belongs to the body."""
    row = await ledger.first_command(stream)
    differing = ["command"] if row is None else _differing(row, again)
    if row is None or differing:
        raise ConflictError(
            f"An issue was reported under this key before, with another {', '.join(differing)}.",
            field="key",
            value=again.key,
            allowed="a key of its own for each issue, or its first report as it was",
        )
    return row


def _differing(row: CommandRow, again: Submission) -> list[str]:
    try:
        first = SUBMISSION.validate_json(row.body)
    except ValidationError:
        return ["command"]
    before, now = first.command, again.command
    if not isinstance(before, Report) or not isinstance(now, Report):
        return ["command"]
    fields = [name for name in Report.model_fields if getattr(before, name) != getattr(now, name)]
    return fields if _who(first.actor) == _who(again.actor) else ["actor", *fields]


def _who(actor: Actor) -> tuple[str, tuple[str, ...]]:
    return actor.kind, identities_of(actor) or (named(actor),)
