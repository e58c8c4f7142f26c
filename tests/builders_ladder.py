"""The small zone with units that may refuse, a green channel, emergencies and parking.

Work goes to roads, power or the chancery; `coordination` and `supervision` are the arbiters, the
chancery takes what nobody rules. head-east.a has a deputy, coordination.d, all of March 2026.
"""

from typing import Any

import builders as b
from builders_zone import CLOCKS, CLOSED, HANDBOOK_DATA, MON_9, MON_10, MON_11, terms_of

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain.people import Officer
from domain.phases import Priority
from domain.terms import Terms


def _named(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": {"zh": "测试", "en": id_}} | more


def _clock(id_: str, due: str, budget: dict[str, Any], **rules: Any) -> dict[str, Any]:
    rungs = [{"id": "due", "percent": 100, "effect": due}]
    return _named(id_, budgets=[{"duration": budget}], rungs=rungs) | rules


DISPATCHED = ["issue_handed_over", "issue_assigned", "issue_routed", "dispatch_ruled"]
MOVED = ["issue_escalated", "issue_deescalated"]
OBJECTION = _clock(
    "objection",
    "record",
    {"kind": "working_days", "days": 1, "due": "same_time"},
    start=[{"events": DISPATCHED, "phases": ["handling"]}],
    reset=[{"events": DISPATCHED, "phases": ["handling"]}],
    stop=[
        {"events": ["dispatch_refused", "enterprise_contacted"]},
        {"phases": ["sign_off", "closed"]},
    ],
    cancel=[{"events": MOVED}],
)
VERDICT = _clock(
    "verdict",
    "bind",
    {"kind": "open_hours", "minutes": 480},
    start=[{"events": ["dispatch_refused"]}],
    stop=[{"events": ["dispatch_ruled", "dispatch_bound"]}],
    cancel=[{"events": MOVED}, *CLOSED],
)
SHELF = _clock(
    "shelf",
    "unpark",
    {"kind": "working_days", "days": 20, "due": "same_time"},
    start=[{"events": ["issue_parked"]}],
    reset=[{"events": ["parking_prolonged"]}],
    stop=[{"phases": ["handling", "sign_off", "closed"]}],
)
DISPUTE_CLOCKS = ("objection", "verdict")


def _patient(rule: dict[str, Any]) -> dict[str, Any]:
    """Let a clock that stands in a pause stand while the issue is parked too."""
    paused = rule.get("pause")
    changed = rule if paused is None else rule | {"pause": [*paused, {"phases": ["parked"]}]}
    if rule["id"] != "handling":
        return changed
    fast = {"duration": {"kind": "open_hours", "minutes": 240}, "priority": "expedited"}
    first, *others = rule["budgets"]
    return changed | {"budgets": [first, fast, *others], "retarget": {"priority": "restart"}}


LADDER_DATA: dict[str, Any] = HANDBOOK_DATA | {
    "units": [*HANDBOOK_DATA["units"], _named("chancery")],
    "posts": [
        *HANDBOOK_DATA["posts"],
        _named("chancellor", covers="harbour", unit="chancery", people=[]),
        _named("chancery-desk", covers="harbour", unit="chancery", people=["chancery-desk.a"]),
    ],
    "clocks": [*(_patient(rule) for rule in CLOCKS), OBJECTION, VERDICT, SHELF],
    "dispatch": {
        "refusal": "objection",
        "ruling": "verdict",
        "arbiters": ["coordination", "supervision"],
        "hops_max": 2,
        "fallback": "chancery",
    },
    "green_channel": {"from_tier": 2, "times_max": 1},
    "emergency": {
        "from_tier": 2,
        "stages": [_named("rescue"), _named("recovery")],
        "late_record_minutes": 4320,
    },
    "parking": {"review": "shelf", "from_tier": 2, "times_max": 3},
    "instructions": {"from_tier": 3, "days_max": 30},
    "delegations": [
        {
            "id": "leave",
            "post": "head-east",
            "principal": "head-east.a",
            "deputy": "coordination.d",
            "from_on": "2026-03-01",
            "to_on": "2026-03-31",
        }
    ],
}


def ladder_terms(**changes: Any) -> Terms:
    """Return the zone's terms with these rules, whole entries replaced by `changes`."""
    return terms_of(**(LADDER_DATA | changes))


def dispatch_terms(**changes: Any) -> Terms:
    """Return the zone's terms with another rule of refusal."""
    return ladder_terms(dispatch=LADDER_DATA["dispatch"] | changes)


def posts_with(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the zone's posts, some with other fields; an id is given with underscores."""
    return [post | changed.get(post["id"].replace("-", "_"), {}) for post in LADDER_DATA["posts"]]


LADDER = ladder_terms()
CHANCERY = Officer(person="chancery-desk.a", post="chancery-desk")
HEADS_DEPUTY = Officer(person="coordination.d", post="head-east", on_behalf_of="head-east.a")

REFUSE_DISPATCH = ld.RefuseDispatch(reason="A matter of power.", suggested="power")
REFUSE_PLAINLY = ld.RefuseDispatch(reason="Not ours.")
RULE_ROADS = ld.RuleDispatch(unit="roads", reason="The road is theirs.")
RULE_POWER = ld.RuleDispatch(unit="power", reason="The cable is theirs.")
OPEN_CHANNEL = md.OpenGreenChannel(reason="The pledge falls due tomorrow.")
DECLARE = md.DeclareEmergency(incident="flood-1", reason="The quay is under water.")
RECOVER = md.EnterStage(stage="recovery", reason="The water has gone.")
END_EMERGENCY = md.EndEmergency(reason="Production is back.")
ASK_PARKING = md.AskParking(reason="The bridge is built next year.")
PROLONG = md.ProlongParking(reason="It is not built yet.")
UNPARK = md.Unpark(reason="There is another way.")

SENT = b.Step(b.OFFICER, b.HAND_OVER, MON_9)
REFUSED = b.Step(b.SECTION, REFUSE_DISPATCH, MON_10)
OVERRULED = b.Step(b.COORDINATOR, RULE_ROADS, MON_11)
MOVED_ON = b.Step(b.COORDINATOR, RULE_POWER, MON_11)
IN_DISPUTE = (*b.IN_HANDLING, SENT, REFUSED)
PARKED = (
    *b.IN_HANDLING,
    b.Step(b.OFFICER, ASK_PARKING, MON_9),
    b.Step(b.HEAD, b.GRANT, MON_10),
)
FLOODED = (
    b.Step(b.ENTERPRISE, b.report(priority=Priority.EMERGENCY, incident="flood-1"), MON_9),
    b.Step(b.OFFICER, cmd.Accept(), MON_9),
)
