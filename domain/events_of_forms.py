"""What can have happened in a rectification and in an application with a gate."""

from typing import Annotated, Literal

from pydantic import Field

from domain.forms import ITEMS_MAX
from domain.happening import Happened
from domain.issue import Evidence
from domain.model import Code, Short, Text, is_none

Evidences = Annotated[tuple[Evidence, ...], Field(max_length=20)]


class RectificationDeclared(Happened):
    """The enterprise says that it has put things right; an inspector looks (M33)."""

    kind: Literal["rectification_declared"] = "rectification_declared"
    number: int
    summary: Text
    evidence: Evidences = ()
    recording: Short | None = Field(default=None, exclude_if=is_none)


class RectificationFailed(Happened):
    """The inspector found it not done: the enterprise has to go on."""

    kind: Literal["rectification_failed"] = "rectification_failed"
    number: int
    reason: Text
    evidence: Evidences = ()


class ItemSubmitted(Happened):
    """What shows that a condition is met was handed in."""

    kind: Literal["item_submitted"] = "item_submitted"
    item: Code
    evidence: Evidences = ()
    note: Text | None = Field(default=None, exclude_if=is_none)


class ItemChecked(Happened):
    """An officer has judged a condition by its evidence."""

    kind: Literal["item_checked"] = "item_checked"
    item: Code
    met: bool
    note: Text | None = Field(default=None, exclude_if=is_none)


class ApplicationSigned(Happened):
    """One of the accountable persons has signed."""

    kind: Literal["application_signed"] = "application_signed"
    role: Code


class ApplicationApproved(Happened):
    """Every item met, every signature given: the gate is open (Q44)."""

    kind: Literal["application_approved"] = "application_approved"
    note: Text | None = Field(default=None, exclude_if=is_none)


class ApplicationRefused(Happened):
    """Not approved, and what is missing. The enterprise may apply again."""

    kind: Literal["application_refused"] = "application_refused"
    missing: Annotated[tuple[Code, ...], Field(max_length=ITEMS_MAX)]
    reason: Text


class ApplicationRenewed(Happened):
    """Applied for again: what was met stays met, the rest is open, signatures are given anew."""

    kind: Literal["application_renewed"] = "application_renewed"
    attempt: int
    text: Text


FormEvent = (
    RectificationDeclared
    | RectificationFailed
    | ItemSubmitted
    | ItemChecked
    | ApplicationSigned
    | ApplicationApproved
    | ApplicationRefused
    | ApplicationRenewed
)
