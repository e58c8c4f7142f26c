"""What routes of issues answer, by example; a test holds it against the models."""

from typing import Any, Final

ISSUE: Final[dict[str, Any]] = {
    "zone": "xinghe",
    "key": "A01",
    "version": 2,
    "at": "2026-03-02T02:00:00.000Z",
    "phase": "handling",
    "category": "road-access",
    "tier": 1,
    "owner": "grid-1",
    "number": "XINGHE-2026-000017",
    "deadline_at": "2026-03-05T02:00:00.000Z",
    "title": "The gate is blocked",
    "enterprise": "mill",
    "priority": "ordinary",
    "handler": "grid-1",
    "reported_at": "2026-03-02T01:00:00.000Z",
    "accepted_at": "2026-03-02T02:00:00.000Z",
}
RESULT: Final[dict[str, Any]] = {
    "command_id": "7f9c-2b1e-accept",
    "zone": "xinghe",
    "key": "A01",
    "at": "2026-03-02T02:00:00.000Z",
    "version": 2,
    "events": ["issue_accepted"],
    "number": "XINGHE-2026-000017",
    "repeated": False,
}
PAGE: Final[dict[str, Any]] = {"issues": [ISSUE], "next": None, "position": 1742}


def shown(example: dict[str, Any]) -> dict[str, Any]:
    """Return what a route's description takes as the content of an answer."""
    return {"content": {"application/json": {"example": example}}}
