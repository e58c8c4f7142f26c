"""Who stands where: the escalation chain of an enterprise, the posts of a unit."""

from domain.handbook import Enterprise, Handbook, Post, Role, Unit


def enterprise(handbook: Handbook, id_: str) -> Enterprise | None:
    """Return the enterprise called `id_`."""
    return next((entry for entry in handbook.enterprises if entry.id == id_), None)


def post(handbook: Handbook, id_: str) -> Post | None:
    """Return the post called `id_`."""
    return next((entry for entry in handbook.posts if entry.id == id_), None)


def unit(handbook: Handbook, id_: str) -> Unit | None:
    """Return the unit called `id_`."""
    return next((entry for entry in handbook.units if entry.id == id_), None)


def posts_of_unit(handbook: Handbook, unit_id: str) -> tuple[Post, ...]:
    """Return the posts that act for a unit, in the handbook's order."""
    return tuple(entry for entry in handbook.posts if entry.unit == unit_id)


def posts_of_role(handbook: Handbook, role: Role) -> tuple[Post, ...]:
    """Return the posts that hold `role`, in the handbook's order."""
    return tuple(entry for entry in handbook.posts if role in entry.roles)


def chain_posts(handbook: Handbook, enterprise_id: str, tier: int) -> tuple[Post, ...]:
    """Return the posts of `tier` over an enterprise, the nearest territory first."""
    place = enterprise(handbook, enterprise_id)
    if place is None:
        return ()
    grid = next(entry for entry in handbook.grids if entry.id == place.grid)
    nearness = {grid.id: 0, grid.area: 1, handbook.zone: 2}
    over = [p for p in handbook.posts if p.tier == tier and p.covers in nearness]
    return tuple(sorted(over, key=lambda p: nearness[p.covers]))


def owner_post(handbook: Handbook, enterprise_id: str, tier: int) -> Post | None:
    """Return the one post that is accountable for an enterprise's issues at `tier`."""
    return next(iter(chain_posts(handbook, enterprise_id, tier)), None)


def post_above(handbook: Handbook, enterprise_id: str, tier: int) -> Post | None:
    """Return the accountable post one tier up, or None at the top."""
    return owner_post(handbook, enterprise_id, tier + 1) if tier < handbook.top_tier else None


def person_in(handbook: Handbook, post_id: str) -> str | None:
    """Return the first person in a post, or None while it is vacant."""
    found = post(handbook, post_id)
    return found.people[0] if found is not None and found.people else None
