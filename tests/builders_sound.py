"""The small zone with what it takes to be published: every wait, every promise and every climb is
bounded, and no part has more time than the whole."""

from typing import Any

import builders as b
from builders_zone import CLOCKS, HANDBOOK_DATA


def _clock(id_: str, days: int, due: str, **rules: Any) -> dict[str, Any]:
    budget = {"kind": "working_days", "days": days, "due": "same_time"}
    return {
        "id": id_,
        "name": {"zh": "测试", "en": id_},
        "budgets": [{"duration": budget}],
        "rungs": [{"id": "due", "percent": 100, "effect": due}],
    } | rules


WAIT = _clock(
    "wait",
    5,
    "escalate",
    start=[{"events": ["issue_paused"]}],
    stop=[{"paused": False}, {"phases": ["closed"]}],
)
PROMISE = _clock(
    "promise",
    2,
    "reopen_ladder",
    start=[{"events": ["issue_acknowledged"], "paused": False}],
    stop=[
        {"phases": ["sign_off"]},
        {"events": ["issue_escalated", "issue_deescalated", "acknowledgement_expired"]},
    ],
    cancel=[{"phases": ["closed"]}],
    pause=[{"paused": True}],
)


AGAIN = {"events": ["acknowledgement_expired"], "phases": ["handling"], "paused": False}


def _bounded(rule: dict[str, Any]) -> dict[str, Any]:
    """Give all issues the same time in all, for parts and repetitions must fit in it; and begin a
    level anew when nothing came of a promise."""
    match rule["id"]:
        case "resolution":
            return rule | {"budgets": [each for each in rule["budgets"] if "priority" not in each]}
        case "handling":
            return rule | {"reset": [*rule["reset"], AGAIN]}
        case _:
            return rule


SOUND: dict[str, Any] = {
    "clocks": [*map(_bounded, CLOCKS), WAIT, PROMISE],
    "ladder": {"raised_times_max": 5, "lowered_times_max": 3},
}
"""The fields in which the sound zone differs, for `handbook(**SOUND)`."""
SOUND_DATA: dict[str, Any] = HANDBOOK_DATA | SOUND
HANDBOOK = b.handbook(**SOUND)


def clocks(id_: str, **changes: Any) -> list[dict[str, Any]]:
    """Return the sound zone's clock rules with one of them changed."""
    return [rule | changes if rule["id"] == id_ else rule for rule in SOUND["clocks"]]
