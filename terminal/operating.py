"""`closeout up`, `recover`, `migrate` and `demo`: to keep it running."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.progress import bars
from terminal.session import Session

if TYPE_CHECKING:
    from temporalio.client import Client

    from desk.desk import Desk
    from desk.first_access import FirstAccess
    from runtime.settings import Settings
    from runtime.stack import EmbeddedStack


async def up(session: Session) -> None:
    """Run PostgreSQL, Temporal, worker, relay and the HTTP face here, until Ctrl-C.

    Needs no server and no container: the extra `embedded` brings both programs.
    """
    from desk.log_opening import ensure_key
    from ledger.migrate import migrate as bring_up_to_date
    from runtime.exposure import require_actors_chosen
    from runtime.face_keys import ensure_face
    from runtime.settings import kept_by_stack
    from runtime.stack import EmbeddedStack, Supervisor

    session.prepare_log_of_server()
    began = time.monotonic()

    async def ready(stack: "EmbeddedStack") -> None:
        applied = await bring_up_to_date(
            stack.postgres.owner_url, superuser_url=stack.postgres.admin_url
        )
        ensure_key(kept_by_stack(session.settings)["log_key"], session.settings.log_origin)
        ensure_face(session.settings)
        first = await let_first_in(stack) if stack.api_address else None
        plain = {
            "data_dir": str(stack.data_dir),
            "pid": os.getpid(),
            "temporal_address": stack.temporal.address,
            "temporal_namespace": stack.temporal.namespace,
            "migrations_applied": applied,
            "api": f"http://{stack.api_address}" if stack.api_address else None,
            "console": f"http://{stack.api_address}/console" if stack.api_address else None,
            "first_user": None if first is None else first.user,
            "first_password": None if first is None else first.password.get_secret_value(),
            "first_key": None if first is None else first.key.get_secret_value(),
        }
        from terminal.shown.running import stack_is_up

        session.out.answer(plain, lambda: stack_is_up(stack, first, time.monotonic() - began))
        unseen_file(stack).unlink(missing_ok=True)

    if not session.as_json:
        session.out.aside.print(f"Starting in {session.settings.data_dir} …", style="dim")
    settings = served_on(session.settings)
    require_actors_chosen(settings, embedded=True)
    stack = EmbeddedStack(settings)
    programs = session.wiring.programs(bool(stack.api_address))
    await Supervisor(stack, programs, on_ready=ready).run()
    if not session.as_json:
        session.out.aside.print("Stopped. `closeout up` goes on where this left off.", style="dim")


def served_on(settings: "Settings") -> "Settings":
    """Return the settings with a port for the HTTP face that is free now. The one that was asked
    for has to be; where none was asked for, the next free one does."""
    from runtime.ports import free_port
    from runtime.settings import NOWHERE, host_and_port

    if settings.api_address == NOWHERE:
        return settings
    host, port = host_and_port(settings.api_address)
    port = free_port(host, port, or_next="api_address" not in settings.model_fields_set)
    bracketed = f"[{host}]" if ":" in host else host
    return settings.model_copy(update={"api_address": f"{bracketed}:{port}"})


async def let_first_in(stack: "EmbeddedStack") -> "FirstAccess | None":
    """Let in the first user of the HTTP face and the first service; None if that was done at an
    earlier start. Their secrets are kept nowhere: a file says until they are shown that they were
    not, and the next start gives others in their place."""
    from desk.clock import SystemClock
    from desk.desk import Desk
    from desk.first_access import first_access, first_user
    from desk.shelf import Shelf
    from ledger.connections import open_pool
    from ledger.postgres import PostgresLedger

    pool = await open_pool(stack.postgres.app_url, size=1, application_name="closeout-up")
    ledger = PostgresLedger(pool)
    try:
        desk, file = Desk(ledger, Shelf(ledger, {}), SystemClock()), unseen_file(stack)
        unseen = file.exists()
        if await first_user(desk) is None:
            file.touch(mode=0o600)
        return await first_access(desk, unseen=unseen)
    finally:
        await ledger.close()


def unseen_file(stack: "EmbeddedStack") -> Path:
    """Return what is there from before the first secrets are made until they are shown."""
    return stack.data_dir / "first-access-not-shown"


async def serve(session: Session) -> None:
    """Serve the HTTP face on CLOSEOUT_API_ADDRESS until told to stop. `closeout up` does so itself.

    It needs the ledger alone: with Temporal away it goes on. Over a ledger of yours, or where other
    machines reach it, CLOSEOUT_ACTORS must be set.
    """
    from runtime.exposure import is_of_embedded_stack, require_actors_chosen

    session.prepare_log_of_server()
    settings = session.place.settings
    require_actors_chosen(settings, embedded=is_of_embedded_stack(settings))
    await session.wiring.serve_api(settings)


async def recover(
    session: Session,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="End every run and start it again, not only what is gone."),
    ] = False,
    restored: Annotated[
        datetime | None,
        typer.Option(
            "--restored",
            metavar="TIME",
            help="The ledger was restored to a backup of TIME (UTC): name every difference to "
            "Temporal, end what runs on it, start from the ledger.",
            show_default=False,
        ),
    ] = None,
) -> int | None:
    """Put back the workflow of every open issue and order: the ledger holds all that it takes.

    With --restored exit code 6 if anything was lost.
    """
    from temporalio.service import RPCError

    from desk.guard import Guard
    from runtime.errors import TemporalUnreachableError
    from runtime.temporal import ensure_namespace

    async with session.desk() as desk:
        client = await session.client()
        try:
            await ensure_namespace(client)
            if restored is not None:
                return await _restored(session, desk, client, restored)
            guard = Guard(desk, client)
            if restart:
                count = await guard.restart("closeout recover --restart")
            else:
                count = await guard.recover()
        except RPCError as error:
            raise TemporalUnreachableError(
                f"Temporal does not do what it is asked: {error.message}. "
                "`closeout doctor` says more."
            ) from error
    what = "restarted" if restart else "without a workflow"
    session.out.answer(
        {"restarted" if restart else "recovered": count},
        lambda: (
            f"{count} open issues and orders {what}"
            + ("; the relay starts them now." if count else ": there was nothing to do.")
        ),
    )
    return None


async def _restored(session: Session, desk: "Desk", client: "Client", at: datetime) -> int:
    """Start everything over after a restore that `closeout restore` did not do itself."""
    from runtime.codec import data_converter
    from terminal.auditing import FOUND
    from terminal.restoring import SKEW, start_over
    from terminal.shown.backups import started_over, started_over_plain

    since = (at if at.tzinfo else at.replace(tzinfo=UTC)) - SKEW
    with bars(session) as shown:
        over = await start_over(
            desk,
            client,
            since,
            data_converter(session.settings),
            task_queue=session.settings.task_queue,
            moved=shown.move,
        )
    session.out.answer(started_over_plain(over), lambda: started_over(over))
    return FOUND if over.anything_lost else 0


async def migrate(session: Session) -> None:
    """Bring the ledger's schema up to date. `closeout up` does this by itself."""
    from ledger.migrate import migrate as bring_up_to_date
    from runtime.errors import SettingsError

    url = session.place.settings.owner_database_url
    if url is None:
        raise SettingsError(
            "The role that owns the schema is not named: set CLOSEOUT_OWNER_DATABASE_URL."
        )
    applied = await bring_up_to_date(url.get_secret_value())
    session.out.answer(
        {"applied": applied},
        lambda: "\n".join(f"applied {name}" for name in applied) or "The schema is up to date.",
    )


async def demo(session: Session) -> int:
    """Play real issues from report to close-out, on a stack of its own, and verify the trail."""
    from rich.console import Console

    code = await session.wiring.play_demo(
        session.settings, Console(stderr=session.as_json, highlight=False)
    )
    if session.as_json:
        session.out.answer({"sound": code == 0}, str)
    return code
