"""What may be asked about leaving an issue out of figures (剔除, R8.6)."""

from typing import Annotated, Literal

from pydantic import Field

from domain.exclusion import EXCLUSIONS_MAX, FigureName
from domain.issue import Evidence
from domain.model import Code, Frozen, Text

Number = Annotated[int, Field(ge=1, le=EXCLUSIONS_MAX)]


class ExcludeFromFigures(Frozen):
    """Ask that the issue be left out of figures, on a ground of the handbook and with evidence.
    Without `figures`: out of all that leave anything out. Nothing is left out before the review."""

    kind: Literal["exclude_from_figures"] = "exclude_from_figures"
    code: Code
    figures: Annotated[tuple[FigureName, ...], Field(max_length=len(FigureName))] = ()
    reason: Text
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1, max_length=20)]


class ReviewExclusion(Frozen):
    """Say whether what was asked holds. Not by whoever asked."""

    kind: Literal["review_exclusion"] = "review_exclusion"
    exclusion: Number
    accept: bool
    reason: Text


class LiftExclusion(Frozen):
    """Let the issue count again: an accepted exclusion turns out not to hold."""

    kind: Literal["lift_exclusion"] = "lift_exclusion"
    exclusion: Number
    reason: Text


ExclusionCommand = ExcludeFromFigures | ReviewExclusion | LiftExclusion
