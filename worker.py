"""Composition root of the worker: `python worker.py [--only worker|relay]`.

Runs the workflows' worker, the relay, or both, against the Temporal that TEMPORAL_* names and the
ledger that CLOSEOUT_DATABASE_URL names. Any number of them may run at once.
"""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Callable
from datetime import timedelta

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.adoption import AdoptionActivities
from activities.bundling import Bundling
from activities.channels import Channel
from activities.channels.journal import JournalChannel
from activities.issue import IssueActivities
from activities.matters import MatterActivities
from activities.notifier import Notifier
from activities.routine import Routines, Verify
from activities.routine_schedules import RoutineSchedules
from activities.routine_telling import RoutineTelling
from activities.routine_verifying import verifier
from activities.supervision import SupervisionActivities
from activities.upkeep import Upkeep
from activities.webhooks import WebhookActivities
from desk.bell import Bell
from desk.courier import Courier
from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.guard import Guard
from desk.log_keeper import LogKeeper
from desk.log_opening import open_keeper
from desk.matter_upkeep import MatterRelay
from desk.matters import MatterDesk
from desk.notifying import NoticeOffice
from desk.opening import database_url, open_desk
from desk.order_upkeep import OrderRelay
from desk.relay import Relay
from desk.supervising import SupervisionDesk
from desk.watching import Watch
from desk.webhook_relay import WebhookRelay
from ledger.connections import OutboxBell
from ledger.port import LedgerError
from ledger.postgres_log import log_of
from runtime.channels import NO_CHANNELS, ChannelBook, read_channels
from runtime.codec import data_converter
from runtime.collecting import look_seldom_for_cycles
from runtime.errors import StackError
from runtime.leaving import leave_after
from runtime.logging import configure_logging
from runtime.marks import OF_THIS_PROCESS, Marks, marks_of
from runtime.outgoing import Outgoing, outgoing_of
from runtime.settings import Settings
from runtime.telemetry import Telemetry, served
from runtime.temporal import connect, ensure_namespace
from runtime.tracing import HANDED, traces
from runtime.webhook_signing import webhook_keys
from workflows.adoption import AdoptionWorkflow
from workflows.issue import IssueWorkflow
from workflows.matter import MatterWorkflow
from workflows.routine import RoutineWorkflow
from workflows.shown import at_start
from workflows.supervision import SupervisionWorkflow
from workflows.upkeep import GuardWorkflow, LogWorkflow, NoticesWorkflow, SweepWorkflow
from workflows.webhook import WebhookWorkflow

log = structlog.get_logger()

WORKFLOWS = [
    IssueWorkflow,
    SupervisionWorkflow,
    MatterWorkflow,
    GuardWorkflow,
    SweepWorkflow,
    LogWorkflow,
    NoticesWorkflow,
    AdoptionWorkflow,
    WebhookWorkflow,
    RoutineWorkflow,
]
STICKY = timedelta(seconds=2)
GRACE = timedelta(seconds=6)
ACTIVITIES_AT_ONCE_MAX = 1000
"""They only wait, so they are cheap: a hung channel must not take the places that rings need."""
BURST = timedelta(milliseconds=200)
SET_UP_AGAIN_SECONDS = 10.0
PLAN_AGAIN_SECONDS = 30.0


def make_worker(
    client: Client,
    desk: Desk,
    *,
    task_queue: str,
    channel: Channel | None = None,
    channels: ChannelBook = NO_CHANNELS,
    marks: Marks = OF_THIS_PROCESS,
    cached_workflows_max: int = 2000,
    telemetry: Telemetry | None = None,
    keeper: Callable[[], LogKeeper] | None = None,
    courier: Courier | None = None,
    verify: Verify | None = None,
) -> Worker:
    """Return a worker for every workflow and activity of Closeout. Without a `keeper` the log is
    not carried on, without a `courier` webhooks wait, without `verify` no routine verifies.

    The sticky timeout is short: after a killed worker an issue is deaf for that long.
    """
    issue = IssueActivities(desk)
    office = NoticeOffice(desk, channels, marks)
    notifier = Notifier(desk, channel or JournalChannel(), office)
    telemetry = telemetry or Telemetry()
    guard = Guard(desk, client, on_round=telemetry.guard_round)
    upkeep = Upkeep(guard, desk.ledger, client, keeper)
    supervision = SupervisionActivities(SupervisionDesk(desk), notifier)
    matters = MatterActivities(MatterDesk(desk), notifier)
    webhooks = WebhookActivities(courier or Courier(desk, None, Outgoing()))
    telling = RoutineTelling(office)
    routines = Routines(desk, keeper, verify, telling, on_run=telemetry.routine_run)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[
            issue.look,
            issue.ring,
            issue.carry_out,
            notifier.tell,
            notifier.tell_at_once,
            supervision.look_order,
            supervision.ring_order,
            supervision.tell_order,
            matters.look_matter,
            matters.ring_matter,
            matters.tell_matter,
            upkeep.guard_round,
            upkeep.sweep_histories,
            upkeep.carry_log_on,
            Bundling(office).flush_notices,
            routines.run_routine,
            AdoptionActivities(desk).adopt_page,
            webhooks.carry_webhook,
            webhooks.retry_webhook,
            webhooks.bury_webhook,
        ],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=cached_workflows_max,
        max_concurrent_activities=ACTIVITIES_AT_ONCE_MAX,
        max_concurrent_local_activities=ACTIVITIES_AT_ONCE_MAX,
        sticky_queue_schedule_to_start_timeout=STICKY,
        graceful_shutdown_timeout=GRACE,
    )


def make_relay(
    client: Client, desk: Desk, *, task_queue: str, window: timedelta = timedelta(0)
) -> Relay:
    """Return a relay that the desk of this process wakes."""
    orders = OrderRelay(SupervisionDesk(desk), client, task_queue=task_queue)
    matters = MatterRelay(MatterDesk(desk), client, task_queue=task_queue)
    errands = ErrandRunner(desk)
    webhooks = WebhookRelay(desk.ledger, client, task_queue=task_queue)

    async def also() -> int:
        # Errands need the ledger alone, so they go first: Temporal may be away.
        return await errands.once() + await orders.once() + await matters.once()

    relay = Relay(
        desk.ledger,
        client,
        desk.seer,
        task_queue=task_queue,
        shown=at_start,
        window=window,
        also=also,
        beside=webhooks.run,
    )
    desk.on_poke = relay.wake
    return relay


async def ensure_schedules(client: Client, task_queue: str) -> None:
    """Have the guard, the sweep, the log's step and the sending of what was held back run every
    minute. Again changes nothing."""
    for name, workflow in (
        ("guard", GuardWorkflow.run),
        ("sweep", SweepWorkflow.run),
        ("log", LogWorkflow.run),
        ("notices", NoticesWorkflow.run),
    ):
        schedule = Schedule(
            action=ScheduleActionStartWorkflow(
                workflow,
                id=f"upkeep/{name}",
                task_queue=task_queue,
                execution_timeout=timedelta(minutes=30),
            ),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=1))]),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
        )
        with contextlib.suppress(ScheduleAlreadyRunningError):
            await client.create_schedule(f"closeout-{name}", schedule)


async def serve(settings: Settings, *, worker: bool = True, relay: bool = True) -> None:
    """Run until SIGINT or SIGTERM, then let work in hand end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    telemetry = Telemetry()
    with traces(settings, "worker" if worker else "relay") as interceptors:
        opened = open_desk(
            settings,
            name="closeout-worker",
            on_fired=telemetry.rungs_fired,
            on_refused=telemetry.command_refused,
        )
        # The ledger comes first: one of a newer program is refused before anybody is told anything.
        async with opened as desk, contextlib.AsyncExitStack() as up:
            converter = data_converter(settings)
            client = await connect(data_converter=converter, interceptors=interceptors)
            await _serve(settings, desk, client, telemetry, up, stop, worker=worker, relay=relay)
    log.info("worker_stopped")


async def _serve(
    settings: Settings,
    desk: Desk,
    client: Client,
    telemetry: Telemetry,
    up: contextlib.AsyncExitStack,
    stop: asyncio.Event,
    *,
    worker: bool,
    relay: bool,
) -> None:
    """Run what is asked for until `stop` is set; whatever runs is ended by `up`."""
    in_force = await desk.shelf.in_force(desk.clock.now())
    telemetry.zones_known(terms.handbook.zone for terms in in_force)
    watching = asyncio.create_task(Watch(desk, client, telemetry).run())
    up.push_async_callback(_cancelled, watching)
    # A relay that runs apart shares its worker's settings, hence the next port.
    up.enter_context(served(telemetry, settings.metrics_address, ports_further=0 if worker else 1))
    if worker:
        await ensure_namespace(client)
        await ensure_schedules(client, settings.task_queue)
        staying = _stay_set_up(client, settings.task_queue)
        up.push_async_callback(_cancelled, asyncio.create_task(staying))
        routines = RoutineSchedules(client, desk, task_queue=settings.task_queue)
        planning = _stay_planned(routines)
        up.push_async_callback(_cancelled, asyncio.create_task(planning))
        outgoing = outgoing_of(settings)
        up.push_async_callback(outgoing.close)
        made = make_worker(
            client,
            desk,
            task_queue=settings.task_queue,
            telemetry=telemetry,
            channels=read_channels(settings.channels),
            marks=marks_of(settings) if settings.channels else OF_THIS_PROCESS,
            keeper=lambda: open_keeper(log_of(desk.ledger), settings),
            courier=Courier(desk, webhook_keys(settings), outgoing),
            verify=verifier(settings),
        )
        await up.enter_async_context(made)
        bell = Bell(
            desk,
            grace=timedelta(milliseconds=settings.bell_grace_ms),
            spread=timedelta(milliseconds=settings.wakeup_spread_ms),
        )
        ringing = asyncio.create_task(bell.run())
        # Nobody would miss a bell that fails, until it is needed.
        ringing.add_done_callback(lambda _: stop.set())
        up.push_async_callback(_cancelled, ringing)
    if relay:
        carrier = make_relay(client, desk, task_queue=settings.task_queue, window=BURST)
        heard = OutboxBell(database_url(settings))
        await up.enter_async_context(heard.listen(carrier.wake, HANDED.hear))
        relaying = asyncio.create_task(carrier.run())
        # A relay that fails must not leave a process behind that only looks alive.
        relaying.add_done_callback(lambda _: stop.set())
        up.push_async_callback(_cancelled, relaying)
    look_seldom_for_cycles()
    log.info("worker_serves", worker=worker, relay=relay, task_queue=settings.task_queue)
    await stop.wait()


async def _stay_set_up(client: Client, task_queue: str) -> None:
    """Bring the schedules back when Temporal has lost its data: the guard must outlive that."""
    failed = 0
    while True:
        await asyncio.sleep(SET_UP_AGAIN_SECONDS)
        try:
            await ensure_namespace(client)
            await ensure_schedules(client, task_queue)
            failed = 0
        except (RPCError, StackError) as error:
            failed += 1
            # Each connection is closed after some minutes, with what was on its way.
            if failed > 1:
                log.warning("set_up_waits", error=repr(error)[:200])


async def _stay_planned(routines: RoutineSchedules) -> None:
    """Keep the schedules of routines as the handbooks in force say, in every zone in use."""
    while True:
        try:
            changed = await routines.ensure()
            if changed:
                log.info("routines_planned", schedules=changed)
        except (RPCError, LedgerError) as error:
            log.warning("routines_wait", error=repr(error)[:200])
        await asyncio.sleep(PLAN_AGAIN_SECONDS)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="worker.py", description=__doc__)
    parser.add_argument("--only", choices=("worker", "relay"), help="run one of the two")
    only = parser.parse_args().only
    settings = Settings.load()
    configure_logging(settings.log_level, as_json=settings.log_json)
    leave_after(lambda: _run(settings, only))


def _run(settings: Settings, only: str | None) -> None:
    """Serve until stopped. What has to be put right first ends it in plain words, with code 1."""
    try:
        asyncio.run(serve(settings, worker=only != "relay", relay=only != "worker"))
    except (StackError, LedgerError) as error:
        log.error("worker_cannot_serve", error=str(error))  # noqa: TRY400  # it says what to do
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
