"""What may be asked of an issue's time: more of it, another class, other terms, a correction."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from domain.duration_text import read_duration
from domain.durations import Duration
from domain.issue import Evidence, Hash
from domain.model import ClockId, Code, Frozen, Moment, Short, Text, is_none
from domain.personal import Said
from domain.phases import PauseReason, Priority


class Contact(Frozen):
    """Record that the enterprise has been spoken with."""

    kind: Literal["contact"] = "contact"
    channel: Short | None = None
    note: Text
    personal: Said | None = Field(default=None, exclude_if=is_none)


class MakePlan(Frozen):
    """Say what will be done, and by which day if that can be said."""

    kind: Literal["make_plan"] = "make_plan"
    plan: Text
    finish_on: date | None = None


class DemandReply(Frozen):
    """A supervisor, a coordinator or a higher tier wants an answer about the issue (督办)."""

    kind: Literal["demand_reply"] = "demand_reply"
    question: Text


class GiveReply(Frozen):
    """Answer what was asked."""

    kind: Literal["give_reply"] = "give_reply"
    reply: Text


class Reclassify(Frozen):
    """Change category or priority; what becomes of running clocks is each clock's own rule (R3)."""

    kind: Literal["reclassify"] = "reclassify"
    category: Code | None = None
    priority: Priority | None = None
    reason: Text


class AskExtension(Frozen):
    """Ask for more time on one clock before it runs out (Q8); `extra` may be written `2wd`."""

    kind: Literal["ask_extension"] = "ask_extension"
    clock: ClockId
    extra: Annotated[Duration, BeforeValidator(read_duration)]
    reason: Text


class AskPause(Frozen):
    """Ask the top tier for a wait beyond what the handbook allows (Q7)."""

    kind: Literal["ask_pause"] = "ask_pause"
    reason: PauseReason
    party: Code | None = None
    note: Text


class Grant(Frozen):
    """Give what was asked for."""

    kind: Literal["grant"] = "grant"
    note: Text


class Refuse(Frozen):
    """Do not give what was asked for."""

    kind: Literal["refuse"] = "refuse"
    reason: Text


class Correct(Frozen):
    """Say when an event really took place (R3.5). What was decided stays as it was."""

    kind: Literal["correct"] = "correct"
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    took_place_at: Moment
    reason: Text
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=20)] = ()


class AdoptCalendar(Frozen):
    """The engine moves an issue to a published calendar version (R2.3). `terms` are the issue's
    present terms with that calendar in the place of its namesake; it is refused if the issue has
    left `from_terms` meanwhile, so that a slow process moves no issue back."""

    kind: Literal["adopt_calendar"] = "adopt_calendar"
    terms: Hash
    from_terms: Hash | None = Field(default=None, exclude_if=is_none)
    reference: Short
    reason: Text
    author: Short


class AdoptHandbook(Frozen):
    """The engine moves an issue to another handbook, by an approved plan, or back again (R3.4)."""

    kind: Literal["adopt_handbook"] = "adopt_handbook"
    terms: Hash
    from_terms: Hash | None = Field(default=None, exclude_if=is_none)
    reference: Short
    reason: Text
    author: Short
    approver: Short
    undo: bool = False


TimeCommand = (
    Contact
    | MakePlan
    | DemandReply
    | GiveReply
    | Reclassify
    | AskExtension
    | AskPause
    | Grant
    | Refuse
    | Correct
)
Adoption = AdoptCalendar | AdoptHandbook
