"""What may be asked of a rectification and of an application with a gate."""

from typing import Annotated, Literal

from pydantic import Field

from domain.issue import Evidence
from domain.model import Code, Frozen, Short, Text

Evidences = Annotated[tuple[Evidence, ...], Field(max_length=20)]


class DeclareRectified(Frozen):
    """Say that what was asked has been put right, for the enterprise: an officer names the
    `recording` of what it said."""

    kind: Literal["declare_rectified"] = "declare_rectified"
    summary: Text
    evidence: Evidences = ()
    recording: Short | None = None


class Inspect(Frozen):
    """Look whether it is put right: `passed` strikes the number off, else the work goes on."""

    kind: Literal["inspect"] = "inspect"
    passed: bool
    reason: Text
    evidence: Evidences = ()


class SubmitItem(Frozen):
    """Hand in what shows that a condition of the application is met."""

    kind: Literal["submit_item"] = "submit_item"
    item: Code
    evidence: Annotated[Evidences, Field(min_length=1)]
    note: Text | None = None


class CheckItem(Frozen):
    """Judge a condition by what was handed in. Not whoever handed it in."""

    kind: Literal["check_item"] = "check_item"
    item: Code
    met: bool
    note: Text | None = None


class SignApplication(Frozen):
    """Sign in one of the accountable roles."""

    kind: Literal["sign_application"] = "sign_application"
    role: Code


class ApproveApplication(Frozen):
    """Open the gate. Refused, naming what is missing, unless every item is met and signed for."""

    kind: Literal["approve_application"] = "approve_application"
    note: Text | None = None


class RefuseApplication(Frozen):
    """Do not approve; what is missing is recorded. The enterprise may apply again."""

    kind: Literal["refuse_application"] = "refuse_application"
    reason: Text


class Reapply(Frozen):
    """Apply again after a refusal."""

    kind: Literal["reapply"] = "reapply"
    text: Text


FormCommand = (
    DeclareRectified
    | Inspect
    | SubmitItem
    | CheckItem
    | SignApplication
    | ApproveApplication
    | RefuseApplication
    | Reapply
)
