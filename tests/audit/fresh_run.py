"""Lives of a made-up year, and the same acts done afresh: by a desk, under other terms."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache

from audit.again import Recorded
from audit.course import Course
from audit.facts import Life, read_life
from demo.year import generate_year
from desk.desk import Desk
from desk.shelf import Shelf
from domain.commands import SUBMISSION, RingRung, Submission
from domain.errors import IssueError
from domain.figures import CLOSINGS
from domain.people import ENGINE
from domain.terms import Terms
from domain.view import Ring
from ledger.memory import MemoryLedger

RINGS_MAX = 400
OF_OTHERS = frozenset({"record_kin", "record_handover", "link", "add_child", "merge"})
"""What takes other issues, or was told by them: lives with it are not done afresh alone."""


class Hand:
    """A clock that a test moves."""

    offset = timedelta(0)

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return where it stands."""
        return self.at


@cache
def lives_of_a_year() -> tuple[tuple[Life, ...], Terms]:
    """Return lives of one issue each, and the terms that all stood under."""
    year = generate_year(60, seed=5)
    rows: dict[str, Life] = {}
    for changes in year.changes:
        stream = changes.command.stream
        life = rows.get(stream) or Life(stream, (), ())
        rows[stream] = Life(
            stream, (*life.records, *changes.records), (*life.commands, changes.command)
        )
    return tuple(life for life in rows.values() if _is_of_its_own(life)), year.terms


def _is_of_its_own(life: Life) -> bool:
    """Return whether a desk can do the acts of this life alone again: no issue began it, and it
    came to an end, so that nothing was due that the end of the year kept from firing."""
    begun = SUBMISSION.validate_json(life.commands[0].body)
    alone = OF_OTHERS.isdisjoint(row.kind for row in life.commands)
    ended = life.records[-1].kind in CLOSINGS
    return alone and ended and begun.actor != ENGINE and len(life.commands) > 4


def acts_of(life: Life) -> Iterator[tuple[datetime, Submission]]:
    """Yield what was done in a life, and when; rings are nobody's act."""
    for row in life.commands:
        submission = SUBMISSION.validate_json(row.body)
        if not isinstance(submission.command, RingRung):
            yield row.at, submission


async def done_afresh(
    stream: str,
    acts: Sequence[tuple[datetime, Submission]],
    terms: Terms,
    until_at: datetime,
) -> MemoryLedger:
    """Return a ledger in which a desk was asked for the same at the same instants, every rung rung
    at its own."""
    ledger, clock = MemoryLedger(), Hand(acts[0][0])
    desk = Desk(ledger, Shelf(ledger, {terms.handbook.zone: terms}), clock)
    for at, submission in acts:
        await _pass_time(desk, clock, stream, at)
        clock.at = at
        with suppress(IssueError):
            await desk.carry_out(submission)
    await _pass_time(desk, clock, stream, until_at)
    return ledger


async def course_of(ledger: MemoryLedger, stream: str, terms: Terms, until_at: datetime) -> Course:
    """Return what the events of a stream came to."""
    recorded = Recorded(await read_life(ledger, stream))
    for row in await ledger.commands(stream):
        recorded.next_of(row, terms)
    return recorded.maker.course(until_at)


async def _pass_time(desk: Desk, clock: Hand, stream: str, until: datetime) -> None:
    """Ring what is due before `until`, at its instant."""
    for _ in range(RINGS_MAX):
        row = await desk.ledger.issue(stream)
        due = None if row is None else row.issue.next_rung
        if row is None or due is None or due[1].due_at >= until:
            return
        clock.at = max(row.issue.changed_at, due[1].due_at)
        issue = row.issue
        ring = Ring(
            zone=issue.zone, key=issue.key, clock=due[0].id, cycle=due[0].cycle, rung=due[1].id
        )
        await desk.ring(ring)
    raise AssertionError(f"{stream}: more than {RINGS_MAX} rungs before {until}")
