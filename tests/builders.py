"""A small fictional zone, the people in it, and the verbs to tell the story of an issue with.

`given(*steps)` plays acts through the real `decide`; `when(...)` is the act that a test is about.
The zone works Monday to Friday, 09:00 to 17:00 in Shanghai. Import as `from builders import …`.
"""

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builders_zone import (  # noqa: F401  # tests have one place to import from
    CALENDAR,
    CLOCKS,
    CLOSED,
    DAY_MS,
    FIRST_MONDAY,
    FRI_9,
    FRI_17,
    HANDBOOK,
    HANDBOOK_DATA,
    HOUR,
    HOUR_MS,
    KEY,
    MON_9,
    MON_10,
    MON_11,
    MON_13,
    MON_15,
    MON_17,
    NEXT_FRI_9,
    NEXT_MON_9,
    NEXT_THU_9,
    NEXT_TUE_9,
    NEXT_WED_9,
    NUMBER,
    PAUSED,
    SAT_12,
    SHANGHAI,
    TERMS,
    THU_9,
    TUE_9,
    TUE_17,
    WED_9,
    WED_17,
    ZONE,
    clock_rule,
    handbook,
    local,
    terms_of,
)

from domain import commands as cmd
from domain import commands_of_time as tm
from domain.canonical import content_hash
from domain.chain import GENESIS, Origin, Record, recorded
from domain.commands import Command, Submission
from domain.decisions import RULES, Context, Decision, decide
from domain.durations import WorkingDays
from domain.events import Event, PartAsked
from domain.issue import Issue, Resolution
from domain.people import ENGINE, Actor, Officer, Representative, Service
from domain.phases import Duty, PauseReason, Priority, ResultClass, TurnAwayCode
from domain.phases import Origin as CameBy
from domain.team import DecisionRef
from domain.terms import Terms

# --- the people ---

OFFICER = Officer(person="grid-east-1.a", post="grid-east-1")
"""The first-tier owner of what the mill and the foundry report."""
NEIGHBOUR = Officer(person="grid-west-1.a", post="grid-west-1")
HEAD = Officer(person="head-east.a", post="head-east")
DEPUTY_HEAD = Officer(person="head-east.b", post="head-east")
OTHER_HEAD = Officer(person="head-west.a", post="head-west")
DIRECTOR = Officer(person="director.a", post="director")
VICE_DIRECTOR = Officer(person="director.b", post="director")
SECTION = Officer(person="roads-desk.a", post="roads-desk")
POWER_SECTION = Officer(person="power-desk.a", post="power-desk")
COORDINATOR = Officer(person="coordination.a", post="coordination")
AUDITOR = Officer(person="audit-office.a", post="audit-office")
SUPERVISOR = Officer(person="supervision.a", post="supervision")
ENTERPRISE = Representative(person="mill.a", enterprise="mill")
OTHER_ENTERPRISE = Representative(person="bakery.a", enterprise="bakery")
HOTLINE = Service(name="hotline")

ACTORS: dict[str, Actor] = {
    "officer": OFFICER,
    "neighbour": NEIGHBOUR,
    "head": HEAD,
    "deputy head": DEPUTY_HEAD,
    "other head": OTHER_HEAD,
    "director": DIRECTOR,
    "vice director": VICE_DIRECTOR,
    "section": SECTION,
    "power section": POWER_SECTION,
    "coordinator": COORDINATOR,
    "auditor": AUDITOR,
    "supervisor": SUPERVISOR,
    "enterprise": ENTERPRISE,
    "other enterprise": OTHER_ENTERPRISE,
    "hotline": HOTLINE,
    "engine": ENGINE,
}

# --- what they ask for ---

SOLVED = Resolution(result=ResultClass.SOLVED, summary="The road is open again.")
PARTLY = Resolution(
    result=ResultClass.PARTLY, summary="One lane is open.", reason="The bridge is closed."
)
ROADS_PART = PartAsked(id="survey", unit="roads", duty=Duty.LEAD, deliverable="A survey.")
POWER_PART = PartAsked(id="cable", unit="power", duty=Duty.CO, deliverable="Move the cable.")
CUSTOMS_PART = PartAsked(
    id="permit", unit="customs", duty=Duty.ADVISE, deliverable="A permit.", required=False
)


def report(**changes: Any) -> cmd.Report:
    """Return a report of the mill's; `changes` replace fields."""
    fields = {
        "enterprise": "mill",
        "category": "road-access",
        "title": "The gate is blocked",
        "text": "Lorries cannot reach the gate.",
        "origin": CameBy.ENTERPRISE,
    }
    return cmd.Report.model_validate(fields | changes)


ACCEPT = cmd.Accept()
TURN_AWAY = cmd.TurnAway(code=TurnAwayCode.OTHER_ZONE, reason="It lies in the next zone.")
ASSIGN = cmd.Assign(handler="roads-desk")
HAND_OVER = cmd.HandOver(unit="roads", reason="A matter of roads.")
NOTE = cmd.Note(text="Called the mill.")
ESCALATE = cmd.Escalate(reason="Beyond this tier.")
DEESCALATE = cmd.Deescalate(to_tier=1, reason="The grid can do it.")
CONVENE = cmd.ConveneTeam(lead="roads", parts=(ROADS_PART, POWER_PART, CUSTOMS_PART))
PAUSE = cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="Papers are awaited.")
RESUME = cmd.Resume(note="The papers are here.")
PROPOSE = cmd.ProposeResolution(resolution=SOLVED)
CONFIRM = cmd.Confirm()
CONFIRM_BY_PROXY = cmd.Confirm(recording="call-77")
REJECT = cmd.Reject(reason="Lorries still cannot pass.")
UNREACHABLE = cmd.MarkUnreachable(attempts=3, note="No answer on three days.")
VERIFY = cmd.Verify()
SEND_BACK = cmd.SendBack(reason="The evidence does not show it.")
WITHDRAW = cmd.Withdraw(reason="It solved itself.")
REOPEN = cmd.Reopen(reason="The gate is blocked again.")
HISTORY_LOST = cmd.RecordHistoryLost(run="run-1", from_at=MON_9, to_at=MON_10)
CONTACT = tm.Contact(channel="telephone", note="Spoke with the mill.")
MAKE_PLAN = tm.MakePlan(plan="A survey first, then the works.")
DEMAND_REPLY = tm.DemandReply(question="Why is the gate still blocked?")
GIVE_REPLY = tm.GiveReply(reply="The survey is under way.")
RAISE = tm.Reclassify(priority=Priority.EMERGENCY, reason="The mill stands still.")
ASK_EXTENSION = tm.AskExtension(
    clock="handling", extra=WorkingDays(days=2, due="same_time"), reason="Cables are on their way."
)
ASK_PAUSE = tm.AskPause(reason=PauseReason.WAITING_ENTERPRISE, note="Papers once more.")
GRANT = tm.Grant(note="Agreed.")
REFUSE = tm.Refuse(reason="There was time enough.")
CORRECT = tm.Correct(version=1, took_place_at=MON_9, reason="The clock of the desk was wrong.")


def adopt_calendar(target: Terms, **changes: Any) -> tm.AdoptCalendar:
    """Return the engine's move to the terms of a calendar just published."""
    fields = {
        "terms": target.hash,
        "reference": "publication 1",
        "reason": "A notice was published.",
        "author": "coordination (coordination.a)",
    }
    return tm.AdoptCalendar.model_validate(fields | changes)


def adopt_handbook(target: Terms, **changes: Any) -> tm.AdoptHandbook:
    """Return the engine's move to another handbook by an approved plan."""
    fields = {
        "terms": target.hash,
        "reference": "plan 1",
        "reason": "New limits.",
        "author": "coordination (coordination.a)",
        "approver": "director (director.a)",
    }
    return tm.AdoptHandbook.model_validate(fields | changes)


def ring(clock: str = "handling", cycle: int = 1, rung: str = "due") -> cmd.RingRung:
    """Return the engine's ring for a rung."""
    return cmd.RingRung(clock=clock, cycle=cycle, rung=rung)


# --- telling a story ---

_ids = itertools.count(1)


def submission(
    command: Command,
    actor: Actor = OFFICER,
    *,
    key: str = KEY,
    zone: str = ZONE,
    id_: str | None = None,
    expected_version: int | None = None,
    occurred_at: datetime | None = None,
    under: DecisionRef | None = None,
) -> Submission:
    """Return `command` as it is sent; without `id_`, under an id of its own in this process."""
    return Submission(
        id=id_ or f"{command.kind}-{next(_ids)}",
        zone=zone,
        key=key,
        actor=actor,
        command=command,
        expected_version=expected_version,
        occurred_at=occurred_at,
        under=under,
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One act of a story: who does what, and when."""

    actor: Actor
    command: Command
    at: datetime = MON_9


@dataclass(frozen=True, slots=True)
class Story:
    """What a list of steps came to: the issue, its events, its records, what was submitted."""

    issue: Issue
    events: tuple[Event, ...]
    records: tuple[Record, ...]
    submissions: tuple[Submission, ...]


def told(*steps: Step, terms: Terms = TERMS) -> Story:
    """Play `steps` in order through the real `decide` and return all that came of them."""
    issue: Issue | None = None
    events: list[Event] = []
    records: list[Record] = []
    sent: list[Submission] = []
    for step in steps:
        submitted = submission(step.command, step.actor)
        decision = decide(issue, submitted, context(step.at, terms))
        records += records_of(decision, submitted, terms, after=records)
        issue = decision.issue
        events += decision.events
        sent.append(submitted)
    if issue is None:
        raise ValueError("a story begins with a report")
    return Story(issue, tuple(events), tuple(records), tuple(sent))


def given(*steps: Step, terms: Terms = TERMS) -> Issue:
    """Return the issue after `steps`."""
    return told(*steps, terms=terms).issue


def when(
    issue: Issue | None,
    command: Command,
    actor: Actor,
    at: datetime = MON_10,
    *,
    terms: Terms = TERMS,
    target: Terms | None = None,
    **sent: Any,
) -> Decision:
    """Return what `command` comes to; `sent` are further fields of the submission."""
    return decide(issue, submission(command, actor, **sent), context(at, terms, target))


def context(at: datetime, terms: Terms = TERMS, target: Terms | None = None) -> Context:
    """Return what a decision at `at` is given, with a ledger number at hand."""
    return Context(at=at, terms=terms, rules=RULES, number=NUMBER, target=target)


def records_of(
    decision: Decision, submitted: Submission, terms: Terms = TERMS, *, after: list[Record]
) -> tuple[Record, ...]:
    """Return the decision's events as the records that follow `after`."""
    origin = Origin(
        stream=f"{submitted.zone}/{submitted.key}",
        command_id=submitted.id,
        command_hash=content_hash(submitted),
        terms=terms.hash,
        rules=RULES,
        occurred_at=submitted.occurred_at,
    )
    return recorded(
        decision.events,
        origin,
        after_version=after[-1].version if after else 0,
        previous=after[-1].hash if after else GENESIS,
    )


def kinds(decision: Decision) -> list[str]:
    """Return the kinds of the decision's events, in order."""
    return [event.kind for event in decision.events]


REPORTED = Step(ENTERPRISE, report(), MON_9)
EMERGENCY = Step(ENTERPRISE, report(priority=Priority.EMERGENCY), MON_9)
ACCEPTED = Step(OFFICER, ACCEPT, MON_9)
HANDED_OVER = Step(OFFICER, HAND_OVER, MON_9)
ESCALATED = Step(OFFICER, ESCALATE, MON_9)
AT_THE_TOP = Step(OFFICER, cmd.Escalate(to_tier=3, reason="A matter for the zone."), MON_9)
CONVENED = Step(HEAD, CONVENE, MON_9)
PAUSED_FOR_PAPERS = Step(OFFICER, PAUSE, MON_10)
PROPOSED = Step(OFFICER, PROPOSE, MON_9)
CONFIRMED = Step(ENTERPRISE, CONFIRM, MON_9)
VERIFIED = Step(HEAD, VERIFY, MON_9)

IN_INTAKE = (REPORTED,)
IN_HANDLING = (REPORTED, ACCEPTED)
WITH_A_TEAM = (*IN_HANDLING, ESCALATED, CONVENED)
IN_SIGN_OFF = (*IN_HANDLING, PROPOSED)
ANSWERED = (*IN_SIGN_OFF, CONFIRMED)
CLOSED_OUT = (*ANSWERED, VERIFIED)
"""Whole stories up to a phase, all of it on Monday at nine."""
