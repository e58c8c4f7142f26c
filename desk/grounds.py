"""Why open issues move to other terms: a calendar was published, a plan approved, or undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from desk.desk import Desk
from domain.calendar import WorkingCalendar
from domain.commands_of_time import AdoptCalendar, AdoptHandbook
from domain.events_of_time import TermsAdopted
from domain.issue import Issue
from domain.terms import Terms
from ledger.port import CommandRow, IssueRow, LedgerError
from ledger.publications import PlanRow, PublicationRow, is_adoption_id

PUBLICATION = "publication-"
PLAN = "plan-"


@dataclass(frozen=True, slots=True)
class Page:
    """Some open issues to be moved, each once. `after` is where the next page begins, None at the
    end: a stream or a command's id, as the ground goes through them."""

    rows: Sequence[IssueRow]
    after: str | None


class Ground(Protocol):
    """What says which issues move, to which terms, and by which command."""

    @property
    def reference(self) -> str:
        """Return the name under which its commands are stored."""
        ...

    async def stands(self) -> bool:
        """Return whether nothing has been published since that takes its place.

        Looks for publications anew. Asked after the issues were read, it keeps a process that lags
        from laying an older calendar over one that an issue has by then.
        """
        ...

    async def page(self, after: str, limit: int) -> Page:
        """Return open issues that are still to be moved, from `after` on."""
        ...

    async def target(self, issue: Issue) -> Terms | None:
        """Return the terms that an issue moves to; None if it is there or is not concerned."""
        ...

    def command(self, issue: Issue, target: Terms) -> AdoptCalendar | AdoptHandbook:
        """Return the command that moves the issue."""
        ...


@dataclass(frozen=True, slots=True)
class CalendarGround:
    """A published calendar: it concerns every open issue whose terms hold another version of it."""

    desk: Desk
    publication: PublicationRow
    calendar: WorkingCalendar

    @property
    def reference(self) -> str:
        """Return the name of the publication."""
        return publication_name(self.publication)

    async def stands(self) -> bool:
        """Return whether this is the newest publication of its calendar."""
        newest = (await self.desk.shelf.publications()).get(self.calendar.id)
        return newest is not None and newest.sequence == self.publication.sequence

    async def page(self, after: str, limit: int) -> Page:
        """Return open issues with another version of the calendar."""
        named = await self.desk.ledger.open_terms()
        stale = [hash_ for hash_ in named if self._is_stale(await self.desk.shelf.version(hash_))]
        return await _open_on(self.desk, stale, after, limit)

    async def target(self, issue: Issue) -> Terms | None:
        """Return the issue's terms with this version in the place of the one that they hold."""
        terms = await self.desk.shelf.version(issue.terms)
        return terms.with_calendar(self.calendar) if self._is_stale(terms) else None

    def command(self, issue: Issue, target: Terms) -> AdoptCalendar:
        """Return the command that moves the issue."""
        return AdoptCalendar(
            terms=target.hash,
            from_terms=issue.terms,
            reference=self.reference,
            reason=self.publication.reason,
            author=self.publication.author,
        )

    def _is_stale(self, terms: Terms) -> bool:
        own = terms.calendars_by_id.get(self.calendar.id)
        return own is not None and own.hash != self.calendar.hash


@dataclass(frozen=True, slots=True)
class HandbookGround:
    """A plan: it concerns every open issue of the zone that is on another handbook.

    `goal` are the terms that were approved. Calendars published since then are kept to.
    """

    desk: Desk
    plan: PlanRow
    goal: Terms

    @property
    def reference(self) -> str:
        """Return the name of the plan."""
        return plan_name(self.plan.sequence)

    async def stands(self) -> bool:
        """Return whether the plan is the newest of its zone."""
        return await _is_newest(self.desk, self.plan)

    async def page(self, after: str, limit: int) -> Page:
        """Return open issues of the zone on another handbook."""
        named = await self.desk.ledger.open_terms(self.plan.zone)
        stale = [hash_ for hash_ in named if self._is_stale(await self.desk.shelf.version(hash_))]
        return await _open_on(self.desk, stale, after, limit)

    async def target(self, issue: Issue) -> Terms | None:
        """Return the approved terms with the calendars published by now."""
        if not self._is_stale(await self.desk.shelf.version(issue.terms)):
            return None
        return await self.desk.shelf.with_published(self.goal)

    def command(self, issue: Issue, target: Terms) -> AdoptHandbook:
        """Return the command that moves the issue."""
        return _by_plan(self.plan, self.reference, issue, target, undo=False)

    def _is_stale(self, terms: Terms) -> bool:
        return terms.handbook.hash != self.goal.handbook.hash


@dataclass(frozen=True, slots=True)
class UndoGround:
    """A plan that takes an earlier one back: it concerns exactly the issues that were moved by it,
    are open and still on its handbook. `goal` are the terms of the plan to be undone."""

    desk: Desk
    plan: PlanRow
    goal: Terms

    @property
    def reference(self) -> str:
        """Return the name of the plan that undoes."""
        return plan_name(self.plan.sequence)

    @property
    def undone(self) -> str:
        """Return the name of the plan that is undone."""
        return f"{PLAN}{self.plan.undoes}"

    async def stands(self) -> bool:
        """Return whether the plan is the newest of its zone."""
        return await _is_newest(self.desk, self.plan)

    async def page(self, after: str, limit: int) -> Page:
        """Return open issues that the earlier plan moved and that are still on its handbook."""
        moved = await self.desk.ledger.adoptions(self.undone, after=after, limit=limit)
        rows = []
        for stream in dict.fromkeys(command.stream for command in moved):
            row = await self.desk.ledger.issue(stream)
            if row is not None and row.issue.is_open and await self._is_there(row.issue):
                rows.append(row)
        return Page(rows, moved[-1].id if len(moved) == limit else None)

    async def target(self, issue: Issue) -> Terms | None:
        """Return the handbook that the issue came from, with the calendars that it counts by now:
        what was published since the plan is not undone with it."""
        if not await self._is_there(issue):
            return None
        came_from = await self._came_from(issue)
        if came_from is None:
            return None
        for calendar in (await self.desk.shelf.version(issue.terms)).calendars_by_id.values():
            came_from = came_from.with_calendar(calendar)
        return came_from

    def command(self, issue: Issue, target: Terms) -> AdoptHandbook:
        """Return the command that moves the issue back."""
        return _by_plan(self.plan, self.reference, issue, target, undo=True)

    async def _is_there(self, issue: Issue) -> bool:
        terms = await self.desk.shelf.version(issue.terms)
        return terms.handbook.hash == self.goal.handbook.hash

    async def _came_from(self, issue: Issue) -> Terms | None:
        """Return the terms that the plan took the issue from, the last time that it did."""
        for row in reversed(await self.desk.ledger.commands(issue.stream)):
            if not is_adoption_id(row.id, self.undone, issue.stream):
                continue
            if (adopted := await adoption_of(self.desk, row)) is not None:
                return await self.desk.shelf.version(adopted.from_terms)
        return None


def publication_name(publication: PublicationRow) -> str:
    """Return the reference of a publication."""
    return f"{PUBLICATION}{publication.sequence}"


def plan_name(sequence: int) -> str:
    """Return the reference of a plan."""
    return f"{PLAN}{sequence}"


async def adoption_of(desk: Desk, command: CommandRow) -> TermsAdopted | None:
    """Return the event by which a command moved its issue to other terms."""
    records = await desk.ledger.records(command.stream, after_version=command.first_version - 1)
    for record in records[: command.count]:
        event = record.event
        if isinstance(event, TermsAdopted):
            return event
    return None


async def ground_of(desk: Desk, reference: str) -> Ground:
    """Return the publication or plan that a reference names; raises LedgerError if none does."""
    if (number := _number(reference, PUBLICATION)) is not None:
        publication = await desk.ledger.publication(number)
        if publication is not None:
            calendar = await desk.shelf.calendar(publication.hash)
            return CalendarGround(desk, publication, calendar)
    elif (number := _number(reference, PLAN)) is not None:
        by_number = {plan.sequence: plan for plan in await desk.ledger.plans()}
        if number in by_number:
            return await ground_of_plan(desk, by_number[number])
    msg = f"no publication and no plan is called {reference!r}"
    raise LedgerError(msg)


async def ground_of_plan(desk: Desk, plan: PlanRow) -> HandbookGround | UndoGround:
    """Return a plan with the terms that it leads to, or from which it leads back."""
    if plan.undoes is None:
        return HandbookGround(desk, plan, await _goal(desk, plan))
    undone = next(each for each in await desk.ledger.plans() if each.sequence == plan.undoes)
    return UndoGround(desk, plan, await _goal(desk, undone))


async def _goal(desk: Desk, plan: PlanRow) -> Terms:
    if plan.to_terms is None:
        msg = f"{plan_name(plan.sequence)} leads to no terms of its own"
        raise LedgerError(msg)
    return await desk.shelf.version(plan.to_terms)


async def _is_newest(desk: Desk, plan: PlanRow) -> bool:
    await desk.shelf.refresh()
    return (await desk.ledger.plans(plan.zone))[-1].sequence == plan.sequence


async def _open_on(desk: Desk, terms: Sequence[str], after: str, limit: int) -> Page:
    if not terms:
        return Page((), None)
    rows = await desk.ledger.open_on(terms, after=after, limit=limit)
    return Page(rows, rows[-1].issue.stream if len(rows) == limit else None)


def _by_plan(
    plan: PlanRow, reference: str, issue: Issue, target: Terms, *, undo: bool
) -> AdoptHandbook:
    return AdoptHandbook(
        terms=target.hash,
        from_terms=issue.terms,
        reference=reference,
        reason=plan.reason,
        author=plan.author,
        approver=plan.approver,
        undo=undo,
    )


def _number(reference: str, prefix: str) -> int | None:
    digits = reference.removeprefix(prefix)
    return int(digits) if digits != reference and digits.isdecimal() else None
