"""What lists of issues ask of a ledger: what belongs on one, in which order, and what comes next.

A list never leaves the horizon of whoever asks, and is cut by the ledger, not after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from domain.access import Horizon
from domain.clocks import Standing
from domain.issue import Issue
from domain.sight import Sight
from ledger.asof import Filters, Kept

if TYPE_CHECKING:
    from ledger.port import IssueRow

PAGE_MAX = 200
CAPITALS = str.maketrans({letter: letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})


class Sort(StrEnum):
    """What a list is ordered by. Issues that are alike in it are ordered by stream."""

    STREAM = "stream"
    REPORTED_AT = "reported_at"
    DEADLINE_AT = "deadline_at"
    """What has no deadline comes last, whichever way round."""
    CHANGED = "changed"
    """By the position of the last event: of two no other is ever between them again."""


Value = datetime | int | None
"""What an issue is ordered by beside its stream: None if that is all, or if it has none."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order and its direction."""

    by: Sort = Sort.STREAM
    descending: bool = False


NEWEST: Final = Order(Sort.REPORTED_AT, descending=True)
"""The last reported first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where on a list an issue stands, to go on behind it."""

    stream: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An issue on a list, and its place there."""

    row: "IssueRow"
    place: Place


@dataclass(frozen=True, slots=True)
class Narrowed(Filters):
    """All that a list can be narrowed by. `unit`: it does the work, or has a part. `parts_of`: one
    of these units has a part. `at_risk`: the deadline lies ahead, and a rung of its clock has
    fired. `title`: it stands somewhere in the title, A to Z like a to z."""

    handler: str | None = None
    unit: str | None = None
    parts_of: tuple[str, ...] = ()
    enterprise: str | None = None
    tier: int | None = None
    priority: str | None = None
    number: str | None = None
    incident: str | None = None
    due_before: datetime | None = None
    at_risk: bool = False
    title: str | None = None

    def fit(self, issue: Issue, at: datetime) -> bool:
        """Return whether an issue that stood so belongs on the list."""
        due_at = None if issue.deadline is None else issue.deadline.due_at
        return (
            Filters.fit(self, issue, at)
            and self.handler in (None, issue.handler)
            and (self.unit is None or not hands_of_unit(self.unit).isdisjoint(hands_of(issue)))
            and (not self.parts_of or not parts_of(self.parts_of).isdisjoint(hands_of(issue)))
            and self.enterprise in (None, issue.enterprise)
            and self.tier in (None, issue.tier)
            and self.priority in (None, issue.priority.value)
            and self.number in (None, issue.number)
            and self.incident in (None, issue.incident and issue.incident.id)
            and (self.due_before is None or (due_at is not None and due_at < self.due_before))
            and (not self.at_risk or is_at_risk(issue, at))
            and (self.title is None or folded_case(self.title) in folded_case(issue.title))
        )


class Lists(Protocol):
    """The part of a ledger that lists are read from."""

    async def listed(
        self,
        horizon: Horizon,
        filters: Narrowed,
        order: Order,
        *,
        at: datetime,
        after: Place | None = None,
        limit: int = 50,
    ) -> list[Listed]:
        """Return the issues within a horizon that fit at the instant `at`, in order, behind
        `after`: at most `limit` (1 to 201)."""
        ...

    async def overdue(self, at: datetime, limit: int) -> "list[IssueRow]":
        """Return open issues whose next rung was due before `at` and has not fired."""
        ...

    async def kept_within(
        self, horizon: Horizon, sight: Sight, filters: Narrowed, *, after: str, limit: int
    ) -> list[Kept]:
        """Return the issues within a horizon, as they stand now, that may have stood so: by stream,
        after stream `after`."""
        ...

    async def kept_newest(
        self,
        horizon: Horizon,
        sight: Sight,
        filters: Narrowed,
        *,
        after: Place | None,
        limit: int,
    ) -> list[tuple[Kept, Place]]:
        """Return the same issues, the last reported first, behind the place `after`."""
        ...


def hands_of(issue: Issue) -> list[str]:
    """Return whom an issue concerns, as its row names them."""
    found = [f"enterprise:{issue.enterprise}", f"post:{issue.owner}", f"post:{issue.handler}"]
    if issue.unit is not None:
        found.append(f"unit:{issue.unit}")
    return found + hands_in_team(issue)


def hands_in_team(issue: Issue) -> list[str]:
    """Return whom an issue's joint team concerns: the units that have a part, and who acts for an
    outside body."""
    found = []
    for part in () if issue.team is None else issue.team.parts:
        found.append(f"part:{part.unit}")
        if part.proxy is not None:
            found.append(f"post:{part.proxy}")
    return found


def hands_of_unit(unit: str) -> set[str]:
    """Return what names a unit that works on an issue."""
    return {f"unit:{unit}", f"part:{unit}"}


def parts_of(units: Iterable[str]) -> set[str]:
    """Return what names units that have a part."""
    return {f"part:{unit}" for unit in units}


def hands_within(horizon: Horizon) -> list[str]:
    """Return what names somebody of a horizon that is not the whole zone."""
    return sorted(
        [f"enterprise:{each}" for each in horizon.enterprises]
        + [f"post:{each}" for each in horizon.posts]
        + [f"part:{each}" for each in horizon.units]
    )


def is_at_risk(issue: Issue, at: datetime) -> bool:
    """Return whether a clock warns: the deadline lies ahead, and a rung of its clock has fired."""
    deadline = issue.deadline
    if deadline is None or deadline.due_at is None or deadline.due_at < at:
        return False
    return any(
        clock.standing is Standing.RUNNING and clock.due_at == deadline.due_at and clock.fired
        for clock in issue.clocks
    )


def folded_case(text: str) -> str:
    """Return a text with A to Z as a to z: databases differ about other letters."""
    return text.translate(CAPITALS)


def value_of(issue: Issue, position: int, order: Order) -> Value:
    """Return what an issue is ordered by beside its stream."""
    match order.by:
        case Sort.STREAM:
            return None
        case Sort.REPORTED_AT:
            return issue.reported_at
        case Sort.DEADLINE_AT:
            return None if issue.deadline is None else issue.deadline.due_at
        case Sort.CHANGED:
            return position


def in_order(listed: Sequence[Listed], order: Order) -> list[Listed]:
    """Return issues in order, those without a value last."""
    valued = [each for each in listed if each.place.value is not None]
    others = [each for each in listed if each.place.value is None]
    for some in (valued, others):
        some.sort(key=_key, reverse=order.descending)
    return valued + others


def behind(place: Place, after: Place, order: Order) -> bool:
    """Return whether a place comes after another."""
    if (place.value is None) != (after.value is None):
        return place.value is None
    one, other = _placed(place), _placed(after)
    return one < other if order.descending else one > other


def bounded(limit: int) -> int:
    """Return how many rows a list has at most: one more than a page, to see whether more follow."""
    return max(1, min(limit, PAGE_MAX + 1))


def _key(listed: Listed) -> tuple[float, str]:
    return _placed(listed.place)


def _placed(place: Place) -> tuple[float, str]:
    value = place.value
    number = value.timestamp() if isinstance(value, datetime) else float(value or 0)
    return number, place.stream
