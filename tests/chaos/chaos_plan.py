"""What a run does, worked out from its seed alone: who sends what when, and what breaks when."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

BURST_S: Final = 2.0
"""Commands are sent and faults begin within this time."""
PARTS: Final = ("worker", "relay", "api")
SERVERS: Final = ("postgres", "temporal")
LINKS: Final = (
    "worker-postgres",
    "relay-postgres",
    "api-postgres",
    "worker-temporal",
    "relay-temporal",
    "client-temporal",
    "client-api",
)


class Kind(StrEnum):
    """The kinds of faults."""

    KILL = "kill"
    KILL_ALL = "kill_all"
    KILL_BACKEND = "kill_backend"
    PAUSE = "pause"
    CUT = "cut"
    DELAY = "delay"
    CLOCK = "clock"
    DISK_FULL = "disk_full"
    SLOW_FLUSH = "slow_flush"
    DEPLOY = "deploy"


TARGETS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.KILL: PARTS + SERVERS,
    Kind.KILL_ALL: ("all",),
    Kind.KILL_BACKEND: ("postgres",),
    Kind.PAUSE: PARTS + SERVERS,
    Kind.CUT: LINKS,
    Kind.DELAY: LINKS,
    Kind.CLOCK: PARTS,
    Kind.DISK_FULL: ("postgres",),
    Kind.SLOW_FLUSH: ("postgres",),
    Kind.DEPLOY: ("worker",),
}
WEIGHTS: Final = {
    Kind.KILL: 5,
    Kind.KILL_ALL: 1,
    Kind.KILL_BACKEND: 1,
    Kind.PAUSE: 3,
    Kind.CUT: 3,
    Kind.DELAY: 2,
    Kind.CLOCK: 2,
    Kind.DISK_FULL: 2,
    Kind.SLOW_FLUSH: 2,
    Kind.DEPLOY: 1,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: when it begins and how long it lasts (a killed part is down so long at least).
    `amount` is by how much: the delay of each piece in s, the jump of a clock in s."""

    kind: Kind
    target: str
    at_s: float
    for_s: float
    amount: float = 0.0

    def __str__(self) -> str:
        by = f" by {self.amount:+.2f} s" if self.amount else ""
        return f"{self.at_s:.2f} s {self.kind} {self.target}{by} for {self.for_s:.2f} s"


class Manner(StrEnum):
    """How a client sends a command."""

    ONCE = "once"
    TWICE = "twice"
    """The same command from two clients at once, through any doors: a duplicate."""
    ABANDONED = "abandoned"
    """One try. Without an answer the client goes away: it may have been done, but only once."""
    AGAIN = "again"
    """Sent again after its answer: the answer must be the same."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One command of one issue: `step` says which, `doors` through which it goes (1: HTTP, 2: the
    workflow's Update). What comes before its turn is refused, and sent again."""

    issue: int
    step: str
    at_s: float
    manner: Manner
    doors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A run."""

    seed: int
    issues: int
    sendings: tuple[Sending, ...]
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        manners = {
            manner: sum(each.manner is manner for each in self.sendings)
            for manner in Manner
            if manner is not Manner.ONCE
        }
        clients = ", ".join(f"{number} {manner}" for manner, number in manners.items())
        return (
            f"seed {self.seed}: {self.issues} issues, {len(self.sendings)} commands ({clients}); "
            + "; ".join(map(str, self.faults))
        )


def plan_of(seed: int) -> Plan:
    """Return the plan that `seed` stands for, always the same."""
    chance = random.Random(f"chaos {seed}")  # noqa: S311 - a plan, no secret
    issues = chance.randint(3, 6)
    sendings = [each for number in range(issues) for each in _life(number, chance)]
    faults = [_fault(chance) for _ in range(chance.choice((1, 1, 2, 2, 3)))]
    return Plan(
        seed,
        issues,
        tuple(sorted(sendings, key=lambda each: each.at_s)),
        tuple(sorted(faults, key=lambda each: each.at_s)),
    )


def _life(issue: int, chance: random.Random) -> list[Sending]:
    """Reports begin early; what follows has its place in time by chance alone, before them too."""
    begins_s = chance.uniform(0.0, 0.5)
    notes = [f"note{number}" for number in range(chance.randint(2, 4))]
    steps = [("report", begins_s, Manner.ONCE if chance.random() < 0.6 else Manner.TWICE)]
    steps += [
        (step, _rounded(chance, begins_s - 0.1, BURST_S), chance.choice(tuple(Manner)))
        for step in ("accept", *notes)
    ]
    return [
        Sending(issue, step, max(0.0, round(at_s, 3)), _manner(step, manner), _doors(chance))
        for step, at_s, manner in steps
    ]


def _manner(step: str, manner: Manner) -> Manner:
    """An issue that is not accepted cannot end, so only notes are abandoned."""
    is_needed = not step.startswith("note")
    return Manner.AGAIN if is_needed and manner is Manner.ABANDONED else manner


def _doors(chance: random.Random) -> tuple[int, ...]:
    return chance.choice(((1, 1), (1, 2), (2, 1), (2, 2)))


def _fault(chance: random.Random) -> Fault:
    kind = chance.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
    target = chance.choice(TARGETS[kind])
    at_s = _rounded(chance, 0.1, BURST_S - 0.2)
    for_s = _rounded(chance, 0.2, 1.2)
    amount = 0.0
    if kind is Kind.DELAY:
        amount = _rounded(chance, 0.02, 0.25)
    if kind is Kind.CLOCK:
        amount = chance.choice((-1, 1)) * _rounded(chance, 0.3, 3.0)
    return Fault(kind, target, at_s, for_s, amount)


def _rounded(chance: random.Random, low: float, high: float) -> float:
    return round(chance.uniform(low, high), 3)
