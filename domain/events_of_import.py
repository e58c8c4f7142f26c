"""What can have happened to an issue before it was kept here, told in one event."""

from typing import Annotated, Literal

from pydantic import Field

from domain.events_of_ladder import PEOPLE_MAX, People
from domain.happening import Happened
from domain.issue import Source
from domain.model import ClockId, Code, Moment, Short, Text, is_none, is_unset
from domain.phases import Origin, Outcome, Phase, Priority

PROPOSERS_MAX = 2 * PEOPLE_MAX + 2


class IssueImported(Happened):
    """The issue was kept in another ledger and goes on here, as its row there says. `at` is when it
    was taken over; all other instants are of that ledger.

    `people` are in the owner's post at the import, by `roster` if there is one. `limits` are clocks
    whose deadlines were stated. Whoever may have proposed what waits for its sign-off is among
    `proposers`: none of them answers for the enterprise or verifies.
    """

    kind: Literal["issue_imported"] = "issue_imported"
    source: Source
    number: Short
    enterprise: Code
    category: Code
    title: Short
    text: Text
    origin: Origin
    priority: Priority
    tier: int
    owner: Code
    owner_person: Code | None
    handler: Code
    unit: Code | None = None
    people: People = Field(default=(), exclude_if=is_unset)
    roster: Short | None = Field(default=None, exclude_if=is_none)
    phase: Phase
    outcome: Outcome | None = None
    reported_at: Moment
    accepted_at: Moment | None = None
    proposed_at: Moment | None = None
    closed_at: Moment | None = None
    resolution: Text | None = None
    limits: tuple[ClockId, ...] = Field(default=(), exclude_if=is_unset)
    proposers: Annotated[tuple[Code, ...], Field(max_length=PROPOSERS_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
