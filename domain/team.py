"""A joint team: the parts that units have in it, and what its meetings have left to do (R7)."""

from collections.abc import Iterable
from typing import Annotated, assert_never

from pydantic import BeforeValidator, Field

from domain.duration_text import read_duration
from domain.durations import Duration
from domain.model import Code, Frozen, Short, Text, is_none, is_unset
from domain.phases import CloseRule, Duty, PartStanding

PARTS_MAX = 50
REPLACED_MAX = 5
DECISIONS_MAX = 30
Length = Annotated[Duration | None, BeforeValidator(read_duration)]
"""A length of time that may be written as text, such as `3wd`."""

SETTLED = frozenset(
    {PartStanding.FINISHED, PartStanding.WAIVED, PartStanding.LEFT, PartStanding.UNFINISHED}
)
"""Standings of which nothing more is expected."""


class PartAsked(Frozen):
    """What a unit is asked for when a team is convened, or when it joins one (R7.1).

    Unset, `budget` is the handbook's. `depends_on` names parts that must be settled before this one
    begins. `proxy` is the post that acts for an outside body, which has no login (Q33).
    """

    id: Code
    unit: Code
    duty: Duty
    deliverable: Short
    required: bool = True
    budget: Length = Field(default=None, exclude_if=is_none)
    depends_on: Annotated[tuple[Code, ...], Field(max_length=PARTS_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    proxy: Code | None = Field(default=None, exclude_if=is_none)


class Part(PartAsked):
    """One unit's share of a joint team's work.

    `arbiter` is set while its objection to being named waits for the ruling; `bound`: it was ruled
    upon, and there is no objecting any more (R7.4). A ruling lasts: `ruled` are the units that have
    the part, `released` those that do not, whoever has it meanwhile. `named_by`: whoever chose the
    unit does not rule on its objection.
    """

    standing: PartStanding = PartStanding.ASKED
    late: bool = False
    bound: bool = Field(default=False, exclude_if=is_unset)
    arbiter: Code | None = Field(default=None, exclude_if=is_none)
    refused_by: Code | None = Field(default=None, exclude_if=is_none)
    refused_for: Code | None = Field(default=None, exclude_if=is_none)
    named_by: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    ruled: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    released: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    replaced: int = Field(default=0, exclude_if=is_unset)

    @property
    def is_settled(self) -> bool:
        """Return whether nothing more is expected of this part."""
        return self.standing in SETTLED


class Team(Frozen):
    """A joint team: a lead unit and the parts it brings together. `concluded`: its lead has said
    that it is done (R7.2). `part_clock`: whose end makes a part late; unset, any clock of it."""

    number: int
    lead: Code
    parts: tuple[Part, ...]
    closes: CloseRule | None = Field(default=None, exclude_if=is_none)
    quorum: int | None = Field(default=None, exclude_if=is_none)
    template: Code | None = Field(default=None, exclude_if=is_none)
    concluded: bool = Field(default=False, exclude_if=is_unset)
    part_clock: Code | None = Field(default=None, exclude_if=is_none)

    def part(self, id_: str) -> Part | None:
        """Return the part called `id_`."""
        return next((part for part in self.parts if part.id == id_), None)

    @property
    def open_parts(self) -> tuple[Part, ...]:
        """Return the parts that still stand between the team and its result, by its close rule."""
        owing = tuple(part for part in self.parts if not part.is_settled)
        match self.closes:
            case None | CloseRule.ALL_REQUIRED:
                return tuple(part for part in owing if part.required)
            case CloseRule.ALL:
                return owing
            case CloseRule.LEAD_DECIDES:
                return () if self.concluded else owing
            case CloseRule.QUORUM:
                finished = sum(part.standing is PartStanding.FINISHED for part in self.parts)
                return () if finished >= (self.quorum or 1) else owing
            case _:
                assert_never(self.closes)

    def can_close_without(self, id_: str) -> bool:
        """Return whether a team that is done by a quorum can still come to it without this part."""
        if self.closes is not CloseRule.QUORUM:
            return True
        others = (part for part in self.parts if part.id != id_)
        left = sum(p.standing is PartStanding.FINISHED or not p.is_settled for p in others)
        return left >= (self.quorum or 1)


def unmet(part: PartAsked, parts: Iterable[Part]) -> tuple[str, ...]:
    """Return the parts that `part` still waits for."""
    owing = {each.id for each in parts if not each.is_settled}
    return tuple(id_ for id_ in part.depends_on if id_ in owing)


class MeetingDecision(Frozen):
    """Something decided in a meeting. `for_the_record`: no command has to follow from it."""

    id: Code
    text: Text
    for_the_record: bool = Field(default=False, exclude_if=is_unset)


class DecisionRef(Frozen):
    """A decision of one of the issue's meetings, which a command carries out (R7.5)."""

    meeting: Annotated[int, Field(ge=1, le=1000)]
    decision: Code
