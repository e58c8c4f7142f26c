"""The PyPI package dbos doing the same lives, asked over a pipe; it runs in benchmarks/.venv.

Two ways to use it: a workflow for each issue, which receives its commands as messages and tells
each result as an event; and a workflow for each command. Both let a step write what `peer.py`
writes, in one transaction. A line in, a line out, both JSON.
"""

import asyncio
import json
import sys
import time
from typing import Any

from dbos import DBOS, SetWorkflowID  # type: ignore[import-not-found]  # of .venv beside this file

from benchmarks.peer import SCHEMA, Peer, Request, open_pool

POOL_SIZE = 10
WAIT_S = 60.0
DAYS_3_S = 3 * 86_400.0
TOPIC = "command"
peers: list[Peer] = []


@DBOS.step()  # type: ignore[untyped-decorator]  # not in our environment
async def opened(issue: str) -> None:
    """Write a new issue."""
    await peers[0].open_issue(issue)


@DBOS.step()  # type: ignore[untyped-decorator]  # the same
async def written(request: dict[str, Any]) -> dict[str, Any]:
    """Write one event."""
    return await peers[0].carry_out(Request(**request))


@DBOS.workflow()  # type: ignore[untyped-decorator]  # the same
async def issue_of(issue: str, commands: int) -> None:
    """Live one issue by messages; the deadline is how long it waits for the next."""
    await opened(issue)
    await DBOS.set_event_async("0", {})
    for number in range(1, commands):
        request = await DBOS.recv_async(TOPIC, timeout_seconds=DAYS_3_S)
        await DBOS.set_event_async(str(number), await written(request))


@DBOS.workflow()  # type: ignore[untyped-decorator]  # the same
async def command_of(request: dict[str, Any], is_first: bool) -> dict[str, Any]:
    """Carry out one command."""
    if is_first:
        await opened(request["issue"])
        return {}
    return await written(request)  # type: ignore[no-any-return]  # the same


async def lived_by_messages(life: list[dict[str, Any]]) -> None:
    """Start an issue's workflow, send it each command once the one before was answered, and wait
    for its end."""
    issue = life[0]["issue"]
    with SetWorkflowID(issue):
        handle = await DBOS.start_workflow_async(issue_of, issue, len(life))
    await DBOS.get_event_async(issue, "0", timeout_seconds=WAIT_S)
    for number, request in enumerate(life[1:], start=1):
        await DBOS.send_async(issue, request, TOPIC)
        await DBOS.get_event_async(issue, str(number), timeout_seconds=WAIT_S)
    await handle.get_result()


async def lived_by_commands(life: list[dict[str, Any]]) -> None:
    """Run a workflow for each command, under the id of the command."""
    for number, request in enumerate(life):
        with SetWorkflowID(request["id"]):
            await command_of(request, number == 0)


async def seconds(told: dict[str, Any]) -> float:
    """Return how long it took to live all lives, so many at a time."""
    live = lived_by_messages if told["way"] == "issue" else lived_by_commands
    lives = iter(told["lives"])
    began = time.perf_counter()

    async def player() -> None:
        for life in lives:
            await live(life)

    await asyncio.gather(*(player() for _ in range(told["in_flight"])))
    return time.perf_counter() - began


async def main(url: str, system_url: str) -> None:
    """Answer line by line until the input ends."""
    peers.append(Peer(await open_pool(url, POOL_SIZE)))
    await peers[0].pool.execute(SCHEMA)
    config = {"name": "peer", "system_database_url": system_url, "log_level": "ERROR"}
    DBOS(config=config | {"run_admin_server": False, "sys_db_pool_size": POOL_SIZE})
    DBOS.launch()
    loop = asyncio.get_running_loop()
    print(json.dumps("ready"), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await seconds(json.loads(line))), flush=True)
    DBOS.destroy()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
