"""Doubles of providers on loopback: a receiver of JSON, and a mail server. They answer as told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Got:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """The JSON of the body."""
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass
class Receiver:
    """Answers requests with what is set: a status, a body, or nothing at all."""

    status: int = 200
    body: bytes = b'{"errcode": 0, "code": 0}'
    hangs: bool = False
    location: str = ""
    got: list[Got] = field(default_factory=list)
    url: str = ""

    def answers(self, status: int = 200, **said: object) -> None:
        """Answer so from now on."""
        self.status, self.body, self.hangs = status, json.dumps(said).encode(), False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.got.append(Got(first.split(" ")[1], headers, body))
            if self.hangs:
                await asyncio.sleep(60)
            location = f"Location: {self.location}\r\n" if self.location else ""
            writer.write(
                f"HTTP/1.1 {self.status} X\r\n{location}Content-Length: {len(self.body)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + self.body
            )
            await writer.drain()
        writer.close()


@dataclass
class MailServer:
    """Takes mail, or refuses it with the code that is set for a step."""

    codes: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    got: list[str] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation."""

        async def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())
            await writer.drain()

        with contextlib.suppress(ConnectionError):
            if self.hangs:
                await asyncio.sleep(60)
            await say("220 double")
            while line := (await reader.readline()).decode().strip():
                verb = line.split(" ")[0].split(":")[0].upper()
                if verb == "QUIT":
                    await say(self.codes.get("QUIT", "221 bye"))
                    break
                if verb in self.codes:
                    await say(self.codes[verb])
                elif verb == "DATA":
                    await say("354 go on")
                    self.got.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                    await say(self.codes.get("END", "250 taken"))
                else:
                    await say("250 ok")
        writer.close()


@asynccontextmanager
async def receiving(double: Receiver) -> AsyncIterator[Receiver]:
    """Have a receiver listen."""
    server = await asyncio.start_server(double.serve, "127.0.0.1", 0)
    double.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?key=secret"
    try:
        yield double
    finally:
        server.close()


@asynccontextmanager
async def mailing(double: MailServer) -> AsyncIterator[MailServer]:
    """Have a mail server listen."""
    server = await asyncio.start_server(double.serve, "127.0.0.1", 0)
    double.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield double
    finally:
        server.close()
