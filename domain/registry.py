"""The enterprises of a handbook, narrowed by list, segment or grid."""

from collections import defaultdict

from domain.handbook import Enterprise, Handbook
from domain.model import Code, Frozen
from domain.organization import owner_post


class Registered(Frozen):
    """An enterprise with what the handbook says of it elsewhere: `lists` as `id@revision`,
    `suppliers` who deliver to it, `first_owner` the post that its issues begin with."""

    zone: Code
    enterprise: Enterprise
    area: Code
    lists: tuple[str, ...]
    suppliers: tuple[Code, ...]
    first_owner: Code | None


def registered(
    handbook: Handbook,
    *,
    listed: str | None = None,
    segment: str | None = None,
    grid: str | None = None,
) -> tuple[Registered, ...]:
    """Return the enterprises that fit all that is asked, in the handbook's order."""
    lists: defaultdict[str, list[str]] = defaultdict(list)
    suppliers: defaultdict[str, list[str]] = defaultdict(list)
    for each in handbook.lists:
        for member in each.members:
            lists[member].append(f"{each.id}@{each.revision}")
    for maker in handbook.enterprises:
        for customer in maker.supplies:
            suppliers[customer].append(maker.id)
    members = {member for each in handbook.lists if each.id == listed for member in each.members}
    areas = {each.id: each.area for each in handbook.grids}
    return tuple(
        Registered(
            zone=handbook.zone,
            enterprise=each,
            area=areas[each.grid],
            lists=tuple(lists[each.id]),
            suppliers=tuple(suppliers[each.id]),
            first_owner=None if (owner := owner_post(handbook, each.id, 1)) is None else owner.id,
        )
        for each in handbook.enterprises
        if (listed is None or each.id in members)
        and segment in (None, each.segment)
        and grid in (None, each.grid)
    )
