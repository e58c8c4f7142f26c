"""The terms an issue is judged by: a handbook and its calendars, pinned by their content."""

from functools import cached_property
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from domain.calendar import WorkingCalendar
from domain.canonical import content_hash
from domain.clock_rules import ClockRule
from domain.handbook import Handbook
from domain.model import Frozen, is_unset
from domain.prospects import Prospects

CALENDARS_MAX = 16


class Terms(Frozen):
    """One version of a zone's handbook with one version of each calendar it counts by. Immutable.

    `calendar` is the zone's. `calendars` are those that single clocks have of their own, by id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    handbook: Handbook
    calendar: WorkingCalendar
    calendars: Annotated[tuple[WorkingCalendar, ...], Field(max_length=CALENDARS_MAX)] = Field(
        default=(), exclude_if=is_unset
    )

    @model_validator(mode="after")
    def _has_every_calendar(self) -> Self:
        held = {self.calendar.id, *(calendar.id for calendar in self.calendars)}
        missing = sorted(self.named_calendars(self.handbook) - held)
        if missing:
            msg = f"clocks count by calendars that the terms do not hold: {', '.join(missing)}"
            raise ValueError(msg)
        return self

    @staticmethod
    def named_calendars(handbook: Handbook) -> set[str]:
        """Return the ids of the calendars that single clocks have of their own."""
        return {rule.calendar for rule in handbook.clocks if rule.calendar is not None}

    @cached_property
    def hash(self) -> str:
        """Return the hash that names these terms in every event judged by them."""
        named: dict[str, object] = {
            "handbook": self.handbook.hash,
            "calendar": self.calendar.hash,
        }
        if self.calendars:
            named["calendars"] = [calendar.hash for calendar in self.calendars]
        return content_hash(named)

    @cached_property
    def rules_by_id(self) -> dict[str, ClockRule]:
        """Return the clock rules by their id."""
        return {rule.id: rule for rule in self.handbook.clocks}

    @cached_property
    def prospects(self) -> Prospects:
        """Return what events do to the clocks of the handbook."""
        return Prospects(self.handbook.clocks)

    @cached_property
    def places(self) -> dict[str, int]:
        """Return where each clock rule stands in the handbook."""
        return {rule.id: place for place, rule in enumerate(self.handbook.clocks)}

    @cached_property
    def calendars_by_id(self) -> dict[str, WorkingCalendar]:
        """Return every calendar by its id."""
        return {calendar.id: calendar for calendar in (self.calendar, *self.calendars)}

    def calendar_of(self, rule: ClockRule) -> WorkingCalendar:
        """Return the calendar that a clock counts by: its own, or the zone's."""
        return self.calendar if rule.calendar is None else self.calendars_by_id[rule.calendar]

    def with_calendar(self, calendar: WorkingCalendar) -> "Terms":
        """Return these terms with `calendar` in the place of its namesake; the same if none is."""
        if calendar.id not in self.calendars_by_id:
            return self
        return Terms(
            handbook=self.handbook,
            calendar=calendar if self.calendar.id == calendar.id else self.calendar,
            calendars=tuple(calendar if own.id == calendar.id else own for own in self.calendars),
        )
