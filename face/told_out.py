"""Who hears of the events of orders and of matters outside, and what they are told of them."""

from dataclasses import dataclass

from domain.access import Horizon
from domain.chain import Record
from domain.events_out import OutwardEvent, masked, said_of_actor
from domain.handbook import Handbook
from face.elsewhere import hidden_from
from face.matter_facts import fact_told_to, issues_named, needs_before
from face.stream_rows import StreamRows
from face.supervised import sees_order
from ledger.matters import MatterSight
from ledger.port import Ledger


@dataclass(frozen=True, slots=True)
class MattersHeard:
    """Of which matters of a zone somebody hears; `handbook` names the zone's enterprises."""

    sight: MatterSight
    handbook: Handbook


async def hears_of_order(
    ledger: Ledger, rows: StreamRows, within: Horizon | None, record: Record
) -> bool:
    """Return whether an event of a supervision order is told within somebody's sight."""
    if within is None or within.whole:
        return within is not None
    row = await rows.order(record)
    return row is not None and await sees_order(ledger, within, row.order)


async def hears_of_matter(rows: StreamRows, heard: MattersHeard | None, record: Record) -> bool:
    """Return whether an event of a matter is told within somebody's sight."""
    if heard is None or heard.sight.whole:
        return heard is not None
    row = await rows.matter(record)
    return row is not None and heard.sight.sees(row.matter)


async def matter_event_told(
    ledger: Ledger,
    rows: StreamRows,
    heard: MattersHeard,
    record: Record,
    event: OutwardEvent,
    enterprise: str,
) -> OutwardEvent | None:
    """Return an event of a matter as an enterprise is told of it: its own lines alone, as in the
    matter's timeline, and without persons; None if it says nothing of them."""
    row = await rows.matter(record)
    if row is None:
        return None
    matter, zone = row.matter, heard.sight.zone
    hidden = await hidden_from(ledger, enterprise, zone, issues_named([record]))
    before = await rows.before(record) if needs_before(record) else []
    fact = fact_told_to(record, before, matter, enterprise, heard.handbook, hidden)
    if fact is None:
        return None
    data = masked(fact.event)
    return event.model_copy(
        update={"data": data if isinstance(data, dict) else {}, "actor": said_of_actor(fact.by)}
    )
