"""What a stored command asks for, read without trust in what is stored."""

from pydantic import JsonValue, ValidationError

from domain.commands import SUBMISSION, RingRung, Submission
from domain.order_commands import ORDER_SUBMISSION, RingOrder
from domain.order_view import OrderRing
from domain.orders import is_order_stream
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


def ring_of(row: CommandRow) -> Ring | OrderRing | None:
    """Return the ring that a stored command asks for; None if its body cannot be read as one."""
    try:
        if is_order_stream(row.stream):
            asked = ORDER_SUBMISSION.validate_json(row.body)
            if not isinstance(asked.command, RingOrder):
                return None
            of_order = asked.command.model_dump(exclude={"kind"})
            return OrderRing(zone=asked.zone, key=asked.key, **of_order)
        sent = SUBMISSION.validate_json(row.body)
    except ValidationError:
        return None
    if not isinstance(sent.command, RingRung):
        return None
    return Ring(zone=sent.zone, key=sent.key, **sent.command.model_dump(exclude={"kind"}))


def ring_id(row: CommandRow) -> str:
    """Return the id under which the body's rung is rung, or the row's own if it cannot be read."""
    ring = ring_of(row)
    return row.id if ring is None else ring.command_id
