"""Issues of the fictional zone that were kept in another ledger before."""

from datetime import datetime
from typing import Any

import builders as b

from domain import commands as cmd
from domain.chain import Record
from domain.commands import Command
from domain.commands_of_import import ImportIssue, StatedClock
from domain.decisions import decide
from domain.decisions.importing import imported_key
from domain.issue import Issue, Source
from domain.people import Actor
from domain.phases import Outcome, Phase
from domain.terms import Terms

NUMBER = "2025-17"
KEY = imported_key(NUMBER)
SOURCE = Source(file="a" * 64, line=18, sha256="b" * 64)
BY_PHASE: dict[Phase, dict[str, Any]] = {
    Phase.INTAKE: {},
    Phase.HANDLING: {"accepted_at": b.local(-6)},
    Phase.SIGN_OFF: {"accepted_at": b.local(-6), "resolution": "The road is open again."},
    Phase.CLOSED: {"closed_at": b.local(-3), "outcome": Outcome.CLOSED_OUT},
}


def import_issue(phase: Phase = Phase.HANDLING, **changes: Any) -> ImportIssue:
    """Return the import of an issue of the mill's; `changes` replace fields."""
    fields = {
        "source": SOURCE,
        "number": NUMBER,
        "enterprise": "mill",
        "category": "road-access",
        "title": "The gate is blocked",
        "text": "Lorries cannot reach the gate.",
        "phase": phase,
        "reported_at": b.local(-7),
        **BY_PHASE[phase],
    }
    return ImportIssue.model_validate(fields | changes)


def stated(
    clock: str = "handling", *, since: datetime | None = None, due: datetime | None = None
) -> tuple[StatedClock, ...]:
    """Return one clock as another ledger states it."""
    return (StatedClock(clock=clock, since_at=since, due_at=due),)


class Played:
    """An issue's life from its import on, by the real decisions."""

    def __init__(self, command: ImportIssue, *, terms: Terms = b.TERMS) -> None:
        self.terms = terms
        self.key = imported_key(command.number)
        self.records: list[Record] = []
        self.state: Issue | None = None
        self.do(command, b.COORDINATOR)

    @property
    def issue(self) -> Issue:
        """Return the issue as it stands."""
        assert self.state is not None
        return self.state

    def do(self, command: Command, actor: Actor, at: datetime = b.MON_9) -> list[str]:
        """Carry out an act, and return the kinds of its events."""
        sent = b.submission(command, actor, key=self.key)
        decision = decide(self.state, sent, b.context(at, self.terms))
        self.records += b.records_of(decision, sent, self.terms, after=self.records)
        self.state = decision.issue
        return b.kinds(decision)

    def ring(self, at: datetime = b.MON_9) -> list[str]:
        """Ring what is due first."""
        assert self.issue.next_rung is not None
        clock, rung = self.issue.next_rung
        return self.do(cmd.RingRung(clock=clock.id, cycle=clock.cycle, rung=rung.id), b.ENGINE, at)
