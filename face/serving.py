"""Serves the application: bounded in what it takes, stopped within a second, streams included."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from desk.attachments.room import open_room
from desk.opening import open_desk
from face.connections import HEADERS_BYTES_MAX, BoundedProtocol, room_for
from face.house import House
from face.identity import open_identity
from runtime.collecting import look_seldom_for_cycles
from runtime.errors import SettingsError
from runtime.face_keys import face_signer
from runtime.marks import OF_THIS_PROCESS, marks_of
from runtime.settings import NOWHERE, Settings, host_and_port
from runtime.tracing import traces

log = structlog.get_logger()

GRACE_S = 5
BACKLOG = 1024
KEEP_ALIVE_S = 10
AT_ONCE_MAX = 2000


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
    """Return the server of an application."""
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=room_for(AT_ONCE_MAX),
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=HEADERS_BYTES_MAX,
    )
    return Server(config, house.stopping)


async def serve(settings: Settings, make: Callable[[House], FastAPI]) -> None:
    """Serve the faces that `make` makes where the settings say, until SIGINT or SIGTERM.

    Raises SettingsError if they say nowhere, LedgerError while there is no ledger.
    """
    if settings.api_address == NOWHERE:
        raise SettingsError("The HTTP face is switched off: CLOSEOUT_API_ADDRESS is `off`.")
    host, port = host_and_port(settings.api_address)
    async with contextlib.AsyncExitStack() as open_until:
        open_until.enter_context(traces(settings, "api"))
        desk = await open_until.enter_async_context(open_desk(settings, name="closeout-api"))
        reading = None
        if settings.reader_database_url is not None:
            as_reader = {"database_url": settings.reader_database_url}
            reading = await open_until.enter_async_context(
                open_desk(settings.model_copy(update=as_reader), name="closeout-api-reader")
            )
            reading.shelf.keeps = False
        identity = await open_identity(
            settings,
            desk,
            signer=face_signer(settings),
            marks=marks_of(settings) if settings.oidc_issuer else OF_THIS_PROCESS,
        )
        open_until.push_async_callback(identity.close)
        house = House(desk, settings, identity, reading, room=open_room(settings))
        open_until.push_async_callback(house.refused.close, desk.ledger)
        log.info("api_serves", host=host, port=port)
        await serve_house(house, make)
    log.info("api_stopped")


async def serve_house(house: House, make: Callable[[House], FastAPI]) -> None:
    """Serve a house that is open already, where its settings say, until SIGINT or SIGTERM."""
    host, port = host_and_port(house.settings.api_address)
    server = make_server(make(house), house, host, port)
    look_seldom_for_cycles()
    await server.serve()
