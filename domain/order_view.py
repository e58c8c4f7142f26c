"""What a supervision order's workflow is shown of it, and what it rings with."""

from domain.model import Code, Frozen, Key, Moment
from domain.order_words import OrderStanding
from domain.orders import order_stream
from domain.view import NextRung, RingOutcome

SUPERVISION_TYPE = "SupervisionWorkflow"


def order_workflow_id(zone: str, key: str) -> str:
    """Return the id of the one workflow that keeps an order's time: the name of its stream."""
    return order_stream(zone, key)


class OrderGlimpse(Frozen):
    """What the workflow must know of an order. `next_rung` names the limit's instrument as its
    clock; `at` is the desk's clock when it looked."""

    zone: Code
    key: Key
    version: int
    at: Moment
    standing: OrderStanding
    instrument: Code
    unit: Code
    due_at: Moment | None = None
    overdue: bool = False
    next_rung: NextRung | None = None
    notices: tuple[str, ...] = ()
    more_notices: bool = False

    @property
    def is_open(self) -> bool:
        """Return whether the order still needs its workflow."""
        return self.standing in (OrderStanding.OPEN, OrderStanding.ANSWERED)


class OrderRing(Frozen):
    """The rung that a workflow says has passed."""

    zone: Code
    key: Key
    cycle: int
    rung: Code

    @property
    def command_id(self) -> str:
        """Return the one id under which this rung can ever be rung."""
        return f"ring:{order_stream(self.zone, self.key)}:{self.cycle}:{self.rung}"


class OrderRingAnswer(Frozen):
    """What came of a ring, and the order as it stands now."""

    outcome: RingOutcome
    glimpse: OrderGlimpse
