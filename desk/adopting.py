"""Moves open issues to other terms, a page at a time: each exactly once, whoever stops half way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from desk.desk import Desk
from desk.grounds import (
    Ground,
    HandbookGround,
    UndoGround,
    ground_of,
    ground_of_plan,
    publication_name,
)
from desk.moves import IssueMove, move_of
from domain.commands import Submission
from domain.decisions import Context, decide
from domain.errors import ConflictError, IssueError
from domain.evolve import evolve
from domain.issue import Issue
from domain.model import to_millisecond
from domain.people import ENGINE
from domain.terms import Terms
from ledger.port import CommandRow, LedgerError
from ledger.publications import adoption_id

log = structlog.get_logger()

PAGE = 100
AT_ONCE_MAX = 6
"""Fewer than a pool has connections: whoever reports an issue meanwhile finds one free."""
LOOKS_MAX = 4


@dataclass(frozen=True, slots=True)
class Batch:
    """What one page came to. `after` is where the next begins, None when all have been seen.

    `left` are issues that could not be moved: refused, or always changed by somebody quicker.
    """

    after: str | None
    moved: int = 0
    left: int = 0


class Adopter:
    """Carries out publications and plans at a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def batch(
        self,
        ground: Ground,
        after: str = "",
        *,
        limit: int | None = None,
        on_issue: Callable[[], None] = lambda: None,
    ) -> Batch:
        """Move one page of issues; `on_issue` is called after each. Ends a plan when it is through.

        Whatever was published since then goes on in the place of this.
        """
        plan = ground.plan if isinstance(ground, HandbookGround | UndoGround) else None
        if not await ground.stands():
            if plan is not None:
                await self._desk.ledger.end_plan(plan.sequence, self._now())
            return Batch(None)
        page = await ground.page(after, limit or PAGE)
        free = asyncio.Semaphore(AT_ONCE_MAX)

        async def one(issue: Issue) -> bool | None:
            async with free:
                moved = await self._moved(ground, issue)
                on_issue()
                return moved

        done = await _all(one(row.issue) for row in page.rows)
        if page.after is None and plan is not None:
            await self._desk.ledger.end_plan(plan.sequence, self._now())
        return Batch(page.after, moved=done.count(True), left=done.count(False))

    async def run(
        self, ground: Ground, *, on_issue: Callable[[], None] = lambda: None
    ) -> tuple[int, int]:
        """Move all that there are; return how many this call moved and how many it left."""
        after: str | None = ""
        moved = left = 0
        while after is not None:
            batch = await self.batch(ground, after, on_issue=on_issue)
            after = batch.after
            moved, left = moved + batch.moved, left + batch.left
        return moved, left

    async def preview(self, ground: Ground) -> AsyncIterator[IssueMove]:
        """Yield what would become of each issue if it were moved now. Writes nothing."""
        after: str | None = ""
        while after is not None:
            page = await ground.page(after, PAGE)
            for row in page.rows:
                target = await ground.target(row.issue)
                if target is not None:
                    yield await self._foreseen(ground, row.issue, target)
            after = page.after

    async def done(self, reference: str) -> AsyncIterator[IssueMove]:
        """Yield what a publication or plan has done so far, from the events that it caused."""
        after = ""
        while rows := await self._desk.ledger.adoptions(reference, after=after, limit=PAGE):
            for row in rows:
                yield await self._recorded(row)
            after = rows[-1].stream

    async def catch_up(self, *, limit: int) -> int:
        """Go on with what others have left unfinished: publications that some open issue has not
        seen, plans without an end. Return how many issues this moved; at most about `limit`."""
        ledger = self._desk.ledger
        newest = await self._desk.shelf.publications()
        grounds: list[Ground] = [
            await ground_of(self._desk, publication_name(row)) for row in newest.values()
        ]
        grounds += [
            await ground_of_plan(self._desk, plan) for plan in await ledger.plans(unended=True)
        ]
        moved = 0
        for ground in grounds:
            after: str | None = ""
            while after is not None and moved < limit:
                batch = await self.batch(ground, after)
                after = batch.after
                moved += batch.moved
        if newest:
            await ledger.settle_tasks()
        return moved

    async def _moved(self, ground: Ground, issue: Issue) -> bool | None:
        """Move one issue. None if there was nothing to move: it is there, closed, or gone on."""
        for _ in range(LOOKS_MAX):
            target = await ground.target(issue)
            if target is None or not issue.is_open:
                return None
            try:
                await self._desk.shelf.keep(target, self._now())
                result = await self._desk.adopt(_submission(ground, issue, target), target)
            except ConflictError:
                row = await self._desk.row(issue.zone, issue.key)
                if not await ground.stands():
                    return None
                issue = row.issue
            except IssueError as refusal:
                current = await self._desk.row(issue.zone, issue.key)
                if not current.issue.is_open:
                    return None
                log.warning("issue_not_moved", issue=issue.stream, why=str(refusal))
                return False
            else:
                return True if result.events and not result.repeated else None
        log.warning("issue_not_moved", issue=issue.stream, why="others were always quicker")
        return False

    async def _foreseen(self, ground: Ground, issue: Issue, target: Terms) -> IssueMove:
        terms = await self._desk.shelf.version(issue.terms)
        at = max(self._now(), issue.changed_at)
        submission = _submission(ground, issue, target)
        try:
            decision = decide(issue, submission, Context(at=at, terms=terms, target=target))
        except IssueError as refusal:
            return IssueMove(issue.stream, issue.number, obstacle=str(refusal))
        return move_of(issue, decision.events)

    async def _recorded(self, row: CommandRow) -> IssueMove:
        """Return what a stored command did, from the events before it and its own."""
        zone, _, key = row.stream.partition("/")
        issue: Issue | None = None
        events = []
        for record in await self._desk.ledger.records(row.stream):
            if record.version < row.first_version:
                issue = evolve(issue, record.event, zone=zone, key=key, terms=record.terms)
            elif record.version < row.first_version + row.count:
                events.append(record.event)
        if issue is None:
            msg = f"{row.stream}: {row.id} adopted terms before anything was reported"
            raise LedgerError(msg)
        return move_of(issue, events)

    def _now(self) -> datetime:
        return to_millisecond(self._desk.clock.now())


async def _all(works: Iterable[Awaitable[bool | None]]) -> list[bool | None]:
    """Let all work end before the first failure is raised."""
    done = await asyncio.gather(*works, return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return [each for each in done if not isinstance(each, BaseException)]


def _submission(ground: Ground, issue: Issue, target: Terms) -> Submission:
    return Submission(
        id=adoption_id(ground.reference, issue.stream),
        zone=issue.zone,
        key=issue.key,
        actor=ENGINE,
        command=ground.command(issue, target),
    )
