"""`closeout drill`: the database and the keys are lost, brought back from a backup beside a newer
Temporal, and everything that was promised is held against what came of it."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from terminal.session import Session

if TYPE_CHECKING:
    from desk.desk import Desk
    from domain.backups import Manifest
    from ledger.port import IssueRow
    from runtime.settings import Settings
    from runtime.stack import ChildProgram, EmbeddedStack
    from terminal.drill_acts import Caller, Drilled, Sent
    from terminal.restoring import OpenDesk, Restored

PATIENCE_S: Final = 120.0
LOOK_EVERY_S: Final = 0.1
SLACK: Final = timedelta(seconds=5)
"""A rung that fell due so shortly ago may still be on its way."""
STOP: Final = (signal.SIGTERM, 8.0)
ISSUES_MAX: Final = 100
"""Every issue rings each 2.4 s: with more, two cores do nothing else."""
NEW: Final = "drill/new-"
"""What the streams of issues begin with that are reported after the backup."""


async def drill(
    session: Session,
    issues: Annotated[
        int, typer.Option(min=2, max=ISSUES_MAX, help="So many are reported before the backup.")
    ] = 20,
    temporal_lost: Annotated[
        bool, typer.Option("--temporal-lost", help="Temporal's data is lost as well.")
    ] = False,
) -> int:
    """Lose a database and bring it back, on a stack of its own in a temporary folder.

    Issues are played, backed up and played on; then database and keys are gone, and Temporal is
    not. Checks that nothing is lost unnamed and nothing doubled, and measures how long it takes.
    Exit code 1 if anything is not as it must be.
    """
    from runtime.lock import PASSABLE
    from runtime.postgres_home import remove_home
    from terminal.shown.backups import drilled, drilled_plain

    folder = Path(tempfile.mkdtemp(prefix="closeout-drill-"))
    os.chmod(folder, PASSABLE)  # the database's own account passes through where we are root
    say = (lambda _: None) if session.as_json else session.out.aside.print
    try:
        programs = session.wiring.programs(False)
        played = Drill(folder, programs, session.wiring.open_desk, issues, temporal_lost, say)
        found = await played.run()
    finally:
        if folder.joinpath("data").exists():
            remove_home((folder / "data").resolve())
        shutil.rmtree(folder, ignore_errors=True)
    session.out.answer(drilled_plain(found), lambda: drilled(found))
    return 1 if found.findings else 0


@dataclass
class Drill:
    """One drill in one folder; `say` hears what goes on."""

    folder: Path
    programs: "Sequence[ChildProgram]"
    open_desk: "OpenDesk"
    issues: int
    temporal_lost: bool = False
    say: Callable[[str], None] = lambda _: None
    findings: list[str] = field(default_factory=list)

    async def run(self) -> "Drilled":
        """Play it from the first report to the last check. Raises StackError if it gets stuck."""
        from terminal.backing_up import make_backup
        from terminal.drill_acts import Drilled, after, before, lay_handbook
        from terminal.restoring import bring_back

        lay_handbook(self.folder / "handbooks")
        earlier, later = list(before(self.issues)), list(after(self.issues))
        told: dict[str, object] = {}
        async with self._stack(migrated=True) as stack, self._caller(stack) as caller:
            self.say(f"{self.issues} issues are played …")
            for sent in earlier:
                await caller.send(sent)
            await self._until_rang(caller.desk, datetime.now(UTC))
            began = time.monotonic()
            manifest = await self._backup(stack, make_backup)
            backup_s = time.monotonic() - began
            for sent in later:
                await caller.send(sent)
            lost_at = datetime.now(UTC)
            await self._until_rang(caller.desk, lost_at)
            told.update(caller.told)
        self._lose()
        self.say("Database and keys are gone, and are restored …")
        began = time.monotonic()
        found = await bring_back(
            self._settings(),
            self.folder / "backup",
            self.open_desk,
            keys=self.folder / "keys",
            ids=[(sent.stream, sent.submission.id) for sent in later],
        )
        self._check_named(found, earlier, later)
        async with self._stack() as stack, self._caller(stack) as caller:
            await self._until_rang(caller.desk, datetime.now(UTC))
            rto_s = time.monotonic() - began
            await self._until_each_has_one(caller)
            await self._check_kept(caller.desk, earlier, later, told)
            await self._resend(caller, later)
            rungs = await self._check_sound(caller)
        return Drilled(
            issues=self.issues,
            before=len(earlier),
            after=len(later),
            named=found.over.found.commands,
            unnamed=found.over.found.unnamed,
            rungs=rungs,
            rpo_s=round((lost_at - manifest.created_at).total_seconds(), 2),
            rto_s=round(rto_s, 2),
            backup_s=round(backup_s, 2),
            backup_bytes=sum(file.bytes for file in manifest.files),
            restore_s=found.seconds,
            cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
            findings=tuple(self.findings),
        )

    def _settings(self) -> "Settings":
        """Nothing of the user's: neither keys nor channels, and no ledger but the drill's own."""
        from runtime.settings import Settings

        data = self.folder / "data"
        away = ("owner_database_url", "reader_database_url", "channels", "payload_keys")
        return Settings.load(
            data_dir=data,
            database_url=None,
            handbook_dir=self.folder / "handbooks",
            keys_dir=data / "keys",
            face_key=None,
            log_key=data / "keys" / "log.pem",
            anchor_dir=data / "anchors",
            actors="unsigned",
            wakeup_spread_ms=0,
            link_secret=None,
            api_address="off",
            **dict.fromkeys(away),
        )

    @asynccontextmanager
    async def _stack(self, *, migrated: bool = False) -> "AsyncIterator[EmbeddedStack]":
        """Run both servers, a worker and a relay."""
        from desk.log_opening import ensure_key
        from ledger.migrate import migrate
        from runtime.processes import Child
        from runtime.stack import EmbeddedStack
        from runtime.surroundings import surroundings

        settings = self._settings()
        async with EmbeddedStack(settings) as stack:
            if migrated:
                await migrate(stack.postgres.owner_url, superuser_url=stack.postgres.admin_url)
                ensure_key(self.folder / "data" / "keys" / "log.pem", settings.log_origin)
            ours = {
                "CLOSEOUT_HANDBOOK_DIR": str(settings.handbook_dir),
                "CLOSEOUT_KEYS_DIR": str(settings.keys_dir),
                "CLOSEOUT_WAKEUP_SPREAD_MS": "0",
            }
            children = []
            try:
                for program in self.programs:
                    child = Child(program.name)
                    children.append(child)
                    await child.spawn(
                        program.argv,
                        env={**surroundings(), **stack.environment, **ours},
                        death_signal=signal.SIGKILL,
                        log=self.folder / f"{program.name}.log",
                    )
                yield stack
            finally:
                await asyncio.gather(*(child.stop(STOP) for child in children))

    @asynccontextmanager
    async def _caller(self, stack: "EmbeddedStack") -> "AsyncIterator[Caller]":
        from pydantic import SecretStr
        from temporalio.contrib.pydantic import pydantic_data_converter

        from runtime.temporal import connect
        from terminal.drill_acts import Caller

        url = SecretStr(stack.postgres.app_url)
        client = await connect(
            stack.temporal.address,
            namespace=stack.temporal.namespace,
            data_converter=pydantic_data_converter,
        )
        settings = self._settings().model_copy(update={"database_url": url})
        async with self.open_desk(settings) as desk:
            yield Caller(desk, client)

    async def _backup(
        self, stack: "EmbeddedStack", make_backup: "Callable[..., Awaitable[Manifest]]"
    ) -> "Manifest":
        from pydantic import SecretStr

        from runtime.backup_files import aside
        from runtime.backup_keys import save_keys

        url = SecretStr(stack.postgres.owner_url)
        settings = self._settings().model_copy(update={"owner_database_url": url})
        manifest = await make_backup(
            settings, self.folder / "backup", bin_dir=stack.postgres.bin_dir
        )
        await aside(lambda: save_keys(settings, self.folder / "keys", manifest.created_at))
        return manifest

    def _lose(self) -> None:
        from runtime.postgres_home import RECORD_NAME, remove_home

        data = self.folder / "data"
        remove_home(data.resolve())
        shutil.rmtree(data / "postgres", ignore_errors=True)
        shutil.rmtree(data / "keys")
        if self.temporal_lost:
            shutil.rmtree(data / "temporal")
        data.joinpath(RECORD_NAME).unlink()

    def _check_named(
        self, found: "Restored", earlier: "Sequence[Sent]", later: "Sequence[Sent]"
    ) -> None:
        """Callers are told what to send again; where Temporal has histories, every command of door
        2 is named by its id, every one of door 1 as a change of its stream without one."""
        over = found.over
        if set(over.to_resend) != {f"{sent.stream} {sent.submission.id}" for sent in later}:
            self.findings.append(f"callers are to send again {over.to_resend}")
        gone = {sent.stream for sent in earlier} if self.temporal_lost else set()
        if set(over.found.lost_histories) != gone or over.found.unreadable:
            self.findings.append(f"called lost or unreadable are {over.found}")
        # One was closed out; of the others each had a run, the new ones too.
        running = len({sent.stream for sent in [*earlier, *later]}) - 1
        if over.ended != (0 if self.temporal_lost else running):
            self.findings.append(
                f"{over.ended} runs were ended before anybody acted, not {running}"
            )
        if self.temporal_lost:
            return
        ahead = {each.stream: each for each in over.found.ahead}
        for sent in later:
            there = ahead.get(sent.stream)
            named = set() if there is None else {command.id for command in there.commands}
            if sent.door != 1 and sent.submission.id not in named:
                self.findings.append(f"{sent.submission.id} is lost, and the report names it not")
        for stream, count in Counter(sent.stream for sent in later if sent.door == 1).items():
            there = ahead.get(stream)
            if there is None or len(there.unnamed) < count:
                self.findings.append(f"{stream}: {count} changes by door 1 are lost unnamed")

    async def _check_kept(
        self,
        desk: "Desk",
        earlier: "Sequence[Sent]",
        later: "Sequence[Sent]",
        told: dict[str, object],
    ) -> None:
        """What was acknowledged before the backup is there once, with that answer; nothing else."""
        for sent in earlier:
            id_ = sent.submission.id
            rows = [row for row in await desk.ledger.commands(sent.stream) if row.id == id_]
            if [_result(row.result) for row in rows] != [told[id_]]:
                self.findings.append(f"{id_} was acknowledged before the backup, and is not there")
        for sent in later:
            known = {row.id for row in await desk.ledger.commands(sent.stream)}
            if sent.submission.id in known:
                self.findings.append(f"{sent.submission.id} came after the backup, and is there")

    async def _resend(self, caller: "Caller", later: "Sequence[Sent]") -> None:
        """Callers send again what they were told was done: done once now, and a repeat after."""
        for sent in later:
            first, again = await caller.send(sent), await caller.send(sent)
            rows = [
                row
                for row in await caller.desk.ledger.commands(sent.stream)
                if row.id == sent.submission.id
            ]
            if first.repeated or len(rows) != 1 or _result(rows[0].result) != first:
                self.findings.append(f"{sent.submission.id} was sent again, and is not done once")
            if again.model_copy(update={"repeated": False}) != first:
                self.findings.append(f"{sent.submission.id} was sent twice: another answer")

    async def _check_sound(self, caller: "Caller") -> int:
        """Return how many rungs fired once all is at rest; none twice, none left out, everything
        verifies, and each open issue has one workflow."""
        from audit.reexecute import reexecute_all
        from audit.verify import verify_all
        from domain.events import HistoryLost, RungFired

        ledger = caller.desk.ledger
        await self._until_rang(caller.desk, datetime.now(UTC))

        await self._until_each_has_one(caller)
        fired: Counter[tuple[str, str, int, str]] = Counter()
        async for stream in ledger.streams():
            records = await ledger.records(stream)
            said = sum(isinstance(record.event, HistoryLost) for record in records)
            if said != (self.temporal_lost and not stream.startswith(NEW)):
                self.findings.append(f"{stream} says {said} times that a history is lost")
            for record in records:
                if isinstance(record.event, RungFired):
                    event = record.event
                    fired[stream, event.clock, event.cycle, event.rung] += 1
        self.findings += [f"{name} fired {n} times" for name, n in fired.items() if n > 1]
        for row in await ledger.overdue(datetime.now(UTC) - SLACK, 100):
            self.findings.append(f"{row.issue.stream} has a rung that is overdue")
        verified, again = await verify_all(ledger), await reexecute_all(ledger)
        self.findings += [f"verify: {each.stream} {each.message}" for each in verified.found]
        self.findings += [f"decided again: {each}" for each in again.differences]
        return fired.total()

    async def _until_each_has_one(self, caller: "Caller") -> None:
        """Wait until each open issue has one running workflow, and nothing else has one."""
        from desk.guard import RUNNING
        from domain.view import workflow_id

        async def each_has_one() -> bool:
            rows = [row.issue async for row in _open(caller.desk)]
            wanted = sorted(workflow_id(issue.zone, issue.key) for issue in rows)
            found = [run.id async for run in caller.client.list_workflows(RUNNING)]
            return wanted == sorted(found)

        await self._until("one workflow for each open issue, and no other", each_has_one)

    async def _until_rang(self, desk: "Desk", since: datetime) -> None:
        """Wait until the workflow of every open issue has rung a rung that fell due after then."""

        async def all_rang() -> bool:
            rang = {row.stream for row in await desk.ledger.firings() if row.due_at > since}
            return {row.issue.stream async for row in _open(desk)} <= rang

        await self._until("a later ring of every open issue", all_rang)

    async def _until(self, what: str, met: Callable[[], Awaitable[bool]]) -> None:
        from runtime.errors import StackError
        from runtime.processes import last_lines

        end = time.monotonic() + PATIENCE_S
        while not await met():
            if time.monotonic() > end:
                said = last_lines(self.folder / "worker.log")
                raise StackError(
                    f"The drill stands still: not within {PATIENCE_S:.0f} s: {what}. "
                    f"{'; '.join(self.findings)} The worker said: {said}"
                )
            await asyncio.sleep(LOOK_EVERY_S)


async def _open(desk: "Desk") -> "AsyncIterator[IssueRow]":
    after = ""
    while page := await desk.ledger.find(open_only=True, after=after, limit=500):
        for row in page:
            yield row
        after = page[-1].issue.stream


def _result(text: str) -> object:
    from domain.view import CommandResult

    return CommandResult.model_validate_json(text)
