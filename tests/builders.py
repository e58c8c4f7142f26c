"""A small fictional zone, the people in it, and the verbs to tell the story of an issue with.

`given(*steps)` plays acts through the real `decide`; `when(...)` is the act that a test is about.
The zone works Monday to Friday, 09:00 to 17:00 in Shanghai. Import as `from builders import …`.
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from domain import commands as cmd
from domain.calendar import WorkingCalendar
from domain.canonical import content_hash
from domain.chain import GENESIS, Origin, Record, recorded
from domain.commands import Command, Submission
from domain.decisions import RULES, Context, Decision, decide
from domain.events import Event, PartAsked
from domain.handbook import Handbook
from domain.issue import Issue, Resolution
from domain.people import ENGINE, Actor, Officer, Representative, Service
from domain.phases import Duty, PauseReason, Priority, ResultClass, TurnAwayCode
from domain.phases import Origin as CameBy
from domain.terms import Terms

ZONE = "harbour"
KEY = "issue-1"
NUMBER = "HB-2026-0001"
SHANGHAI = timezone(timedelta(hours=8))

# --- moments: MON_9 is Monday 2 March 2026, 09:00 in Shanghai, the opening of a plain week ---

FIRST_MONDAY = date(2026, 3, 2)


def local(days: int = 0, hour: int = 9, minute: int = 0) -> datetime:
    """Return a time in Shanghai `days` after the first Monday, as an instant in UTC."""
    day = FIRST_MONDAY + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), tzinfo=SHANGHAI).astimezone(UTC)


MON_9, TUE_9, WED_9, THU_9, FRI_9 = (local(day) for day in range(5))
MON_10, MON_11, MON_13, MON_15, MON_17 = (local(hour=hour) for hour in (10, 11, 13, 15, 17))
TUE_17, WED_17, FRI_17 = local(1, 17), local(2, 17), local(4, 17)
SAT_12 = local(5, 12)
NEXT_MON_9, NEXT_TUE_9, NEXT_WED_9, NEXT_THU_9, NEXT_FRI_9 = (local(day) for day in range(7, 12))
HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000
DAY_MS = 8 * HOUR_MS
"""A working day of the zone."""

# --- the zone ---


def _name(en: str, zh: str = "测试") -> dict[str, str]:
    return {"zh": zh, "en": en}


def _rungs(due: str, *warnings: int) -> list[dict[str, Any]]:
    """Return warnings that remind, and a due rung with the effect `due`."""
    warned = [{"id": f"at-{percent}", "percent": percent} for percent in warnings]
    return [*warned, {"id": "due", "percent": 100, "effect": due}]


def _hours(hours: int, **fits: Any) -> dict[str, Any]:
    return {"duration": {"kind": "open_hours", "minutes": hours * 60}} | fits


def _working_days(days: int, **fits: Any) -> dict[str, Any]:
    return {"duration": {"kind": "working_days", "days": days, "due": "same_time"}} | fits


def _wall(hours: int, **fits: Any) -> dict[str, Any]:
    return {"duration": {"kind": "wall", "minutes": hours * 60}} | fits


PAUSED: list[dict[str, Any]] = [{"paused": True}]
CLOSED: list[dict[str, Any]] = [{"phases": ["closed"]}]

CLOCKS: list[dict[str, Any]] = [
    {
        "id": "acceptance",
        "name": _name("acceptance", "受理"),
        "start": [{"events": ["issue_reported"]}],
        "stop": [{"phases": ["handling", "sign_off"]}],
        "cancel": CLOSED,
        "reset": [{"events": ["issue_escalated"], "phases": ["intake"]}],
        "budgets": [_wall(1, priority="emergency"), _hours(4)],
        "rungs": _rungs("escalate", 50, 80),
    },
    {
        "id": "handling",
        "name": _name("handling", "办理"),
        "start": [{"phases": ["handling"]}],
        "stop": [{"phases": ["sign_off"]}],
        "cancel": CLOSED,
        "reset": [{"events": ["issue_escalated", "issue_deescalated"], "phases": ["handling"]}],
        "pause": PAUSED,
        "budgets": [
            _wall(2, priority="emergency"),
            _hours(16, tier=1),
            _working_days(3, tier=2),
            _working_days(5, tier=3),
        ],
        "rungs": _rungs("escalate", 50, 80),
    },
    {
        "id": "resolution",
        "name": _name("resolution", "总时限"),
        "start": [{"phases": ["handling"]}],
        "stop": CLOSED,
        "pause": [{"paused": True}, {"phases": ["sign_off"]}],
        "budgets": [_wall(24, priority="emergency"), _working_days(10)],
        "rungs": _rungs("record", 50, 80),
    },
    {
        "id": "part",
        "name": _name("part", "协办"),
        "scope": "part",
        "start": [{"events": ["team_convened"], "parts": ["asked"]}],
        "stop": [{"parts": ["finished", "waived"]}],
        "cancel": [{"phases": ["sign_off", "closed"]}],
        "pause": PAUSED,
        "budgets": [_hours(8)],
        "rungs": _rungs("remind", 50),
    },
    {
        "id": "sign_off",
        "name": _name("sign-off", "签收"),
        "start": [{"events": ["resolution_proposed"]}],
        "stop": [
            {"events": ["sign_off_answered", "sign_off_lapsed", "issue_withdrawn"]},
            {"phases": ["handling"]},
        ],
        "cancel": CLOSED,
        "budgets": [_working_days(3)],
        "rungs": _rungs("lapse", 50),
    },
    {
        "id": "verification",
        "name": _name("verification", "核销"),
        "start": [
            {
                "events": ["sign_off_answered", "sign_off_lapsed", "issue_withdrawn"],
                "phases": ["sign_off"],
            }
        ],
        "stop": [{"phases": ["handling", "closed"]}],
        "budgets": [_working_days(2)],
        "rungs": _rungs("review", 80),
    },
    {
        "id": "redo",
        "name": _name("redo", "返工"),
        "start": [{"events": ["resolution_rejected", "resolution_sent_back"]}],
        "stop": [{"phases": ["sign_off"]}],
        "cancel": CLOSED,
        "reset": [{"events": ["issue_escalated"], "phases": ["handling"]}],
        "pause": PAUSED,
        "budgets": [_working_days(2)],
        "rungs": _rungs("escalate", 50),
    },
    {
        "id": "review",
        "name": _name("review", "专题研究"),
        "start": [{"events": ["issue_put_to_review"]}],
        "stop": [{"phases": ["closed"]}, {"events": ["resolution_proposed", "issue_deescalated"]}],
        "reset": [{"events": ["issue_put_to_review"]}],
        "budgets": [_working_days(5)],
        "rungs": _rungs("review"),
    },
]


def _post(id_: str, covers: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": _name(id_), "covers": covers, "people": [f"{id_}.a"]} | more


HANDBOOK_DATA: dict[str, Any] = {
    "zone": ZONE,
    "name": _name("Harbour zone", "海港新区"),
    "revision": 1,
    "calendar": "plain",
    "tiers": [
        {"level": 1, "id": "grid", "name": _name("grid", "网格")},
        {"level": 2, "id": "area", "name": _name("area", "片区")},
        {"level": 3, "id": "zone", "name": _name("zone", "管委会")},
    ],
    "areas": [{"id": "east", "name": _name("East")}, {"id": "west", "name": _name("West")}],
    "grids": [
        {"id": "east-1", "name": _name("East 1"), "area": "east"},
        {"id": "west-1", "name": _name("West 1"), "area": "west"},
    ],
    "units": [
        {"id": "roads", "name": _name("Roads section", "市政科")},
        {"id": "power", "name": _name("Power section", "电力科")},
        {"id": "archive", "name": _name("Archive: a unit without a post")},
        {"id": "customs", "name": _name("Customs", "海关"), "external": True},
    ],
    "posts": [
        _post("grid-east-1", "east-1", tier=1),
        _post("grid-west-1", "west-1", tier=1),
        _post("head-east", "east", tier=2, people=["head-east.a", "head-east.b"]),
        _post("head-west", "west", tier=2),
        _post("director", "harbour", tier=3, people=["director.a", "director.b"]),
        _post("roads-desk", "harbour", unit="roads"),
        _post("power-desk", "harbour", unit="power"),
        _post("coordination", "harbour", roles=["coordinator"]),
        _post("audit-office", "harbour", roles=["auditor"]),
        _post("spare", "harbour", people=[]),
    ],
    "enterprises": [
        {"id": "mill", "name": _name("Mill", "面粉厂"), "grid": "east-1"},
        {"id": "foundry", "name": _name("Foundry", "铸造厂"), "grid": "east-1"},
        {"id": "bakery", "name": _name("Bakery", "食品厂"), "grid": "west-1"},
    ],
    "categories": [
        {"id": "road-access", "name": _name("Road access", "道路"), "units": ["roads"]},
        {"id": "power-supply", "name": _name("Power supply", "用电"), "units": ["power"]},
    ],
    "clocks": CLOCKS,
    "notices": [
        {"on": "issue_reported", "to": ["owner", "coordinator"]},
        {"on": "issue_accepted", "to": ["enterprise", "handler"]},
        {"on": "issue_escalated", "to": ["owner", "tier_above", "enterprise"]},
        {"on": "team_convened", "to": ["team", "enterprise"]},
        {"on": "rung_fired", "to": ["owner", "handler"], "effects": ["remind", "escalate"]},
        {"on": "issue_closed_out", "to": ["enterprise", "owner"]},
    ],
}


def handbook(**changes: Any) -> Handbook:
    """Return the zone's handbook, whole entries replaced by `changes`."""
    return Handbook.model_validate(HANDBOOK_DATA | changes)


def clock_rule(id_: str, **changes: Any) -> list[dict[str, Any]]:
    """Return the zone's clock rules with one of them changed, for `handbook(clocks=…)`."""
    return [rule | changes if rule["id"] == id_ else rule for rule in CLOCKS]


def terms_of(**changes: Any) -> Terms:
    """Return the zone's terms under a handbook with `changes`."""
    return Terms(handbook=handbook(**changes), calendar=CALENDAR)


CALENDAR = WorkingCalendar.model_validate(
    {
        "id": "plain",
        "name": _name("plain week", "平常周"),
        "time_zone": "Asia/Shanghai",
        "tzdata": "test",
        "weekly": {
            day: ["09:00-17:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
        },
        "valid_from": date(2020, 1, 1),
        "valid_until": date(2030, 12, 31),
    }
)
HANDBOOK = handbook()
TERMS = Terms(handbook=HANDBOOK, calendar=CALENDAR)

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
    **sent: Any,
) -> Decision:
    """Return what `command` comes to; `sent` are further fields of the submission."""
    return decide(issue, submission(command, actor, **sent), context(at, terms))


def context(at: datetime, terms: Terms = TERMS) -> Context:
    """Return what a decision at `at` is given, with a ledger number at hand."""
    return Context(at=at, terms=terms, rules=RULES, number=NUMBER)


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
