"""Makes sure that whatever is open has its workflow and no due rung stays unrung."""

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import structlog
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from desk.adopting import Adopter
from desk.changed_hands import ChangedHands
from desk.desk import Desk
from desk.errands import FAILURES_NOTED
from desk.matter_upkeep import MatterGuard
from desk.matters import MatterDesk
from desk.order_upkeep import OrderGuard
from desk.supervising import SupervisionDesk
from domain.commands import RecordHistoryLost, Submission
from domain.errors import ConflictError
from domain.issue import Issue
from domain.model import to_millisecond
from domain.people import ENGINE
from domain.view import WORKFLOW_TYPE, Rounds, workflow_id
from ledger.port import IssueRow

log = structlog.get_logger()

SLACK = timedelta(seconds=30)
PAGE = 500
RUNNING = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'"
OPEN = f"{RUNNING} AND IssuePhase != 'closed'"
UNTOLD_MAX = 100
ADOPTED_MAX = 1000
"""Issues that one round looks at because a calendar published or a plan approved missed them."""
EVERY_MINUTES = 10


class Guard:
    """Finds open issues whose workflow is gone or deaf and has the relay start them again.

    `on_round` is told what each round found.
    """

    def __init__(
        self, desk: Desk, client: Client, on_round: Callable[[Rounds], None] = lambda _: None
    ) -> None:
        self._desk = desk
        self._adopter = Adopter(desk)
        self._hands = ChangedHands(desk)
        self._supervision = SupervisionDesk(desk)
        self._orders = OrderGuard(self._supervision, client)
        self._matter_desk = MatterDesk(desk)
        self._matters = MatterGuard(self._matter_desk, client)
        self._client = client
        self._on_round = on_round

    async def round(self) -> Rounds:
        """Look once at everything that is open; mend what is found."""
        at = to_millisecond(self._desk.clock.now())
        overdue = await self._desk.ledger.overdue(at - SLACK, PAGE)
        open_issues = await self._desk.ledger.open_count()
        counted = await self._client.count_workflows(OPEN)
        # Counts that agree nearly settle it: one too many can hide one that is missing.
        in_full = at.minute % EVERY_MINUTES == 0
        agree = counted.count == open_issues and not in_full
        missing = [] if agree else await self._without_workflow(at - SLACK)
        mended = await self._start_again(missing, at)
        untold = await self._untold(at)
        await self._desk.ledger.mark_unanswered(
            sorted({row.issue.stream for row in overdue} | set(untold))
        )
        matters = await self._desk.ledger.open_matters_by_aggregate(at - SLACK)
        found = Rounds(
            open_issues=open_issues,
            without_workflow=mended,
            overdue=len(overdue),
            untold=len(untold),
            provisional=await self._desk.ledger.provisional_count(),
            orders=await self._orders.round(at - SLACK, in_full=in_full),
            matters=await self._matters.round(at - SLACK, in_full=in_full),
            dead_letters=sum((await self._desk.ledger.dead_letter_counts()).values()),
            held=await self._desk.ledger.held_count(),
            open_matters={aggregate: number for aggregate, (number, _) in matters.items()},
            overdue_matters=sum(overdue for _, overdue in matters.values()),
            errands=await self._desk.ledger.errand_count(),
        )
        self._on_round(found)
        if mended or overdue or untold or found.orders or found.matters:
            self._desk.on_poke()
            log.warning("guard_mended", **found.model_dump())
        failed = await self._desk.ledger.failed_errands(FAILURES_NOTED)
        if failed:
            log.warning("errands_fail", errands=failed, attempts_above=FAILURES_NOTED)
        # Last, for what is above must be mended whatever becomes of this.
        adopted = await self._adopter.catch_up(limit=ADOPTED_MAX)
        moved = await self._supervision.catch_up(limit=ADOPTED_MAX)
        others = await self._matter_desk.catch_up(limit=ADOPTED_MAX)
        if moved or others:
            self._desk.on_poke()
        if adopted or moved or others:
            log.warning("guard_caught_up", issues=adopted, orders=moved, matters=others)
        moved = await self._hands.round()
        if moved:
            log.info("posts_changed_hands", issues=moved)
        return found.model_copy(update={"adopted": adopted, "handed_over": moved})

    async def recover(self) -> int:
        """Put back the workflow of whatever is open and has none; return how many."""
        at = to_millisecond(self._desk.clock.now())
        missing = await self._without_workflow(at)
        await self._start_again(missing, at)
        await self._desk.ledger.mark_unanswered(await self._untold(at))
        others = await self._orders.recover(at) + await self._matters.recover(at)
        self._desk.on_poke()
        return len(missing) + others

    async def restart(self, reason: str) -> int:
        """End every run of what is open and start it again: the ledger holds all."""
        streams: list[str] = []
        async for row in self._open_issues():
            await self._end(row.issue, reason)
            streams.append(row.issue.stream)
        await self._desk.ledger.mark_unanswered(streams)
        others = await self._orders.restart(reason) + await self._matters.restart(reason)
        self._desk.on_poke()
        return len(streams) + others

    async def _without_workflow(self, unchanged_since: datetime) -> list[IssueRow]:
        """Return the open issues that have no running workflow.

        An issue that has changed since then is given its time: the relay may be about to start its
        workflow, and Temporal's lists lag.
        """
        running = {w.id async for w in self._client.list_workflows(RUNNING)}
        missing = []
        async for row in self._open_issues():
            issue = row.issue
            if (
                issue.changed_at <= unchanged_since
                and workflow_id(issue.zone, issue.key) not in running
            ):
                missing.append(row)
        return missing

    async def _open_issues(self) -> AsyncIterator[IssueRow]:
        after = ""
        while page := await self._desk.ledger.find(open_only=True, after=after, limit=PAGE):
            for row in page:
                yield row
            after = page[-1].issue.stream

    async def _start_again(self, missing: list[IssueRow], at: datetime) -> int:
        """Have the relay start these, a page at a time: what is done stays done if this stops.
        Return how many the relay would not have come to by itself.

        Temporal's list is older than the page by as long as it took to read: what has answered is
        asked for by its name, and what has not is left to the relay if that is yet to start it.
        """
        mended = 0
        for first in range(0, len(missing), PAGE):
            page = missing[first : first + PAGE]
            answered = [row for row in page if row.answered]
            gone = [row.issue.stream for row in answered if await self._is_gone(row.issue, at)]
            mended += await self._desk.ledger.mark_unanswered(gone)
            silent = [row.issue.stream for row in page if not row.answered]
            mended += await self._desk.ledger.mark_unanswered(silent, silent=True)
        return mended

    async def _untold(self, at: datetime) -> list[str]:
        """Return closed issues with something still to be told and no workflow to tell it."""
        return [
            stream
            for stream in await self._desk.ledger.untold(at - SLACK, UNTOLD_MAX)
            if await self._status(stream) is not WorkflowExecutionStatus.RUNNING
        ]

    async def _is_gone(self, issue: Issue, at: datetime) -> bool:
        """Return whether a workflow that had answered runs no more; say so in the ledger if it left
        not even a closed run behind."""
        status = await self._status(issue.stream)
        if status is None:
            # A guard and a recovery at once: the first to say so has said it.
            with contextlib.suppress(ConflictError):
                await self._desk.carry_out(_history_lost(issue, at))
        return status is not WorkflowExecutionStatus.RUNNING

    async def _status(self, stream: str) -> WorkflowExecutionStatus | None:
        """Return how the newest run of an issue's workflow stands; None: Temporal knows of none."""
        zone, _, key = stream.partition("/")
        try:
            found = await self._client.get_workflow_handle(workflow_id(zone, key)).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        return found.status

    async def _end(self, issue: Issue, reason: str) -> None:
        handle = self._client.get_workflow_handle(workflow_id(issue.zone, issue.key))
        try:
            await handle.terminate(reason=reason)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


def _history_lost(issue: Issue, at: datetime) -> Submission:
    return Submission(
        id=f"history-lost:{issue.stream}:{issue.version}",
        zone=issue.zone,
        key=issue.key,
        actor=ENGINE,
        command=RecordHistoryLost(run="unknown", from_at=issue.reported_at, to_at=at),
    )
