"""A worker for webhooks, in a process of its own that tests kill: URL TEMPORAL QUEUE KEYS."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import builders as b
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.webhooks import WebhookActivities
from desk.clock import SystemClock
from desk.courier import Courier
from desk.desk import Desk
from desk.shelf import Shelf
from ledger.connections import open_pool
from ledger.postgres import PostgresLedger
from runtime.outgoing import Allowed, Outgoing
from runtime.seals import FileKeys
from runtime.temporal import connect
from workflows import webhook


async def work(url: str, address: str, queue: str, keys: str) -> None:
    """Work until killed; what dies with it is missed sooner than usual."""
    webhook.SILENCE_MAX = timedelta(seconds=2)
    ledger = PostgresLedger(await open_pool(url, size=4))
    desk = Desk(ledger, Shelf(ledger, {b.ZONE: b.TERMS}), SystemClock())
    courier = Courier(desk, FileKeys(Path(keys)), Outgoing(Allowed.read("127.0.0.0/8")))
    activities = WebhookActivities(courier)
    async with Worker(
        await connect(address),
        task_queue=queue,
        workflows=[webhook.WebhookWorkflow],
        activities=[activities.carry_webhook, activities.retry_webhook, activities.bury_webhook],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
