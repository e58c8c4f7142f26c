"""One supervision order from issue to its end. The ledger keeps the facts; this keeps the time."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue

    from activities.supervision import SupervisionActivities
    from domain.model import Code, Frozen, Key
    from domain.order_view import (
        SUPERVISION_TYPE,
        OrderGlimpse,
        OrderRing,
        OrderRingAnswer,
        order_workflow_id,
    )
    from domain.order_words import OrderStanding
    from domain.view import NextRung, RingOutcome
    from workflows.keeping import Opening, Steps, Timekeeper
    from workflows.steps import PATIENT, TIME_TO_LOOK, TIME_TO_RING, TIME_TO_TELL, WITHOUT_END


class OrderClosing(Frozen):
    """How the workflow ended: with the order, or with nothing to keep."""

    zone: Code
    key: Key
    version: int
    standing: OrderStanding | None


@workflow.defn(name=SUPERVISION_TYPE)
class SupervisionWorkflow:
    """Waits for the next rung that the ledger names, rings it, has told what must be told."""

    @workflow.init
    def __init__(self, *opening: JsonValue) -> None:
        steps = Steps(_look, _ring, _tell, OrderGlimpse.model_validate, order_workflow_id)
        self._time = Timekeeper(steps, opening, what="order")

    @workflow.run
    async def run(self, *opening: JsonValue) -> OrderClosing:
        """Stay with the order until it is over and all is told. Takes one Opening."""
        named = self._time.opening()
        try:
            await self._time.look(named)
        except ActivityError as error:
            if not isinstance(error.cause, ApplicationError):
                raise
            return OrderClosing(zone=named.zone, key=named.key, version=0, standing=None)
        await self._time.keep(named)
        order = self._time.newest
        return OrderClosing(
            zone=order.zone, key=order.key, version=order.version, standing=order.standing
        )

    @workflow.signal
    def poke(self, *news: JsonValue) -> None:
        """The ledger has news, an OrderGlimpse. One that cannot be read is dropped."""
        self._time.hear(news)

    @workflow.query
    def order(self) -> OrderGlimpse | None:
        """Return the newest of what this workflow has seen; `version` and `at` say how new."""
        return self._time.seen


async def _look(named: Opening) -> OrderGlimpse:
    seen = await workflow.execute_activity_method(
        SupervisionActivities.look_order,
        args=[named.zone, named.key],
        start_to_close_timeout=TIME_TO_LOOK,
        retry_policy=WITHOUT_END,
    )
    return OrderGlimpse.model_validate(seen)


async def _ring(order: OrderGlimpse, rung: NextRung) -> tuple[RingOutcome, OrderGlimpse]:
    answer: OrderRingAnswer = await workflow.execute_activity_method(
        SupervisionActivities.ring_order,
        OrderRing(zone=order.zone, key=order.key, cycle=rung.cycle, rung=rung.rung),
        start_to_close_timeout=TIME_TO_RING,
        retry_policy=WITHOUT_END,
        summary=f"{rung.clock} {rung.cycle} {rung.rung}",
    )
    return answer.outcome, answer.glimpse


async def _tell(notices: list[str]) -> None:
    await workflow.execute_activity_method(
        SupervisionActivities.tell_order,
        notices,
        start_to_close_timeout=TIME_TO_TELL,
        retry_policy=PATIENT,
        summary=notices[0],
    )
