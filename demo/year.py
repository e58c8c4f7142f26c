"""A year of a zone, made up by seed: its reports, and what became of each, in virtual time.

Pure: no clock but the story's, no database. Every command is decided as the desk decides it, every
rung rings at its instant, and what a person may not do is refused and left out. The same seed gives
the same year to the byte.
"""

import heapq
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from demo.year_acts import Act, Scene
from demo.year_arrivals import Arrival, arrivals, midnight
from desk.changes import changes_of, head_after
from domain.calendar import CalendarError
from domain.canonical import canonical, sha256
from domain.chain import Record
from domain.commands import Accept, Report, RingRung, Submission
from domain.days import zone_of
from domain.decisions import Context, decide
from domain.errors import IssueError
from domain.issue import Issue
from domain.organization import chain_posts, holders
from domain.people import ENGINE, Actor, Officer, Representative
from domain.phases import Origin
from domain.terms import Terms
from domain.view import Ring
from handbooks.shelf import read_terms
from ledger.port import Changes, Head, Ledger

ZONE = "xinghe"
ACTS_MAX = 60
"""Nobody does more with one issue: what is not done by then stays as it is."""
A_TRY = timedelta(hours=20)
"""After a refusal, before somebody tries again."""


@dataclass(frozen=True)
class Year:
    """What happened in a zone in one year: each command's changes, in the order of time. `until_at`
    is the year's end; what is open then stays open."""

    zone: str
    terms: Terms
    from_at: datetime
    until_at: datetime
    changes: tuple[Changes, ...]
    refused: int
    _heads: tuple[Head | None, ...] = field(repr=False)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Return every event, in the order of positions."""
        return tuple(record for changes in self.changes for record in changes.records)

    @cached_property
    def issues(self) -> dict[str, Issue]:
        """Return every issue as it stands at the end, by stream."""
        last = {each.command.stream: each.issue for each in self.changes if each.issue is not None}
        return dict(sorted(last.items()))

    @cached_property
    def hash(self) -> str:
        """Return a hash over the last hash of every stream: the same for the same year."""
        last = {record.stream: record.hash for record in self.records}
        return sha256("".join(f"{stream}{last[stream]}" for stream in sorted(last)))

    async def lay(self, ledger: Ledger) -> None:
        """Write the year into a ledger that has nothing of its zone: the terms, then every command
        in order. No workflow hears of it: each issue is taken to have answered."""
        text = canonical(self.terms)
        await ledger.put_terms(self.terms.hash, self.zone, text, self.from_at)
        for head, changes in zip(self._heads, self.changes, strict=True):
            async with ledger.transaction() as transaction:
                if _numbers_an_issue(changes):
                    local = changes.command.at.astimezone(zone_of(self.terms.calendar.time_zone))
                    await transaction.allot_number(self.zone, local.year)
                await transaction.append(head, changes)
        for errand in (errand for changes in self.changes for errand in changes.errands):
            await ledger.drop_errand(errand.id)


def _numbers_an_issue(changes: Changes) -> bool:
    """Return whether a command gave an issue its number."""
    return any(record.kind == "issue_accepted" for record in changes.records)


def generate_year(
    issues: int = 300,
    *,
    seed: int = 8,
    year: int = 2026,
    terms: Terms | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
) -> Year:
    """Return a year in which so many issues are reported. Without `terms` it is that of the
    fictional zone that is shipped. A part of a year, its local days from `from_on` to before
    `until_on`, ends in the midst of things."""
    found = terms or read_terms(ZONE)
    begins_on, ends_on = from_on or date(year, 1, 1), until_on or date(year + 1, 1, 1)
    story = _Story(found, midnight(found, ends_on))
    chance = random.Random(f"{seed} {begins_on}")  # noqa: S311  # a story, no secret
    story.tell(arrivals(chance, found, begins_on, ends_on, issues), seed)
    return Year(
        zone=found.handbook.zone,
        terms=found,
        from_at=midnight(found, begins_on),
        until_at=story.until_at,
        changes=tuple(story.changes),
        refused=story.refused,
        _heads=tuple(story.heads),
    )


Made = tuple[Head, Issue]
"""Where an issue stands after a command."""


@dataclass(slots=True)
class _Course:
    """One issue on its way. `due_at`: when its next act is, None if nobody moves."""

    key: str
    chance: random.Random
    issue: Issue
    head: Head
    sent: int = 1
    acts: int = 0
    act: Act | None = None
    due_at: datetime | None = None


class _Story:
    """Lets all issues go on beside one another, always the one that is due first."""

    def __init__(self, terms: Terms, until_at: datetime) -> None:
        self.terms = terms
        self.zone = terms.handbook.zone
        self.until_at = until_at
        self.local = zone_of(terms.calendar.time_zone)
        self.changes: list[Changes] = []
        self.heads: list[Head | None] = []
        self.refused = 0
        self._numbers: dict[int, int] = {}
        self._courses: dict[str, _Course] = {}
        self._errands: deque[Submission] = deque()

    def tell(self, reports: Sequence[Arrival], seed: int) -> None:
        """Report each, and go on with whatever is due first until the year ends."""
        coming = [(each.at, f"y{number:06d}", each) for number, each in enumerate(reports, start=1)]
        waiting = [(at, key) for at, key, _ in coming]
        heapq.heapify(waiting)
        arriving = {key: each for _, key, each in coming}
        while waiting:
            at, key = heapq.heappop(waiting)
            if at >= self.until_at:
                break
            course = self._courses.get(key)
            if course is None:
                chance = random.Random(f"{seed} {key}")  # noqa: S311  # a story, no secret
                self._report(key, arriving[key], chance)
            elif _is_due(course, at):
                self._go_on(course, at)
            else:
                continue  # it was put off, and waits for its turn elsewhere in the heap
            for told in (key, *self._carry_errands(at)):
                next_at = _next_at(self._courses[told])
                if next_at is not None:
                    heapq.heappush(waiting, (max(next_at, at), told))

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

    def _report(self, key: str, arrival: Arrival, chance: random.Random) -> None:
        known = self.terms.handbook.categories
        name = next(each.name for each in known if each.id == arrival.category)
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
        course = self._courses[key] = _Course(key, chance, issue, head)
        self._plan(course, at)

    def _reporter(self, arrival: Arrival, chance: random.Random) -> Actor:
        day = arrival.at.astimezone(self.local).date()
        if arrival.origin is not Origin.ENTERPRISE:
            for post in chain_posts(self.terms.handbook, arrival.enterprise, 1):
                people = holders(post, day)
                if people:
                    return Officer(person=chance.choice(people), post=post.id)
        return Representative(person=f"{arrival.enterprise}-manager", enterprise=arrival.enterprise)

    def _go_on(self, course: _Course, at: datetime) -> None:
        rung = course.issue.next_rung if course.issue.is_open else None
        if rung is not None and rung[1].due_at <= at:
            self._ring(course, max(rung[1].due_at, course.issue.changed_at))
        elif course.act is not None:
            self._carry_out(course, course.act, at)

    def _ring(self, course: _Course, at: datetime) -> None:
        found = course.issue.next_rung
        if found is None:
            return
        clock, rung = found
        ring = Ring(zone=self.zone, key=course.key, clock=clock.id, cycle=clock.cycle, rung=rung.id)
        command = RingRung(clock=clock.id, cycle=clock.cycle, rung=rung.id)
        submission = Submission(
            id=ring.command_id, zone=self.zone, key=course.key, actor=ENGINE, command=command
        )
        before = _stage(course.issue)
        made = self._decided(course.head, course.issue, submission, at)
        if made is None:
            msg = f"{course.key}: rung {rung.id} of {clock.id} does not fire"
            raise RuntimeError(msg)
        course.head, course.issue = made
        if _stage(course.issue) != before:
            self._plan(course, at)

    def _carry_out(self, course: _Course, act: Act, at: datetime) -> None:
        course.sent += 1
        submission = Submission(
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

    def _plan(self, course: _Course, at: datetime) -> None:
        """Have somebody think of what to do next."""
        course.acts += 1
        course.act = course.due_at = None
        if course.acts > ACTS_MAX:
            return
        day = at.astimezone(self.local).date()
        scene = Scene(course.chance, course.issue, self.terms.handbook, day)
        act = scene.next_act()
        if act is None:
            return
        try:
            course.due_at = self.terms.calendar.add_ms(at, act.after_ms)
        except CalendarError:
            return
        course.act = act

    def _decided(
        self, head: Head | None, issue: Issue | None, submission: Submission, at: datetime
    ) -> Made | None:
        """Return where the issue stands after a command, None if it was refused or came to nothing.
        Whoever acts later in the year than their post lets them is refused too."""
        at = at if issue is None else max(at, issue.changed_at)
        number = self._number(submission, at)
        context = Context(at=at, terms=self.terms, number=number)
        try:
            decision = decide(issue, submission, context)
        except IssueError:
            self.refused += 1
            return None
        if not decision.events:
            return None
        body = canonical(submission)
        changes = changes_of(submission, body, issue, decision, self.terms, head, heard=True)
        self.changes.append(changes)
        self.heads.append(head)
        self._errands += [Submission.model_validate_json(each.text) for each in changes.errands]
        if _numbers_an_issue(changes):
            local_year = at.astimezone(self.local).year
            self._numbers[local_year] = self._numbers.get(local_year, 0) + 1
        return head_after(changes, decision.issue), decision.issue

    def _number(self, submission: Submission, at: datetime) -> str | None:
        if not isinstance(submission.command, Accept):
            return None
        year = at.astimezone(self.local).year
        return f"{self.zone.upper()}-{year}-{self._numbers.get(year, 0) + 1:06d}"


def _is_due(course: _Course, at: datetime) -> bool:
    next_at = _next_at(course)
    return next_at is not None and next_at <= at


def _next_at(course: _Course) -> datetime | None:
    rung = course.issue.next_rung if course.issue.is_open else None
    times = [course.due_at] if course.due_at is not None else []
    times += [] if rung is None else [rung[1].due_at]
    return min(times, default=None)


def _stage(issue: Issue) -> tuple[object, ...]:
    """What a rung may change so that people have to think again."""
    sign_off = issue.sign_off
    outcome = None if sign_off is None else sign_off.outcome
    return issue.phase, issue.tier, issue.pause is None, outcome, issue.under_review
