"""The builders' zone with duty rosters, a promise to sign for, instructions and deputies."""

from datetime import datetime
from typing import Any

from builders import CLOCKS, HANDBOOK_DATA, SHANGHAI, terms_of

from domain.handbook import Handbook
from domain.people import Officer
from domain.terms import Terms

NAMED = {"zh": "签收", "en": "to sign for"}
DUTY = {
    "id": "head-duty",
    "name": {"zh": "值班", "en": "Duty"},
    "revision": 4,
    "shifts": [
        {"people": ["head-east.b"], "weekdays": [1, 2, 3, 4, 5], "begins": "08:00", "ends": "18:00"}
    ],
}
"""The head's post: the deputy on weekdays, nobody at night and on days off."""
SIGN_FOR = dict(
    id="sign-for",
    name=NAMED,
    start=[{"events": ["issue_escalated", "acknowledgement_expired"], "phases": ["handling"]}],
    reset=[{"events": ["issue_escalated"], "phases": ["handling"]}],
    stop=[{"events": ["issue_acknowledged"]}, {"phases": ["sign_off"]}],
    cancel=[{"phases": ["closed"]}],
    budgets=[{"duration": {"kind": "open_hours", "minutes": 240}}],
    rungs=[{"id": "due", "percent": 100, "effect": "escalate"}],
)
PROGRESS = dict(
    id="progress",
    name=NAMED,
    start=[{"events": ["issue_acknowledged"]}],
    reset=[{"events": ["enterprise_contacted", "plan_made"]}],
    stop=[{"events": ["acknowledgement_expired", "issue_escalated"]}, {"phases": ["sign_off"]}],
    cancel=[{"phases": ["closed"]}],
    budgets=[{"duration": {"kind": "open_hours", "minutes": 480}}],
    rungs=[{"id": "due", "percent": 100, "effect": "reopen_ladder"}],
)
DELEGATED = {
    "id": "spring",
    "post": "head-east",
    "principal": "head-east.a",
    "deputy": "roads-desk.a",
    "from_on": "2026-03-02",
    "to_on": "2026-03-06",
    "commands": ["verify", "note", "grant", "propose_resolution", "ask_extension"],
}
DEPUTY = Officer(person="roads-desk.a", post="head-east", on_behalf_of="head-east.a")


def tiers(**of_all: Any) -> list[dict[str, Any]]:
    """Return the zone's tiers with the same fields added to each."""
    return [tier | of_all for tier in HANDBOOK_DATA["tiers"]]


def posts(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the zone's posts, some with other fields; a hyphen is written `_`."""
    named = {id_.replace("_", "-"): fields for id_, fields in changes.items()}
    return [post | named.get(post["id"], {}) for post in HANDBOOK_DATA["posts"]]


def rota(**changes: Any) -> Terms:
    """Return the terms of the zone on duty: levels with nobody are passed."""
    data: dict[str, Any] = {
        "tiers": tiers(on_empty="next"),
        "posts": posts(head_east={"roster": "head-duty"}),
        "rosters": [DUTY],
        "clocks": [*CLOCKS, SIGN_FOR, PROGRESS],
        "instructions": {"from_tier": 2, "days_max": 10, "clocks": ["handling"]},
        "ladder": {"raised_times_max": 2, "lowered_times_max": 1},
        "delegations": [DELEGATED],
        "sign_off": {"sent_back_counts": True, "by_persons_tier": True},
    }
    data |= changes
    head = next(post for post in data["posts"] if post["id"] == "head-east")
    if not head["people"]:
        data["delegations"] = []
    return terms_of(**data)


def book_of(terms: Terms) -> Handbook:
    """Return the handbook of terms."""
    return terms.handbook


def civil(at: datetime) -> datetime:
    """Return an instant in the zone's own time."""
    return at.astimezone(SHANGHAI)
