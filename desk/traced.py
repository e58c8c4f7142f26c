"""What a command is called, in logs and traces, while a desk carries it out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtime.tracing import HANDED, working

if TYPE_CHECKING:
    from domain.commands import Submission
    from domain.matters.commands import MatterSubmission
    from domain.order_commands import OrderSubmission


@contextmanager
def carrying(
    submission: "Submission | OrderSubmission | MatterSubmission", stream: str
) -> Iterator[None]:
    """Name the work on a command; its trace is left for whoever relays what comes of it."""
    act = submission.command.kind
    with working("desk.command", issue=stream, command=submission.id, act=act):
        yield
        HANDED.leave(stream)
