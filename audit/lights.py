"""The board of lights: how many issues show what, by tier and by unit, and the worst of them (R11).

As of now it is read from the snapshots of open issues, for a past instant told from their events;
where both can be asked they answer alike.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import nsmallest
from typing import Protocol

from audit.facts import Facts, terms_reader
from domain.issue import Issue
from domain.lights import WORST_FIRST, Light, Shown, ShownThen, light_then
from domain.responsibility import Holder, working
from domain.sight import Sight
from domain.terms import Terms
from ledger.asof import AsOf, Filters, stood
from ledger.port import IssueRow

PAGE = 500
NEVER = datetime.max.replace(tzinfo=UTC)


class LightFacts(Facts, AsOf, Protocol):
    """The part of a ledger that lights are read from."""

    async def find(
        self, *, zone: str | None = None, open_only: bool = False, after: str = "", limit: int = 100
    ) -> list[IssueRow]:
        """Return issues ordered by stream, after stream `after`."""
        ...


Fits = Callable[[Issue], bool]
"""Says which issues are counted."""


def every_issue(_: Issue) -> bool:
    """Count every issue."""
    return True


@dataclass(frozen=True, slots=True)
class Lit:
    """An open issue, what it shows, and by which terms. `holder` has the work."""

    issue: Issue
    terms: Terms
    shown: Shown
    holder: Holder

    @property
    def rank(self) -> tuple[int, datetime, str]:
        """Return its place among others, the worst first."""
        clock = self.shown.clock
        due_at = None if clock is None else clock.due_at
        return WORST_FIRST.index(self.shown.light), due_at or NEVER, self.issue.stream


@dataclass(frozen=True, slots=True)
class Board:
    """All lights of a moment. A tier is of one zone; the counts of each table add up to `lights`.

    `worst` are the first of those that are red or yellow, the worst first.
    """

    at: datetime
    lights: dict[Light, int]
    by_tier: dict[tuple[str, int], dict[Light, int]]
    by_holder: dict[tuple[str, Holder], dict[Light, int]]
    worst: tuple[Lit, ...]

    @property
    def issues(self) -> int:
        """Return how many issues were open."""
        return sum(self.lights.values())


async def board_now(
    ledger: LightFacts,
    *,
    at: datetime,
    zone: str | None = None,
    unit: str | None = None,
    worst: int = 20,
    fits: Fits = every_issue,
    progress: Callable[[int], None] = lambda _: None,
) -> Board:
    """Return the lights of all open issues at `at`, which no recorded event is later than.

    `unit` is the id of a unit, or of a post without one, that has the work; of the issues only
    those that `fits` says are counted.
    """
    return await _board(_open_now(ledger, zone, at), at, unit, worst, fits, progress)


async def board_then(
    ledger: LightFacts,
    *,
    at: datetime,
    zone: str | None = None,
    unit: str | None = None,
    worst: int = 20,
    progress: Callable[[int], None] = lambda _: None,
) -> Board:
    """Return the same for any past instant, by what the ledger held then."""
    sight = Sight(at, await ledger.safe_position(), known_at=at)
    return await board_seen(ledger, sight, zone=zone, unit=unit, worst=worst, progress=progress)


async def board_seen(
    ledger: LightFacts,
    sight: Sight,
    *,
    zone: str | None = None,
    unit: str | None = None,
    worst: int = 20,
    fits: Fits = every_issue,
    progress: Callable[[int], None] = lambda _: None,
) -> Board:
    """Return the same as it is seen from any sight."""
    return await _board(_open_then(ledger, zone, sight), sight.at, unit, worst, fits, progress)


async def _open_now(ledger: LightFacts, zone: str | None, at: datetime) -> AsyncIterator[ShownThen]:
    terms_of, after = terms_reader(ledger), ""
    while True:
        rows = await ledger.find(zone=zone, open_only=True, after=after, limit=PAGE)
        for row in rows:
            terms = await terms_of(row.issue.terms)
            yield light_then(row.issue, terms, at)
        if len(rows) < PAGE:
            return
        after = rows[-1].issue.stream


async def _open_then(
    ledger: LightFacts, zone: str | None, sight: Sight
) -> AsyncIterator[ShownThen]:
    terms_of = terms_reader(ledger)
    async for row in stood(ledger, sight, Filters(zone=zone, open_only=True)):
        yield light_then(row.issue, await terms_of(row.issue.terms), sight.at)


@dataclass(slots=True)
class _Sums:
    lights: Counter[Light] = field(default_factory=Counter)
    by_tier: defaultdict[tuple[str, int], Counter[Light]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    by_holder: defaultdict[tuple[str, Holder], Counter[Light]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    worst: list[Lit] = field(default_factory=list)

    def add(self, lit: Lit) -> None:
        shown, zone = lit.shown.light, lit.issue.zone
        self.lights[shown] += 1
        self.by_tier[zone, lit.issue.tier][shown] += 1
        self.by_holder[zone, lit.holder][shown] += 1
        if shown in (Light.RED, Light.YELLOW):
            self.worst.append(lit)


async def _board(
    every: AsyncIterator[ShownThen],
    at: datetime,
    unit: str | None,
    worst: int,
    fits: Fits,
    progress: Callable[[int], None],
) -> Board:
    sums, seen = _Sums(), 0
    async for each in every:
        holder = working(each.issue, each.terms.handbook)
        if unit in (None, holder.id) and fits(each.issue):
            sums.add(Lit(each.issue, each.terms, each.shown, holder))
        if len(sums.worst) > worst + PAGE:
            sums.worst = nsmallest(worst, sums.worst, key=lambda lit: lit.rank)
        seen += 1
        progress(seen)
    return Board(
        at=at,
        lights=_counts(sums.lights),
        by_tier={key: _counts(found) for key, found in sorted(sums.by_tier.items())},
        by_holder={
            key: _counts(found)
            for key, found in sorted(
                sums.by_holder.items(), key=lambda item: (item[0][0], item[0][1].id)
            )
        },
        worst=tuple(nsmallest(worst, sums.worst, key=lambda lit: lit.rank)),
    )


def _counts(found: Counter[Light]) -> dict[Light, int]:
    return {each: found[each] for each in WORST_FIRST}
