"""Lives through every event of the ladder and of the modes, as the ledger would hold them."""

from datetime import timedelta

import builders as b
import builders_ladder as bl
from builders import Step
from played_ledger import PlayedLedger

from domain import commands_of_ladder as ld
from domain.chain import Record
from domain.people import ENGINE

PROGRESS = {
    "id": "progress",
    "name": {"zh": "推进", "en": "progress"},
    "start": [{"events": ["issue_acknowledged"]}],
    "stop": [{"events": ["acknowledgement_expired", "issue_escalated"]}, {"phases": ["closed"]}],
    "budgets": [{"duration": {"kind": "open_hours", "minutes": 120}}],
    "rungs": [{"id": "due", "percent": 100, "effect": "reopen_ladder"}],
}
ROUTING = [{"id": "roads-first", "categories": ["road-access"], "to": "unit", "unit": "roads"}]
ROUTED = bl.ladder_terms(clocks=[*bl.LADDER_DATA["clocks"], PROGRESS], routing=ROUTING)
"""Accepted issues go to roads; whoever signs for one has two hours to go on with it."""


def _emptied(on_empty: str) -> list[dict[str, object]]:
    return [tier | {"on_empty": on_empty} for tier in bl.LADDER_DATA["tiers"]]


def _without(*vacant: str, **more: object) -> list[dict[str, object]]:
    posts = bl.LADDER_DATA["posts"]
    return [post | ({"people": []} if post["id"] in vacant else {}) | more for post in posts]


PASSED_BY = bl.ladder_terms(tiers=_emptied("next"), posts=_without("grid-east-1"))
HELD = bl.ladder_terms(tiers=_emptied("hold_and_alarm"), posts=_without("grid-east-1"))
CHANGED = [
    post | {"assignments": [{"person": "head-east.n", "from_on": "2026-03-03"}]}
    if post["id"] == "head-east"
    else post
    for post in bl.LADDER_DATA["posts"]
]
NEW_HANDS = bl.ladder_terms(tiers=_emptied("next"), posts=CHANGED)

LIVES = (
    (
        "routed",
        ROUTED,
        (
            b.REPORTED,
            b.ACCEPTED,
            Step(b.SECTION, bl.REFUSE_DISPATCH, b.MON_10),
            Step(b.COORDINATOR, bl.RULE_POWER, b.MON_11),
            Step(b.POWER_SECTION, bl.REFUSE_PLAINLY, b.MON_11),
            Step(ENGINE, b.ring("verdict", 2), b.TUE_9 + timedelta(hours=2)),
        ),
    ),
    (
        "signed",
        ROUTED,
        (
            b.REPORTED,
            b.ACCEPTED,
            b.ESCALATED,
            Step(b.HEAD, ld.Acknowledge(), b.MON_10),
            Step(ENGINE, b.ring("progress"), b.MON_13),
        ),
    ),
    (
        "instructed",
        bl.LADDER,
        (
            *b.IN_HANDLING,
            Step(
                b.DIRECTOR,
                ld.Instruct(
                    text="By Friday.", expires_at=b.FRI_17, handler="power-desk", no_wait=True
                ),
                b.MON_10,
            ),
            Step(b.DIRECTOR, ld.LiftInstruction(number=1, reason="It is done."), b.MON_11),
            Step(b.SUPERVISOR, ld.Urge(text="And today?"), b.MON_11),
        ),
    ),
    ("empty", PASSED_BY, (b.REPORTED,)),
    ("held", HELD, (b.REPORTED,)),
    (
        "handed",
        NEW_HANDS,
        (
            *b.IN_HANDLING,
            b.ESCALATED,
            Step(ENGINE, ld.RecordHandover(), b.TUE_9),
        ),
    ),
    (
        "flood",
        bl.LADDER,
        (
            *bl.FLOODED,
            Step(b.OFFICER, bl.RECOVER, b.MON_10),
            Step(b.HEAD, bl.END_EMERGENCY, b.MON_10),
            Step(b.HEAD, bl.OPEN_CHANNEL, b.MON_10),
        ),
    ),
    (
        "shelved",
        bl.LADDER,
        (
            *bl.PARKED,
            Step(b.HEAD, bl.PROLONG, b.MON_11),
            Step(b.OFFICER, bl.UNPARK, b.MON_13),
        ),
    ),
    (
        "shelved-till-review",
        bl.LADDER,
        (
            *bl.PARKED,
            Step(ENGINE, b.ring("shelf"), b.local(40)),
        ),
    ),
)


def ladder_records() -> list[Record]:
    """Return the records of all these lives, each in a stream of its own."""
    ledger = PlayedLedger()
    for key, terms, steps in LIVES:
        ledger.play(steps, key=key, terms=terms)
    return ledger.events
