"""The checks of `closeout doctor` that need Temporal."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError

from runtime.errors import TemporalUnreachableError
from runtime.temporal import SEARCH_ATTRIBUTES
from terminal.checks import Check, Grade, in_time

CONNECT_SECONDS_MAX = 6.0
RPC_TIMEOUT = timedelta(seconds=5)

KINDS = {
    "workflows": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activities": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


async def temporal(connect: Callable[[], Awaitable[Client]], task_queue: str) -> list[Check]:
    """Look at the server, the search attributes, and who polls our task queue."""
    try:
        client = await in_time(connect(), CONNECT_SECONDS_MAX)
        return [
            await _server(client),
            await _search_attributes(client),
            await _workers(client, task_queue),
        ]
    except TimeoutError:
        told = (
            f"Temporal did not answer within {CONNECT_SECONDS_MAX:.0f} s. Check TEMPORAL_ADDRESS."
        )
        raise TemporalUnreachableError(told) from None
    except RPCError as error:
        raise TemporalUnreachableError(f"Temporal refuses: {error.message}") from error


async def _server(client: Client) -> Check:
    info = await client.workflow_service.get_system_info(
        GetSystemInfoRequest(), timeout=RPC_TIMEOUT
    )
    where = client.service_client.config.target_host
    told = f"version {info.server_version} at {where}, namespace {client.namespace}"
    return Check("temporal", Grade.OK, told)


async def _search_attributes(client: Client) -> Check:
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=RPC_TIMEOUT
    )
    missing = [key.name for key in SEARCH_ATTRIBUTES if key.name not in answer.custom_attributes]
    if missing:
        todo = "A worker adds them when it starts; on a hosted server, add them in its console."
        return Check("search attributes", Grade.FAIL, f"missing: {', '.join(missing)}", todo)
    return Check("search attributes", Grade.OK, f"all {len(SEARCH_ATTRIBUTES)} are there")


async def _workers(client: Client, task_queue: str) -> Check:
    polling = {name: await _pollers(client, task_queue, kind) for name, kind in KINDS.items()}
    told = f"{task_queue} is polled by " + " and ".join(
        f"{len(who)} for {name}" for name, who in polling.items()
    )
    if not all(polling.values()):
        todo = "No deadline rings without one: start `closeout up`, or `python worker.py`."
        return Check("workers", Grade.FAIL, told, todo)
    return Check("workers", Grade.OK, told)


async def _pollers(client: Client, task_queue: str, kind: TaskQueueType.ValueType) -> set[str]:
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=kind,
        ),
        timeout=RPC_TIMEOUT,
    )
    return {poller.identity for poller in answer.pollers}
