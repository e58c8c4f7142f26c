"""The terms an issue is judged by: a handbook and a calendar, pinned by their content."""

from functools import cached_property

from pydantic import ConfigDict

from domain.calendar import WorkingCalendar
from domain.canonical import content_hash
from domain.handbook import ClockRule, Handbook
from domain.model import Frozen


class Terms(Frozen):
    """One version of a zone's handbook with one version of its calendar. Immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    handbook: Handbook
    calendar: WorkingCalendar

    @cached_property
    def hash(self) -> str:
        """Return the hash that names these terms in every event judged by them."""
        return content_hash({"handbook": self.handbook.hash, "calendar": self.calendar.hash})

    @cached_property
    def rules_by_id(self) -> dict[str, ClockRule]:
        """Return the clock rules by their id."""
        return {rule.id: rule for rule in self.handbook.clocks}
