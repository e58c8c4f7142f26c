"""A human owner at every instant (I8, R5.1, R5.3): every enterprise's ladder, at every level,
through every duty roster and every dated change, entered as the engine enters it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from domain.handbook import Audience, Enterprise, Handbook, OnEmpty, Post, Role
from domain.ladder import Entry, enter
from domain.organization import (
    chain_posts,
    holders,
    post,
    posts_of_role,
    posts_of_unit,
    roster_name,
    tier_at,
)
from domain.problem import Problem
from domain.proof_times import days_of, ever_on_duty, instants_of

HELD = "level_held"
"""The event by which somebody is told that nobody is there."""
ALARMED = {Audience.COORDINATOR: Role.COORDINATOR, Audience.SUPERVISOR: Role.SUPERVISOR}


@dataclass(frozen=True, slots=True)
class Owned:
    """What a look at every ladder came to: how many entries were tried, and what was wrong."""

    entries: int
    problems: tuple[Problem, ...]


def alike(handbook: Handbook) -> tuple[Enterprise, ...]:
    """Return one enterprise of each ladder: those of one grid with the same sponsors share one."""
    first: dict[tuple[str, tuple[str, ...]], Enterprise] = {}
    for each in handbook.enterprises:
        first.setdefault((each.grid, each.sponsors), each)
    return tuple(first.values())


def ladder_posts(handbook: Handbook, enterprise: str) -> tuple[Post, ...]:
    """Return every post that can come to own an issue of an enterprise."""
    found: dict[str, Post] = {}
    for tier in handbook.tiers:
        named = chain_posts(handbook, enterprise, tier.level)
        unit = () if tier.fallback is None else posts_of_unit(handbook, tier.fallback)
        found |= {each.id: each for each in (*named, *unit)}
    last = _last_resort(handbook)
    return (*found.values(), *(() if last is None else (last,)))


def _last_resort(handbook: Handbook) -> Post | None:
    named = None if handbook.ladder is None else handbook.ladder.fallback
    return None if named is None else post(handbook, named)


def owner_problems(handbook: Handbook, period: tuple[date, date]) -> Owned:
    """Enter every level of every ladder at every instant at which it can matter."""
    found: dict[tuple[str, str], Problem] = {}
    entries = 0
    for each in alike(handbook):
        for held in _always_held(handbook, each, period):
            found.setdefault((held.key, held.rule), held)
        posts = (*ladder_posts(handbook, each.id), *alarmed(handbook))
        for at in instants_of(handbook, posts, period):
            for tier in handbook.tiers:
                entries += 1
                entry = enter(handbook, each.id, tier.level, at)
                wrong = None if entry is None else _wrong(handbook, each, tier.level, at, entry)
                if wrong is not None:
                    found.setdefault((wrong.key, wrong.rule), wrong)
    return Owned(entries, (*found.values(), *_unstaffed(handbook, period)))


def _always_held(
    handbook: Handbook, of: Enterprise, period: tuple[date, date]
) -> Iterator[Problem]:
    """A level that holds what comes waits for somebody to come on duty: somebody must."""
    for tier in handbook.tiers:
        posts = chain_posts(handbook, of.id, tier.level)
        held = tier.on_empty is OnEmpty.HOLD_AND_ALARM
        if held and not ever_on_duty(handbook, posts, period):
            yield Problem(
                key=f"tiers.{tier.id}.on_empty",
                rule="R5.3",
                message="a level holds what comes until somebody is on duty, and nobody ever is",
                counter_example=f"an issue of enterprise {of.id} comes to tier {tier.level} → "
                + _never(posts, period),
            )


def _never(posts: Iterable[Post], period: tuple[date, date]) -> str:
    named = ", ".join(held.id for held in posts)
    return f"{named}: nobody is on duty at any instant from {period[0]} to {period[1]}"


def _wrong(
    handbook: Handbook, of: Enterprise, tier: int, at: datetime, entry: Entry
) -> Problem | None:
    reached = tier_at(handbook, entry.tier)
    if entry.people and not entry.held:
        return None
    path = told_entry(handbook, of, tier, at, entry)
    if entry.held and reached.on_empty is OnEmpty.HOLD_AND_ALARM:
        if any(holders(each, at.date()) for each in alarmed(handbook)):
            return None
        return Problem(
            key=f"tiers.{reached.id}.on_empty",
            rule="R5.3",
            message="an empty level holds the issue, and no coordinator or supervisor with a "
            f"person is told of it: no notice on {HELD} reaches one",
            counter_example=path,
        )
    return Problem(
        key=f"posts.{entry.post.id}",
        rule="I8",
        message="an issue comes to a post with nobody in it, and is passed on to nobody",
        counter_example=path,
    )


def alarmed(handbook: Handbook) -> tuple[Post, ...]:
    """Return the posts that are told of a level that holds an issue."""
    plain = [rule for rule in handbook.notices if rule.on == HELD]
    audiences = [each for rule in plain if not (rule.effects or rule.clocks) for each in rule.to]
    roles = [ALARMED[each] for each in audiences if each in ALARMED]
    return tuple(p for role in roles for p in posts_of_role(handbook, role)[:1])


def told_entry(handbook: Handbook, of: Enterprise, tier: int, at: datetime, entry: Entry) -> str:
    """Return in words how an issue finds its way through the levels."""
    steps = [f"an issue of enterprise {of.id} comes to tier {tier} on {at:%A %Y-%m-%d %H:%M}"]
    for by in entry.passed:
        named = f"tier {by.tier} {by.post.id}"
        steps.append(f"{named}: {_nobody(by.reason, by.roster)}, passed on")
    reason = "vacant" if not holders(entry.post, at.date()) else "off_duty"
    last = (
        f"tier {entry.tier} {entry.post.id}: {_nobody(reason, roster_name(handbook, entry.post))}"
    )
    return " → ".join([*steps, last + (", held" if entry.held else "")])


def _nobody(reason: str, roster: str | None) -> str:
    return "nobody holds it" if reason == "vacant" else f"nobody on duty by roster {roster}"


def _unstaffed(handbook: Handbook, period: tuple[date, date]) -> Iterator[Problem]:
    """Name what an empty level falls back on and where nobody is either."""
    for tier in handbook.tiers:
        if tier.fallback is not None:
            posts = posts_of_unit(handbook, tier.fallback)
            key, what = f"tiers.{tier.id}.fallback", f"unit {tier.fallback}"
            yield from _empty(handbook, posts, period, key, what)
    last = _last_resort(handbook)
    if last is not None:
        yield from _empty(handbook, (last,), period, "ladder.fallback", f"post {last.id}")


def _empty(
    handbook: Handbook, posts: Iterable[Post], period: tuple[date, date], key: str, what: str
) -> Iterator[Problem]:
    named = tuple(posts)
    day = next(
        (d for d in days_of(handbook, named, period) if not any(holders(p, d) for p in named)),
        None,
    )
    if day is not None:
        yield Problem(
            key=key,
            rule="R5.3",
            message=f"what an empty level falls back on is empty itself: {what}",
            counter_example=f"on {day:%A %Y-%m-%d} a level has nobody → the issue goes to {what}: "
            + (", ".join(p.id for p in named) + ": nobody holds it" if named else "no post"),
        )
    elif not ever_on_duty(handbook, named, period):
        yield Problem(
            key=key,
            rule="R5.3",
            message=f"what an empty level falls back on is never on duty: {what}",
            counter_example=f"a level has nobody → the issue goes to {what} → "
            + _never(named, period),
        )
