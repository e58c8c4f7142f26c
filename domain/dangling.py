"""What a handbook names and does not hold: nothing in it may point into the void."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.dangling_of_procedures import missing, of_procedures, repeated_in_procedures, twice
from domain.handbook_routines import OWN_MAILBOX
from domain.matters.dangling import of_matters, repeated_in_matters

if TYPE_CHECKING:
    from domain.handbook import Handbook

SECTIONS = (
    "areas",
    "grids",
    "units",
    "posts",
    "enterprises",
    "categories",
    "clocks",
    "routing",
    "rosters",
    "delegations",
    "segments",
    "lists",
    "teams",
    "rounds",
    "applications",
    "exclusions",
)


def repeated(handbook: "Handbook") -> list[str]:
    """Name what has the same id twice, and tiers out of order."""
    problems = []
    for what in SECTIONS:
        problems += [f"{what}: {id_!r} twice" for id_ in twice(getattr(handbook, what))]
    for clock in handbook.clocks:
        problems += [f"clock {clock.id}: rung {id_!r} twice" for id_ in twice(clock.rungs)]
        if "." in clock.id:
            problems.append(f"clock {clock.id}: the dot is kept for the clocks of parts")
    rule = handbook.supervision
    if rule is not None:
        problems += [f"instruments: {id_!r} twice" for id_ in twice(rule.instruments)]
    if rule is not None and rule.warnings is not None:
        problems += [f"grounds: {id_!r} twice" for id_ in twice(rule.warnings.grounds)]
        problems += [f"cards: {id_!r} twice" for id_ in twice(rule.warnings.cards)]
    if handbook.emergency is not None:
        stages = twice(handbook.emergency.stages)
        problems += [f"emergency: stage {id_!r} twice" for id_ in stages]
    problems += repeated_in_procedures(handbook)
    problems += repeated_in_matters(handbook)
    if [tier.level for tier in handbook.tiers] != list(range(1, len(handbook.tiers) + 1)):
        problems.append("tiers: levels must be 1, 2, 3 … in order")
    return problems


def dangling(handbook: "Handbook") -> list[str]:
    """Name every reference to what the handbook does not hold."""
    return [
        *_of_territory(handbook),
        *_of_posts(handbook),
        *_of_limits(handbook),
        *_of_rules(handbook),
        *_of_routing(handbook),
        *_of_supervision(handbook),
        *_of_routines(handbook),
        *of_procedures(handbook),
        *of_matters(handbook),
    ]


def _of_territory(handbook: "Handbook") -> Iterator[str]:
    areas = {area.id for area in handbook.areas}
    grids = {grid.id for grid in handbook.grids}
    segments = {segment.id for segment in handbook.segments}
    posts = {post.id: post for post in handbook.posts}
    enterprises = {enterprise.id for enterprise in handbook.enterprises}
    for grid in handbook.grids:
        yield from missing(f"grid {grid.id}", "area", [grid.area], areas)
    for each in handbook.enterprises:
        who = f"enterprise {each.id}"
        yield from missing(who, "grid", [each.grid], grids)
        yield from missing(who, "segment", [each.segment], segments)
        yield from missing(who, "post", each.sponsors, posts)
        yield from missing(who, "enterprise", each.supplies, enterprises)
        for sponsor in each.sponsors:
            if sponsor in posts and posts[sponsor].tier is None:
                yield f"{who}: sponsor {sponsor!r} has no tier, so it is in no chain"
        if each.accountable is not None:
            named = [each.accountable.administrative, each.accountable.sector]
            yield from missing(who, "post", named, posts)
    for listed in handbook.lists:
        yield from missing(f"list {listed.id}", "enterprise", listed.members, enterprises)


def _of_posts(handbook: "Handbook") -> Iterator[str]:
    units = {unit.id for unit in handbook.units}
    rosters = {roster.id: roster for roster in handbook.rosters}
    areas = {area.id for area in handbook.areas}
    territory = areas | {grid.id for grid in handbook.grids} | {handbook.zone}
    posts = {post.id: post for post in handbook.posts}
    for post in handbook.posts:
        if post.covers not in territory:
            yield f"post {post.id}: covers unknown {post.covers!r}"
        yield from missing(f"post {post.id}", "unit", [post.unit], units)
        yield from missing(f"post {post.id}", "roster", [post.roster], rosters)
        if post.tier is not None and post.tier > handbook.top_tier:
            yield f"post {post.id}: no tier {post.tier}"
        roster = rosters.get(post.roster or "")
        for shift in () if roster is None else roster.shifts:
            for person in sorted(set(shift.people) - set(post.holders)):
                yield f"post {post.id}: {person!r} of roster {post.roster} does not hold the post"
    for tier in handbook.tiers:
        yield from missing(f"tier {tier.id}", "unit", [tier.fallback], units)
    for each in handbook.delegations:
        yield from missing(f"delegation {each.id}", "post", [each.post], posts)
        held = posts.get(each.post)
        if held is not None and each.principal not in held.holders:
            yield f"delegation {each.id}: {each.principal!r} does not hold the post {each.post}"


def _of_limits(handbook: "Handbook") -> Iterator[str]:
    units = {unit.id for unit in handbook.units}
    clocks = {clock.id for clock in handbook.clocks}
    for category in handbook.categories:
        yield from missing(f"category {category.id}", "unit", category.units, units)
    if handbook.extensions is not None:
        yield from missing("extensions", "clock", handbook.extensions.clocks, clocks)
    if handbook.pauses.total is not None and handbook.pauses.total not in clocks:
        yield f"pauses: no clock {handbook.pauses.total!r} to count the total"


def _of_rules(handbook: "Handbook") -> Iterator[str]:
    posts = {post.id for post in handbook.posts}
    units = {unit.id for unit in handbook.units}
    clocks = {clock.id for clock in handbook.clocks}
    ladder, dispatch, parking = handbook.ladder, handbook.dispatch, handbook.parking
    if ladder is not None:
        yield from missing("ladder", "post", [ladder.fallback], posts)
    if dispatch is not None:
        yield from missing("dispatch", "clock", [dispatch.refusal, dispatch.ruling], clocks)
        yield from missing("dispatch", "post", dispatch.arbiters, posts)
        acting = {post.unit for post in handbook.posts}
        if dispatch.fallback not in acting:
            yield f"dispatch: the fallback {dispatch.fallback!r} is no unit with a post"
    if handbook.instructions is not None:
        yield from missing("instructions", "clock", handbook.instructions.clocks, clocks)
    if parking is not None:
        yield from missing("parking", "clock", [parking.review], clocks)
    for name in ("green_channel", "emergency", "parking", "instructions"):
        rule = getattr(handbook, name)
        if rule is not None and rule.from_tier > handbook.top_tier:
            yield f"{name}: no tier {rule.from_tier}"
    for team in handbook.teams:
        yield from missing(f"team {team.id}", "unit", [team.lead, *team.members], units)
        known = {category.id for category in handbook.categories}
        yield from missing(f"team {team.id}", "category", team.categories, known)


def _of_routing(handbook: "Handbook") -> Iterator[str]:
    acting = {post.unit for post in handbook.posts if post.unit is not None}
    held: dict[str, set[str] | set[int]] = {
        "categories": {entry.id for entry in handbook.categories},
        "areas": {entry.id for entry in handbook.areas},
        "grids": {entry.id for entry in handbook.grids},
        "segments": {entry.id for entry in handbook.segments},
        "lists": {entry.id for entry in handbook.lists},
        "tiers": {tier.level for tier in handbook.tiers},
    }
    for row in handbook.routing:
        for what, known in held.items():
            yield from missing(f"routing {row.id}", what, getattr(row, what), known)
        if row.unit is not None and row.unit not in acting:
            yield f"routing {row.id}: {row.unit!r} is no unit with a post"


def _of_routines(handbook: "Handbook") -> Iterator[str]:
    rule = handbook.routines
    posts = {post.id: post for post in handbook.posts}
    yield from missing("routines", "post", () if rule is None else rule.attesting, posts)
    ids = [*posts, *(each.id for each in handbook.enterprises)]
    for id_ in (each for each in ids if each.startswith(OWN_MAILBOX)):
        yield f"{id_}: {OWN_MAILBOX!r} is kept for the mailboxes of persons"


def _of_supervision(handbook: "Handbook") -> Iterator[str]:
    rule = handbook.supervision
    if rule is None:
        return
    known = {instrument.id for instrument in rule.instruments}
    clocks = {clock.id for clock in handbook.clocks}
    yield from missing("lights", "clock", rule.lights.clocks, clocks)
    for instrument in rule.instruments:
        who = f"instrument {instrument.id}"
        yield from missing(who, "instrument", [instrument.on_timeout], known)
        if instrument.from_tier is not None and instrument.from_tier > handbook.top_tier:
            yield f"{who}: no tier {instrument.from_tier}"
    if rule.warnings is not None:
        for ground in rule.warnings.grounds:
            yield from missing(f"ground {ground.id}", "instrument", ground.instruments, known)
            yield from missing(f"ground {ground.id}", "clock", ground.clocks, clocks)
        if rule.warnings.appeal_to_tier > handbook.top_tier:
            yield f"warnings: no tier {rule.warnings.appeal_to_tier}"


def uncovered(handbook: "Handbook") -> list[str]:
    """Name every grid and tier that no post covers: an issue there would have no owner."""
    held = {(post.tier, post.covers) for post in handbook.posts if post.tier is not None}
    return [
        f"grid {grid.id}: no post of tier {tier.level} covers it"
        for grid in handbook.grids
        for tier in handbook.tiers
        if not any((tier.level, place) in held for place in (grid.id, grid.area, handbook.zone))
    ]
