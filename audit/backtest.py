"""A policy tried on the recorded past before it goes live (I1): every act of an issue again, at its
recorded instant, under other terms; what time alone brings about follows from them.

What people would have done under another policy cannot be known. Acts stay as and when they were
recorded, unless a rule forbids one: then it is left out and named. A rung that is due at the very
instant at which the recorded one was due fires when that one fired, or did not fire where that one
did not: the same policy then gives the same life, lateness and all. Any other rung fires at its
instant. What other issues told this one, and draws, are told again as recorded.
"""

from dataclasses import dataclass
from datetime import datetime

from audit.again import Act, Again, Forbidden, Policy, Recorded, adopted
from audit.course import Course
from audit.facts import Life, TermsOf
from domain.commands import SUBMISSION


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
    recorded, tried = Recorded(life), Again(life, policy)
    for row in life.commands:
        if row.at > until_at:
            break
        terms = await terms_of(row.terms)
        submission = SUBMISSION.validate_json(row.body)
        target = await adopted(submission.command, terms_of)
        tried.pass_time(row.at, spared=recorded.due_by(row.at))
        stored = recorded.next_of(row, terms if target is None else target)
        tried.act(Act(row, submission, terms, target, stored))
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
