"""How much posts do in a day, and who waits: a place in a post's day for each act.

Who was reported first is served first: issues are told one after the other, in the order of their
reports, and each takes the first places that are left. So no issue hangs on a later one, and what
has to be remembered is one number a day and post, however many issues there are.
"""

from array import array
from collections.abc import Sequence
from datetime import datetime
from math import floor
from typing import Final

from audit.year_sums import Days, HolderSums, YearSums
from demo.scenario import Scenario
from demo.story import Seat
from domain.days import from_ms
from domain.handbook import Post
from domain.responsibility import place_of_post
from domain.terms import Terms

NO_ROSTER: Final = 2**40
"""More than anybody does in a day: whoever has no roster does what comes."""


class RosteredDiaries:
    """The diaries of a zone's posts over a year. What they do and what waits goes into `sums`."""

    def __init__(self, scenario: Scenario, terms: Terms, days: Days, sums: YearSums) -> None:
        self._calendar = terms.calendar
        self._days = days
        self._posts: dict[str, _Diary] = {}
        works = [bool(terms.calendar.ranges_on(days.day(place))) for place in range(days.count)]
        bound: dict[int, tuple[HolderSums, list[int | None]]] = {}
        for post in terms.handbook.posts:
            holder = place_of_post(terms.handbook, post.id)
            own = sums.of((holder.kind.value, holder.id))
            places = _places(scenario, post, days, works)
            self._posts[post.id] = _Diary(places, own)
            limited = acts_a_day(scenario, post) is not None
            bound.setdefault(id(own), (own, []))[1].append(sum(places) if limited else None)
        for own, counts in bound.values():
            known = [count for count in counts if count is not None]
            own.places = sum(known) if len(known) == len(counts) else None

    def book(self, post: str, ready_at: datetime) -> Seat:
        """Give what is ready at an instant the first place that the post has left. After it has
        waited for its day it is done in its turn of that day's opening time."""
        diary, ready = self._posts[post], self._days.place(ready_at)
        if ready >= self._days.count:
            return Seat(post, ready, None, None)
        served = diary.take(ready)
        if served is None:
            return Seat(post, ready, None, None)
        at = ready_at if served == ready else self._turn(diary, served)
        return Seat(post, ready, served, at)

    def release(self, seat: Seat, at: datetime) -> None:
        """Give back a place that nobody needs any more since an instant before it."""
        if seat.ready < self._days.count:
            self._posts[seat.post].give_back(seat, self._days.place(at))

    def _turn(self, diary: "_Diary", place: int) -> datetime:
        """Return when the last act that was given a place on a day is done: they are spread evenly
        over the day's opening time."""
        ranges = self._calendar.ranges_on(self._days.day(place))
        opened_ms = sum(end - start for start, end in ranges)
        turn = (diary.taken[place] - 1) * opened_ms // diary.places[place]
        return self._calendar.add_ms(from_ms(ranges[0][0]), turn)


class _Diary:
    """The days of one post: how many places each has, and how many are taken."""

    def __init__(self, places: "array[int]", sums: HolderSums) -> None:
        self.places = places
        self.taken = array("q", bytes(8 * len(places)))
        self._sums = sums
        self._full_before = 0
        """Every day before this one is taken whole."""

    def take(self, ready: int) -> int | None:
        """Take a place on the first day from `ready` on that has one."""
        day = max(ready, self._full_before)
        while day < len(self.places) and self.taken[day] >= self.places[day]:
            day += 1
        if ready <= self._full_before:
            self._full_before = day
        if day != ready:
            self._sums.waits[ready] += 1
        if day == len(self.places):
            return None
        self.taken[day] += 1
        self._sums.acts[day] += 1
        if day != ready:
            self._sums.waits[day] -= 1
        return day

    def give_back(self, seat: Seat, since: int) -> None:
        """Free a place that nobody needs since a day."""
        day = seat.served
        if day is not None:
            self.taken[day] -= 1
            self._sums.acts[day] -= 1
            self._full_before = min(self._full_before, day)
        if day != seat.ready:
            self._sums.waits[max(seat.ready, since)] -= 1
            if day is not None:
                self._sums.waits[day] += 1


def _places(scenario: Scenario, post: Post, days: Days, works: Sequence[bool]) -> "array[int]":
    """Return how many acts a post can do on each day: none while the office is closed, and what an
    absence leaves. Whoever has neither roster nor absence does what comes, whenever it comes."""
    usual = acts_a_day(scenario, post)
    away = [each for each in scenario.absences if each.post in (None, post.id)]
    if usual is None and not away:
        return array("q", [NO_ROSTER] * days.count)
    found, worked = array("q", bytes(8 * days.count)), 0
    for place, open_ in enumerate(works):
        if not open_:
            continue
        day = days.day(place)
        left = [each.acts_a_day for each in away if each.from_on <= day <= each.to_on]
        rate = min([*left, *([] if usual is None else [usual])], default=None)
        # Of a fraction one in so many days: all days together are what they should be.
        whole = None if rate is None else floor((worked + 1) * rate) - floor(worked * rate)
        found[place] = NO_ROSTER if whole is None else whole
        worked += 1
    return found


def acts_a_day(scenario: Scenario, post: Post) -> float | None:
    """Return how much a post does on a working day by its roster: its own, else its unit's, else
    its tier's, else everybody's; None: whatever comes."""
    rosters = scenario.rosters
    own = [each for each in rosters if each.post == post.id]
    own += [each for each in rosters if each.unit is not None and each.unit == post.unit]
    if post.unit is None:
        own += [each for each in rosters if each.tier is not None and each.tier == post.tier]
    found = next((each.acts_a_day for each in own), scenario.acts_a_day)
    return None if found is None else found * scenario.roster_factor
