"""Figures of a zone: counted for a period while somebody waits, and those that were published."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from fractions import Fraction
from typing import Any, Final

from audit.figure_counts import count_figures
from audit.figures import Difference, recompute, scope_of
from console.queries.naming import Naming
from desk.desk import Desk
from domain.days import ONE_DAY, zone_of
from domain.errors import InvalidRequestError
from domain.figure_definitions import DEFINITIONS, definition
from domain.figure_dimensions import Dimension
from domain.figure_ranking import Ranking, rank, units_in
from domain.figures import Definition, Period
from domain.handbook import Handbook
from domain.model import Name, to_millisecond
from domain.responsibility import Holder, HolderKind
from domain.warnings import Span
from ledger.figures import FigureRow

ISSUES_COUNTED_MAX: Final = 20_000
"""So many issues are read while somebody waits; of more the monthly analysis and the command line
have the figures."""
PUBLISHED_SHOWN: Final = 20
MINIMUM: Final = 5
"""Of fewer than so many a unit is not ranked unless another number is asked for."""
MEANS: Final = frozenset({"satisfaction", "per_issue", "per_holding"})
"""Ratios that are no share of a whole: told as a number, not in percent."""
HEADLINES: Final = {
    "response": ("response",),
    "on_time": ("on_time",),
    "resolution": ("solved",),
    "sign_off": ("acceptance", "satisfaction", "deemed_accepted"),
    "returned": ("returned", "reopened"),
    "escalations": ("escalated",),
    "hand_overs": ("handed_over",),
    "ping_pong": ("returned",),
    "breaches_by_tier": ("breached",),
}
"""What of each figure stands on the page of all."""


class TooManyIssuesError(Exception):
    """The zone has more issues than are read while somebody waits for a page."""


@dataclass(frozen=True, slots=True)
class RatioLine:
    """A ratio with both of its counts. `excluded`: left out by review; None where the revision
    knows no exclusions."""

    figure: str
    name: str
    above: str
    below: str
    numerator: int
    denominator: int
    excluded: int | None

    @property
    def value(self) -> Fraction | None:
        """Return it; of nothing there is none: neither 0 % nor 100 %."""
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    @property
    def told(self) -> str | None:
        """Return it in digits: in percent, or as a mean."""
        if self.value is None:
            return None
        if self.name in MEANS:
            return f"{float(self.value):.2f}"
        return f"{float(100 * self.value):.1f} %"


@dataclass(frozen=True, slots=True)
class LengthLine:
    """Lengths of time: their mean and percentiles, in milliseconds; None of none."""

    name: str
    of: int
    mean_ms: int | None
    percentiles: tuple[tuple[str, int | None], ...]
    excluded: int | None


@dataclass(frozen=True, slots=True)
class Digits:
    """What a figure comes to, of all or of one group."""

    counts: Mapping[str, int]
    excluded: Mapping[str, int]
    ratios: tuple[RatioLine, ...]
    lengths: tuple[LengthLine, ...]


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group of a dimension; without a name the issue has none."""

    name: Name | None
    digits: Digits


@dataclass(frozen=True, slots=True)
class RankLine:
    """A unit, or post without one, and its place; None where it is not ranked."""

    name: Name
    place: int | None
    ratio: RatioLine


@dataclass(frozen=True, slots=True)
class FigureShown:
    """One figure of a period, by a dimension and ranked."""

    definition: Definition
    position: int
    all: Digits
    groups: tuple[GroupLine, ...]
    ranking: tuple[RankLine, ...]
    ratio: str | None


@dataclass(frozen=True, slots=True)
class Headlines:
    """The first figures of a period, and what came and is open."""

    position: int
    lines: tuple[tuple[Definition, RatioLine], ...]
    standing: Mapping[str, int]
    lengths: tuple[tuple[Definition, LengthLine], ...]


@dataclass(frozen=True, slots=True)
class Again:
    """A published figure counted again."""

    same: bool
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of a published figure, and what they count."""

    asked: Definition
    digits: Digits


@dataclass(frozen=True, slots=True)
class Published:
    """A published figure with its sums; None of them where this program does not know the revision
    that it was published by, or cannot read its digits."""

    row: FigureRow
    unit: str | None
    sums: Sums | None


def newest() -> tuple[Definition, ...]:
    """Return every definition in its newest revision, in the order of the registry."""
    names = dict.fromkeys(each.name for each in DEFINITIONS)
    return tuple(definition(name) for name in names)


def period_of(span: Span, time_zone: str, now: datetime) -> Period:
    """Return the instants of a period in local days; one that is not over ends now."""
    zone = zone_of(time_zone)
    from_at = datetime.combine(span.from_on, time(), tzinfo=zone).astimezone(UTC)
    to_at = datetime.combine(span.to_on + ONE_DAY, time(), tzinfo=zone).astimezone(UTC)
    return Period(from_at, min(to_at, max(from_at, to_millisecond(now))))


def month_of(day: date) -> str:
    """Return the month of a day, as periods are written."""
    return f"{day:%Y-%m}"


async def headlines(desk: Desk, zone: str, period: Period) -> Headlines:
    """Return the first figures of a period. Raises TooManyIssuesError, IssueError."""
    wanted = [each for each in newest() if each.name in (*HEADLINES, "standing", "time_to_close")]
    position = await desk.ledger.safe_position()
    counted = await count_figures(
        desk.ledger, zone, period, wanted, position=position, progress=_bounded
    )
    lines, lengths, standing = [], [], dict[str, int]()
    for each in wanted:
        digits = _digits(each, _all(counted[each.name]))
        first = HEADLINES.get(each.name, ())
        lines += [(each, line) for line in digits.ratios if line.name in first]
        if each.name == "time_to_close":
            lengths += [(each, line) for line in digits.lengths]
        if each.name == "standing":
            standing = dict(digits.counts)
    return Headlines(position, tuple(lines), standing, tuple(lengths))


async def figure(
    desk: Desk,
    handbook: Handbook,
    period: Period,
    asked: Definition,
    dimension: Dimension,
    ratio: str | None,
    minimum: int,
) -> FigureShown:
    """Return one figure of a period. Raises TooManyIssuesError, IssueError."""
    position = await desk.ledger.safe_position()
    counted = await count_figures(
        desk.ledger,
        handbook.zone,
        period,
        [asked],
        position=position,
        dimension=dimension,
        progress=_bounded,
    )
    plain: Mapping[str, Any] = counted[asked.name]
    named = ratio or next(iter(asked.ratios), None)
    ranking: tuple[RankLine, ...] = ()
    naming = Naming(handbook)
    if named is not None:
        found = rank(units_in(plain), asked, named, minimum=minimum, lowest_first=False)
        ranking = tuple(_ranked(naming, asked, found))
    return FigureShown(
        definition=asked,
        position=position,
        all=_digits(asked, _all(plain)),
        groups=tuple(
            GroupLine(group_name(naming, dimension, each), _digits(asked, each))
            for each in plain["by"]["groups"]
        ),
        ranking=ranking,
        ratio=named,
    )


async def published(
    desk: Desk, zone: str, before: int | None
) -> tuple[list[Published], int | None]:
    """Return a page of published figures, the newest first, and where the next one begins."""
    rows = await desk.ledger.figures(
        zone=zone, definition=None, before=before, limit=PUBLISHED_SHOWN + 1
    )
    page = [_published(row) for row in rows[:PUBLISHED_SHOWN]]
    more = len(rows) > PUBLISHED_SHOWN
    return page, rows[PUBLISHED_SHOWN - 1].sequence if more else None


async def published_one(desk: Desk, zone: str, sequence: int) -> Published | None:
    """Return a published figure of a zone, None if there is no such one."""
    row = await desk.ledger.figure(sequence)
    return None if row is None or scope_of(row.scope).zone != zone else _published(row)


async def again(desk: Desk, row: FigureRow) -> Again:
    """Count a published figure again from the same prefix of the ledger. Raises
    TooManyIssuesError, IssueError."""
    found = await recompute(desk.ledger, row.sequence, progress=_bounded)
    return Again(found.same, found.differences)


def group_name(naming: Naming, dimension: Dimension, group: Mapping[str, Any]) -> Name | None:
    """Return what a group of a dimension is called; None where an issue has none."""
    id_ = group["id"]
    if id_ is None:
        return None
    match dimension:
        case Dimension.ZONE | Dimension.AREA | Dimension.GRID:
            return naming.place(id_)
        case Dimension.TIER:
            return naming.tier(int(id_))
        case Dimension.UNIT:
            return holder_name(naming, group)
        case Dimension.CATEGORY:
            return naming.category(id_)
        case Dimension.SEGMENT:
            rows: Sequence[Any] = naming.handbook.segments
        case Dimension.LIST:
            rows = naming.handbook.lists
    found: Iterator[Name] = (each.name for each in rows if each.id == id_)
    return next(found, Name(zh=id_, en=id_))


def holder_name(naming: Naming, group: Mapping[str, Any]) -> Name:
    """Return what whoever has the work is called."""
    kind = HolderKind(group["kind"])
    if kind in (HolderKind.UNIT, HolderKind.POST):
        return naming.holder(Holder(kind=kind, id=group["id"]))
    return Name(zh=group["id"], en=group["id"])


def _published(row: FigureRow) -> Published:
    return Published(row, scope_of(row.scope).unit, _sums(row))


def _sums(row: FigureRow) -> Sums | None:
    """Another program may have published by a revision that came later."""
    try:
        asked = definition(row.definition, row.revision)
        return Sums(asked, _digits(asked, json.loads(row.digits)["all"]))
    except (InvalidRequestError, ValueError, KeyError, TypeError):
        return None


def _ranked(naming: Naming, asked: Definition, found: Ranking) -> Iterator[RankLine]:
    above, below = asked.ratios[found.ratio]
    for each in found.entries:
        line = RatioLine(
            figure=asked.name,
            name=found.ratio,
            above=above,
            below=below,
            numerator=each.numerator,
            denominator=each.denominator,
            excluded=each.excluded,
        )
        yield RankLine(holder_name(naming, {"kind": each.kind, "id": each.id}), each.place, line)


def _all(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = plain["all"]
    return found


def _digits(asked: Definition, plain: Mapping[str, Any]) -> Digits:
    lengths = plain.get("lengths") or plain.get("medians") or {}
    return Digits(
        counts=plain["counts"],
        excluded=plain.get("excluded", {}),
        ratios=tuple(
            RatioLine(
                figure=asked.name,
                name=name,
                above=asked.ratios[name][0],
                below=asked.ratios[name][1],
                numerator=ratio["numerator"],
                denominator=ratio["denominator"],
                excluded=ratio.get("excluded"),
            )
            for name, ratio in plain.get("ratios", {}).items()
        ),
        lengths=tuple(_length(name, each) for name, each in lengths.items()),
    )


def _length(name: str, plain: Mapping[str, Any] | None) -> LengthLine:
    if plain is None:
        return LengthLine(name, 0, None, (("p50", None),), None)
    if "numerator" in plain:  # the exact median of a revision that has no percentiles
        median = plain["numerator"] // plain["denominator"]
        return LengthLine(name, plain["of"], None, (("p50", median),), None)
    of = plain["of"]
    return LengthLine(
        name=name,
        of=of,
        mean_ms=plain["sum"] // of if of else None,
        percentiles=tuple((each, plain[each]) for each in ("p50", "p90", "p95")),
        excluded=plain.get("excluded"),
    )


def _bounded(issues: int) -> None:
    if issues > ISSUES_COUNTED_MAX:
        raise TooManyIssuesError
