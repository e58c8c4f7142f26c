"""From where a request looks at a matter: now or at a past instant, at what it may see."""

from dataclasses import dataclass
from datetime import datetime

from desk.desk import Desk
from desk.matter_travelling import matter_row_then
from domain.access import Principal
from domain.matters.state import Matter
from domain.sight import Sight
from face.house import House
from face.looked import noted
from face.looking import Travel, arrived, reader_for, sight_of
from face.matters import seen_matter
from ledger.matters import MatterSight


@dataclass(frozen=True, slots=True)
class MatterLook:
    """A matter that a caller may see. `whole` is how it stands, or stood; `now` how it stands: both
    say more than an enterprise is told. `sight` is None for the present, `position` is how far the
    ledger went."""

    desk: Desk
    caller: Principal
    whole: Matter
    now: Matter
    position: int
    sight: Sight | None = None

    @property
    def at(self) -> datetime | None:
        """Return the past instant that is looked at, None for now."""
        return None if self.sight is None else self.sight.at


async def look_at_matter(
    house: House, caller: Principal, within: MatterSight, key: str, travel: Travel
) -> MatterLook:
    """Return a matter from where the request looks, and have it noted if that is due. Whoever sees
    a matter now sees its past, as far as they are told of it.

    Raises NotReachedError, UnknownMatterError, InvalidRequestError.
    """
    zone, desk = within.zone, reader_for(house, caller)
    reached = await arrived(desk, travel.wait_for)
    now = (await seen_matter(desk.ledger, within, key)).matter
    sight = await sight_of(desk, travel, zone)
    if sight is None:
        own = await desk.ledger.positions(now.stream, from_version=now.version)
        whole, position = now, max([reached, *own[:1]])
    else:
        whole, position = (await matter_row_then(desk, zone, key, sight)).matter, sight.position
    asked = {"zone": zone, "matter": key, "as_of": travel.as_of, "known_at": travel.known_at}
    await noted(house, caller, "matter", asked, position)
    return MatterLook(desk, caller, whole, now, position, sight)
