"""What carries news of supervision orders to their workflows, and what mends where none came."""

from pydantic import JsonValue
from temporalio.client import Client

from desk.stream_upkeep import Kept, StreamGuard, StreamRelay
from desk.supervising import SupervisionDesk
from domain.order_view import SUPERVISION_TYPE, OrderGlimpse
from ledger.orders import OrderRow


class OrderRelay(StreamRelay[OrderRow, OrderGlimpse]):
    """Starts and pokes the workflows of orders that have news."""

    def __init__(self, desk: SupervisionDesk, client: Client, *, task_queue: str) -> None:
        super().__init__(_kept(desk), client, task_queue=task_queue)


class OrderGuard(StreamGuard[OrderRow, OrderGlimpse]):
    """Finds open orders whose workflow is gone or deaf and has a relay start them again."""

    def __init__(self, desk: SupervisionDesk, client: Client) -> None:
        super().__init__(_kept(desk), client)


def lean_order(seen: OrderGlimpse) -> dict[str, JsonValue]:
    """Return what is shown as JSON without what goes without saying: it is kept in histories."""
    return seen.model_dump(mode="json", exclude_defaults=True)


def _kept(desk: SupervisionDesk) -> Kept[OrderRow, OrderGlimpse]:
    ledger = desk.ledger
    return Kept(
        what="order",
        workflow_type=SUPERVISION_TYPE,
        stream_of=lambda row: row.order.stream,
        changed_at=lambda row: row.order.changed_at,
        told=desk.glimpse,
        lean=lean_order,
        with_news=lambda limit, after: ledger.orders_with_news(limit, after=after),
        open_after=lambda after, limit: desk.find(open_only=True, after=after, limit=limit),
        overdue=ledger.orders_overdue,
        untold=ledger.orders_untold,
        needing_count=ledger.open_order_count,
        needs=lambda _: True,
        mark_heard=ledger.mark_order_heard,
        mark_unheard=ledger.mark_orders_unheard,
    )
