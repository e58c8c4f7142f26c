"""The issues of a zone as figures are made from them: stream by stream, one in memory at a time."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from audit.facts import Facts
from domain.chain import Record
from domain.streams import is_issue_stream
from ledger.figures import Figures

PAGE = 1000

Stream = Sequence[tuple[int, Record]]
"""The events of one issue, each with its position."""


class FigureFacts(Facts, Figures, Protocol):
    """The part of a ledger that figures are made from."""

    async def safe_position(self) -> int:
        """Return the position at and below which no event can appear any more."""
        ...


class UncountableStreamError(Exception):
    """The events of a stream are not of a form that can be counted: somebody spoilt them."""


async def streams(ledger: Figures, zone: str, horizon: int) -> AsyncIterator[Stream]:
    """Yield the issues of a zone, each with its events at or below a position."""
    stream: list[tuple[int, Record]] = []
    after = ("", 0)
    while page := await ledger.prefix(zone, after=after, horizon=horizon, limit=PAGE):
        for position, record in page:
            if stream and stream[0][1].stream != record.stream:
                yield stream
                stream = []
            if is_issue_stream(record.stream):
                stream.append((position, record))
        after = page[-1][1].stream, page[-1][1].version
    if stream:
        yield stream


@contextmanager
def uncountable(stream: Stream, horizon: int) -> Iterator[None]:
    """Say of which stream it is that what follows cannot be counted."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise UncountableStreamError(
            f"{stream[0][1].stream} cannot be counted up to position {horizon}: "
            f"{type(error).__name__}: {str(error).splitlines()[0]}. "
            "`closeout verify` says what is not as it was written."
        ) from error
