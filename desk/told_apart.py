"""What people are told of no issue and no order: morning lists, missing attestations, proposals.

Each kind has names of its own for templates. Lists are the only loops, and they are short.
"""

from collections.abc import Mapping
from typing import Any, Final

from domain.notifying import AT_ONCE, Manner
from domain.routines import RoutineKind

Values = Mapping[str, Any]

ROUTINE: Final = "routine"
"""What the stream of a routine's notices begins with: routine, zone, kind, period."""
DIGEST: Final = "morning_digest"
MISSING: Final = "attestation_missing"
PROPOSED: Final = "handbook_proposed"
HEADS: Final = ("overdue", "due", "waiting", "new")
KIND_OF: Final = {RoutineKind.DIGEST.value: DIGEST, RoutineKind.ATTESTATION.value: MISSING}
MANNERS: Final = {DIGEST: Manner(urgent=False, channels=None), MISSING: AT_ONCE}
"""A morning list waits for quiet hours to end; that somebody has to act today does not."""
_ITEM: Final = {
    "number": "SAMPLE-2026-000001",
    "title": "The <gate> is \"blocked\" & the road 'closed'",
    "enterprise": "The Mill",
    "deadline": "2026-03-02 18:00",
}
_WHERE: Final = {"zone": "sample", "zone_name": "Sample zone"}
SAMPLES_APART: Final[Mapping[str, tuple[Values, Values]]] = {
    DIGEST: (
        {
            **_WHERE,
            "person": "somebody",
            "day": "2026-03-02",
            **dict.fromkeys(HEADS, 21),
            **{f"{head}_items": (_ITEM, _ITEM | {"deadline": ""}) for head in HEADS},
            **{f"{head}_more": 19 for head in HEADS},
        },
        {
            **_WHERE,
            "person": "somebody",
            "day": "2026-03-02",
            **dict.fromkeys(HEADS, 0),
            **{f"{head}_items": () for head in HEADS},
            **{f"{head}_more": 0 for head in HEADS},
        },
    ),
    MISSING: (
        {
            **_WHERE,
            "post": "grid-1",
            "post_name": "The grid",
            "day": "2026-03-02",
            "limit": "17:00",
        },
        {**_WHERE, "post": "grid-1", "post_name": "grid-1", "day": "2026-03-02", "limit": ""},
    ),
    PROPOSED: (
        {
            **_WHERE,
            "proposal": "0123456789abcdef",
            "revision": 2,
            "author": "officer:somebody@coordination",
            "reason": "Posts <change>.",
            "handbook": "0" * 64,
        },
        {
            **_WHERE,
            "proposal": "0123456789abcdef",
            "revision": 1,
            "author": "officer:somebody@coordination",
            "reason": "New.",
            "handbook": "0" * 64,
        },
    ),
}
"""What templates of these kinds are tried on: much to say, and next to nothing."""


def lists_of(kind: str) -> Mapping[str, frozenset[str]]:
    """Return the lists that a template of a kind may go through, and what an item has."""
    values = SAMPLES_APART[kind][0]
    return {name: frozenset(_ITEM) for name, each in values.items() if isinstance(each, tuple)}


def routine_of(stream: str) -> tuple[str, str, str] | None:
    """Return zone, kind of notice and period of a routine's stream; None of any other."""
    match stream.split("/"):
        case [first, zone, routine, period] if first == ROUTINE and routine in KIND_OF:
            return zone, KIND_OF[routine], period
        case _:
            return None
