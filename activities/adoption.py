"""Publications and plans as a workflow carries them out: a page of issues at a time."""

from temporalio import activity

from desk.adopting import Adopter
from desk.desk import Desk
from desk.grounds import ground_of
from domain.model import Frozen
from ledger.port import LedgerError


class Leg(Frozen):
    """How far a publication or plan has come. `after` is where it goes on, None at the end."""

    after: str | None = ""
    moved: int = 0
    left: int = 0


class AdoptionActivities:
    """Moves issues to other terms, always at the desk. Again harms nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._adopter = Adopter(desk)

    @activity.defn
    async def adopt_page(self, reference: str, after: str) -> Leg:
        """Move one page of issues, from `after` on; fails if one of them is to be tried again."""
        ground = await ground_of(self._desk, reference)
        batch = await self._adopter.batch(ground, after, on_issue=activity.heartbeat)
        if batch.failed:
            msg = f"{reference}: {batch.failed} issues after {after!r} are to be tried again"
            raise LedgerError(msg)
        return Leg(after=batch.after, moved=batch.moved, left=batch.left)
