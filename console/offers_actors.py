"""As whom a visitor may act on an issue, and what is offered to each of these."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.offers import Group, grouped
from console.visit import ZoneVisit
from domain.access import Act, Standing, delegations_to, posts_held
from domain.access import horizon as horizon_of
from domain.errors import IssueError
from domain.issue import Issue
from domain.offers import NOBODYS, offers
from domain.people import Actor, Officer
from domain.terms import Terms
from face.actors import actor_for

FOR_WHOM: Final = "~"
"""Between a post and whom a deputy acts for: no code has it."""

ACTING_CHARACTERS_MAX: Final = 140
TRIED_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class Acting:
    """One of those that a visitor may act as. `name` is what an address calls it."""

    name: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Offered:
    """What is offered to a visitor: as whom, as whom else they might act, and the kinds."""

    acting: Acting | None
    others: tuple[Acting, ...]
    kinds: frozenset[str]

    @property
    def groups(self) -> tuple[tuple[Group, tuple[str, ...]], ...]:
        """Return the kinds in their groups."""
        return grouped(self.kinds)


NOTHING: Final = Offered(None, (), frozenset())


def offered_to(
    visit: ZoneVisit, issue: Issue, terms: Terms, at: datetime, wanted: str = ""
) -> Offered:
    """Return what a visitor may do with an issue at `at`: as `wanted` if that is one of them, else
    as that one of them who may do most."""
    if not may_command(visit, issue):
        return NOTHING
    every = tuple(actings_of(visit))
    named = [each for each in every if each.name == wanted]
    best = NOTHING
    for acting in named or every[:TRIED_MAX]:
        kinds = frozenset(offers(issue, acting.actor, terms, at)) - NOBODYS
        if best.acting is None or len(kinds) > len(best.kinds):
            best = Offered(acting, tuple(each for each in every if each != acting), kinds)
    return best


def may_command(visit: ZoneVisit, issue: Issue) -> bool:
    """Return whether a visitor may send commands to an issue at all."""
    return horizon_of(visit.caller, Act.COMMAND, visit.handbook, visit.today).sees(issue)


def acting_called(visit: ZoneVisit, name: str) -> Acting | None:
    """Return that one of those that a visitor may act as; the only one if none is named."""
    every = tuple(actings_of(visit))
    if not name and len(every) == 1:
        return every[0]
    return next((each for each in every if each.name == name), None)


def actings_of(visit: ZoneVisit) -> Iterator[Acting]:
    """Yield as whom a visitor may act in the zone today."""
    caller, handbook, today = visit.caller, visit.handbook, visit.today
    if Standing.SERVICE in caller.standings or caller.enterprise is not None:
        try:
            yield Acting("", actor_for(caller, handbook, today))
        except IssueError:
            return
        return
    if caller.person is None:
        return
    for held in posts_held(caller, handbook, today):
        yield Acting(held.id, Officer(person=caller.person, post=held.id))
    for each in delegations_to(caller, handbook, today):
        deputy = Officer(person=caller.person, post=each.post, on_behalf_of=each.principal)
        yield Acting(f"{each.post}{FOR_WHOM}{each.principal}", deputy)
