"""What boards and dashboards ask of a ledger: open issues counted by their lights, the first of
each kind, and what made news. All of one zone, and never beyond the horizon of whoever asks.

A light is told by two instants: red from `red_at` on, yellow from `yellow_at` on, green before,
none where nothing runs. `at` is now: no event is later.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from domain.access import Horizon
from domain.handbook import Handbook
from domain.light_times import LightTimes
from domain.lights import Light
from domain.organization import holders
from domain.responsibility import Holder
from ledger.lists import Lists, Place

FEW_MAX = 50
PER_COLUMN_MAX = 100
K = TypeVar("K", bound=Hashable)
NO_PLACES: Mapping[str, Place] = {}


@dataclass(frozen=True, slots=True)
class Lights:
    """How many open issues show what."""

    red: int = 0
    yellow: int = 0
    green: int = 0
    none: int = 0

    @property
    def open(self) -> int:
        """Return how many there are."""
        return self.red + self.yellow + self.green + self.none

    def of(self, light: Light) -> int:
        """Return how many show this light."""
        return int(getattr(self, light.value))

    def plus(self, other: "Lights") -> "Lights":
        """Return both together."""
        return Lights(
            self.red + other.red,
            self.yellow + other.yellow,
            self.green + other.green,
            self.none + other.none,
        )


NO_LIGHTS = Lights()


@dataclass(frozen=True, slots=True)
class Standing:
    """All open issues; the counts of each table add up to `lights`. A grid is None where the terms
    of an issue do not know its enterprise."""

    at: datetime
    lights: Lights
    by_tier: dict[int, Lights]
    by_holder: dict[Holder, Lights]
    by_grid: dict[str | None, Lights]
    by_handler: dict[str, Lights]


@dataclass(frozen=True, slots=True)
class Card:
    """One issue as a board shows it. A closed one has neither holder nor grid nor light."""

    stream: str
    zone: str
    key: str
    version: int
    number: str | None
    title: str
    enterprise: str
    category: str
    priority: str
    phase: str
    tier: int
    owner: str
    handler: str
    holder: Holder | None
    grid: str | None
    reported_at: datetime
    yellow_at: datetime | None
    red_at: datetime | None
    light: Light
    open: bool

    @property
    def place(self) -> Place:
        """Return where it stands among others, the worst first."""
        return Place(self.stream, self.red_at)


@dataclass(frozen=True, slots=True)
class Few:
    """The first of some issues, and how many there are in all."""

    count: int
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Today:
    """What a day asks for. Open issues, the worst first: `overdue` is red, `at_risk` yellow,
    `due_today` turns red later today. What happened since, the newest first and closed issues too:
    each counts once, however often it did."""

    at: datetime
    overdue: Few
    at_risk: Few
    due_today: Few
    reported: Few
    escalated: Few
    rejected: Few
    silent: Few


class By(StrEnum):
    """What the columns of a board are."""

    PHASE = "phase"
    TIER = "tier"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a board is narrowed to; None: anything. `holder` is the id of a unit or post. `title`:
    it stands somewhere in the title, A to Z like a to z. `enterprises`: of one of these."""

    phase: str | None = None
    tier: int | None = None
    category: str | None = None
    enterprise: str | None = None
    grid: str | None = None
    owner: str | None = None
    handler: str | None = None
    holder: str | None = None
    priority: str | None = None
    light: Light | None = None
    title: str | None = None
    enterprises: frozenset[str] | None = None


EQUAL = (
    *("phase", "tier", "category", "enterprise", "grid", "owner", "handler", "holder", "priority"),
)
"""What `Shown` compares with the column of its name."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a board, the worst first. `next`: where to go on, None at the end."""

    name: str
    lights: Lights
    cards: tuple[Card, ...]
    next: Place | None


@dataclass(frozen=True, slots=True)
class Load:
    """What is open with one owner, one handler and one holder of the work."""

    owner: str
    handler: str
    holder: Holder
    lights: Lights


@dataclass(frozen=True, slots=True)
class Covered:
    """What is open of one enterprise."""

    grid: str | None
    enterprise: str
    lights: Lights


@dataclass(frozen=True, slots=True)
class OfEnterprise:
    """The issues of an enterprise, the last reported first: `lights` counts the open ones."""

    lights: Lights
    closed: int
    cards: tuple[Card, ...]
    next: Place | None


class Dashboards(Lists, Protocol):
    """The part of a ledger that lists, boards and dashboards are read from."""

    async def standing(self, horizon: Horizon, *, at: datetime) -> Standing:
        """Return how all open issues stand."""
        ...

    async def today(
        self,
        horizon: Horizon,
        *,
        at: datetime,
        from_at: datetime,
        to_at: datetime,
        limit: int = 10,
    ) -> Today:
        """Return what the day that ends at `to_at` asks for, and what happened from `from_at` on:
        of each at most `limit` issues (to 50), and the count of all."""
        ...

    async def day(
        self,
        horizon: Horizon,
        *,
        at: datetime,
        from_at: datetime,
        to_at: datetime,
        limit: int = 10,
    ) -> tuple[Standing, Today]:
        """Return both: what is open is gone through once, and their counts are of one moment."""
        ...

    async def columns(
        self,
        horizon: Horizon,
        shown: Shown,
        by: By,
        *,
        at: datetime,
        per_column: int = 20,
        after: Mapping[str, Place] = NO_PLACES,
    ) -> tuple[Column, ...]:
        """Return the columns that have open issues, in the order of the process, or of tiers: of
        each at most `per_column` issues (to 100), behind its place in `after` where it has one."""
        ...

    async def load(self, horizon: Horizon, *, at: datetime) -> tuple[Load, ...]:
        """Return what is open, by whom it is with."""
        ...

    async def coverage(self, horizon: Horizon, *, at: datetime) -> tuple[Covered, ...]:
        """Return what is open, by enterprise and where it stands; what has nothing open is left
        out."""
        ...

    async def of_enterprise(
        self,
        horizon: Horizon,
        enterprise: str,
        *,
        at: datetime,
        after: Place | None = None,
        limit: int = 50,
    ) -> OfEnterprise:
        """Return the issues of an enterprise, open and closed: at most `limit` (to 200), behind
        `after`, whose value is when it was reported."""
        ...


def light_at(yellow_at: datetime | None, red_at: datetime | None, at: datetime) -> Light:
    """Return the light that two instants tell."""
    return LightTimes(yellow_at, red_at).light(at)


def summed(pairs: Iterable[tuple[K, Lights]]) -> dict[K, Lights]:
    """Return the sums by key."""
    sums: dict[K, Lights] = {}
    for key, lights in pairs:
        sums[key] = sums.get(key, NO_LIGHTS).plus(lights)
    return sums


def in_order(sums: dict[K, Lights], key: Callable[[K], str]) -> dict[K, Lights]:
    """Return sums in the order of what their keys are called."""
    return {each: sums[each] for each in sorted(sums, key=key)}


def by_owner(load: Iterable[Load]) -> dict[str, Lights]:
    """Return what is open by the post that owns it."""
    return in_order(summed((each.owner, each.lights) for each in load), str)


def by_handler(load: Iterable[Load]) -> dict[str, Lights]:
    """Return what is open by the post that handles it."""
    return in_order(summed((each.handler, each.lights) for each in load), str)


def by_holder(load: Iterable[Load]) -> dict[Holder, Lights]:
    """Return what is open by the unit, or post without one, that has the work."""
    return in_order(summed((each.holder, each.lights) for each in load), name_of)


def by_person(load: Iterable[Load], handbook: Handbook, day: date) -> dict[str, Lights]:
    """Return what is open by whoever holds the handler's post on a local day; of a post that
    several hold it counts for each, of one that nobody holds for none."""
    posts = handbook.posts_by_id
    return in_order(
        summed(
            (person, each.lights)
            for each in load
            if each.handler in posts
            for person in holders(posts[each.handler], day)
        ),
        str,
    )


def name_of(holder: Holder) -> str:
    """Return what a holder is sorted by."""
    return f"{holder.id} {holder.kind.value}"


def few(limit: int) -> int:
    """Return how many issues are shown of each kind at most."""
    return max(0, min(limit, FEW_MAX))


def per_column(limit: int) -> int:
    """Return how many issues are shown of a column at most."""
    return max(1, min(limit, PER_COLUMN_MAX))
