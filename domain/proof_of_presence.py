"""Who can act in each post on a day, in person or for another: what a proof asks of again and
again, worked out once a day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import NamedTuple

from domain.handbook import Delegation, Handbook, Post
from domain.organization import holders
from domain.proof_times import days_of


class Act(NamedTuple):
    """Who acts in a post, and for whom; the two are one where nobody stands in. `by` is the
    delegation, which may be for some commands alone."""

    post: str
    person: str
    principal: str
    by: Delegation | None = None

    def allows(self, command: str) -> bool:
        """Return whether a command can be given so."""
        return self.by is None or self.by.allows(command)

    def __str__(self) -> str:
        deputy = "" if self.person == self.principal else f" for {self.principal}"
        return f"{self.person}{deputy} ({self.post})"


Acts = tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Units:
    """All acts in the posts of units, in the handbook's order, and where each person is in them."""

    acts: Acts
    places: Mapping[str, tuple[int, ...]]

    def touching(self, people: frozenset[str]) -> Acts:
        """Return the acts by or for these people, and of all others the first: those are alike to
        whoever asks about these people alone."""
        found = {place for person in people for place in self.places.get(person, ())}
        first = (place for place in range(len(self.acts)) if place not in found)
        return tuple(self.acts[place] for place in sorted({*found, *islice(first, 1)}))


@dataclass(frozen=True, slots=True)
class Presence:
    """Who can act in each post on a day."""

    day: date
    acts: Mapping[str, Acts]
    units: Units

    def there(self, held: Post) -> frozenset[str]:
        """Return who holds a post."""
        return frozenset(act.person for act in self.acts[held.id] if act.by is None)


def presences(handbook: Handbook, period: tuple[date, date]) -> tuple[Presence, ...]:
    """Return who can act, for the first day of every stretch in which nothing changes."""
    by_post: dict[str, list[Delegation]] = {}
    for each in handbook.delegations:
        by_post.setdefault(each.post, []).append(each)
    changing = [p for p in handbook.posts if p.assignments or p.id in by_post]
    always = {p.id: tuple(Act(p.id, who, who) for who in p.people) for p in handbook.posts}
    of_units = [p for p in handbook.posts if p.unit is not None]
    found: list[Presence] = []
    for day in days_of(handbook, handbook.posts, period):
        dated = {p.id: tuple(_acts(p, by_post.get(p.id, ()), day)) for p in changing}
        acts = always | dated
        own = tuple(act for held in of_units for act in acts[held.id])
        units = found[-1].units if found and found[-1].units.acts == own else _units(own)
        found.append(Presence(day, acts, units))
    return tuple(found)


def _acts(held: Post, delegations: Iterable[Delegation], day: date) -> Iterator[Act]:
    for person in holders(held, day):
        yield Act(held.id, person, person)
        for each in delegations:
            if each.principal == person and each.from_on <= day <= each.to_on:
                yield Act(held.id, each.deputy, person, each)


def _units(acts: Acts) -> Units:
    places: dict[str, list[int]] = {}
    for place, act in enumerate(acts):
        for person in {act.person, act.principal}:
            places.setdefault(person, []).append(place)
    return Units(acts, {person: tuple(named) for person, named in places.items()})
