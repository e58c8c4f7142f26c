"""The small zone with rules for joint teams: parts within the lead's time, objections, rulings.

Roads lead; power, water and the outside customs take part. The lead has seven working days, a part
three, an objection one, a ruling four hours. Power rules, the coordinator where power objects.
"""

from datetime import datetime
from typing import Any

import builders as b
import pytest
from builders_zone import CLOCKS, CLOSED, HANDBOOK_DATA, MON_9, MON_10, PAUSED, terms_of

from domain import commands as cmd
from domain import commands_of_team as ct
from domain.errors import IssueError
from domain.issue import Issue
from domain.people import Officer
from domain.phases import Duty, MeetingForm
from domain.team import DecisionRef, MeetingDecision, PartAsked
from domain.terms import Terms


def _named(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": {"zh": "测试", "en": id_}} | more


def _days(days: int, **fits: Any) -> dict[str, Any]:
    duration = {"kind": "working_days", "days": days, "due": "same_time"}
    return {"duration": duration} | fits


def _wall(minutes: int) -> dict[str, Any]:
    return {"duration": {"kind": "wall", "minutes": minutes}, "priority": "emergency"}


SETTLED = ["finished", "waived", "left", "unfinished"]
BACK = ["resolution_rejected", "resolution_sent_back", "rectification_failed", "issue_reopened"]
BEGIN = ["team_convened", "part_added", "part_ready", "part_replaced", "part_ruled"]
DUE_RECORD = {"id": "due", "percent": 100, "effect": "record"}
TEAM_LEAD = _named(
    "convener",
    start=[{"events": ["team_convened"]}, {"events": ["part_added", *BACK], "paused": False}],
    stop=[{"phases": ["sign_off"]}],
    cancel=CLOSED,
    pause=PAUSED,
    budgets=[_wall(2880), _days(7)],
    rungs=[DUE_RECORD],
    retarget={"priority": "restart"},
)
SHARE = _named(
    "share",
    scope="part",
    start=[
        {"events": BEGIN, "parts": ["asked"], "paused": False},
        {"events": ["issue_resumed", *BACK], "parts": ["asked", "accepted"]},
    ],
    reset=[{"events": ["part_replaced"], "parts": ["asked"], "paused": False}],
    stop=[{"parts": SETTLED}],
    cancel=[
        {"phases": ["sign_off", "closed"]},
        {"parts": ["refused"]},
        {"events": ["part_replaced"], "paused": True},
    ],
    pause=PAUSED,
    budgets=[_wall(1440), _days(3)],
    rungs=[{"id": "at-50", "percent": 50}, DUE_RECORD],
    retarget={"priority": "restart"},
)
OBJECTION = _named(
    "objecting",
    scope="part",
    start=[
        {
            "events": ["team_convened", "part_added", "part_replaced"],
            "parts": ["asked", "waiting"],
        }
    ],
    reset=[{"events": ["part_replaced"], "parts": ["asked", "waiting"]}],
    stop=[
        {"parts": ["accepted", "refused", *SETTLED]},
        {"phases": ["sign_off", "closed"]},
    ],
    budgets=[_days(1)],
    rungs=[{"id": "due", "percent": 100}],
    retarget={"priority": "keep_old_target", "handbook": "keep_old_target"},
)
RULING = _named(
    "judging",
    scope="part",
    start=[{"events": ["part_refused", *BACK], "parts": ["refused"]}],
    stop=[
        {"parts": ["asked", "accepted", "waiting", *SETTLED]},
        {"phases": ["sign_off", "closed"]},
    ],
    budgets=[{"duration": {"kind": "open_hours", "minutes": 240}}],
    rungs=[{"id": "due", "percent": 100, "effect": "bind_part"}],
)
TEAM_CLOCKS = [TEAM_LEAD, SHARE, OBJECTION, RULING]

TEAM_DATA: dict[str, Any] = HANDBOOK_DATA | {
    "units": [*HANDBOOK_DATA["units"], _named("water")],
    "posts": [
        *HANDBOOK_DATA["posts"],
        _named("water-desk", covers="harbour", unit="water", people=["water-desk.a"]),
        _named("gas-desk", covers="harbour", people=[]),
    ],
    "clocks": [*(rule for rule in CLOCKS if rule["id"] != "part"), *TEAM_CLOCKS],
    "joint_team": {
        "lead": "convener",
        "part": "share",
        "objection": "objecting",
        "ruling": "judging",
        "arbiters": ["power-desk", "coordination"],
        "closes": "all_required",
    },
    "teams": [
        _named("works", lead="roads", members=["roads", "power", "water"]),
        _named(
            "crossing",
            lead="roads",
            members=["power", "water"],
            parts=[
                {"id": "dig", "unit": "power", "deliverable": "A trench.", "budget": "1wd"},
                {
                    "id": "pipe",
                    "unit": "water",
                    "deliverable": "A pipe in it.",
                    "required": False,
                    "depends_on": ["dig"],
                },
            ],
        ),
    ],
    "extensions": {
        "clocks": ["handling", "share", "convener"],
        "times_max": 20,
        "at_most": {"kind": "working_days", "days": 5, "due": "same_time"},
    },
    "instructions": {"from_tier": 3, "days_max": 30, "clocks": ["convener"]},
}


def team_terms(**changes: Any) -> Terms:
    """Return the zone's terms with these rules, whole entries replaced by `changes`."""
    return terms_of(**(TEAM_DATA | changes))


def rule_terms(**changes: Any) -> Terms:
    """Return the zone's terms with another rule for teams."""
    return team_terms(joint_team=TEAM_DATA["joint_team"] | changes)


def clocks_with(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the zone's clocks, some with other fields."""
    return [rule | changed.get(rule["id"], {}) for rule in TEAM_DATA["clocks"]]


TEAM = team_terms()
WATER_SECTION = Officer(person="water-desk.a", post="water-desk")

DIG = PartAsked(id="dig", unit="power", duty=Duty.CO, deliverable="A trench.")
PIPE = PartAsked(
    id="pipe", unit="water", duty=Duty.CO, deliverable="A pipe in it.", depends_on=("dig",)
)
PERMIT = PartAsked(
    id="permit",
    unit="customs",
    duty=Duty.ADVISE,
    deliverable="A permit.",
    required=False,
    proxy="coordination",
)
CONVENE = cmd.ConveneTeam(lead="roads", parts=(DIG, PIPE, PERMIT))


def convene(*parts: PartAsked, **more: Any) -> cmd.ConveneTeam:
    """Return the convening of a team of these parts under roads."""
    return cmd.ConveneTeam.model_validate({"lead": "roads", "parts": parts} | more)


def accept(part: str) -> cmd.AcceptPart:
    return cmd.AcceptPart(part=part)


def refuse(part: str) -> cmd.RefusePart:
    return cmd.RefusePart(part=part, reason="Not ours.")


def finish(part: str) -> cmd.FinishPart:
    return cmd.FinishPart(part=part, summary="Done.")


def waive(part: str, answer: str | None = "Agreed.") -> cmd.WaivePart:
    return cmd.WaivePart(part=part, reason="Not needed any more.", answer=answer)


def replace(part: str, unit: str, proxy: str | None = None) -> ct.ReplacePart:
    return ct.ReplacePart(part=part, unit=unit, proxy=proxy, reason="They have the digger.")


def leave(part: str) -> ct.LeavePart:
    return ct.LeavePart(part=part, reason="Nothing of ours lies there.")


def rule(part: str, *, upheld: bool, unit: str | None = None) -> ct.RulePart:
    return ct.RulePart(part=part, upheld=upheld, unit=unit, reason="It is their cable.")


def add(part: PartAsked) -> ct.AddPart:
    return ct.AddPart(part=part, reason="It came to light.")


CONCLUDE = ct.ConcludeTeam(reason="The rest can follow.")
MEETING = ct.HoldMeeting(
    form=MeetingForm.THEMATIC_STUDY,
    topic="The crossing",
    attended=("head-east", "roads-desk"),
    absent=("power-desk",),
    decisions=(
        MeetingDecision(id="d1", text="Roads sends a surveyor."),
        MeetingDecision(id="d2", text="All take note.", for_the_record=True),
        MeetingDecision(id="d3", text="Power moves the cable."),
    ),
)
D1, D3 = DecisionRef(meeting=1, decision="d1"), DecisionRef(meeting=1, decision="d3")

AT_TIER_2 = (*b.IN_HANDLING, b.ESCALATED)
CONVENED = b.Step(b.HEAD, CONVENE, MON_9)
IN_TEAM = (*AT_TIER_2, CONVENED)
"""Dig can begin, the pipe waits for it, customs is asked for a permit: all on Monday at nine."""
REFUSED = b.Step(WATER_SECTION, refuse("pipe"), MON_10)
BY_LEAD = convene(DIG, PIPE, PERMIT, closes="lead_decides")


def team(*steps: b.Step, terms: Terms = TEAM) -> Issue:
    """Return the issue with its team after `steps`."""
    return b.given(*IN_TEAM, *steps, terms=terms)


def standings(issue: Issue) -> dict[str, str]:
    """Return where each part of the issue's team stands."""
    parts = () if issue.team is None else issue.team.parts
    return {part.id: part.standing.value for part in parts}


def refusal(
    kind: type[IssueError],
    issue: Issue,
    command: cmd.Command,
    actor: Officer,
    at: datetime = MON_10,
    terms: Terms = TEAM,
) -> IssueError:
    """Return how `command` is refused."""
    with pytest.raises(kind) as refused:
        b.when(issue, command, actor, at, terms=terms)
    return refused.value
