"""One whole stack that chaos is done to: two servers, three parts, and the links between them."""

import asyncio
import os
import re
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import asyncpg
from chaos_disk import Disk
from chaos_links import Link
from chaos_parts import Nursery, Part
from chaos_plan import LINKS, PARTS
from chaos_zone import write_handbook
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from audit.facts import TermsOf, terms_reader
from audit.replay_histories import HistoryReplay
from desk.first_access import first_access
from desk.opening import open_desk
from ledger.connections import open_pool
from ledger.migrate import migrate
from ledger.postgres import PostgresLedger
from runtime.ports import free_port
from runtime.settings import Settings
from runtime.stack import EmbeddedStack
from runtime.temporal import connect
from worker import WORKFLOWS

HOST: Final = "127.0.0.1"
PORTS: Final = range(12_000, 19_000)


class Stack:
    """What a lane of runs is done to. `ledger`, `client`: the checker's own ways, past all links.
    `nurseries`: of this build and of another; a deploy takes the next."""

    def __init__(
        self,
        servers: EmbeddedStack,
        disk: Disk,
        parts: dict[str, Part],
        links: dict[str, Link],
        nurseries: tuple[Nursery, Nursery],
    ) -> None:
        self.servers = servers
        self.disk = disk
        self.parts = parts
        self.links = links
        self.nurseries = nurseries
        self.deployed = 0
        self.locks = {name: asyncio.Lock() for name in (*PARTS, "postgres", "temporal", *LINKS)}
        self.ledger: PostgresLedger
        self.client: Client
        """Asks Temporal directly."""
        self.door2: Client
        """Asks Temporal through the clients' link."""
        self.terms: TermsOf
        """Reads each handbook once."""
        self.replay = HistoryReplay(WORKFLOWS, pydantic_data_converter)
        self.api_url = ""
        self.api_key = ""

    async def deploy(self) -> None:
        """Replace the worker by one of the other build."""
        self.deployed += 1
        await self.parts["worker"].replace(self.nurseries[self.deployed % 2])

    async def until_serving(self) -> None:
        """Wait until every part serves."""
        for part in self.parts.values():
            await part.until_serving()


@lru_cache
def quiet_runtime() -> Runtime:
    """Return a Temporal runtime that does not log each call to a server that was just killed."""
    logging = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    return Runtime(telemetry=TelemetryConfig(logging=logging))


@asynccontextmanager
async def stacked(folder: Path, nurseries: tuple[Nursery, Nursery]) -> AsyncIterator[Stack]:
    """Start a stack in `folder`, which others may pass through, and leave nothing behind."""
    async with AsyncExitStack() as until:
        data = folder / "data"
        data.mkdir(mode=0o711)
        disk = Disk(data / "postgres")
        until.callback(disk.close)
        servers = await until.enter_async_context(EmbeddedStack(Settings(data_dir=data)))
        await migrate(servers.postgres.owner_url)
        links = _links(servers)
        for link in links.values():
            until.push_async_callback(link.close)
        shelf = write_handbook(folder / "handbooks")
        port = free_port(HOST, secrets.choice(PORTS), or_next=True)
        envs = await _environments(servers, links, shelf, folder, f"{HOST}:{port}")
        parts = {name: Part(name, nurseries[0], envs[name], folder) for name in PARTS}
        stack = Stack(servers, disk, parts, links, nurseries)
        stack.ledger = PostgresLedger(await open_pool(servers.postgres.app_url, size=4))
        until.push_async_callback(stack.ledger.close)
        stack.terms = terms_reader(stack.ledger)
        stack.client = await connect(servers.temporal.address, runtime=quiet_runtime())
        client_link = await links["client-temporal"].listen_on_port()
        stack.door2 = await connect(client_link, runtime=quiet_runtime())
        stack.api_key = await _key(servers, shelf)
        for part in parts.values():
            await part.start()
            until.push_async_callback(part.end)
        links["client-api"].target = partial(asyncio.open_connection, HOST, port)
        stack.api_url = f"http://{await links['client-api'].listen_on_port()}"
        await stack.until_serving()
        yield stack


def _links(servers: EmbeddedStack) -> dict[str, Link]:
    links = {}
    found = re.search(r"host=([^&]+)&", servers.postgres.app_url)
    assert found is not None
    host, port = servers.temporal.address.rsplit(":", 1)
    to = {
        "postgres": partial(asyncio.open_unix_connection, f"{found[1]}/.s.PGSQL.5432"),
        "temporal": partial(asyncio.open_connection, host, int(port)),
    }
    for name in LINKS:
        links[name] = Link(name, to.get(name.split("-")[1]))
    return links


async def _environments(
    servers: EmbeddedStack, links: dict[str, Link], shelf: Path, folder: Path, api: str
) -> dict[str, dict[str, str]]:
    """Return the environment of each part: its servers are the links that lead there."""
    envs = {}
    sockets = {name: Path(tempfile.mkdtemp(prefix="s", dir=folder)) for name in PARTS}
    for name in PARTS:
        env = {
            **servers.environment,
            "PATH": os.environ.get("PATH", os.defpath),
            "CLOSEOUT_HANDBOOK_DIR": str(shelf),
            "CLOSEOUT_WAKEUP_SPREAD_MS": "0",
            "CLOSEOUT_API_ADDRESS": api,
            "CLOSEOUT_ACTORS": "unsigned",
            "CLOSEOUT_RATE_PER_MINUTE": "0",
        }
        socket = await links[f"{name}-postgres"].listen_on_socket(sockets[name])
        env["CLOSEOUT_DATABASE_URL"] = re.sub(
            r"host=[^&]+&", f"host={socket}&", servers.postgres.app_url
        )
        if f"{name}-temporal" in links:
            env["TEMPORAL_ADDRESS"] = await links[f"{name}-temporal"].listen_on_port()
        envs[name] = env
    return envs


async def _key(servers: EmbeddedStack, shelf: Path) -> str:
    """Let the clients in; they may speak for officers and representatives."""
    settings = Settings(
        database_url=SecretStr(servers.postgres.app_url),
        data_dir=servers.data_dir,
        handbook_dir=shelf,
    )
    async with open_desk(settings, name="closeout-chaos") as desk:
        access = await first_access(desk)
    assert access is not None
    return access.key.get_secret_value()


async def as_superuser(stack: Stack, *statements: str) -> None:
    """Run statements on the server's own socket, each in a transaction of its own."""
    connection = await asyncpg.connect(stack.servers.postgres.admin_url, timeout=5.0)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        connection.terminate()
