"""Which events a firing brings about by itself: what time does, told from what people do."""

from typing import assert_never

from domain.clock_rules import RungEffect
from domain.events import (
    Event,
    IssueEscalated,
    IssuePutToReview,
    RungFired,
    SignOffLapsed,
)
from domain.events_of_ladder import AcknowledgementExpired, DispatchBound
from domain.events_of_modes import IssueUnparked
from domain.events_of_team import PartRuled
from domain.people import ENGINE

ON_THE_WAY = frozenset({"level_skipped", "level_held", "round_closed"})
"""Kinds of what stands between a firing and its effect: levels that had nobody in them, the end of
a round before what it decided."""


def is_effect(event: Event, fired: RungFired) -> bool:  # noqa: PLR0911  # one return a case
    """Tell whether an event right after a firing is what the rung does, rather than an act."""
    match fired.effect:
        case RungEffect.REMIND | RungEffect.RECORD:
            return False
        case RungEffect.ESCALATE:
            return _goes_up(event, fired)
        case RungEffect.REOPEN_LADDER:
            expired = isinstance(event, AcknowledgementExpired) and event.clock == fired.clock
            return expired or _goes_up(event, fired)
        case RungEffect.LAPSE:
            return isinstance(event, SignOffLapsed)
        case RungEffect.REVIEW:
            return isinstance(event, IssuePutToReview)
        case RungEffect.BIND:
            return isinstance(event, DispatchBound) and event.clock == fired.clock
        case RungEffect.BIND_PART:
            return isinstance(event, PartRuled) and event.clock == fired.clock
        case RungEffect.EXPIRE:
            return event.by == ENGINE  # whatever the end of a round brings, no person does it
        case RungEffect.UNPARK:
            return isinstance(event, IssueUnparked) and event.clock == fired.clock
        case _:
            assert_never(fired.effect)


def _goes_up(event: Event, fired: RungFired) -> bool:
    escalated = isinstance(event, IssueEscalated) and event.passed == fired.clock
    return escalated or isinstance(event, IssuePutToReview)
