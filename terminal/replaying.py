"""`closeout replay`: two independent records compared, the ledger and the workflows' histories."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.auditing import FOUND, Which, named_stream
from terminal.looking import NamedKey
from terminal.progress import bars
from terminal.reads import note_read, writing
from terminal.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from temporalio.client import Client, WorkflowHandle, WorkflowHistory

    from audit.replay import Live

REPLAYING = "replaying"
RUNS_MAX = 1_000
"""So many runs of one workflow are looked at that no sweep has archived."""


async def replay(
    session: Session,
    issue: Which = None,
    key: NamedKey = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every issue and order, as if none were named.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do without Temporal: archived histories only.")
    ] = False,
) -> int:
    """Decide everything again, replay the workflow histories, compare both records. Exit code 6 if
    anything is found."""
    from audit.replay import replay_ledger
    from runtime.codec import data_converter
    from terminal.shown.replayed import plain, replayed

    if every and issue is not None:
        raise typer.BadParameter("name one issue, or say --all")
    async with session.desk(reading=True) as desk:
        only = None if issue is None else await named_stream(desk, issue, key)
        await note_read(session, desk, "replay", {"stream": only})
        live: Live | None = None
        if not offline:
            async with _temporal(session) as client, writing(session, desk) as writer:
                if writer is not None:
                    await session.wiring.sweep(client, writer.ledger)
                live = _live(client)
        total = await desk.ledger.stream_count() if only is None else 1
        with bars(session) as shown:
            async with _told_in_our_words():
                whole = await replay_ledger(
                    desk.ledger,
                    session.wiring.workflows(),
                    data_converter=data_converter(session.settings),
                    live=live,
                    only=only,
                    progress=lambda done: shown.move(REPLAYING, total=total, completed=done),
                )
    session.out.answer(plain(whole), lambda: replayed(whole))
    return 0 if whole.is_sound else FOUND


def _live(client: "Client") -> "Live":
    """Return what fetches the runs of a workflow that no sweep has archived: the last one, those
    that it goes on from, and those that Temporal's lists, which lag, have besides."""

    async def live(workflow: str, archived: set[str]) -> "Sequence[WorkflowHistory]":
        found: dict[str, WorkflowHistory] = {}
        latest = await _run_of(client.get_workflow_handle(workflow))
        if latest is None:
            return ()
        wanted = [latest]
        async for run in client.list_workflows(f"WorkflowId = '{workflow}'", limit=RUNS_MAX):
            wanted.append(run.run_id)
        while wanted and len(found) < RUNS_MAX:
            run_id = wanted.pop()
            if run_id in archived or run_id in found:
                continue
            handle = client.get_workflow_handle(workflow, run_id=run_id)
            history = await _history_of(handle)
            if history is not None:
                found[run_id] = history
                started = history.events[0].workflow_execution_started_event_attributes
                if started.continued_execution_run_id:
                    wanted.append(started.continued_execution_run_id)
        return tuple(found.values())

    return live


async def _run_of(handle: "WorkflowHandle[object, object]") -> str | None:
    """Return the run that a workflow is in or ended with; None if Temporal knows none."""
    from temporalio.service import RPCError, RPCStatusCode

    try:
        return (await handle.describe()).run_id
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


async def _history_of(handle: "WorkflowHandle[object, object]") -> "WorkflowHistory | None":
    """Return the history of a run; None if it is gone by now."""
    from temporalio.service import RPCError, RPCStatusCode

    try:
        return await handle.fetch_history()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


@asynccontextmanager
async def _temporal(session: Session) -> "AsyncIterator[Client]":
    """Open Temporal; what it refuses is told in our words."""
    async with _told_in_our_words():
        yield await session.client()


@asynccontextmanager
async def _told_in_our_words() -> AsyncIterator[None]:
    from temporalio.service import RPCError

    from runtime.errors import TemporalUnreachableError

    try:
        yield
    except RPCError as error:
        raise TemporalUnreachableError(
            f"Temporal does not do what it is asked: {error.message}. "
            "`closeout doctor` says more; --offline does without it."
        ) from error
