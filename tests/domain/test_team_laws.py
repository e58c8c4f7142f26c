"""Whatever happens in a joint team: parts end within the lead's time, disputes end, time adds up.

CLOSEOUT_DEEP=1 lives ten times as many lives.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import builders as b
import builders_team as bt
from builders_team import DIG, PERMIT, PIPE, TEAM
from deep import deep
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from audit.promises import read_promises
from domain import commands_of_ladder as ld
from domain import commands_of_time as tm
from domain.chain import Record
from domain.clocks import Standing
from domain.decisions import decide
from domain.derivation import derivations
from domain.durations import OpenHours, WorkingDays
from domain.errors import IssueError
from domain.events import EVENT, Event
from domain.evolve import evolve
from domain.issue import Issue
from domain.known import known_now
from domain.people import ENGINE
from domain.phases import PartStanding, Phase
from domain.reasons import judgements
from domain.team import unmet
from domain.team_times import Share, part_times

LIVES = deep("lives of joint teams by chance", 400)
LAMP = DIG.model_copy(update={"id": "lamp", "unit": "roads", "depends_on": ("permit",)})
TWO = WorkingDays(days=2, due="same_time")
SHORT = ld.Instruct(
    text="-", expires_at=b.local(20), clock="convener", limit=OpenHours(minutes=900)
)
ACTS = (
    (bt.CONVENE, b.HEAD),
    (bt.convene(DIG, PIPE, PERMIT, closes="lead_decides"), b.DIRECTOR),
    (bt.convene(DIG.model_copy(update={"budget": OpenHours(minutes=3000)})), b.HEAD),
    (bt.accept("dig"), b.POWER_SECTION),
    (bt.refuse("dig"), b.POWER_SECTION),
    (bt.refuse("pipe"), bt.WATER_SECTION),
    (bt.refuse("permit"), b.COORDINATOR),
    (bt.finish("dig"), b.POWER_SECTION),
    (bt.finish("pipe"), bt.WATER_SECTION),
    (bt.finish("permit"), b.COORDINATOR),
    (bt.waive("dig"), b.HEAD),
    (bt.waive("pipe"), b.SECTION),
    (bt.replace("dig", "water"), b.SECTION),
    (bt.replace("pipe", "roads"), b.HEAD),
    (bt.leave("permit"), b.COORDINATOR),
    (bt.add(LAMP), b.SECTION),
    (bt.rule("dig", upheld=False), b.COORDINATOR),
    (bt.rule("dig", upheld=True, unit="water"), b.COORDINATOR),
    (bt.rule("pipe", upheld=True), b.POWER_SECTION),
    (bt.rule("permit", upheld=False), b.POWER_SECTION),
    (bt.CONCLUDE, b.SECTION),
    (b.PAUSE, b.HEAD),
    (b.RESUME, b.HEAD),
    (b.RAISE, b.COORDINATOR),
    (SHORT, b.DIRECTOR),
    (tm.AskExtension(clock="convener", extra=TWO, reason="-"), b.HEAD),
    (tm.AskExtension(clock="share.1.dig", extra=TWO, reason="-"), b.HEAD),
    (b.GRANT, b.DIRECTOR),
    (b.ESCALATE, b.COORDINATOR),
    (b.PROPOSE, b.SECTION),
    (b.REJECT, b.ENTERPRISE),
    (b.CONFIRM, b.ENTERPRISE),
    (b.WITHDRAW, b.ENTERPRISE),
    (b.SEND_BACK, b.DIRECTOR),
    (b.VERIFY, b.VICE_DIRECTOR),
    (b.REOPEN, b.ENTERPRISE),
    (b.NOTE, b.ENTERPRISE),
)
lives = st.lists(
    st.tuples(st.integers(0, len(ACTS) - 1), st.sampled_from([0, 7, 7, 55, 300, 1500, 4000])),
    max_size=50,
)


@dataclass
class Lived:
    """A life as it was lived: what is refused is passed over."""

    issue: Issue
    at: object
    moments: list[tuple[Event, Issue]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def lived(choices: list[tuple[int, int]]) -> Lived:
    story = b.told(*bt.AT_TIER_2, terms=TEAM)
    life = Lived(story.issue, b.MON_9, records=list(story.records))
    at = b.MON_9
    for act, minutes in choices:
        at += timedelta(minutes=minutes)
        command, actor = ACTS[act]
        submitted = b.submission(command, actor)
        try:
            decision = decide(life.issue, submitted, b.context(at, TEAM))
        except IssueError:
            continue
        life.records += b.records_of(decision, submitted, TEAM, after=life.records)
        for event in decision.events:
            assert EVENT.validate_json(event.model_dump_json()) == event
            life.issue = evolve(life.issue, event, zone=b.ZONE, key=b.KEY, terms=TEAM.hash)
            life.moments.append((event, life.issue))
        assert life.issue == decision.issue
        check_team(life.issue)
    life.at = at
    return life


def check_team(issue: Issue) -> None:
    """After every decision: parts within the lead's time, nobody waits in vain, disputes run."""
    lead = issue.clock("convener")
    if lead is not None and lead.standing is Standing.RUNNING and lead.breached_at is None:
        late = [
            c for c in issue.clocks if c.rule == "share" and c.due_at and c.due_at > lead.due_at
        ]
        assert not late, (late, lead)
    team = issue.team
    for part in () if team is None else team.parts:
        waits = part.standing is PartStanding.WAITING
        assert not waits or unmet(part, team.parts)
        in_dispute = part.standing is PartStanding.REFUSED
        assert in_dispute == (part.arbiter is not None)
        ruling = issue.clock(f"judging.{team.number}.{part.id}")
        if in_dispute and issue.phase is Phase.HANDLING:
            assert ruling is not None
            assert ruling.is_live
        owes = part.standing in (PartStanding.ASKED, PartStanding.ACCEPTED)
        if owes and issue.phase is Phase.HANDLING and issue.pause is None:
            assert issue.clock(f"share.{team.number}.{part.id}").is_live


@settings(max_examples=LIVES, deadline=None, suppress_health_check=list(HealthCheck))
@for_all(lives)
def test_whatever_happens_parts_end_within_the_leads_time_and_every_limit_can_be_told(choices):
    life = lived(choices)
    by_hash = {TEAM.hash: TEAM}

    assert all(each.adds_up for each in derivations(life.records, by_hash))
    for clock in life.issue.clocks:
        told = judgements(life.records, by_hash, clock.id)
        assert all(each.agrees for each in told), [e for e in told if not e.agrees]
    assert all(each.then == each.now for each in known_now(life.records, by_hash))
    book = read_promises(life.records, now=life.records[-1].at, grace=timedelta(0))
    assert not [each for each in book.found if each.kind != "unaccounted"]


@settings(max_examples=LIVES, deadline=None, suppress_health_check=list(HealthCheck))
@for_all(lives)
def test_the_stretches_of_a_parts_life_leave_no_gap_and_the_stints_share_it_out(choices):
    life = lived(choices)

    for part in part_times(life.moments, TEAM, life.at):
        edges = [each.from_at for each in part.stretches] + [part.ended_at]
        assert edges[0] == (part.asked_at if part.stretches else part.ended_at)
        assert [each.to_at for each in part.stretches] == edges[1:]
        assert [s.to_at for s in part.stints[:-1]] == [s.from_at for s in part.stints[1:]]
        assert (part.stints[0].from_at, part.stints[-1].to_at) == (part.asked_at, part.ended_at)
        assert sum(stint.own_ms for stint in part.stints) == part.spent_ms(Share.OWN)
        assert all(0 <= stint.late_ms <= stint.own_ms for stint in part.stints)
        assert (part.settled_at is None) or part.settled_at == part.ended_at


def test_the_lives_above_come_to_every_kind_of_event_of_a_team():
    """A story that goes through all of it, told by the same means: what the laws judge happens."""
    acts = [
        (bt.convene(DIG, PIPE, PERMIT, closes="lead_decides"), b.DIRECTOR),
        (bt.CONVENE, b.HEAD),
        (bt.refuse("dig"), b.POWER_SECTION),
        (bt.rule("dig", upheld=False), b.COORDINATOR),
        (bt.refuse("pipe"), bt.WATER_SECTION),
        (b.NOTE, b.ENTERPRISE),
        (bt.replace("pipe", "roads"), b.HEAD),
        (bt.add(LAMP), b.SECTION),
        (bt.leave("permit"), b.COORDINATOR),
        (bt.finish("dig"), b.POWER_SECTION),
    ]
    tour = [(ACTS.index(act), 300 if act[0] is b.NOTE else 7) for act in acts]

    kinds = {event.kind for event, _ in lived(tour).moments}
    by_lead = lived([(ACTS.index((b.ESCALATE, b.COORDINATOR)), 0), (1, 0), (20, 7)])

    assert kinds >= {
        "team_convened",
        "part_refused",
        "part_ruled",
        "rung_fired",
        "part_replaced",
        "part_added",
        "part_left",
        "part_ready",
        "part_finished",
    }
    assert [event.kind for event, _ in by_lead.moments][-1] == "team_concluded"
    assert ENGINE in {event.by for event, _ in lived(tour).moments}
