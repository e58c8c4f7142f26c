"""What every event says."""

from domain.clocks import ClockTransition
from domain.model import Frozen, Moment
from domain.people import Actor


class Happened(Frozen):
    """When it was recorded, by whom, and which clocks it moved."""

    at: Moment
    by: Actor
    clocks: tuple[ClockTransition, ...] = ()
