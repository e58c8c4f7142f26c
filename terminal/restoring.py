"""Brings a backup into the folder of an embedded stack, and its workflows back to the ledger."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr
from pydantic_core import to_jsonable_python
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from audit.reconcile import Differences, differences
from desk.guard import Guard
from domain.backups import Manifest
from domain.errors import InvalidRequestError
from domain.matters.view import MATTER_TYPE
from domain.order_view import SUPERVISION_TYPE
from domain.streams import stream_names
from domain.view import ADOPTION_TYPE, TASK_QUEUE, WORKFLOW_TYPE, workflow_id
from domain.webhooks import WEBHOOK_TYPE
from handbooks.operator_files import FileReadError, read_bytes
from ledger.backup_point import point_of, require_restorable
from ledger.migrate import migrate
from runtime.backup_files import (
    BackupError,
    aside,
    check_files,
    copy_tree,
    manifest_of,
)
from runtime.backup_keys import check_keys, place_keys, require_no_keys
from runtime.codec import data_converter
from runtime.dumping import load
from runtime.errors import TemporalUnreachableError
from runtime.lock import DataFolder
from runtime.postgres import EmbeddedPostgres
from runtime.postgres_home import RECORD_NAME, remove_home, write_private
from runtime.settings import Settings, kept_by_stack
from runtime.stack import UNFINISHED_NAME, EmbeddedStack
from runtime.temporal import connect
from terminal.backing_up import (
    ATTACHMENTS,
    COMPARING,
    HANDBOOKS,
    LEDGER,
    LOADING,
    READING,
    attachments_folder,
)

if TYPE_CHECKING:
    from desk.desk import Desk

LOAD_LOG: Final = "restore.log"
KEYS_PLACED: Final = "keys\n"
"""What stands in the mark of an unfinished restore once the keys are in their place."""
SKEW: Final = timedelta(minutes=10)
"""The clocks of PostgreSQL and Temporal may differ by so much."""
REASON: Final = "the ledger was restored to an earlier state"
KEPT_TIME: Final = ", ".join(
    f"'{name}'"
    for name in (WORKFLOW_TYPE, SUPERVISION_TYPE, MATTER_TYPE, WEBHOOK_TYPE, ADOPTION_TYPE)
)
RUNNING: Final = f"WorkflowType IN ({KEPT_TIME}) AND ExecutionStatus = 'Running'"
"""Whatever keeps the time of something in the ledger: schedules hold nothing."""
ENDING_TRIES: Final = 100
BETWEEN_TRIES_S: Final = 0.1
AT_ONCE: Final = 16
IDS_BYTES_MAX: Final = 64 * 2**20

Moved = Callable[..., None]
OpenDesk = Callable[[Settings], AbstractAsyncContextManager["Desk"]]


@dataclass(frozen=True, slots=True)
class StartedOver:
    """What became of the workflows. `to_resend`: of the ids that callers gave, those that the
    ledger does not have, as `ZONE/KEY ID`."""

    found: Differences
    ended: int
    started: int
    to_resend: tuple[str, ...]

    @property
    def anything_lost(self) -> bool:
        """Return whether something was done that the ledger does not have, or the reverse."""
        return bool(self.found.ahead or self.found.lost_histories or self.to_resend)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to; `seconds` by step, of a monotonic clock."""

    manifest: Manifest
    data_dir: Path
    report: Path
    applied: tuple[str, ...]
    by_hand: tuple[str, ...]
    handbooks: Path | None
    over: StartedOver
    seconds: dict[str, float]


async def bring_back(
    settings: Settings,
    folder: Path,
    open_desk: OpenDesk,
    *,
    keys: Path | None = None,
    ids: Sequence[tuple[str, str]] = (),
    jobs: int = 2,
    moved: Moved = lambda *_, **__: None,
) -> Restored:
    """Check the backup, load it, hold it against Temporal, start every workflow over. `folder` is
    an absolute path.

    Nothing else may run on the folder. Until it has ended well, no stack starts there; begun again,
    it begins anew. Raises BackupError, DumpError, MigrationError, FolderTakenError, LedgerError.
    """
    began = time.monotonic()
    seconds: dict[str, float] = {}

    def done(step: str) -> None:
        seconds[step] = round(time.monotonic() - began - sum(seconds.values()), 3)

    manifest = manifest_of(folder)
    require_restorable(manifest.point)
    moved(READING, total=sum(file.bytes for file in manifest.files), completed=0)
    await aside(
        lambda: check_files(folder, manifest.files, lambda count: moved(READING, advance=count))
    )
    if keys is not None:
        check_keys(keys)
    done("check")
    by_hand: list[str] = []
    with DataFolder(settings.data_dir):
        placed = _clear(settings, with_keys=keys is not None)
        applied = await _load(settings, folder, manifest, jobs, moved)
        done("load")
        if keys is not None and not placed:
            by_hand = place_keys(keys, settings)
        handbooks = _put_beside(settings, folder, manifest)
        settings.data_dir.joinpath(UNFINISHED_NAME).write_text(KEYS_PLACED, encoding="ascii")
    over = await _in_stack(settings, handbooks, manifest, open_desk, ids, moved)
    report = settings.data_dir / f"restored-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    text = json.dumps(to_jsonable_python(asdict(over)), ensure_ascii=False, indent=1)
    write_private(report, text)
    settings.data_dir.joinpath(UNFINISHED_NAME).unlink()
    done("workflows")
    return Restored(
        manifest,
        settings.data_dir,
        report,
        tuple(applied),
        tuple(by_hand),
        handbooks,
        over,
        seconds,
    )


def _clear(settings: Settings, *, with_keys: bool) -> bool:
    """Refuse a folder that has a database, or keys beside those that are to come, unless a restore
    that did not end left them; return whether it had put its keys in place already."""
    data_dir = settings.data_dir
    unfinished = data_dir / UNFINISHED_NAME
    there = [data_dir / RECORD_NAME, data_dir / "postgres"]
    if not unfinished.exists() and any(each.exists() for each in there):
        raise BackupError(
            f"{data_dir} has a database. Name a folder without one, or move {RECORD_NAME} and "
            "postgres out of it; Temporal's data and the keys may stay."
        )
    placed = unfinished.exists() and unfinished.read_text(encoding="ascii") == KEYS_PLACED
    if with_keys and not placed:
        require_no_keys(settings)
    unfinished.write_text("", encoding="ascii")
    remove_home(data_dir.resolve())
    shutil.rmtree(data_dir / "postgres", ignore_errors=True)
    data_dir.joinpath(RECORD_NAME).unlink(missing_ok=True)
    return placed


async def _load(
    settings: Settings, folder: Path, manifest: Manifest, jobs: int, moved: Moved
) -> list[str]:
    """Load the dump and hold what came in against the manifest; return the migrations applied."""
    moved(LOADING, total=None)
    log = settings.data_dir / LOAD_LOG
    async with EmbeddedPostgres(settings.data_dir, bin_dir=settings.postgres_bin_dir) as server:
        await load(server.admin_url, folder / LEDGER, bin_dir=server.bin_dir, jobs=jobs, log=log)
        there = await point_of(server.owner_url)
        wanted = manifest.point
        if there.model_copy(update={"server": wanted.server}) != wanted:
            raise BackupError(
                f"What was loaded is not what was backed up: {_parted(there, wanted)}. Nothing "
                "serves it; take another backup."
            )
        applied = await migrate(server.owner_url, superuser_url=server.admin_url)
    log.unlink(missing_ok=True)
    return applied


def _parted(there: object, wanted: object) -> str:
    left, right = to_jsonable_python(there), to_jsonable_python(wanted)
    names = [name for name in right if name != "server" and left[name] != right[name]]
    return ", ".join(f"{name} {left[name]}, listed {right[name]}" for name in names)


def _put_beside(settings: Settings, folder: Path, manifest: Manifest) -> Path | None:
    """Put handbooks and attachments where there are none; return the handbooks' place, None if the
    backup has none of the office's own."""
    store = attachments_folder(settings)
    if folder.joinpath(ATTACHMENTS).is_dir() and not store.exists():
        copy_tree(folder / ATTACHMENTS, store)
    if not manifest.handbooks:
        return None
    target = settings.data_dir / HANDBOOKS
    if not target.exists():
        copy_tree(folder / HANDBOOKS, target)
    return target


async def _in_stack(
    settings: Settings,
    handbooks: Path | None,
    manifest: Manifest,
    open_desk: OpenDesk,
    ids: Sequence[tuple[str, str]],
    moved: Moved,
) -> StartedOver:
    """Start both servers and neither worker nor relay: nobody acts while the two are compared."""
    async with EmbeddedStack(settings, finishing=True) as stack:
        on_stack = settings.model_copy(
            update={
                "database_url": SecretStr(stack.postgres.app_url),
                "handbook_dir": settings.handbook_dir or handbooks,
                **kept_by_stack(settings),
            }
        )
        converter = data_converter(settings)
        client = await connect(
            stack.temporal.address, namespace=stack.temporal.namespace, data_converter=converter
        )
        async with open_desk(on_stack) as desk:
            since = manifest.created_at - SKEW
            return await start_over(
                desk,
                client,
                since,
                converter,
                task_queue=settings.task_queue,
                ids=ids,
                moved=moved,
            )


async def start_over(
    desk: "Desk",
    client: Client,
    since: datetime,
    converter: DataConverter,
    *,
    task_queue: str = TASK_QUEUE,
    ids: Sequence[tuple[str, str]] = (),
    moved: Moved = lambda *_, **__: None,
) -> StartedOver:
    """Name what Temporal knows beyond the ledger, end every run that keeps a time, and have all
    that is open started again. Raises TemporalUnreachableError, LedgerError."""
    async with _in_our_words():
        found = await differences(
            desk.ledger,
            client,
            since=since,
            data_converter=converter,
            progress=lambda done: moved(COMPARING, completed=done),
        )
        kept = {stream: await _ids_of(desk, stream) for stream in dict.fromkeys(s for s, _ in ids)}
        resend = [f"{stream} {id_}" for stream, id_ in ids if id_ not in kept[stream]]
        guard = Guard(desk, client)
        await guard.recover()  # says in the ledger whose histories are lost, before others begin
        ended = await _end_all(client)
        await _cover_answers(client, found, task_queue)
        started = await guard.restart(REASON)
    return StartedOver(found, ended, started, tuple(resend))


async def _ids_of(desk: "Desk", stream: str) -> set[str]:
    return {row.id for row in await desk.ledger.commands(stream)}


async def _end_all(client: Client) -> int:
    """End whatever keeps a time, what the ledger does not know of too: such a workflow would hear
    nothing of an issue that is reported again. Temporal is asked until none is left that was not
    ended."""
    ended, over = set[str](), set[str]()  # by us, and before we came; lists lag
    left: list[tuple[str, str]] = []
    gate = asyncio.Semaphore(AT_ONCE)

    async def end(workflow: str, run_id: str) -> None:
        async with gate:
            try:
                handle = client.get_workflow_handle(workflow, run_id=run_id)
                await handle.terminate(reason=REASON)
                ended.add(run_id)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                over.add(run_id)

    for _ in range(ENDING_TRIES):
        runs = [(run.id, run.run_id) async for run in client.list_workflows(RUNNING)]
        left = [run for run in runs if run[1] not in ended | over]
        await asyncio.gather(*(end(*run) for run in left))
        if not left:
            return len(ended)
        await asyncio.sleep(BETWEEN_TRIES_S)
    raise TemporalUnreachableError(
        f"{len(left)} runs go on in Temporal, of {len(ended)} that were ended: stop workers and "
        "relays, and do the same again."
    )


async def _cover_answers(client: Client, found: Differences, task_queue: str) -> None:
    """Put an empty run over the last one of each workflow that acknowledged what is lost.

    Temporal answers an Update that comes again, under its id, from the last run, even if that is
    over: whoever sends the command again would be told that it is done, and it is not.
    """
    for each in found.ahead:
        if not (each.commands or each.pending):
            continue
        zone, key = stream_names(each.stream)
        handle = await client.start_workflow(
            WORKFLOW_TYPE,
            {"zone": zone, "key": key},
            id=workflow_id(zone, key),
            task_queue=task_queue,
            static_summary=REASON,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        try:
            await handle.terminate(reason=REASON)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


@asynccontextmanager
async def _in_our_words() -> AsyncIterator[None]:
    try:
        yield
    except RPCError as error:
        raise TemporalUnreachableError(
            f"Temporal does not do what it is asked: {error.message}. `closeout doctor` says more."
        ) from error


def read_ids(file: Path) -> list[tuple[str, str]]:
    """Return streams and ids of commands from a file, `ZONE/KEY ID` a line. Raises
    InvalidRequestError."""
    try:
        lines = read_bytes(file, IDS_BYTES_MAX).decode().splitlines()
    except (FileReadError, UnicodeDecodeError) as error:
        raise InvalidRequestError(f"The file {error}.", field="ids", value=file) from error
    found = []
    for number, line in enumerate(lines, start=1):
        stream, _, id_ = line.strip().partition(" ")
        if not stream:
            continue
        if "/" not in stream or not id_.strip():
            raise InvalidRequestError(
                "The line names no command.",
                field="ids",
                value=f"line {number}",
                allowed="ZONE/KEY and the command's id",
            )
        found.append((stream, id_.strip()))
    return found
