"""Whether everything that a handbook holds can come to bear: each row of the routing table, each
unit that is named, each roster and delegation (M23, Q24)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import compress, product
from math import prod
from typing import NamedTuple, TypeVar

from domain.clock_life import SOME_ISSUE
from domain.handbook import Delegation, Handbook, Post, RoutingRow
from domain.issue import Issue
from domain.order_permissions import ORDER_PERMITTED
from domain.organization import holders, post, posts_of_unit, unit
from domain.permissions import PERMITTED
from domain.phases import Origin, Priority
from domain.problem import Problem
from domain.proof_times import days_of, ever_on_duty
from domain.routing import Place, hits

T = TypeVar("T")
CLASSES_MAX = 200_000
"""More kinds of issue than this are not told apart: the table is refused, not believed."""
LISTS_MAX = 18
"""So many lists alone tell too many kinds apart."""
RULE = "I8"


class Kind(NamedTuple):
    """A class of issues that the rows of a table treat alike."""

    issue: Issue
    category: str
    place: Place

    def __str__(self) -> str:
        asked = self.issue
        said = [f"category {self.category}"]
        said += [str(asked.priority), f"origin {asked.origin}", f"tier {asked.tier}"]
        said += [f"grid {self.place.grid}", f"segment {self.place.segment or 'none'}"]
        return ", ".join([*said, f"lists {', '.join(sorted(self.place.lists)) or 'none'}"])


@dataclass(frozen=True, slots=True)
class Routed:
    """What a look at the routing table came to."""

    kinds: int
    problems: tuple[Problem, ...]


def route_problems(handbook: Handbook) -> Routed:
    """Try every class of issues on the table: each row must be the first to hit some, and none may
    be left to no row."""
    if not handbook.routing:
        return Routed(0, ())
    axes = _axes(handbook)
    if axes.size > CLASSES_MAX:
        return Routed(0, (_unproved(axes.size),))
    found: list[Problem] = []
    hit: set[str] = set()
    missed: Kind | None = None
    for kind in axes.kinds():
        row = next((row for row in handbook.routing if hits(row, *kind)), None)
        if row is not None:
            hit.add(row.id)
        missed = missed or (kind if row is None else None)
    if missed is not None:
        found.append(
            Problem(
                key="routing",
                rule=RULE,
                message="no last row that asks nothing: some issues have no row at all",
                counter_example=f"{missed}: no row fits",
            )
        )
    found += [_shadowed(handbook, row, axes) for row in handbook.routing if row.id not in hit]
    return Routed(axes.size, tuple(found))


def _shadowed(handbook: Handbook, row: RoutingRow, axes: "_Axes") -> Problem:
    shown = "no issue is so: what the row asks for excludes itself"
    for kind in axes.kinds():
        if hits(row, *kind):
            first = next(each for each in handbook.routing if hits(each, *kind))
            shown = f"{kind}: row {first.id} hits before it, as for all that this row fits"
            break
    return Problem(
        key=f"routing.{row.id}",
        rule=RULE,
        message="this row can never hit: whatever it fits, an earlier row fits as well",
        counter_example=shown,
    )


def _unproved(size: int) -> Problem:
    return Problem(
        key="routing",
        rule=RULE,
        message=f"not proved: the rows tell more than {CLASSES_MAX} kinds of issue apart",
        counter_example=f"{size} combinations of what the rows ask for",
    )


def _axes(handbook: Handbook) -> "_Axes":
    rows = handbook.routing
    places = [(grid.id, grid.area) for grid in handbook.grids]
    in_grids = [[p for p in places if p[0] in row.grids] for row in rows]
    in_areas = [[p for p in places if p[1] in row.areas] for row in rows]
    lists = sorted({each for row in rows for each in row.lists})
    segments: list[str | None] = [None, *(segment.id for segment in handbook.segments)]
    members = product((False, True), repeat=min(len(lists), LISTS_MAX))
    return _Axes(
        categories=_apart([row.categories for row in rows], [c.id for c in handbook.categories]),
        priorities=_apart([row.priorities for row in rows], list(Priority)),
        origins=_apart([row.origins for row in rows], list(Origin)),
        tiers=_apart([row.tiers for row in rows], [tier.level for tier in handbook.tiers]),
        places=_apart([*in_grids, *in_areas], places),
        segments=_apart([row.segments for row in rows], segments),
        lists=[frozenset(compress(lists, each)) for each in members],
    )


def _apart(named: Iterable[Collection[T]], known: Iterable[T]) -> list[T]:
    """Return one of all that the same sets hold."""
    sets = list(named)
    alike: dict[tuple[bool, ...], T] = {}
    for each in known:
        alike.setdefault(tuple(each in some for some in sets), each)
    return list(alike.values())


@dataclass(frozen=True, slots=True)
class _Axes:
    """For each question the answers that some row tells apart."""

    categories: list[str]
    priorities: list[Priority]
    origins: list[Origin]
    tiers: list[int]
    places: list[tuple[str, str]]
    segments: list[str | None]
    lists: list[frozenset[str]]

    @property
    def size(self) -> int:
        """Return how many classes of issues are told apart."""
        return prod(len(getattr(self, each)) for each in self.__slots__)

    def kinds(self) -> Iterator[Kind]:
        """Yield every class of issues."""
        asked = product(self.priorities, self.origins, self.tiers)
        for priority, origin, tier in asked:
            update = {"priority": priority, "origin": origin, "tier": tier}
            issue = SOME_ISSUE.model_copy(update=update)
            at = product(self.categories, self.places, self.segments, self.lists)
            for category, (grid, area), segment, lists in at:
                yield Kind(issue, category, Place(grid, area, segment, lists))


def idle_problems(handbook: Handbook, period: tuple[date, date]) -> Iterator[Problem]:
    """Name the units that are given work and cannot act, and what is said of duty to no effect."""
    yield from _of_units(handbook, period)
    used = {held.roster for held in handbook.posts}
    for roster in handbook.rosters:
        if roster.id not in used:
            yield Problem(
                key=f"rosters.{roster.id}",
                rule="R5.2",
                message="no post has this roster: whoever it names is never asked",
                counter_example=f"roster {roster.id}@{roster.revision} → no post",
            )
    for each in handbook.delegations:
        yield from _of_commands(each)
        held = post(handbook, each.post)
        if held is not None and not _is_held(held, each):
            yield Problem(
                key=f"delegations.{each.id}",
                rule="R6.4",
                message=f"{each.principal} holds {each.post} on none of these days",
                counter_example=f"{each.from_on} to {each.to_on} → {each.deputy} may do nothing",
            )


def _of_commands(of: Delegation) -> Iterator[Problem]:
    known = {*PERMITTED, *ORDER_PERMITTED}
    unknown = [command for command in of.commands or () if command not in known]
    if unknown:
        yield Problem(
            key=f"delegations.{of.id}.commands",
            rule="R6.4",
            message=f"no such command: {', '.join(unknown)}; allowed: {', '.join(sorted(known))}",
            counter_example=f"{of.from_on} to {of.to_on} → {of.deputy} may do nothing by the name "
            f"of {unknown[0]}",
        )


def _is_held(held: Post, of: Delegation) -> bool:
    """Return whether the principal is in the post on any day of a delegation: if so, on its first
    or on one on which they come."""
    came = (a.from_on for a in held.assignments if a.from_on is not None)
    days = (of.from_on, *(day for day in came if of.from_on <= day <= of.to_on))
    return any(of.principal in holders(held, day) for day in days)


def _of_units(handbook: Handbook, period: tuple[date, date]) -> Iterator[Problem]:
    """An arbiter may send work to any unit of the zone that has a post, also where nothing else
    does."""
    seen: set[str] = set()
    for key, id_ in _given_work(handbook):
        body = unit(handbook, id_)
        if body is None or body.external or id_ in seen:
            continue
        seen.add(id_)
        acting = posts_of_unit(handbook, id_)[:1]
        day = next((d for d in days_of(handbook, acting, period) if not _there(acting, d)), None)
        if day is None:
            yield from _never_there(handbook, key, id_, period)
        else:
            who = f"{acting[0].id}: nobody holds it" if acting else "it has no post"
            yield Problem(
                key=key,
                rule=RULE,
                message=f"unit {id_} is given work and cannot act",
                counter_example=f"on {day:%A %Y-%m-%d} work goes to {id_} → {who}",
            )

    others = {p.unit for p in handbook.posts if p.unit is not None} - seen
    for id_ in sorted(others) if handbook.dispatch is not None else ():
        yield from _never_there(handbook, f"units.{id_}", id_, period)


def _never_there(
    handbook: Handbook, key: str, id_: str, period: tuple[date, date]
) -> Iterator[Problem]:
    posts = posts_of_unit(handbook, id_)
    if not ever_on_duty(handbook, posts, period):
        yield Problem(
            key=key,
            rule=RULE,
            message=f"unit {id_} can be sent work and nobody is ever on duty for it",
            counter_example=f"work goes to {id_} → {', '.join(p.id for p in posts)}: nobody is on "
            f"duty at any instant from {period[0]} to {period[1]}",
        )


def _there(acting: tuple[Post, ...], day: date) -> bool:
    return bool(acting) and bool(holders(acting[0], day))


def _given_work(handbook: Handbook) -> Iterator[tuple[str, str]]:
    """Yield each unit that the handbook gives work, and where it says so."""
    for row in handbook.routing:
        if row.unit is not None:
            yield f"routing.{row.id}.unit", row.unit
    for category in handbook.categories:
        for each in category.units:
            yield f"categories.{category.id}.units", each
    for team in handbook.teams:
        for each in (team.lead, *team.members):
            yield f"teams.{team.id}", each
    if handbook.dispatch is not None:
        yield "dispatch.fallback", handbook.dispatch.fallback
