"""Publications and plans as a workflow carries them out: a page of issues at a time."""

from temporalio import activity

from desk.adopting import Adopter
from desk.desk import Desk
from desk.grounds import ground_of
from domain.model import Frozen


class Leg(Frozen):
    """How far a publication or plan has come. `after` is where it goes on, None at the end."""

    after: str | None = ""
    moved: int = 0
    left: int = 0


class AdoptionActivities:
    """Moves issues to other terms, always at the desk. Again harms nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @activity.defn
    async def adopt_page(self, reference: str, after: str) -> Leg:
        """Move one page of issues after stream `after`."""
        ground = await ground_of(self._desk, reference)
        batch = await Adopter(self._desk).batch(ground, after, on_issue=activity.heartbeat)
        return Leg(after=batch.after, moved=batch.moved, left=batch.left)
