"""The contact board (公示牌, M05): who is responsible for an enterprise at an instant."""

from collections.abc import Sequence
from datetime import date, datetime

from domain.errors import InvalidRequestError
from domain.handbook import Area, Enterprise, EnterpriseList, Grid, Handbook, Post, Role, Segment
from domain.ladder import enter
from domain.model import Code, Frozen, Name
from domain.organization import chain_posts, enterprise, holders, on_duty, post, posts_of_role


class Deputy(Frozen):
    """A person who acts for another in a post on that day; no commands named: for all."""

    person: Code
    acts_for: Code
    commands: tuple[Code, ...] = ()


class BoardPost(Frozen):
    """A post: who holds it on that day, and who of them is on duty at that instant."""

    post: Code
    name: Name
    people: tuple[Code, ...]
    on_duty: tuple[Code, ...]
    deputies: tuple[Deputy, ...] = ()


class BoardTier(Frozen):
    """A level of the enterprise's ladder.

    `accountable` owns what stands at this level. `takes` is the post that an issue entering the
    level at that instant comes to: another one where nobody is there. `held`: nobody is anywhere.
    """

    level: int
    id: Code
    name: Name
    accountable: BoardPost | None
    others: tuple[BoardPost, ...]
    takes: Code | None
    takes_at_tier: int | None
    held: bool


class Answerable(Frozen):
    """The three accountable persons (002:65): posts of the zone, and the enterprise's own."""

    administrative: BoardPost | None
    sector: BoardPost | None
    enterprise: Code | None


class Board(Frozen):
    """What stands on an enterprise's board by one handbook. `local` is in the zone's own time."""

    zone: Code
    handbook: str
    revision: int
    local: datetime
    enterprise: Enterprise
    grid: Grid
    area: Area
    segment: Segment | None
    lists: tuple[EnterpriseList, ...]
    tiers: tuple[BoardTier, ...]
    sponsors: tuple[BoardPost, ...]
    coordinators: tuple[BoardPost, ...]
    answerable: Answerable | None


def contact_board(handbook: Handbook, enterprise_id: str, local: datetime) -> Board:
    """Return an enterprise's board; raises InvalidRequestError if the handbook has it not."""
    found = enterprise(handbook, enterprise_id)
    if found is None:
        raise InvalidRequestError(
            "The zone's handbook has no such enterprise.", field="enterprise", value=enterprise_id
        )
    grid = next(each for each in handbook.grids if each.id == found.grid)
    area = next(each for each in handbook.areas if each.id == grid.area)
    over = {grid.id, area.id, handbook.zone}
    coordinators = [p for p in posts_of_role(handbook, Role.COORDINATOR) if p.covers in over]
    lists = [each for each in handbook.lists if found.id in each.members]
    return Board(
        zone=handbook.zone,
        handbook=handbook.hash,
        revision=handbook.revision,
        local=local,
        enterprise=found,
        grid=grid,
        area=area,
        segment=next((each for each in handbook.segments if each.id == found.segment), None),
        lists=tuple(each.model_copy(update={"members": ()}) for each in lists),
        tiers=tuple(_tier(handbook, found, tier.level, local) for tier in handbook.tiers),
        sponsors=_posts(handbook, [post(handbook, id_) for id_ in found.sponsors], local),
        coordinators=_posts(handbook, coordinators, local),
        answerable=_answerable(handbook, found, local),
    )


def _tier(handbook: Handbook, found: Enterprise, level: int, local: datetime) -> BoardTier:
    tier = handbook.tiers[level - 1]
    posts = _posts(handbook, chain_posts(handbook, found.id, level), local)
    entry = enter(handbook, found.id, level, local)
    return BoardTier(
        level=level,
        id=tier.id,
        name=tier.name,
        accountable=next(iter(posts), None),
        others=posts[1:],
        takes=None if entry is None else entry.post.id,
        takes_at_tier=None if entry is None else entry.tier,
        held=entry is None or entry.held,
    )


def _answerable(handbook: Handbook, found: Enterprise, local: datetime) -> Answerable | None:
    named = found.accountable
    if named is None:
        return None
    administrative, sector = (
        next(iter(_posts(handbook, [post(handbook, id_ or "")], local)), None)
        for id_ in (named.administrative, named.sector)
    )
    return Answerable(administrative=administrative, sector=sector, enterprise=named.enterprise)


def _posts(
    handbook: Handbook, posts: Sequence[Post | None], local: datetime
) -> tuple[BoardPost, ...]:
    return tuple(
        BoardPost(
            post=each.id,
            name=each.name,
            people=holders(each, local.date()),
            on_duty=on_duty(handbook, each, local),
            deputies=_deputies(handbook, each, local.date()),
        )
        for each in posts
        if each is not None
    )


def _deputies(handbook: Handbook, held: Post, day: date) -> tuple[Deputy, ...]:
    return tuple(
        Deputy(person=each.deputy, acts_for=each.principal, commands=each.commands or ())
        for each in handbook.delegations
        if each.post == held.id
        and each.from_on <= day <= each.to_on
        and each.principal in holders(held, day)
    )
