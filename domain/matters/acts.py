"""What commands and events of every aggregate are made of."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.issue import Hash
from domain.matters.matter import FOUND_MAX, Due, Found, MatterTie
from domain.matters.values import StatedValues, Values
from domain.matters.words import Tying
from domain.model import ClockId, Code, Frozen, Key, Moment, Short, Text, is_none, is_unset
from domain.people import Actor
from domain.phases import Priority

# Commands


class Problem(Frozen):
    """A problem that came to light: an issue is opened for it. Without an enterprise it is that of
    the act."""

    category: Code
    title: Short
    text: Text
    enterprise: Code | None = Field(default=None, exclude_if=is_none)
    priority: Priority = Priority.ORDINARY


Problems = Annotated[tuple[Problem, ...], Field(max_length=FOUND_MAX)]


class OpeningCommand(Frozen):
    """What every command that opens a matter says. `details` answer what the procedure asks."""

    procedure: Code
    title: Short
    details: Values = Field(default={})

    @property
    def concerns(self) -> str | None:
        """Return the enterprise that a new matter is about, if it is about one."""
        return None


class ActCommand(Frozen):
    """What every act in a matter may bring with it: problems that it brought to light."""

    problems: Problems = ()
    note: Text | None = None


class TieIssue(Frozen):
    """Say that an issue hangs together with the matter."""

    kind: Literal["tie_issue"] = "tie_issue"
    issue: Key
    tying: Literal[Tying.ABOUT, Tying.ANSWERS] = Tying.ABOUT


class UntieIssue(Frozen):
    """Take that back."""

    kind: Literal["untie_issue"] = "untie_issue"
    issue: Key
    reason: Text


class StateTotal(Frozen):
    """State a sum that no acts here show, as of a day; `replaces` is the number of an earlier one
    that it corrects. What the source names and does not state is given as null."""

    kind: Literal["state_total"] = "state_total"
    label: Short
    figures: StatedValues
    as_of_on: date | None = None
    source: Short | None = None
    replaces: Annotated[int, Field(ge=1)] | None = None


class NoteMatter(Frozen):
    """Write something down, or open issues for problems that came to light."""

    kind: Literal["note_matter"] = "note_matter"
    text: Text
    enterprise: Code | None = None
    problems: Problems = ()


class HandMatter(Frozen):
    """Make another post accountable."""

    kind: Literal["hand_matter"] = "hand_matter"
    post: Code
    reason: Text


class CloseMatter(Frozen):
    """Say that nothing more will happen."""

    kind: Literal["close_matter"] = "close_matter"
    ending: Short


class RingMatter(Frozen):
    """The engine says that an instant has passed. What no longer stands yields nothing."""

    kind: Literal["ring_matter"] = "ring_matter"
    clock: ClockId
    cycle: Annotated[int, Field(ge=1)]
    rung: Code


class AdoptMatterTerms(Frozen):
    """The engine says that the zone is judged by other terms by now."""

    kind: Literal["adopt_matter_terms"] = "adopt_matter_terms"
    terms: Hash


CommonAct = TieIssue | UntieIssue | StateTotal | NoteMatter | HandMatter | CloseMatter
MatterEngineCommand = RingMatter | AdoptMatterTerms

# Events


class MatterHappened(Frozen):
    """When it was recorded, by whom, and what every event may change: `sets` are instants that are
    waited for from now on, `meets` the clocks of those that no longer are, `found` the problems for
    which issues are opened. `tells` are posts and enterprises that are told of it."""

    at: Moment
    by: Actor
    sets: tuple[Due, ...] = Field(default=(), exclude_if=is_unset)
    meets: tuple[ClockId, ...] = Field(default=(), exclude_if=is_unset)
    found: tuple[Found, ...] = Field(default=(), exclude_if=is_unset)
    tells: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)


class MatterOpened(MatterHappened):
    """What every event that begins a stream says. `post` is accountable."""

    procedure: Code
    title: Short
    details: Values = Field(default={}, exclude_if=is_unset)
    post: Code


class IssueTied(MatterHappened):
    """An issue hangs together with the matter."""

    kind: Literal["issue_tied"] = "issue_tied"
    tie: MatterTie


class IssueUntied(MatterHappened):
    """It does not after all."""

    kind: Literal["issue_untied"] = "issue_untied"
    issue: Key
    reason: Text


class TotalStated(MatterHappened):
    """Somebody stated a sum. `number` counts those of the matter."""

    kind: Literal["total_stated"] = "total_stated"
    number: int
    label: Short
    figures: StatedValues
    as_of_on: date | None = Field(default=None, exclude_if=is_none)
    source: Short | None = Field(default=None, exclude_if=is_none)
    replaces: int | None = Field(default=None, exclude_if=is_none)


class MatterNoted(MatterHappened):
    """Somebody wrote something down."""

    kind: Literal["matter_noted"] = "matter_noted"
    text: Text
    enterprise: Code | None = Field(default=None, exclude_if=is_none)


class MatterHanded(MatterHappened):
    """Another post is accountable."""

    kind: Literal["matter_handed"] = "matter_handed"
    came_from: Code
    to: Code
    reason: Text


class MatterClosed(MatterHappened):
    """Nothing more will happen."""

    kind: Literal["matter_closed"] = "matter_closed"
    ending: Short


class DuePassed(MatterHappened):
    """An instant passed and what it was set for had not been done. `next` is in `sets`."""

    kind: Literal["due_passed"] = "due_passed"
    clock: ClockId
    about: Key | None = Field(default=None, exclude_if=is_none)
    cycle: int
    rung: Code
    level: int
    due_at: Moment
    late_by_us: bool = Field(default=False, exclude_if=is_unset)


class MatterTermsAdopted(MatterHappened):
    """The matter is judged by other terms from now on. Instants stay as they were set."""

    kind: Literal["matter_terms_adopted"] = "matter_terms_adopted"
    from_terms: Hash
    to_terms: Hash
    handbook: Hash
    calendar: Hash


CommonEvent = (
    IssueTied
    | IssueUntied
    | TotalStated
    | MatterNoted
    | MatterHanded
    | MatterClosed
    | DuePassed
    | MatterTermsAdopted
)
