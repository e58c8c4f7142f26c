"""A kind of clock as data: when it starts, stands and ends, how much time it gives, its rungs."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.durations import Duration, OpenHours, Wall
from domain.model import Code, Frozen, Name, Short, is_none, is_unset
from domain.phases import PartStanding, PauseReason, Phase, Priority

FULL_PERCENT = 100
REPEATS_MAX = 100
RUNG_ID_CHARACTERS_MAX = 56
"""A repeated rung's id ends in a dot and its number: `<rung>.<n>`."""


class Condition(Frozen):
    """What must hold of an event and of the issue after it. All that is given must hold.

    Nothing but the issue's own stream can be asked about (R1.4).
    """

    events: tuple[Code, ...] = ()
    phases: tuple[Phase, ...] = ()
    paused: bool | None = None
    parts: tuple[PartStanding, ...] = ()
    waiting: tuple[PauseReason, ...] = Field(default=(), exclude_if=is_unset)
    tiers: tuple[int, ...] = Field(default=(), exclude_if=is_unset)
    priorities: tuple[Priority, ...] = Field(default=(), exclude_if=is_unset)
    categories: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        asked = (
            self.events,
            self.phases,
            self.parts,
            self.waiting,
            self.tiers,
            self.priorities,
            self.categories,
        )
        if not any(asked) and self.paused is None:
            msg = "an empty condition would always hold"
            raise ValueError(msg)
        return self


class RungEffect(StrEnum):
    """What happens when a clock's threshold passes, beyond being recorded and told."""

    REMIND = "remind"
    ESCALATE = "escalate"
    LAPSE = "lapse"
    REVIEW = "review"
    RECORD = "record"
    REOPEN_LADDER = "reopen_ladder"
    BIND = "bind"
    UNPARK = "unpark"
    BIND_PART = "bind_part"
    EXPIRE = "expire"


class RungRule(Frozen):
    """A threshold of a clock (R4.1): exactly one of a share of its budget (100 is the deadline
    itself), a time before the deadline, a time after it, or again and again after it.

    A repeated rung fires as `<id>.1`, `<id>.2` … until `times` (`rung_name`).
    """

    id: Annotated[Code, Field(max_length=RUNG_ID_CHARACTERS_MAX)]
    percent: Annotated[int, Field(ge=1, le=FULL_PERCENT)] | None = Field(
        default=None, exclude_if=is_none
    )
    before: Annotated[Wall | OpenHours, Field(discriminator="kind")] | None = Field(
        default=None, exclude_if=is_none
    )
    after: Duration | None = Field(default=None, exclude_if=is_none)
    every: Duration | None = Field(default=None, exclude_if=is_none)
    times: Annotated[int, Field(ge=1, le=REPEATS_MAX)] | None = Field(
        default=None, exclude_if=is_none
    )
    effect: RungEffect = RungEffect.REMIND

    @model_validator(mode="after")
    def _says_when_once(self) -> Self:
        given = [name for name in ("percent", "before", "after", "every") if getattr(self, name)]
        if len(given) != 1:
            said = " and ".join(given) or "nothing"
            msg = f"rung {self.id} gives {said}; allowed: one of percent, before, after, every"
            raise ValueError(msg)
        if (self.every is None) != (self.times is None):
            msg = f"rung {self.id}: `every` and `times` go together; nothing repeats without end"
            raise ValueError(msg)
        return self

    @property
    def is_due_itself(self) -> bool:
        """Return whether this rung is the deadline: its firing is the breach."""
        return self.percent == FULL_PERCENT


class BudgetRule(Frozen):
    """A budget and where it applies; the first rule that fits is taken."""

    duration: Duration
    tier: int | None = None
    priority: Priority | None = None
    categories: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)


class ClockScope(StrEnum):
    """What a clock belongs to."""

    ISSUE = "issue"
    PART = "part"
    LEVEL = "level"


class Retarget(StrEnum):
    """What becomes of a running clock whose target changes (R3.1)."""

    KEEP_ELAPSED = "keep_elapsed"
    RESTART = "restart"
    FROM_ANCHOR_WITH_CREDIT = "from_anchor_with_credit"
    KEEP_OLD_TARGET = "keep_old_target"
    STRICTEST_OF = "strictest_of"


class OnReopening(StrEnum):
    """What a clock has to spend when a closed issue is taken up again (R10.1): all of it anew, or
    what its last cycle had left."""

    RESTART = "restart"
    CARRY_ON = "carry_on"


class Anchor(StrEnum):
    """From where `from_anchor_with_credit` counts."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    CYCLE = "cycle"


class RetargetRule(Frozen):
    """How a clock answers to each kind of change (R3.1)."""

    priority: Retarget = Retarget.KEEP_ELAPSED
    category: Retarget = Retarget.KEEP_ELAPSED
    handbook: Retarget = Retarget.KEEP_ELAPSED
    anchor: Anchor = Anchor.REPORTED


Conditions = Annotated[tuple[Condition, ...], Field(max_length=8)]


class ClockRule(Frozen):
    """A kind of clock: when it starts, stands and ends, and how much time it gives (R1).

    Each list of conditions holds when any one of its conditions does. `calendar` is the clock's own
    working calendar, where it is not the zone's.
    """

    id: Code
    name: Name
    scope: ClockScope = ClockScope.ISSUE
    start: Annotated[Conditions, Field(min_length=1)]
    stop: Annotated[Conditions, Field(min_length=1)]
    cancel: Conditions = ()
    reset: Conditions = ()
    pause: Conditions = ()
    budgets: Annotated[tuple[BudgetRule, ...], Field(min_length=1, max_length=32)]
    rungs: Annotated[tuple[RungRule, ...], Field(min_length=1, max_length=16)]
    source: Short = "default, not from source"
    calendar: Code | None = Field(default=None, exclude_if=is_none)
    retarget: RetargetRule | None = Field(default=None, exclude_if=is_none)
    on_reopening: OnReopening | None = Field(default=None, exclude_if=is_none)
    """Unset: it carries on where the reopening resumes the old course, else it starts anew."""

    @property
    def retargeting(self) -> RetargetRule:
        """Return how the clock answers to changes; silence means `keep_elapsed` throughout."""
        return self.retarget or RetargetRule()

    def may_begin_at(self, kind: str) -> bool:
        """Return whether an event of this kind can start the clock at all."""
        return _can_hold(self.start, kind)

    def may_move_at(self, kind: str) -> bool:
        """Return whether an event of this kind can move the clock at all while it runs."""
        return _can_hold((*self.stop, *self.cancel, *self.reset, *self.pause), kind)

    def rung(self, fired_as: str) -> RungRule | None:
        """Return the rung that fires under this id (`rung_name`)."""
        return rung_called(self.rungs, fired_as)


def _can_hold(conditions: Sequence[Condition], kind: str) -> bool:
    return any(not each.events or kind in each.events for each in conditions)


def rung_called(rungs: Sequence[RungRule], fired_as: str) -> RungRule | None:
    """Return the rung of these that fires under an id (`rung_name`)."""
    exact = next((rung for rung in rungs if rung.id == fired_as), None)
    if exact is not None:
        return exact
    stems = (rung for rung in rungs if fired_as.startswith(f"{rung.id}."))
    for rung in sorted(stems, key=lambda rung: -len(rung.id)):
        numbers = fired_as.removeprefix(f"{rung.id}.").split(".")
        counted = len(numbers) in ((1,) if rung.every is None else (1, 2))
        if counted and all(number.isdigit() for number in numbers):
            return rung
    return None


def rung_name(rung: RungRule, turn: int, number: int | None = None) -> str:
    """Return the id under which a rung fires: its own; `<id>.<n>` for the n-th repeat.

    Once a breach has been undone by a later deadline all is promised anew, in the next turn:
    `<id>.2`, and `<id>.2.<n>` for a repeat. Nothing fires twice under one id (R4.2).
    """
    if not turn and number is None:
        return rung.id
    parts = [
        rung.id,
        *([str(turn + 1)] if turn else []),
        *([] if number is None else [str(number)]),
    ]
    return ".".join(parts)
