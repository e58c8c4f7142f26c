"""One supervision order from issue to its end. The ledger keeps the facts; this keeps the time."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue, ValidationError

    from activities.supervision import SupervisionActivities
    from domain.errors import InvalidRequestError, from_validation
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
    from workflows.steps import PATIENT, TIME_TO_LOOK, TIME_TO_RING, TIME_TO_TELL, WITHOUT_END

PATIENCE_MIN = timedelta(milliseconds=100)


class OrderOpening(Frozen):
    """What the workflow of an order is started with."""

    zone: Code
    key: Key


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
        self._raw = opening
        self._seen: OrderGlimpse | None = None  # the newest that the ledger gave: highest version
        self._news = 0
        self._not_before: datetime | None = None
        self._to_tell: dict[str, None] = {}
        self._more_to_tell = False
        self._telling: dict[str, asyncio.Task[None]] = {}

    @workflow.run
    async def run(self, *opening: JsonValue) -> OrderClosing:
        """Stay with the order until it is over and all is told. Takes one OrderOpening."""
        named = self._read_opening()
        try:
            await self._look(named)
        except ActivityError as error:
            if not isinstance(error.cause, ApplicationError):
                raise
            return OrderClosing(zone=named.zone, key=named.key, version=0, standing=None)
        while not await self._is_over():
            if rung := await self._next_due():
                await self._ring(rung)
            if workflow.info().is_continue_as_new_suggested():
                # What is still to be told is told by the new run: it looks first of all.
                workflow.continue_as_new(named.model_dump(mode="json"))
        order = self._order
        return OrderClosing(
            zone=order.zone, key=order.key, version=order.version, standing=order.standing
        )

    @workflow.signal
    def poke(self, *news: JsonValue) -> None:
        """The ledger has news, an OrderGlimpse. One that cannot be read is dropped."""
        try:
            glimpse = OrderGlimpse.model_validate(*news)
            self._require_id(glimpse.zone, glimpse.key)
            self._see(glimpse)
        except (ValidationError, TypeError, ApplicationError):
            workflow.logger.warning("a poke cannot be read")

    @workflow.query
    def order(self) -> OrderGlimpse | None:
        """Return the newest of what this workflow has seen; `version` and `at` say how new."""
        return self._seen

    @property
    def _order(self) -> OrderGlimpse:
        if self._seen is None:
            msg = "the workflow has not looked yet"
            raise RuntimeError(msg)
        return self._seen

    async def _is_over(self) -> bool:
        """Say whether nothing is left to wait for, once whatever there is to tell is being told."""
        self._start_telling()
        if self._order.is_open:
            return False
        heard = self._news
        await workflow.wait_condition(lambda: self._is_quiet() or self._news != heard)
        return self._news == heard

    async def _look(self, named: OrderOpening) -> None:
        self._more_to_tell = False
        seen = await workflow.execute_activity_method(
            SupervisionActivities.look_order,
            args=[named.zone, named.key],
            start_to_close_timeout=TIME_TO_LOOK,
            retry_policy=WITHOUT_END,
        )
        self._see(OrderGlimpse.model_validate(seen))

    def _see(self, glimpse: OrderGlimpse) -> None:
        """Keep the newest news; what is to be told is told even when the news itself is old."""
        self._to_tell |= dict.fromkeys(glimpse.notices)
        self._more_to_tell = self._more_to_tell or glimpse.more_notices
        if self._seen is None or glimpse.version >= self._seen.version:
            if self._seen is not None and _is_another(self._seen.next_rung, glimpse.next_rung):
                self._not_before = None
            self._seen = glimpse
        self._news += 1

    async def _next_due(self) -> NextRung | None:
        """Sleep until the next rung is due; None when news comes first."""
        heard, rung = self._news, self._order.next_rung
        if not self._order.is_open:
            return None
        if rung is None:
            await workflow.wait_condition(lambda: self._news != heard)
            return None
        wait = max(rung.wake_at, self._not_before or rung.wake_at) - workflow.now()
        if wait <= timedelta(0):
            return rung
        try:
            await workflow.wait_condition(lambda: self._news != heard, timeout=wait)
        except TimeoutError:
            return rung
        return None

    async def _ring(self, rung: NextRung) -> None:
        order = self._order
        answer: OrderRingAnswer = await workflow.execute_activity_method(
            SupervisionActivities.ring_order,
            OrderRing(zone=order.zone, key=order.key, cycle=rung.cycle, rung=rung.rung),
            start_to_close_timeout=TIME_TO_RING,
            retry_policy=WITHOUT_END,
            summary=f"{rung.clock} {rung.cycle} {rung.rung}",
        )
        self._see(answer.glimpse)
        self._not_before = None
        left = answer.glimpse.next_rung
        if answer.outcome is RingOutcome.EARLY and left and left.wake_at <= workflow.now():
            # The desk's clock is behind ours. A rung that only moved later may yet move back.
            patience = max(left.due_at - answer.glimpse.at, PATIENCE_MIN)
            self._not_before = workflow.now() + patience

    def _start_telling(self) -> None:
        """Start one task for what is new, each notice once: the limit never waits for a channel."""
        new = [notice for notice in self._to_tell if notice not in self._telling]
        if new:
            self._telling |= dict.fromkeys(new, asyncio.create_task(self._tell(new)))

    async def _tell(self, notices: list[str]) -> None:
        """Tell, and ask what else there is when there was more than could be named."""
        await workflow.execute_activity_method(
            SupervisionActivities.tell_order,
            notices,
            start_to_close_timeout=TIME_TO_TELL,
            retry_policy=PATIENT,
            summary=notices[0],
        )
        if self._more_to_tell:
            await self._look(self._read_opening())

    def _is_quiet(self) -> bool:
        told = all(task.done() for task in self._telling.values())
        return told and all(notice in self._telling for notice in self._to_tell)

    def _read_opening(self) -> OrderOpening:
        """Read what the run was started with. A malformed start ends the run, it never loops."""
        (raw,) = self._raw if len(self._raw) == 1 else (None,)
        try:
            opening = OrderOpening.model_validate(raw)
        except ValidationError as error:
            raise _refused(from_validation(error)) from error
        self._require_id(opening.zone, opening.key)
        return opening

    def _require_id(self, zone: str, key: str) -> None:
        wanted = order_workflow_id(zone, key)
        if workflow.info().workflow_id != wanted:
            raise _refused(
                InvalidRequestError(
                    "The request is for another order than this workflow's.",
                    field="key",
                    value=wanted,
                    allowed=workflow.info().workflow_id,
                )
            )


def _is_another(before: NextRung | None, now: NextRung | None) -> bool:
    """Return whether the wait for one rung says nothing about the other."""
    if before is None or now is None:
        return True
    same = (before.cycle, before.rung) == (now.cycle, now.rung)
    return not same or now.due_at < before.due_at


def _refused(error: InvalidRequestError) -> ApplicationError:
    return ApplicationError(str(error), error.details(), type=error.code, non_retryable=True)
