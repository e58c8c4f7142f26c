"""What lists and boards show of an issue, derived from what one command did. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.chain import Record
from domain.clock_rules import FULL_PERCENT
from domain.clocks import Clock, ClockTransition, Move, Standing, moved, rung_fired
from domain.events import Event, RungFired
from domain.issue import Issue
from domain.notices import Notice
from ledger.port import ClockRow, FiringRow, NoticeRow

NUL = "\x00"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that one command writes beside its events."""

    clocks: tuple[ClockRow, ...]
    firings: tuple[FiringRow, ...]
    notices: tuple[NoticeRow, ...]


@dataclass(frozen=True, slots=True)
class IssueColumns:
    """What an issue can be found and sorted by."""

    phase: str
    outcome: str | None
    number: str | None
    category: str
    enterprise: str
    owner: str
    handler: str
    tier: int
    priority: str
    title: str
    reported_at: datetime
    closed_at: datetime | None
    next_due_at: datetime | None
    deadline_at: datetime | None
    open: bool


def columns_of(issue: Issue) -> IssueColumns:
    """Return the list columns of `issue`. PostgreSQL knows no NUL, so titles lose theirs."""
    rung, deadline = issue.next_rung, issue.deadline
    return IssueColumns(
        phase=issue.phase.value,
        outcome=None if issue.outcome is None else issue.outcome.value,
        number=None if issue.number is None else issue.number.replace(NUL, ""),
        category=issue.category,
        enterprise=issue.enterprise,
        owner=issue.owner,
        handler=issue.handler,
        tier=issue.tier,
        priority=issue.priority.value,
        title=issue.title.replace(NUL, ""),
        reported_at=issue.reported_at,
        closed_at=issue.closed_at,
        next_due_at=None if rung is None else rung[1].due_at,
        deadline_at=None if deadline is None else deadline.due_at,
        open=issue.is_open,
    )


def rows_of(
    before: Issue | None,
    after: Issue,
    events: Sequence[Event],
    records: Sequence[Record],
    notices: Sequence[Notice],
    *,
    ring: bool = False,
) -> Rows:
    """Return the rows that follow from `events`, which made `before` into `after`.

    `records` are the same events as recorded, for their versions. `notices` name the version that
    they tell of. `ring`: the workflow rang, rather than another command finding the rung due.
    """
    told = {notice.version for notice in notices}
    at_of = {record.version: record.at for record in records}
    return Rows(
        clocks=_clock_rows(before, after, events),
        firings=tuple(
            _firing_row(after.stream, event, record, ring=ring, told=record.version in told)
            for event, record in zip(events, records, strict=True)
            if isinstance(event, RungFired)
        ),
        notices=tuple(
            NoticeRow(
                id=notice.id,
                stream=notice.stream,
                version=notice.version,
                kind=notice.kind,
                addressee=notice.addressee,
                created_at=at_of[notice.version],
            )
            for notice in notices
        ),
    )


def _firing_row(
    stream: str, event: RungFired, record: Record, *, ring: bool, told: bool
) -> FiringRow:
    return FiringRow(
        stream=stream,
        clock=event.clock,
        cycle=event.cycle,
        rung=event.rung,
        version=record.version,
        due_at=event.due_at,
        fired_at=event.at,
        ring=ring,
        effect_done_at=None if told else event.at,
    )


def _clock_rows(
    before: Issue | None, after: Issue, events: Sequence[Event]
) -> tuple[ClockRow, ...]:
    """Return the cycles that changed, each once, as it stands after the last event.

    Most come from `after`; cycles that ended on the way are folded from the events. The one event
    of a plain command leaves its clocks as `after` has them.
    """
    clocks = {} if before is None else {clock.id: clock for clock in before.clocks}
    ended = {clock.id: clock for clock in after.clocks}
    several = len(events) > 1
    rows: dict[tuple[str, int], ClockRow] = {}
    for event in events:
        if isinstance(event, RungFired) and (clock := clocks.get(event.clock)) is not None:
            breached_at = event.due_at if event.percent == FULL_PERCENT else None
            clocks[clock.id] = rung_fired(
                clock,
                event.rung,
                breached_at=breached_at,
                following=event.next,
                skipped=event.skipped,
            )
            rows[clock.id, clock.cycle] = clock_row(after.stream, clocks[clock.id])
        for change in event.clocks:
            replaced = clocks.get(change.clock)
            if change.move is Move.RESET and replaced is not None:
                rows[replaced.id, replaced.cycle] = clock_row(
                    after.stream, _ended_by_reset(replaced, change)
                )
            clock = moved(replaced, change, event.at) if several else ended[change.clock]
            clocks[clock.id] = clock
            rows[clock.id, clock.cycle] = clock_row(after.stream, clock)
    if several:
        for clock in after.clocks:
            if (clock.id, clock.cycle) in rows:
                rows[clock.id, clock.cycle] = clock_row(after.stream, clock)
    return tuple(rows.values())


def _ended_by_reset(clock: Clock, change: ClockTransition) -> Clock:
    return clock.model_copy(
        update={
            "standing": Standing.STOPPED,
            "elapsed_ms": change.elapsed_ms,
            "due_at": None,
            "rungs": (),
            "verdict": change.verdict,
        }
    )


def clock_row(stream: str, clock: Clock) -> ClockRow:
    """Return the row of the present cycle of `clock`."""
    return ClockRow(
        stream=stream,
        clock=clock.id,
        cycle=clock.cycle,
        rule=clock.rule,
        standing=clock.standing.value,
        budget_ms=clock.budget_ms,
        elapsed_ms=clock.elapsed_ms,
        anchor_at=clock.anchor_at,
        due_at=clock.due_at,
        provisional=clock.provisional,
        breached_at=clock.breached_at,
        verdict=None if clock.verdict is None else clock.verdict.value,
    )
