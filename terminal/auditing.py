"""`closeout verify` and `closeout replay`: whether what is written still holds."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.looking import NamedKey
from terminal.session import Session, find_issue

if TYPE_CHECKING:
    from collections.abc import Callable

    from temporalio.client import Client, WorkflowHistory

    from desk.desk import Desk

FOUND = 6
"""The exit code where something is not as it was written."""

Which = Annotated[
    str | None, typer.Argument(metavar="ISSUE", help="A ledger number, ZONE KEY, or ZONE/KEY.")
]


async def verify(
    session: Session,
    issue: Which = None,
    key: NamedKey = None,
    every: Annotated[bool, typer.Option("--all", help="Every issue in the ledger.")] = False,
) -> int:
    """Check hash chains, folds, commands, rungs and terms. Exit code 6 if anything is found."""
    from audit.verify import verify_all, verify_stream
    from terminal.shown.findings import findings

    if (issue is None) is not every:
        raise typer.BadParameter("name one issue, or say --all")
    async with session.desk() as desk:
        if issue is None:
            with counting(session, "verifying") as progress:
                found = await verify_all(desk.ledger, progress=progress)
        else:
            stream = await _stream(desk, issue, key)
            found = await verify_stream(desk.ledger, stream)
    plain = {
        "streams": found.streams,
        "events": found.events,
        "commands": found.commands,
        "sound": found.is_sound,
        "findings": found.found,
    }
    session.out.answer(plain, lambda: findings(found))
    return 0 if found.is_sound else FOUND


async def _stream(desk: "Desk", issue: str, key: str | None) -> str:
    """Return the stream to verify; its stored row may be what is wrong, so it is not needed."""
    from domain.issue import stream_name

    if key is not None:
        stream = stream_name(issue, key)
    elif "/" in issue:
        stream = issue
    else:
        stream = (await find_issue(desk, issue, None)).issue.stream
    if not await desk.ledger.records(stream):
        zone, _, name = stream.partition("/")
        await desk.row(zone, name)
    return stream


async def replay(
    session: Session,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do without Temporal: archived histories only.")
    ] = False,
) -> int:
    """Decide everything again, replay the archived workflow histories, compare both records."""
    from temporalio.contrib.pydantic import pydantic_data_converter

    from audit.reexecute import reexecute_all
    from audit.replay import cross_check, replay_histories
    from terminal.shown.findings import Replayed, replayed

    async with session.desk() as desk:
        live: list[WorkflowHistory] = []
        if not offline:
            async with _temporal(session) as client:
                await session.wiring.sweep(client, desk.ledger)
                live = await _running_histories(client)
        with counting(session, "deciding again") as progress:
            decided = await reexecute_all(desk.ledger, progress=progress)
        rows = await desk.ledger.histories()
        workflows = session.wiring.workflows()
        histories = await replay_histories(rows, workflows, data_converter=pydantic_data_converter)
        # A damaged history has been named; the others are compared all the same.
        failed = {failure.run_id for failure in histories.failures}
        checked = await cross_check(
            desk.ledger,
            [row for row in rows if row.run_id not in failed],
            live=live,
            data_converter=pydantic_data_converter,
        )
    whole = Replayed(decided, histories, checked, archived=len(rows), running=len(live))
    session.out.answer(whole.plain(), lambda: replayed(whole))
    return 0 if whole.is_sound else FOUND


async def _running_histories(client: "Client") -> "list[WorkflowHistory]":
    """Return the histories of the runs that are not over, hence not archived."""
    from temporalio.service import RPCError, RPCStatusCode

    from desk.guard import RUNNING
    from desk.order_upkeep import RUNNING_ORDERS

    found = []
    for query in (RUNNING, RUNNING_ORDERS):
        async for run in client.list_workflows(query):
            try:
                handle = client.get_workflow_handle(run.id, run_id=run.run_id)
                found.append(await handle.fetch_history())
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
    return found


@asynccontextmanager
async def _temporal(session: Session) -> "AsyncIterator[Client]":
    """Open Temporal; what it refuses is told in our words."""
    from temporalio.service import RPCError

    from runtime.errors import TemporalUnreachableError

    try:
        yield await session.client()
    except RPCError as error:
        raise TemporalUnreachableError(
            f"Temporal does not do what it is asked: {error.message}. "
            "`closeout doctor` says more; --offline does without it."
        ) from error


@contextmanager
def counting(session: Session, what: str) -> "Iterator[Callable[[int], None]]":
    """Show on a terminal's stderr how many issues are done."""
    aside = session.out.aside
    if session.as_json or not aside.is_terminal:
        yield lambda _: None
        return
    with aside.status(f"{what} …") as status:
        yield lambda done: status.update(f"{what} … {done} issues")
