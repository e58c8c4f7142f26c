"""Plans by which the open issues of a zone move to its present handbook, or back again (R3.4)."""

from collections.abc import AsyncIterator
from datetime import datetime

from pydantic import ValidationError

from desk.adopting import PAGE, Adopter
from desk.desk import Desk
from desk.grounds import (
    PLAN,
    HandbookGround,
    UndoGround,
    ground_of_plan,
    plan_name,
)
from desk.moves import IssueMove
from desk.publishing import leads, oversees
from domain.commands_of_time import AdoptHandbook
from domain.days import zone_of
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError, from_validation
from domain.handbook import Handbook, Post
from domain.model import to_millisecond
from domain.people import Officer, identities_of, named
from domain.permissions import Setting, officer_post
from domain.terms import Terms
from ledger.publications import PlanRow

WHO_APPROVES = "two persons: one a coordinator or supervisor, the other in a post of the top tier"


class Planning:
    """Makes and undoes plans at a desk."""

    def __init__(self, desk: Desk, zone: str) -> None:
        self._desk = desk
        self._zone = zone

    async def foreseen(self, undo: str | None = None) -> HandbookGround | UndoGround:
        """Return the ground of a plan that could be made now, with words that stand for those to
        come; `undo` names an earlier plan. Raises IssueError."""
        terms = await self._current()
        if undo is None:
            return HandbookGround(self._desk, self._plan(to_terms=terms.hash), terms)
        undone = await self._to_undo(undo)
        return await ground_of_plan(self._desk, self._plan(undoes=undone.sequence))

    async def preview(self, undo: str | None = None) -> AsyncIterator[IssueMove]:
        """Yield what would become of each issue that the plan concerns. Writes nothing."""
        ground = await self.foreseen(undo)
        async for move in Adopter(self._desk).preview(ground):
            yield move

    async def approve(
        self, *, reason: str, author: Officer, approver: Officer, undo: str | None = None
    ) -> HandbookGround | UndoGround:
        """Keep a plan that two persons stand for; an Adopter moves the issues by what is returned.

        What an earlier plan of the zone has left to do is done first. Raises IssueError.
        """
        require_words(reason, author, approver)
        terms = await self._current()
        local = self._desk.clock.now().astimezone(zone_of(terms.calendar.time_zone))
        require_approval(author, approver, terms.handbook, local)
        for unended in await self._desk.ledger.plans(self._zone, unended=True):
            await Adopter(self._desk).run(await ground_of_plan(self._desk, unended))
        ground = await self.foreseen(undo)
        if not (await ground.page("", 1)).rows and undo is None:
            raise InvalidRequestError(
                "Every open issue of the zone is on this handbook already.",
                field="zone",
                value=self._zone,
            )
        kept = await self._desk.ledger.put_plan(
            PlanRow(
                sequence=0,
                zone=self._zone,
                from_terms=tuple(await self._desk.ledger.open_terms(self._zone)),
                to_terms=ground.plan.to_terms,
                undoes=ground.plan.undoes,
                author=named(author),
                approver=named(approver),
                reason=reason,
                at=to_millisecond(self._desk.clock.now()),
            )
        )
        return await ground_of_plan(self._desk, kept)

    async def left(self, plan: PlanRow) -> int | None:
        """Return how many open issues, of those that a plan went through, it has not moved: they
        could not follow, or it goes on. None if a later plan of the zone has taken its place."""
        if (await self._desk.ledger.plans(plan.zone))[-1].sequence != plan.sequence:
            return None
        ground = await ground_of_plan(self._desk, plan)
        until = plan.ended_at or to_millisecond(self._desk.clock.now())
        left = 0
        after: str | None = ""
        while after is not None:
            page = await ground.page(after, PAGE)
            left += sum(row.issue.reported_at <= until for row in page.rows)
            after = page.after
        return left

    async def _current(self) -> Terms:
        at = to_millisecond(self._desk.clock.now())
        await self._desk.shelf.refresh()
        return await self._desk.shelf.current(self._zone, at)

    def _plan(self, *, to_terms: str | None = None, undoes: int | None = None) -> PlanRow:
        return PlanRow(
            sequence=0,
            zone=self._zone,
            from_terms=(),
            to_terms=to_terms,
            undoes=undoes,
            author="nobody yet",
            approver="nobody yet",
            reason="none yet",
            at=to_millisecond(self._desk.clock.now()),
        )

    async def _to_undo(self, name: str) -> PlanRow:
        plans = await self._desk.ledger.plans(self._zone)
        by_name = {plan_name(plan.sequence): plan for plan in plans}
        found = by_name.get(name if name.startswith(PLAN) else f"{PLAN}{name}")
        if found is None or found.undoes is not None:
            raise InvalidRequestError(
                "No plan of this zone that could be undone is called so.",
                field="undo",
                value=name,
                allowed=[each for each, plan in by_name.items() if plan.undoes is None],
            )
        again = next((plan for plan in plans if plan.undoes == found.sequence), None)
        if again is not None:
            raise ConflictError(
                f"This plan was undone by {plan_name(again.sequence)}.", field="undo", value=name
            )
        return found


def require_approval(
    author: Officer, approver: Officer, handbook: Handbook, local: datetime
) -> None:
    """Refuse unless two different persons stand for a plan, one of those who oversee and one of
    those who lead, each in a post that is theirs at `local`, in the zone's own time."""
    setting = Setting(handbook=handbook, local=local, command="adopt_handbook")
    posts = [officer_post(each, setting) for each in (author, approver)]
    for each in (author, approver):
        if each.on_behalf_of is not None:
            raise NotPermittedError(
                "A plan is answered for in person, by nobody's deputy.",
                field="on_behalf_of",
                value=each.on_behalf_of,
                allowed=WHO_APPROVES,
            )
    if not set(identities_of(author)).isdisjoint(identities_of(approver)):
        raise NotPermittedError(
            "Nobody approves a plan of their own.",
            field="approver.person",
            value=approver.person,
            allowed=WHO_APPROVES,
        )
    first, second = posts
    if not (_pair(first, second, handbook) or _pair(second, first, handbook)):
        raise NotPermittedError(
            "These two may not move a zone to another handbook.",
            field="author.post, approver.post",
            value=f"{first.id}, {second.id}",
            allowed=WHO_APPROVES,
        )


def _pair(overseeing: Post, leading: Post, handbook: Handbook) -> bool:
    return oversees(overseeing) and leads(leading, handbook)


def require_words(reason: str, author: Officer, approver: Officer) -> None:
    """Refuse words that the events to come could not hold."""
    try:
        AdoptHandbook(
            terms="0" * 64,
            reference="none",
            reason=reason,
            author=named(author),
            approver=named(approver),
        )
    except ValidationError as error:
        raise from_validation(error) from error
