"""Who is on duty when: the duty rosters of a zone laid out over the next days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from domain.handbook import Handbook, Post, Roster
from domain.organization import on_duty, roster_of

DAYS: Final = 14
POSTS_MAX: Final = 50
MIDNIGHT: Final = "00:00"
END_OF_DAY: Final = "24:00"


@dataclass(frozen=True, slots=True)
class Duty:
    """A stretch of a local day, HH:MM to HH:MM, and who is on duty in it: nobody, if empty."""

    begins: str
    ends: str
    people: tuple[str, ...]

    @property
    def is_whole_day(self) -> bool:
        """Return whether it is the day from end to end."""
        return (self.begins, self.ends) == (MIDNIGHT, END_OF_DAY)


@dataclass(frozen=True, slots=True)
class DutyDay:
    """One local day of a post. `is_open`: somebody is on duty at every minute of it."""

    on: date
    duties: tuple[Duty, ...]

    @property
    def is_open(self) -> bool:
        """Return whether the post is never without somebody."""
        return all(each.people for each in self.duties)


@dataclass(frozen=True, slots=True)
class Rota:
    """A post with a duty roster, and who has it in the next days."""

    post: Post
    roster: Roster
    days: tuple[DutyDay, ...]


@dataclass(frozen=True, slots=True)
class Rotas:
    """The posts with a roster, the first of them; `posts` counts all."""

    posts: int
    shown: tuple[Rota, ...]


def rotas(handbook: Handbook, first: date, *, days: int = DAYS) -> Rotas:
    """Return who is on duty in each post with a roster, from a local day on."""
    every = [
        (post, roster)
        for post in handbook.posts
        if (roster := roster_of(handbook, post)) is not None
    ]
    shown = tuple(
        Rota(
            post,
            roster,
            tuple(
                DutyDay(on, _duties(handbook, post, roster, on))
                for on in (first + timedelta(days=n) for n in range(days))
            ),
        )
        for post, roster in every[:POSTS_MAX]
    )
    return Rotas(len(every), shown)


def _duties(handbook: Handbook, post: Post, roster: Roster, on: date) -> tuple[Duty, ...]:
    """Return a day in stretches: who is on duty changes only where a shift begins or ends."""
    turns = sorted({MIDNIGHT} | {each for s in roster.shifts for each in (s.begins, s.ends)})
    found: list[Duty] = []
    for begins, ends in zip(turns, [*turns[1:], END_OF_DAY], strict=True):
        at = datetime.combine(on, time.fromisoformat(begins))
        people = on_duty(handbook, post, at)
        if found and found[-1].people == people:
            found[-1] = Duty(found[-1].begins, ends, people)
        else:
            found.append(Duty(begins, ends, people))
    return tuple(found)


def hours(duties: Sequence[Duty]) -> tuple[Duty, ...]:
    """Return the stretches in which somebody is on duty."""
    return tuple(each for each in duties if each.people)
