"""What carries the news of orders and of matters to their workflows, and mends where none came."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import structlog
from pydantic import JsonValue
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from desk.relay import BATCH_MAX, TIME_FOR_A_TASK, TIME_TO_SIGNAL
from ledger.port import LedgerError

log = structlog.get_logger()

PAGE = 500
UNTOLD_MAX = 100


class Told(Protocol):
    """What a workflow is told of what it keeps the time of."""

    @property
    def zone(self) -> str:
        """Return the zone."""
        ...

    @property
    def key(self) -> str:
        """Return the key in the zone."""
        ...

    @property
    def version(self) -> int:
        """Return how many facts there were."""
        ...

    @property
    def is_open(self) -> bool:
        """Return whether it still needs its workflow."""
        ...

    @property
    def notices(self) -> tuple[str, ...]:
        """Return what is to be told."""
        ...


Row = TypeVar("Row")
News = TypeVar("News", bound=Told)


@dataclass(frozen=True, slots=True)
class Kept(Generic[Row, News]):
    """One kind of stream, as far as its workflows are concerned. Its stream's name is the id of the
    workflow that keeps its time. `what` is the word for it in logs; `needs` tells whether what is
    open needs its workflow just now, `needing_count` how many do."""

    what: str
    workflow_type: str
    stream_of: Callable[[Row], str]
    changed_at: Callable[[Row], datetime]
    told: Callable[[Row], News]
    lean: Callable[[News], dict[str, JsonValue]]
    with_news: Callable[[int, str], Awaitable[list[Row]]]
    open_after: Callable[[str, int], Awaitable[list[Row]]]
    overdue: Callable[[datetime, int], Awaitable[list[Row]]]
    untold: Callable[[datetime, int], Awaitable[list[str]]]
    needing_count: Callable[[], Awaitable[int]]
    needs: Callable[[Row], bool]
    mark_heard: Callable[[str, int], Awaitable[None]]
    mark_unheard: Callable[[Sequence[str]], Awaitable[None]]

    @property
    def running(self) -> str:
        """Return the query of the workflows that run."""
        return f"WorkflowType = '{self.workflow_type}' AND ExecutionStatus = 'Running'"


class StreamRelay(Generic[Row, News]):
    """Starts and pokes the workflows of streams that have news. Any number may run: a workflow that
    hears twice of a version hears nothing new."""

    def __init__(self, kept: Kept[Row, News], client: Client, *, task_queue: str) -> None:
        self._kept = kept
        self._client = client
        self._task_queue = task_queue
        self._after = ""

    async def once(self) -> int:
        """Relay one batch; return how many heard.

        After a batch of which none heard the next one is taken, so that the first do not stand in
        the way of all others.
        """
        rows = await self._kept.with_news(BATCH_MAX, self._after)
        if self._after and not rows:
            rows = await self._kept.with_news(BATCH_MAX, "")
        heard = await asyncio.gather(*(self._tell(row) for row in rows))
        self._after = self._kept.stream_of(rows[-1]) if rows and not any(heard) else ""
        return sum(heard)

    async def _tell(self, row: Row) -> bool:
        news, stream = self._kept.told(row), self._kept.stream_of(row)
        try:
            if news.is_open or (not await self._signal(stream, news) and news.notices):
                await self._start(stream, news)
            await self._kept.mark_heard(stream, news.version)
        except (RPCError, LedgerError) as error:
            log.warning("poke_failed", **{self._kept.what: stream}, error=str(error)[:200])
            return False
        return True

    async def _signal(self, stream: str, news: News) -> bool:
        """Signal a running workflow; False if there is none."""
        handle = self._client.get_workflow_handle(stream)
        try:
            await handle.signal("poke", self._kept.lean(news), rpc_timeout=TIME_TO_SIGNAL)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _start(self, stream: str, news: News) -> None:
        """Start the workflow with its first news; one that runs already only hears the news."""
        await self._client.start_workflow(
            self._kept.workflow_type,
            {"zone": news.zone, "key": news.key},
            id=stream,
            task_queue=self._task_queue,
            start_signal="poke",
            start_signal_args=[self._kept.lean(news)],
            static_summary=stream,
            task_timeout=TIME_FOR_A_TASK,
            rpc_timeout=TIME_TO_SIGNAL,
        )


class StreamGuard(Generic[Row, News]):
    """Finds open streams whose workflow is gone or deaf and has a relay start them again."""

    def __init__(self, kept: Kept[Row, News], client: Client) -> None:
        self._kept = kept
        self._client = client

    async def round(self, before: datetime, *, in_full: bool) -> int:
        """Look for what was deaf or without a workflow `before`; return how much had to be mended.
        Unless it is done `in_full`, counts that agree are believed."""
        kept = self._kept
        late = {kept.stream_of(row) for row in await kept.overdue(before, PAGE)}
        untold = await kept.untold(before, UNTOLD_MAX)
        counted = await self._client.count_workflows(kept.running)
        if in_full or untold or counted.count != await kept.needing_count():
            running = await self._running()
            late |= set(untold) - running
            late |= {name async for name in self._open(before) if name not in running}
        if late:
            await kept.mark_unheard(sorted(late))
            log.warning(f"{kept.what}_guard_mended", **{f"{kept.what}s": len(late)})
        return len(late)

    async def recover(self, at: datetime) -> int:
        """Have whatever is open and has no workflow given one; return how many there were."""
        running = await self._running()
        missing = [name async for name in self._open(at) if name not in running]
        await self._kept.mark_unheard(missing)
        return len(missing)

    async def restart(self, reason: str) -> int:
        """End the run of whatever is open and have it started again."""
        names = [name async for name in self._open(None)]
        for name in names:
            try:
                await self._client.get_workflow_handle(name).terminate(reason=reason)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        await self._kept.mark_unheard(names)
        return len(names)

    async def _running(self) -> set[str]:
        return {run.id async for run in self._client.list_workflows(self._kept.running)}

    async def _open(self, unchanged_since: datetime | None) -> AsyncIterator[str]:
        """Yield what needs its workflow; what changed since then is given time, for lists lag."""
        after = ""
        while page := await self._kept.open_after(after, PAGE):
            for row in page:
                is_due = unchanged_since is None or self._kept.changed_at(row) <= unchanged_since
                if is_due and self._kept.needs(row):
                    yield self._kept.stream_of(row)
            after = self._kept.stream_of(page[-1])
