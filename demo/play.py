"""`closeout demo`: everything from nothing to the proofs, on a stack of its own."""

import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.upkeep import history_row
from audit.reexecute import reexecute_all
from audit.replay import cross_check, replay_histories
from demo.acts import begins_at, play_cases, play_matters, play_stories
from demo.cases import Case, read_cases
from demo.engine import Parts, archive, drain, live_histories, running
from demo.matters import MatterStory, read_matter_stories
from demo.matters_told import MatterEnded, matters_ended, table_of_matters
from demo.proofs import prove
from demo.stories import End, Story, read_stories
from demo.summary import Ended, Expected, ended, print_proofs, table_of
from demo.virtual import TimeLapse, VirtualClock, skipping
from desk.opening import open_desk
from domain.days import zone_of
from domain.phases import Phase
from ledger.migrate import migrate
from ledger.postgres import in_postgres
from runtime.errors import FolderTakenError, FolderUnusableError
from runtime.lock import holder
from runtime.postgres_home import remove_home
from runtime.settings import Settings
from runtime.stack import EmbeddedStack
from runtime.temporal import EmbeddedTemporal, connect, ensure_namespace

log = structlog.get_logger()

MARK = "closeout-demo"
ZONE_TIME = zone_of("Asia/Shanghai")


async def play_demo(settings: Settings, console: Console, parts: Parts) -> int:
    """Play both acts and check the records; 0 only if every issue and every matter ended as its
    file says and every proof holds. Earlier demo data in the same folder is removed first."""
    began = time.monotonic()
    folder = fresh_folder(settings.data_dir / "demo")
    cases, stories, beside = read_cases(), read_stories(), read_matter_stories()
    async with EmbeddedStack(settings.model_copy(update={"data_dir": folder})) as stack:
        await migrate(stack.postgres.owner_url)
        own = settings.model_copy(
            update={
                "data_dir": folder,
                "database_url": SecretStr(stack.postgres.app_url),
                "wakeup_spread_ms": 0,
            }
        )
        console.print(
            f"[bold]Closeout 销号[/]  PostgreSQL and Temporal are up "
            f"({time.monotonic() - began:.1f} s), data in {folder}"
        )
        live = await act_one(own, stack.temporal.address, parts, cases, console)
        await act_two(own, folder, parts, (stories, beside), console)
        expected = [
            *(end for case in cases for end in _case_ends(case)),
            *(_end_of(each.id, each.zone, each.key, each.expect) for each in stories),
            *(_end_of(end.key, each.zone, end.key, end) for each in beside for end in each.issues),
        ]
        sound = await close(own, parts, expected, beside, live, console)
    console.print(f"{time.monotonic() - began:.0f} s in all")
    return 0 if sound else 1


def fresh_folder(folder: Path) -> Path:
    """Return an empty data folder for the demo. Only a folder that the demo made is emptied."""
    mark = folder / MARK
    if folder.exists() and not mark.exists() and any(folder.iterdir()):
        msg = f"{folder} holds something that the demo did not make; choose another --data-dir"
        raise FolderUnusableError(msg)
    if (pid := holder(folder)) is not None:
        msg = f"{folder} is in use by process {pid}; stop it first"
        raise FolderTakenError(msg)
    if mark.exists():
        remove_home(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    mark.touch()
    return folder


async def act_one(
    settings: Settings, address: str, parts: Parts, cases: tuple[Case, ...], console: Console
) -> list[WorkflowHistory]:
    """The traced cases, on the running stack, through both doors."""
    client = await connect(address)
    await ensure_namespace(client)
    await parts.ensure_schedules(client, settings.task_queue)
    streams = [(end.zone, end.key) for case in cases for end in _case_ends(case)]
    steps = sum(len(case.steps) for case in cases)
    with _bars(console) as bars:
        bar = bars.add_task("Act 1  17 traced cases 十七个真实案例", total=steps)
        async with running(settings, client, parts) as engine:
            await play_cases(engine, cases, lambda: bars.advance(bar))
            await drain(engine, streams)
            await archive(engine, streams)
            return await live_histories(engine, streams)


async def act_two(
    settings: Settings,
    folder: Path,
    parts: Parts,
    plays: tuple[tuple[Story, ...], tuple[MatterStory, ...]],
    console: Console,
) -> None:
    """Time-lapse: the same engine and ledger, on one virtual clock that stands in January 2020:
    first the stories of issues, then those of matters."""
    stories, beside = plays
    clock = VirtualClock(begins_at(stories))
    streams = [(story.zone, story.key) for story in stories]
    streams += [stream for story in beside for stream in story.issue_streams]
    matters = [stream for story in beside for stream in story.matter_streams]
    steps = sum(len(story.steps) for story in stories) + 1
    steps += sum(len(story.steps) + 1 for story in beside)
    with _bars(console) as bars:
        bar = bars.add_task("Act 2", total=steps)

        def tell(at: datetime, done: int = 0) -> None:
            local = at.astimezone(ZONE_TIME)
            bars.update(
                bar, advance=done, description=f"Act 2  time-lapse 时间快进 {local:%Y-%m-%d %H:%M}"
            )

        async with EmbeddedTemporal(folder / "time-lapse", time_skipping=True) as temporal:
            plain = await connect(temporal.address)
            await ensure_namespace(plain)
            skipper = skipping(plain)
            async with running(settings, skipper.client, parts, clock) as engine:
                lapse = TimeLapse(engine.desk.ledger, skipper, clock)
                lapse.on_rung = tell
                await play_stories(engine, lapse, clock, stories, lambda at: tell(at, 1))
                await play_matters(engine, lapse, clock, beside, lambda at: tell(at, 1))
                await drain(engine, streams, matters)
                await archive(engine, streams, matters)


async def close(
    settings: Settings,
    parts: Parts,
    expected: list[Expected],
    beside: tuple[MatterStory, ...],
    live: list[WorkflowHistory],
    console: Console,
) -> bool:
    """Show where everything ended and check every record; whether all is as it must be."""
    with _bars(console) as bars:
        bar = bars.add_task("Proofs 核验", total=5)
        async with open_desk(settings) as desk:
            rows = [await ended(desk, end) for end in expected]
            matters = [row for story in beside for row in await matters_ended(desk, story)]
            ledger = in_postgres(desk.ledger)
            proved = await prove(ledger, settings, [f"{end.zone}/{end.key}" for end in expected])
            bars.advance(bar, 2)
            again = await reexecute_all(desk.ledger)
            bars.advance(bar)
            histories = await desk.ledger.histories()
            runs = [*histories, *(history_row(one, one.run_id, "RUNNING") for one in live)]
            replay = await replay_histories(
                runs, parts.workflows, data_converter=pydantic_data_converter
            )
            bars.advance(bar)
            rings = await cross_check(
                desk.ledger, histories, live=live, data_converter=pydantic_data_converter
            )
            bars.advance(bar)
    console.print(table_of(rows, console.width))
    console.print(
        "Act 1 plays each case without pause; what its source says of its length is in its file. "
        "What no source states is marked assumed there.",
        style="dim",
    )
    console.print(table_of_matters(matters))
    console.print(
        "Of these the sources tell what was done, and no day: the days are ours, and what is "
        "marked assumed in the file.",
        style="dim",
    )
    workflows = {run.workflow_id for run in runs}
    sound = print_proofs(console, proved, again, replay, workflows, rings)
    return _told(console, rows, matters) and sound


def _told(console: Console, rows: list[Ended], matters: list[MatterEnded]) -> bool:
    differing = [(row.id, row.differs) for row in rows] + [
        (row.key, row.differs) for row in matters
    ]
    wrong = [(id_, differs) for id_, differs in differing if differs]
    for id_, differs in wrong:
        console.print(f"[red]✗ {id_} did not end as its file says:[/] {'; '.join(differs)}")
    if not wrong:
        console.print(
            f"[green]✓[/] all {len(rows)} issues and {len(matters)} matters ended "
            "as their files say"
        )
    return not wrong


def _case_ends(case: Case) -> Iterator[Expected]:
    """Yield the end of a case, and where the issue stands that follows it up."""
    end = case.expect
    yield Expected(
        id=case.id,
        zone=case.zone,
        key=case.key,
        phase=end.phase,
        outcome=end.outcome,
        sign_off=end.sign_off,
        tier_reached=end.tier_reached,
    )
    if end.follow_up is not None:
        yield Expected(
            id=end.follow_up,
            zone=case.zone,
            key=end.follow_up,
            phase=Phase.INTAKE,
            outcome=None,
            sign_off=None,
            tier_reached=1,
        )


def _end_of(id_: str, zone: str, key: str, end: End) -> Expected:
    return Expected(
        id=id_,
        zone=zone,
        key=key,
        phase=end.phase,
        outcome=end.outcome,
        sign_off=end.sign_off,
        tier_reached=end.tier_reached,
        late_parts=end.late_parts,
        rejections=end.rejections,
    )


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
