"""What another routing table would do with the issues on record; nothing is written (I8, M23).

Each accepted issue is routed as it was at its acceptance: its category, priority, origin and tier
of then. Where its enterprise stands, and on which lists, the new handbook says: its rows speak of
its own grids and lists.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from audit.facts import Facts
from domain.chain import Record
from domain.events import IssueAccepted
from domain.events_of_ladder import IssueRouted
from domain.evolve import evolve
from domain.handbook import Handbook
from domain.issue import Issue
from domain.routing import Hit, Place, place_of, route_from
from domain.streams import is_issue_stream


@dataclass(frozen=True, slots=True)
class Change:
    """One accepted issue: where it went, and where the table under trial would send it."""

    stream: str
    number: str
    accepted_at: datetime
    category: str
    was: Hit
    becomes: Hit

    @property
    def moves(self) -> bool:
        """Return whether the work would lie elsewhere."""
        return (self.was.unit, self.was.handler) != (self.becomes.unit, self.becomes.handler)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a table would have matched. `hits` has every row, in order; with `defaulted` and
    `by_hand` they add up to `accepted`.

    `by_hand` were given to somebody before their acceptance: no row is asked. `unknown` are those
    whose category or enterprise the new handbook does not have, by what it lacks; they are routed
    all the same. `changes` and `defaults` are the first of `moved` and of `defaulted`.
    """

    accepted: int
    hits: dict[str, int]
    defaulted: int
    by_hand: int
    moved: int
    unknown: dict[str, int]
    changes: tuple[Change, ...]
    defaults: tuple[Change, ...]

    @property
    def never(self) -> tuple[str, ...]:
        """Return the rows that would have hit nothing."""
        return tuple(row for row, hits in self.hits.items() if not hits)


async def preview_routing(
    facts: Facts,
    handbook: Handbook,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    progress: Callable[[int], None] = lambda _: None,
) -> Preview:
    """Try a handbook's table on the zone's issues accepted from `since` on and before `until`.

    At most `limit` issues are named in each list; the counts are of all.
    """
    sums = _Sums(Counter({row.id: 0 for row in handbook.routing}), limit)
    places: dict[str, Place] = {}
    streams = 0
    async for stream in facts.streams():
        if not is_issue_stream(stream) or stream.partition("/")[0] != handbook.zone:
            continue
        streams += 1
        found = _acceptance(await facts.records(stream))
        if found is not None and _within(found.at, since, until):
            enterprise = found.issue.enterprise
            if enterprise not in places:
                places[enterprise] = place_of(handbook, enterprise)
            sums.add(found, handbook, places[enterprise])
        progress(streams)
    return sums.total()


@dataclass(frozen=True, slots=True)
class _Accepted:
    """An issue just accepted, and where the table of then sent it."""

    issue: Issue
    at: datetime
    was: Hit
    by_hand: bool


def _acceptance(records: list[Record]) -> _Accepted | None:
    issue: Issue | None = None
    for place, record in enumerate(records):
        zone, _, key = record.stream.partition("/")
        event = record.event
        issue = evolve(issue, event, zone=zone, key=key, terms=record.terms)
        if isinstance(event, IssueAccepted):
            sent = (r for r in records[place + 1 :] if r.command_id == record.command_id)
            routed = next((r.event for r in sent if r.kind == "issue_routed"), None)
            return _Accepted(
                issue=issue,
                at=record.at,
                was=_was(issue, routed),
                by_hand=issue.handler != issue.owner,
            )
    return None


def _was(issue: Issue, routed: object) -> Hit:
    if isinstance(routed, IssueRouted):
        return Hit(row=routed.row, unit=routed.unit, handler=routed.handler)
    return Hit(row=None, unit=issue.unit, handler=issue.handler)


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or since <= at) and (until is None or at < until)


@dataclass(slots=True)
class _Sums:
    hits: Counter[str]
    limit: int
    accepted: int = 0
    defaulted: int = 0
    by_hand: int = 0
    moved: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    defaults: list[Change] = field(default_factory=list)

    def add(self, found: _Accepted, handbook: Handbook, place: Place) -> None:
        issue = found.issue
        self.accepted += 1
        if found.by_hand:
            self.by_hand += 1
            return
        if issue.category not in {each.id for each in handbook.categories}:
            self.unknown[f"category {issue.category}"] += 1
        if place.grid is None:
            self.unknown[f"enterprise {issue.enterprise}"] += 1
        becomes = route_from(handbook, issue, issue.category, place)
        change = Change(
            stream=issue.stream,
            number=issue.number or "",
            accepted_at=found.at,
            category=issue.category,
            was=found.was,
            becomes=becomes,
        )
        if becomes.row is None:
            self.defaulted += 1
            self._name(change, self.defaults)
        else:
            self.hits[becomes.row] += 1
        if change.moves:
            self.moved += 1
            self._name(change, self.changes)

    def _name(self, change: Change, among: list[Change]) -> None:
        if len(among) < self.limit:
            among.append(change)

    def total(self) -> Preview:
        return Preview(
            accepted=self.accepted,
            hits=dict(self.hits),
            defaulted=self.defaulted,
            by_hand=self.by_hand,
            moved=self.moved,
            unknown=dict(sorted(self.unknown.items())),
            changes=tuple(self.changes),
            defaults=tuple(self.defaults),
        )
