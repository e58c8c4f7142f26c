"""What the workflows of supervision orders and of matters have in common: they keep the time.

Each waits for the next instant that the ledger names, rings it, has told what must be told, and
knows nothing of why.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue, ValidationError

    from domain.errors import InvalidRequestError, from_validation
    from domain.model import Code, Frozen, Key
    from domain.view import NextRung, RingOutcome

PATIENCE_MIN = timedelta(milliseconds=100)
TOLD_AT_ONCE = "told-at-once"
"""Before this change, news that came while something was told, and opened again what had waited for
nothing, was told with the next news or rung only. Runs that stood there replay as they were."""


class Opening(Frozen):
    """What the workflow of an order or of a matter is started with."""

    zone: Code
    key: Key


class Shown(Protocol):
    """What a workflow is shown of what it keeps the time of."""

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
    def at(self) -> datetime:
        """Return the desk's instant when it looked."""
        ...

    @property
    def is_open(self) -> bool:
        """Return whether it still needs its workflow."""
        ...

    @property
    def next_rung(self) -> NextRung | None:
        """Return what is due first."""
        ...

    @property
    def notices(self) -> tuple[str, ...]:
        """Return what is to be told."""
        ...

    @property
    def more_notices(self) -> bool:
        """Return whether there is more to tell than could be named."""
        ...


Seen = TypeVar("Seen", bound=Shown)


@dataclass(frozen=True, slots=True)
class Steps(Generic[Seen]):
    """The activities of one kind of workflow, and the name that its run has to have."""

    look: Callable[[Opening], Awaitable[Seen]]
    ring: Callable[[Seen, NextRung], Awaitable[tuple[RingOutcome, Seen]]]
    tell: Callable[[list[str]], Awaitable[None]]
    read: Callable[[JsonValue], Seen]
    id_of: Callable[[str, str], str]


class Timekeeper(Generic[Seen]):
    """The newest that a workflow has seen, what it waits for, and what it still has to tell."""

    def __init__(self, steps: Steps[Seen], raw: tuple[JsonValue, ...], *, what: str) -> None:
        self._steps = steps
        self._raw = raw
        self._what = what
        self.seen: Seen | None = None  # the newest that the ledger gave: highest version
        self._news = 0
        self._not_before: datetime | None = None
        self._to_tell: dict[str, None] = {}
        self._more_to_tell = False
        self._telling: dict[str, asyncio.Task[None]] = {}

    @property
    def newest(self) -> Seen:
        """Return the newest that was seen; there has to have been a look."""
        if self.seen is None:
            msg = "the workflow has not looked yet"
            raise RuntimeError(msg)
        return self.seen

    async def keep(self, opening: Opening) -> None:
        """Ring what falls due until all is over and told, or history suggests to go on anew."""
        while not await self._is_over():
            if rung := await self._next_due():
                await self._ring(rung)
            if workflow.info().is_continue_as_new_suggested():
                # What is still to be told is told by the new run: it looks first of all.
                workflow.continue_as_new(opening.model_dump(mode="json"))

    async def look(self, opening: Opening) -> None:
        """Ask the ledger how things stand."""
        self._more_to_tell = False
        self._see(await self._steps.look(opening))

    def hear(self, news: tuple[JsonValue, ...]) -> None:
        """Take in news; what cannot be read is dropped."""
        try:
            (sent,) = news
            told = self._steps.read(sent)
            self._require_id(told.zone, told.key)
            self._see(told)
        except (ValueError, TypeError, ApplicationError):
            workflow.logger.warning("a poke cannot be read")

    def opening(self) -> Opening:
        """Read what the run was started with. A malformed start ends the run, it never loops."""
        (raw,) = self._raw if len(self._raw) == 1 else (None,)
        try:
            opening = Opening.model_validate(raw)
        except ValidationError as error:
            raise _refused(from_validation(error)) from error
        self._require_id(opening.zone, opening.key)
        return opening

    async def _is_over(self) -> bool:
        """Say whether nothing is left to wait for, once whatever there is to tell is being told."""
        self._start_telling()
        if self.newest.is_open:
            return False
        heard = self._news
        await workflow.wait_condition(lambda: self._is_quiet() or self._news != heard)
        if self._news == heard:
            return True
        # News that opens it again brings notices of its own: they wait for no rung and no news.
        if self._untold() and self.newest.is_open and workflow.patched(TOLD_AT_ONCE):
            self._start_telling()
        return False

    def _see(self, told: Seen) -> None:
        """Keep the newest news; what is to be told is told even when the news itself is old."""
        self._to_tell |= dict.fromkeys(told.notices)
        self._more_to_tell = self._more_to_tell or told.more_notices
        if self.seen is None or told.version >= self.seen.version:
            if self.seen is not None and _is_another(self.seen.next_rung, told.next_rung):
                self._not_before = None
            self.seen = told
        self._news += 1

    async def _next_due(self) -> NextRung | None:
        """Sleep until the next rung is due; None when news comes first."""
        heard, rung = self._news, self.newest.next_rung
        if not self.newest.is_open:
            return None
        if rung is None:
            await workflow.wait_condition(lambda: self._news != heard)
            return None
        wait = max(rung.wake_at, self._not_before or rung.wake_at) - workflow.now()
        if wait <= timedelta(0):
            return rung
        try:
            await workflow.wait_condition(lambda: self._news != heard, timeout=wait)
        except TimeoutError:
            return rung
        return None

    async def _ring(self, rung: NextRung) -> None:
        outcome, told = await self._steps.ring(self.newest, rung)
        self._see(told)
        self._not_before = None
        left = told.next_rung
        if outcome is RingOutcome.EARLY and left and left.wake_at <= workflow.now():
            # The desk's clock is behind ours. A rung that only moved later may yet move back.
            patience = max(left.due_at - told.at, PATIENCE_MIN)
            self._not_before = workflow.now() + patience

    def _start_telling(self) -> None:
        """Start one task for what is new, each notice once: no limit ever waits for a channel."""
        if new := self._untold():
            self._telling |= dict.fromkeys(new, asyncio.create_task(self._tell(new)))

    def _untold(self) -> list[str]:
        return [notice for notice in self._to_tell if notice not in self._telling]

    async def _tell(self, notices: list[str]) -> None:
        """Tell, and ask what else there is when there was more than could be named."""
        await self._steps.tell(notices)
        if self._more_to_tell:
            await self.look(self.opening())

    def _is_quiet(self) -> bool:
        told = all(task.done() for task in self._telling.values())
        return told and not self._untold()

    def _require_id(self, zone: str, key: str) -> None:
        wanted = self._steps.id_of(zone, key)
        if workflow.info().workflow_id != wanted:
            raise _refused(
                InvalidRequestError(
                    f"The request is for another {self._what} than this workflow's.",
                    field="key",
                    value=wanted,
                    allowed=workflow.info().workflow_id,
                )
            )


def _is_another(before: NextRung | None, now: NextRung | None) -> bool:
    """Return whether the wait for one rung says nothing about the other."""
    if before is None or now is None:
        return True
    same = (before.clock, before.cycle, before.rung) == (now.clock, now.cycle, now.rung)
    return not same or now.due_at < before.due_at


def _refused(error: InvalidRequestError) -> ApplicationError:
    return ApplicationError(str(error), error.details(), type=error.code, non_retryable=True)
