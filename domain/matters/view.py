"""What a matter's workflow is shown of it, and what it rings with."""

from domain.matters.matter import MatterKey, matter_stream
from domain.matters.words import Aggregate, MatterStanding
from domain.model import ClockId, Code, Frozen, Moment
from domain.view import NextRung, RingOutcome

MATTER_TYPE = "MatterWorkflow"


def matter_workflow_id(zone: str, key: str) -> str:
    """Return the id of the one workflow that keeps a matter's time: the name of its stream."""
    return matter_stream(zone, key)


class MatterGlimpse(Frozen):
    """What the workflow must know of a matter. `at` is the desk's clock when it
    looked."""

    zone: Code
    key: MatterKey
    version: int
    at: Moment
    aggregate: Aggregate
    procedure: Code
    standing: MatterStanding
    next_rung: NextRung | None = None
    notices: tuple[str, ...] = ()
    more_notices: bool = False

    @property
    def is_open(self) -> bool:
        """Return whether the matter needs its workflow just now: it is open and waits for an
        instant. One that waits for none has none running, and is given one when it does."""
        return self.standing is MatterStanding.OPEN and self.next_rung is not None


class MatterRing(Frozen):
    """The instant that a workflow says has passed."""

    zone: Code
    key: MatterKey
    clock: ClockId
    cycle: int
    rung: Code

    @property
    def command_id(self) -> str:
        """Return the one id under which this can ever be rung."""
        stream = matter_stream(self.zone, self.key)
        return f"ring:{stream}:{self.clock}:{self.cycle}:{self.rung}"


class MatterRingAnswer(Frozen):
    """What came of a ring, and the matter as it stands now."""

    outcome: RingOutcome
    glimpse: MatterGlimpse
