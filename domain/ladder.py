"""Which post of the ladder takes an issue, and who is in it: levels with nobody are passed (R5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.events_of_ladder import PEOPLE_MAX, Emptiness, LevelEntry
from domain.handbook import Handbook, OnEmpty, Post
from domain.organization import (
    chain_posts,
    holders,
    on_duty,
    post,
    posts_of_unit,
    roster_name,
    tier_at,
)


@dataclass(frozen=True, slots=True)
class Passed:
    """A post that the issue passed by for want of anybody in it."""

    tier: int
    post: Post
    reason: Emptiness
    roster: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the issue comes to stand. `held`: nobody is there either, and somebody must be found.

    `resolved`: the handbook says who is on duty when, or what to do about an empty level, so that
    who was there is recorded with the entry (R5.2).
    """

    tier: int
    post: Post
    people: tuple[str, ...]
    roster: str | None
    passed: tuple[Passed, ...] = ()
    held: bool = False
    resolved: bool = False

    @property
    def person(self) -> str | None:
        """Return the first of the people."""
        return self.people[0] if self.people else None


def enter(handbook: Handbook, enterprise: str, tier: int, local: datetime) -> Entry | None:
    """Return who takes an issue that comes to `tier` at an instant; None if the chain has no such
    tier. No level with nobody in it swallows an issue: it goes on, to the next level, to the
    level's fallback unit, at last to the handbook's fallback post, or it is held with an alarm."""
    if not 1 <= tier <= handbook.top_tier:
        return None
    passed: list[Passed] = []
    for level in range(tier, handbook.top_tier + 1):
        posts = chain_posts(handbook, enterprise, level)
        if not posts:
            return None
        found = _at_level(handbook, posts, level, local, passed)
        if found is not None:
            return found
    return _last_resort(handbook, enterprise, local, passed)


def _at_level(
    handbook: Handbook,
    posts: tuple[Post, ...],
    level: int,
    local: datetime,
    passed: list[Passed],
) -> Entry | None:
    on_empty = tier_at(handbook, level).on_empty
    if on_empty is None:
        return _entry(handbook, posts[0], level, local, passed)
    for each in posts:
        if on_duty(handbook, each, local):
            return _entry(handbook, each, level, local, passed)
        if on_empty is not OnEmpty.HOLD_AND_ALARM or each is not posts[0]:
            passed.append(_passed(handbook, each, level, local))
    if on_empty is OnEmpty.HOLD_AND_ALARM:
        return _entry(handbook, posts[0], level, local, passed, held=True)
    if on_empty is OnEmpty.FALLBACK_UNIT:
        return _of_unit(handbook, tier_at(handbook, level).fallback or "", level, local, passed)
    return None


def _of_unit(
    handbook: Handbook, unit: str, level: int, local: datetime, passed: list[Passed]
) -> Entry | None:
    there = (p for p in posts_of_unit(handbook, unit) if on_duty(handbook, p, local))
    found = next(there, None)
    return None if found is None else _entry(handbook, found, level, local, passed)


def _last_resort(
    handbook: Handbook, enterprise: str, local: datetime, passed: list[Passed]
) -> Entry:
    """Nobody in any level: the fallback post, or the top tier's with an alarm."""
    named = None if handbook.ladder is None else handbook.ladder.fallback
    found = None if named is None else post(handbook, named)
    found = found or chain_posts(handbook, enterprise, handbook.top_tier)[0]
    alone = not on_duty(handbook, found, local)
    return _entry(handbook, found, handbook.top_tier, local, passed, held=alone)


def _entry(
    handbook: Handbook,
    into: Post,
    tier: int,
    local: datetime,
    passed: list[Passed],
    *,
    held: bool = False,
) -> Entry:
    people = on_duty(handbook, into, local)[:PEOPLE_MAX]
    return Entry(
        tier=tier,
        post=into,
        people=people,
        roster=roster_name(handbook, into),
        passed=tuple(passed),
        held=held,
        resolved=is_resolved(handbook, into, tier),
    )


def is_resolved(handbook: Handbook, into: Post, tier: int) -> bool:
    """Return whether the handbook says who is in a post when, or what to do if nobody is."""
    dated = bool(into.assignments) or into.roster is not None
    return dated or tier_at(handbook, tier).on_empty is not None


def _passed(handbook: Handbook, by: Post, tier: int, local: datetime) -> Passed:
    vacant = not holders(by, local.date())
    reason = Emptiness.VACANT if vacant else Emptiness.OFF_DUTY
    return Passed(tier=tier, post=by, reason=reason, roster=roster_name(handbook, by))


def everyone(handbook: Handbook, enterprise: str, local: datetime) -> Iterator[LevelEntry]:
    """Yield every post of an enterprise's ladder, from the first tier up, and who is in it."""
    for tier in handbook.tiers:
        for each in chain_posts(handbook, enterprise, tier.level):
            yield LevelEntry(
                tier=tier.level, post=each.id, people=on_duty(handbook, each, local)[:PEOPLE_MAX]
            )
