"""Leaving an issue out of figures (剔除, R8.6): asked with evidence, reviewed by somebody else."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.model import Code, Frozen, Name, Short, is_none

EXCLUSIONS_MAX = 20
"""How often one issue may be asked to be left out."""


class FigureName(StrEnum):
    """The figures that an issue can be left out of: all that have a rate or a length. What only
    says how much there is leaves nothing out."""

    ON_TIME = "on_time"
    TIME_TO_CLOSE = "time_to_close"
    SIGN_OFF = "sign_off"
    RETURNED = "returned"
    RESPONSE = "response"
    RESOLUTION = "resolution"
    ESCALATIONS = "escalations"
    HAND_OVERS = "hand_overs"
    PING_PONG = "ping_pong"
    TIME_HELD = "time_held"
    BREACHES_BY_TIER = "breaches_by_tier"


class ExclusionStanding(StrEnum):
    """How far an exclusion has come. Only an accepted one leaves anything out."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LIFTED = "lifted"


class ExclusionCode(Frozen):
    """A ground on which a zone leaves issues out of its figures."""

    id: Code
    name: Name
    source: Short | None = Field(default=None, exclude_if=is_none)


class Exclusion(Frozen):
    """An exclusion of one issue. Without `figures` it is of all that issues can be left out of.

    `asked_for`: a deputy asked. Neither reviews it.
    """

    number: Annotated[int, Field(ge=1)]
    code: Code
    figures: tuple[FigureName, ...] = ()
    asked_by: Code | None
    asked_for: Code | None = Field(default=None, exclude_if=is_none)
    standing: ExclusionStanding = ExclusionStanding.ASKED

    def leaves_out(self, figure: str) -> bool:
        """Return whether the issue counts in this figure no more."""
        accepted = self.standing is ExclusionStanding.ACCEPTED
        return accepted and (not self.figures or figure in self.figures)

    def covers(self, figures: tuple[FigureName, ...]) -> bool:
        """Return whether this one leaves out of every one of these figures; of none named, of
        all."""
        return not self.figures or (bool(figures) and set(figures) <= set(self.figures))
