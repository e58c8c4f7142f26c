"""The past of matters as a desk shows it (I2)."""

from desk.desk import Desk
from desk.matters import MatterDesk
from domain.errors import UnknownMatterError
from domain.matters.matter import matter_stream
from domain.model import written
from domain.sight import Sight
from ledger.matter_past import matter_then
from ledger.matters import MatterRow


async def matter_row_then(desk: Desk, zone: str, key: str, sight: Sight) -> MatterRow:
    """Return a matter as it stood. Raises UnknownMatterError if it was not there."""
    row = await matter_then(desk.ledger, matter_stream(zone, key), sight)
    if row is None:
        await MatterDesk(desk).row(zone, key)
        raise UnknownMatterError(
            "It had not been opened by then.",
            field="as_of",
            value=written(sight.at),
            allowed="a later instant or position",
        )
    return row
