"""Nothing that is asked for goes without anybody who may answer it (I8, R5.3, R6.4): whoever asks,
in person or by a deputy, there is another who may grant, verify, rule or decide."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from domain.clock_life import SOME_ISSUE, SOME_TIME
from domain.handbook import Enterprise, Handbook, Post, Role
from domain.issue import Issue, Request, Resolution, SignOff
from domain.organization import chain_posts, holders, post, posts_of_role
from domain.permissions import granting_tier, verifying_tier
from domain.phases import ResultClass
from domain.problem import Problem
from domain.proof_of_people import alike
from domain.proof_of_presence import Act, Acts, Presence, presences

ACTING_MAX = 2
"""An act is one person's, at most for another: more than these may answer, and one is left."""
_BLANK: dict[str, Any] = {"asked_at": SOME_TIME, "asked_by": None, "note": "some"}


@dataclass(frozen=True)
class Ladder:
    """The chain of an enterprise, and whoever it can matter to whether they act: who ever holds a
    post of it, and who records answers. All others are alike."""

    handbook: Handbook
    enterprise: str
    posts: tuple[tuple[Post, ...], ...]
    tiers: Mapping[str, int]
    concerned: frozenset[str]
    verifying: dict[tuple[int, int], int]

    def leaders(self, presence: Presence) -> tuple[frozenset[str], ...]:
        """Return who holds a post of the chain, by the tier from which up they do."""
        found: list[frozenset[str]] = []
        for posts in reversed(self.posts):
            higher = found[-1] if found else frozenset[str]()
            found.append(higher.union(*(presence.there(held) for held in posts)))
        return tuple(reversed(found))

    def persons_tier(self, act: Act) -> int:
        """Return the highest tier at which whoever acts stands in the chain, 0 for none."""
        return max(self.tiers.get(act.person, 0), self.tiers.get(act.principal, 0))

    def verifying_tier(self, issue: Issue, act: Act) -> int:
        """Return from which tier up may be verified what is proposed so."""
        kind = issue.tier, self.persons_tier(act)
        if kind not in self.verifying:
            self.verifying[kind] = verifying_tier(_proposed(issue, act), self.handbook)
        return self.verifying[kind]


class OnADay(NamedTuple):
    """A ladder on a day: who leads from each tier up, who acts in each tier's posts and for the
    units, who records answers."""

    leaders: tuple[frozenset[str], ...]
    own: tuple[Acts, ...]
    units: Acts
    answers: Acts

    def able(self, tier: int) -> frozenset[str]:
        """Return who holds a post of the chain from a tier up."""
        return self.leaders[tier - 1]

    def at_work(self, tier: int, command: str) -> Iterator[Act]:
        """Yield the ways to give a command from the posts that can have the work: the accountable
        ones, and those of the units."""
        own = self.own[tier - 1]
        posts = {act.post for act in own}
        for act in (*own, *(act for act in self.units if act.post not in posts)):
            if act.allows(command):
                yield act


def approval_problems(handbook: Handbook, period: tuple[date, date]) -> Iterator[Problem]:
    """Name each kind of approval that some asker could wait for in vain, once."""
    found: dict[str, Problem] = {}
    days = presences(handbook, period)
    coordinators = posts_of_role(handbook, Role.COORDINATOR)
    for each in alike(handbook):
        ladder = _ladder(handbook, each, coordinators)
        seen: set[OnADay] = set()
        for presence in days:
            there = _on_a_day(ladder, coordinators, presence)
            if there not in seen:
                seen.add(there)
                for problem in _problems(ladder, there, presence.day):
                    found.setdefault(problem.key + problem.message, problem)
    yield from found.values()
    yield from _of_arbiters(handbook, days)


def _ladder(handbook: Handbook, of: Enterprise, coordinators: Collection[Post]) -> Ladder:
    posts = tuple(chain_posts(handbook, of.id, tier.level) for tier in handbook.tiers)
    tiers: dict[str, int] = {}
    for level, own in enumerate(posts, start=1):
        tiers |= {person: level for held in own for person in held.holders}
    answering = {held.id for held in coordinators}
    recording = {person for held in coordinators for person in held.holders}
    recording |= {each.deputy for each in handbook.delegations if each.post in answering}
    return Ladder(handbook, of.id, posts, tiers, frozenset(tiers) | recording, {})


def _on_a_day(ladder: Ladder, coordinators: Collection[Post], presence: Presence) -> OnADay:
    acts = presence.acts
    return OnADay(
        ladder.leaders(presence),
        tuple(tuple(act for held in own for act in acts[held.id]) for own in ladder.posts),
        presence.units.touching(ladder.concerned),
        tuple(act for held in coordinators for act in acts[held.id] if act.allows("confirm")),
    )


def _problems(ladder: Ladder, there: OnADay, day: date) -> Iterator[Problem]:
    handbook = ladder.handbook
    for tier in handbook.tiers:
        issue = SOME_ISSUE.model_copy(update={"enterprise": ladder.enterprise, "tier": tier.level})
        yield from _of_requests(handbook, issue, there, day)
        yield from _of_verifying(ladder, issue, there, day)
    for name in ("green_channel", "emergency", "instructions", "parking"):
        rule = getattr(handbook, name)
        if rule is not None and not there.able(rule.from_tier):
            yield Problem(
                key=f"{name}.from_tier",
                rule="R5.3",
                message="nobody may do this: no post of the chain from this tier up has a person",
                counter_example=f"an issue of enterprise {ladder.enterprise} on {day} → tier "
                f"{rule.from_tier} and above: nobody",
            )


def _of_requests(handbook: Handbook, issue: Issue, there: OnADay, day: date) -> Iterator[Problem]:
    for asked, command, key in _askable(handbook):
        tier = granting_tier(issue.model_copy(update={"request": asked}), handbook)
        able = there.able(tier)
        if len(able) > ACTING_MAX:
            continue
        acts = there.at_work(issue.tier, command)
        alone = next((act for act in acts if able <= {act.person, act.principal}), None)
        if alone is not None:
            how = f"on {day} {alone} does {command} for {_shown(issue)}"
            yield _never_answered(key, command, "grant", able, tier, how)


def _askable(handbook: Handbook) -> Iterator[tuple[Request, str, str]]:
    """Yield what can be asked for, with the command and the place in the handbook."""
    yield Request(asked="pause", **_BLANK), "ask_pause", "pauses"
    if handbook.extensions is not None:
        yield Request(asked="extension", **_BLANK), "ask_extension", "extensions"
    if handbook.parking is not None:
        yield Request(asked="parking", **_BLANK), "ask_parking", "parking"


def _shown(issue: Issue) -> str:
    return f"an issue of enterprise {issue.enterprise} at tier {issue.tier}"


def _never_answered(
    key: str, command: str, answer: str, able: Collection[str], tier: int, asked: str
) -> Problem:
    who = ", ".join(sorted(able)) or "nobody"
    return Problem(
        key=key,
        rule="R6.4",
        message=f"{command} can never be answered: whoever may {answer} is whoever asked",
        counter_example=f"{asked} → from tier {tier} up may {answer}: {who}; nobody else",
    )


def _of_verifying(ladder: Ladder, issue: Issue, there: OnADay, day: date) -> Iterator[Problem]:
    """The verifier has neither proposed nor answered. What is anything but solved goes higher up,
    so that who may verify it may verify the rest."""
    answers: list[Act | None] = [None, *there.answers]
    for act in there.at_work(issue.tier, "propose_resolution"):
        tier = ladder.verifying_tier(issue, act)
        able = there.able(tier)
        for answer in answers if len(able) <= 2 * ACTING_MAX else ():
            bound = {act.person, act.principal}
            if answer is not None and bound.isdisjoint({answer.person, answer.principal}):
                bound |= {answer.person, answer.principal}
            if able <= bound:
                how = f"on {day} {act} proposes for {_shown(issue)}"
                how += "" if answer is None else f" → {answer} records the answer"
                yield _never_answered("sign_off", "propose_resolution", "verify", able, tier, how)
                return


def _proposed(issue: Issue, act: Act) -> Issue:
    sign_off = SignOff(
        round=1,
        resolution=Resolution(result=ResultClass.PARTLY, summary="some", reason="some"),
        proposed_at=SOME_TIME,
        proposed_by=act.person,
        proposed_for=None if act.person == act.principal else act.principal,
        proposed_tier=issue.tier,
    )
    return issue.model_copy(update={"sign_off": sign_off})


def _of_arbiters(handbook: Handbook, days: Iterable[Presence]) -> Iterator[Problem]:
    """A dispute needs an arbiter of another unit than the one that refuses, and another person."""
    rule = handbook.dispatch
    if rule is None:
        return
    named = [held for id_ in rule.arbiters if (held := post(handbook, id_)) is not None]
    if named and all(held.unit == rule.fallback for held in named):
        yield Problem(
            key="dispatch.arbiters",
            rule="R5.7",
            message=f"every arbiter belongs to {rule.fallback}, bound by their silence",
            counter_example=f"a unit refuses → {named[0].id} is asked → says nothing, and "
            f"{rule.fallback} has the work",
        )
    units = {held.id: held.unit for held in handbook.posts if held.unit is not None}
    for presence in days:
        others = {unit: [p for p in named if p.unit != unit] for unit in units.values()}
        able = {
            unit: frozenset[str]().union(*(presence.there(held) for held in posts))
            for unit, posts in others.items()
        }
        for act in presence.units.acts:
            unit = units[act.post]
            if able[unit] <= {act.person, act.principal} and act.allows("refuse_dispatch"):
                yield _without_arbiter(others[unit], unit, act, presence)
                return


def _without_arbiter(others: list[Post], unit: str, act: Act, presence: Presence) -> Problem:
    who = ", ".join(f"{p.id}: {', '.join(holders(p, presence.day)) or 'nobody'}" for p in others)
    return Problem(
        key="dispatch.arbiters",
        rule="R5.7",
        message="a refusal of a dispatch can never be ruled on",
        counter_example=f"on {presence.day} {act} refuses what was sent to {unit} → "
        f"arbiters of another unit: {who or 'none'}",
    )
