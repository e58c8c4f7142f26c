"""A policy tried on the recorded past before it goes live (I1): every act of an issue again, at its
recorded instant, under other terms; what time alone brings about follows from them.

What people would have done under another policy cannot be known. Acts stay as and when they were
recorded, unless a rule forbids one: then it is left out and named. A rung that is due at the very
instant at which the recorded one was due fires when that one fired, or did not fire where that one
did not: the same policy then gives the same life, lateness and all. Any other rung fires at its
instant. What other issues told this one, and draws, are told again as recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.course import Course, CourseMaker
from audit.facts import Life, TermsOf
from audit.kin import kin_recorded
from audit.reexecute import number_recorded
from domain.chain import Record
from domain.clocks import Clock, RungDue
from domain.commands import SUBMISSION, Accept, Command, RingRung, Submission
from domain.commands_of_kin import LinkCommand
from domain.commands_of_time import Adoption
from domain.decisions import Context, Decision, decide
from domain.errors import IssueError
from domain.evolve import evolve
from domain.issue import Issue
from domain.model import unchecked
from domain.people import ENGINE
from domain.terms import Terms
from ledger.port import CommandRow

RINGS_MAX: Final = 10_000
"""Rungs that one life may ring between two acts: a repeat may ring for years."""

Policy = Callable[[Terms], Terms]
"""By which terms that is decided again which was decided by the given ones."""

_Due = tuple[str, int, str, datetime]
"""A rung by its clock, cycle and name, and when it is due."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A recorded act that the tried terms refuse: its place among the recorded events, when, by
    which error."""

    command_id: str
    kind: str
    at: datetime
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One issue as it was and as it would have been. `after` is None where the tried terms refuse
    the report itself: then nothing can be said."""

    stream: str
    number: str | None
    enterprise: str
    category: str
    reported_at: datetime
    was: Course
    after: Course | None
    forbidden: tuple[Forbidden, ...]

    @property
    def differs(self) -> bool:
        """Return whether anything would have come out otherwise."""
        return bool(self.forbidden) or self.was != self.after


async def try_life(life: Life, terms_of: TermsOf, policy: Policy, until_at: datetime) -> Trial:
    """Play the acts of an issue again under `policy`, up to `until_at` (UTC). Of a life that cannot
    be read the errors named in `audit.reexecute.SPOILT` are raised."""
    recorded, tried = _Recorded(life), _Tried(life, policy)
    for row in life.commands:
        if row.at > until_at:
            break
        terms = await terms_of(row.terms)
        submission = SUBMISSION.validate_json(row.body)
        target = await _target(submission.command, terms_of)
        tried.pass_time(row.at, spared=recorded.due_by(row.at))
        stored = recorded.next_of(row, terms if target is None else target)
        tried.act(_Act(row, submission, terms, target, stored))
    tried.pass_time(until_at, spared=recorded.due_by(until_at))
    issue = recorded.known
    return Trial(
        stream=life.stream,
        number=issue.number,
        enterprise=issue.enterprise,
        category=issue.category,
        reported_at=issue.reported_at,
        was=recorded.maker.course(until_at),
        after=None if tried.issue is None else tried.maker.course(until_at),
        forbidden=tuple(tried.forbidden),
    )


async def _target(command: Command, terms_of: TermsOf) -> Terms | None:
    return await terms_of(command.terms) if isinstance(command, Adoption) else None


@dataclass(frozen=True, slots=True)
class _Act:
    """A recorded command: what it was decided by, what it adopted, and the events it caused."""

    row: CommandRow
    submission: Submission
    terms: Terms
    target: Terms | None
    stored: tuple[Record, ...]

    @property
    def stays(self) -> bool:
        """Return whether it adopted the very terms that the issue stood under."""
        return self.target is not None and self.target.hash == self.terms.hash


class _Recorded:
    """The life as it was: its events folded command by command."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._read = 0
        self._issue: Issue | None = None
        self.maker = CourseMaker()

    @property
    def known(self) -> Issue:
        """The issue as its last event leaves it. Raises LookupError if there is none."""
        if self._issue is None:
            raise LookupError(f"nothing is recorded in {self._life.stream}")
        return self._issue

    def due_by(self, at: datetime) -> frozenset[_Due]:
        """Return the rungs that were due by `at` and had not fired."""
        return frozenset() if self._issue is None else frozenset(_due(self._issue, at))

    def next_of(self, row: CommandRow, terms: Terms) -> tuple[Record, ...]:
        """Fold the events that a command caused, which left the issue under `terms`; return
        them."""
        stored = self._life.records[self._read : self._read + row.count]
        self._read += row.count
        zone, key = self._life.zone, self._life.key
        for record in stored:
            self._issue = evolve(self._issue, record.event, zone=zone, key=key, terms=record.terms)
        if self._issue is not None:
            self.maker.take([record.event for record in stored], self._issue, terms)
        return stored


class _Tried:
    """The life as it would have been."""

    def __init__(self, life: Life, policy: Policy) -> None:
        self._life = life
        self._policy = policy
        self._terms: Terms | None = None
        self._rules = 1
        self.issue: Issue | None = None
        self.maker = CourseMaker()
        self.forbidden: list[Forbidden] = []

    def act(self, act: _Act) -> None:
        """Do again what was done; what is refused now is left out and named."""
        if self.issue is None and self.forbidden:
            return  # the report itself was refused: the rest has nothing to be done to
        terms = self._policy(act.terms) if self._terms is None else self._terms
        target = None if act.target is None else self._policy(act.target)
        if target is not None and target.hash == terms.hash and not act.stays:
            return  # under the tried terms there was nothing to move to
        sent = _freed(act.submission, target)
        accepted = isinstance(sent.command, Accept)
        linked = isinstance(sent.command, LinkCommand)
        context = Context(
            act.row.at,
            terms,
            rules=act.row.rules,
            number=number_recorded(act.stored) if accepted else None,
            target=target,
            kin=kin_recorded(self.issue, act.stored) if linked else None,
        )
        try:
            self._take(decide(self.issue, sent, context), target or terms, act.row.rules)
        except IssueError as error:
            self.forbidden.append(_forbidden(act, error))

    def pass_time(self, at: datetime, *, spared: frozenset[_Due]) -> None:
        """Let ring at its instant what is due before `at`, but for what is `spared`."""
        for _ in range(RINGS_MAX):
            if self.issue is None or self._terms is None:
                return
            first = self._first_due(self.issue, at, spared)
            if first is None:
                return
            clock, rung = first
            ring = RingRung(clock=clock.id, cycle=clock.cycle, rung=rung.id)
            sent = unchecked(
                Submission,
                id=f"backtest:{self.issue.version}",
                zone=self.issue.zone,
                key=self.issue.key,
                actor=ENGINE,
                command=ring,
            )
            context = Context(rung.due_at, self._terms, rules=self._rules)
            self._take(decide(self.issue, sent, context), self._terms, self._rules)
        raise RuntimeError(f"{self._life.stream}: more than {RINGS_MAX} rungs between two acts")

    def _take(self, decision: Decision, terms: Terms, rules: int) -> None:
        self.issue, self._terms, self._rules = decision.issue, terms, rules
        self.maker.take(decision.events, decision.issue, terms)

    @staticmethod
    def _first_due(
        issue: Issue, at: datetime, spared: frozenset[_Due]
    ) -> tuple[Clock, RungDue] | None:
        return min(
            (
                (clock, rung)
                for clock in issue.clocks
                for rung in clock.rungs
                if rung.due_at < at and (clock.id, clock.cycle, rung.id, rung.due_at) not in spared
            ),
            key=lambda due: due[1].due_at,
            default=None,
        )


def _due(issue: Issue, at: datetime) -> list[_Due]:
    return [
        (clock.id, clock.cycle, rung.id, rung.due_at)
        for clock in issue.clocks
        for rung in clock.rungs
        if rung.due_at <= at
    ]


def _freed(submission: Submission, target: Terms | None) -> Submission:
    """Return what was sent without what only the recorded life can meet: the version it expected,
    and the names of the terms it moved between."""
    command = submission.command
    if target is not None and isinstance(command, Adoption):
        command = command.model_copy(update={"terms": target.hash, "from_terms": None})
    return submission.model_copy(update={"expected_version": None, "command": command})


def _forbidden(act: _Act, error: IssueError) -> Forbidden:
    return Forbidden(
        command_id=act.row.id,
        kind=act.submission.command.kind,
        at=act.row.at,
        code=error.code,
        message=str(error),
    )
