"""Two independent records compared: the ledger, decided again, and the histories of its workflows,
run again by today's code. What one of them tells and the other does not is named."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from audit.facts import Facts, terms_reader
from audit.reexecute import NOTHING, SPOILT, Reexecution, in_words, reexecute
from audit.replay_acts import Told, take
from audit.replay_checks import Kept, LostSpan, StreamCheck, check_stream, is_open
from audit.replay_histories import (
    DamagedHistoryError,
    HistoryReplay,
    ReplayFailure,
    ReplayReport,
    read_apart,
    read_history,
    replay_histories,
)
from audit.replay_words import Mismatch
from domain.matters.view import matter_workflow_id
from domain.order_view import order_workflow_id
from domain.streams import StreamKind, kind_of_stream, stream_names
from domain.view import workflow_id
from ledger.port import HistoryRow, NoticeRow

__all__ = [
    "CrossCheck",
    "DamagedHistoryError",
    "LostSpan",
    "Mismatch",
    "ReplayFailure",
    "ReplayReport",
    "Replayed",
    "cross_check",
    "read_history",
    "replay_histories",
    "replay_ledger",
]

NAMED_MAX = 1_000
"""So many of each kind of finding, and issues without a workflow, are named; all are counted."""
PAGE = 500
ISSUE_PREFIX = "issue/"

Live = Callable[[str, set[str]], Awaitable[Sequence[WorkflowHistory]]]
"""Gives the histories that Temporal has of a workflow, less the runs that are archived."""


class Archive(Facts, Protocol):
    """The part of a ledger that is held against workflow histories."""

    async def notices(self, stream: str) -> list[NoticeRow]:
        """Return the notices of a stream, oldest first."""
        ...

    async def histories(self, workflow_id: str | None = None) -> list[HistoryRow]:
        """Return the archived histories, of one workflow or of all."""
        ...

    async def archived_workflows(self, after: str, limit: int) -> list[str]:
        """Return the ids of workflows with an archived history, in order, after the id `after`."""
        ...


class Checked(Facts, Protocol):
    """The part of a ledger that given histories are held against."""

    async def notices(self, stream: str) -> list[NoticeRow]:
        """Return the notices of a stream, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Ledger and histories held against each other.

    `pending`: in the ledger, and its run is not archived yet. `unnamed`: deliveries of which only
    markers without names can tell. Only `found` is found; of it, and of the streams without a
    workflow, at most NAMED_MAX are named.
    """

    rings_in_both: int = 0
    commands_in_both: int = 0
    deliveries_in_both: int = 0
    pending: int = 0
    unnamed: int = 0
    without_workflow: int = 0
    mismatches: int = 0
    found: tuple[Mismatch, ...] = ()
    lost_spans: tuple[LostSpan, ...] = ()
    streams_without_workflow: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Return whether the two records tell the same."""
        return not self.mismatches

    @property
    def only_in_ledger(self) -> tuple[str, ...]:
        """Return the commands that no history asks for."""
        return tuple(each.about for each in self.found if each.kind == "missing")

    @property
    def only_in_history(self) -> tuple[str, ...]:
        """Return the commands that were done by a history and are not in the ledger."""
        return tuple(each.about for each in self.found if each.kind in ("surplus", "foreign"))


@dataclass(slots=True)
class _Tally:
    rings: int = 0
    commands: int = 0
    deliveries: int = 0
    pending: int = 0
    unnamed: int = 0
    without: int = 0
    mismatches: int = 0
    found: list[Mismatch] = field(default_factory=list)
    lost: list[LostSpan] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add(self, check: StreamCheck) -> None:
        self.rings += check.rings
        self.commands += check.commands
        self.deliveries += check.deliveries
        self.pending += check.pending
        self.unnamed += check.unnamed
        self.mismatches += len(check.found)
        self.found += check.found[: NAMED_MAX - len(self.found)]
        self.lost += check.lost[: NAMED_MAX - len(self.lost)]
        self.without += check.without_workflow
        if check.without_workflow and len(self.names) < NAMED_MAX:
            self.names.append(check.stream)

    def total(self) -> CrossCheck:
        return CrossCheck(
            rings_in_both=self.rings,
            commands_in_both=self.commands,
            deliveries_in_both=self.deliveries,
            pending=self.pending,
            unnamed=self.unnamed,
            without_workflow=self.without,
            mismatches=self.mismatches,
            found=tuple(self.found),
            lost_spans=tuple(self.lost),
            streams_without_workflow=tuple(self.names),
        )


@dataclass(frozen=True, slots=True)
class Replayed:
    """The three answers of a replay. `archived` and `running` are histories that were read."""

    streams: int
    decided: Reexecution
    histories: ReplayReport
    checked: CrossCheck
    archived: int
    running: int

    @property
    def is_sound(self) -> bool:
        """Return whether everything came out as it is written."""
        return self.decided.is_identical and not self.histories.failures and self.checked.is_sound


async def replay_ledger(
    ledger: Archive,
    workflows: Sequence[type],
    *,
    data_converter: DataConverter = DataConverter.default,
    live: Live | None = None,
    only: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Replay one stream, or all of them and every archived history that belongs to none.

    One stream at a time is held in memory. `live` is asked for what is not archived; without it
    the runs of what is open are taken to be still to come. `progress` hears how many are done.
    """
    replay = _Replay(ledger, HistoryReplay(workflows, data_converter), data_converter, live)
    if only is not None:
        await replay.stream(only)
        return replay.total()
    async for stream in ledger.streams():
        await replay.stream(stream)
        progress(replay.streams)
    async for strays in _pages(ledger):
        for name in strays:
            stream = stream_of(name)
            if not await ledger.commands(stream):
                await replay.stray(name)
    return replay.total()


class _Replay:
    def __init__(
        self, ledger: Archive, replay: HistoryReplay, converter: DataConverter, live: Live | None
    ) -> None:
        self.streams = 0
        self._ledger = ledger
        self._replay = replay
        self._converter = converter
        self._live = live
        self._terms_of = terms_reader(ledger)
        self._tally = _Tally()
        self._decided = NOTHING
        self._replayed = self._archived = self._running = 0
        self._failures: list[ReplayFailure] = []

    async def stream(self, stream: str) -> None:
        """Take the histories first: what they tell of is in the ledger by then. Temporal is asked
        for those of what is open, and of what the archive does not tell all of."""
        workflow = workflow_of(stream)
        told = await self._read(workflow)
        check, more = await self._checked(stream, told)
        if self._live is not None and more:
            await self._ask(workflow, told)
            check, _ = await self._checked(stream, told)
        self._tally.add(check)
        decided = self._decided.plus(await reexecute(self._ledger, stream, self._terms_of))
        self._decided = replace(decided, differences=decided.differences[:NAMED_MAX])
        self.streams += 1

    async def _checked(self, stream: str, told: Told) -> tuple[StreamCheck, bool]:
        """Hold what is kept of a stream against its histories; True: Temporal may tell more."""
        try:
            kept = await kept_of(self._ledger, stream)
            check = check_stream(kept, told)
        except SPOILT as error:
            said = f"its rows cannot be read: {in_words(error)}"
            found = Mismatch("ledger", stream, "", None, None, "rows", said)
            return StreamCheck(stream, found=[found]), False
        return check, is_open(kept) or check.lacks_histories

    async def stray(self, workflow: str) -> None:
        """Take histories of something that the ledger does not have."""
        told = await self._read(workflow)
        self._tally.add(check_stream(Kept(stream_of(workflow), (), (), ()), told))

    async def _read(self, workflow: str) -> Told:
        told = Told()
        for row in await self._ledger.histories(workflow):
            told.archived.add(row.run_id)
            self._archived += 1
            try:
                history = await read_apart(row)
            except DamagedHistoryError as error:
                damaged = ReplayFailure(row.run_id, row.workflow_id, str(error))
                self._failures += [damaged][: NAMED_MAX - len(self._failures)]
                continue
            await self._take(told, row.run_id, history, live=False)
        return told

    async def _ask(self, workflow: str, told: Told) -> None:
        if self._live is None:
            return
        for history in await self._live(workflow, told.archived):
            self._running += 1
            await self._take(told, history.run_id, history, live=True)
        told.looked = True

    async def _take(self, told: Told, run_id: str, history: WorkflowHistory, *, live: bool) -> None:
        failures = await self._replay.failures(run_id, history)
        self._failures += failures[: NAMED_MAX - len(self._failures)]
        self._replayed += not failures
        await take(told, run_id, history, self._converter, live=live)

    def total(self) -> Replayed:
        return Replayed(
            streams=self.streams,
            decided=self._decided,
            histories=ReplayReport(self._replayed, tuple(self._failures)),
            checked=self._tally.total(),
            archived=self._archived,
            running=self._running,
        )


async def _pages(ledger: Archive) -> AsyncIterator[list[str]]:
    after = ""
    while page := await ledger.archived_workflows(after, PAGE):
        yield page
        after = page[-1]


async def cross_check(
    ledger: Checked,
    histories: Iterable[HistoryRow],
    *,
    live: Iterable[WorkflowHistory] = (),
    data_converter: DataConverter = DataConverter.default,
) -> CrossCheck:
    """Hold the whole ledger against these histories, both ways; for ledgers of a test's size.

    `live`: histories of runs that are not archived yet, fetched before this is called. What belongs
    to an open issue whose run was not given is pending too. Raises DamagedHistoryError.
    """
    told: dict[str, Told] = {}
    for row in histories:
        of_row = told.setdefault(row.workflow_id, Told())
        await take(of_row, row.run_id, await read_apart(row), data_converter, live=False)
    for history in live:
        of_run = told.setdefault(history.workflow_id, Told())
        await take(of_run, history.run_id, history, data_converter, live=True)
    tally = _Tally()
    async for stream in ledger.streams():
        of_stream = told.pop(workflow_of(stream), Told())
        tally.add(check_stream(await kept_of(ledger, stream), of_stream))
    for workflow, stray in told.items():
        tally.add(check_stream(Kept(stream_of(workflow), (), (), ()), stray))
    return tally.total()


async def kept_of(ledger: Checked, stream: str) -> Kept:
    """Return what the ledger keeps of a stream."""
    return Kept(
        stream,
        await ledger.records(stream),
        await ledger.commands(stream),
        await ledger.notices(stream),
    )


_WORKFLOW_IDS: Final = {
    StreamKind.ISSUE: workflow_id,
    StreamKind.ORDER: order_workflow_id,
    StreamKind.MATTER: matter_workflow_id,
}


def workflow_of(stream: str) -> str:
    """Return the id of the workflow that keeps the time of an issue, an order or a matter."""
    return _WORKFLOW_IDS[kind_of_stream(stream)](*stream_names(stream))


def stream_of(workflow: str) -> str:
    """Return the stream whose time a workflow keeps."""
    return workflow.removeprefix(ISSUE_PREFIX)
