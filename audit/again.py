"""A life played again: recorded acts at their instants, and what time alone brings about by the
terms they are decided by."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.course import CourseMaker
from audit.facts import Life, TermsOf
from audit.kin import kin_recorded
from audit.reexecute import number_recorded
from domain.canonical import canonical, sha256
from domain.chain import GENESIS, Origin, Record, recorded
from domain.clocks import Clock, RungDue
from domain.commands import Accept, Command, RingRung, Submission
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

Due = tuple[str, int, str, datetime]
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


async def adopted(command: Command, terms_of: TermsOf) -> Terms | None:
    """Return the terms that a command adopts, if it adopts any."""
    return await terms_of(command.terms) if isinstance(command, Adoption) else None


@dataclass(frozen=True, slots=True)
class Act:
    """A recorded command: what it was decided by, what it adopted, and the events it caused."""

    row: CommandRow
    submission: Submission
    terms: Terms
    target: Terms | None
    stored: tuple[Record, ...]
    number: str | None = None
    """What an acceptance that nobody recorded is to be numbered."""

    @property
    def stays(self) -> bool:
        """Return whether it adopted the very terms that the issue stood under."""
        return self.target is not None and self.target.hash == self.terms.hash


class Recorded:
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

    def due_by(self, at: datetime) -> frozenset[Due]:
        """Return the rungs that were due by `at` and had not fired."""
        return frozenset() if self._issue is None else frozenset(_due(self._issue, at))

    def next_of(self, row: CommandRow, terms: Terms) -> tuple[Record, ...]:
        """Fold the events that a command caused, which left the issue under `terms`; return
        them."""
        stored = self._life.records[self._read : self._read + row.count]
        self._read += row.count
        zone, key = self._life.zone, self._life.key
        events = [record.event for record in stored]  # each is read anew when it is asked for
        for record, event in zip(stored, events, strict=True):
            self._issue = evolve(self._issue, event, zone=zone, key=key, terms=record.terms)
        if self._issue is not None:
            self.maker.take(events, self._issue, terms)
        return stored


class Again:
    """The life as it would have been. With `keep` its events are put down as the ledger would put
    them, in `records`."""

    def __init__(self, life: Life, policy: Policy, *, keep: bool = False) -> None:
        self._life = life
        self._policy = policy
        self._keep = keep
        self.records: list[Record] = []
        self._terms: Terms | None = None
        self._rules = 1
        self.issue: Issue | None = None
        self.maker = CourseMaker()
        self.forbidden: list[Forbidden] = []

    def act(self, act: Act) -> IssueError | None:
        """Do again what was done; what is refused now is left out and named, and returned."""
        if self.issue is None and self.forbidden:
            return None  # the report itself was refused: the rest has nothing to be done to
        terms = self._policy(act.terms) if self._terms is None else self._terms
        target = None if act.target is None else self._policy(act.target)
        if target is not None and target.hash == terms.hash and not act.stays:
            return None  # under the tried terms there was nothing to move to
        sent = _freed(act.submission, target)
        accepted = isinstance(sent.command, Accept)
        linked = isinstance(sent.command, LinkCommand)
        context = Context(
            act.row.at,
            terms,
            rules=act.row.rules,
            number=(act.number or number_recorded(act.stored)) if accepted else None,
            target=target,
            kin=kin_recorded(self.issue, act.stored) if linked else None,
        )
        try:
            decision = decide(self.issue, sent, context)
        except IssueError as error:
            self.forbidden.append(_forbidden(act, error))
            return error
        if self._keep:
            origin = Origin(
                stream=self._life.stream,
                command_id=act.row.id,
                command_hash=act.row.hash,
                terms=terms.hash,
                rules=act.row.rules,
                occurred_at=act.submission.occurred_at,
            )
            self._put_down(decision, origin)
        self._take(decision, target or terms, act.row.rules)
        return None

    def pass_time(self, at: datetime, *, spared: frozenset[Due]) -> None:
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
                id=f"again:{self.issue.version}",
                zone=self.issue.zone,
                key=self.issue.key,
                actor=ENGINE,
                command=ring,
            )
            context = Context(rung.due_at, self._terms, rules=self._rules)
            decision = decide(self.issue, sent, context)
            if self._keep:
                hash_ = sha256(canonical(sent))
                terms = self._terms.hash
                self._put_down(
                    decision, Origin(self._life.stream, sent.id, hash_, terms, self._rules)
                )
            self._take(decision, self._terms, self._rules)
        raise RuntimeError(f"{self._life.stream}: more than {RINGS_MAX} rungs between two acts")

    def _put_down(self, decision: Decision, origin: Origin) -> None:
        last = self.records[-1] if self.records else None
        self.records += recorded(
            decision.events,
            origin,
            after_version=0 if last is None else last.version,
            previous=GENESIS if last is None else last.hash,
        )

    def _take(self, decision: Decision, terms: Terms, rules: int) -> None:
        self.issue, self._terms, self._rules = decision.issue, terms, rules
        self.maker.take(decision.events, decision.issue, terms)

    @staticmethod
    def _first_due(
        issue: Issue, at: datetime, spared: frozenset[Due]
    ) -> tuple[Clock, RungDue] | None:
        return min(
            (
                (clock, rung)
                for clock in issue.clocks
                for rung in clock.rungs
                if rung.due_at < at and (clock.id, clock.cycle, rung.id, rung.due_at) not in spared
            ),
            key=lambda due: (due[1].due_at, due[0].id),  # as `Issue.next_rung` has them
            default=None,
        )


def _due(issue: Issue, at: datetime) -> list[Due]:
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


def _forbidden(act: Act, error: IssueError) -> Forbidden:
    return Forbidden(
        command_id=act.row.id,
        kind=act.submission.command.kind,
        at=act.row.at,
        code=error.code,
        message=str(error),
    )
