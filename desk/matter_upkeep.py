"""What carries news of matters to their workflows, and what mends where none came."""

from pydantic import JsonValue
from temporalio.client import Client

from desk.matters import MatterDesk
from desk.stream_upkeep import Kept, StreamGuard, StreamRelay
from domain.matters.view import MATTER_TYPE, MatterGlimpse
from ledger.matters import MatterRow


class MatterRelay(StreamRelay[MatterRow, MatterGlimpse]):
    """Starts and pokes the workflows of matters that have news."""

    def __init__(self, desk: MatterDesk, client: Client, *, task_queue: str) -> None:
        super().__init__(_kept(desk), client, task_queue=task_queue)


class MatterGuard(StreamGuard[MatterRow, MatterGlimpse]):
    """Finds open matters whose workflow is gone or deaf and has a relay start them again."""

    def __init__(self, desk: MatterDesk, client: Client) -> None:
        super().__init__(_kept(desk), client)


def lean_matter(seen: MatterGlimpse) -> dict[str, JsonValue]:
    """Return what is shown as JSON without what goes without saying: it is kept in histories."""
    return seen.model_dump(mode="json", exclude_defaults=True)


def _kept(desk: MatterDesk) -> Kept[MatterRow, MatterGlimpse]:
    ledger = desk.ledger
    return Kept(
        what="matter",
        workflow_type=MATTER_TYPE,
        stream_of=lambda row: row.matter.stream,
        changed_at=lambda row: row.matter.changed_at,
        told=desk.glimpse,
        lean=lean_matter,
        with_news=lambda limit, after: ledger.matters_with_news(limit, after=after),
        open_after=lambda after, limit: desk.find(open_only=True, after=after, limit=limit),
        overdue=ledger.matters_overdue,
        untold=ledger.matters_untold,
        needing_count=ledger.waiting_matter_count,
        needs=lambda row: row.matter.next_due is not None,
        mark_heard=ledger.mark_matter_heard,
        mark_unheard=ledger.mark_matters_unheard,
    )
