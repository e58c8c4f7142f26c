"""After a restore: what Temporal's histories know that the restored ledger does not, and the other
way round. Each difference is named; nothing is changed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from pydantic import JsonValue, ValidationError
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode

from audit.replay import stream_of, workflow_of
from audit.replay_acts import CARRY_OUT, Act, End, Told, take
from audit.replay_checks import LOOK_ACTIVITIES, RING_ACTIVITIES
from audit.replay_deliveries import TELLING
from audit.replay_stored import ended, submission_in, version_in
from domain.matters.view import MATTER_TYPE
from domain.order_view import SUPERVISION_TYPE
from domain.view import WORKFLOW_TYPE, CommandResult, RingOutcome
from ledger.port import CommandRow, IssueRow, NoticeRow

KEEPERS: Final = f"WorkflowType IN ('{WORKFLOW_TYPE}', '{SUPERVISION_TYPE}', '{MATTER_TYPE}')"
"""The workflows that keep the time of a stream each."""
RUNNING: Final = f"{KEEPERS} AND ExecutionStatus = 'Running'"
POKE: Final = "poke"
PAGE: Final = 500


class Restored(Protocol):
    """The part of a ledger that is asked."""

    async def commands(self, stream: str) -> list[CommandRow]:
        """Return the decided commands of a stream in the order in which they were decided."""
        ...

    async def notices(self, stream: str) -> list[NoticeRow]:
        """Return the notices of a stream, oldest first."""
        ...

    async def find(
        self, *, open_only: bool = False, after: str = "", limit: int = 100
    ) -> list[IssueRow]:
        """Return issues ordered by stream."""
        ...


@dataclass(frozen=True, slots=True)
class Lost:
    """A command of door 2 that was acknowledged, and that the ledger does not have. `at`: when it
    was decided, UTC; `version`: what the stream came to by it."""

    id: str
    kind: str
    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """A stream of which histories know more than the ledger.

    `head` is the ledger's version, 0 where it has no such stream; `seen` the highest that a history
    was shown. `unnamed` are the versions above `head` of which no history names the command: what
    came by door 1, and what else a ring caused. `rings` fired, and fire again when their time has
    come in the ledger; `told` are notices that were told, not by the ledger, and may be told again.
    `pending` were accepted by door 2 and not answered.
    """

    stream: str
    head: int
    seen: int
    number: str | None
    commands: tuple[Lost, ...]
    rings: tuple[str, ...]
    unnamed: tuple[int, ...]
    told: tuple[str, ...]
    pending: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """All that was found. `lost_histories` are open issues of the ledger of which Temporal knows no
    run that was open since; `unreadable` names runs, and why."""

    workflows: int
    runs: int
    ahead: tuple[Ahead, ...]
    lost_histories: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]

    @property
    def commands(self) -> int:
        """Return how many acknowledged commands are named."""
        return sum(len(each.commands) for each in self.ahead)

    @property
    def unnamed(self) -> int:
        """Return how many changes are known of which no history names the command."""
        return sum(len(each.unnamed) for each in self.ahead)


async def differences(
    ledger: Restored,
    client: Client,
    *,
    since: datetime,
    data_converter: DataConverter,
    progress: Callable[[int], None] = lambda _: None,
) -> Differences:
    """Hold the ledger against every run that is open, or was closed since the backup; `progress`
    hears how many workflows are done. The histories of one workflow at a time are held in memory.

    Raises temporalio's RPCError where Temporal does not answer.
    """
    runs: dict[str, list[str]] = {}
    for query in (RUNNING, f"{KEEPERS} AND CloseTime >= '{since.isoformat()}'"):
        async for run in client.list_workflows(query):
            of_workflow = runs.setdefault(run.id, [])
            if run.run_id not in of_workflow:
                of_workflow.append(run.run_id)
    ahead: list[Ahead] = []
    unreadable: list[tuple[str, str]] = []
    for done, (workflow, ids) in enumerate(sorted(runs.items()), start=1):
        heard = Heard(data_converter)
        for run_id in ids:
            history = await _history(client, workflow, run_id)
            if history is not None:
                problem = await heard.take(run_id, history)
                unreadable += [] if problem is None else [(run_id, problem)]
        stream = stream_of(workflow)
        kept = await ledger.commands(stream)
        found = heard.beyond(stream, kept, await ledger.notices(stream))
        ahead += [] if found is None else [found]
        progress(done)
    lost = [row.issue.stream async for row in _open(ledger) if _workflow(row) not in runs]
    total = sum(map(len, runs.values()))
    return Differences(len(runs), total, tuple(ahead), tuple(lost), tuple(unreadable))


def _workflow(row: IssueRow) -> str:
    return workflow_of(row.issue.stream)


async def _open(ledger: Restored) -> AsyncIterator[IssueRow]:
    after = ""
    while page := await ledger.find(open_only=True, after=after, limit=PAGE):
        for row in page:
            yield row
        after = page[-1].issue.stream
        await asyncio.sleep(0)


async def _history(client: Client, workflow: str, run_id: str) -> WorkflowHistory | None:
    try:
        return await client.get_workflow_handle(workflow, run_id=run_id).fetch_history()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None  # retention was quicker


@dataclass(slots=True)
class Heard:
    """What the histories of one workflow say that a ledger must have."""

    converter: DataConverter
    told: Told = field(default_factory=Told)
    pokes: list[dict[str, JsonValue]] = field(default_factory=list)

    async def take(self, run_id: str, history: WorkflowHistory) -> str | None:
        """Add what one history says; return what of it cannot be read, None if all can."""
        acts = len(self.told.acts)
        await take(self.told, run_id, history, self.converter, live=True)
        problems = [act.unreadable for act in self.told.acts[acts:] if act.unreadable is not None]
        for event in history.events:
            if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                continue
            signal = event.workflow_execution_signaled_event_attributes
            if signal.signal_name != POKE:
                continue
            try:
                values = await self.converter.decode(signal.input.payloads)
            except (ValueError, RuntimeError):
                problems.append("a poke")
                continue
            self.pokes += [value for value in values if isinstance(value, dict)]
        return f"{len(problems)} times, first {problems[0]}" if problems else None

    def beyond(
        self, stream: str, decided: Sequence[CommandRow], notices: Sequence[NoticeRow]
    ) -> Ahead | None:
        """Return what is known beyond these rows of the stream; None if nothing is."""
        head = max(map(ended, decided), default=0)
        ids = {row.id for row in decided}
        glimpses = [*self.pokes, *_glimpses(self.told.acts)]
        newest = max(glimpses, key=version_in, default={})
        rings = dict(self._rings(ids))
        commands = {each.id: (each, count) for each, count in self._commands(ids)}
        seen = max([head, version_in(newest), *(each.version for each, _ in commands.values())])
        named = set(rings.values())
        for each, count in commands.values():
            named |= set(range(each.version - count + 1, each.version + 1))
        pending = self._pending(ids | commands.keys())
        told = self._told_notices() - {row.id for row in notices if row.delivered_at is not None}
        if seen == head and not (rings or commands or pending or told):
            return None
        number = newest.get("number")
        return Ahead(
            stream=stream,
            head=head,
            seen=seen,
            number=number if isinstance(number, str) else None,
            commands=tuple(sorted((c for c, _ in commands.values()), key=lambda c: c.version)),
            rings=tuple(sorted(rings)),
            unnamed=tuple(version for version in range(head + 1, seen + 1) if version not in named),
            told=tuple(sorted(told)),
            pending=pending,
        )

    def _commands(self, ids: set[str]) -> list[tuple[Lost, int]]:
        """Return what was acknowledged, with the number of its events, and is not among `ids`."""
        found = []
        for act in self.told.acts:
            if act.name != CARRY_OUT or act.end is not End.DONE or not isinstance(act.answer, dict):
                continue
            sent = submission_in(act.sent[0] if act.sent else None)
            try:
                result = CommandResult.model_validate(act.answer.get("result"))
            except ValidationError:
                continue
            # A report sent again under another id was given the first one's answer (R10.5).
            if sent is not None and not {sent.id, result.command_id} & ids:
                lost = Lost(sent.id, sent.command.kind, result.at, result.version)
                found.append((lost, len(result.events)))
        return found

    def _rings(self, ids: set[str]) -> list[tuple[str, int]]:
        """Return the rings that fired and are not among `ids`, each with the version after it."""
        found = []
        for act in self.told.acts:
            model = RING_ACTIVITIES.get(act.name)
            answer = act.answer if isinstance(act.answer, dict) else {}
            if model is None or answer.get("outcome") != RingOutcome.FIRED or not act.sent:
                continue
            try:
                ring = model.model_validate(act.sent[0])
            except ValidationError:
                continue
            if ring.command_id not in ids:
                found.append((ring.command_id, version_in(answer.get("glimpse"))))
        return found

    def _pending(self, ids: set[str]) -> tuple[str, ...]:
        sent = [submission_in(wish.sent) for wish in self.told.wishes if wish.answer is None]
        refused = {
            each.id
            for act in self.told.acts
            if act.name == CARRY_OUT and act.end is End.FAILED and act.sent
            for each in [submission_in(act.sent[0])]
            if each is not None
        }
        wanted = {each.id for each in sent if each is not None} - ids - refused
        return tuple(sorted(wanted))

    def _told_notices(self) -> set[str]:
        """Return the notices that were told, as far as acts name them."""
        named: list[JsonValue] = []
        for act in self.told.acts:
            if act.end is End.DONE and act.name in TELLING and act.sent:
                named.append(act.sent[0])
            elif act.end is End.DONE and act.local and isinstance(act.answer, dict):
                told = act.answer.get("told")
                named += told if isinstance(told, list) else []
        return {each for each in named if isinstance(each, str)}


def _glimpses(acts: Sequence[Act]) -> list[dict[str, JsonValue]]:
    """Return what answers showed of the stream."""
    found = []
    for act in acts:
        if not isinstance(act.answer, dict):
            continue
        shown = act.answer if act.name in LOOK_ACTIVITIES else act.answer.get("glimpse")
        if isinstance(shown, dict):
            found.append(shown)
    return found
