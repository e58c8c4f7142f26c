"""Whatever happens: disputes end and take no time but their own; emergencies and parkings too.

CLOSEOUT_DEEP=1 lives ten times as many lives.
"""

from collections.abc import Iterator
from datetime import timedelta

import builders as b
import builders_ladder as bl
from deep import deep
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain.clocks import Standing
from domain.decisions import decide
from domain.errors import IssueError
from domain.events import EVENT, Event
from domain.evolve import evolve
from domain.issue import Issue
from domain.people import Actor
from domain.phases import Phase, Priority

LIVES = deep("lives with disputes and modes by chance", 400)
ACTS = (
    (b.HAND_OVER, b.OFFICER),
    (cmd.HandOver(unit="power", reason="-"), b.OFFICER),
    (b.ASSIGN, b.COORDINATOR),
    (bl.REFUSE_DISPATCH, b.SECTION),
    (bl.REFUSE_PLAINLY, b.POWER_SECTION),
    (bl.REFUSE_PLAINLY, bl.CHANCERY),
    (bl.RULE_ROADS, b.COORDINATOR),
    (bl.RULE_POWER, b.COORDINATOR),
    (bl.RULE_POWER, b.SUPERVISOR),
    (b.ESCALATE, b.COORDINATOR),
    (b.DEESCALATE, b.HEAD),
    (ld.Instruct(text="-", expires_at=b.NEXT_FRI_9, handler="power-desk"), b.DIRECTOR),
    (ld.Instruct(text="-", expires_at=b.WED_9), b.DIRECTOR),
    (b.PAUSE, b.OFFICER),
    (b.RESUME, b.OFFICER),
    (bl.ASK_PARKING, b.OFFICER),
    (bl.ASK_PARKING, b.HEAD),
    (b.GRANT, b.HEAD),
    (b.GRANT, b.DIRECTOR),
    (bl.PROLONG, b.HEAD),
    (bl.UNPARK, b.COORDINATOR),
    (bl.OPEN_CHANNEL, b.HEAD),
    (bl.OPEN_CHANNEL, b.DIRECTOR),
    (bl.DECLARE, b.COORDINATOR),
    (bl.RECOVER, b.COORDINATOR),
    (bl.END_EMERGENCY, b.DIRECTOR),
    (md.EndEmergency(priority=Priority.EXPEDITED, reason="-"), b.DIRECTOR),
    (b.RAISE, b.COORDINATOR),
    (b.CONTACT, b.COORDINATOR),
    (b.PROPOSE, b.OFFICER),
    (b.REJECT, b.ENTERPRISE),
    (b.CONFIRM, b.ENTERPRISE),
    (b.VERIFY, b.VICE_DIRECTOR),
    (b.WITHDRAW, b.ENTERPRISE),
    (b.REOPEN, b.ENTERPRISE),
    (b.NOTE, b.ENTERPRISE),
)
Moment = tuple[Event, Issue, Issue]
lives = st.lists(
    st.tuples(st.integers(0, len(ACTS) - 1), st.sampled_from([0, 7, 55, 300, 1500, 9000])),
    max_size=60,
)


def lived(choices: list[tuple[int, int]]) -> Iterator[Moment]:
    """Yield each event with the issue before and after it; what is refused is passed over."""
    issue = b.given(*b.IN_HANDLING, terms=bl.LADDER)
    at = b.MON_9
    for act, minutes in choices:
        at += timedelta(minutes=minutes)
        command, actor = ACTS[act]
        for event in _events(issue, command, actor, at):
            before = issue
            issue = evolve(issue, event, zone=b.ZONE, key=b.KEY, terms=bl.LADDER.hash)
            yield event, before, issue


def _events(issue: Issue, command: cmd.Command, actor: Actor, at: object) -> tuple[Event, ...]:
    try:
        decision = decide(issue, b.submission(command, actor), b.context(at, bl.LADDER))  # type: ignore[arg-type]  # an instant
    except IssueError:
        return ()
    assert Issue.model_validate_json(decision.issue.model_dump_json()) == decision.issue
    assert [EVENT.validate_json(e.model_dump_json()) for e in decision.events] == [*decision.events]
    return decision.events


@settings(max_examples=LIVES, deadline=None, suppress_health_check=list(HealthCheck))
@for_all(lives)
def test_whatever_happens_disputes_and_modes_keep_their_bounds(choices):
    refusals, parkings, channels = 0, 0, 0
    for event, before, after in lived(choices):
        refusals = 0 if event.kind == "issue_reopened" else refusals
        refusals += event.kind == "dispatch_refused"
        parkings += event.kind in ("issue_parked", "parking_prolonged")
        channels += event.kind == "green_channel_opened" or (
            event.kind == "emergency_ended" and event.to_priority is Priority.EXPEDITED
        )
        assert (refusals, parkings, channels) == (
            after.refusals,
            after.parked,
            after.green_channels,
        )
        assert refusals <= 2
        assert parkings <= 3
        assert channels <= 1
        _check_dispute(event, before, after)
        _check_modes(after)


def _check_dispute(event: Event, before: Issue, after: Issue) -> None:
    """It changes no owner, no tier, no clock but its own; while it is open the arbiter's runs."""
    if event.kind.startswith("dispatch_"):
        assert (before.owner, before.tier, before.phase) == (after.owner, after.tier, after.phase)
        assert {change.clock for change in event.clocks} <= set(bl.DISPUTE_CLOCKS)
    if event.kind in ("issue_handed_over", "issue_assigned"):
        assert before.dispatch is None or before.dispatch.arbiter is None
    if after.is_open and after.dispatch is not None and after.dispatch.arbiter is not None:
        verdict = after.clock("verdict")
        assert verdict is not None
        assert verdict.is_live


def _check_modes(issue: Issue) -> None:
    """A parked issue has its review; an emergency is one by its priority, and counts all time."""
    shelf = issue.clock("shelf")
    parked = issue.phase is Phase.PARKED
    assert parked == (issue.parking is not None)
    assert parked == (shelf is not None and shelf.standing is Standing.RUNNING)
    declared = issue.incident is not None and issue.incident.ended_at is None
    assert declared == (issue.priority is Priority.EMERGENCY)
    assert not (parked and declared)


def test_the_lives_above_come_to_every_kind_of_event():
    """A story that goes through all of it, told by the same means: what the laws judge happens."""
    acts = [
        (b.HAND_OVER, b.OFFICER, 0),
        (bl.REFUSE_DISPATCH, b.SECTION, 7),
        (bl.RULE_POWER, b.COORDINATOR, 7),
        (bl.REFUSE_PLAINLY, b.POWER_SECTION, 7),
        (b.NOTE, b.ENTERPRISE, 1500),
        (bl.ASK_PARKING, b.OFFICER, 0),
        (b.GRANT, b.HEAD, 0),
        (bl.PROLONG, b.HEAD, 0),
        (bl.UNPARK, b.COORDINATOR, 0),
        (bl.OPEN_CHANNEL, b.HEAD, 0),
        (bl.DECLARE, b.COORDINATOR, 0),
        (bl.RECOVER, b.COORDINATOR, 0),
        (bl.END_EMERGENCY, b.DIRECTOR, 0),
    ]
    tour = [(ACTS.index((command, actor)), minutes) for command, actor, minutes in acts]

    kinds = [event.kind for event, _, _ in lived(tour)]

    assert {kind for kind in kinds if not kind.startswith("rung")} >= {
        "dispatch_refused",
        "dispatch_ruled",
        "dispatch_bound",
        "issue_parked",
        "parking_prolonged",
        "issue_unparked",
        "green_channel_opened",
        "emergency_declared",
        "emergency_stage_entered",
        "emergency_ended",
    }
