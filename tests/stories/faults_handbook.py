"""The harbour zone of `builders` in a hurry: a whole life in an afternoon, many rungs due."""

from typing import Any

import builders_zone as zone

STARTS_AT = zone.local(hour=12, minute=30)
"""Monday. The zone closes at 17:00, in the midst of it."""
LIVE_SECONDS = 4 * 3600.0
"""People act and faults strike for so long."""
KEYS = tuple(f"issue-{number}" for number in range(1, 6))


def _budgets(clock: str) -> list[dict[str, Any]]:
    minutes: dict[str, list[dict[str, Any]]] = {
        "acceptance": [_open(20)],
        "handling": [_open(40, tier=1), _open(55, tier=2), _wall(70)],
        "resolution": [{"duration": {"kind": "working_days", "days": 1, "count_from": "today"}}],
        "part": [_open(15)],
        "sign_off": [_open(25)],
        "verification": [_wall(20)],
        "redo": [_open(20)],
        "review": [_wall(30)],
    }
    return minutes[clock]


def _open(minutes: int, **fits: int) -> dict[str, Any]:
    return {"duration": {"kind": "open_hours", "minutes": minutes}} | fits


def _wall(minutes: int, **fits: int) -> dict[str, Any]:
    return {"duration": {"kind": "wall", "minutes": minutes}} | fits


PULSE: dict[str, Any] = {
    "id": "pulse",
    "name": {"zh": "脉冲", "en": "Pulse"},
    "start": [{"events": ["issue_reported", "issue_reopened"]}],
    "stop": zone.CLOSED,
    "pause": zone.PAUSED,
    "budgets": [_wall(180)],
    "rungs": [{"id": f"r{n:02d}", "percent": 6 * n, "effect": "record"} for n in range(1, 17)],
}
"""A rung every eleven minutes, whatever else goes on."""

CLOCKS = [*(rule | {"budgets": _budgets(rule["id"])} for rule in zone.CLOCKS), PULSE]
TERMS = zone.terms_of(clocks=CLOCKS, pauses={"times_max": 20})
"""`resolution` ends at 17:00 for all issues at once: their wake-ups are spread."""
