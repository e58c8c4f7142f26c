"""What the name of a stream tells: what it is the life of, in which zone, under which key."""

from enum import StrEnum
from typing import Final, assert_never

from domain.matters.matter import is_matter_stream, read_matter_stream
from domain.orders import is_order_stream, read_order_stream


class StreamKind(StrEnum):
    """What a stream is the life of."""

    ISSUE = "issue"
    ORDER = "order"
    MATTER = "matter"


ISSUES_ALONE: Final = frozenset({StreamKind.ISSUE})
"""What is followed and sent where nobody asks for anything else."""


def kind_of_stream(stream: str) -> StreamKind:
    """Return what a stream is the life of; whatever is named otherwise is taken for an issue's."""
    if is_order_stream(stream):
        return StreamKind.ORDER
    return StreamKind.MATTER if is_matter_stream(stream) else StreamKind.ISSUE


def is_issue_stream(stream: str) -> bool:
    """Return whether a stream is an issue's: neither an order's nor a matter's."""
    return kind_of_stream(stream) is StreamKind.ISSUE


def stream_names(stream: str) -> tuple[str, str]:
    """Return the zone and the key in the name of a stream of any kind."""
    kind = kind_of_stream(stream)
    match kind:
        case StreamKind.ORDER:
            return read_order_stream(stream)
        case StreamKind.MATTER:
            return read_matter_stream(stream)
        case StreamKind.ISSUE:
            zone, _, key = stream.partition("/")
            return zone, key
        case _:
            assert_never(kind)
