"""What can have happened to the question whether an issue counts in figures (剔除, R8.6)."""

from typing import Literal

from pydantic import Field

from domain.exclusion import FigureName
from domain.happening import Happened
from domain.issue import Evidence
from domain.model import Code, Text, is_unset


class ExclusionAsked(Happened):
    """The issue is to be left out of these figures, without any of all; until it is reviewed it
    counts."""

    kind: Literal["exclusion_asked"] = "exclusion_asked"
    exclusion: int
    code: Code
    figures: tuple[FigureName, ...] = Field(default=(), exclude_if=is_unset)
    reason: Text
    evidence: tuple[Evidence, ...]


class ExclusionReviewed(Happened):
    """Somebody else than whoever asked has said whether it holds."""

    kind: Literal["exclusion_reviewed"] = "exclusion_reviewed"
    exclusion: int
    accepted: bool
    reason: Text


class ExclusionLifted(Happened):
    """The issue counts again."""

    kind: Literal["exclusion_lifted"] = "exclusion_lifted"
    exclusion: int
    reason: Text


ExclusionEvent = ExclusionAsked | ExclusionReviewed | ExclusionLifted
