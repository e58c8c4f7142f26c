"""What a back-test of many issues comes to: sums that can be added, in whatever order."""

from collections import Counter
from dataclasses import dataclass, field

from audit.backtest import Trial
from audit.course import Course, Deadline
from domain.responsibility import Holder


@dataclass(slots=True)
class Pair:
    """A count as it was, and as it would have been."""

    was: int = 0
    after: int = 0

    def add(self, was: int, after: int) -> None:
        """Add to both."""
        self.was += was
        self.after += after

    def plain(self) -> dict[str, int]:
        """Return both by name."""
        return {"was": self.was, "after": self.after}


@dataclass(slots=True)
class Load:
    """What one holder had: issues, and milliseconds of the zone's office hours."""

    issues: Pair = field(default_factory=Pair)
    office_ms: Pair = field(default_factory=Pair)


@dataclass(slots=True)
class Totals:
    """All issues tried. `unplayable`: the report itself is refused; `unreadable`: what is stored
    cannot be read. Neither is in any other sum but `issues`. Deadlines are compared cycle by cycle
    where both lives have the cycle; `owners`: how many stand with another owner."""

    issues: int = 0
    differing: int = 0
    unplayable: int = 0
    unreadable: int = 0
    earlier: int = 0
    later: int = 0
    owners: int = 0
    breaches: Pair = field(default_factory=Pair)
    rungs: Pair = field(default_factory=Pair)
    escalations: Pair = field(default_factory=Pair)
    deadlines: Pair = field(default_factory=Pair)
    breaches_by_clock: dict[str, Pair] = field(default_factory=dict)
    forbidden: Counter[tuple[str, str]] = field(default_factory=Counter)
    load: dict[Holder, Load] = field(default_factory=dict)

    def take(self, trial: Trial) -> None:
        """Add one issue."""
        self.issues += 1
        self.differing += trial.differs
        self.forbidden.update((each.kind, each.code) for each in trial.forbidden)
        was, after = trial.was, trial.after
        if after is None:
            self.unplayable += 1
            return
        self.breaches.add(was.breaches, after.breaches)
        self.rungs.add(len(was.rungs), len(after.rungs))
        self.escalations.add(was.escalations, after.escalations)
        self.deadlines.add(len(was.deadlines), len(after.deadlines))
        self.owners += was.owner != after.owner
        self._compare(was, after)
        self._load(was, after)

    def take_unreadable(self) -> None:
        """Add an issue whose rows cannot be read."""
        self.issues += 1
        self.unreadable += 1

    def take_in(self, other: "Totals") -> None:
        """Add what another process has summed."""
        for name in ("issues", "differing", "unplayable", "unreadable", "earlier", "later"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.owners += other.owners
        for name in ("breaches", "rungs", "escalations", "deadlines"):
            theirs: Pair = getattr(other, name)
            getattr(self, name).add(theirs.was, theirs.after)
        for clock, pair in other.breaches_by_clock.items():
            self.breaches_by_clock.setdefault(clock, Pair()).add(pair.was, pair.after)
        self.forbidden.update(other.forbidden)
        for holder, load in other.load.items():
            mine = self.load.setdefault(holder, Load())
            mine.issues.add(load.issues.was, load.issues.after)
            mine.office_ms.add(load.office_ms.was, load.office_ms.after)

    def plain(self) -> dict[str, object]:
        """Return every sum by name, lists in a fixed order."""
        return {
            **{"issues": self.issues, "differing": self.differing},
            **{"unplayable": self.unplayable, "unreadable": self.unreadable},
            "deadlines": {**self.deadlines.plain(), "earlier": self.earlier, "later": self.later},
            "breaches": self.breaches.plain(),
            "breaches_by_clock": [
                {"clock": clock, **pair.plain()}
                for clock, pair in sorted(self.breaches_by_clock.items())
            ],
            "rungs": self.rungs.plain(),
            "escalations": self.escalations.plain(),
            "other_owner": self.owners,
            "forbidden": [
                {"command": kind, "error": code, "acts": count}
                for (kind, code), count in sorted(self.forbidden.items())
            ],
            "load": [
                {
                    **{"kind": holder.kind.value, "id": holder.id},
                    "issues": load.issues.plain(),
                    "office_ms": load.office_ms.plain(),
                }
                for holder, load in sorted(
                    self.load.items(), key=lambda each: (each[0].kind, each[0].id)
                )
            ],
        }

    def _compare(self, was: Course, after: Course) -> None:
        then = {(each.clock, each.cycle): each for each in was.deadlines}
        now = {(each.clock, each.cycle): each for each in after.deadlines}
        for cycle in then.keys() & now.keys():
            old, new = then[cycle].due_at, now[cycle].due_at
            if old is not None and new is not None:
                self.earlier += new < old
                self.later += new > old
        self._breaches(was.deadlines, 1, 0)
        self._breaches(after.deadlines, 0, 1)

    def _breaches(self, deadlines: tuple[Deadline, ...], was: int, after: int) -> None:
        for each in deadlines:
            if each.breached_at is not None:
                self.breaches_by_clock.setdefault(each.rule, Pair()).add(was, after)

    def _load(self, was: Course, after: Course) -> None:
        for held in was.held:
            load = self.load.setdefault(held.holder, Load())
            load.issues.add(1, 0)
            load.office_ms.add(held.office_ms, 0)
        for held in after.held:
            load = self.load.setdefault(held.holder, Load())
            load.issues.add(0, 1)
            load.office_ms.add(0, held.office_ms)
