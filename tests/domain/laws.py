"""Lives of issues by chance: random acts by random actors at random instants."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from builders import (
    ACCEPT,
    ACTORS,
    ASSIGN,
    CONFIRM,
    CONFIRM_BY_PROXY,
    CONVENE,
    COORDINATOR,
    DEESCALATE,
    DIRECTOR,
    ENGINE,
    ENTERPRISE,
    ESCALATE,
    HAND_OVER,
    HANDBOOK,
    HEAD,
    HISTORY_LOST,
    KEY,
    MON_9,
    NOTE,
    PARTLY,
    PAUSE,
    POWER_PART,
    PROPOSE,
    REJECT,
    REOPEN,
    RESUME,
    SEND_BACK,
    SHANGHAI,
    TERMS,
    TURN_AWAY,
    UNREACHABLE,
    VERIFY,
    VICE_DIRECTOR,
    WITHDRAW,
    ZONE,
    context,
    records_of,
    report,
    ring,
    submission,
)
from deep import deep
from hypothesis import strategies as st

from domain import commands as cmd
from domain.chain import Record
from domain.clocks import Basis, Standing
from domain.decisions import decide
from domain.errors import IssueError
from domain.events import Event
from domain.evolve import evolve
from domain.issue import Issue
from domain.organization import owner_post, post
from domain.people import Actor, Officer
from domain.phases import PauseReason, Phase

LIVES = deep("lives of issues by chance", 600)
ACTS_MAX = 40
MILLISECOND = timedelta(milliseconds=1)

PARTS = ("survey", "cable", "permit", "bridge")
SECOND_TEAM = cmd.ConveneTeam(lead="power", parts=(POWER_PART,))
ON_PARTS = [
    act
    for part in PARTS
    for act in (
        cmd.AcceptPart(part=part),
        cmd.RefusePart(part=part, reason="Not ours."),
        cmd.FinishPart(part=part, summary="Done."),
        cmd.WaivePart(part=part, reason="Not needed."),
    )
]
COMMANDS = [
    report(),
    report(tier=2),
    ACCEPT,
    cmd.Accept(category="power-supply"),
    cmd.Accept(category="weather"),
    TURN_AWAY,
    ASSIGN,
    cmd.Assign(handler="nobody"),
    HAND_OVER,
    cmd.HandOver(unit="customs", reason="Theirs."),
    NOTE,
    ESCALATE,
    cmd.Escalate(to_tier=3, reason="For the zone."),
    cmd.Escalate(to_tier=5, reason="Higher."),
    DEESCALATE,
    cmd.Deescalate(to_tier=2, reason="For the area."),
    CONVENE,
    SECOND_TEAM,
    *ON_PARTS,
    PAUSE,
    cmd.Pause(reason=PauseReason.WAITING_OUTSIDE, party="customs", note="At customs."),
    RESUME,
    PROPOSE,
    cmd.ProposeResolution(resolution=PARTLY),
    CONFIRM,
    CONFIRM_BY_PROXY,
    REJECT,
    UNREACHABLE,
    cmd.MarkUnreachable(attempts=1, note="No answer."),
    VERIFY,
    SEND_BACK,
    WITHDRAW,
    REOPEN,
    ring(),
    ring("sign_off"),
    ring("tide", 3, "due"),
    HISTORY_LOST,
]
FITTING = {
    Phase.INTAKE: [ACCEPT, ACCEPT, ACCEPT, ESCALATE, NOTE, TURN_AWAY, WITHDRAW],
    Phase.HANDLING: [
        PROPOSE,
        PROPOSE,
        cmd.ProposeResolution(resolution=PARTLY),
        ESCALATE,
        DEESCALATE,
        CONVENE,
        SECOND_TEAM,
        *ON_PARTS,
        PAUSE,
        RESUME,
        RESUME,
        HAND_OVER,
        ASSIGN,
        NOTE,
        WITHDRAW,
    ],
    Phase.SIGN_OFF: [
        CONFIRM,
        CONFIRM_BY_PROXY,
        REJECT,
        REJECT,
        UNREACHABLE,
        VERIFY,
        VERIFY,
        SEND_BACK,
        WITHDRAW,
        NOTE,
    ],
    Phase.CLOSED: [REOPEN, NOTE],
}


def working_ms(from_at: datetime, to_at: datetime) -> int:
    """Count Monday to Friday, 09:00 to 17:00, day by day: shares nothing with the calendar."""
    total = timedelta()
    begin, end = from_at.astimezone(SHANGHAI), to_at.astimezone(SHANGHAI)
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    while midnight < end:
        if midnight.weekday() < 5:
            opens, closes = midnight + timedelta(hours=9), midnight + timedelta(hours=17)
            total += max(timedelta(), min(end, closes) - max(begin, opens))
        midnight += timedelta(days=1)
    return total // MILLISECOND


def counted_ms(basis: Basis, from_at: datetime, to_at: datetime) -> int:
    return (to_at - from_at) // MILLISECOND if basis is Basis.WALL else working_ms(from_at, to_at)


@dataclass
class Life:
    """One issue's life so far: what the ledger would hold of it."""

    issue: Issue | None = None
    at: datetime = MON_9
    events: list[Event] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def try_(self, command: cmd.Command, actor: Actor) -> bool:
        """Submit a command; return whether it was taken. Only an IssueError may refuse it."""
        sent = submission(command, actor)
        try:
            decision = decide(self.issue, sent, context(self.at))
        except IssueError:
            return False
        assert decide(self.issue, sent, context(self.at)) == decision
        issue = self.issue
        for event in decision.events:
            issue = evolve(issue, event, zone=ZONE, key=KEY, terms=TERMS.hash)
        assert issue == decision.issue
        self.records += records_of(decision, sent, after=self.records)
        self.events += decision.events
        self.issue = decision.issue
        return True


def wait(draw: st.DrawFn, life: Life) -> timedelta:
    """Return how long until the next act; often to a rung's very instant, or just beside it."""
    rung = None if life.issue is None else life.issue.next_rung
    if rung is not None and draw(st.integers(0, 3)) == 0:
        beside = draw(st.sampled_from([-1, 0, 0, 1])) * MILLISECOND
        return max(timedelta(), rung[1].due_at + beside - life.at)
    minutes = draw(st.sampled_from([0, 0, 0, 1, 1, 7, 7, 60, 195, 480, 1440, 4320, 20160]))
    return timedelta(minutes=minutes, milliseconds=draw(st.integers(0, 3)) * 333)


def somebody(draw: st.DrawFn, issue: Issue) -> Actor:
    """Return someone who has to do with the issue, more often than not."""
    in_charge: list[Actor] = [
        Officer(person=person, post=id_)
        for id_ in (issue.owner, issue.handler)
        for person in post(HANDBOOK, id_).people
    ]
    around = [ENTERPRISE, COORDINATOR, HEAD, DIRECTOR, VICE_DIRECTOR]
    units = [ACTORS["section"], ACTORS["power section"]]
    return draw(st.sampled_from([*in_charge, *in_charge, *around, *units]))


def way_on(issue: Issue) -> list[tuple[cmd.Command, Actor]]:
    """Return what would bring the issue forward, and by whom."""
    owner = Officer(person=post(HANDBOOK, issue.owner).people[0], post=issue.owner)
    match issue.phase:
        case Phase.INTAKE:
            return [(ACCEPT, owner)]
        case Phase.CLOSED:
            return [(REOPEN, ENTERPRISE)]
        case Phase.SIGN_OFF if issue.sign_off.outcome is None:
            return [(CONFIRM, ENTERPRISE), (REJECT, ENTERPRISE), (UNREACHABLE, COORDINATOR)]
        case Phase.SIGN_OFF:
            return [(VERIFY, HEAD), (VERIFY, DIRECTOR), (VERIFY, VICE_DIRECTOR), (SEND_BACK, HEAD)]
    if issue.pause is not None:
        return [(RESUME, owner)]
    if issue.team is not None and issue.team.open_parts:
        units = {"roads": ACTORS["section"], "power": ACTORS["power section"]}
        part = issue.team.open_parts[0]
        done = cmd.FinishPart(part=part.id, summary="Done.")
        return [(done, units[part.unit]), (cmd.WaivePart(part=part.id, reason="-"), owner)]
    return [(PROPOSE, owner), (PROPOSE, owner), (PAUSE, owner), (CONVENE, owner)]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Live through a random life, checking after every act what must hold at any moment."""
    life = Life()
    life.try_(
        report(priority=draw(st.sampled_from(["ordinary", "ordinary", "emergency"]))), ENTERPRISE
    )
    for _ in range(draw(st.integers(1, ACTS_MAX) | st.just(ACTS_MAX))):
        life.at += wait(draw, life)
        way = draw(st.integers(0, 7))
        if way >= 4:
            command, actor = draw(st.sampled_from(way_on(life.issue)))
        elif way:
            command = draw(st.sampled_from(FITTING[life.issue.phase]))
            actor = somebody(draw, life.issue)
        else:
            command = draw(st.sampled_from(COMMANDS))
            actor = draw(st.sampled_from(list(ACTORS.values())))
        if life.try_(command, actor):
            check_moment(life)
    return life


def check_moment(life: Life) -> None:
    """Check what holds after every act that was taken."""
    issue = life.issue
    assert issue.owner == owner_post(HANDBOOK, issue.enterprise, issue.tier).id
    assert post(HANDBOOK, issue.handler) is not None
    assert issue.version == len(life.events)
    assert (issue.outcome is None) == (issue.closed_at is None) == issue.is_open
    assert any(clock.is_live for clock in issue.clocks) == issue.is_open
    if not issue.is_open:
        assert issue.next_rung is None
        return
    assert issue.next_rung is None or issue.next_rung[1].due_at >= life.at
    standing = {clock.id: clock.standing for clock in issue.clocks if clock.is_live}
    for id_ in standing.keys() & {"handling", "resolution", "redo"}:
        stands = issue.pause is not None or (id_ == "resolution" and issue.phase is Phase.SIGN_OFF)
        assert standing[id_] is (Standing.PAUSED if stands else Standing.RUNNING)
    once = Life(issue, life.at)
    assert once.try_(ring(), ENGINE)
    twice = Life(once.issue, life.at)
    assert twice.try_(ring(), ENGINE)
    assert (twice.events, twice.issue) == ([], once.issue)
