"""People and clocks at work in virtual time: what becomes of reports, decided as the desk decides.

Pure: no clock but the story's, no database. Every rung rings at its instant; what a person may not
do is refused and left out, and they try again.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from audit.handling_times import stage_of
from demo.year_acts import Act, Pace, Scene
from demo.year_arrivals import Arrival
from domain.calendar import CalendarError
from domain.commands import Accept, Report, RingRung, Submission
from domain.days import zone_of
from domain.decisions import Context, Decision, decide
from domain.errors import IssueError
from domain.events import IssueAccepted
from domain.issue import Issue
from domain.model import unchecked
from domain.organization import chain_posts, holders
from domain.people import ENGINE, Actor, Officer, Representative
from domain.phases import Origin
from domain.terms import Terms
from domain.view import Ring
from ledger.port import Head

ACTS_MAX: Final = 60
"""Nobody does more with one issue: what is not done by then stays as it is."""
A_TRY: Final = timedelta(hours=20)
"""After a refusal, before somebody tries again."""

Kept = tuple[Head, Sequence[Submission]]
"""Where a stream stands after a command, and what has to be told to other issues."""
Keep = Callable[[Submission, Issue | None, Decision, Head | None], Kept]
"""Keeps what a command came to: of the issue before it, and where its stream stood."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a post's days, which are counted from 0. `ready` is the day on which the act could
    be done, `served` the day on which it is, `at` the instant (UTC); None: not in this story."""

    post: str
    ready: int
    served: int | None
    at: datetime | None


class Diaries(Protocol):
    """How much each post does in a day."""

    def book(self, post: str, ready_at: datetime) -> Seat:
        """Give what is ready at an instant the first place that the post has left."""
        ...

    def release(self, seat: Seat, at: datetime) -> None:
        """Give back a place that nobody needs any more since an instant before it."""
        ...


@dataclass(frozen=True, slots=True)
class Coming:
    """A report to be made under `key`; by `seed` is drawn what becomes of it."""

    key: str
    arrival: Arrival
    seed: str


Made = tuple[Head, Issue]
"""Where an issue stands after a command."""


@dataclass(slots=True)
class Course:
    """One issue on its way. `due_at`: when its next act is, None if nobody moves; `seat`: the place
    that is kept for that act."""

    key: str
    chance: random.Random
    issue: Issue
    head: Head
    sent: int = 1
    acts: int = 0
    act: Act | None = None
    due_at: datetime | None = None
    seat: Seat | None = None


class Story:
    """Lets issues go on beside one another, always the one that is due first, until `until_at`.

    `pace`: how long what comes next takes, where that is known; `diaries`: how much posts do in a
    day, None: whoever has to act does so when they are ready; `handlers`: whoever has the work does
    it, else the owner does all of it.
    """

    def __init__(
        self,
        terms: Terms,
        until_at: datetime,
        keep: Keep,
        *,
        pace: Pace | None = None,
        diaries: Diaries | None = None,
        handlers: bool = False,
    ) -> None:
        self.terms = terms
        self.zone = terms.handbook.zone
        self.until_at = until_at
        self.local = zone_of(terms.calendar.time_zone)
        self.refused = 0
        self._keep = keep
        self._pace = pace
        self._diaries = diaries
        self._handlers = handlers
        self._names = {each.id: each.name for each in terms.handbook.categories}
        self._numbers: dict[int, int] = {}
        self._courses: dict[str, Course] = {}
        self._errands: deque[Submission] = deque()

    def tell(self, coming: Iterable[Coming]) -> Sequence[Course]:
        """Report each, and go on with whatever is due first until the story ends. Return every
        issue that there was, in the order in which they came. What was told before is over: only
        ledger numbers, and places in diaries, go on from it."""
        self._courses = {}
        arriving = {each.key: each for each in coming}
        waiting = [(each.arrival.at, each.key) for each in arriving.values()]
        heapq.heapify(waiting)
        while waiting:
            at, key = heapq.heappop(waiting)
            if at >= self.until_at:
                break
            course = self._courses.get(key)
            if course is None:
                self._report(arriving[key])
            elif _is_due(course, at):
                self._go_on(course, at)
            else:
                continue  # it was put off, and waits for its turn elsewhere in the heap
            for told in (key, *self._carry_errands(at)):
                next_at = _next_at(self._courses[told])
                if next_at is not None:
                    heapq.heappush(waiting, (max(next_at, at), told))
        return tuple(self._courses.values())

    def _carry_errands(self, at: datetime) -> list[str]:
        """Have issues tell each other what they have to; return who was told. What is refused is
        dropped: nobody is there to put it right."""
        told = []
        while self._errands:
            submission = self._errands.popleft()
            course = self._courses.get(submission.key)
            head, issue = (None, None) if course is None else (course.head, course.issue)
            made = self._decided(head, issue, submission, at)
            if made is not None and course is None:
                chance = random.Random(submission.key)  # noqa: S311  # a story, no secret
                self._begin(submission.key, made, chance, at)
            elif made is not None and course is not None:
                course.head, course.issue = made
            told += [] if made is None else [submission.key]
        return told

    def _report(self, coming: Coming) -> None:
        key, arrival = coming.key, coming.arrival
        chance = random.Random(coming.seed)  # noqa: S311  # a story, no secret
        name = self._names[arrival.category]
        command = Report(
            enterprise=arrival.enterprise,
            category=arrival.category,
            title=f"{name.zh} {name.en}",
            text="What happened is told here.",
            origin=arrival.origin,
        )
        actor = self._reporter(arrival, chance)
        submission = Submission(
            id=f"{key}:1", zone=self.zone, key=key, actor=actor, command=command
        )
        made = self._decided(None, None, submission, arrival.at)
        if made is None:
            msg = f"{key}: the report is refused"
            raise RuntimeError(msg)
        self._begin(key, made, chance, arrival.at)

    def _begin(self, key: str, made: Made, chance: random.Random, at: datetime) -> None:
        head, issue = made
        course = self._courses[key] = Course(key, chance, issue, head)
        self._plan(course, at)

    def _reporter(self, arrival: Arrival, chance: random.Random) -> Actor:
        day = arrival.at.astimezone(self.local).date()
        if arrival.origin is not Origin.ENTERPRISE:
            for post in chain_posts(self.terms.handbook, arrival.enterprise, 1):
                people = holders(post, day)
                if people:
                    return Officer(person=chance.choice(people), post=post.id)
        return Representative(person=f"{arrival.enterprise}-manager", enterprise=arrival.enterprise)

    def _go_on(self, course: Course, at: datetime) -> None:
        rung = course.issue.next_rung if course.issue.is_open else None
        if rung is not None and rung[1].due_at <= at:
            self._ring(course, max(rung[1].due_at, course.issue.changed_at))
        elif course.act is not None:
            self._carry_out(course, course.act, at)

    def _ring(self, course: Course, at: datetime) -> None:
        found = course.issue.next_rung
        if found is None:
            return
        clock, rung = found
        ring = unchecked(
            Ring, zone=self.zone, key=course.key, clock=clock.id, cycle=clock.cycle, rung=rung.id
        )
        command = unchecked(RingRung, clock=clock.id, cycle=clock.cycle, rung=rung.id)
        submission = unchecked(
            Submission,
            id=ring.command_id,
            zone=self.zone,
            key=course.key,
            actor=ENGINE,
            command=command,
        )
        before = stage_of(course.issue)
        made = self._decided(course.head, course.issue, submission, at)
        if made is None:
            msg = f"{course.key}: rung {rung.id} of {clock.id} does not fire"
            raise RuntimeError(msg)
        course.head, course.issue = made
        if stage_of(course.issue) != before:
            self._plan(course, at)

    def _carry_out(self, course: Course, act: Act, at: datetime) -> None:
        course.sent += 1
        course.seat = None  # it has come to it
        submission = unchecked(
            Submission,
            id=f"{course.key}:{course.sent}",
            zone=self.zone,
            key=course.key,
            actor=act.actor,
            command=act.command,
        )
        made = self._decided(course.head, course.issue, submission, at)
        if made is None:
            self._plan(course, at + A_TRY)
            return
        course.head, course.issue = made
        self._plan(course, at)

    def _plan(self, course: Course, at: datetime) -> None:
        """Have somebody think of what to do next."""
        course.acts += 1
        course.act = course.due_at = None
        if course.seat is not None and self._diaries is not None:
            self._diaries.release(course.seat, at)
            course.seat = None
        if course.acts > ACTS_MAX:
            return
        day = at.astimezone(self.local).date()
        handbook = self.terms.handbook
        scene = Scene(course.chance, course.issue, handbook, day, self._pace, self._handlers)
        act = scene.next_act()
        if act is None:
            return
        try:
            ready_at = self.terms.calendar.add_ms(at, act.after_ms)
        except CalendarError:
            return
        course.act, course.due_at = act, ready_at
        if self._diaries is not None and isinstance(act.actor, Officer):
            course.seat = self._diaries.book(act.actor.post, ready_at)
            course.due_at = course.seat.at

    def _decided(
        self, head: Head | None, issue: Issue | None, submission: Submission, at: datetime
    ) -> Made | None:
        """Return where the issue stands after a command, None if it was refused or came to nothing.
        Whoever acts later in the year than their post lets them is refused too."""
        at = at if issue is None else max(at, issue.changed_at)
        context = Context(at=at, terms=self.terms, number=self._number(submission, at))
        try:
            decision = decide(issue, submission, context)
        except IssueError:
            self.refused += 1
            return None
        if not decision.events:
            return None
        head, errands = self._keep(submission, issue, decision, head)
        self._errands += errands
        if any(isinstance(event, IssueAccepted) for event in decision.events):
            local_year = at.astimezone(self.local).year
            self._numbers[local_year] = self._numbers.get(local_year, 0) + 1
        return head, decision.issue

    def _number(self, submission: Submission, at: datetime) -> str | None:
        if not isinstance(submission.command, Accept):
            return None
        year = at.astimezone(self.local).year
        return f"{self.zone.upper()}-{year}-{self._numbers.get(year, 0) + 1:06d}"


def _is_due(course: Course, at: datetime) -> bool:
    next_at = _next_at(course)
    return next_at is not None and next_at <= at


def _next_at(course: Course) -> datetime | None:
    rung = course.issue.next_rung if course.issue.is_open else None
    times = [course.due_at] if course.due_at is not None else []
    times += [] if rung is None else [rung[1].due_at]
    return min(times, default=None)
