"""What a handbook says of routines: the local times and days at which they are due."""

from typing import Annotated

from pydantic import Field, model_validator

from domain.days import Weekday
from domain.model import Code, Frozen, Short, is_none, is_unset
from domain.staffing import Clock24

OWN_MAILBOX = "person."
"""Before the name of a person's own mailbox; no post and no enterprise is called so."""


class RoutinesRule(Frozen):
    """When a zone's routines are due; a handbook without the section has these defaults.

    `attesting`: the posts that attest every worked day by `attest_by`; none named: the
    coordinators. `weekly_on` and `callbacks_on`: of the seven days before. `monthly_on`: the day of
    the month on which the month before is analysed.
    """

    digest_at: Clock24 = "08:30"
    attest_by: Clock24 = "17:30"
    attesting: Annotated[tuple[Code, ...], Field(max_length=64)] = Field(
        default=(), exclude_if=is_unset
    )
    daily_at: Clock24 = "18:00"
    weekly_on: Weekday = Weekday.MONDAY
    weekly_at: Clock24 = "09:00"
    monthly_on: Annotated[int, Field(ge=1, le=28)] = 1
    monthly_at: Clock24 = "09:30"
    callbacks_on: Weekday = Weekday.MONDAY
    callbacks_at: Clock24 = "10:00"
    verification_at: Clock24 = "02:00"
    anchor_at: Clock24 = "03:00"
    source: Short | None = Field(default=None, exclude_if=is_none)

    @model_validator(mode="after")
    def _attests_before_the_report(self) -> "RoutinesRule":
        """The daily report takes in what was attested by its limit."""
        if self.attest_by > self.daily_at:
            msg = f"attest_by {self.attest_by} lies after daily_at {self.daily_at}"
            raise ValueError(msg)
        return self


USUAL = RoutinesRule()


def routines_rule(rule: RoutinesRule | None) -> RoutinesRule:
    """Return what a handbook says, or the defaults where it says nothing."""
    return rule or USUAL
