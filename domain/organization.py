"""Who stands where: the escalation chain of an enterprise, the posts of a unit, who is in a post.

`local` is an instant in the zone's own time: who holds a post changes at local midnight.
"""

from datetime import date, datetime, timedelta

from domain.handbook import Enterprise, Handbook, Post, Role, Roster, Shift, Tier, Unit
from domain.staffing import Delegation


def enterprise(handbook: Handbook, id_: str) -> Enterprise | None:
    """Return the enterprise called `id_`."""
    return handbook.enterprises_by_id.get(id_)


def post(handbook: Handbook, id_: str) -> Post | None:
    """Return the post called `id_`."""
    return handbook.posts_by_id.get(id_)


def unit(handbook: Handbook, id_: str) -> Unit | None:
    """Return the unit called `id_`."""
    return next((entry for entry in handbook.units if entry.id == id_), None)


def tier_at(handbook: Handbook, level: int) -> Tier:
    """Return the tier of a level."""
    return handbook.tiers[level - 1]


def posts_of_unit(handbook: Handbook, unit_id: str) -> tuple[Post, ...]:
    """Return the posts that act for a unit, in the handbook's order."""
    return tuple(entry for entry in handbook.posts if entry.unit == unit_id)


def posts_of_role(handbook: Handbook, role: Role) -> tuple[Post, ...]:
    """Return the posts that hold `role`, in the handbook's order."""
    return tuple(entry for entry in handbook.posts if role in entry.roles)


def chain_posts(handbook: Handbook, enterprise_id: str, tier: int) -> tuple[Post, ...]:
    """Return the posts of `tier` over an enterprise: its sponsors first, then the nearest territory
    before the wider."""
    place = enterprise(handbook, enterprise_id)
    if place is None:
        return ()
    grid = handbook.grids_by_id[place.grid]
    nearness = {grid.id: 0, grid.area: 1, handbook.zone: 2}
    own = [
        held
        for sponsor in place.sponsors
        if (held := post(handbook, sponsor)) is not None and held.tier == tier
    ]
    ids = {held.id for held in own}
    over = (
        held
        for where in sorted(nearness, key=nearness.__getitem__)
        for held in handbook.posts_by_place.get((tier, where), ())
        if held.id not in ids
    )
    return (*own, *over)


def owner_post(handbook: Handbook, enterprise_id: str, tier: int) -> Post | None:
    """Return the one post that is accountable for an enterprise's issues at `tier`."""
    return next(iter(chain_posts(handbook, enterprise_id, tier)), None)


def post_above(handbook: Handbook, enterprise_id: str, tier: int) -> Post | None:
    """Return the accountable post one tier up, or None at the top."""
    return owner_post(handbook, enterprise_id, tier + 1) if tier < handbook.top_tier else None


def holders(held: Post, day: date) -> tuple[str, ...]:
    """Return who is in a post on a local day: those without dates first."""
    dated = (each.person for each in held.assignments if each.covers(day))
    return tuple(dict.fromkeys((*held.people, *dated)))


def roster_of(handbook: Handbook, held: Post) -> Roster | None:
    """Return the duty roster of a post, if it has one."""
    if held.roster is None:
        return None
    return handbook.rosters_by_id.get(held.roster)


def on_duty(handbook: Handbook, held: Post, local: datetime) -> tuple[str, ...]:
    """Return who of a post's holders takes what comes at an instant: by its roster the people of
    the first shift that covers it, without one all of them."""
    there = holders(held, local.date())
    roster = roster_of(handbook, held)
    if roster is None:
        return there
    shift = next((each for each in roster.shifts if _covers(each, local)), None)
    return () if shift is None else tuple(each for each in shift.people if each in there)


def _covers(shift: Shift, local: datetime) -> bool:
    """A shift belongs to the day on which it begins, also after midnight. Times of day, HH:MM, sort
    as they are written."""
    now = f"{local:%H:%M}"
    if shift.begins < shift.ends:
        return shift.begins <= now < shift.ends and _is_on(shift, local.date())
    if shift.begins <= now and _is_on(shift, local.date()):
        return True
    return now < shift.ends and _is_on(shift, local.date() - timedelta(days=1))


def _is_on(shift: Shift, day: date) -> bool:
    return (
        (not shift.weekdays or day.isoweekday() in shift.weekdays)
        and (shift.from_on is None or shift.from_on <= day)
        and (shift.to_on is None or day <= shift.to_on)
    )


def roster_name(handbook: Handbook, held: Post) -> str | None:
    """Return which roster, in which revision, says who is on duty in a post."""
    roster = roster_of(handbook, held)
    return None if roster is None else f"{roster.id}@{roster.revision}"


def delegation(
    handbook: Handbook, held: Post, principal: str, deputy: str, command: str, day: date
) -> Delegation | None:
    """Return the delegation by which `deputy` may send `command` for `principal` in a post."""
    for each in handbook.delegations:
        same = (each.post, each.principal, each.deputy) == (held.id, principal, deputy)
        if same and each.allows(command) and each.from_on <= day <= each.to_on:
            return each
    return None
