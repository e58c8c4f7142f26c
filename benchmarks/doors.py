"""The same commands through the other doors: HTTP with connections kept open, and Updates."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from temporalio.client import Client

from benchmarks.script import ZONE, mix_for_desk
from benchmarks.stage import Stage, until
from desk.desk import Desk
from desk.principals import NewKey, add_key
from domain.access import Acting
from domain.commands import Submission
from domain.view import workflow_id

HOST = "127.0.0.1"
CREATED_MAX = 300
LENGTH = b"content-length:"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class AnswerError(Exception):
    """A face refused, or answered in a form that this client does not read."""


class KeptAlive:
    """One client of an HTTP face: as many connections as are in use at once, kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[Connection] = []

    async def send(self, request: bytes) -> bytes:
        """Send a whole request and return the body of the answer. Raises AnswerError if it is
        refused, OSError if nobody answers."""
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._sent(connection, request)
            except (asyncio.IncompleteReadError, ConnectionError):
                # The server ends what nobody used for a while; the command's id makes it safe.
                connection[1].close()
        try:
            return await self._sent(await asyncio.open_connection(HOST, self._port), request)
        except asyncio.IncompleteReadError as error:
            raise AnswerError("the face closed the connection") from error

    async def _sent(self, connection: Connection, request: bytes) -> bytes:
        reader, writer = connection
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(length_in(head))
        if (status := status_in(head)) >= CREATED_MAX:
            writer.close()
            raise AnswerError(f"{status}: {body[:500]!r}")
        self._idle.append(connection)
        return body

    def close(self) -> None:
        """Close what is open."""
        for _, writer in self._idle:
            writer.close()


def status_in(head: bytes) -> int:
    """Return the status of an answer."""
    return int(head.split(None, 2)[1])


def length_in(head: bytes) -> int:
    """Return how many bytes follow the head of an answer. Raises AnswerError if it does not say."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(LENGTH):
            return int(line.removeprefix(LENGTH))
    raise AnswerError("an answer without a length")


def request_of(submission: Submission, secret: str) -> bytes:
    """Return a submission as a request, bytes on the wire: a service speaks for its actor."""
    asked = {
        "command": submission.command.model_dump(mode="json", exclude_none=True),
        "actor": submission.actor.model_dump(mode="json", exclude_none=True),
    }
    body = json.dumps(asked).encode()
    head = (
        f"POST /v1/issues/{submission.zone}/{submission.key}/commands HTTP/1.1\r\n"
        f"Host: {HOST}\r\nAuthorization: Bearer {secret}\r\nIdempotency-Key: {submission.id}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(frozen=True, slots=True)
class Face:
    """The HTTP face in a process of its own, and its client."""

    pid: int
    client: KeptAlive
    secret: str

    def mix(self, key: str) -> Iterator[bytes]:
        """Yield every round of the mix for one open issue, as requests."""
        return (request_of(each, self.secret) for each in mix_for_desk(key))


@asynccontextmanager
async def face_standing(stage: Stage, desk: Desk) -> AsyncIterator[Face]:
    """Serve the HTTP face as `closeout serve` does, with no bound on rates, until the end."""
    asked = NewKey(name="benchmark", zones=(ZONE,), acting=(Acting.OFFICERS,))
    shown = await add_key(desk, asked, None)
    port = _free_port()
    extra = {
        "CLOSEOUT_API_ADDRESS": f"{HOST}:{port}",
        "CLOSEOUT_RATE_PER_MINUTE": "0",
        "CLOSEOUT_RATE_PUBLIC_PER_MINUTE": "0",
        "CLOSEOUT_POOL_SIZE": str(stage.settings.pool_size),
    }
    client = KeptAlive(port)
    async with stage.program("cli.py", "serve", env=extra) as pid:
        try:
            await until("the HTTP face", lambda: _answers(port))
            yield Face(pid, client, shown.secret.get_secret_value())
        finally:
            client.close()


async def _answers(port: int) -> bool:
    with suppress(OSError):
        _, writer = await asyncio.open_connection(HOST, port)
        writer.close()
        return True
    return False


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


class SecondDoor:
    """Sends commands as Updates to the issues' running workflows."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def send(self, submission: Submission) -> object:
        """Send one and wait for its result."""
        handle = self._client.get_workflow_handle(workflow_id(submission.zone, submission.key))
        return await handle.execute_update("carry_out", submission, id=submission.id)
