"""A loopback proxy between two parts that can be cut, slowed and mended."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

PIECE_BYTES: Final = 65_536

Open = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Link:
    """One way between two parts. Cut, it ends every connection at once and takes no other; slowed,
    it holds each piece back, in order."""

    def __init__(self, name: str, target: Open | None = None) -> None:
        self.name = name
        self.delay_s = 0.0
        self.is_cut = False
        self.carried = 0
        self.target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen_on_port(self) -> str:
        """Listen on a free port of the loopback and return host:port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def listen_on_socket(self, folder: Path) -> Path:
        """Listen in `folder`, which is there, as PostgreSQL does, and return the folder."""
        self._server = await asyncio.start_unix_server(self._connected, folder / ".s.PGSQL.5432")
        return folder

    def cut(self) -> None:
        """End what goes through."""
        self.is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Let everything through again, at once."""
        self.is_cut = False
        self.delay_s = 0.0

    async def close(self) -> None:
        """Listen no more."""
        self.cut()
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._carry(reader, writer)
        writer.transport.abort()
        self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut or self.target is None:
            return
        there_reader, there_writer = await self.target()
        both = {writer, there_writer}
        self._writers |= both
        ways = [
            asyncio.create_task(self._pump(reader, there_writer)),
            asyncio.create_task(self._pump(there_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._writers -= both
            there_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE_BYTES):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.is_cut:
                return
            writer.write(piece)
            await writer.drain()
            self.carried += len(piece)
