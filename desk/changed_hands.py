"""Posts that changed hands by their dated assignments: one event for each issue they own (Q31)."""

from datetime import date

import structlog

from desk.desk import Desk
from domain.commands import Submission
from domain.commands_of_ladder import RecordHandover
from domain.days import zone_of
from domain.errors import IssueError
from domain.issue import Issue
from domain.model import to_millisecond
from domain.organization import holders, post
from domain.people import ENGINE
from domain.terms import Terms
from ledger.port import LedgerError

log = structlog.get_logger()

PAGE = 500


class ChangedHands:
    """Looks, once in each local day of a zone, whose open issues are in other hands than recorded.

    An act of the new people does not wait for it: who may act is read from the day itself.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._looked: dict[str, date] = {}

    async def round(self) -> int:
        """Record what has changed in the zones whose day has turned; return how many issues."""
        at = to_millisecond(self._desk.clock.now())
        moved = 0
        for terms in await self._desk.shelf.in_force(at):
            zone = terms.handbook.zone
            today = at.astimezone(zone_of(terms.calendar.time_zone)).date()
            if self._looked.get(zone) != today:
                moved += await self._look(zone, today)
                self._looked[zone] = today
        return moved

    async def _look(self, zone: str, today: date) -> int:
        dated = {
            hash_
            for hash_ in await self._desk.ledger.open_terms(zone)
            if _has_dates(await self._desk.shelf.version(hash_))
        }
        moved, after = 0, ""
        while dated:
            page = await self._desk.ledger.find(zone=zone, open_only=True, after=after, limit=PAGE)
            if not page:
                break
            after = page[-1].issue.stream
            for row in page:
                issue = row.issue
                if issue.terms in dated and await self._is_in_other_hands(issue, today):
                    moved += await self._record(issue, today)
        return moved

    async def _is_in_other_hands(self, issue: Issue, today: date) -> bool:
        terms = await self._desk.shelf.version(issue.terms)
        held = post(terms.handbook, issue.owner)
        if issue.level is None or held is None or held.roster is not None:
            return False
        return holders(held, today) != issue.level.people

    async def _record(self, issue: Issue, today: date) -> bool:
        sent = Submission(
            id=f"handover:{issue.stream}:{today}:{issue.version}",
            zone=issue.zone,
            key=issue.key,
            actor=ENGINE,
            command=RecordHandover(),
        )
        try:
            done = await self._desk.carry_out(sent)
        except (IssueError, LedgerError) as error:
            # One issue holds up no other: what is left is recorded when the day turns again.
            log.warning("handover_not_recorded", stream=issue.stream, error=str(error))
            return False
        return "post_handed_over" in done.events


def _has_dates(terms: Terms) -> bool:
    return any(post.assignments for post in terms.handbook.posts)
