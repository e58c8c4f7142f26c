"""Runs the application: stops within a second, streams included."""

import asyncio
import signal
from types import FrameType

import uvicorn
from fastapi import FastAPI

from api.house import House

GRACE_S = 5
BACKLOG = 1024
KEEP_ALIVE_S = 10
AT_ONCE_MAX = 2000
HEADERS_BYTES_MAX = 32 * 1024


class Server(uvicorn.Server):
    """Tells streams to end as soon as it is told to stop: it waits for connections before anything
    of the application hears of it."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, the second time at once."""
        self._stopping.set()
        super().handle_exit(signal.Signals(sig), frame)


def make_server(app: FastAPI, house: House, host: str, port: int) -> Server:
    """Return the server of an application, bounded in what it takes."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=AT_ONCE_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=HEADERS_BYTES_MAX,
    )
    return Server(config, house.stopping)
