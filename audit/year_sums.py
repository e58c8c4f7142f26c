"""What a year came to, month by month and holder by holder, counted decision by decision.

Memory grows with the holders and the days, never with the issues: each day has a number for what
was open, done and left waiting. Sums of several zones that are alike are added day by day.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Final

from audit.reexecute import Reexecution
from domain.canonical import sha256
from domain.clock_rules import FULL_PERCENT
from domain.days import zone_of
from domain.events import Event, RungFired
from domain.figures import Plain
from domain.handbook import Handbook
from domain.issue import Issue
from domain.responsibility import HolderKind, claim_on, ruled_after

MONTHS: Final = 12
TOGETHER: Final = {HolderKind.REPORTER: "enterprises", HolderKind.PARKED: "parked"}
"""Holders that are summed as one: one each would be a list of all that report, and of all zones."""

HolderName = tuple[str, str]
"""The kind of a holder and its id."""


@dataclass(frozen=True, slots=True)
class Days:
    """The local days of a year, in a time zone of IANA."""

    first_on: date
    count: int
    time_zone: str

    @classmethod
    def of_year(cls, year: int, time_zone: str) -> "Days":
        """Return all days of a year."""
        return cls(date(year, 1, 1), (date(year + 1, 1, 1) - date(year, 1, 1)).days, time_zone)

    def place(self, at: datetime) -> int:
        """Return on which of the days an instant lies, from 0; `count` or more: on none of them."""
        there = at.astimezone(zone_of(self.time_zone))
        return there.toordinal() - self.first_on.toordinal()

    def day(self, place: int) -> date:
        """Return one of the days."""
        return self.first_on + timedelta(days=place)


@dataclass(slots=True)
class Month:
    """What was reported, closed and missed in a month. `in_time`: of those closed, how many had
    passed no deadline in all their life."""

    reported: int = 0
    closed: int = 0
    in_time: int = 0
    breaches: int = 0

    def take_in(self, other: "Month") -> None:
        """Add what another zone had."""
        self.reported += other.reported
        self.closed += other.closed
        self.in_time += other.in_time
        self.breaches += other.breaches


class HolderSums:
    """What one holder had. `issues`: those that it had at any time; `late`: those of them that
    passed a deadline while it had them. `moves` and `waits` say by how many the issues that it has,
    and the acts that wait for its people, change on each day; `acts`: what its people did; `places`
    what they could do at most, None: nobody said."""

    def __init__(self, days: int) -> None:
        self.issues = 0
        self.late = 0
        self.breaches = 0
        self.places: int | None = None
        self.moves = array("q", bytes(8 * days))
        self.waits = array("q", bytes(8 * days))
        self.acts = array("q", bytes(8 * days))

    def take_in(self, other: "HolderSums") -> None:
        """Add what the same holder of another zone had."""
        self.issues += other.issues
        self.late += other.late
        self.breaches += other.breaches
        if other.places is not None:
            self.places = other.places + (self.places or 0)
        for own, its in ((self.moves, other.moves), (self.waits, other.waits)):
            _add(own, its)
        _add(self.acts, other.acts)

    def plain(self, days: Days) -> dict[str, object]:
        """Return the figures by name. Peaks are of one day, with the first such day."""
        return {
            "issues": self.issues,
            "breaches": self.breaches,
            "late": self.late,
            "open": _over_days(list(accumulate(self.moves)), days),
            "acts": {"sum": sum(self.acts), "places": self.places, **_over_days(self.acts, days)},
            "queue": _over_days(self.queue(), days),
        }

    def queue(self) -> list[int]:
        """Return how many acts were left waiting at the end of each day."""
        return list(accumulate(self.waits))


@dataclass(slots=True)
class _Held:
    """One issue on its way: who has it, whether a review was ruled on, the cycles that passed their
    deadline, and of each holder whether one did while it had the issue."""

    holder: HolderName | None = None
    ruled: bool = False
    breached: set[tuple[str, int]] = field(default_factory=set)
    late_with: dict[HolderName, bool] = field(default_factory=dict)


class YearSums:
    """The sums of a year. Of what is on its way only what `forget` has not let go is kept."""

    def __init__(self, days: Days) -> None:
        self.days = days
        self.months = [Month() for _ in range(MONTHS)]
        self.holders: dict[HolderName, HolderSums] = {}
        self.issues = 0
        self.commands = 0
        self.events = 0
        self._held: dict[str, _Held] = {}

    def take(self, events: Sequence[Event], issue: Issue, handbook: Handbook) -> None:
        """Take in what one decision recorded, and the issue as it leaves it."""
        self.commands += 1
        self.events += len(events)
        place = self.days.place(events[0].at)
        month = self.months[self.days.day(place).month - 1]
        held = self._held.get(issue.key)
        if held is None:
            held = self._held[issue.key] = _Held()
            self.issues += 1
            month.reported += 1
        month.breaches += self._count_breaches(held, events, issue)
        for event in events:
            held.ruled = ruled_after(event, ruled=held.ruled)
        was_open = held.holder is not None
        self._hand_on(held, issue, handbook, place)
        if was_open and not issue.is_open:
            month.closed += 1
            month.in_time += not held.breached

    def forget(self) -> None:
        """Let go of every issue: nothing more comes of those that were taken in."""
        self._held.clear()

    def take_in(self, other: "YearSums") -> None:
        """Add what another zone of the same year came to."""
        self.issues += other.issues
        self.commands += other.commands
        self.events += other.events
        for own, its in zip(self.months, other.months, strict=True):
            own.take_in(its)
        for name, sums in other.holders.items():
            self.of(name).take_in(sums)

    def of(self, name: HolderName) -> HolderSums:
        """Return the sums of one holder."""
        found = self.holders.get(name)
        if found is None:
            found = self.holders[name] = HolderSums(self.days.count)
        return found

    def plain(self) -> dict[str, object]:
        """Return every figure by name: holders by kind and id, months in order."""
        return {
            **{"issues": self.issues, "commands": self.commands, "events": self.events},
            "open": _over_days(self._open_by_day(), self.days),
            "months": [
                {
                    **{"month": number, "reported": month.reported, "closed": month.closed},
                    **{"in_time": month.in_time, "breaches": month.breaches},
                    "open_at_end": left,
                }
                for number, (month, left) in enumerate(
                    zip(self.months, self.open_at_ends(), strict=True), start=1
                )
            ],
            "holders": [
                {"kind": kind, "id": id_, **sums.plain(self.days)}
                for (kind, id_), sums in sorted(self.holders.items())
            ],
        }

    def _count_breaches(self, held: _Held, events: Sequence[Event], issue: Issue) -> int:
        """Count the cycles that passed their deadline by this decision, for whoever had the
        issue."""
        passed = {
            (event.clock, event.cycle)
            for event in events
            if isinstance(event, RungFired) and event.percent == FULL_PERCENT
        }
        # A clock may be in another cycle before the decision ends, and breached without a rung.
        passed |= {(each.id, each.cycle) for each in issue.clocks if each.breached_at is not None}
        new = len(passed - held.breached)
        if not new:
            return 0
        held.breached |= passed
        if held.holder is not None:
            sums = self.of(held.holder)
            sums.breaches += new
            sums.late += not held.late_with[held.holder]
            held.late_with[held.holder] = True
        return new

    def _hand_on(self, held: _Held, issue: Issue, handbook: Handbook, place: int) -> None:
        after = None
        if issue.is_open:
            holder, _ = claim_on(issue, handbook, ruled=held.ruled)
            after = (holder.kind.value, TOGETHER.get(holder.kind, holder.id))
        if after == held.holder:
            return
        if held.holder is not None:
            self.of(held.holder).moves[place] -= 1
        if after is not None:
            sums = self.of(after)
            sums.moves[place] += 1
            sums.issues += after not in held.late_with
            held.late_with.setdefault(after, False)
        held.holder = after

    def open_at_ends(self) -> list[int]:
        """Return how many issues were open at the end of each month."""
        by_day, first_on = self._open_by_day(), self.days.first_on
        after = [
            date(first_on.year + number // MONTHS, number % MONTHS + 1, 1)
            for number in range(1, MONTHS + 1)
        ]
        return [by_day[(day - first_on).days - 1] for day in after]

    def _open_by_day(self) -> list[int]:
        total = array("q", bytes(8 * self.days.count))
        for sums in self.holders.values():
            _add(total, sums.moves)
        return list(accumulate(total))


def _add(own: "array[int]", its: "array[int]") -> None:
    for place, number in enumerate(its):
        own[place] += number


def _over_days(numbers: Sequence[int], days: Days) -> dict[str, object]:
    """Return the most of any day, the first such day, and how many a day it is at the mean."""
    most = max(numbers, default=0)
    on = days.day(list(numbers).index(most)).isoformat() if most else None
    return {"peak": most, "peak_on": on, "mean": round(sum(numbers) / days.count, 2)}


@dataclass(frozen=True, slots=True)
class ZoneYear:
    """What one zone came to. `hash` is over the last hash of every stream, in the order of the
    reports. `refused`: what people tried and might not do. `figures`: the published figures of the
    whole year, by name, if they were asked for."""

    zone: str
    terms: str
    hash: str
    issues: int
    events: int
    breaches: int
    refused: int
    files: tuple[Path, ...] = ()
    figures: dict[str, Plain] | None = None


@dataclass(slots=True)
class SimulatedYear:
    """What a simulated year came to: the scenario it was played by, its zones, and the sums of all
    of them. `checked`: what was written of it, decided again."""

    scenario: dict[str, object]
    scenario_hash: str
    sums: YearSums
    zones: list[ZoneYear] = field(default_factory=list)
    checked: Reexecution | None = None

    @property
    def hash(self) -> str:
        """Return the hash of the year: the same for the same scenario, whoever played it."""
        return sha256("".join(f"{each.zone} {each.hash}\n" for each in self.zones))

    @property
    def refused(self) -> int:
        """Return how many acts were refused."""
        return sum(each.refused for each in self.zones)

    def take(self, zone: ZoneYear, sums: YearSums) -> None:
        """Add the next zone."""
        self.zones.append(zone)
        self.sums.take_in(sums)

    def plain(self) -> dict[str, object]:
        """Return all of it for a machine."""
        checked = self.checked
        return {
            "hash": self.hash,
            "scenario": self.scenario,
            "scenario_hash": self.scenario_hash,
            "refused": self.refused,
            "totals": self.sums.plain(),
            "zones": [
                {
                    **{"zone": each.zone, "terms": each.terms, "hash": each.hash},
                    **{"issues": each.issues, "events": each.events, "breaches": each.breaches},
                    "files": [path.name for path in each.files],
                    **({} if each.figures is None else {"figures": each.figures}),
                }
                for each in self.zones
            ],
            "checked": None
            if checked is None
            else {"decisions": checked.decisions, "identical": checked.identical},
        }
