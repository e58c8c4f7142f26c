"""Issues to write: real events, folded by the real fold, with the rows that follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.canonical import sha256
from domain.chain import GENESIS, Origin, recorded
from domain.clock_rules import RungEffect
from domain.clocks import ClockTransition, Move, Run, RungDue, Verdict
from domain.durations import Basis
from domain.events import (
    Event,
    IssueAccepted,
    IssueClosedOut,
    IssueReported,
    NoteAdded,
    RungFired,
)
from domain.events_of_modes import EmergencyDeclared, EmergencyEnded
from domain.evolve import evolve
from domain.issue import Issue
from domain.notices import Notice
from domain.people import ENGINE
from domain.phases import Origin as HowKnown
from domain.phases import Outcome, Priority, SignOffOutcome
from ledger.port import Changes, CommandRow, Ledger
from ledger.projections import rows_of

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TERMS = sha256("terms of the tests")
RULES = 1


def at(hours: float) -> datetime:
    """The moment `hours` after the start of every life here."""
    return START + timedelta(hours=hours)


def flooded(hours: float = 0, incident: str = "flood") -> EmergencyDeclared:
    """A declaration of an emergency."""
    return EmergencyDeclared(
        at=at(hours),
        by=ENGINE,
        incident=incident,
        stage="rescue",
        from_priority=Priority.ORDINARY,
        levels=(),
    )


def dried(hours: float = 0, incident: str = "flood") -> EmergencyEnded:
    """The end of an emergency."""
    return EmergencyEnded(
        at=at(hours),
        by=ENGINE,
        incident=incident,
        to_priority=Priority.ORDINARY,
        reason="The water has gone.",
    )


def run(hours: float, *, length: timedelta = DAY) -> Run:
    """A stretch that starts after `hours` and warns halfway."""
    return Run(
        basis=Basis.WALL,
        budget_ms=int(length.total_seconds() * 1000),
        anchor_at=at(hours),
        due_at=at(hours) + length,
        rungs=(
            RungDue(id="half", due_at=at(hours) + length / 2),
            RungDue(id="full", due_at=at(hours) + length),
        ),
    )


def clock_moves(move: Move, hours: float, *, cycle: int = 1) -> ClockTransition:
    """A move of the clock `respond`, which has one day."""
    starts = move in (Move.START, Move.RESET, Move.RESUME)
    return ClockTransition(
        clock="respond",
        rule="respond",
        cycle=cycle,
        move=move,
        elapsed_ms=0 if move is Move.START else 3_600_000,
        verdict=Verdict.MET if move in (Move.STOP, Move.RESET) else None,
        run=run(hours) if starts else None,
    )


def reported(
    hours: float = 0, *, title: str = "Lift out of order", owner: str = "street"
) -> IssueReported:
    """The first event; it starts the clock `respond`."""
    return IssueReported(
        at=at(hours),
        by=ENGINE,
        enterprise="E001",
        category="lifts",
        title=title,
        text="It stands between two floors.",
        origin=HowKnown.ENTERPRISE,
        priority=Priority.ORDINARY,
        tier=1,
        owner=owner,
        owner_person=None,
        clocks=(clock_moves(Move.START, hours),),
    )


def accepted(number: str, hours: float = 1) -> IssueAccepted:
    """The issue gets its number; its clock begins a second cycle."""
    return IssueAccepted(
        at=at(hours),
        by=ENGINE,
        number=number,
        category="lifts",
        handler="repairs",
        clocks=(clock_moves(Move.RESET, hours, cycle=2),),
    )


def note(hours: float = 2, text: str = "Looked at it.") -> NoteAdded:
    """An event that moves nothing."""
    return NoteAdded(at=at(hours), by=ENGINE, text=text)


def closed_out(hours: float, *, cycle: int = 1) -> IssueClosedOut:
    """The end; it stops the clock."""
    return IssueClosedOut(
        at=at(hours),
        by=ENGINE,
        outcome=Outcome.CLOSED_OUT,
        sign_off=SignOffOutcome.ACCEPTED,
        clocks=(clock_moves(Move.STOP, hours, cycle=cycle),),
    )


def rung_fired(rung: str, hours: float, *, cycle: int = 1) -> RungFired:
    """A rung of the clock `respond`, fired an hour after it was due."""
    return RungFired(
        at=at(hours),
        by=ENGINE,
        clock="respond",
        cycle=cycle,
        rung=rung,
        percent=100 if rung == "full" else 50,
        effect=RungEffect.REMIND,
        due_at=at(hours - 1),
    )


@dataclass
class Life:
    """One issue as a desk would lead it: every step gives the changes of one command."""

    key: str
    zone: str = "z1"
    issue: Issue | None = None
    hash: str = GENESIS
    steps: int = 0

    @property
    def stream(self) -> str:
        """The name of its stream."""
        return f"{self.zone}/{self.key}"

    def step(  # what a test may vary, all named
        self,
        *events: Event,
        command_id: str | None = None,
        tell: Sequence[str] = (),
        armed_due_at: datetime | None = None,
        answered: bool = False,
        poke: bool = False,
        ring: bool = False,
    ) -> Changes:
        """Return the changes of the next command; `tell` names whom its first event is told to."""
        self.steps += 1
        before, version = self.issue, 0 if self.issue is None else self.issue.version
        after = before
        for event in events:
            after = evolve(after, event, zone=self.zone, key=self.key, terms=TERMS)
        command_id = command_id or f"{self.stream}#{self.steps}"
        origin = Origin(self.stream, command_id, sha256(command_id), TERMS, RULES)
        records = recorded(events, origin, after_version=version, previous=self.hash)
        notices = [
            Notice(f"{self.stream}/{version + 1}/{name}", self.stream, version + 1, "note", name)
            for name in tell
        ]
        rows = None
        if after is not None and events:
            rows = rows_of(before, after, events, records, notices, ring=ring)
            self.issue, self.hash = after, records[-1].hash
        return Changes(
            command=CommandRow(
                id=command_id,
                stream=self.stream,
                kind="step",
                at=events[0].at if events else START,
                actor='{"kind":"engine"}',
                body="{}",
                hash=sha256(command_id),
                terms=TERMS,
                rules=RULES,
                first_version=version + 1,
                count=len(events),
                result=f'{{"version":{version + len(events)}}}',
            ),
            records=records,
            issue=after if events else None,
            armed_due_at=armed_due_at,
            answered=answered,
            clocks=() if rows is None else rows.clocks,
            firings=() if rows is None else rows.firings,
            notices=() if rows is None else rows.notices,
            poke=poke,
        )


async def write(ledger: Ledger, changes: Changes) -> None:
    """Carry `changes` out as the desk does: lock, then append."""
    async with ledger.transaction() as transaction:
        head, _ = await transaction.lock(changes.command.stream, changes.command.id)
        await transaction.append(head, changes)


async def told(ledger: Ledger, key: str, *addressees: str) -> Life:
    """Write an issue whose workflow must hear, with notices to be told."""
    life = Life(key)
    await write(ledger, life.step(reported(), poke=True, tell=addressees))
    return life
