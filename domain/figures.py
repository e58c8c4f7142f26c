"""Figures that can be stated again (I13): what an issue gives to one, and what all of them sum to.

A figure is a sum over the issues of a zone of what each of them gave, as its events up to one
position say. Counts are whole numbers, everything else is an exact ratio of two of them: the same
events give the same digits, to the last byte.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.canonical import canonical
from domain.chain import Record
from domain.errors import InvalidRequestError
from domain.figure_dimensions import Dimension, Group, Setting, by
from domain.figure_story import Story
from domain.model import Name
from domain.responsibility import Holder

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
    """What an issue gives to the figures of one holder. `lengths` are in milliseconds.

    `setting` is the issue where this is counted, by which it is told apart. `excluded`: it is
    counted apart, and in no rate.
    """

    holder: Holder
    counts: Mapping[str, int] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    setting: Setting | None = field(default=None, compare=False)
    excluded: bool = False


Shares = Callable[[Story, Period], Iterable[Share]]
"""Reads one stream from its first event."""

PERCENTILES = (50, 90, 95)
"""Of lengths, by nearest rank: the smallest of them that so many in a hundred do not exceed."""
CLOSINGS = frozenset({"issue_closed_out", "issue_turned_away", "merged_into"})
OPENINGS = frozenset({"issue_reported", "issue_imported", "issue_reopened", "issue_unmerged"})


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure counts. Once published, a revision is never edited: another formula, also a
    corrected one, is the next revision.

    `counts` and `lengths` say in words what each name counts. A ratio is of two counts. `kinds`: an
    issue without such an event in the period gives nothing; None: any issue may. `while_open`: what
    was closed before the period, and stayed so, gives nothing. `excludes`: reviewed exclusions are
    left out and counted apart. `ranked`: of lengths the sum and percentiles, not the median.
    """

    name: str
    revision: int
    title: Name
    counts: Mapping[str, str]
    shares: Shares
    ratios: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    lengths: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[str] | None = None
    while_open: bool = False
    excludes: bool = False
    ranked: bool = False

    def concerns(self, records: Sequence[Record], period: Period) -> bool:
        """Return whether a stream can give anything, by its columns alone."""
        if self.kinds is not None:
            return any(record.kind in self.kinds and record.at in period for record in records)
        if self.while_open and not any(record.at in period for record in records):
            return _open_before(records, period.from_at)
        return any(record.at < period.to_at for record in records)

    def given_by(self, story: Story, period: Period) -> tuple[Share, ...]:
        """Return what an issue gives, marked where it is left out of this figure."""
        shares = tuple(self.shares(story, period))
        if not shares or not self.excludes or not story.excluded_from(self.name):
            return shares
        return tuple(replace(share, excluded=True) for share in shares)


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
    excluded: Counter[str] = field(default_factory=Counter)

    def add(self, share: Share) -> None:
        if share.excluded:
            self.excluded.update(share.counts)
            self.excluded.update(dict.fromkeys(share.lengths, 1))
            return
        self.counts.update(share.counts)
        for name, ms in share.lengths.items():
            self.lengths.setdefault(name, array("q")).append(ms)

    def plain(self, definition: Definition) -> Plain:
        told: Plain = {"counts": {name: self.counts[name] for name in definition.counts}}
        if definition.ratios:
            told["ratios"] = {
                name: {"numerator": self.counts[above], "denominator": self.counts[below]}
                | ({"excluded": self.excluded[below]} if definition.excludes else {})
                for name, (above, below) in definition.ratios.items()
            }
        if definition.ranked:
            told["lengths"] = {
                name: {**ranked(self.lengths.get(name, ())), "excluded": self.excluded[name]}
                for name in definition.lengths
            }
        elif definition.lengths:
            told["medians"] = {
                name: median(self.lengths.get(name, ())) for name in definition.lengths
            }
        if definition.excludes:
            left_out = {name: self.excluded[name] for name in definition.counts}
            told["excluded"] = {name: count for name, count in left_out.items() if count}
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
        self,
        definition: Definition,
        unit: str | None = None,
        sink: Sink | None = None,
        dimension: Dimension | None = None,
    ) -> None:
        self._definition = definition
        self._unit = unit
        self._all = _Tally()
        self._by_holder: dict[Holder, _Tally] = {}
        self._issues = Listed(sink)
        self._dimension = dimension
        self._groups_of = None if dimension is None else by(dimension)
        self._by_group: dict[Group, _Tally] = {}

    def add(self, stream: str, shares: Iterable[Share]) -> Contribution:
        """Add what an issue gives, and return it as it counted.

        Raises InvalidRequestError where there are more holders or lengths than are counted.
        """
        own = [share for share in shares if self._unit in (None, share.holder.id)]
        for share in own:
            self._all.add(share)
            self._by_holder.setdefault(share.holder, _Tally()).add(share)
            if self._groups_of is not None and share.setting is not None:
                for group in self._groups_of(share.holder, share.setting):
                    self._by_group.setdefault(group, _Tally()).add(share)
        self._require_room()
        given = contribution(stream, own)
        if given.shares:
            self._issues.add(given.plain)
        return given

    def digits(self) -> Plain:
        """Return the figures, of all and of each holder, and what is kept of the issues."""
        by_holder = sorted(self._by_holder.items(), key=lambda item: _rank(item[0]))
        told: Plain = {
            "all": self._all.plain(self._definition),
            "by_holder": [
                {"kind": holder.kind.value, "id": holder.id, **tally.plain(self._definition)}
                for holder, tally in by_holder
            ],
            "issues": self._issues.plain(),
        }
        if self._dimension is not None:
            told["by"] = {
                "dimension": self._dimension.value,
                "groups": [
                    {**_group(group), **tally.plain(self._definition)}
                    for group, tally in sorted(self._by_group.items())
                ],
            }
        return told

    def _require_room(self) -> None:
        lengths = max(map(len, self._all.lengths.values()), default=0)
        groups = max(len(self._by_holder), len(self._by_group))
        if lengths > LENGTHS_MAX or groups > HOLDERS_MAX:
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


def ranked(lengths: Iterable[int]) -> Plain:
    """Return how many lengths there are, their sum, and percentiles by nearest rank: each is one of
    the lengths. The mean is `sum` of `of`. Of none there is no percentile."""
    ordered = sorted(lengths)
    of = len(ordered)
    told: Plain = {"of": of, "sum": sum(ordered)}
    for percent in PERCENTILES:
        told[f"p{percent}"] = ordered[-(-percent * of // 100) - 1] if of else None
    return told


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
    sides = {(share.holder, share.excluded) for share in shares}
    for holder, excluded in sorted(sides, key=lambda side: (*_rank(side[0]), side[1])):
        own = [each for each in shares if (each.holder, each.excluded) == (holder, excluded)]
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
        if excluded:
            told["excluded"] = True
        if told["counts"] or lengths:
            yield told


def _group(group: Group) -> Plain:
    """Return a group's name: None where the issue has none."""
    kind = {"kind": group[0]} if len(group) > 1 else {}
    return {**kind, "id": group[-1] if group else None}


def _open_before(records: Sequence[Record], at: datetime) -> bool:
    """Return whether an issue may have been open just before `at`, by its columns alone. A
    withdrawal may have closed it or not: it may have been open."""
    turns = [each for each in records if each.at < at and each.kind in CLOSINGS | OPENINGS]
    return bool(turns) and turns[-1].kind in OPENINGS


def _rank(holder: Holder) -> tuple[str, str]:
    return holder.kind.value, holder.id
