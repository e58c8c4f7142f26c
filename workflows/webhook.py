"""One subscription, and the sending of its events. The ledger knows what is still to be sent; this
keeps the time: when to look, when to try again, when to give up."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.webhooks import WebhookActivities
    from domain.webhooks import WEBHOOK_TYPE, Carried, Lane, WebhookStanding, lane_after

WITHOUT_END = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)
)
"""For what fails on our side. A receiver that fails is an answer, not a failure of an activity."""
TIME_FOR_A_ROUND = timedelta(minutes=20)
SILENCE_MAX = timedelta(seconds=10)
"""A worker that dies with a round in hand leaves a subscription waiting for so long."""
TIME_TO_BURY = timedelta(seconds=30)
LANES_MAX = 1000
"""With so many issues that fail, a receiver that takes nothing, no more are tried."""


@workflow.defn(name=WEBHOOK_TYPE)
class WebhookWorkflow:
    """Sends on every news. An event that fails holds back the later ones of its issue alone."""

    @workflow.init
    def __init__(self, webhook: str, lanes: list[Lane] | None = None) -> None:
        self._webhook = webhook
        self._news = True  # whatever came while no run was there to hear of it
        self._lanes = {lane.stream: lane for lane in lanes or ()}
        self._trying: dict[str, asyncio.Task[None]] = {}
        self._over = False
        self._draining = False

    @workflow.run
    async def run(self, webhook: str, lanes: list[Lane] | None = None) -> None:
        """Send until the subscription is removed."""
        for lane in list(self._lanes.values()):
            self._begin(lane)
        while not self._over:
            await workflow.wait_condition(lambda: self._may_look() or self._is_long())
            if self._is_long():
                await self._drain()
                workflow.continue_as_new(args=[webhook, list(self._lanes.values())])
            self._news = False
            self._see(await self._carry())
        await self._drain()

    @workflow.signal
    def poke(self) -> None:
        """The ledger has news: events, or of the subscription itself."""
        self._news = True

    @workflow.query
    def lanes(self) -> list[Lane]:
        """Return the issues whose events are tried again."""
        return list(self._lanes.values())

    def _may_look(self) -> bool:
        return self._news and len(self._lanes) < LANES_MAX

    def _is_long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    async def _carry(self) -> Carried:
        return await workflow.execute_activity_method(
            WebhookActivities.carry_webhook,
            args=[self._webhook, sorted(self._lanes)],
            start_to_close_timeout=TIME_FOR_A_ROUND,
            heartbeat_timeout=SILENCE_MAX,
            retry_policy=WITHOUT_END,
        )

    def _see(self, carried: Carried) -> None:
        """Note what came of a round: what failed is tried again, each issue by itself."""
        if carried.standing is not WebhookStanding.ACTIVE:
            self._over = carried.standing is WebhookStanding.REMOVED
            self._lanes.clear()  # what they were about still waits in the ledger
            return
        self._news = self._news or carried.more
        for failure in carried.failed:
            if failure.stream not in self._lanes:
                lane = lane_after(failure, None, workflow.now())
                self._lanes[failure.stream] = lane
                self._begin(lane)

    def _begin(self, lane: Lane) -> None:
        task = asyncio.create_task(self._try_again(lane))
        self._trying[lane.stream] = task
        task.add_done_callback(lambda done: self._forget(lane.stream, done))

    def _forget(self, stream: str, task: "asyncio.Task[None]") -> None:
        if self._trying.get(stream) is task:
            del self._trying[stream]

    async def _try_again(self, lane: Lane) -> None:
        """Try the events of one issue until they are taken or given up."""
        while await self._waited(lane):
            carried = await self._retry(lane.stream)
            if self._lanes.get(lane.stream) is not lane:
                return
            if carried.standing is not WebhookStanding.ACTIVE or not carried.failed:
                self._lanes.pop(lane.stream, None)
                self._news = True
                return
            following = lane_after(carried.failed[0], lane, workflow.now())
            if following.is_last:
                await self._bury(following)
                self._lanes.pop(lane.stream, None)
                self._news = True
                return
            lane = self._lanes[lane.stream] = following

    async def _waited(self, lane: Lane) -> bool:
        """Wait until a lane is due; False if it is to be left."""
        wait = max(lane.due_at - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(
                lambda: self._draining or self._lanes.get(lane.stream) is not lane,
                timeout=wait,
                timeout_summary=f"{lane.stream} {lane.attempts}",
            )
        except TimeoutError:
            return True
        return False

    async def _retry(self, stream: str) -> Carried:
        return await workflow.execute_activity_method(
            WebhookActivities.retry_webhook,
            args=[self._webhook, stream],
            start_to_close_timeout=TIME_FOR_A_ROUND,
            heartbeat_timeout=SILENCE_MAX,
            retry_policy=WITHOUT_END,
            summary=stream,
        )

    async def _bury(self, lane: Lane) -> None:
        await workflow.execute_activity_method(
            WebhookActivities.bury_webhook,
            args=[self._webhook, lane],
            start_to_close_timeout=TIME_TO_BURY,
            retry_policy=WITHOUT_END,
            summary=lane.stream,
        )

    async def _drain(self) -> None:
        """Let what is in hand end; what waits for its time is kept as it is."""
        self._draining = True
        await workflow.wait_condition(lambda: not self._trying)
