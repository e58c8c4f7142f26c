"""A small fictional zone: its moments, its handbook, its calendar. Imported through `builders`."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from domain.calendar import WorkingCalendar
from domain.handbook import Handbook
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
        _post("supervision", "harbour", roles=["supervisor"]),
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
    "extensions": {
        "clocks": ["handling"],
        "times_max": 1,
        "at_most": {"kind": "working_days", "days": 3, "due": "same_time"},
    },
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
