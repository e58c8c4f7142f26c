"""What the stored command of a stream asks for, whatever the stream is the life of."""

from typing import assert_never

from domain.commands import SUBMISSION, Submission
from domain.matters.commands import MATTER_SUBMISSION, MatterSubmission
from domain.order_commands import ORDER_SUBMISSION, OrderSubmission
from domain.streams import StreamKind, kind_of_stream

AnySubmission = Submission | OrderSubmission | MatterSubmission


def sent_to(stream: str, body: str) -> AnySubmission:
    """Return what a body asks of a stream. Raises ValueError."""
    kind = kind_of_stream(stream)
    match kind:
        case StreamKind.ISSUE:
            return SUBMISSION.validate_json(body)
        case StreamKind.ORDER:
            return ORDER_SUBMISSION.validate_json(body)
        case StreamKind.MATTER:
            return MATTER_SUBMISSION.validate_json(body)
        case _:
            assert_never(kind)
