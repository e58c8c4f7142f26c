"""What a stored command asks for, read without trust in what is stored."""

from typing import assert_never

from pydantic import JsonValue, ValidationError

from audit.sent import sent_to
from domain.commands import SUBMISSION, RingRung, Submission
from domain.matters.acts import RingMatter
from domain.matters.commands import MatterSubmission
from domain.matters.view import MatterRing
from domain.order_commands import OrderSubmission, RingOrder
from domain.order_view import OrderRing
from domain.view import Ring
from ledger.port import CommandRow


def ended(row: CommandRow) -> int:
    """Return the version of the stream after the command."""
    return row.first_version + row.count - 1


def version_in(plain: JsonValue) -> int:
    """Return the version that an answer names, 0 if it names none."""
    version = plain.get("version") if isinstance(plain, dict) else None
    return version if isinstance(version, int) else 0


def submission_in(plain: JsonValue) -> Submission | None:
    """Return the submission that a history holds; None if it is none."""
    try:
        return Submission.model_validate(plain)
    except ValidationError:
        return None


def submission_of(row: CommandRow) -> Submission | None:
    """Return the submission in a stored body; None if it cannot be read."""
    try:
        return SUBMISSION.validate_json(row.body)
    except ValidationError:
        return None


AnyRing = Ring | OrderRing | MatterRing


def ring_of(row: CommandRow) -> AnyRing | None:
    """Return the ring that a stored command asks for; None if its body cannot be read as one."""
    try:
        sent = sent_to(row.stream, row.body)
    except ValidationError:
        return None
    if not isinstance(sent.command, RingRung | RingOrder | RingMatter):
        return None
    rung = sent.command.model_dump(exclude={"kind"})
    match sent:
        case Submission():
            return Ring(zone=sent.zone, key=sent.key, **rung)
        case OrderSubmission():
            return OrderRing(zone=sent.zone, key=sent.key, **rung)
        case MatterSubmission():
            return MatterRing(zone=sent.zone, key=sent.key, **rung)
        case _:
            assert_never(sent)


def ring_id(row: CommandRow) -> str:
    """Return the id under which the body's rung is rung, or the row's own if it cannot be read."""
    ring = ring_of(row)
    return row.id if ring is None else ring.command_id
