"""What an audit reads: the events and commands of one stream, and the terms they name."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from domain.chain import Record
from domain.streams import stream_names
from domain.terms import Terms
from ledger.kin import ErrandRow, LinkRow
from ledger.matters import MatterColumns, MatterRow
from ledger.orders import OrderColumns, OrderRow
from ledger.port import ClockRow, CommandRow, FiringRow, IssueRow

READS_MAX = 5


class TermTexts(Protocol):
    """The part of a ledger that keeps terms."""

    async def terms(self, hash_: str) -> str | None:
        """Return the text of the terms called `hash_`."""
        ...


class Facts(TermTexts, Protocol):
    """The part of a ledger that decisions are re-executed from; a corpus file has it too."""

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        """Return the events of a stream in order of version."""
        ...

    async def commands(self, stream: str) -> list[CommandRow]:
        """Return the commands of a stream in the order in which they were decided."""
        ...

    def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
        """Yield every stream, in order."""
        ...


class Tables(Facts, Protocol):
    """Facts, and what a ledger keeps beside them: the part of a ledger that is verified."""

    async def issue(self, stream: str) -> IssueRow | None:
        """Return one issue as its snapshot says."""
        ...

    async def order(self, stream: str) -> OrderRow | None:
        """Return one supervision order as its snapshot says."""
        ...

    async def order_columns(self, stream: str) -> OrderColumns | None:
        """Return what an order's row says beside its snapshot."""
        ...

    async def matter(self, stream: str) -> MatterRow | None:
        """Return one matter as its snapshot says."""
        ...

    async def matter_columns(self, stream: str) -> MatterColumns | None:
        """Return what a matter's row says beside its snapshot."""
        ...

    async def firings(self, stream: str | None = None) -> list[FiringRow]:
        """Return the rungs that fired, of one stream or of all."""
        ...

    async def clocks(self, stream: str) -> list[ClockRow]:
        """Return every cycle of every clock of a stream."""
        ...

    async def links(self, zone: str, key: str) -> list[LinkRow]:
        """Return the links that the stream of this issue wrote."""
        ...

    async def errand_texts(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the texts of those errands that wait or have been carried out, by id."""
        ...


class Waiting(Tables, Protocol):
    """What a ledger keeps beside the facts and no stream's name leads to."""

    async def waiting_errands(self, after: str, limit: int) -> list[ErrandRow]:
        """Return the errands that wait, due or not, in order of id, after the id `after`."""
        ...

    async def stray_links(self, limit: int) -> list[LinkRow]:
        """Return links whose writing issue has no events."""
        ...


@dataclass(frozen=True, slots=True)
class Life:
    """Everything recorded about one issue, supervision order or matter, as of one moment."""

    stream: str
    records: tuple[Record, ...]
    commands: tuple[CommandRow, ...]

    @property
    def zone(self) -> str:
        """Return the zone that the stream's name says."""
        return stream_names(self.stream)[0]

    @property
    def key(self) -> str:
        """Return the key that the stream's name says."""
        return stream_names(self.stream)[1]


class UnsoundTermsError(Exception):
    """The terms that an event names are not kept, or are not what their name says."""


TermsOf = Callable[[str], Awaitable[Terms]]
"""Gives the terms called by a hash, or raises UnsoundTermsError."""


def terms_reader(facts: TermTexts) -> TermsOf:
    """Return a reader that fetches each version once and holds it against its name."""
    kept: dict[str, Terms | UnsoundTermsError] = {}

    async def terms_of(hash_: str) -> Terms:
        if hash_ not in kept:
            kept[hash_] = _sound(await facts.terms(hash_), hash_)
        found = kept[hash_]
        if isinstance(found, UnsoundTermsError):
            raise UnsoundTermsError(str(found))
        return found

    return terms_of


async def read_life(facts: Facts, stream: str) -> Life:
    """Return a stream's events and commands as of one moment, though others may be writing."""
    for _ in range(READS_MAX):
        records = await facts.records(stream)
        commands = await facts.commands(stream)
        newest = records[-1].version if records else 0
        if not await facts.records(stream, after_version=newest):
            break
    return Life(stream, tuple(records), tuple(commands))


def _sound(text: str | None, hash_: str) -> Terms | UnsoundTermsError:
    if text is None:
        return UnsoundTermsError(f"terms {hash_} are not kept")
    try:
        terms = Terms.model_validate_json(text)
    except ValidationError as error:
        return UnsoundTermsError(f"terms {hash_} cannot be read: {error.errors()[0]['msg']}")
    if terms.hash != hash_:
        return UnsoundTermsError(f"terms {hash_} hold a text whose hash is {terms.hash}")
    return terms
