"""What one issue's life leaves in Temporal: events and bytes of its workflow's history."""

import asyncio

from temporalio.client import Client

from benchmarks.figures import Figure, Results, median
from benchmarks.script import LIFE, ZONE, submissions
from benchmarks.stage import Stage, drained
from desk.desk import Desk
from domain.view import workflow_id

SECTION = "history of a life"
SETTLE_SECONDS = 0.15
END_SECONDS_MAX = 30.0


async def measure(stage: Stage, results: Results, *, issues: int) -> None:
    """Live `issues` lives apart and as many in a burst, and read their histories."""
    async with stage.desk() as desk, stage.worker():
        apart = await asyncio.gather(
            *(_live(stage.client, desk, f"apart-{number}", apart=True) for number in range(issues))
        )
        burst = [
            await _live(stage.client, desk, f"burst-{number}", apart=False)
            for number in range(issues)
        ]
    for told, measured, events_max, bytes_max in (
        ("minutes apart", apart, 80, 15_000),
        ("in a burst", burst, 40, 5_000),
    ):
        events = median([events for events, _ in measured])
        size = median([size for _, size in measured])
        for name, unit, value, limit in (
            ("events", "", events, events_max),
            ("bytes", "B", size, bytes_max),
        ):
            results.figures.append(
                Figure(SECTION, f"{name}, {told}", unit, value, limit, "limit", at_most=1.0)
            )
    results.notes.append(
        f"Histories: {issues} lives of {len(LIFE)} commands each way; 'minutes apart' waits after "
        "each command until the workflow has heard, told its notices and come to rest."
    )


async def _live(client: Client, desk: Desk, key: str, *, apart: bool) -> tuple[int, int]:
    """Return events and bytes of the closed run."""
    handle = client.get_workflow_handle(workflow_id(ZONE, key))
    for submission in submissions(key, LIFE):
        await desk.carry_out(submission)
        if apart:
            await drained(desk)
            await asyncio.sleep(SETTLE_SECONDS)
    await drained(desk)
    await asyncio.wait_for(handle.result(), END_SECONDS_MAX)
    info = (await handle.describe()).raw_description.workflow_execution_info
    return info.history_length, info.history_size_bytes
