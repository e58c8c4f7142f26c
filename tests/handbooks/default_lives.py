"""The life of an issue under the default clocks: a minute from act to act unless told otherwise."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain import commands as cmd
from domain.clock_rules import RungEffect
from domain.clocks import Clock, Verdict
from domain.decisions import Context, decide
from domain.events import Event
from domain.issue import Issue, Resolution
from domain.notices import notices_of
from domain.people import ENGINE, Actor, Officer, Representative
from domain.phases import Origin, PauseReason, Priority, ResultClass
from domain.terms import Terms
from handbooks.shelf import read_terms

TERMS = read_terms("bishan")
WEDNESDAY_AT = datetime(2026, 6, 3, 1, 30, tzinfo=UTC)
"""09:30 in Chongqing, half an hour after opening."""

ENTERPRISE = Representative(person="bishan-kaicheng-r01", enterprise="bishan-kaicheng")
GRID_OFFICER = Officer(person="bishan-p01", post="bishan-grid-officer-1")
AREA_LEAD = Officer(person="bishan-p11", post="bishan-area-lead-1")
COMMITTEE = Officer(person="bishan-p21", post="bishan-committee")
DISTRICT = Officer(person="bishan-p31", post="bishan-district-leader")
LATER = timedelta(minutes=1)
SOLVED = cmd.ProposeResolution(
    resolution=Resolution(result=ResultClass.SOLVED, summary="The loan was extended.")
)
WAIT = cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="Documents are missing.")
REJECT = cmd.Reject(reason="Nothing was extended.")


@dataclass
class Life:
    """One issue under the default clocks, a minute from act to act unless told otherwise."""

    priority: Priority = Priority.ORDINARY
    at: datetime = WEDNESDAY_AT
    terms: Terms = TERMS
    by: Actor = ENTERPRISE
    enterprise: str = "bishan-kaicheng"
    category: str = "FIN-1"
    issue: Issue | None = None
    events: list[Event] = field(default_factory=list)
    told: int = 0
    addressees: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.do(
            self.by,
            cmd.Report(
                enterprise=self.enterprise,
                category=self.category,
                title="Loan due",
                text="A loan falls due.",
                origin=Origin.ENTERPRISE,
                priority=self.priority,
            ),
        )

    @property
    def now(self) -> Issue:
        """Return the issue as it stands."""
        assert self.issue is not None
        return self.issue

    def do(self, actor: Actor, command: cmd.Command, after: timedelta = LATER) -> list[Event]:
        self.at += after
        zone = self.terms.handbook.zone
        submission = cmd.Submission(
            id=f"c{len(self.events)}", zone=zone, key="one", actor=actor, command=command
        )
        decision = decide(
            self.issue, submission, Context(at=self.at, terms=self.terms, number="2026-0001")
        )
        self.issue = decision.issue
        self.events += decision.events
        for event in decision.events:
            notices = notices_of(event, decision.issue, self.terms.handbook)
            self.told += len(notices)
            self.addressees += [(event.kind, notice.addressee) for notice in notices]
        return list(decision.events)

    def ring(self) -> list[Event]:
        """Ring the rung that is due first, at its instant."""
        assert self.issue is not None
        assert self.issue.next_rung is not None
        clock, rung = self.issue.next_rung
        command = cmd.RingRung(clock=clock.id, cycle=clock.cycle, rung=rung.id)
        return self.do(ENGINE, command, rung.due_at - self.at)

    def clock(self, id_: str) -> Clock:
        assert self.issue is not None
        clock = self.issue.clock(id_)
        assert clock is not None, id_
        return clock

    def live(self) -> set[str]:
        assert self.issue is not None
        return {clock.id for clock in self.issue.clocks if clock.is_live}

    def escalating(self) -> set[str]:
        """The clocks that would move the issue up if nothing happened."""
        rules = self.terms.rules_by_id
        ends = {id_ for id_, r in rules.items() if r.rungs[-1].effect is RungEffect.ESCALATE}
        return self.live() & ends

    def verdict(self, id_: str) -> Verdict | None:
        """How the last cycle that an event ended was judged."""
        ended = [c for e in self.events for c in e.clocks if c.clock == id_ and c.verdict]
        return ended[-1].verdict if ended else None
