"""Moves open issues to other terms, a page at a time: each exactly once, whoever stops half way."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

import structlog

from desk.desk import Desk
from desk.grounds import (
    Ground,
    HandbookGround,
    UndoGround,
    ground_of,
    plan_name,
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
from ledger.port import CommandRow, LedgerError, LedgerUnavailableError
from ledger.publications import adoption_id

log = structlog.get_logger()

PAGE = 100
AT_ONCE_MAX = 6
"""Fewer than a pool has connections: whoever reports an issue meanwhile finds one free."""
LOOKS_MAX = 4
TOLD_MAX = 10_000


class Outcome(Enum):
    """What became of one issue: NOTHING if it is there already, closed, or gone on to something
    newer; LEFT if it cannot follow as it stands; FAILED if the reason is none of its own."""

    MOVED = auto()
    NOTHING = auto()
    LEFT = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one page came to. `after` is where the next begins, None when all have been seen.

    `left` are issues that cannot follow as they stand, `failed` those to be tried again.
    """

    after: str | None
    moved: int = 0
    left: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Pass:
    """How far the guard's rounds have come with one ground, and whether it met a failure."""

    after: str = ""
    failed: bool = False


class Adopter:
    """Carries out publications and plans at a desk.

    It remembers what it has warned of and how far it has come: keep one for a process.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        # By ground and issue: the version that was refused, and the terms it could not move to.
        self._told: OrderedDict[tuple[str, str], tuple[int, str] | None] = OrderedDict()
        self._passes: dict[str, Pass] = {}

    async def batch(
        self,
        ground: Ground,
        after: str = "",
        *,
        limit: int | None = None,
        on_issue: Callable[[], None] = lambda: None,
        ends: bool = True,
    ) -> Batch:
        """Move one page of issues; `on_issue` is called after each. Ends a plan when it is through,
        unless an issue failed, or not `ends`: an issue of an earlier page did.

        Whatever was published since then goes on in the place of this.
        """
        page = await ground.page(after, limit or PAGE)
        # Only now: what these issues have been moved to by then is seen.
        if not await ground.stands():
            await self._end(ground)
            return Batch(None)
        free = asyncio.Semaphore(AT_ONCE_MAX)

        async def one(issue: Issue) -> Outcome:
            async with free:
                outcome = await self._tried(ground, issue)
                on_issue()
                return outcome

        done = await _all(one(row.issue) for row in page.rows)
        batch = Batch(
            page.after,
            moved=done.count(Outcome.MOVED),
            left=done.count(Outcome.LEFT),
            failed=done.count(Outcome.FAILED),
        )
        if batch.after is None and ends and not batch.failed:
            await self._end(ground)
        return batch

    async def run(
        self, ground: Ground, *, on_issue: Callable[[], None] = lambda: None
    ) -> tuple[int, int]:
        """Move all that there are; return how many this call moved and how many it left. A plan
        of which some failed is not ended: the guard tries these again."""
        after: str | None = ""
        moved = left = failed = 0
        while after is not None:
            batch = await self.batch(ground, after, on_issue=on_issue, ends=not failed)
            after = batch.after
            moved, left = moved + batch.moved, left + batch.left
            failed += batch.failed
        return moved, left + failed

    async def preview(self, ground: Ground) -> AsyncIterator[IssueMove]:
        """Yield what would become of each issue if it were moved now. Writes nothing."""
        after: str | None = ""
        while after is not None:
            page = await ground.page(after, PAGE)
            await self._desk.shelf.refresh()
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
            after = rows[-1].id

    async def catch_up(self, *, limit: int) -> int:
        """Go on with what others have left unfinished: publications that some open issue has not
        seen, plans without an end. Return how many issues this moved.

        Each has its share of the about `limit` issues that are looked at, and the next call goes on
        where this one stopped. One that fails does not hold up the others.
        """
        ledger = self._desk.ledger
        newest = await self._desk.shelf.publications()
        references = [publication_name(row) for row in newest.values()]
        references += [plan_name(plan.sequence) for plan in await ledger.plans(unended=True)]
        share = max(PAGE, limit // max(1, len(references)))
        self._passes = {name: self._passes.get(name, Pass()) for name in references}
        moved = 0
        for reference in references:
            try:
                moved += await self._go_on(reference, share)
            except LedgerUnavailableError:
                raise
            except Exception:
                log.exception("adoption_failed", ground=reference)
                self._passes[reference] = Pass()
        if newest:
            await ledger.settle_tasks()
        return moved

    async def _go_on(self, reference: str, share: int) -> int:
        ground = await ground_of(self._desk, reference)
        after: str | None = self._passes[reference].after
        failed = self._passes[reference].failed
        moved = looked = 0
        while after is not None and looked < share:
            batch = await self.batch(ground, after, ends=not failed)
            after = batch.after
            failed = failed or batch.failed > 0
            moved += batch.moved
            looked += PAGE
        self._passes[reference] = Pass() if after is None else Pass(after, failed)
        return moved

    async def _end(self, ground: Ground) -> None:
        if isinstance(ground, HandbookGround | UndoGround):
            await self._desk.ledger.end_plan(ground.plan.sequence, self._now())

    async def _tried(self, ground: Ground, issue: Issue) -> Outcome:
        """Move one issue, and let none of its own troubles hold up the others."""
        try:
            return await self._moved(ground, issue)
        except LedgerUnavailableError:
            raise
        except Exception as error:
            if self._tell(ground, issue.stream, None):
                log.exception("issue_not_moved", issue=issue.stream, why=str(error))
            return Outcome.FAILED

    async def _moved(self, ground: Ground, issue: Issue) -> Outcome:
        for _ in range(LOOKS_MAX):
            target = await ground.target(issue)
            if target is None or not issue.is_open:
                return Outcome.NOTHING
            if self._told.get((ground.reference, issue.stream)) == (issue.version, target.hash):
                return Outcome.LEFT
            try:
                await self._desk.shelf.keep(target, self._now())
                result = await self._desk.adopt(_submission(ground, issue, target), target)
            except ConflictError:
                pass
            except IssueError as refusal:
                current = await self._desk.row(issue.zone, issue.key)
                if not current.issue.is_open:
                    return Outcome.NOTHING
                if self._tell(ground, issue.stream, (issue.version, target.hash)):
                    log.warning("issue_not_moved", issue=issue.stream, why=str(refusal))
                return Outcome.LEFT
            else:
                if not result.repeated:
                    return Outcome.MOVED if result.events else Outcome.NOTHING
            issue = (await self._desk.row(issue.zone, issue.key)).issue
            if not await ground.stands():
                return Outcome.NOTHING
        if self._tell(ground, issue.stream, None):
            log.warning("issue_not_moved", issue=issue.stream, why="others were always quicker")
        return Outcome.FAILED

    def _tell(self, ground: Ground, stream: str, refused: tuple[int, str] | None) -> bool:
        """Remember that an issue was not moved; return whether that is news."""
        key = (ground.reference, stream)
        is_news = key not in self._told
        self._told[key] = refused
        self._told.move_to_end(key)
        if len(self._told) > TOLD_MAX:
            self._told.popitem(last=False)
        return is_news

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


async def _all(works: Iterable[Awaitable[Outcome]]) -> list[Outcome]:
    """Let all work end before the first failure is raised."""
    done = await asyncio.gather(*works, return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return [each for each in done if not isinstance(each, BaseException)]


def _submission(ground: Ground, issue: Issue, target: Terms) -> Submission:
    return Submission(
        id=adoption_id(ground.reference, issue.stream, issue.terms),
        zone=issue.zone,
        key=issue.key,
        actor=ENGINE,
        command=ground.command(issue, target),
    )
