"""What a ledger must show after a story: every promise held, counted from the facts alone."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from story_handbook import CLOCKS
from story_load import Load
from story_stack import until
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.upkeep import history_row, sweep
from audit.reexecute import reexecute_all
from audit.replay import CrossCheck, cross_check, replay_histories
from audit.verify import verify_all
from desk.guard import RUNNING
from domain.chain import Record
from domain.clocks import Move
from domain.events import RungFired
from domain.view import CommandResult, workflow_id
from ledger.port import Ledger
from worker import WORKFLOWS

ENGINE_KINDS = {"ring_rung", "record_history_lost"}
SLACK = timedelta(seconds=5)
"""A rung due within this time before the check may still be on its way."""
EVERY_RUN = "WorkflowType = 'IssueWorkflow'"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Rungs:
    """Every rung of the trial clocks that fell due, as the events of all issues tell it."""

    fired: Counter[tuple[str, str, int, str]] = field(default_factory=Counter)
    missed: list[tuple[str, str, int, str]] = field(default_factory=list)
    late_max: timedelta = timedelta(0)

    @property
    def doubled(self) -> list[tuple[str, str, int, str]]:
        """Those that fired more than once."""
        return [name for name, times in self.fired.items() if times > 1]


async def rungs_of(ledger: Ledger, now: datetime) -> Rungs:
    """Follow every clock from its start and hold what was due against what fired."""
    rungs = Rungs()
    async for stream in ledger.streams():
        _follow(stream, await ledger.records(stream), now, rungs)
    return rungs


def _follow(stream: str, records: list[Record], now: datetime, rungs: Rungs) -> None:
    pending: dict[tuple[str, int, str], datetime] = {}
    for record in records:
        event = record.event
        if isinstance(event, RungFired) and event.clock in CLOCKS:
            pending.pop((event.clock, event.cycle, event.rung), None)
            rungs.fired[stream, event.clock, event.cycle, event.rung] += 1
            rungs.late_max = max(rungs.late_max, event.at - event.due_at)
        for change in event.clocks:
            if change.clock not in CLOCKS:
                continue
            ended = {name: due_at for name, due_at in pending.items() if name[0] == change.clock}
            rungs.missed += [(stream, *name) for name, due in ended.items() if due <= event.at]
            pending = {name: due_at for name, due_at in pending.items() if name not in ended}
            if change.run is not None:
                assert change.move in (Move.START, Move.RESET)
                pending |= {(change.clock, change.cycle, r.id): r.due_at for r in change.run.rungs}
    rungs.missed += [(stream, *name) for name, due_at in pending.items() if due_at < now - SLACK]


async def until_quiet(ledger: Ledger, *, patience_s: float = 60.0) -> None:
    """Wait until no rung is overdue, nothing waits for the relay and all is told."""

    async def is_quiet() -> bool:
        overdue = await ledger.overdue(datetime.now(UTC) - SLACK / 2, 1)
        return not (overdue or await ledger.outbox_size() or await ledger.undelivered())

    await until("the engine at rest", is_quiet, patience_s=patience_s)


async def require_acknowledged_once(ledger: Ledger, load: Load) -> None:
    """Every acknowledged command is there once with the answer that was given; no other is."""
    assert load.acknowledged.keys() == load.sent.keys()
    stored: Counter[str] = Counter()
    async for stream in ledger.streams():
        # The commands first: a rung may ring between the two reads.
        decided = await ledger.commands(stream)
        caused = Counter(record.command_id for record in await ledger.records(stream))
        for row in decided:
            assert caused[row.id] == row.count, row.id
            if row.kind in ENGINE_KINDS:
                continue
            stored[row.id] += 1
            told = load.acknowledged[row.id].model_copy(update={"repeated": False})
            assert told == CommandResult.model_validate_json(row.result), row.id
    assert stored == Counter(load.acknowledged.keys())


async def require_sound(ledger: Ledger) -> None:
    """Chains, folds, commands and rungs verify, and every decision comes out again."""
    findings = await verify_all(ledger)
    assert findings.is_sound, findings.found[:5]
    again = await reexecute_all(ledger)
    assert again.is_identical, again.differences[:5]


async def require_rungs_once(ledger: Ledger) -> Rungs:
    """Every rung that was due has fired, and none twice."""
    rungs = await rungs_of(ledger, datetime.now(UTC))
    assert not rungs.missed, rungs.missed[:5]
    assert not rungs.doubled, rungs.doubled[:5]
    assert rungs.fired
    return rungs


async def require_clocks_go_on(ledger: Ledger, keys: list[str], since_at: datetime) -> None:
    """A rung of each of these issues, due after `since_at`, is rung by its workflow."""
    wanted = {f"trial/{key}" for key in keys}

    async def all_rang() -> bool:
        rang = {row.stream for row in await ledger.firings() if row.ring and row.due_at > since_at}
        return wanted <= rang

    await until("a later rung of every open issue", all_rang)


async def until_kept(ledger: Ledger, client: Client, keys: list[str]) -> None:
    """Wait until the workflow of each of these issues runs and has answered."""

    async def all_kept() -> bool:
        runs = await runs_of(client)
        rows = [await ledger.issue(f"trial/{key}") for key in keys]
        return all(row is not None and row.answered for row in rows) and all(
            runs[workflow_id("trial", key)] for key in keys
        )

    await until("a running workflow for every open issue", all_kept)


async def runs_of(client: Client, query: str = RUNNING) -> Counter[str]:
    """Count the runs of every issue's workflow; by default those that run."""
    return Counter([run.id async for run in client.list_workflows(query)])


async def require_one_run_each(client: Client, keys: list[str]) -> None:
    """Temporal knows one run for each of these issues, whether it has ended or not."""
    wanted = Counter(workflow_id("trial", key) for key in keys)

    async def all_listed() -> bool:
        return (await runs_of(client, EVERY_RUN)).keys() >= wanted.keys()

    await until("all runs in Temporal's list", all_listed)
    runs = await runs_of(client, EVERY_RUN)
    several = {id_: times for id_, times in runs.items() if id_ in wanted and times > 1}
    assert not several, several


async def require_replay(ledger: Ledger, client: Client) -> CrossCheck:
    """The histories replay, and their rings and the ledger's are the same."""
    await sweep(client, ledger, LONG_AGO)
    live = []
    async for run in client.list_workflows(RUNNING):
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        live.append((run.run_id, await handle.fetch_history()))
    archived = await ledger.histories()
    running = [history_row(history, run_id, "RUNNING") for run_id, history in live]
    report = await replay_histories(
        [*archived, *running], WORKFLOWS, data_converter=pydantic_data_converter
    )
    assert not report.failures, report.failures[:3]
    checked = await cross_check(
        ledger,
        archived,
        live=[history for _, history in live],
        data_converter=pydantic_data_converter,
    )
    assert checked.is_sound, checked
    return checked
