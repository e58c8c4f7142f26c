"""Figures that can be stated again (I13): what an issue gives to one, and what all of them sum to.

A figure is a sum over the issues of a zone of what each of them gave, as its events up to one
position say. Counts are whole numbers, everything else is an exact ratio of two of them: the same
events give the same digits, to the last byte.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.canonical import canonical
from domain.chain import Record
from domain.errors import InvalidRequestError
from domain.model import Name
from domain.responsibility import Holder
from domain.retold import TermsByHash

KEPT_MAX = 200
"""Of so many issues a publication says itself what each gave; of more it has the hash. Digits hang
on it: with another number, what was published would not come out again."""
HOLDERS_MAX = 2000
LENGTHS_MAX = 1_000_000

Plain = dict[str, object]


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant to before another, by when an event was recorded."""

    from_at: datetime
    to_at: datetime

    def __contains__(self, at: datetime) -> bool:
        """Return whether an instant lies in the period."""
        return self.from_at <= at < self.to_at


@dataclass(frozen=True, slots=True)
class Share:
    """What an issue gives to the figures of one holder. `lengths` are in milliseconds."""

    holder: Holder
    counts: Mapping[str, int] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)


Shares = Callable[[Sequence[Record], TermsByHash, Period], Iterable[Share]]
"""Reads one stream from its first event; `terms` holds all that its records name."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure counts. Once published, a revision is never edited: another formula, also a
    corrected one, is the next revision.

    `counts` and `lengths` say in words what each name counts. A ratio is of two counts. `kinds`: an
    issue without such an event in the period gives nothing; None: any issue may.
    """

    name: str
    revision: int
    title: Name
    counts: Mapping[str, str]
    shares: Shares
    ratios: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    lengths: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[str] | None = None

    def concerns(self, records: Iterable[Record], period: Period) -> bool:
        """Return whether a stream can give anything, by its columns alone."""
        if self.kinds is None:
            return any(record.at < period.to_at for record in records)
        return any(record.kind in self.kinds and record.at in period for record in records)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one issue gave, holder by holder, in canonical order."""

    stream: str
    shares: tuple[Plain, ...]

    @property
    def plain(self) -> Plain:
        """Return it as it is kept, and hashed."""
        return {"stream": self.stream, "shares": list(self.shares)}


@dataclass(slots=True)
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    lengths: dict[str, "array[int]"] = field(default_factory=dict)

    def add(self, share: Share) -> None:
        self.counts.update(share.counts)
        for name, ms in share.lengths.items():
            self.lengths.setdefault(name, array("q")).append(ms)

    def plain(self, definition: Definition) -> Plain:
        told: Plain = {"counts": {name: self.counts[name] for name in definition.counts}}
        if definition.ratios:
            told["ratios"] = {
                name: {"numerator": self.counts[above], "denominator": self.counts[below]}
                for name, (above, below) in definition.ratios.items()
            }
        if definition.lengths:
            told["medians"] = {
                name: median(self.lengths.get(name, ())) for name in definition.lengths
            }
        return told


Sink = Callable[[str], object]
"""Is given each line of a list: canonical JSON, a line break at its end."""


class Listed:
    """A list of any length: how many, the hash of them all, and each of them while they are few.

    `sink` is given every line; what it was given has the hash.
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self.count = 0
        self._sink = sink
        self.kept: list[Plain] = []
        self._hash = hashlib.sha256()

    def add(self, line: Plain) -> None:
        """Add one; the order is part of the hash."""
        self.count += 1
        text = f"{canonical(line)}\n"
        self._hash.update(text.encode())
        if self._sink is not None:
            self._sink(text)
        if len(self.kept) < KEPT_MAX:
            self.kept.append(line)

    def plain(self) -> Plain:
        """Return what is kept of the list: of a longer one, its beginning."""
        return {"count": self.count, "sha256": self._hash.hexdigest(), "first": self.kept}


class Sums:
    """The figures of one definition, growing issue by issue in the order of their streams.

    `unit` leaves out what other holders have; `sink` is given what each issue gave. Memory grows
    with the holders and with the lengths that medians are of, eight bytes each, never with what
    issues hold.
    """

    def __init__(
        self, definition: Definition, unit: str | None = None, sink: Sink | None = None
    ) -> None:
        self._definition = definition
        self._unit = unit
        self._all = _Tally()
        self._by_holder: dict[Holder, _Tally] = {}
        self._issues = Listed(sink)

    def add(self, stream: str, shares: Iterable[Share]) -> Contribution:
        """Add what an issue gives, and return it as it counted.

        Raises InvalidRequestError where there are more holders or lengths than are counted.
        """
        own = [share for share in shares if self._unit in (None, share.holder.id)]
        for share in own:
            self._all.add(share)
            self._by_holder.setdefault(share.holder, _Tally()).add(share)
        self._require_room()
        given = contribution(stream, own)
        if given.shares:
            self._issues.add(given.plain)
        return given

    def digits(self) -> Plain:
        """Return the figures, of all and of each holder, and what is kept of the issues."""
        by_holder = sorted(self._by_holder.items(), key=lambda item: _rank(item[0]))
        return {
            "all": self._all.plain(self._definition),
            "by_holder": [
                {"kind": holder.kind.value, "id": holder.id, **tally.plain(self._definition)}
                for holder, tally in by_holder
            ],
            "issues": self._issues.plain(),
        }

    def _require_room(self) -> None:
        lengths = max(map(len, self._all.lengths.values()), default=0)
        if lengths > LENGTHS_MAX or len(self._by_holder) > HOLDERS_MAX:
            raise InvalidRequestError(
                "There is more in this period than one figure counts.",
                field="period",
                allowed=f"at most {LENGTHS_MAX:,} close-outs and {HOLDERS_MAX:,} holders",
            )


def contribution(stream: str, shares: Iterable[Share], unit: str | None = None) -> Contribution:
    """Return what an issue gives, of one unit or of all."""
    own = [share for share in shares if unit in (None, share.holder.id)]
    return Contribution(stream, tuple(_gathered(own)))


def median(lengths: Iterable[int]) -> Plain | None:
    """Return the exact median as a ratio, with how many it is of; None of none."""
    ordered = sorted(lengths)
    if not ordered:
        return None
    middle, odd = divmod(len(ordered), 2)
    above = ordered[middle] if odd else ordered[middle - 1] + ordered[middle]
    return {"numerator": above, "denominator": 1 if odd else 2, "of": len(ordered)}


def differing(one: object, other: object, where: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield each place at which two plain values differ, with what stands there in each; None:
    nothing. Entries of a list are known by their stream, or by their kind and id."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differing(one.get(key), other.get(key), f"{where}.{key}" if where else key)
    elif isinstance(one, list) and isinstance(other, list):
        yield from differing(_named(one), _named(other), where)
    elif one != other:
        yield where, one, other


def _named(entries: Sequence[object]) -> Plain:
    return {_name(entry, place): entry for place, entry in enumerate(entries)}


def _name(entry: object, place: int) -> str:
    if isinstance(entry, dict) and "stream" in entry:
        return str(entry["stream"])
    if isinstance(entry, dict) and "id" in entry:
        return f"{entry.get('kind')} {entry['id']}"
    return str(place)


def _gathered(shares: Sequence[Share]) -> Iterator[Plain]:
    for holder in sorted({share.holder for share in shares}, key=_rank):
        own = [share for share in shares if share.holder == holder]
        counts: Counter[str] = Counter()
        lengths: dict[str, list[int]] = {}
        for share in own:
            counts.update(share.counts)
            for name, ms in share.lengths.items():
                lengths.setdefault(name, []).append(ms)
        told: Plain = {"kind": holder.kind.value, "id": holder.id}
        told["counts"] = {name: count for name, count in sorted(counts.items()) if count}
        if lengths:
            told["lengths"] = dict(sorted(lengths.items()))
        if told["counts"] or lengths:
            yield told


def _rank(holder: Holder) -> tuple[str, str]:
    return holder.kind.value, holder.id
