"""What of supervision is in somebody's sight: orders, and what counts against whom."""

from domain.access import Horizon
from domain.errors import UnknownOrderError
from domain.issue import stream_name
from domain.orders import SupervisionOrder, order_stream
from domain.responsibility import Holder
from ledger.orders import OrderRow
from ledger.port import Ledger


async def sees_order(ledger: Ledger, within: Horizon, order: SupervisionOrder) -> bool:
    """Return whether an order is in sight: by its unit, its issuer, or an issue that it covers."""
    if within.whole or order.unit in within.units or order.issuer.post in within.posts:
        return True
    for key in order.issues:
        row = await ledger.issue(stream_name(order.zone, key))
        if row is not None and within.sees(row.issue):
            return True
    return False


async def seen_order(ledger: Ledger, within: Horizon, zone: str, key: str) -> OrderRow:
    """Return an order in sight. Of any other they learn nothing. Raises UnknownOrderError."""
    row = await ledger.order(order_stream(zone, key))
    if row is None or not await sees_order(ledger, within, row.order):
        hidden = None if row is None else row.order.stream
        raise UnknownOrderError(
            "No order was issued under this key.", field="key", value=key, stream=hidden
        )
    return row


def hears_of(holder: Holder, within: Horizon) -> bool:
    """Return whether what counts against a holder is in somebody's sight."""
    return within.whole or holder.id in within.units or holder.id in within.posts
